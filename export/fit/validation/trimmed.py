"""Rows that a robust fit leaves out before it begins: those far from what cheap Gaussian processes
say of them, which are themselves fitted without such rows.

A least-squares fit gives a gross error a weight that grows with it; left out it has none. Rows are
judged anew in every round, those left out as well, until no row changes sides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget

from ...teacher.gaussian_process import GaussianProcess, condition, fit_gaussian_process
from ...teacher.kernel import KernelInputs
from ...teacher.stack import crowded
from ...threads import one_thread
from ..data.folds import Folds, fold_of_rows
from ..data.samples import Samples
from .suspects import Deviations, alone, deviations

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
ROUNDS, LEARNED, AT_ONCE, MOST_PARTS, FOLDS = 5, 2, 1200, 8, 10
"""Rounds at most, and those in which hyper-parameters are learned anew; rows of a process;
processes (of more rows the others are answered by one); folds of left-out predictions."""
HYPER_ROWS, ITERATIONS = 300, 40
BACK = 3.0
"""Standard deviations below which a row that was left out comes back. Near the cut it depends on
the space of the errors (values, or their logarithms) what is far."""
MOST_LEFT_OUT = 0.15
"""Of the rows: more are no gross errors."""


def gross(samples: Samples, seed: int, budget: TimeBudget) -> Bools:
    """[N]: rows left out at the start, by as many rounds as there is time for."""
    out = np.zeros(len(samples.x), dtype=bool)
    seen: list[bytes] = []
    processes: list[GaussianProcess] = []
    with one_thread():
        for number in range(ROUNDS):
            if number and budget.over():
                break
            part = fold_of_rows(samples.x, max(1, -(-len(samples.x) // AT_ONCE)), seed)
            if number < LEARNED:
                first = np.flatnonzero((part == 0) & ~out)
                processes = [
                    _process(samples, first, k, seed, budget) for k in range(len(samples.names))
                ]
            now = far_alone(samples, _judged(samples, ~out, part, processes, seed), out)
            if now.tobytes() in seen or np.array_equal(now, out):
                break
            seen.append(now.tobytes())
            out = now
    return out


def far_alone(samples: Samples, found: Deviations, out: Bools) -> Bools:
    """[N]: suspect rows, and those already `out` that are not back, whose neighbours do not deviate
    as they do; the farthest MOST_LEFT_OUT."""
    rows = np.flatnonzero(found.far | (out & found.beyond(BACK)))
    rows = rows[alone(samples, found, rows)]
    size = np.nan_to_num(np.abs(found.z[rows]), nan=0.0, posinf=np.inf).max(axis=1, initial=0.0)
    most = int(MOST_LEFT_OUT * len(samples.x))
    after = np.zeros(len(samples.x), dtype=bool)
    after[rows[np.argsort(-size, kind="stable")[:most]]] = True
    return after


def _judged(
    samples: Samples, kept: Bools, part: Ints, processes: list[GaussianProcess], seed: int
) -> Deviations:
    """Every row against processes of these kinds that did not see it."""
    expected = np.empty_like(samples.y)
    for number in np.unique(part)[:MOST_PARTS]:
        last = number == MOST_PARTS - 1
        here = np.flatnonzero(part >= number if last else part == number)
        taken = np.flatnonzero((part == number) & kept)
        folds = Folds(fold_of_rows(samples.x[taken], FOLDS, seed + 1))
        for k, like in enumerate(processes):
            y = samples.y[taken, k]
            process = condition(
                like.inputs,
                like.hyper,
                samples.x[taken],
                (y - like.centre) / like.spread,
                like.centre,
                like.spread,
                like.searched,
            )
            expected[here, k] = process.predict(samples.x[here])
            expected[taken, k] = y - process.held_out(folds)
    return deviations(samples.outputs("identity"), samples.y, expected, kept)


def _process(
    samples: Samples, rows: Ints, k: int, seed: int, budget: TimeBudget
) -> GaussianProcess:
    bounds = np.array([samples.bounds(d) for d in range(samples.x.shape[1])])
    return fit_gaussian_process(
        KernelInputs.of(samples.n_levels, bounds[:, 0], bounds[:, 1]),
        samples.x[rows],
        samples.y[rows, k],
        np.random.default_rng(seed),
        rows=np.arange(len(rows)),
        tied=crowded(samples),
        hyper_rows=HYPER_ROWS,
        iterations=ITERATIONS,
        budget=budget,
    )
