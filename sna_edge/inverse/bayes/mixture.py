"""Mixtures of Student-t densities: the proposals of importance sampling."""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..query import native

Floats = NDArray[np.float64]

DOF = 6.0
"""Degrees of freedom: tails heavy enough to cover a normal posterior, light enough to waste
little."""
WIDEST = 0.6
"""Of the box: no component is wider."""
DEFENSIVE = 0.04
"""Share of samples uniform over the box."""


@dataclass(frozen=True)
class Mixture:
    """q(z) = DEFENSIVE + (1 - DEFENSIVE) sum_k share_k t(z; mean_k, root_k root_k^T) on the unit
    box of the movable unknowns.

    mean [K, d], root [K, d, d] (lower triangular), share [K], level [K, L]: fixed coordinates of
    categorical unknowns.
    """

    mean: Floats
    root: Floats
    share: Floats
    level: Floats

    @classmethod
    def around(cls, mean: Floats, covariance: Floats, share: Floats, level: Floats) -> Mixture:
        """Components at mean [K, d] with covariance [K, d, d], no wider than WIDEST; shares are
        normalized."""
        size, vectors = np.linalg.eigh(covariance)
        size = np.clip(size, 1e-18, WIDEST**2)
        return cls(
            mean,
            np.linalg.cholesky((vectors * size[:, None]) @ vectors.transpose(0, 2, 1)),
            share / share.sum(),
            level,
        )

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """z [count, d] (some outside the box) and levels [count, L]; components in proportion,
        stratified."""
        k = np.searchsorted(np.cumsum(self.share), (np.arange(count) + rng.random()) / count).clip(
            0, len(self.share) - 1
        )
        d = self.mean.shape[1]
        step = np.matmul(self.root[k], rng.standard_normal((count, d))[:, :, None])[:, :, 0]
        z = self.mean[k] + step * np.sqrt(DOF / rng.chisquare(DOF, count))[:, None]
        uniform = rng.random(count) < DEFENSIVE
        z[uniform] = rng.random((int(uniform.sum()), d))
        return z, self.level[k]

    def parts(self, z: Floats, level: Floats) -> tuple[Floats, Floats]:
        """Log of share_k t_k at z [n, K] and the squared distances [n, K] in units of the
        components."""
        d = self.mean.shape[1]
        back = np.linalg.inv(self.root)
        scaled = z @ back.reshape(-1, d).T - np.matmul(back, self.mean[:, :, None]).reshape(-1)
        distance = np.square(scaled).reshape(len(z), -1, d).sum(axis=2)
        width = np.log(np.diagonal(self.root, axis1=1, axis2=2)).sum(axis=1)
        with np.errstate(divide="ignore"):
            logs = (
                np.log(self.share)
                + self._constant
                - width
                - 0.5 * (DOF + d) * np.log1p(distance / DOF)
            )
        if level.shape[1]:
            logs = np.where(
                (np.abs(level[:, None] - self.level[None]) < 1e-9).all(axis=2), logs, -np.inf
            )
        return logs, distance

    def density(self, z: Floats, level: Floats) -> Floats:
        """q [n]."""
        library = native.library()
        if library is not None and not level.shape[1]:
            return self._density(z, library)
        logs, _ = self.parts(z, level)
        uniform = (np.isfinite(logs) * self.share).sum(axis=1) if level.shape[1] else 1.0
        return np.asarray((1.0 - DEFENSIVE) * np.exp(logs).sum(axis=1) + DEFENSIVE * uniform)

    def _density(self, z: Floats, library: Any) -> Floats:
        back = np.linalg.inv(self.root)
        scale = self.share * np.exp(
            self._constant - np.log(np.diagonal(self.root, axis1=1, axis2=2)).sum(axis=1)
        )
        out = np.empty(len(z))
        library.mixture(
            np.ascontiguousarray(z),
            np.ascontiguousarray(self.mean),
            np.ascontiguousarray(back),
            scale,
            out,
        )
        return np.asarray((1.0 - DEFENSIVE) * out + DEFENSIVE)

    @property
    def _constant(self) -> float:
        d = int(self.mean.shape[1])
        return lgamma((DOF + d) / 2) - lgamma(DOF / 2) - 0.5 * d * log(DOF * pi)

    def refitted(self, z: Floats, level: Floats, weight: Floats) -> Mixture:
        """One step of expectation maximisation on weighted samples (weights sum to 1).

        Source: Cappe, Douc, Guillin, Marin, Robert, Adaptive importance sampling in general mixture
        classes (2008).
        """
        logs, distance = self.parts(z, level)
        d = z.shape[1]
        top = logs.max(axis=1, keepdims=True)
        responsible = np.exp(logs - np.where(np.isfinite(top), top, 0.0))
        responsible *= (weight / np.maximum(responsible.sum(axis=1), 1e-300))[:, None]
        share = responsible.sum(axis=0)
        pull = responsible * (DOF + d) / (DOF + distance)
        mean, covariance = self.mean.copy(), self.root @ self.root.transpose(0, 2, 1)
        effective = share**2 / np.maximum(np.square(responsible).sum(axis=0), 1e-300)
        for k in np.flatnonzero(effective > 10 * d):
            mean[k] = pull[:, k] @ z / pull[:, k].sum()
            away = z - mean[k]
            covariance[k] = (away * pull[:, k : k + 1]).T @ away / share[k] + 1e-18 * np.eye(d)
        return Mixture.around(mean, covariance, np.maximum(share, 1e-3), self.level)
