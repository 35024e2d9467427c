"""Where points lie in triangles and tetrahedra, and how far from them: pairs, one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FACETS = ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))
"""Of a tetrahedron."""


def barycentric(points: Floats, corners: Floats) -> Floats:
    """Coordinates [Q, dim + 1] of points [Q, dim] in cells [Q, dim + 1, dim]; not finite in flat
    ones."""
    edges, away = corners[:, 1:] - corners[:, :1], points - corners[:, 0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if points.shape[1] == 2:
            (a, b), (c, d) = edges[:, 0].T, edges[:, 1].T
            x, y = away.T
            local = np.stack([x * d - y * c, a * y - b * x]) / (a * d - b * c)
        else:
            a, b, c = edges[:, 0], edges[:, 1], edges[:, 2]
            across = [_cross(b, c), _cross(c, a), _cross(a, b)]
            local = np.stack([_dot(away, n) for n in across]) / _dot(a, across[0])
        return np.concatenate([1.0 - local.sum(axis=0)[:, None], local.T], axis=1)


def to_border(points: Floats, corners: Floats) -> Floats:
    """Distances [Q] of points [Q or 1, dim] from the borders of cells [Q, dim + 1, dim]."""
    away = corners - points[:, None]
    if away.shape[2] == 2:
        return np.asarray(np.min([_to_segment(away[:, [i, i - 1]]) for i in range(3)], axis=0))
    return np.asarray(np.min([_to_triangle(away[:, list(f)]) for f in FACETS], axis=0))


def _to_segment(ends: Floats) -> Floats:
    """Of the origin from segments [Q, 2, dim]; a segment may be a point."""
    edge = ends[:, 1] - ends[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.clip(np.nan_to_num(-_dot(ends[:, 0], edge) / _dot(edge, edge)), 0.0, 1.0)
    return np.asarray(np.sqrt(((ends[:, 0] + place[:, None] * edge) ** 2).sum(axis=1)))


def _to_triangle(corners: Floats) -> Floats:
    """Of the origin from triangles [Q, 3, 3]; a triangle may be a segment."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normal = _cross(b - a, c - a)
    square = _dot(normal, normal)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [_dot(_cross(p, q), normal) / square for p, q in ((b, c), (c, a), (a, b))]
        straight = np.abs(_dot(a, normal)) / np.sqrt(square)
    inside = np.min(shares, axis=0) >= 0.0  # NaN is not
    sides = np.min([_to_segment(corners[:, [i, i - 1]]) for i in range(3)], axis=0)
    return np.asarray(np.where(inside, straight, sides))


def _dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.einsum("qd,qd->q", a, b))


def _cross(a: Floats, b: Floats) -> Floats:
    """Of vectors [Q, 3]; numpy's own takes three times as long."""
    x, y, z = a.T
    u, v, w = b.T
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=1)
