"""What systemd is told, where it has started this process: READY=1, WATCHDOG=1, STOPPING=1."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress


def notify(state: str, seconds: float = 1.0) -> bool:
    """Whether systemd was told, which reads no more than some messages behind: then `seconds` are
    waited for it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address[0] == "@":
        address = f"\0{address[1:]}"
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as plug:
        plug.settimeout(seconds)
        plug.sendto(state.encode(), address)
        return True
    return False


def watchdog_seconds() -> float | None:
    """After how long without a sign of life systemd restarts this process; None: never."""
    text, owner = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not text.isdigit() or not int(text) or (owner and owner != str(os.getpid())):
        return None
    return int(text) * 1e-6


class Watchdog:
    """`feed` may be called as often as one likes."""

    def __init__(self) -> None:
        seconds = watchdog_seconds()
        self._every = None if seconds is None else seconds / 3
        self._fed = float("-inf")

    def feed(self) -> None:
        """Say that the verdict loop lives."""
        if self._every is not None and (now := time.monotonic()) - self._fed >= self._every:
            self._fed = now
            notify("WATCHDOG=1", 0.0)  # parts wait; where it reads late it has signs of life enough
