"""Wait for what other threads and servers do."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def until(true: Callable[[], object], seconds: float = 60.0, what: str = "") -> None:
    """Return when `true()` is; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what or "it did not happen in time"
        time.sleep(0.01)


def in_a_loop(what: Coroutine[Any, Any, Any]) -> Any:
    """The result of `what`, run in a thread: this one may have a loop already, of a browser."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, what).result()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
