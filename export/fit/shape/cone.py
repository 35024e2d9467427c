"""Cones of spline coefficients: non-negative combinations of a few columns are all functions of a
shape.

The control polygon of a B-spline stands at its Greville abscissae; where it rises or is convex, so
is the spline. Source: de Boor, A Practical Guide to Splines (1978), chapter XI.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis

Floats = NDArray[np.float64]


def places(basis: SpanBasis) -> Floats:
    """Greville abscissae [m] of a clamped spline on [0, 1]."""
    p = basis.degree
    knots = np.r_[[basis.breaks[0]] * p, basis.breaks, [basis.breaks[-1]] * p]
    g = np.array([knots[i + 1 : i + p + 1].mean() for i in range(basis.n_rows)])
    return np.asarray((g - basis.lower) / (basis.upper - basis.lower))


def cone(basis: SpanBasis, slope: int, bend: int) -> Floats:
    """Columns [m, q] whose non-negative combinations are the non-negative coefficients with this
    slope (1 rising, -1 falling, 0 any) and bend (1 convex, -1 concave, 0 any)."""
    m = basis.n_rows
    if basis.kind == "levels" or not (slope or bend):
        return np.eye(m)
    g = places(basis)
    if slope < 0:
        return _rising_or_any(1.0 - g[::-1], 1, bend)[::-1]
    return _rising_or_any(g, slope, bend)


def _rising_or_any(g: Floats, slope: int, bend: int) -> Floats:
    m, flat = len(g), np.ones((len(g), 1))
    if bend == 0:
        return np.tril(np.ones((m, m)))
    right = np.maximum(g[:, None] - g[None, :-1], 0.0)  # hinges that rise behind each place
    left = np.maximum(g[None, 1:] - g[:, None], 0.0)
    if bend > 0:
        return np.hstack([flat, right] if slope else [flat, right, left])
    caps = np.minimum(g[:, None], g[None, 1:])  # rise up to a place, then stay
    if slope:
        return np.hstack([flat, caps])
    tents = np.minimum(g[:, None] / g[None, 1:], 1.0)
    falls = np.minimum((1.0 - g[:, None]) / (1.0 - g[None, :-1]), 1.0)
    inner = np.minimum(tents[:, :-1], falls[:, 1:])
    return np.hstack([inner, g[:, None], 1.0 - g[:, None]])
