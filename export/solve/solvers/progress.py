"""Progress of a solve: rank, residual, time left; and the record that is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sna_edge.numerics.time_budget import TimeBudget


@dataclass(frozen=True)
class Step:
    """One sweep: largest rank, relative change of the solution in it, relative residual (NaN when
    not evaluated)."""

    sweep: int
    rank: int
    change: float
    residual: float
    seconds: float


@dataclass
class Progress:
    """Clock, history and listener of a solve. `time_limit` in seconds, None for no limit."""

    time_limit: float | None = None
    listener: Callable[[Step, float | None], None] | None = None
    history: list[Step] = field(default_factory=list)
    budget: TimeBudget = field(init=False)

    def __post_init__(self) -> None:
        self.budget = TimeBudget(self.time_limit)

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return self.budget.elapsed

    @property
    def expired(self) -> bool:
        """True past the time limit; what the caller leaves out then counts as left out."""
        return self.budget.over()

    def require(self) -> None:
        """Raises OutOfTime past the time limit."""
        if not self.budget.endless:
            self.budget.require()

    def report(self, rank: int, change: float, residual: float = float("nan")) -> Step:
        """Record a sweep and tell the listener, with the seconds left under the limit."""
        step = Step(len(self.history) + 1, rank, change, residual, self.seconds)
        self.history.append(step)
        if self.listener is not None:
            self.listener(step, None if self.budget.endless else self.budget.left)
        return step
