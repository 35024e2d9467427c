"""The few operations on a disk that durable files are made of, one method each, so that a test can
record them and cut the power between any two."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

LARGEST = 1 << 30
BESIDE = ".sna-"
"""How names of files begin that are still being written."""


class Disk:
    """The file system of this machine. Every method raises OSError."""

    def read(self, path: str) -> bytes | None:
        """All bytes of a file; None where there is none."""
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size  # a bound makes room for itself
                return file.read(min(size + 1, LARGEST))
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """What is in a folder."""
        return sorted(os.listdir(folder))

    def temporary(self, path: str) -> str:
        """An empty file beside `path` that nobody else writes, mode 0600."""
        handle, name = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=BESIDE)
        os.close(handle)
        return name

    def write(self, path: str, data: bytes, mode: int) -> None:
        """The bytes of a file that is there, and who may read it."""
        with open(path, "r+b") as file:
            file.write(data)
            os.chmod(path, mode)

    def append(self, path: str, data: bytes) -> None:
        """Bytes behind those of a file, which is made where there is none."""
        with open(path, "ab", buffering=0) as file:
            left = memoryview(data)
            while left:
                try:
                    left = left[file.write(left) :]
                except OSError as error:
                    error.filename = path
                    raise

    def cut(self, path: str, size: int) -> None:
        """Leave the first `size` bytes of a file."""
        os.truncate(path, size)

    def sync(self, path: str) -> None:
        """Return when the bytes of a file are on the disk."""
        _sync(path, os.O_RDWR)

    def sync_folder(self, path: str) -> None:
        """Return when the names in the folder of `path` are on the disk."""
        if os.name == "posix":  # elsewhere a folder cannot be opened
            _sync(os.path.dirname(path) or ".", os.O_RDONLY)

    def make_folder(self, path: str) -> None:
        """A folder, with those above it; nothing where it is there."""
        os.makedirs(path, exist_ok=True)

    @contextmanager
    def locked(self, path: str) -> Iterator[bool]:
        """Whether this process alone holds the lock of the file `path`, until the end of the block
        or of the process."""
        with open(path, "ab") as file:
            try:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            except ImportError:  # no such locks on Windows
                pass
            yield True

    def replace(self, source: str, target: str) -> None:
        """Give a file another name, whose file is gone then."""
        os.replace(source, target)

    def remove(self, path: str) -> None:
        """Take a name away."""
        os.unlink(path)


def _sync(path: str, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


DISK = Disk()
"""The one that is used where no other is given."""
