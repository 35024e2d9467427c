"""The candidate fitted to the rows themselves, with K-fold or held-out predictions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..data.folds import fold_of_rows
from ..data.row_blocks import Rows
from ..data.samples import Samples, linear_targets, values
from ..engine.als import sweep
from ..engine.budget import RATE, OutOfTime, TimeBudget, check, late
from ..engine.factors import Separable
from ..engine.gauss_newton import levenberg_marquardt
from ..engine.linearisation import left_out_by_fold
from ..engine.penalty import components
from .candidate import Candidate
from .rank_search import (
    SMOOTH,
    Direct,
    affordable,
    direct_candidates,
    first_steps,
    simple_candidate,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SEARCH_ROWS = 12_000
"""Rows on which order, rank and resolution are searched; a larger table is then fitted on all its
rows."""
HOPELESS = 1.3
"""A candidate whose leave-one-out error is this much above a teacher's is not judged: its
student will be better."""
LM_WORK = 1e11
"""Rows x parameters^2 up to which all axes are solved at once on the full table; beyond, axis by
axis."""
JOINT_RATE = 1e9
"""Multiply-adds in a second of the time left: a joint step that would take more is left to steps
axis by axis."""
SEARCH_SHARE = 0.5
"""Of the time limit of a table larger than SEARCH_ROWS; the rest is for the fit to all rows and the
one without a fold."""
MEMORISED = 0.6
"""Degrees of freedom per row above which a refit without some rows starts afresh: it could keep
what it saw of them. So it does where the rows are nearly free of noise, and the steps from an exact
solution would end before they left it."""
FEW_ROWS = 20
"""Rows per parameter above which no refit remembers single rows."""
REFIT_STEPS, REFIT_WORK = 40, 1.5e11
"""Steps of a refit, and rows x parameters^2 of all of them where it starts from the solution."""
INTERVAL_FOLDS = 12
"""Folds of the errors behind the intervals of clean rows. Over 14 tables of functions these cover
90.3 % at the level of 90 %; with each row left out alone 89.0 %, with 6 folds 91.5 %."""
JUDGING = 0.6
"""Share of the time left after the search that refits without each fold may take."""
SPLIT_ROWS = 50_000
"""From here on one fold is held out instead of K."""


def straight(
    samples: Samples, link: str, folds: Ints, seed: int, max_parameters: int, budget: TimeBudget, deadline: float,
    worth: float = np.inf, watch: Callable[[str], None] | None = None,
) -> Candidate | None:  # fmt: skip
    """The best direct candidate of a link; None when its error is hopelessly above `worth` or there
    is no time for one."""
    begin = time.monotonic()
    if not budget.allows(f"fits to the rows under link {link}", _least_work(samples)):
        return None
    outputs = samples.outputs(link)
    rng = np.random.default_rng([seed, 11])
    count = len(samples.x)
    some = (
        np.sort(rng.permutation(count)[:SEARCH_ROWS]) if count > SEARCH_ROWS else np.arange(count)
    )
    target = linear_targets(outputs, samples.y)
    centre, spread = target.mean(axis=0), target.std(axis=0)
    target -= centre
    target /= spread
    part, until = samples, deadline
    if len(some) < count:
        part, until = samples.take(some).over(samples), _later(SEARCH_SHARE, deadline)
    found = direct_candidates(
        part,
        target[some],
        rng,
        max_parameters=max_parameters,
        worth=worth,
        deadline=until,
        watch=watch,
    )
    best = found[0]
    if best.error > HOPELESS * worth:
        return None

    def unscaled(predicted: Floats) -> Floats:
        return values(outputs, centre + spread * predicted)

    def on_rows(whole: Samples, until: float) -> Separable:
        again = (linear_targets(outputs, whole.y) - centre) / spread
        return _refit(
            replace(best, solution=replace(best.solution, f=f)),
            whole,
            again,
            None,
            len(some),
            until,
            afresh=False,
        )

    try:
        f, rows, predicted, finer = _judged(
            best, samples, target, folds, len(some), max(deadline, budget.until(JUDGING)), seed
        )
        by_fold = True
    except OutOfTime:
        budget.leave_out("refits without each fold (errors are of rows left out one at a time)")
        by_fold = False
        f, rows, predicted, finer = (
            best.solution.f,
            some,
            target[some] - best.solution.left_out,
            None,
        )
    return Candidate(
        best.name, "direct", f, outputs, centre, spread, rows, samples.y[rows], unscaled(predicted), time.monotonic() - begin,
        {"by_fold": by_fold, "tried": [(c.name, c.solution.f.parameters, c.error) for c in found]},
        None if finer is None else unscaled(finer),
        on_rows if count < SPLIT_ROWS else None,
    )  # fmt: skip


def simple(
    samples: Samples, link: str, seed: int, max_parameters: int, enough: float, deadline: float
) -> Callable[[Floats], Floats] | None:
    """Answers y [n, K] to x [n, D] of the simplest direct candidate whose leave-one-out error is at
    most `enough`, or of the best of a few; None where there is no time for one."""
    if late(deadline, _least_work(samples) / RATE):
        return None
    outputs = samples.outputs(link)
    target = linear_targets(outputs, samples.y)
    centre, spread = target.mean(axis=0), target.std(axis=0)
    found = simple_candidate(
        samples,
        (target - centre) / spread,
        np.random.default_rng([seed, 11]),
        max_parameters=max_parameters,
        enough=enough,
        deadline=deadline,
    )
    f = found.solution.f
    return lambda x: values(outputs, centre + spread * f.predict(x))


def _least_work(samples: Samples) -> float:
    """Multiply-adds of a few steps of the smallest candidate."""
    axes, outputs = samples.x.shape[1], samples.y.shape[1]
    weights = axes * outputs if outputs > 1 else 0
    return (
        20.0
        * min(len(samples.x), SEARCH_ROWS)
        * outputs
        * float(5 * axes + samples.n_levels.sum() + weights) ** 2
    )


def _judged(
    best: Direct,
    samples: Samples,
    target: Floats,
    folds: Ints,
    searched: int,
    deadline: float,
    seed: int,
) -> tuple[Separable, Ints, Floats, Floats | None]:
    """The candidate on all rows; rows and their predictions without their fold; the same with
    INTERVAL_FOLDS folds, or None.

    Where the solution fits a few clean rows by fewer numbers, refits would either remember what
    they saw or end on the way to where it is: there the predictions come from its linearisation,
    which can as well leave out fewer rows at a time.
    """
    count = len(samples.x)
    determined = best.solution.dof <= MEMORISED * samples.y.size
    if (
        searched == count
        and _few(best, count)
        and best.error < SMOOTH
        and determined
        and _quick(best, samples, folds, deadline)
    ):
        rows = Rows(best.solution.f.bases, samples.x, target)
        few, fewer = (
            target - left_out_by_fold(best.solution, rows, k)
            for k in (folds, fold_of_rows(samples.x, INTERVAL_FOLDS, seed))
        )
        return best.solution.f, np.arange(count), few, fewer
    large = count >= SPLIT_ROWS
    f = best.solution.f
    check(deadline)
    if searched < count:
        f = _refit(
            best, samples, target, None, searched, _later(0.5, deadline) if large else deadline
        )
    return f, *_held_out(best, samples, target, folds, searched, deadline), None


def _quick(best: Direct, samples: Samples, folds: Ints, deadline: float) -> bool:
    """Whether the linearisation is there before the deadline: eigenvectors of the leverages of
    every fold, and the inverse."""
    largest = samples.y.shape[1] * int(np.bincount(folds).max())
    work = (
        2.0 * len(np.unique(folds)) * largest**3 + 2.0 * samples.y.size * best.start.parameters**2
    )
    return not late(deadline, work / RATE)


def _later(share: float, deadline: float) -> float:
    """When this share of the time left will have passed."""
    now = time.monotonic()
    return now + share * (deadline - now)


def _few(best: Direct, count: int) -> bool:
    return count < FEW_ROWS * best.start.parameters


def _held_out(
    best: Direct, samples: Samples, target: Floats, folds: Ints, searched: int, deadline: float
) -> tuple[Ints, Floats]:
    """Rows and their predictions by refits that never saw them: all rows, or one fold of a large
    table."""
    chosen = np.unique(folds) if len(samples.x) < SPLIT_ROWS else np.unique(folds)[:1]
    rows, predicted = [], []
    for number, fold in enumerate(chosen):
        check(deadline)
        until = _later(1.0 / (len(chosen) - number), deadline)
        held = np.flatnonzero(folds == fold)
        weight = np.ones(len(samples.x))
        weight[held] = 0.0
        moved = _refit(best, samples, target, weight, searched, until)
        rows.append(held)
        predicted.append(moved.predict(samples.x[held]))
    return np.concatenate(rows), np.concatenate(predicted)


def _refit(
    best: Direct, samples: Samples, target: Floats, weight: Floats | None, searched: int, deadline: float, *, afresh: bool = True
) -> Separable:  # fmt: skip
    """The candidate's structure and penalties on other rows: `afresh` from its start where its
    solution could remember the rows, else from the solution, whose directions that only the
    left-out rows held are free to go.
    """
    count = len(samples.x)
    strengths = best.solution.strengths * min(1.0, searched / count)
    memorised = (
        afresh
        and _few(best, count)
        and (best.error < SMOOTH or best.solution.dof > MEMORISED * searched)
    )
    f = best.start if memorised else best.solution.f
    rows = Rows(f.bases, samples.x, target, weight)
    work = count * f.parameters**2
    if work <= LM_WORK and not late(deadline, work / JOINT_RATE):
        steps = (
            REFIT_STEPS if memorised else affordable(REFIT_STEPS, f.parameters, count, REFIT_WORK)
        )
        if memorised:
            f = first_steps(f, rows, deadline)
        return levenberg_marquardt(
            f,
            rows,
            strengths=strengths,
            adapt=False,
            steps=steps,
            tolerance=1e-4,
            deadline=deadline,
            leverages=False,
        ).f
    return sweep(
        f,
        rows,
        range(len(f.tables)),
        parts=components(f),
        strengths=strengths,
        sweeps=6,
        tolerance=1e-4,
        deadline=deadline,
    )
