"""A file that is replaced whole: all of the new one or all of the old one, also when the power
fails."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike

from .disk import BESIDE, DISK, Disk


def write_whole(
    path: str | PathLike[str], data: bytes, *, mode: int = 0o644, disk: Disk = DISK
) -> None:
    """Write `data` to `path`: a file beside it, brought to the disk, is renamed, and the folder is
    brought to the disk. A link stays one, what it leads to is replaced; a device (/dev/null) or a
    pipe takes the bytes. Raises OSError with `path` as its filename, and no file has changed then.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "note")
    >>> write_whole(path, b"first")
    >>> write_whole(path, b"second")
    >>> DISK.read(path), DISK.names(os.path.dirname(path))
    (b'second', ['note'])
    """
    if takes_bytes(os.fspath(path)):
        with naming(os.fspath(path)), open(path, "wb") as file:
            file.write(data)
        return
    name = led_to(os.fspath(path))
    with naming(os.fspath(path)):
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


def sweep(path: str | PathLike[str], seconds: float = 60.0) -> None:
    """Take away what a kill in the middle of `write_whole` has left in the folder `path`: files
    beside others that nobody has written to for `seconds`. What cannot be looked at stays."""
    folder = os.fspath(path)
    halves: list[str] = []
    with suppress(OSError):
        halves = [os.path.join(folder, n) for n in os.listdir(folder) if n.startswith(BESIDE)]
    for half in halves:
        with suppress(OSError):
            old = time.time() - os.lstat(half).st_mtime >= seconds
            if old and os.path.isfile(half) and not os.path.islink(half):
                os.unlink(half)


def led_to(path: str) -> str:
    """The path of the file behind a link, else `path` as it is."""
    return os.path.realpath(path) if os.path.islink(path) else path


def takes_bytes(path: str) -> bool:
    """Whether `path` is a device or a pipe, which a rename would do away with."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Errors of the disk name `path`, not the file beside it that was being written."""
    try:
        yield
    except OSError as error:
        known = error.filename
        told = error.errno is not None  # else its text is all it has, and a name would hide that
        if told and (known is None or os.path.basename(known).startswith(BESIDE)):
            error.filename, error.filename2 = path, None
        raise
