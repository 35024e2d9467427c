"""What residuals r = (y(x) - y) / sigma cost: normal or Student-t noise, with an error of the model
that numbers share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....model import Model
from .model_error import MOST_GROUPS, MOST_ROBUST, Shared, Whitening
from .observations import Observations

Floats = NDArray[np.float64]
Local = tuple[Floats, Floats, Floats]

REWEIGHTED = 12
"""Most least-squares solutions for the shared errors under Student-t noise; they settle sooner."""


class Likelihood:
    """Normal noise: |W r|^2 / 2, the shared errors integrated out."""

    def __init__(self, shared: Shared | None) -> None:
        self._whitening = None if shared is None else Whitening(shared)

    def rows(self, a: Floats) -> Floats:
        """W a [.., ..] along the first axis: independent rows of deviation 1."""
        return a if self._whitening is None else self._whitening(a)

    def across(self, a: Floats) -> Floats:
        """The same along the second axis of a [M, N, ..]."""
        return (
            a
            if self._whitening is None
            else np.ascontiguousarray(np.swapaxes(self._whitening(np.swapaxes(a, 0, 1)), 0, 1))
        )

    def loss(self, r: Floats) -> Floats:
        """[M] of r [M, N]."""
        r = self.across(r)
        return np.asarray(0.5 * np.einsum("mi,mi->m", r, r))

    def local(self, r: Floats, j: Floats) -> Local:
        """Loss [M], slope [M, U] and Gauss-Newton curvature [M, U, U]; j [M, N, U] = dr/dz."""
        r, j = self.across(r), self.across(j)
        return (
            0.5 * np.einsum("mi,mi->m", r, r),
            np.matmul(r[:, None, :], j)[:, 0],
            np.matmul(j.transpose(0, 2, 1), j),
        )


class HeavyTails(Likelihood):
    """Student-t noise: min over d of sum_i rho(r_i - a_i d_g(i)) + d^T K^-1 d / 2,
    rho(r) = (v+1)/2 log(1 + r^2/v).

    The shared errors d take their most probable values by reweighted least squares: integrated out
    they have no closed form.
    """

    def __init__(self, dof: float, shared: Shared | None) -> None:
        super().__init__(shared)
        self._dof, self._shared = dof, shared
        if shared is not None:
            self._precision = np.linalg.inv(
                shared.correlation + 1e-9 * np.eye(len(shared.correlation))
            )

    def loss(self, r: Floats) -> Floats:
        """[M] of r [M, N]."""
        extra, left, _ = self._solved(r)
        return np.asarray(self._rho(left).sum(axis=1) + extra)

    def local(self, r: Floats, j: Floats) -> Local:
        """Loss [M], slope [M, U] and curvature [M, U, U] with the shared errors solved for."""
        extra, left, normal = self._solved(r)
        weight = self._weight(left)
        wj = j * weight[:, :, None]
        curvature = np.matmul(wj.transpose(0, 2, 1), j)
        if self._shared is not None:
            pulled = np.swapaxes(
                self._shared.sums(np.swapaxes(self._shared.share[:, None] * wj, 0, 1)), 0, 1
            )  # [M, C, U]
            curvature = curvature - np.matmul(
                pulled.transpose(0, 2, 1), np.linalg.solve(normal, pulled)
            )
        return self._rho(left).sum(axis=1) + extra, np.matmul(left[:, None, :], wj)[:, 0], curvature

    def _solved(self, r: Floats) -> tuple[Floats, Floats, Floats]:
        """d^T K^-1 d / 2 [M], what d leaves of r, and the matrix [M, C, C] of the last least
        squares."""
        if self._shared is None:
            return np.zeros(len(r)), r, np.empty((0, 0, 0))
        a, group = self._shared.share, self._shared.group
        d: Floats = np.zeros((len(r), len(self._precision)))
        left = r
        corner = np.arange(len(self._precision))
        for _ in range(REWEIGHTED):
            wa = self._weight(left) * a
            normal = np.repeat(self._precision[None], len(r), axis=0)
            normal[:, corner, corner] += self._shared.sums((wa * a).T).T
            before = d
            d = np.asarray(
                np.linalg.solve(normal, self._shared.sums((wa * r).T).T[:, :, None])[:, :, 0]
            )
            left = r - a * d[:, group]
            if np.abs(d - before).max() < 1e-10:
                break
        return 0.5 * np.einsum("mc,cd,md->m", d, self._precision, d), left, normal

    def _weight(self, r: Floats) -> Floats:
        return np.asarray((self._dof + 1.0) / (self._dof + r * r))

    def _rho(self, r: Floats) -> Floats:
        return np.asarray(0.5 * (self._dof + 1.0) * np.log1p(r * r / self._dof))


def likelihood(model: Model, data: Observations) -> Likelihood:
    """That of the observations' noise and model error."""
    if data.dof is None:
        return Likelihood(Shared.of(model, data, MOST_GROUPS))
    return HeavyTails(data.dof, Shared.of(model, data, MOST_ROBUST * len(np.unique(data.output))))
