"""Rows held out before anything is chosen, and points of the domain where no row has judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data.folds import fold_of_rows
from ..data.samples import Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_GROUPS, HELD_SHARE, MOST_HELD = 60, 0.1, 400
"""Different rows from which some are held out; the share; and the most beyond a hundredth of
all."""
LEAST_HELD, LEAST_SHARE = 24, 0.2
"""So many are held out at least, in small tables this share."""
HELD_STREAM = 104729
"""Added to the seed, so that held-out rows are no fold."""
BOX_POINTS = 2000
"""Spread over the domain, where winner and baseline are compared."""


def split(samples: Samples, seed: int) -> tuple[Ints, Ints]:
    """(rows to choose on, rows held out): none for small tables. Rows at the ends of an input, and
    rare levels, are not held out."""
    count = len(samples.x)
    everything = np.arange(count)
    if count < LEAST_GROUPS or (
        count < 10 * LEAST_GROUPS and len(np.unique(samples.x, axis=0)) < LEAST_GROUPS
    ):
        return everything, everything[:0]
    wanted = max(
        min(HELD_SHARE * count, MOST_HELD + 0.01 * count), min(LEAST_HELD, LEAST_SHARE * count)
    )
    out = fold_of_rows(samples.x, round(count / wanted), seed + HELD_STREAM) == 0
    out &= ~_indispensable(samples, out)
    part = samples.y[~out]
    if out.sum() < wanted / 2 or np.any(part.min(axis=0) == part.max(axis=0)):
        return everything, everything[:0]
    return np.flatnonzero(~out), np.flatnonzero(out)


def _indispensable(samples: Samples, out: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows at an end of a continuous input, or of a level that has no row outside `out`."""
    needed = np.zeros(len(out), dtype=bool)
    for d, axis in enumerate(samples.axes):
        x = samples.x[:, d]
        if axis.levels:
            seen = np.bincount(x[~out].astype(np.int64), minlength=len(axis.levels))
            needed |= seen[x.astype(np.int64)] == 0
        else:
            needed |= (x == x.min()) | (x == x.max())
    return needed


def box(samples: Samples, seed: int) -> Floats:
    """Points [BOX_POINTS, D] spread over the domain."""
    rng, columns = np.random.default_rng([seed, HELD_STREAM]), []
    for d, axis in enumerate(samples.axes):
        even = rng.random(BOX_POINTS)
        low, high = samples.bounds(d)
        columns.append(
            np.floor(even * len(axis.levels)) if axis.levels else low + even * (high - low)
        )
    return np.stack(columns, axis=1)
