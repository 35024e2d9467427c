"""A train as a sum of products: the last axis split off first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...trains.cores import Cores, left_orthogonal

Floats = NDArray[np.float64]


def columns_of(cores: Cores, allowed: float) -> list[list[Floats]]:
    """Products of columns [n_d] whose sum is within about `allowed` of the train in the Frobenius
    norm."""
    if len(cores) == 1:
        return [[cores[0][0, :, 0]]]
    *rest, before, last = left_orthogonal(cores)
    u, s, vt = np.linalg.svd(last[:, :, 0], full_matrices=False)
    tail = np.sqrt(np.cumsum(s[::-1] ** 2))[::-1]
    rank = max(int(np.count_nonzero(tail > allowed)), 1)
    out = []
    for r in range(rank):
        inner = np.tensordot(before, u[:, r : r + 1] * s[r], 1)
        out += [[*c, vt[r]] for c in columns_of([*rest, inner], allowed / np.sqrt(rank))]
    return out


def size_of(cores: Cores) -> float:
    """The Frobenius norm of a train."""
    return float(np.linalg.norm(left_orthogonal(cores)[-1]))
