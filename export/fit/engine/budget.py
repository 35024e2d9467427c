"""The time given to a fit: one instant that nothing may pass, and what had to be left out for
it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from sna_edge.errors import InputError

KEPT_BACK, CLOSING = 0.06, 0.25
"""Share of the limit, and seconds, kept for confirming, assembling and writing."""
RATE = 1.5e9
"""Multiply-adds in a second that work is expected to take."""


@dataclass
class _Strikes:
    """Counted over the threads of a process: a fit beside another with a limit of its own may be
    taken for cut, never the reverse."""

    count: int = 0


_strikes = _Strikes()


def struck() -> int:
    """How often the clock has changed what is done."""
    return _strikes.count


def strike() -> None:
    """The clock changes what is done."""
    _strikes.count += 1


def late(deadline: float, seconds: float = 0.0) -> bool:
    """Whether work of `seconds` would end past the deadline; it is then left undone, and that is
    counted."""
    if time.monotonic() + seconds <= deadline:
        return False
    strike()
    return True


class OutOfTime(Exception):
    """Work whose result would be of no use unfinished was stopped at the deadline."""


@dataclass
class TimeBudget:
    """`limit` seconds from `begin` (a `time.monotonic()` instant), or no limit (None).

    `deadline`: when the search must end. `cut`: what was left out, in words, in order; empty
    without a limit.
    """

    limit: float | None = None
    begin: float = field(default_factory=time.monotonic)
    cut: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.limit is not None and not self.limit > 0:
            raise InputError(
                f"a time limit of {self.limit:g} s is not positive; give a positive number of"
                " seconds, or none"
            )

    @property
    def deadline(self) -> float:
        if self.limit is None:
            return float("inf")
        return self.begin + self.limit - min(KEPT_BACK * self.limit + CLOSING, 0.5 * self.limit)

    @property
    def left(self) -> float:
        """Seconds until the deadline; infinite without a limit."""
        return self.deadline - time.monotonic() if self.limit is not None else float("inf")

    @property
    def over(self) -> bool:
        return self.left <= 0.0

    def until(self, share: float) -> float:
        """The instant when this share of the time left will have passed."""
        return time.monotonic() + share * self.left

    def allows(self, what: str, work: float) -> bool:
        """Whether `work` multiply-adds fit into the time left; else `what` is noted as left out."""
        if work <= RATE * self.left:
            return True
        self.leave_out(what)
        return False

    def leave_out(self, what: str) -> None:
        if what not in self.cut:
            self.cut.append(what)


@dataclass
class Pace:
    """How long the last candidate took, and so whether another would end in time: seconds grow as
    parameters^2."""

    each: float = 0.0

    def measured(self, parameters: int, begin: float) -> None:
        self.each = (time.monotonic() - begin) / parameters**2

    def in_time(self, parameters: int, deadline: float) -> bool:
        return not late(deadline, self.each * parameters**2)


def check(deadline: float) -> None:
    """Raise OutOfTime past the deadline."""
    if late(deadline):
        raise OutOfTime
