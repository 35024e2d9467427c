"""The chain of digests over all records, and two files beside the database that say how far it
went: an edit, a removed record and a cut end show."""

from __future__ import annotations

import json
import os
import struct
import zlib
from dataclasses import dataclass
from hashlib import sha256
from os import PathLike

from ...durable import DISK, Disk, Log

FIRST = bytes(32)
"""The digest before the first record."""
CUT = "retention cut"
"""The event that says where the chain begins: behind record `last`, whose digest it names."""
ANCHORS, HEAD = "anchors.log", "head"
EVERY, SECONDS = 10_000, 60.0
"""An anchor is set after so many records, or after this time with a new one."""
KEPT = 1000
"""Anchors left where there are twice as many: the newest binds all records before it."""
SLOT = struct.Struct("<Q32sI")
PLACES = (0, 512)
"""Where the two slots of the head begin: no block of a disk holds both."""


def linked(previous: bytes, text: str) -> bytes:
    """sha256(digest of the record before, then the text)."""
    return sha256(previous + text.encode("ascii")).digest()


@dataclass(frozen=True, slots=True)
class Mark:
    """The chain had come to record `number`, whose digest is `digest`."""

    number: int = 0
    digest: bytes = FIRST


class Anchors:
    """Marks in a durable log: on the disk when `set` returns. Raises OSError."""

    def __init__(self, folder: str | PathLike[str], disk: Disk = DISK) -> None:
        self._log = Log(os.path.join(os.fspath(folder), ANCHORS), disk)

    @property
    def marks(self) -> list[Mark]:
        """The oldest first."""
        return [mark for content in self._log.records if (mark := _read(content))]

    def set(self, mark: Mark, time: int) -> None:
        """Add a mark, set at `time` (milliseconds since 1970)."""
        told = {"record": mark.number, "digest": mark.digest.hex(), "time": time}
        self._log.append(json.dumps(told).encode())
        if len(self._log.records) > 2 * KEPT:
            self._log.keep(KEPT)


def _read(content: bytes) -> Mark | None:
    try:
        told = json.loads(content)
        return Mark(int(told["record"]), bytes.fromhex(told["digest"]))
    except (ValueError, KeyError, TypeError):
        return None


class Head:
    """The mark of the last commit, in one of two slots that are written in turns and not synced:
    it survives the process, and after a power cut one of the slots, older perhaps, is whole."""

    def __init__(self, folder: str | PathLike[str]) -> None:
        path = os.path.join(os.fspath(folder), HEAD)
        self._file = open(path, "r+b" if os.path.exists(path) else "w+b", buffering=0)  # noqa: SIM115
        size = PLACES[-1] + SLOT.size
        if os.fstat(self._file.fileno()).st_size < size:
            self._file.truncate(size)
        self.mark = _newest(self._file.read(size))
        self._turn = 0

    def set(self, mark: Mark) -> None:
        """Write the mark. Raises OSError."""
        body = SLOT.pack(mark.number, mark.digest, 0)[:-4]
        self._file.seek(PLACES[self._turn])
        self._file.write(body + zlib.crc32(body).to_bytes(4, "little"))
        self._turn = 1 - self._turn

    def sync(self) -> None:
        """Return when it is on the disk. Raises OSError."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _newest(data: bytes) -> Mark:
    found = [Mark()]
    for place in PLACES:
        slot = data[place : place + SLOT.size]
        if len(slot) == SLOT.size and zlib.crc32(slot[:-4]) == int.from_bytes(slot[-4:], "little"):
            number, digest, _ = SLOT.unpack(slot)
            found.append(Mark(number, digest))
    return max(found, key=lambda mark: mark.number)


def known(folder: str | PathLike[str]) -> list[Mark]:
    """What the files beside the database say of the chain, in the order of numbers; nothing is
    made. Raises OSError."""
    path = os.path.join(os.fspath(folder), HEAD)
    marks = Anchors(folder).marks
    if (data := DISK.read(path)) is not None:
        marks.append(_newest(data))
    return sorted((m for m in marks if m.number), key=lambda m: m.number)
