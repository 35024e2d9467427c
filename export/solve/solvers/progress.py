"""Progress of a solve: rank, residual, time left; and the record that is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sna_edge.numerics.time_budget import TimeBudget


@dataclass(frozen=True)
class NewtonStep:
    """One Newton step: by how much it moved the solution (relative), the relative error of
    functions of the unknown at random points, which part of the step before it was taken, and the
    strength of the functions (1 but on the way of a continuation)."""

    moved: float
    functions: float
    damping: float
    strength: float


@dataclass(frozen=True)
class PointStep:
    """One point `at` of the parameters that was solved, in `steps` Newton steps, 0 without: by how
    much the points before it `missed` its solution (relative), and how much is thought to be
    `missing` in the mean over the box."""

    at: dict[str, float]
    missed: float
    missing: float
    steps: int


@dataclass(frozen=True)
class Step:
    """One sweep: largest rank, relative change of the solution in it, relative residual (NaN when
    not evaluated); `newton` where it was the last sweep of a Newton step. With `point` it is one
    point of the parameters: `change` is what points before it missed, `residual` that of its
    solution."""

    sweep: int
    rank: int
    change: float
    residual: float
    seconds: float
    newton: NewtonStep | None = None
    point: PointStep | None = None


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
        return self._kept(Step(len(self.history) + 1, rank, change, residual, self.seconds))

    def report_point(self, point: PointStep, residual: float) -> Step:
        """Record a point that was solved and tell the listener."""
        count = len(self.history) + 1
        return self._kept(Step(count, 0, point.missed, residual, self.seconds, point=point))

    def _kept(self, step: Step) -> Step:
        self.history.append(step)
        if self.listener is not None:
            self.listener(step, None if self.budget.endless else self.budget.left)
        return step

    def report_newton(self, step: NewtonStep) -> None:
        """Record that the last sweep ended a Newton step, and tell the listener."""
        if not self.history:
            return
        self.history[-1] = replace(self.history[-1], newton=step)
        if self.listener is not None:
            self.listener(self.history[-1], None if self.budget.endless else self.budget.left)
