"""What may happen to a table while it is followed: one act per look of the follower."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

Act = Callable[[Path], object]
HEADER = "id,power,name\n"
STOP = None
"""The process ends here and starts again."""


real_sleep = time.sleep


class Stopped(Exception):
    """Nothing is left of the script: the process is killed."""


def rows(*numbers: int) -> str:
    return "".join(f"{i},{100 + i}.5,part\n" for i in numbers)


def add(text: str | bytes) -> Act:
    def act(path: Path) -> None:
        with open(path, "ab") as file:
            file.write(text.encode() if isinstance(text, str) else text)

    return act


def write(text: str | bytes) -> Act:
    """In place: the inode stays."""

    def act(path: Path) -> None:
        with open(path, "r+b" if path.exists() else "wb") as file:
            file.truncate(0)
            file.write(text.encode() if isinstance(text, str) else text)

    return act


def rename(name: str = "t.csv.1") -> Act:
    return lambda path: path.rename(path.with_name(name))


def late(text: str, name: str = "t.csv.1") -> Act:
    return lambda path: add(text)(path.with_name(name))


def replace(text: str) -> Act:
    """Written beside and put in its place."""

    def act(path: Path) -> None:
        path.with_name("new").write_text(text)
        os.replace(path.with_name("new"), path)

    return act


def both(*acts: Act) -> Act:
    return lambda path: [act(path) for act in acts]


def holed(text: str) -> Act:
    """The writer goes on at its old place after the file was truncated: zeros before its rows."""
    return lambda path: write(b"\0" * path.stat().st_size + text.encode())(path)


def wait(path: Path) -> None:
    """Nothing happens."""


def pause(path: Path) -> None:
    """Clocks of file systems have ticks."""
    real_sleep(0.02)


def remove(path: Path) -> None:
    path.unlink()
