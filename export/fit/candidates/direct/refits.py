"""Predictions of rows that a direct candidate never saw: by refits without them, or from the
linearisation at its solution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import MULTIPLY_ADDS, TimeBudget

from ....threads import THREADS, side_by_side
from ...data.folds import SPLIT_ROWS
from ...data.held_together import folds_of
from ...data.row_blocks import Rows
from ...data.samples import Samples
from ...data.scope import Scope
from ...engine.als import sweep
from ...engine.factors import SeparableFunction
from ...engine.gauss_newton import levenberg_marquardt
from ...engine.linearisation import left_out_by_fold
from ...engine.penalty import components
from ...engine.streamed import streamed
from .rank_search import NOISELESS
from .trial import MANY_ROWS, RankTrial, affordable, first_steps

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
JOINT_WORK = 1e11
"""Rows x parameters^2 up to which all axes are solved at once on the full table; beyond, axis by
axis."""
JOINT_RATE = 1e9
"""Multiply-adds in a second of the time left: a joint step that would take more is left to steps
axis by axis."""
MEMORISED = 0.6
"""Degrees of freedom per row above which a refit without some rows starts afresh: it could keep
what it saw of them. So it does where the rows are nearly free of noise, and the steps from an exact
solution would end before they left it."""
FEW_ROWS = 20
"""Rows per parameter above which no refit remembers single rows."""
REFIT_STEPS, REFIT_WORK = 40, 1.5e11
"""Steps of a refit, and rows x parameters^2 of all of them where it starts from the solution."""
FROM_SOLUTION = 6
"""Steps of a refit of many rows from the solution: that of the others is near it."""
STREAMED = 3
"""Steps of a fit to SPLIT_ROWS rows or more from the solution on the rows of the search."""
INTERVAL_FOLDS = 12
"""Folds of the errors behind the intervals of clean rows. Over 14 tables of functions these cover
90.3 % at the level of 90 %; with each row left out alone 89.0 %, with 6 folds 91.5 %."""


def out_of_fold(
    best: RankTrial, scope: Scope, target: Floats, searched: int
) -> tuple[SeparableFunction, Ints, Floats, Floats | None]:
    """The candidate on all rows; rows and their predictions without their fold; the same with
    INTERVAL_FOLDS folds, or None. target [N, K] with unit spread; `searched`: rows of the search.

    Where the solution fits a few clean rows by fewer numbers, refits would either remember what
    they saw or end on the way to where it is: there the predictions come from its linearisation,
    which can as well leave out fewer rows at a time. Noisy rows are always refitted: one far off
    draws the function, and the linearisation without it knows nothing of that. Raises OutOfTime.
    """
    samples, folds, budget = scope.samples, scope.folds, scope.budget
    count, solution = len(samples.x), best.solution
    if (
        searched == count
        and _few(best, count)
        and best.error < NOISELESS
        and solution.dof <= MEMORISED * samples.y.size
        and not folds.forward
        and _quick(best, scope)
    ):
        rows = Rows(solution.f.bases, samples.x, target, samples.weight)
        few = target - left_out_by_fold(solution, rows, folds)
        fewer = target - left_out_by_fold(
            solution, rows, folds_of(samples, INTERVAL_FOLDS, scope.seed)
        )
        return solution.f, np.arange(count), few, fewer
    f = best.solution.f
    budget.require()
    if searched < count:
        share = budget.part(0.5) if count >= SPLIT_ROWS else budget
        f = refitted(best, samples, target, samples.weight, searched, share)
    return f, *_held_out(best, scope, target, searched), None


def _quick(best: RankTrial, scope: Scope) -> bool:
    """Whether there is time for the linearisation: eigenvectors of the leverages of every fold, and
    the inverse."""
    samples, folds = scope.samples, scope.folds
    largest = samples.y.shape[1] * int(np.bincount(folds.number).max())
    work = 2.0 * len(folds.judged) * largest**3 + 2.0 * samples.y.size * best.start.parameters**2
    return not scope.budget.lacks(work / MULTIPLY_ADDS)


def _few(best: RankTrial, count: int) -> bool:
    return count < FEW_ROWS * best.start.parameters


def _held_out(best: RankTrial, scope: Scope, target: Floats, searched: int) -> tuple[Ints, Floats]:
    """Rows and their predictions by refits that never saw them: all rows, or one fold of a large
    table."""
    samples, folds, budget = scope.samples, scope.folds, scope.budget
    chosen = folds.judged if len(samples.x) < SPLIT_ROWS else folds.one

    def without(number: int) -> tuple[Ints, Floats]:
        budget.require()
        share = budget.part(1.0 / -(-(len(chosen) - number) // THREADS))
        fold = chosen[number]
        held = folds.held(fold)
        weight = np.ones(len(samples.x)) if samples.weight is None else samples.weight.copy()
        weight[folds.unseen(fold)] = 0.0
        moved = refitted(best, samples, target, weight, searched, share, most=FROM_SOLUTION)
        return held, moved.predict(samples.x[held])

    rows, predicted = zip(*side_by_side(without, range(len(chosen))), strict=True)
    return np.concatenate(rows), np.concatenate(predicted)


def refitted(
    best: RankTrial,
    samples: Samples,
    target: Floats,
    weight: Floats | None,
    searched: int,
    budget: TimeBudget,
    *,
    afresh: bool = True,
    most: int = REFIT_STEPS,
    brief: bool = False,
) -> SeparableFunction:
    """The candidate's structure and penalties on other rows: `afresh` from its start where its
    solution could remember the rows, else from the solution, whose directions that only the
    left-out rows held are free to go; of many rows, or where it is to be `brief`, with at most
    `most` steps.
    """
    count = len(samples.x)
    strengths = best.solution.strengths * min(1.0, searched / count)
    memorised = (
        afresh
        and _few(best, count)
        and (best.error < NOISELESS or best.solution.dof > MEMORISED * searched)
    )
    f = best.start if memorised else best.solution.f
    rows = Rows(f.bases, samples.x, target, weight)
    if count >= SPLIT_ROWS and not memorised:
        return streamed(f, rows, strengths, steps=STREAMED, budget=budget)
    work = count * f.parameters**2
    if work > JOINT_WORK or budget.lacks(work / JOINT_RATE):
        return _by_axis(f, rows, strengths, budget)
    if memorised:
        f, steps = first_steps(f, rows, budget), REFIT_STEPS
    else:
        steps = affordable(REFIT_STEPS, f.parameters, count, REFIT_WORK)
        if brief or count > MANY_ROWS:
            steps, rows = min(steps, most), rows.weighing()
    return _jointly(f, rows, strengths, steps, budget)


def _jointly(
    f: SeparableFunction, rows: Rows, strengths: Floats, steps: int, budget: TimeBudget
) -> SeparableFunction:
    """All axes at once, with the penalties given."""
    return levenberg_marquardt(
        f,
        rows,
        strengths=strengths,
        adapt=False,
        steps=steps,
        tolerance=1e-4,
        budget=budget,
        leverages=False,
    ).f


def _by_axis(
    f: SeparableFunction, rows: Rows, strengths: Floats, budget: TimeBudget
) -> SeparableFunction:
    """Axis after axis, in a few sweeps."""
    return sweep(
        f,
        rows,
        range(len(f.tables)),
        parts=components(f),
        strengths=strengths,
        sweeps=6,
        tolerance=1e-4,
        budget=budget,
    )
