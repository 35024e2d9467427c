"""Ctrl-C asks a long command for the best it has so far; a second one ends it at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopped_by_ctrl_c(word: str) -> Iterator[threading.Event]:
    """Inside, the first Ctrl-C sets the event and says so; the next is KeyboardInterrupt."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print(
            f"sna-edge {word}: stopping with the best so far; Ctrl-C again ends it with nothing",
            file=sys.stderr,
        )

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
