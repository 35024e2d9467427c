"""Progress of a solve: rank, residual, time left; and the record that is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter


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
    started: float = field(default_factory=perf_counter)

    @property
    def seconds(self) -> float:
        return perf_counter() - self.started

    @property
    def expired(self) -> bool:
        return self.time_limit is not None and self.seconds > self.time_limit

    def report(self, rank: int, change: float, residual: float = float("nan")) -> Step:
        """Record a sweep and tell the listener, with the seconds left under the limit."""
        step = Step(len(self.history) + 1, rank, change, residual, self.seconds)
        self.history.append(step)
        if self.listener is not None:
            left = None if self.time_limit is None else max(self.time_limit - self.seconds, 0.0)
            self.listener(step, left)
        return step
