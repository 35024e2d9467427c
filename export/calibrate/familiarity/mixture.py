"""p(z) = sum_k share_k prod_d sum_b node_dkb w_b(z_d), by expectation and maximisation; every
factor is shrunk to the histogram of its coordinate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hats import Hats

Floats = NDArray[np.float64]
Rng = np.random.Generator
SWEEPS, CENTRE_SWEEPS, HISTOGRAM_SWEEPS = 25, 8, 15
SHRINK = 0.1
"""Rows that the histogram of a coordinate is worth in every mode."""
EVEN = 0.03
"""Share of a histogram that is spread evenly: what was never seen is rare, not impossible."""
LEAST = 1e-9


@dataclass(frozen=True)
class Mixture:
    """`share` [K]; `nodes` per coordinate [K, B]: densities at the knots, in knot distances."""

    hats: tuple[Hats, ...]
    share: Floats
    nodes: tuple[Floats, ...]

    def log_density(self, z: Floats) -> Floats:
        """ln p [N] at z [N, C]."""
        pairs = zip(self.hats, self.nodes, z.T, strict=True)
        logs = [np.log(np.maximum(h.weights(c) @ node.T, LEAST)) for h, node, c in pairs]
        return log_sum(np.log(self.share) + np.sum(logs, axis=0))


def fit(z: Floats, hats: Sequence[Hats], modes: int, rng: Rng, starts: int = 1) -> Mixture:
    """The most likely of `starts` mixtures of `modes` products on the rows z [N, C]."""
    areas = [h.area for h in hats]
    values = [h.weights(c) / a + LEAST for h, c, a in zip(hats, z.T, areas, strict=True)]
    own = [_histogram(v, a / a.sum()) for v, a in zip(values, areas, strict=True)]
    made = [_fitted(values, own, _started(z, modes, rng)) for _ in range(starts)]
    share, mass, _ = max(made, key=lambda m: m[2])
    return Mixture(tuple(hats), share, tuple(m / a for m, a in zip(mass, areas, strict=True)))


def _fitted(
    values: list[Floats], own: list[Floats], part: Floats
) -> tuple[Floats, list[Floats], float]:
    """share [K], mass [K, B] of every coordinate and the likelihood, from hats over their areas
    [N, B], the histograms [B] and shares of the modes in the rows, `part` [N, K]."""
    mass = [np.tile(o, (part.shape[1], 1)) for o in own]
    atoms = [v @ m.T for v, m in zip(values, mass, strict=True)]
    for _ in range(SWEEPS):
        for d, (v, o) in enumerate(zip(values, own, strict=True)):
            m = (part / atoms[d]).T @ v * mass[d] + SHRINK * o
            mass[d] = m / m.sum(axis=1, keepdims=True)
            atoms[d] = v @ mass[d].T
        share = (part.sum(axis=0) + 1) / (len(part) + part.shape[1])
        terms = np.log(share) + sum(np.log(a) for a in atoms)
        whole = log_sum(terms)
        part = np.exp(terms - whole[:, None])
    return share, mass, float(whole.sum())


def _histogram(values: Floats, even: Floats) -> Floats:
    """Mass [B] of each hat in all rows, a little of it spread over the whole axis."""
    mass = np.full(values.shape[1], 1 / values.shape[1])
    for _ in range(HISTOGRAM_SWEEPS):
        mass = (values * mass / (values @ mass)[:, None]).mean(axis=0)
    return (1 - EVEN) * mass + EVEN * even


def _started(z: Floats, modes: int, rng: Rng) -> Floats:
    """Shares [N, K] of the modes in every row, from a few sweeps of k-means."""
    z = (z - z.mean(axis=0)) / (z.std(axis=0) + LEAST)
    centres = z[rng.choice(len(z), modes, replace=False)]
    for _ in range(CENTRE_SWEEPS):
        near = np.argmin((centres**2).sum(axis=1) - 2 * z @ centres.T, axis=1)
        lone = z[rng.integers(len(z), size=modes)]
        found = [z[near == k] for k in range(modes)]
        centres = np.stack([f.mean(axis=0) if len(f) else lone[k] for k, f in enumerate(found)])
    return np.asarray(0.9 * np.eye(modes)[near] + 0.1 / modes)


def log_sum(terms: Floats) -> Floats:
    """ln sum_k exp(terms) [N] of [N, K]."""
    top = terms.max(axis=1)
    return np.asarray(top + np.log(np.exp(terms - top[:, None]).sum(axis=1)))
