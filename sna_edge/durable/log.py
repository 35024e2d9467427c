"""A file of records that grows at its end; a record is there whole or not at all.

Each is 4 bytes 89 52 45 43 (a mark that text does not hold), u32 length, u32 CRC-32 of length and
content, little-endian, then the content.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from os import PathLike

from .disk import DISK, Disk
from .whole import write_whole

MARK = b"\x89REC"
HEAD = struct.Struct("<4sII")
PASSES = 64
"""How often the bytes of a file may be gone through in search of whole records."""


class Log:
    """The records of the file at `path`, read once; who appends is the only one who does.

    After a cut the bytes of a record that is not whole are skipped, and taken away before the next
    one is written; where a record in the middle is damaged, those behind it are still read.
    `skipped` bytes belong to no whole record. A file begins with a whole record, so that one that
    is `there` without any is damaged or of somebody else. Raises OSError where it cannot be read.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "log")
    >>> Log(path).append(b"one")
    >>> DISK.append(path, framed(b"two")[:-1])  # the power fails
    >>> log = Log(path)
    >>> log.records, log.skipped
    ([b'one'], 14)
    >>> log.append(b"three")
    >>> Log(path).records
    [b'one', b'three']
    """

    def __init__(self, path: str | PathLike[str], disk: Disk = DISK) -> None:
        self.path, self.disk = os.fspath(path), disk
        data = disk.read(self.path)
        self.there = data is not None
        self._size = len(data or b"")
        found = list(whole(data or b""))
        self.records = [content for _, content in found]
        self._end = found[-1][0] if found else 0
        self.skipped = self._size - sum(HEAD.size + len(r) for r in self.records)

    @property
    def size(self) -> int:
        """Bytes of the file up to its last whole record."""
        return self._end

    def append(self, content: bytes) -> None:
        """Add a record; it is on the disk when this returns. Raises OSError, and the file holds
        what it held then."""
        if not self.there:
            self._replace([content])
            return
        record = framed(content)
        if self._size > self._end:
            self.disk.cut(self.path, self._end)
        self._size = self._end + len(record)  # however much of it is written
        self.disk.append(self.path, record)
        self.disk.sync(self.path)
        self._end = self._size
        self.records.append(content)

    def keep(self, count: int) -> None:
        """Leave the last `count` records: the file is replaced whole."""
        self._replace(self.records[-count:])

    def begin(self, content: bytes) -> None:
        """Leave this record alone: the file is replaced whole. Raises OSError, and the file holds
        what it held then."""
        self._replace([content])

    def _replace(self, records: list[bytes]) -> None:
        data = b"".join(map(framed, records))
        write_whole(self.path, data, mode=0o600, disk=self.disk)
        self.records, self._size, self._end, self.skipped = records, len(data), len(data), 0
        self.there = True


def framed(content: bytes) -> bytes:
    """A record as it stands in the file."""
    length = len(content).to_bytes(4, "little")
    return HEAD.pack(MARK, len(content), zlib.crc32(content, zlib.crc32(length))) + content


def whole(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(end, content) of every whole record, in order. Of a file made to take long, whose records
    seem to reach far and never are whole, the rest counts as damaged."""
    at, view, budget = 0, memoryview(data), PASSES * len(data)
    while (at := data.find(MARK, at)) >= 0 and at + HEAD.size <= len(data):
        _, length, crc = HEAD.unpack_from(data, at)
        end = at + HEAD.size + length
        if end <= len(data) and budget >= 0:
            budget -= length
            start = zlib.crc32(length.to_bytes(4, "little"))
            if zlib.crc32(view[at + HEAD.size : end], start) == crc:
                budget += length
                yield end, data[at + HEAD.size : end]
                at = end
                continue
        at += 1
