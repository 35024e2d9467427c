"""Files on a disk: read without waiting for what is no file; written whole or not at all by
`sna_edge.durable`."""

from __future__ import annotations

import os
import stat
from os import PathLike

from ..durable import write_whole
from ..errors import ArtifactError, InputError
from . import checks

__all__ = ["read_whole", "write_whole"]


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
            file.seek(0)  # one piece: joining two takes the memory of both
            return file.read(found.st_size + 1)
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
