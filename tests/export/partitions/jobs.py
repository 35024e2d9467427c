"""Work for partitions: functions of a module, as other processes need them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any


def square(task: dict[str, Any]) -> dict[str, float]:
    """n^2, and that it was begun: a line in the file `seen` where the task names one."""
    if "seen" in task:
        with open(task["seen"], "a") as file:
            file.write(f"{task['n']}\n")
    time.sleep(task.get("pause", 0.0))
    return {"square": task["n"] ** 2 + 0.1}


def killed_once(task: dict[str, Any]) -> float:
    """n; the process kills itself the first time that partition 2 is begun."""
    mark = Path(task["mark"])
    if task["n"] == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return float(task["n"])


def killed_always(task: dict[str, Any]) -> float:
    """Never returns."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0.0


def killed_at_three(done: int, of: int) -> None:
    """Progress of a driver that ends there without a word."""
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)


def refused(task: dict[str, Any]) -> float:
    """n, and ValueError for 3."""
    if task["n"] == 3:
        raise ValueError("three is refused")
    return float(task["n"])


def half(task: dict[str, Any]) -> float:
    """1 writes a file that it takes away again, for ever; 0 fails as soon as that is there."""
    path = Path(task["file"])
    if task["n"] == 0:
        while not path.exists():
            time.sleep(0.01)
        raise ValueError("zero is refused")
    path.touch()
    try:
        while True:
            time.sleep(0.01)
    finally:
        path.unlink()
