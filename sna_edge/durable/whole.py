"""A file that is replaced whole: all of the new one or all of the old one, also when the power
fails."""

from __future__ import annotations

import os
from contextlib import suppress
from os import PathLike

from .disk import DISK, Disk


def write_whole(
    path: str | PathLike[str], data: bytes, *, mode: int = 0o644, disk: Disk = DISK
) -> None:
    """Write `data` to `path`: a file beside it, brought to the disk, is renamed, and the folder is
    brought to the disk. Raises OSError, and nothing has changed then.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "note")
    >>> write_whole(path, b"first")
    >>> write_whole(path, b"second")
    >>> DISK.read(path), DISK.names(os.path.dirname(path))
    (b'second', ['note'])
    """
    name = os.fspath(path)
    temporary = disk.temporary(name)
    try:
        disk.write(temporary, data, mode)
        disk.sync(temporary)
        disk.replace(temporary, name)
    except BaseException:
        with suppress(OSError):
            disk.remove(temporary)
        raise
    disk.sync_folder(name)
