"""The machine beside a line: parts come in by the protocols of the line, each gets one verdict and
one record, people see and correct it.

One process (`sna-edge station CONFIG.toml`). Doors hand what arrives to the desk; the desk judges
it (`quality`, numpy only) and writes records off that path; whoever sent a part is answered when
its record is on the disk.
"""

from .parts import Answer, Arrival

__all__ = ["Answer", "Arrival"]
