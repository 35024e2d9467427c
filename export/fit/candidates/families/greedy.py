"""Orthogonal least squares: terms are taken one by one, each time the one that lowers the error
most, from the Gram matrix alone.

    w_k = (G[s] - sum_{j<k} W[j, s] w_j) / sqrt(g_s),   g -= w_k^2,   c -= z_k w_k

g are the squared norms of what the terms taken leave of every other, c its products with the
residual; the next term has the largest c^2 / g. Source: Chen, Billings and Luo, Int. J. Control 50
(1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DEPENDENT = 1e-9
"""Share of its squared norm below which a term depends on those taken."""
ROWS_AT_ONCE = 3072
"""Rows whose left-out errors are taken at a time."""
ROUNDING = 1e-15
"""Share of the squared target below which what is left is rounding."""


@dataclass(frozen=True, eq=False)
class Path:
    """Terms in the order taken [k]; triangle [k, k], A[:, taken] = Q triangle; z [k] = Q^T y."""

    taken: Ints
    triangle: Floats
    z: Floats

    def along(self, a: Floats) -> Floats:
        """The orthogonal functions [N, k] on rows whose taken terms are a [N, k]."""
        return np.asarray(solve_triangular(self.triangle, a.T, trans="T", check_finite=False).T)

    def coefficients(self, count: int) -> Floats:
        """[count] of the first terms."""
        r, z = self.triangle[:count, :count], self.z[:count]
        return np.asarray(solve_triangular(r, z, check_finite=False))


def forward(gram: Floats, product: Floats, square: float, most: int, given: Ints) -> Path:
    """The path of the terms `given`, then of others, at most `most` in all; gram [P, P] = A^T A,
    product [P] = A^T y, square = y^T y."""
    count = len(gram)
    w = np.empty((min(max(most, len(given)), count), count))
    g, c = np.diag(gram).copy(), product.copy()
    least = DEPENDENT * g
    free = g > 0
    taken: list[int] = []
    z: list[float] = []
    explained = 0.0
    for k in range(len(w)):
        if k < len(given):
            s = int(given[k])
            if g[s] <= least[s]:
                continue
        else:
            open_ = free & (g > least)
            if not open_.any() or square - explained <= ROUNDING * square:
                break
            s = int(np.argmax(np.where(open_, c * c / np.where(open_, g, 1.0), -1.0)))
        at = len(taken)
        root = np.sqrt(g[s])
        w[at] = (gram[s] - w[:at, s] @ w[:at]) / root
        z.append(float(c[s] / root))
        explained += z[-1] * z[-1]
        g -= w[at] ** 2
        c -= z[-1] * w[at]
        free[s] = False
        taken.append(s)
    chosen = np.array(taken, dtype=np.int64)
    triangle = np.triu(w[: len(chosen)][:, chosen])
    return Path(chosen, triangle, np.array(z))


def left_out_errors(path: Path, a: Floats, y: Floats) -> Floats:
    """Mean squared error of rows left out one at a time after every term of a path, times N / (N -
    k - 1) for having been chosen; a [N, P], y [N]."""
    n, total = len(y), np.zeros(len(path.z))
    for start in range(0, n, ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        q = path.along(a[part][:, path.taken])
        residual = y[part, None] - np.cumsum(q * path.z, axis=1)
        kept = np.maximum(1.0 - np.cumsum(q**2, axis=1), 1e-3)
        total += np.sum((residual / kept) ** 2, axis=0)
    chosen = np.maximum(n - np.arange(1, len(path.z) + 1) - 1.0, 1.0)
    return np.asarray(total / n * n / chosen)
