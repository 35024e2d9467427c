"""The clock of this machine: what it says, whether somebody keeps it, and whether it has jumped."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable
from datetime import datetime, timezone

SYNCHRONISED, UNSYNCHRONISED, JUMPED = "synchronised", "unsynchronised", "jumped"
STEP = 0.5
"""Seconds by which wall time may leave monotonic time between two looks before it has jumped."""
SHOWN = 60.0
"""Seconds for which records say that the clock has jumped."""
_UNSYNCHRONISED_FLAG, _STATUS_AT = 0x40, 40
_NOTE = "/run/systemd/timesync/synchronized"


def steady() -> float:
    """Seconds that only go forward, through a suspend too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def kept() -> bool:
    """Whether the system says that its clock is synchronised; False where it cannot be asked."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        buffer = ctypes.create_string_buffer(256)  # struct timex, modes = 0: nothing is set
        found = libc.adjtimex(buffer)
    except (OSError, AttributeError):
        return os.path.exists(_NOTE)
    if found < 0:
        return os.path.exists(_NOTE)
    status = ctypes.c_int.from_buffer(buffer, _STATUS_AT).value
    return found != 5 and not status & _UNSYNCHRONISED_FLAG


class Clock:
    """`state` for records; `look` tells of jumps.

    >>> wall, mono = [1000.0], [10.0]
    >>> clock = Clock(lambda: wall[0], lambda: mono[0], lambda: True)
    >>> wall[0], mono[0] = 1001.0, 11.0
    >>> clock.look(), clock.state
    ('', 'synchronised')
    >>> wall[0], mono[0] = 902.0, 12.0
    >>> clock.look(), clock.state
    ('the clock went back by 100.000 s', 'jumped')
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = steady,
        synchronised: Callable[[], bool] = kept,
    ) -> None:
        self._wall, self._monotonic, self._kept = wall, monotonic, synchronised
        self._base = wall() - monotonic()
        self._until = -1.0
        self.state = SYNCHRONISED if synchronised() else UNSYNCHRONISED

    def now(self) -> float:
        """Seconds since 1970, in whole milliseconds: texts and columns of records agree."""
        return round(self._wall(), 3)

    def look(self) -> str:
        """A sentence where the clock has jumped since the last look, else ""."""
        now = self._monotonic()
        base = self._wall() - now
        off, self._base = base - self._base, base
        if abs(off) > STEP:
            self._until = now + SHOWN
        word = SYNCHRONISED if self._kept() else UNSYNCHRONISED
        self.state = JUMPED if now < self._until else word
        if abs(off) <= STEP:
            return ""
        return f"the clock went {'forward' if off > 0 else 'back'} by {abs(off):.3f} s"


def written(seconds: float) -> str:
    """'2026-01-31T06:00:00.000Z' of seconds since 1970."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).isoformat(
            timespec="milliseconds"
        ).replace("+00:00", "Z")  # fmt: skip
    except (ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00.000Z"
