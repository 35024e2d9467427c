"""The bytes of a file that another process still writes, through rotation, truncation and
replacement."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from enum import Enum, auto

from ..errors import InputError
from .note import TAIL, digest

BLOCK = 1 << 16  # bytes read at once: a slow table is answered at once, a fast one in blocks
PAUSE = 0.2  # seconds between looks at a file that does not grow
STANDARD_INPUT = 0


class Event(Enum):
    """What a look at the file has found."""

    DATA = auto()  # more bytes
    NOTHING = auto()  # not now
    CLOSED = (
        auto()
    )  # the file was renamed away or deleted, another has its name, and all of it is read
    ANEW = (
        auto()
    )  # the next bytes are the first of another file, or of this one after it was truncated
    END = auto()  # the end, where it is not followed


class Tail:
    """`path` ("-": standard input) from its first byte on, or from where `resume` finds the place
    again.

    A file renamed away is read to its end, and looked at once more after a pause, before the one
    that has taken its name; files that were renamed away since (parts.csv.1, parts.csv-20260131,
    with the same `header`) come between them, the oldest first. A file that was replaced by a copy
    with more behind it (what was read last stands at the same place, the old one is gone) is read
    on in the copy. `pause`: seconds between looks at a file that does not grow.
    """

    header = b""  # what every file begins with

    def __init__(self, path: str, follow: bool, pause: float = PAUSE) -> None:
        self.path, self.follow, self._pause = path, follow, pause
        self.offset = self.inode = 0
        self.regular = False
        self.recent = b""  # what was read last: at least TAIL bytes and all that is not answered
        self._file = -1
        self._idle = self._replaced = False
        self._next = ""  # the file after one that is left

    def open(self, path: str | None = None) -> None:
        """From the first byte. Raises InputError for a folder, OSError where it cannot be
        opened."""
        self.close()
        self._file = STANDARD_INPUT if self.path == "-" else os.open(path or self.path, os.O_RDONLY)
        found = os.fstat(self._file)
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{path or self.path} is a folder; give a table")
        self.regular, self.inode = stat.S_ISREG(found.st_mode) and self.path != "-", found.st_ino
        self._begin()

    def _begin(self) -> None:
        self.offset, self.recent = 0, b""
        self._idle, self._replaced, self._next = False, False, ""

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._file > STANDARD_INPUT:
            os.close(self._file)
        self._file = -1

    def resume(self, inode: int, position: int, tail: str) -> Event:
        """DATA where the file that was read up to `position` is found again, under whatever name;
        ANEW where only another one is."""
        for path in (self.path, *self._named(inode)):
            if os.path.exists(path):
                self.open(path)
                if self.inode == inode and self._seek(position, tail):
                    return Event.DATA
        while not os.path.exists(self.path):
            time.sleep(self._pause)
        self.open()
        if self._seek(position, tail):  # a copy
            return Event.DATA
        if self.inode != inode:
            self._say(
                "is not the file that was read before; that one is gone, with any rows not yet read"
            )
        return Event.ANEW

    def _named(self, inode: int) -> list[str]:
        """The files beside the table that are `inode`: where a rotation has put it."""
        folder = os.path.dirname(os.path.abspath(self.path))
        with os.scandir(folder) as entries:
            return [
                e.path for e in entries if e.inode() == inode and e.is_file(follow_symlinks=False)
            ]

    def _seek(self, position: int, tail: str) -> bool:
        """Go to `position` if what was read before it stands there."""
        start = max(0, position - TAIL)
        before = os.pread(self._file, position - start, start) if self.regular else b""
        if len(before) < position - start or digest(before) != tail:
            return False
        os.lseek(self._file, position, os.SEEK_SET)
        self.offset, self.recent = position, before
        return True

    def read(self, pending: int) -> tuple[Event, bytes]:
        """More bytes, or what has happened to the file; `pending` of the bytes given before are not
        answered yet."""
        if self._next:
            self.open(self._next)
            return Event.ANEW, b""
        if self._idle and self.regular and not self._stands():
            time.sleep(self._pause)  # while it is written as a whole, it is short for a moment
            return (Event.NOTHING, b"") if self._stands() else self._anew()
        data = os.read(self._file, BLOCK)
        if data:
            self._idle = self._replaced = False
            self.offset += len(data)
            self.recent = (self.recent + data)[-(TAIL + pending + len(data)) :]
            return Event.DATA, data
        if not self.follow or self._file == STANDARD_INPUT:
            return Event.END, b""
        self._idle = True
        return self._changed() if self.regular else self._nothing()

    def _stands(self) -> bool:
        """Whether what was read last is still there: not where the file was truncated, even if it
        has grown since."""
        last = self.recent[-TAIL:]
        return os.pread(self._file, len(last), self.offset - len(last)) == last

    def _anew(self) -> tuple[Event, bytes]:
        os.lseek(self._file, 0, os.SEEK_SET)
        self._begin()
        return Event.ANEW, b""

    def _changed(self) -> tuple[Event, bytes]:
        """At the end of the file: does another one have its name, or was another one renamed
        since?"""
        now = _inode(self.path)
        after = self._after(now) or (self.path if now not in (None, self.inode) else "")
        if not after:
            return self._nothing()
        if not self._replaced:  # what was being written when it was renamed may still come
            self._replaced = True
            return self._nothing()
        if os.fstat(self._file).st_nlink == 0 and now is not None and self._copied():
            return Event.NOTHING, b""
        self._next = after
        return Event.CLOSED, b""

    def _after(self, now: int | None) -> str:
        """The oldest file that was renamed away after the open one; "" where there is none, or
        where the open one has its name."""
        if now == self.inode or not self.header:
            return ""
        folder, name = os.path.split(os.path.abspath(self.path))
        rotated, written = (
            re.compile(re.escape(name) + r"[.-][0-9][0-9T._-]*"),
            os.fstat(self._file).st_mtime_ns,
        )
        with os.scandir(folder) as entries:
            found = [
                e
                for e in entries
                if rotated.fullmatch(e.name) and e.is_file() and e.inode() not in (now, self.inode)
            ]
        later = sorted(
            (e.stat().st_mtime_ns, e.path) for e in found if e.stat().st_mtime_ns > written
        )
        return next((path for _, path in later if _begins(path, self.header)), "")

    def _copied(self) -> bool:
        """Go on in the file that has the name now if it holds what was read."""
        old, last = (self._file, self.inode, self.offset, self.recent), self.recent[-TAIL:]
        self._file = -1
        self.open()
        if self.regular and last and self._seek(old[2], digest(last)):
            self.recent = old[3]
            os.close(old[0])
            return True
        self.close()
        self._file, self.inode, self.offset, self.recent = old
        self.regular = True
        return False

    def _nothing(self) -> tuple[Event, bytes]:
        time.sleep(self._pause)
        return Event.NOTHING, b""

    def _say(self, what: str) -> None:
        print(f"sna-edge: {self.path} {what}; going on at its first row", file=sys.stderr)


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return None


def _begins(path: str, header: bytes) -> bool:
    with open(path, "rb") as file:
        return file.read(len(header)) == header
