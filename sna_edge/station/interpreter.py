"""What a station asks of the interpreter and of the memory below it: short pauses, no heap for each
thread."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
from contextlib import suppress

SWITCH = 0.0001
"""Seconds after which one thread lets another have its turn: a verdict does not wait longer for a
message that is being read."""
COLLECT = (2000, 10, 100)
"""New objects, and collections of younger ones, after which Python looks for cycles. What waits and
is shown makes it look at everything every few seconds otherwise, and find nothing."""
BEHIND, NICEST = 10, 19
"""Niceness of threads that can wait, beyond that of the process; the most that there is."""
_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
_ARENAS, _LARGE, _FREE = 2, 1 << 20, 8 << 20
"""Heaps; bytes of what gets pages of its own, which go back at once (more than the 256 KB that are
made for each read of a socket); bytes that are free at the end of a heap until they go back. glibc
raises both to many megabytes with the first large message."""


def begin() -> None:
    """Before there are threads. A heap for each of them (glibc) would keep what its busiest moment
    took, and so would large messages that are freed."""
    if hasattr(sys, "setswitchinterval"):
        sys.setswitchinterval(SWITCH)
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, _ARENAS)
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _FREE)


def give_way() -> None:
    """The thread that calls goes behind the others of the process where no core is free: Linux
    would let it end its slice, some 3 ms, before a part that has come. Elsewhere nothing."""
    if sys.platform == "linux":
        own = threading.get_native_id()
        with suppress(OSError):  # as nice as the station was started, and so much nicer
            nice = os.getpriority(os.PRIO_PROCESS, own) + BEHIND
            os.setpriority(os.PRIO_PROCESS, own, min(nice, NICEST))


def settle() -> None:
    """Once everything is made: it stays, and the collector need not look at it again, which took 20
    to 40 ms in which no part got its verdict."""
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()
    gc.set_threshold(*COLLECT)


def leave() -> None:
    """At the end: what was made may go again, so that libraries find nothing of theirs left."""
    if hasattr(gc, "unfreeze"):
        gc.unfreeze()
