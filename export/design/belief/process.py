"""A belief from rows alone: a Gaussian process with a length for each input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from sna_edge.errors import InputError

from ...teacher.kernel import Hyper, KernelInputs, features, kernels
from ...teacher.marginal_likelihood import MarginalLikelihood
from ..space import Space

Floats = NDArray[np.float64]
JITTER = 1e-8
"""Share of the variance on the diagonal of the kernel matrix: keeps its factor."""
LEAST_ROWS = 3
LENGTH, LENGTH_SPREAD, APART = 0.5, 1.0, 0.5
"""Prior of lengths, in ranges: its middle for one input (times the root of their number), and the
standard deviations of the logarithms of the common one and of each beside it."""
ROUGH_LENGTH = 2.0
VARIANCE_SPREAD = 1.5
NOISE, NOISE_SPREAD = 1e-5, 2.5
"""Prior of the noise variance, of the variance of y; the latter of the logarithm."""
WARP = 0.01
ITERATIONS = 60
MOST_SEARCHED = 300
"""Rows on which lengths, variance and noise are found; all rows count for the belief."""


@dataclass(frozen=True, eq=False)
class ProcessBelief:
    """The posterior of a Gaussian process given its rows. u [N, F]: their warped columns; `factor`
    [N, N]: lower Cholesky factor of their kernel matrix, noise and JITTER on the diagonal; `seen`
    [N]: L^-1 (y - centre) / spread."""

    inputs: KernelInputs
    hyper: Hyper
    u: Floats
    factor: Floats
    seen: Floats
    centre: float
    spread: float

    @classmethod
    def of(
        cls, inputs: KernelInputs, hyper: Hyper, x: Floats, y: Floats, centre: float, spread: float
    ) -> ProcessBelief:
        """Of known hyper-parameters, in units of spread, given y [N] at x [N, D]."""
        u = features(inputs, hyper, x)
        parts = kernels(u, u, inputs.axis, hyper)
        k = sum(parts[1:], parts[0])
        k[np.diag_indices(len(k))] += hyper.noise + JITTER * hyper.variance.sum()
        factor = np.asarray(cholesky(k, lower=True))
        seen = np.asarray(solve_triangular(factor, (y - centre) / spread, lower=True))
        return cls(inputs, hyper, u, factor, seen, centre, spread)

    def mean(self, a: Floats) -> Floats:
        """[A]."""
        whitened = self._whitened(self._features(a))
        return np.asarray(self.centre + self.spread * (self.seen @ whitened))

    def covariance(self, a: Floats, b: Floats) -> Floats:
        """k(a, b) - k(a, X) (K + noise)^-1 k(X, b), [A, B]."""
        u, v = self._features(a), self._features(b)
        left, right = self._whitened(u), self._whitened(v)
        return np.asarray(self.spread**2 * (self._kernel(u, v) - left.T @ right))

    def variance(self, a: Floats) -> Floats:
        """[A]."""
        gone = np.sum(self._whitened(self._features(a)) ** 2, axis=0)
        whole = self.hyper.variance.sum()
        return np.asarray(self.spread**2 * np.maximum(whole - gone, 0.0))

    def noise(self, a: Floats) -> Floats:
        """[A], the same everywhere."""
        return np.full(len(a), self.spread**2 * self.hyper.noise)

    def _features(self, a: Floats) -> Floats:
        return features(self.inputs, self.hyper, a)

    def _whitened(self, u: Floats) -> Floats:
        """L^-1 k(X, u), [N, A]."""
        k = self._kernel(self.u, u)
        return np.asarray(solve_triangular(self.factor, k, lower=True, overwrite_b=True))

    def _kernel(self, u: Floats, v: Floats) -> Floats:
        parts = kernels(u, v, self.inputs.axis, self.hyper)
        return np.asarray(sum(parts[1:], parts[0]))


class FewRows(MarginalLikelihood):
    """The evidence with priors for ten to a hundred rows: one length for all inputs (`tied`), or
    lengths that stay near a common one, and next to no warp; less noise than the evidence of many
    rows begins with, since designed rows are far apart and noise would explain everything.

    `common` [3]: logarithms of length, variance and noise of the tied fit. `rough`: a kernel of
    functions with kinks, tied.
    """

    def __init__(
        self,
        z: Floats,
        y: Floats,
        inputs: KernelInputs,
        common: Floats | None = None,
        rough: bool = False,
    ) -> None:
        super().__init__(z, y, inputs, 1, common is None, rough)
        d = inputs.n_axes
        if common is None:
            length = (ROUGH_LENGTH if rough else LENGTH) * d**0.5
            self.start = np.array([np.log(length), 0.0, np.log(NOISE)])
            self.spread = np.array([LENGTH_SPREAD, VARIANCE_SPREAD, NOISE_SPREAD])
            return
        self.start = np.r_[np.full(d, common[0]), common[1:], np.full(d, WARP)]
        self.spread = np.r_[np.full(d, APART), VARIANCE_SPREAD, NOISE_SPREAD, np.full(d, WARP)]

    def found(self) -> Floats:
        """The logarithms of greatest evidence [T]."""
        options = {"maxiter": ITERATIONS}
        return np.asarray(
            minimize(self, self.start, jac=True, method="L-BFGS-B", options=options).x
        )


def of_rows(space: Space, x: Floats, y: Floats, rough: bool = False) -> ProcessBelief:
    """The process whose lengths, variance and noise explain y [N] at settings x [N, D] best;
    `rough`: or one of functions with kinks, where its evidence is greater. Raises InputError for
    fewer than three rows and a y that does not vary."""
    if len(x) < LEAST_ROWS or np.ptp(y) == 0:
        raise InputError(
            f"{len(x)} measured rows with {len(np.unique(y))} different values say nothing yet;"
            " measure a starting plan first"
        )
    centre, spread = float(y.mean()), float(y.std())
    inputs, v = space.inputs, (y - centre) / spread
    some = np.linspace(0, len(x) - 1, min(len(x), MOST_SEARCHED)).astype(int)
    z, v = inputs.columns(x[some]), v[some]
    goals = [FewRows(z, v, inputs, FewRows(z, v, inputs).found())]
    if rough:
        goals.append(FewRows(z, v, inputs, rough=True))
    found = [(goal, goal.found()) for goal in goals]
    best, at = min(found, key=lambda pair: pair[0](pair[1])[0])
    hyper = best.hyper(at)
    return ProcessBelief.of(inputs, hyper, x, y, centre, spread)
