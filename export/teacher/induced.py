"""Gaussian process through a few of its rows: for tables whose noise hides what the others add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dsyrk

from ..fit.data.folds import Folds
from ..fit.engine.positive_definite import factorised
from ..threads import side_by_side
from .gaussian_process import GaussianProcess, condition
from .kernel import Hyper, KernelInputs, features, kernels
from .marginal_likelihood import JITTER

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MISSED = 0.02
"""Mean variance that the chosen rows leave unexplained, over the noise: what is left there would
have been learned to about this share only."""
AT_ONCE = 256
"""Rows chosen at a time."""
MOST = 0.4
"""Share of the rows above which the process of all of them costs less."""
ALL_ROWS = 3000
"""Rows up to which all are taken."""
ROWS_STREAM = 23
"""Seed of the rows chosen."""


@dataclass(frozen=True, eq=False)
class InducedProcess(GaussianProcess):
    """mean(x) = centre + spread * sum_m alpha_m k(x, x_m) over M chosen rows.

    u [M, F]; factor L [M, M] of K_MM; seen S [M, N] = L^-1 K_MN over the standard deviations of the
    noise, values v [N] likewise; deviation [N] these; square [M, M] = I + S S' (the lower half).
    `inverse` is empty. Cost N M^2, memory 8 N M bytes.

    Source: Quinonero-Candela and Rasmussen, JMLR 6 (2005), subset of regressors; rows drawn by what
    is unexplained: Chen, Epperly, Tropp and Webber, Comm. Pure Appl. Math. 78 (2025).
    """

    factor: Floats
    seen: Floats
    values: Floats
    deviation: Floats
    square: Floats

    def alpha_without(self, rows: Ints) -> Floats:
        """alpha [M] of the process that never saw `rows`."""
        return _alpha(self.factor, self._slopes(rows))

    def held_out(self, folds: Folds) -> Floats:
        """y - prediction without the rows of the same fold, [N]; NaN for rows of no fold."""
        out = np.full(len(self.values), np.nan)

        def leave(fold: int) -> tuple[Ints, Floats]:
            rows = np.flatnonzero(folds.unseen(fold))
            left = self.values[rows] - self._slopes(rows) @ self.seen[:, rows]
            return rows, left * self.deviation[rows]

        for rows, left in side_by_side(leave, folds.judged):
            out[rows] = left
        return self.spread * out

    def _slopes(self, rows: Ints) -> Floats:
        """Coefficients [M] of the rows of L^-1 K_M(x), from all rows but these."""
        there = self.seen[:, rows]
        square = dsyrk(-1.0, there.T, beta=1.0, c=self.square, trans=1, lower=1)
        unseen = there @ self.values[rows]
        return _solved(square, self.seen @ self.values - unseen)


def given_rows(
    inputs: KernelInputs,
    hyper: Hyper,
    x: Floats,
    v: Floats,
    centre: float,
    spread: float,
    searched: Floats,
    weight: Floats | None = None,
) -> GaussianProcess:
    """The process with known hyper-parameters given all rows; v = (y - centre) / spread. Of more
    than ALL_ROWS through few of them, where these say what all do."""
    known = centre, spread, searched
    found = None
    if len(x) > ALL_ROWS:
        found = induced(inputs, hyper, x, v, *known, weight)
    return found or condition(inputs, hyper, x, v, *known, weight)


def induced(
    inputs: KernelInputs,
    hyper: Hyper,
    x: Floats,
    v: Floats,
    centre: float,
    spread: float,
    searched: Floats,
    weight: Floats | None = None,
) -> InducedProcess | None:
    """The process with known hyper-parameters given all rows x [N, D] with v = (y - centre) /
    spread [N], through as few of them as leave MISSED of the noise unexplained; None where that
    takes too many."""
    u = features(inputs, hyper, x)
    noise = hyper.noise + JITTER * hyper.variance.sum()
    rng = np.random.default_rng(ROWS_STREAM)
    found = _chosen(u, inputs, hyper, MISSED * noise, rng)
    if found is None:
        return None
    rows, factor, seen = found
    deviation = np.sqrt(np.full(len(v), noise) if weight is None else noise / weight)
    seen /= deviation
    values = v / deviation
    square = dsyrk(1.0, seen.T, trans=1, lower=1)
    square[np.diag_indices(len(rows))] += 1.0
    alpha = _alpha(factor, _solved(square, seen @ values))
    nothing = np.empty((0, 0))
    return InducedProcess(
        inputs, hyper, u[rows], alpha, nothing, centre, spread, searched,
        factor, seen, values, deviation, square,
    )  # fmt: skip


def _chosen(
    u: Floats, inputs: KernelInputs, hyper: Hyper, missed: float, rng: np.random.Generator
) -> tuple[Ints, Floats, Floats] | None:
    """Rows [M], the factor L [M, M] of their kernel matrix, and L^-1 K [M, N]: rows are drawn in
    proportion to what the earlier ones leave unexplained, until that is `missed` on average."""
    count, total = len(u), float(hyper.variance.sum())
    most = int(MOST * count)
    rows, factor = np.empty(0, dtype=np.int64), np.zeros((most, most))
    seen = np.empty((most, count))
    unexplained = np.full(count, total)
    while unexplained.mean() > missed:
        m = len(rows)
        size = min(AT_ONCE, int(np.count_nonzero(unexplained)), most - m)
        if size < 1:
            return None
        new = rng.choice(count, size, replace=False, p=unexplained / unexplained.sum())
        products = kernels(u[new], u, inputs.axis, hyper)
        k = sum(products[1:], products[0])
        k -= seen[:m, new].T @ seen[:m]
        block = k[:, new]
        block[np.diag_indices(size)] += JITTER * total
        lower = np.tril(factorised(block))
        factor[m : m + size, :m] = seen[:m, new].T
        factor[m : m + size, m : m + size] = lower
        seen[m : m + size] = solve_triangular(lower, k, lower=True, check_finite=False)
        unexplained = np.maximum(unexplained - np.sum(seen[m : m + size] ** 2, axis=0), 0.0)
        rows = np.r_[rows, new]
    m = len(rows)
    return rows, factor[:m, :m].copy(), seen[:m].copy()


def _solved(square: Floats, g: Floats) -> Floats:
    """A^-1 g of the lower half of A [M, M]."""
    lower = factorised(square)
    half = solve_triangular(lower, g, lower=True, check_finite=False)
    return np.asarray(solve_triangular(lower, half, lower=True, trans=1, check_finite=False))


def _alpha(factor: Floats, slopes: Floats) -> Floats:
    """Weights [M] of the chosen rows from those of L^-1 K_M(x)."""
    return np.asarray(solve_triangular(factor, slopes, lower=True, trans=1, check_finite=False))
