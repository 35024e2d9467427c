"""Files on a disk: written whole or not at all, read without waiting for what is no file."""

from __future__ import annotations

import os
import stat
import tempfile
from os import PathLike

from ..errors import ArtifactError, InputError
from . import checks


def write_whole(path: str | PathLike[str], data: bytes) -> None:
    """Write `data` to `path` through a temporary file beside it: all of it or nothing."""
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".sna-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_whole(path: str | PathLike[str]) -> bytes:
    """The bytes of a regular file; its size and its first bytes are looked at before the rest is
    read, and nothing is waited for. Raises InputError or ArtifactError."""
    try:
        _need_file(path, os.stat(path).st_mode)
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            _need_file(path, found.st_mode)
            head = file.read(checks.LEAST)
            checks.header(head, found.st_size)
            return head + file.read(found.st_size - len(head) + 1)
    except (InputError, ArtifactError):
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {reason}; give the path of an .sna file") from None


def _need_file(path: str | PathLike[str], mode: int) -> None:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in kinds if test(mode)), "a device")
        raise InputError(f"cannot read {path}: it is {kind}; give the path of an .sna file")
