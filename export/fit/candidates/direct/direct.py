"""The candidate fitted to the rows themselves, with K-fold or held-out predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import MULTIPLY_ADDS, OutOfTime, TimeBudget, now

from ...data.folds import SPLIT_ROWS, Folds
from ...data.samples import Samples
from ...data.scope import Scope
from ...effort import NORMAL
from ...engine.factors import SeparableFunction
from ..candidate import Candidate
from ..linear_scale import LinearScale
from .growth import growth
from .rank_search import NOISELESS, rank_search, simple_search
from .refits import FROM_SOLUTION, REFIT_STEPS, out_of_fold, refitted
from .trial import MANY_ROWS, RankTrial, RankTrials

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DIRECT_STREAM = 11
"""Added to the seed of the search."""
SEARCH_SHARE = 0.5
"""Of the time limit of a table larger than the search; the rest is for the fit to all rows and the
one without a fold."""
NOT_JUDGED = 1.3
"""A candidate whose leave-one-out error is this much above a teacher's is not judged: its student
will be better."""
NO_BETTER = 0.99
"""Times the error of another candidate that a fit to SPLIT_ROWS rows or more must be expected to
come below."""
JUDGING = 0.6
"""Share of the time left after the search that refits without each fold may take."""


@dataclass(frozen=True, eq=False)
class _Searched:
    """The rows `some` [n] that order, rank and resolution are searched on: all, or a few that are
    drawn; their target [n, K] with unit spread, and the folds where single rows may not be left
    out alone."""

    rng: np.random.Generator
    some: Ints
    samples: Samples
    target: Floats
    folds: Folds | None

    @classmethod
    def of(cls, scope: Scope, scale: LinearScale, most: int) -> _Searched:
        """At most so many rows of the scope, ascending."""
        samples = scope.samples
        rng = np.random.default_rng([scope.seed, DIRECT_STREAM])
        some = np.arange(len(samples.x))
        if len(some) > most:
            some = np.sort(rng.permutation(len(some))[:most])
        part = samples if len(some) == len(samples.x) else samples.take(some).over(samples)
        free = samples.group is None and samples.time is None
        target = scale.scaled(samples.y[some])
        return cls(rng, some, part, target, None if free else scope.folds.take(some))


def direct_candidate(
    scope: Scope,
    link: str,
    max_parameters: int,
    *,
    search: TimeBudget,
    worth: float = np.inf,
    before: RankTrials | None = None,
    rivals: dict[str, float] | None = None,
) -> Candidate | None:
    """The best function fitted to the rows under a link; None when its error is far above `worth`
    or there is no time for one. `search`: the budget of the search alone; `before`: trials of a
    `simple_function` of these rows; `rivals`: errors of trials under other links, which those of
    this one join."""
    begin, samples, brief = now(), scope.samples, scope.effort.brief
    if not scope.budget.affords(f"fits to the rows under link {link}", _least_work(samples)):
        return None
    outputs = samples.outputs(link)
    scale = LinearScale.of(outputs, samples.y)
    part = _Searched.of(scope, scale, scope.effort.search_rows)
    found = _trials(part, scope, max_parameters, search, worth, before, rivals)
    if rivals is not None:
        rivals.update({t.name: min(rivals.get(t.name, np.inf), t.error) for t in found})
    best = found[0]
    noisy = brief and best.error > NOISELESS
    if noisy or best.error > NOT_JUDGED * worth or _outdone(best, len(samples.x), worth):
        return None
    judging = max(search, scope.budget.part(JUDGING), key=lambda b: b.deadline)
    by_fold, (f, rows, predicted, finer) = _predicted(best, scope, scale, part, judging)
    return Candidate(
        best.name,
        "direct",
        f,
        outputs,
        scale.centre,
        scale.spread,
        rows,
        samples.y[rows],
        scale.unscaled(predicted),
        now() - begin,
        {
            "by_fold": by_fold,
            "tried": [(t.name, t.solution.f.parameters, t.error) for t in found],
        },
        None if finer is None else scale.unscaled(finer),
        _mover(best, f, scale, len(part.some), brief) if len(samples.x) < SPLIT_ROWS else None,
        samples.weight_of(rows),
    )


def _trials(
    part: _Searched,
    scope: Scope,
    max_parameters: int,
    search: TimeBudget,
    worth: float,
    before: RankTrials | None,
    rivals: dict[str, float] | None,
) -> list[RankTrial]:
    """What the search of the effort tries, best first; trials `before` are of all rows."""
    whole = part.samples is scope.samples
    asked: dict[str, Any] = {
        "max_parameters": max_parameters, "worth": worth, "folds": part.folds,
        "budget": search if whole else search.part(SEARCH_SHARE),
        "watch": scope.reporter.say, "effort": scope.effort,
    }  # fmt: skip
    if scope.effort.brief:
        return growth(part.samples, part.target, part.rng, **asked)
    asked |= {"before": before if whole else None, "rivals": dict(rivals or {})}
    return rank_search(part.samples, part.target, part.rng, **asked)


def _outdone(best: RankTrial, count: int, worth: float) -> bool:
    """Whether on all of many rows it would hardly err less than another candidate does: by what
    its residuals say of the noise, and by what noise adds to its parameters."""
    solution = best.solution
    hoped = np.sqrt(solution.noise * (1.0 + solution.dof / count))
    return count >= SPLIT_ROWS and bool(hoped > NO_BETTER * worth)


def _predicted(
    best: RankTrial, scope: Scope, scale: LinearScale, part: _Searched, judging: TimeBudget
) -> tuple[bool, tuple[SeparableFunction, Ints, Floats, Floats | None]]:
    """Whether there was time for `out_of_fold`, and what it gives; else leave-one-out predictions
    of the rows of the search."""
    try:
        within = replace(scope, budget=judging)
        target = scale.scaled(scope.samples.y)
        return True, out_of_fold(best, within, target, searched=len(part.some))
    except OutOfTime:
        scope.budget.leave_out(
            "refits without each fold (errors are of rows left out one at a time)"
        )
    return False, (best.solution.f, part.some, part.target - best.solution.left_out, None)


def simple_function(
    scope: Scope, link: str, max_parameters: int, enough: float
) -> tuple[Callable[[Floats], Floats], RankTrials] | None:
    """Answers y [n, K] to x [n, D] of the simplest direct candidate whose left-out error is at
    most `enough`, or of the best of a few, and all that were tried; None where there is no time for
    one. Of many rows it sees MANY_ROWS."""
    samples, budget = scope.samples, scope.budget
    if budget.lacks(_least_work(samples) / MULTIPLY_ADDS):
        return None
    scale = LinearScale.of(samples.outputs(link), samples.y)
    part = _Searched.of(scope, scale, MANY_ROWS)
    found = simple_search(
        part.samples, part.target, part.rng, max_parameters=max_parameters, enough=enough,
        budget=budget, folds=part.folds, effort=scope.effort,
    )  # fmt: skip
    f = found.best.solution.f
    return lambda x: scale.unscaled(f.predict(x)), found


def _mover(
    best: RankTrial, f: SeparableFunction, scale: LinearScale, searched: int, brief: bool
) -> Callable[[Samples, TimeBudget], SeparableFunction]:
    """What moves the solution f onto other rows, in few steps where it is to be `brief`."""

    def on_rows(samples: Samples, budget: TimeBudget) -> SeparableFunction:
        there = replace(best, solution=replace(best.solution, f=f))
        target = scale.scaled(samples.y)
        return refitted(
            there, samples, target, samples.weight, searched, budget, afresh=False,
            most=FROM_SOLUTION if brief else REFIT_STEPS, brief=brief,
        )  # fmt: skip

    return on_rows


def _least_work(samples: Samples) -> float:
    """Multiply-adds of a few steps of the smallest candidate."""
    axes, outputs = samples.x.shape[1], samples.y.shape[1]
    weights = axes * outputs if outputs > 1 else 0
    return (
        20.0
        * min(len(samples.x), NORMAL.search_rows)
        * outputs
        * float(5 * axes + samples.n_levels.sum() + weights) ** 2
    )
