"""Normal probabilities: below a number, and of a box where numbers vary together."""

from __future__ import annotations

from functools import cache
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from .low_discrepancy import points

Floats = NDArray[np.float64]
REACH, STEPS = 8.0, 4000
"""Beyond REACH deviations nothing is left (1e-15); of the table between, which is read linearly,
to 1e-6."""
NODES, DRAWS = 24, 512
"""Of the integral over one number (Gauss-Legendre), and over several (low-discrepancy points)."""
LEAST = 1e-9
"""Deviation that is left of a number which the others determine."""


def below(z: Floats) -> Floats:
    """P(Z <= z), to 1e-6.

    >>> below(np.array([-np.inf, 0.0, 1.0])).round(4).tolist()
    [0.0, 0.5, 0.8413]
    """
    return np.asarray(np.interp(z, *_table()))


def quantile(p: Floats) -> Floats:
    """z with P(Z <= z) = p; infinite at 0 and 1.

    >>> quantile(np.array([0.0, 0.05, 0.5])).round(3).tolist()
    [-inf, -1.645, 0.0]
    """
    z, share = _table()
    found = np.interp(p, share, z)
    return np.where(p <= 0.0, -np.inf, np.where(p >= 1.0, np.inf, found))


@cache
def _table() -> tuple[Floats, Floats]:
    z = np.linspace(-REACH, REACH, STEPS + 1)
    return z, np.array([0.5 * (1.0 + erf(one / sqrt(2.0))) for one in z])


def of_box(low: Floats, high: Floats, correlation: Floats) -> Floats:
    """P(low_k <= Z_k <= high_k for all k) [N] of normal numbers with `correlation` [K, K], for
    low, high [N, K] in deviations: one number after the other, given those before.

    Source: Genz, J. Comput. Graph. Stat. 1 (1992). Exact to 1e-5 for two numbers and to about
    0.002 (0.005 at most) for more. NaN where a bound is.
    """
    root = _root(correlation)
    n, k = low.shape
    if k == 0:
        return np.ones(n)
    node, weight = _nodes(k - 1)
    known = np.zeros((n, len(node), k))
    share = np.ones((n, len(node)))
    for i in range(k):
        mean = known[:, :, :i] @ root[i, :i]
        size = max(float(root[i, i]), LEAST)
        with np.errstate(invalid="ignore"):
            a, b = (below((end[:, i, None] - mean) / size) for end in (low, high))
        share = share * np.maximum(b - a, 0.0)
        if i < k - 1:
            inside = quantile(a + node[:, i] * (b - a))
            known[:, :, i] = np.clip(inside, -REACH, REACH)
    return np.asarray(share @ weight)


def _root(correlation: Floats) -> Floats:
    """Lower triangle L [K, K] with L L' the correlation, the nearest one where the numbers are
    none."""
    _, upper = np.linalg.qr(mixing(correlation).T)
    return np.asarray((upper * np.where(np.diagonal(upper) < 0, -1.0, 1.0)[:, None]).T)


def mixing(correlation: Floats) -> Floats:
    """A [K, K] with A A' the correlation, the nearest one where the numbers are none."""
    values, vectors = np.linalg.eigh(correlation, UPLO="L")
    mixed = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))


@cache
def _nodes(dimensions: int) -> tuple[Floats, Floats]:
    """Nodes [M, dimensions] in the unit box and their weights [M]."""
    if dimensions == 0:
        return np.empty((1, 0)), np.ones(1)
    if dimensions == 1:
        node, weight = np.polynomial.legendre.leggauss(NODES)
        return 0.5 * (node[:, None] + 1.0), 0.5 * weight
    z = points(DRAWS, dimensions, seed=None)
    return 1.0 - np.abs(2.0 * z - 1.0), np.full(DRAWS, 1.0 / DRAWS)
