"""The candidate fitted to the rows themselves, with K-fold or held-out predictions."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .als import sweep
from .candidate import Candidate
from .direct import SMOOTH, Direct, affordable, direct_candidates, first_steps
from .gauss_newton import levenberg_marquardt
from .penalty import components
from .rows import Rows
from .samples import Samples, linear_targets, values
from .separable import Separable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SEARCH_ROWS = 12_000
"""Rows on which order, rank and resolution are searched; a larger table is then fitted on all its rows."""
HOPELESS = 1.3
"""A candidate whose leave-one-out error is this much above a teacher's is not judged: its pupil will be better."""
LM_WORK = 1e11
"""Rows x parameters^2 up to which all axes are solved at once on the full table; beyond, axis by axis."""
MEMORISED = 0.6
"""Degrees of freedom per row above which a refit without some rows starts afresh: it could keep what it saw of them.
So it does where the rows are nearly free of noise, and the steps from an exact solution would end before they left it."""
FEW_ROWS = 20
"""Rows per parameter above which no refit remembers single rows."""
REFIT_STEPS, REFIT_WORK = 40, 1.5e11
"""Steps of a refit, and rows x parameters^2 of all of them where it starts from the solution."""
SPLIT_ROWS = 50_000
"""From here on one fold is held out instead of K."""


def straight(
    samples: Samples, link: str, folds: Ints, seed: int, max_parameters: int, deadline: float,
    worth: float = np.inf, watch: Callable[[str], None] | None = None,
) -> Candidate | None:  # fmt: skip
    """The best direct candidate of a link; None when its error is hopelessly above `worth`."""
    begin = time.monotonic()
    outputs = samples.outputs(link)
    rng = np.random.default_rng([seed, 11])
    count = len(samples.x)
    some = np.sort(rng.permutation(count)[:SEARCH_ROWS]) if count > SEARCH_ROWS else np.arange(count)
    target = linear_targets(outputs, samples.y)
    centre, spread = target.mean(axis=0), target.std(axis=0)
    target -= centre
    target /= spread
    part = samples if len(some) == len(samples.x) else samples.take(some).over(samples)
    found = direct_candidates(part, target[some], rng, max_parameters=max_parameters, worth=worth, deadline=deadline, watch=watch)
    best = found[0]
    if best.error > HOPELESS * worth:
        return None
    f = best.solution.f if len(some) == len(samples.x) else _refit(best, samples, target, None, len(some), deadline)
    rows, predicted = _held_out(best, samples, target, folds, len(some))
    return Candidate(
        best.name, "direct", f, outputs, centre, spread, rows, samples.y[rows], values(outputs, centre + spread * predicted),
        time.monotonic() - begin, {"tried": [(c.name, c.solution.f.parameters, c.error) for c in found]},
    )  # fmt: skip


def _held_out(best: Direct, samples: Samples, target: Floats, folds: Ints, searched: int) -> tuple[Ints, Floats]:
    """Rows and their predictions by refits that never saw them: all rows, or one fold of a large table."""
    chosen = np.unique(folds) if len(samples.x) < SPLIT_ROWS else np.unique(folds)[:1]
    rows, predicted = [], []
    for fold in chosen:
        held = np.flatnonzero(folds == fold)
        weight = np.ones(len(samples.x))
        weight[held] = 0.0
        moved = _refit(best, samples, target, weight, searched, np.inf)
        rows.append(held)
        predicted.append(moved.predict(samples.x[held]))
    return np.concatenate(rows), np.concatenate(predicted)


def _refit(best: Direct, samples: Samples, target: Floats, weight: Floats | None, searched: int, deadline: float) -> Separable:
    """The candidate's structure and penalties on other rows: from its start where its solution could remember the
    rows, else from the solution, whose directions that only the left-out rows held are free to go."""
    count = len(samples.x)
    strengths = best.solution.strengths * min(1.0, searched / count)
    few = count < FEW_ROWS * best.start.parameters
    memorised = few and (best.error < SMOOTH or best.solution.freedom > MEMORISED * searched)
    f = best.start if memorised else best.solution.f
    rows = Rows(f.bases, samples.x, target, weight)
    if count * f.parameters**2 <= LM_WORK:
        steps = REFIT_STEPS if memorised else affordable(REFIT_STEPS, f.parameters, count, REFIT_WORK)
        if memorised:
            f = first_steps(f, rows, deadline)
        return levenberg_marquardt(
            f, rows, strengths=strengths, adapt=False, steps=steps, tolerance=1e-4, deadline=deadline, leverages=False
        ).f
    return sweep(f, rows, range(len(f.tables)), parts=components(f), strengths=strengths, sweeps=6, tolerance=1e-4, deadline=deadline)
