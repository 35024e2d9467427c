"""Wait for what other threads and servers do."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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


def _free_port() -> Callable[[], int]:
    """free_port of tools/station/free_port.py."""
    path = Path(__file__).resolve().parents[3] / "tools" / "station" / "free_port.py"
    spec = importlib.util.spec_from_file_location("free_port", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[], int] = module.free_port
    return found


free_port = _free_port()
