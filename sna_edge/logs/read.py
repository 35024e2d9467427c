"""The lines of logs, one file behind the other, and what a line holds."""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any, cast

from ..errors import InputError
from ..values.documents import once, shortened

BLOCK = 1000
"""Lines of a block."""
LONGEST = 1 << 24
"""Bytes of a line of a log."""
DIGITS = 6
"""Of the number in the name of a file that `KeptLog` has rotated away."""
_ROTATED = re.compile(r"\.([0-9]{1,9})(\.gz)?")


def line_blocks(paths: Sequence[str], size: int = BLOCK) -> Iterator[list[bytes]]:
    """The lines of files one behind the other, `size` at a time, the last block shorter or empty;
    `-` is standard input, names that end in .gz are unpacked. Raises InputError for what is no
    log, OSError."""
    block: list[bytes] = []
    for path in paths:
        for line in _lines(path):
            block.append(line)
            if len(block) == size:
                yield block
                block = []
    yield block


def _lines(path: str) -> Iterator[bytes]:
    with ExitStack() as stack:
        file: IO[bytes] = sys.stdin.buffer if path == "-" else stack.enter_context(_opened(path))
        try:
            while line := file.readline(LONGEST + 1):
                if len(line) > LONGEST:
                    raise InputError(
                        f"{path} has a line of more than {LONGEST >> 20} MiB; give a log of watch"
                    )
                yield line
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(
                f"{path} cannot be unpacked ({error}); give the log as it was written"
            ) from None


def _opened(path: str) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.endswith(".gz") else open(path, "rb")


def files_of(paths: Sequence[str]) -> list[str]:
    """The files of logs in the order in which they were written, each once: what was rotated away
    from a log stands before it. `KeptLog` counts up (`log.000001` is the oldest), logrotate counts
    from the newest (`log.1`)."""
    found: list[str] = []
    seen = set[str]()
    for path in paths:
        older = rotated(path) if path != "-" else []
        for one in [*older, path]:
            if os.path.realpath(one) in seen or (older and one == path and not os.path.exists(one)):
                continue
            seen.add(os.path.realpath(one))
            found.append(one)
    return found


def rotated(path: str) -> list[str]:
    """What was rotated away from a log, the oldest first."""
    foreign, own = numbered(path)
    return [one for _, one in [*reversed(foreign), *own]]


def numbered(path: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """(number, path) of what logrotate, and what `KeptLog` has rotated away from a log."""
    folder, name = os.path.split(path)
    try:
        beside = os.listdir(folder or ".")
    except OSError:
        return [], []
    own, foreign = list[tuple[int, str]](), list[tuple[int, str]]()
    for other in beside:
        found = _ROTATED.fullmatch(other[len(name) :]) if other.startswith(name) else None
        if found is not None:
            kind = own if len(found[1]) >= DIGITS else foreign
            kind.append((int(found[1]), os.path.join(folder, other)))
    return sorted(foreign), sorted(own)


def entry_of(text: bytes | str) -> dict[str, Any] | str:
    """The object of a line of a log, or what is wrong with the line."""
    try:
        entry = json.loads(text, object_pairs_hook=once, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        return f"no line of JSON ({shortened(str(error))})"
    return entry if isinstance(entry, dict) else "no object of JSON"


def _whole(digits: str) -> float:
    """A whole number; infinite where no float holds it."""
    return int(digits) if len(digits) < 300 else float(digits)
