"""The evidence: how well hyper-parameters of a Gaussian process explain the rows, with slopes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf

from ..fit.engine.positive_definite import inverse_of
from .kernel import Hyper, KernelInputs, kernels, warped

Floats = NDArray[np.float64]
JITTER = 1e-10
"""Share of the variance on the diagonal of every kernel matrix."""
FARTHEST = 60.0
"""Logarithms of lengths, variances and noise, or a warp, beyond which the search has lost its way:
their powers overflow."""
NO_PROCESS = 1e10
START_LENGTH = (1.4, 0.5, 0.25)
START_VARIANCE = (1.0, 0.3, 0.1)
START_NOISE = 0.02
PRIOR_SPREAD = {"length": 2.0, "variance": 2.0, "noise": 5.0, "warp": 2.0}
"""Standard deviations of the weak normal priors on the logarithms (on the warp itself) around the
start."""
FURTHER_SHORTER = 0.7
"""The same for lengths of a second product below their start. With 2.0 they end at 0.02 to 0.06 of
an input on measured tables, tell rows apart by their settings, and the curves turn between them.
Longer ones are as free as those of the first: a second product need not bend along every input."""


class MarginalLikelihood:
    """-log p(y | hyper) with weak priors, and its gradient, in the logarithms of the
    hyper-parameters t [T].

    z [N, F] columns of the kernel, y [N] of unit spread; `tied`: one length for all axes of a
    product, no warps; weight [N]: the noise of a row is noise / w. Source: Rasmussen and Williams,
    Gaussian Processes (2006), section 5.4.1.
    """

    def __init__(
        self,
        z: Floats,
        y: Floats,
        inputs: KernelInputs,
        n_products: int,
        tied: bool,
        laplace: bool,
        weight: Floats | None = None,
    ) -> None:
        self.z, self.y, self.inputs, self.n_products, self.laplace = (
            z,
            y,
            inputs,
            n_products,
            laplace,
        )
        self.per_weight = 1.0 if weight is None else 1.0 / weight
        per_axis = 1 if tied else inputs.n_axes
        length = np.log(
            np.repeat(START_LENGTH[:n_products], per_axis)
            * (inputs.n_axes**0.5 if laplace else 1.0)
        )
        variance = np.log(START_VARIANCE[:n_products])
        bends = 0 if tied else inputs.n_axes
        self.start = np.r_[length, variance, np.log(START_NOISE), np.full(bends, 0.01)]
        s = PRIOR_SPREAD
        self.spread = np.repeat(
            [s["length"], s["variance"], s["noise"], s["warp"]], [len(length), n_products, 1, bends]
        )
        self.shorter = self.spread.copy()
        if not tied:
            self.shorter[per_axis : len(length)] = FURTHER_SHORTER
        self.untie = self._untie(inputs.n_axes) if tied else np.eye(len(self.start))

    def _untie(self, d: int) -> Floats:
        """All hyper-parameters from the tied ones: one length for the d axes of a product, no
        warps."""
        c = self.n_products
        out = np.zeros((c * d + c + 1 + d, 2 * c + 1))
        for j in range(c):
            out[j * d : (j + 1) * d, j] = 1.0
        out[c * d : c * d + c + 1, c:] = np.eye(c + 1)
        return out

    def hyper(self, t: Floats) -> Hyper:
        """The hyper-parameters that t [T] stands for."""
        return Hyper.unpack(self.untie @ t, self.n_products, self.inputs.n_axes, self.laplace)

    def __call__(self, t: Floats) -> tuple[float, Floats]:
        """Value and gradient [T] at the hyper-parameters t [T]; NO_PROCESS and zeros where the
        kernel matrix has no factor."""
        nothing = NO_PROCESS, np.zeros_like(t)
        if not np.abs(t).max() < FARTHEST:
            return nothing
        hyper = self.hyper(t)
        u, du = warped(self.inputs, hyper, self.z)
        products = kernels(u, u, self.inputs.axis, hyper)
        k = sum(products[1:], products[0].copy())
        lift = hyper.noise * self.per_weight + JITTER * hyper.variance.sum()
        k[np.diag_indices(len(k))] += lift
        factor, info = dpotrf(k, lower=1, overwrite_a=1)
        if info:
            return nothing
        log_det = 2.0 * float(np.log(np.diag(factor)).sum())
        inverse = inverse_of(factor)
        alpha = inverse @ self.y
        slopes = self._slopes(inverse - np.outer(alpha, alpha), products, u, du, hyper)
        spread = np.where(t < self.start, self.shorter, self.spread)
        pull = (t - self.start) / spread
        value = 0.5 * float(self.y @ alpha) + 0.5 * log_det + 0.5 * float(pull @ pull)
        return value, self.untie.T @ slopes + pull / spread

    def _slopes(
        self, m: Floats, products: list[Floats], u: Floats, du: Floats, hyper: Hyper
    ) -> Floats:
        """Slopes by the logarithms of lengths, variances and noise, and by the warps: 1/2 tr(m
        dK/dt). m = K^-1 - alpha alpha' [N, N]; overwrites the products."""
        d, axis = self.inputs.n_axes, self.inputs.axis
        length, bent = np.zeros_like(hyper.length), np.zeros(d)
        variance = np.zeros(self.n_products)
        for c, product in enumerate(products):
            weighted = np.multiply(m, product, out=product)
            row = weighted.sum(axis=1)
            variance[c] = 0.5 * row.sum()
            if self.laplace:
                length[c] = _pulled_apart(weighted, u, axis, d) / hyper.length[c]
                continue
            moved = weighted @ u
            # sum_ij m_ij k_ij (u_i - u_j)^2 and its warp counterpart, by matrix-vector products
            square = np.bincount(axis, row @ (u * u) - np.sum(u * moved, axis=0), d)
            cross = np.bincount(axis, row @ (u * du) - np.sum(du * moved, axis=0), d)
            length[c] = square / hyper.length[c] ** 2
            bent -= cross / hyper.length[c] ** 2
        noise = 0.5 * self._trace(m) * hyper.noise
        return np.r_[length.reshape(-1), variance, noise, bent]

    def _trace(self, m: Floats) -> float:
        """tr(m dK/dnoise)."""
        if isinstance(self.per_weight, float):
            return float(np.trace(m))
        return float(np.diag(m) @ self.per_weight)


def _pulled_apart(weighted: Floats, u: Floats, axis: NDArray[np.int64], n_axes: int) -> Floats:
    """1/2 sum_ij weighted_ij |u_i - u_j| of every axis, [D]."""
    per_column = [
        0.5 * float(np.sum(weighted * np.abs(column[:, None] - column))) for column in u.T
    ]
    return np.asarray(np.bincount(axis, per_column, n_axes), dtype=float)
