"""Least squares around rounded tables: solve one axis or the weights with everything else fixed,
all in L2 of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .axis_space import AxisSpace
from .cp_factors import CPFactors, products

Floats = NDArray[np.float64]
PULL = 1e-9
"""Pull towards the table at hand, relative to each column's own curvature: keeps near-parallel
modes from growing."""

NO_CURVATURE = 1e-300
"""A mode that the loss sees less than this stays as it is: the square of its scale is no number."""


@dataclass(frozen=True, eq=False)
class CPLeastSquares:
    """min ||f - target||^2 = sum_k output[k]^2 mean over the domain (f_k - target_k)^2; output [K]
    = 1 / range of f_k."""

    target: CPFactors
    spaces: Sequence[AxisSpace]
    output: Floats

    def loss(self, f: CPFactors) -> float:
        """sum_k (output_k ||f_k - target_k||)^2; rounding leaves about 1e-16 kappa^2."""
        w, v = f.weights * self.output, self.target.weights * self.output
        own, cross = products(f, f, self.spaces), products(f, self.target, self.spaces)
        fixed = products(self.target, self.target, self.spaces)
        parts = ((w, own, w, 1.0), (w, cross, v, -2.0), (v, fixed, v, 1.0))
        return max(sum(c * float(np.einsum("rk,rs,sk->", a, g, b)) for a, g, b, c in parts), 0.0)

    def metric(self, f: CPFactors, d: int) -> Floats:
        """H [R, R]: the loss of an error E of table d is trace(H E' G_d E)."""
        w = f.weights * self.output
        return products(f, f, self.spaces, skip=d) * (w @ w.T)

    def solve_axis(self, f: CPFactors, d: int, metric: Floats) -> Floats:
        """Best columns [m, R_d] of the modes that use axis d, all else fixed.

        G_d C H = G_d (V X - C_rest H_rest): the Gram matrix cancels, an R x R system is left.
        """
        used, rest = f.uses[d], ~f.uses[d]
        w, v = f.weights * self.output, self.target.weights * self.output
        cross = products(f, self.target, self.spaces, skip=d) * (w @ v.T)
        right = (
            self.target.tables[d] @ cross[used].T
            - f.tables[d][:, rest] @ metric[np.ix_(rest, used)]
        )
        return _damped(metric[np.ix_(used, used)], right.T, f.tables[d][:, used].T).T

    def solve_weights(self, f: CPFactors) -> CPFactors:
        """Best weights and biases, all tables fixed."""
        right = products(f, self.target, self.spaces) @ self.target.weights
        return f.with_weights(_damped(products(f, f, self.spaces), right, f.weights))


def _damped(matrix: Floats, right: Floats, at: Floats) -> Floats:
    """argmin x' A x - 2 x' b + PULL (x - at)' diag(A) (x - at), in scaled unknowns."""
    diagonal = np.diag(matrix)
    scale = 1.0 / np.sqrt(np.where(diagonal > NO_CURVATURE, diagonal, 1.0))
    a = matrix * np.outer(scale, scale)
    residual = scale[:, None] * (right - matrix @ at)
    step = np.linalg.solve(a + PULL * np.eye(len(a)), residual)
    return np.asarray(at + scale[:, None] * step)
