"""Wait for what other threads and servers do."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable


def until(true: Callable[[], object], seconds: float = 60.0, what: str = "") -> None:
    """Return when `true()` is; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what or "it did not happen in time"
        time.sleep(0.01)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
