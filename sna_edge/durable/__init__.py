"""Files that a power cut at any write leaves readable, with what was acknowledged in them.

    log = Log("state")
    log.append(b"what must not be lost")     # on the disk when this returns
    log.records                              # every whole record, the oldest first

A log grows by records with length and CRC; `write_whole` replaces a file by rename. Both return
when file and folder are on the disk; `sweep` takes away what a kill in between has left.
Standard library only.
"""

from .disk import DISK, Disk
from .log import Log
from .whole import sweep, write_whole

__all__ = ["DISK", "Disk", "Log", "sweep", "write_whole"]
