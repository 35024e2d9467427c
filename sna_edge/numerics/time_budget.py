"""A time budget: loops ask before each round, long work is cut into pieces whose duration is
measured and predicted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Floats = NDArray[np.float64]

RESERVE = 0.05  # of the budget is kept for writing the answer
CALLS = 60  # small numpy calls that writing an answer takes besides, at most MOST of the budget
MOST = 0.4
PIECE = 0.1  # of the time left: longest piece of work between two looks at the clock
GROWTH = 4  # times the size of one piece is the most for the next
SURE = 1.25  # times the predicted time must be left


def now() -> float:
    """Seconds of the clock that deadlines go by."""
    return perf_counter()


class OutOfTime(Exception):
    """The next piece of work would end past the deadline."""


class Deadline:
    """`milliseconds` from now on, None for no limit.

    `allows()` is called before every round of a loop; it says no when the next round, taken to be
    as long as the longest so far, would end past the budget. `reserve` [s] is kept back for what
    follows the loop.
    """

    def __init__(self, milliseconds: float | None) -> None:
        if milliseconds is not None and not milliseconds > 0:
            raise InputError(
                f"deadline_ms is {milliseconds}; give a positive number of milliseconds"
            )
        self._start = self._last = perf_counter()
        self._budget = float("inf")
        self._longest = 0.0
        self.reserve = 0.0
        self.stopped = False  # something was left out for lack of time
        if milliseconds is not None:
            call = max(small_call(), _timed())  # other programs may slow it down right now
            self._budget = milliseconds * (1.0 - RESERVE) / 1000.0 - min(
                CALLS * call, MOST * milliseconds / 1000.0
            )

    def restart(self) -> None:
        """Forget the rounds so far: another loop begins."""
        self._last, self._longest = perf_counter(), 0.0

    def allows(self) -> bool:
        """True when another round fits."""
        now = perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now
        if now + self._longest - self._start < self._budget - self.reserve:
            return True
        self.stopped = True
        return False

    def fits(self, seconds: float) -> bool:
        """True when work of that length fits."""
        return SURE * seconds < self.left

    @property
    def endless(self) -> bool:
        """True when there is no limit."""
        return self._budget == float("inf")

    @property
    def left(self) -> float:
        """Seconds left before the reserve, at least 0; infinite without a limit."""
        return max(self._start + self._budget - self.reserve - perf_counter(), 0.0)

    @property
    def passed(self) -> bool:
        return self.left <= 0.0

    def over(self) -> bool:
        """True when no time is left for what the caller leaves out then."""
        self.stopped = self.stopped or self.passed
        return self.passed

    def lacks(self, seconds: float) -> bool:
        """True when work of that length does not fit, and is left out."""
        short = not self.fits(seconds)
        self.stopped = self.stopped or short
        return short

    @property
    def elapsed_ms(self) -> float:
        return (perf_counter() - self._start) * 1000.0


class Pace:
    """Work on many points in pieces that end before a deadline; seconds per point are remembered
    for every kind of work."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.seconds: dict[str, float] = {}
        self._largest: dict[str, int] = {}

    def pieces(self, kind: str, z: Floats) -> Iterator[Floats]:
        """Pieces of z [M, ..] in order, timed until the next is asked for; the very first point
        always comes. Raises OutOfTime."""
        if self.deadline.endless or not len(z):
            yield z
            return
        first = 0
        while first < len(z):
            count = self._count(kind, len(z) - first)
            start = perf_counter()
            yield z[first : first + count]
            self.seconds[kind] = (perf_counter() - start) / count
            self._largest[kind] = max(count, self._largest.get(kind, 1))
            first += count

    def _count(self, kind: str, most: int) -> int:
        """Points of the next piece."""
        if kind not in self.seconds:
            return 1
        seconds = self.seconds[kind]
        self.require(seconds)
        return max(
            min(
                int(PIECE * self.deadline.left / max(seconds, 1e-9)),
                GROWTH * self._largest[kind],
                most,
            ),
            1,
        )

    def affordable(self, kind: str, share: float, most: int, *, final: bool = False) -> int:
        """At most `most` points, at least one, whose work takes no more than that share of the time
        left; `final`: fewer are a cut."""
        if self.deadline.endless:
            return most
        count = max(
            1, min(most, int(share * self.deadline.left / max(self.seconds.get(kind, 0.0), 1e-9)))
        )
        self.deadline.stopped = self.deadline.stopped or (final and count < most)
        return count

    def require(self, seconds: float) -> None:
        """Raises OutOfTime unless that much time is left."""
        if self.deadline.lacks(seconds):
            raise OutOfTime


@cache
def small_call() -> float:
    """Seconds of a small numpy call on this machine (about 15 us where it is fast)."""
    return sorted(_timed() for _ in range(9))[4]


def _timed() -> float:
    start = perf_counter()
    np.linalg.eigh(_SMALL)
    return perf_counter() - start


_SMALL = np.eye(3)
