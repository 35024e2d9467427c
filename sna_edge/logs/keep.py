"""A log that is kept in files of a bounded size, of which the oldest go."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from time import monotonic, time

from ..durable import DISK, Disk
from ..errors import InputError
from .read import DIGITS, numbered

SIZE, KEEP = 16_000_000, 1_000_000_000
"""Bytes of one file, and of all of them, where nothing is said."""
SYNCED = 1.0
"""Seconds after which lines are brought to the disk, by the next `write` or `rest`."""
DAY = 86400.0


class KeptLog:
    """The log at `path`, to which whole lines are added. Once it has `size` bytes it becomes
    `path.000001`, `path.000002` and so on; of these the oldest go while all together have more than
    `keep` bytes, and those last written more than `days` ago (None: whatever their age).

    A line that a power cut has cut is ended at the next start, so that no other stands behind it.
    Full disks end nothing: `tell` hears of it once, and once lines are written again. Raises
    InputError where the file cannot be used, or another process keeps it.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "log")
    >>> log = KeptLog(path, size=20, keep=45)
    >>> for i in range(5):
    ...     log.write(f"line {i} of the log\\n")
    >>> log.close()
    >>> sorted(os.listdir(os.path.dirname(path)))
    ['log', 'log.000002', 'log.lock']
    """

    def __init__(
        self,
        path: str,
        *,
        size: int = SIZE,
        keep: int = KEEP,
        days: float | None = None,
        tell: Callable[[str], None] = lambda sentence: None,
        disk: Disk = DISK,
    ) -> None:
        self.path, self._most, self._keep, self._days = path, size, keep, days
        self._tell, self._disk, self._stack = tell, disk, ExitStack()
        self._lost, self._synced, self._behind, self._fresh = 0, monotonic(), False, False
        try:
            if not self._stack.enter_context(disk.locked(f"{path}.lock")):
                raise InputError(
                    f"another process keeps the log {path}; give this one its own file with --log"
                    " FILE"
                )
            self._size = self._begun()
        except OSError as error:
            self._stack.close()
            raise InputError(
                f"cannot write the log {path} ({error.strerror}); give another path with --log FILE"
            ) from None
        except InputError:
            self._stack.close()
            raise

    def _begun(self) -> int:
        """Bytes of the file, whose last line has an end."""
        self._disk.append(self.path, b"")
        with open(self.path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            if size and file.read(1) != b"\n":
                self._disk.append(self.path, b"\n")
                size += 1
        return size

    def write(self, text: str) -> None:
        """Add whole lines."""
        data = text.encode()
        try:
            if self._behind:
                self._size, self._behind = self._begun(), False
            self._disk.append(self.path, data)
            self._size += len(data)
            self._fresh = True
            self._settle()
            if self._size >= self._most:
                self._rotate()
        except OSError as error:
            self._behind = True
            if not self._lost:
                self._tell(f"cannot write the log {self.path} ({error.strerror}): lines are lost")
            self._lost += text.count("\n")
            return
        if self._lost:
            self._tell(f"the log {self.path} is written again; {self._lost} lines are lost")
            self._lost = 0

    def sync(self) -> None:
        """Return when all lines are on the disk. Raises OSError."""
        self._disk.sync(self.path)
        self._synced, self._fresh = monotonic(), False

    def rest(self) -> None:
        """Called while no lines come, so that the last ones do not wait for the next."""
        with suppress(OSError):  # said when the next lines are written
            self._settle()

    def _settle(self) -> None:
        if self._fresh and monotonic() - self._synced > SYNCED:
            self.sync()

    def close(self) -> None:
        """Bring all lines to the disk and let another process keep the log."""
        with suppress(OSError):
            self.sync()
        self._stack.close()

    def _rotate(self) -> None:
        self.sync()
        number = max((number for number, _ in numbered(self.path)[1]), default=0) + 1
        self._disk.replace(self.path, f"{self.path}.{number:0{DIGITS}d}")
        self._size = 0
        self._disk.append(self.path, b"")
        self._disk.sync_folder(self.path)
        self._forget()

    def _forget(self) -> None:
        """Take the oldest files away. The newest one that was rotated away stays whatever its age:
        clocks jump."""
        files = [(one, os.stat(one)) for _, one in numbered(self.path)[1]]
        total = self._size + sum(stat.st_size for _, stat in files)
        for one, stat in files[:-1]:
            old = self._days is not None and time() - stat.st_mtime > self._days * DAY
            if total <= self._keep and not old:
                break
            self._disk.remove(one)
            total -= stat.st_size
