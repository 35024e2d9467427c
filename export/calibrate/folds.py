"""Folds of rows to calibrate on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FOLDS = 5
AT_ONCE = 1 << 18
FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so that no bit is lost."""


def folds_of(x: Floats, seed: int = 0) -> Ints:
    """One of FOLDS for every row of x [n, D], equal rows in one."""
    _, group = np.unique(x, axis=0, return_inverse=True)
    group = group.reshape(-1)
    order = np.random.default_rng(seed).permutation(int(group.max()) + 1)
    return np.asarray(order[group] % FOLDS)


def different_at_least(x: Floats) -> int:
    """How many rows of x [n, D] are different, or a few less: those with different hashes, of which
    a row needs 8 bytes where sorting the rows themselves would need them twice.

    >>> different_at_least(np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]]))
    2
    """
    hashed = np.concatenate([_hashed(x[i : i + AT_ONCE]) for i in range(0, len(x), AT_ONCE)])
    hashed.sort()
    return 1 + int(np.count_nonzero(hashed[1:] != hashed[:-1]))


def _hashed(x: Floats) -> NDArray[np.uint64]:
    out = np.zeros(len(x), dtype=np.uint64)
    for column in np.ascontiguousarray(x.T + 0.0).view(np.uint64):
        out = (out ^ column) * FACTOR
        out ^= out >> np.uint64(32)
    return out
