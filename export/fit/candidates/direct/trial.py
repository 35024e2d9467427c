"""Trials of one table: a start is fitted to the rows, and what came of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget, now

from ...data.folds import Folds
from ...data.row_blocks import Rows
from ...data.samples import Samples
from ...effort import NORMAL, Effort
from ...engine.factors import SeparableFunction
from ...engine.gauss_newton import levenberg_marquardt
from ...engine.linearisation import FittedFunction
from ...engine.normal_equations import loss

Floats = NDArray[np.float64]
FIRST_STRENGTH = 1e-8
FIXED_STEPS, ADAPTING_STEPS = 20, 30
"""Steps with fixed, then with adapting penalties while searching."""
GROWTH_WORK = 6e11
"""Rows x parameters^2 of all steps of a trial (some two minutes) beyond which none is made."""
HOPELESS = 3.0
"""Times the error wanted of a trial above which one is given up after its first steps."""
OUTRUN = 3.0
"""Times the error of the same trials under another link above which a link is given up."""
MANY_ROWS = 3000
"""Rows beyond which the work on all of them is kept to what they alone can tell."""
DETERMINED = 3
"""Rows per parameter with which no direction is left to a penalty."""
LEAST_STEPS = 10
"""The fewest steps whatever they cost."""


@dataclass(frozen=True, eq=False)
class RankTrial:
    """Its name, the start, and the solution on all rows."""

    name: str
    start: SeparableFunction
    solution: FittedFunction

    @property
    def error(self) -> float:
        """Leave-one-out error in units of the spread, or by the folds of the trials."""
        return self.solution.loo


@dataclass
class RankTrials:
    """All that are made of one table: target [N, K] with unit spread; the best has the least
    leave-one-out error."""

    samples: Samples
    target: Floats
    rng: np.random.Generator
    max_parameters: int
    budget: TimeBudget
    watch: Callable[[str], None] | None = None
    before: RankTrials | None = None
    """Trials of the same rows that need not be made again."""
    rivals: Mapping[str, float] = field(default_factory=dict)
    """Errors of trials of the same names under another link."""
    found: list[RankTrial] = field(default_factory=list)
    seconds: float = 0.0
    """Of the last trial, over its parameters^2."""
    folds: Folds | None = None
    """By these trials are judged, where leaving out single rows would flatter them."""
    effort: Effort = NORMAL

    @property
    def best(self) -> RankTrial:
        """The first with the least error."""
        return min(self.found, key=lambda t: t.error)

    def in_time(self, parameters: int) -> bool:
        """Whether a trial of so many parameters would end in time, by the seconds of the last."""
        return not self.budget.lacks(self.seconds * parameters**2)

    def cheap(self, parameters: int) -> bool:
        """Whether the work of a trial stays below GROWTH_WORK."""
        steps = FIXED_STEPS + ADAPTING_STEPS
        return len(self.samples.x) * parameters**2 * steps <= GROWTH_WORK

    def made(self, start: SeparableFunction, name: str) -> RankTrial:
        """The start fitted to the rows, kept; that of `before` of this name where there is one."""
        earlier = self.before.named(name) if self.before else None
        if self.before and earlier:
            self.seconds = self.before.seconds
            return self.kept(earlier)
        begin = now()
        solution = self.judged(self._fitted(start))
        self.seconds = (now() - begin) / start.parameters**2
        return self.kept(RankTrial(name, start, solution))

    def begun(self, start: SeparableFunction) -> SeparableFunction:
        """The start moved to where the rows pull it, almost without penalty."""
        return first_steps(start, self.rows(start), self.budget, self.effort.steps)

    def hopeless(self, f: SeparableFunction, wanted: float) -> bool:
        """Whether f misses the rows that it was moved to by far more than `wanted`: left out, it
        would miss them by more still."""
        return loss(f, self.rows(f)) > (HOPELESS * wanted) ** 2

    def rows(self, f: SeparableFunction) -> Rows:
        """The rows on the bases of f."""
        return Rows(f.bases, self.samples.x, self.target, self.samples.weight)

    def _fitted(self, start: SeparableFunction) -> FittedFunction:
        x, weight = self.samples.x, self.samples.weight
        return fit_rows(start, x, self.target, self.budget, weight, self.effort.steps)

    @property
    def outrun(self) -> bool:
        """Whether the best so far errs by far more than the best of the rivals of the same
        names."""
        names = {t.name for t in self.found} & self.rivals.keys()
        least = min((self.rivals[n] for n in names), default=np.inf)
        return self.best.error > OUTRUN * least

    def named(self, name: str) -> RankTrial | None:
        """The trial of this name, if there is one."""
        return next((t for t in self.found if t.name == name), None)

    def judged(self, solution: FittedFunction) -> FittedFunction:
        """The solution of all rows as it is to be judged."""
        if self.folds is None:
            return solution
        return solution.judged_by(self.rows(solution.f), self.folds)

    def kept(self, trial: RankTrial) -> RankTrial:
        """The trial, kept and reported."""
        self.found.append(trial)
        if self.watch:
            self.watch(f"{trial.name}: leave-one-out error {trial.error:.3g}")
        return trial


def fit_rows(
    f: SeparableFunction,
    x: Floats,
    target: Floats,
    budget: TimeBudget | None = None,
    weight: Floats | None = None,
    share: float = 1.0,
) -> FittedFunction:
    """From a start to a solution: first with slight fixed penalties, then with strengths by
    evidence; `share` of the usual steps."""
    rows = Rows(f.bases, x, target, weight)
    return last_steps(first_steps(f, rows, budget, share), rows, budget, share)


def first_steps(
    f: SeparableFunction, rows: Rows, budget: TimeBudget | None, share: float = 1.0
) -> SeparableFunction:
    """From a random start to where the rows pull it, almost without penalty: of many rows some are
    enough for that."""
    rows = rows.some(max(MANY_ROWS, DETERMINED * f.parameters))
    return levenberg_marquardt(
        f,
        rows,
        strengths=FIRST_STRENGTH,
        adapt=False,
        steps=round(share * FIXED_STEPS),
        budget=budget,
        leverages=False,
    ).f


def last_steps(
    f: SeparableFunction, rows: Rows, budget: TimeBudget | None, share: float = 1.0
) -> FittedFunction:
    """From there with strengths by evidence, to a solution with its leave-one-out residuals."""
    return levenberg_marquardt(
        f, rows, strengths=FIRST_STRENGTH, steps=round(share * ADAPTING_STEPS), budget=budget
    )


def affordable(steps: int, parameters: int, n_rows: int, work: float) -> int:
    """At most `steps`, as many as `work` multiply-adds are enough for, LEAST_STEPS at least."""
    return int(np.clip(work / (n_rows * parameters**2), min(LEAST_STEPS, steps), steps))
