"""Rows that a robust fit leaves out before it begins: those far from what cheap Gaussian processes
say of them, which are themselves fitted without such rows.

A least-squares fit gives a gross error a weight that grows with it; left out it has none. Rows are
judged anew in every round, those left out as well, until no row changes sides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...teacher.gaussian_process import GaussianProcess, fit_gaussian_process
from ...teacher.kernel import KernelInputs
from ...teacher.stack import crowded
from ...threads import one_thread
from ..data.folds import Folds, fold_of_rows
from ..data.samples import Samples
from .suspects import Deviations, alone, deviations

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
ROUNDS, AT_ONCE, MOST_PARTS, FOLDS = 5, 1200, 8, 10
"""Rounds at most; rows of a process; processes (of more rows the others are answered by one); folds
of left-out predictions."""
HYPER_ROWS, ITERATIONS = 300, 40
BACK = 3.0
"""Standard deviations below which a row that was left out comes back. Near the cut it depends on
the space of the errors (values, or their logarithms) what is far."""
MOST_LEFT_OUT = 0.15
"""Of the rows: more are no gross errors."""


def gross(samples: Samples, seed: int) -> Bools:
    """[N]: rows left out at the start."""
    out = np.zeros(len(samples.x), dtype=bool)
    seen: list[bytes] = []
    with one_thread():
        for _ in range(ROUNDS):
            found = _judged(samples, ~out, seed)
            now = far_alone(samples, found, out)
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


def _judged(samples: Samples, kept: Bools, seed: int) -> Deviations:
    """Every row against processes that did not see it."""
    part = fold_of_rows(samples.x, max(1, -(-len(samples.x) // AT_ONCE)), seed)
    expected = np.empty_like(samples.y)
    for number in np.unique(part)[:MOST_PARTS]:
        last = number == MOST_PARTS - 1
        here = part >= number if last else part == number
        taken = np.flatnonzero((part == number) & kept)
        for k in range(samples.y.shape[1]):
            expected[here, k] = _expected(samples, k, taken, np.flatnonzero(here), seed)
    return deviations(samples.outputs("identity"), samples.y, expected, kept)


def _expected(
    samples: Samples, k: int, taken: NDArray[np.int64], here: NDArray[np.int64], seed: int
) -> Floats:
    """Output k of the rows `here` by a process of the rows `taken`, of these without their fold."""
    x, y = samples.x[taken], samples.y[taken, k]
    process = _process(samples, x, y, seed)
    folds = Folds(fold_of_rows(x, FOLDS, seed + 1))
    out = np.empty(len(samples.x))
    out[here] = process.predict(samples.x[here])
    out[taken] = y - process.held_out(folds)
    return np.asarray(out[here])


def _process(samples: Samples, x: Floats, y: Floats, seed: int) -> GaussianProcess:
    bounds = np.array([samples.bounds(d) for d in range(samples.x.shape[1])])
    return fit_gaussian_process(
        KernelInputs.of(samples.n_levels, bounds[:, 0], bounds[:, 1]),
        x,
        y,
        np.random.default_rng(seed),
        rows=np.arange(len(x)),
        tied=crowded(samples),
        hyper_rows=HYPER_ROWS,
        iterations=ITERATIONS,
    )
