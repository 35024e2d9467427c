"""A belief from rows alone: a Gaussian process with a length for each input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from sna_edge.errors import InputError

from ...teacher.gaussian_process import GaussianProcess, fit_gaussian_process
from ...teacher.kernel import features, kernels
from ..space import Space

Floats = NDArray[np.float64]
JITTER = 1e-8
"""Share of the variance on the diagonal of the kernel matrix: keeps its factor."""
LEAST_ROWS = 3
TIED_BELOW = 2.0
"""Rows for each input below which all inputs have one length."""


@dataclass(frozen=True, eq=False)
class ProcessBelief:
    """The posterior of a Gaussian process given its rows; `factor` [N, N]: lower Cholesky factor of
    their kernel matrix, noise and JITTER on the diagonal."""

    process: GaussianProcess
    factor: Floats

    @classmethod
    def of(cls, process: GaussianProcess) -> ProcessBelief:
        """The belief of a process, whose inverse is too rough for variances near its rows."""
        hyper = process.hyper
        parts = kernels(process.u, process.u, process.inputs.axis, hyper)
        k = sum(parts[1:], parts[0].copy())
        k[np.diag_indices(len(k))] += hyper.noise + JITTER * hyper.variance.sum()
        return cls(process, np.asarray(cholesky(k, lower=True)))

    def mean(self, a: Floats) -> Floats:
        """[A]."""
        return self.process.predict(a)

    def covariance(self, a: Floats, b: Floats) -> Floats:
        """k(a, b) - k(a, X) (K + noise)^-1 k(X, b), [A, B]."""
        u, v = self._features(a), self._features(b)
        left, right = self._whitened(u), self._whitened(v)
        return np.asarray(self.process.spread**2 * (self._kernel(u, v) - left.T @ right))

    def variance(self, a: Floats) -> Floats:
        """[A]."""
        gone = np.sum(self._whitened(self._features(a)) ** 2, axis=0)
        whole = self.process.hyper.variance.sum()
        return np.asarray(self.process.spread**2 * np.maximum(whole - gone, 0.0))

    def noise(self, a: Floats) -> Floats:
        """[A], the same everywhere."""
        return np.full(len(a), self.process.spread**2 * self.process.hyper.noise)

    def _features(self, a: Floats) -> Floats:
        return features(self.process.inputs, self.process.hyper, a)

    def _whitened(self, u: Floats) -> Floats:
        """L^-1 k(X, u), [N, A]."""
        k = self._kernel(self.process.u, u)
        return np.asarray(solve_triangular(self.factor, k, lower=True, overwrite_b=True))

    def _kernel(self, u: Floats, v: Floats) -> Floats:
        parts = kernels(u, v, self.process.inputs.axis, self.process.hyper)
        return np.asarray(sum(parts[1:], parts[0]))


def of_rows(space: Space, x: Floats, y: Floats, seed: int = 0) -> ProcessBelief:
    """The process whose lengths, variance and noise explain y [N] at settings x [N, D] best. Raises
    InputError for fewer than three rows and a y that does not vary."""
    if len(x) < LEAST_ROWS or np.ptp(y) == 0:
        raise InputError(
            f"{len(x)} measured rows with {len(np.unique(y))} different values say nothing yet;"
            " measure a starting plan first"
        )
    tied = len(x) < TIED_BELOW * len(space.factors)
    process = fit_gaussian_process(
        space.inputs, x, y, np.random.default_rng(seed), rows=np.arange(len(x)), tied=tied
    )
    return ProcessBelief.of(process)
