"""The one clock of queries, fits and solves: what time is left, what is kept back for the end, and
what was left out for lack of time.

Every caller makes one `TimeBudget` when it begins and asks it before each piece of work:

    inverse   TimeBudget.for_query(deadline_ms)   milliseconds; time for the answer is kept back
    fit       TimeBudget.for_fit(time_limit)      seconds; for confirming and writing likewise
    solve     TimeBudget(time_limit)              seconds; nothing is kept back

* A loop asks `allows()` before every round (the longest round so far must fit), a single piece of
  work `lacks(seconds)` or `affords(what, multiply_adds)`, and leaves it out where there is no time:
  `stopped` is then True, and `cut` says what, in words.
* A search that may use a share of the time left takes `budget.part(share)`: a budget that ends
  earlier and tells the one it is a part of when it has stopped something.
* `with budget.keeping(RESERVE, ...):` keeps time back for what follows the loop inside. Every
  amount that is kept back stands in this file.
* Code that passes plain instants takes `budget.deadline` or `budget.until(share)` and compares
  with `now()`; no other clock is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Event
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Floats = NDArray[np.float64]

LONGEST_CHUNK = 0.1
"""Share of the time left: the longest chunk of work between two looks at the clock."""
GROWTH = 4
"""Times the size of one chunk is the most for the next."""
SURE = 1.25
"""Times the predicted time must be left: predictions vary that much on a busy machine."""
MULTIPLY_ADDS = 1.5e9
"""In a second: what dense linear algebra on one core is expected to do."""


@dataclass(frozen=True)
class Reserve:
    """Time kept back for what follows a search: `share` of the time left + `seconds` + `calls`
    small numpy calls + `work` times a duration that the caller has measured, at most `most` of the
    time left."""

    share: float = 0.0
    seconds: float = 0.0
    calls: float = 0.0
    work: float = 0.0
    most: float = 1.0

    def amount(self, left: float, measured: float = 0.0, call: float = 0.0) -> float:
        """Seconds, when `left` seconds are left and a small call takes `call`."""
        wanted = self.share * left + self.seconds + self.work * measured + self.calls * call
        return min(wanted, self.most * left)


NOTHING = Reserve()
FIT = Reserve(share=0.06, seconds=0.25, most=0.5)
"""Confirming, assembling and writing a model."""
BESIDE = Reserve(work=1.0, most=0.2)
"""Widths and familiarity, which are learned when a model is fitted."""
ESTIMATE = Reserve(share=0.2)
"""Estimating the error of a solved model, and writing it."""
QUERY = Reserve(share=0.05, calls=60.0, most=0.45)
"""Writing the answer of an inverse query."""
MEASURED = Reserve(work=1.0)
"""What the caller expects the rest to take."""
MORE_OBSERVATIONS = Reserve(share=0.4, work=1.0)
"""The same, while optima are searched on a part of the observations: going on with more of them."""
SEARCH_OF_POSTERIOR = Reserve(share=0.6)
"""While optima are searched: drawing samples from the posterior around them."""
SAMPLES = Reserve(calls=0.02)
"""Per sample: resampling and writing it."""
ROWS = Reserve(work=0.5)
"""Times reading the rows of a batch took: writing them."""
SOLUTIONS = Reserve(work=0.1, most=0.3)
"""Times a start took, per solution found: thinning and writing it."""
NEAREST = Reserve(calls=40.0)
"""Saying which point came nearest to an unreachable target."""
PROJECTION = Reserve(work=3.5)
"""Times one evaluation of 24 points took: what follows the last round of a projection."""
WHOLE_STEPS = Reserve(work=3.5, calls=50.0)
"""The same where answers are moved to whole steps afterwards."""


def now() -> float:
    """Seconds of the clock that all budgets go by."""
    return perf_counter()


class OutOfTime(Exception):
    """Work whose result would be of no use unfinished would end past the budget."""


class TimeBudget:
    """`limit` seconds from `begin` (an instant of `now()`), or no limit (None); once `stop` is set
    no time is left.

    `kept_back` is subtracted at once. `stopped`: something was left out for lack of time, here or
    in a part; `cut`: what, in words, once each, in order.
    """

    def __init__(
        self,
        limit: float | None = None,
        kept_back: Reserve = NOTHING,
        *,
        begin: float | None = None,
        parent: TimeBudget | None = None,
        stop: Event | None = None,
    ) -> None:
        self.begin = self._last = now() if begin is None else begin
        self.limit = limit
        self.cut: list[str] = [] if parent is None else parent.cut
        self._parent = parent
        self._stop: Event | None = stop if parent is None else parent._stop
        self._stopped = self._unnamed = False
        self._longest = 0.0
        self._kept = 0.0
        self._seconds = float("inf")
        if limit is not None:
            # other programs may slow numpy down right now
            call = max(small_call(), _timed()) if kept_back.calls else 0.0
            self._seconds = limit - kept_back.amount(limit, call=call)

    @classmethod
    def for_query(cls, deadline_ms: float | None) -> TimeBudget:
        """The budget of an inverse query. Raises InputError unless positive."""
        if deadline_ms is not None and not deadline_ms > 0:
            raise InputError(
                f"deadline_ms is {deadline_ms}; give a positive number of milliseconds"
            )
        return cls(None if deadline_ms is None else deadline_ms / 1000.0, QUERY)

    @classmethod
    def for_fit(cls, time_limit: float | None, stop: Event | None = None) -> TimeBudget:
        """The budget of a fit, which ends when `stop` is set. Raises InputError unless positive."""
        if time_limit is not None and not time_limit > 0:
            raise InputError(
                f"a time limit of {time_limit:g} s is not positive; give a positive number of"
                " seconds, or none"
            )
        return cls(time_limit, FIT, stop=stop)

    @property
    def endless(self) -> bool:
        """True when there is no limit."""
        return self._seconds == float("inf") and not self.halted

    @property
    def halted(self) -> bool:
        """True once it has been stopped from outside."""
        return self._stop is not None and self._stop.is_set()

    @property
    def deadline(self) -> float:
        """The instant when the search must end: what is kept back begins there."""
        if self.halted:
            return self.begin
        return self.begin + self._seconds - self._kept

    @property
    def left(self) -> float:
        """Seconds until the deadline, at least 0; infinite without a limit."""
        return max(self.deadline - now(), 0.0)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return now() - self.begin

    @property
    def passed(self) -> bool:
        """True past the deadline."""
        return self.left <= 0.0

    @property
    def stopped(self) -> bool:
        """True when something was left out for lack of time."""
        return self._stopped

    @property
    def unnamed(self) -> bool:
        """True when something was left out that `cut` does not name."""
        return self._unnamed

    def stop(self) -> None:
        """Note that something is left out for lack of time."""
        self._note(named=False)

    def _note(self, *, named: bool) -> None:
        self._stopped = True
        self._unnamed = self._unnamed or not named
        if self._parent is not None:
            self._parent._note(named=named)

    def leave_out(self, what: str) -> None:
        """Note that `what` is left out, in words."""
        self._note(named=True)
        if what not in self.cut:
            self.cut.append(what)

    def until(self, share: float) -> float:
        """The instant when this share of the time left will have passed."""
        return now() + share * self.left

    def part(self, share: float) -> TimeBudget:
        """A budget of this share of the time left."""
        if self.endless:
            return TimeBudget(parent=self)
        return TimeBudget(share * self.left, parent=self)

    @contextmanager
    def keeping(
        self, reserve: Reserve, measured: float = 0.0, *, times: float = 1.0
    ) -> Iterator[None]:
        """Inside, `times` the reserve is kept back as well as all that was before; none without a
        limit."""
        before = self._kept
        if not self.endless:
            self.keep(reserve, measured, times=times)
            self._kept += before
        try:
            yield
        finally:
            self._kept = before

    def keep(self, reserve: Reserve, measured: float = 0.0, *, times: float = 1.0) -> None:
        """From now on `times` the reserve is kept back, in place of what `keep` kept before."""
        self._kept = 0.0
        if not self.endless:
            call = times * small_call() if reserve.calls else 0.0
            self._kept = reserve.amount(self.left, times * measured, call)

    def restart(self) -> None:
        """Forget the rounds so far: another loop begins."""
        self._last, self._longest = now(), 0.0

    def allows(self) -> bool:
        """True when another round of a loop fits that takes as long as the longest so far."""
        instant = now()
        self._longest = max(self._longest, instant - self._last)
        self._last = instant
        if instant + self._longest < self.deadline:
            return True
        self.stop()
        return False

    def fits(self, seconds: float) -> bool:
        """True when work of that length fits."""
        return SURE * seconds < self.left

    def over(self) -> bool:
        """True when no time is left for what the caller leaves out then."""
        if not self.passed:
            return False
        self.stop()
        return True

    def lacks(self, seconds: float) -> bool:
        """True when work of that length does not fit, and is left out."""
        if self.fits(seconds):
            return False
        self.stop()
        return True

    @staticmethod
    def seconds_of(multiply_adds: float) -> float:
        """About how long that many multiply-adds take."""
        return multiply_adds / MULTIPLY_ADDS

    def affords(self, what: str, multiply_adds: float) -> bool:
        """Whether that many multiply-adds fit into the time left; else `what` is left out."""
        if self.seconds_of(multiply_adds) <= self.left:
            return True
        self.leave_out(what)
        return False

    def require(self, seconds: float = 0.0) -> None:
        """Raises OutOfTime unless work of that length fits."""
        if self.lacks(seconds):
            raise OutOfTime


class Pace:
    """Work on many points in chunks that end before a deadline; seconds per point are remembered
    for every kind of work."""

    def __init__(self, budget: TimeBudget) -> None:
        self.budget = budget
        self.seconds: dict[str, float] = {}
        self._largest: dict[str, int] = {}

    def chunks(self, kind: str, z: Floats) -> Iterator[Floats]:
        """Chunks of z [M, ..] in order, timed until the next is asked for; the very first point
        always comes. Raises OutOfTime."""
        if self.budget.endless or not len(z):
            yield z
            return
        first = 0
        while first < len(z):
            count = self._count(kind, len(z) - first)
            start = now()
            yield z[first : first + count]
            self.seconds[kind] = (now() - start) / count
            self._largest[kind] = max(count, self._largest.get(kind, 1))
            first += count

    def _count(self, kind: str, most: int) -> int:
        """Points of the next chunk."""
        if kind not in self.seconds:
            return 1
        seconds = self.seconds[kind]
        self.budget.require(seconds)
        affordable = int(LONGEST_CHUNK * self.budget.left / max(seconds, 1e-9))
        return max(min(affordable, GROWTH * self._largest[kind], most), 1)

    def affordable(self, kind: str, share: float, most: int, *, final: bool = False) -> int:
        """At most `most` points, at least one, whose work takes no more than that share of the time
        left; `final`: fewer are a cut."""
        if self.budget.endless:
            return most
        each = max(self.seconds.get(kind, 0.0), 1e-9)
        count = max(1, min(most, int(share * self.budget.left / each)))
        if final and count < most:
            self.budget.stop()
        return count


@cache
def small_call() -> float:
    """Seconds of a small numpy call on this machine (about 15 us where it is fast)."""
    return sorted(_timed() for _ in range(9))[4]


def _timed() -> float:
    start = now()
    np.linalg.eigh(_SMALL)
    return now() - start


_SMALL = np.eye(3)
