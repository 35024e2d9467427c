"""Whether what a candidate misses is noise: then no other one can err much less.

Of residuals r with unit mean square, out of fold, a function that nobody has found would explain at
least

    mean(r_i r_j) over nearest neighbours i, j      (what changes slowly)
    mean(m_c^2) over the cells c of a grid          (what changes fast along an axis or two)

where m_c is the mean of a cell, less what chance explains.
Source: Evans and Jones, A proof of the Gamma test, Proc. R. Soc. A 458 (2002), for neighbours.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..candidates.candidate import Candidate
from ..candidates.direct.direct import NO_BETTER
from ..data.samples import Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_ROWS, STREAM = 50_000, 37
"""Rows looked at, and the seed of those drawn of more."""
LEAST_ROWS = 5_000
"""Fewer cannot tell so little from nothing."""
SURE = 2.0
"""Standard errors added to what is explained."""
NEAREST = 6
"""Neighbours of a row."""
CELLS, PAIR_CELLS = 96, 24
"""Along an axis alone, and along each of two."""
MOST_PAIRED = 32
"""Inputs up to which pairs are looked at."""


def only_noise(candidate: Candidate, samples: Samples) -> bool:
    """Whether a function of the inputs would lower the error of no output below NO_BETTER times
    the candidate's, as far as its rows tell. Of rows with groups, times or weights nothing is
    said."""
    count = len(candidate.rows)
    free = samples.group is None and samples.time is None and samples.weight is None
    if count < LEAST_ROWS or not free:
        return False
    some = np.arange(count)
    if count > MOST_ROWS:
        some = np.random.default_rng(STREAM).choice(count, MOST_ROWS, replace=False)
    residual = candidate.measured[some] - candidate.predicted[some]
    size = np.sqrt(np.mean(residual**2, axis=0))
    if not np.isfinite(size).all() or np.any(size == 0.0):
        return False
    x, least = samples.x[candidate.rows[some]], 1.0 - NO_BETTER**2
    return all(
        _near(x, r, samples.n_levels) < least and _along(x, r) < least for r in (residual / size).T
    )


def _near(x: Floats, r: Floats, n_levels: Ints) -> float:
    """At most so much is explained by what neighbours say; two that are each other's count
    twice."""
    from scipy.spatial import cKDTree

    spread = np.where((n_levels > 0) | (x.std(axis=0) == 0), 1.0, x.std(axis=0))
    z, own = x / spread, np.arange(len(x))[:, None]
    found = cKDTree(z).query(z, k=NEAREST + 1)[1]
    product = (r[:, None] * r[found])[found != own]
    return float(product.mean() + SURE * product.std() * np.sqrt(2.0 / len(product)))


def _along(x: Floats, r: Floats) -> float:
    """At most so much is explained by the means of cells along any axis or two."""
    fine = [_cells(column, CELLS) for column in x.T]
    most = max(_explained(c, r) for c in fine)
    if x.shape[1] > MOST_PAIRED:
        return most
    coarse = [_cells(column, PAIR_CELLS) for column in x.T]
    pairs = (_explained(PAIR_CELLS * a + b, r) for a, b in combinations(coarse, 2))
    return max(most, *pairs, most)


def _cells(column: Floats, count: int) -> Ints:
    """0 .. count - 1: even parts of the range."""
    low, high = float(column.min()), float(column.max())
    share = (column - low) / (high - low) if high > low else np.zeros(len(column))
    return np.minimum((count * share).astype(np.int64), count - 1)


def _explained(cell: Ints, r: Floats) -> float:
    """By the means of cells; chance explains one over n a cell, with two over n^2 of variance."""
    rows, total = np.bincount(cell), np.bincount(cell, r)
    seen = rows > 0
    by_cells = float(np.sum(total[seen] ** 2 / rows[seen]))
    return (by_cells - seen.sum() + SURE * np.sqrt(2.0 * seen.sum())) / len(r)
