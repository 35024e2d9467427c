"""Functions of one input that are orthogonal over the rows: polynomials of its domain, or contrasts
of its levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from sna_edge.core.basis import SpanBasis, bspline, levels
from sna_edge.core.basis.span import MAX_DEGREE

from ...data.samples import Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SOME_ROWS = 20_000
"""Rows (evenly spaced) over which they are orthogonal."""


@dataclass(frozen=True, eq=False)
class AxisFunctions:
    """1, p_1, p_2, ..: p_j of degree j on the interval, or for `n_levels` a contrast each (of
    degree 1); matrix [m, m] from Legendre polynomials or indicators to them."""

    lower: float
    upper: float
    n_levels: int
    matrix: Floats

    @classmethod
    def of(cls, samples: Samples, d: int) -> AxisFunctions:
        """Of unit mean square over the rows; as many as the distinct values tell apart."""
        some = samples.x[:: max(1, len(samples.x) // SOME_ROWS), d]
        n_levels = int(samples.n_levels[d])
        lower, upper = samples.bounds(d)
        distinct = len(np.unique(some))
        raw = cls(lower, upper, n_levels, np.eye(n_levels or min(MAX_DEGREE, distinct - 1) + 1))
        values = raw.values(some)
        if n_levels:
            return cls(lower, upper, n_levels, _contrasts(values.mean(axis=0)))
        triangle = np.linalg.qr(values, mode="r") / np.sqrt(len(some))
        triangle *= np.sign(np.diag(triangle))[:, None]
        return cls(lower, upper, 0, solve_triangular(triangle, np.eye(len(triangle))))

    @property
    def degrees(self) -> Ints:
        """Of the functions, [m]."""
        count = np.arange(self.matrix.shape[1])
        return np.minimum(count, 1) if self.n_levels else count

    def values(self, x: Floats) -> Floats:
        """[N, m] at x [N]."""
        if self.n_levels:
            return np.asarray((x[:, None] == np.arange(self.n_levels)) @ self.matrix)
        t = (2.0 * x - self.lower - self.upper) / (self.upper - self.lower)
        return np.asarray(legendre.legvander(t, len(self.matrix) - 1) @ self.matrix)

    def basis(self, top: int) -> SpanBasis:
        """That holds the functions up to number `top`: one span, or the levels."""
        if self.n_levels:
            return levels(self.n_levels)
        return bspline([self.lower, self.upper], max(top, 1))

    def table(self, basis: SpanBasis) -> Floats:
        """Rows [n_rows, m] of the functions that the basis holds."""
        if self.n_levels:
            return self.matrix
        nodes = 0.5 - 0.5 * np.cos(np.pi * (np.arange(basis.n_rows) + 0.5) / basis.n_rows)
        x = self.lower + nodes * (self.upper - self.lower)
        held = self.values(x)[:, : basis.n_rows]
        return np.asarray(np.linalg.solve(basis.design(x), held))


def _contrasts(share: Floats) -> Floats:
    """1, then every level that rows have but the most frequent against the rest, of unit
    spread."""
    used = np.flatnonzero((share > 0) & (np.arange(len(share)) != np.argmax(share)))
    matrix = (np.eye(len(share)) - share)[:, used] / np.sqrt(share[used] * (1.0 - share[used]))
    return np.c_[np.ones(len(share)), matrix]
