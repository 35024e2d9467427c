"""Densities of inputs as mixtures of products of hat densities, and the same as models of sna-edge
whose tables hold roots of the one-dimensional factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import sna_edge
from sna_edge.core.axis import spline_axis

Floats = NDArray[np.float64]
BINS, MODES, SWEEPS, SHRINK, FLOOR = 12, 16, 20, 2.0, 0.03
MARGIN = 0.02
"""Of the range of the fitted rows, added to the axis at either end."""


@dataclass(frozen=True)
class Mixture:
    """p(x) = sum_k share_k prod_d sum_b node_kdb hat_b(x_d), x taken at the nearer end outside
    [lower, upper]; node [D, K, BINS] are the densities at the knots."""

    lower: Floats
    upper: Floats
    share: Floats
    node: Floats

    def clipped(self, x: Floats) -> Floats:
        """x [N, D] with every coordinate at the nearer end where it is outside."""
        return np.clip(x, self.lower, self.upper)

    def log_density(self, x: Floats) -> Floats:
        """ln p [N] in float64."""
        terms = self.log_terms(x)
        top = terms.max(axis=1)
        return np.asarray(top + np.log(np.exp(terms - top[:, None]).sum(axis=1)))

    def log_terms(self, x: Floats) -> Floats:
        """ln of every mode's term [N, K]."""
        weights = hats(self.clipped(x), self.lower, self.upper)
        factors = np.einsum("dnb,dkb->dnk", weights, self.node)
        return np.asarray(np.log(self.share) + np.log(factors).sum(axis=0))

    def tempered(self, power: float) -> sna_edge.Model:
        """q(x) = sum_k w_k prod_d (node / largest node)^(1 / T), as a model with one output; T =
        `power`. T ln q + constant stands for ln p."""
        largest = self.node.max(axis=2)  # [D, K]
        tables = [
            (n / m[:, None]).T ** (1 / power) for n, m in zip(self.node, largest, strict=True)
        ]
        weight = (np.log(self.share) + np.log(largest).sum(axis=0)) / power
        weights = np.exp(weight - weight.max())[:, None]
        output = sna_edge.Output("density")
        return sna_edge.Model(self.axes(), sna_edge.CP.full(tables, weights), [output])

    def additive(self) -> sna_edge.Model:
        """ln of the K terms as K outputs of an additive model: an indicator per knot, the logs of
        the densities in W."""
        d_axes = len(self.node)
        modes = [np.arange(d * BINS, (d + 1) * BINS) for d in range(d_axes)]
        weights = np.log(self.node).transpose(0, 2, 1).reshape(d_axes * BINS, -1)
        outputs = [
            sna_edge.Output(f"ln{k}", bias=float(np.log(s))) for k, s in enumerate(self.share)
        ]
        work = sna_edge.CP((np.eye(BINS),) * d_axes, tuple(modes), weights)
        return sna_edge.Model(self.axes(), work, outputs)

    def axes(self) -> list[sna_edge.Axis]:
        """Hats as splines of degree 1."""
        return [
            spline_axis(f"x{d}", "", lo, hi, spans=BINS - 1, degree=1)
            for d, (lo, hi) in enumerate(zip(self.lower, self.upper, strict=True))
        ]


def hats(x: Floats, lower: Floats, upper: Floats) -> Floats:
    """Weights [D, N, BINS] of the knots, those of one row and axis adding up to 1."""
    t = (x - lower) / (upper - lower) * (BINS - 1)
    return np.maximum(1 - np.abs(t.T[:, :, None] - np.arange(BINS)), 0)


def fit(x: Floats, power: float = 1.0, margin: float = MARGIN, seed: int = 0) -> Mixture:
    """EM on the rows x [N, D]; every factor is shrunk to its axis's own histogram.

    `power` T: responsibilities go with the T-th root of a mode's density (1: plain EM).
    """
    width = np.ptp(x, axis=0)
    lower, upper = x.min(axis=0) - margin * width, x.max(axis=0) + margin * width
    area = np.ones(BINS)
    area[[0, -1]] = 0.5  # of a hat, in knot distances: half a hat at the ends
    h = hats(x, lower, upper) / area + 1e-9  # [D, N, BINS]: densities of the hats
    own = np.stack([_histogram(d) for d in h])
    r = _started(x, np.random.default_rng(seed))
    theta = np.repeat(own[:, None], MODES, axis=1)
    for _ in range(SWEEPS):
        for d, hd in enumerate(h):
            g = (r / (hd @ theta[d].T)).T @ hd * theta[d] + SHRINK * own[d]
            theta[d] = g / g.sum(axis=1, keepdims=True)
        share = (r.sum(axis=0) + 1) / (len(x) + MODES)
        terms = np.log(share) + sum(np.log(hd @ t.T) for hd, t in zip(h, theta, strict=True))
        r = np.exp((terms - terms.max(axis=1, keepdims=True)) / power)
        r /= r.sum(axis=1, keepdims=True)
    return Mixture(lower, upper, share, theta / area)


def _histogram(h: Floats) -> Floats:
    """Mass of each hat of one axis, a little of it spread evenly."""
    t = np.full(BINS, 1 / BINS)
    for _ in range(15):
        t = ((h * t) / (h @ t)[:, None]).mean(axis=0)
    return (1 - FLOOR) * t + FLOOR / BINS


def _started(x: Floats, rng: np.random.Generator) -> Floats:
    """Responsibilities [N, K] from a few sweeps of k-means."""
    z = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-12)
    centres = z[rng.choice(len(z), MODES, replace=False)]
    for _ in range(8):
        near = np.argmin((centres**2).sum(axis=1) - 2 * z @ centres.T, axis=1)
        centres = np.stack(
            [
                z[near == k].mean(axis=0) if (near == k).any() else z[rng.integers(len(z))]
                for k in range(MODES)
            ]
        )
    return np.eye(MODES)[near] * 0.9 + 0.1 / MODES


def whitening(x: Floats) -> tuple[Floats, Floats]:
    """Mean [D] and map [D, D] in float32 that turn and stretch the rows to unit covariance."""
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-12
    z = (x - mean) / scale
    values, vectors = np.linalg.eigh(z.T @ z / len(z) + 1e-4 * np.eye(z.shape[1]))
    return mean, np.asarray((vectors / np.sqrt(values)) / scale[:, None], np.float32).astype(float)
