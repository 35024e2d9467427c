"""Where the border of a plane part is a polygon of a curve: the middles of its facets on the curve.

A facet of length h has its middle on the curve h^2 c / 8 beside its own, c the mean curvature of
the border at its ends: at a node between facets of lengths g and h that turns by w, 2 w / (g + h).
A corner turns by more than a curve; a kink between straight sides turns at one end alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cleaning import volumes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CORNER = 0.7  # radians: facets that turn by more meet at a corner
SQUEEZED = 0.2  # of its area: what a cell keeps
ALIKE = 20.0  # times: how far the curvatures at the ends of a facet may differ


def sagitta(points: Floats, facets: Ints) -> Floats:
    """What the middles of facets [2, F] of a border of points [2, N] are off the curve, [2, F]; 0
    where the border is straight, or a corner is on both ends."""
    edge = points[:, facets[1]] - points[:, facets[0]]
    length = np.linalg.norm(edge, axis=0)
    first, last = (_curvature(points, facets, end, edge, length) for end in (0, 1))
    first, last = np.where(np.isnan(first), last, first), np.where(np.isnan(last), first, last)
    alike = np.abs(first) <= ALIKE * np.abs(last)
    alike &= np.abs(last) <= ALIKE * np.abs(first)
    bend = np.where(alike, (first + last) / 2, 0.0)
    normal = np.stack([edge[1], -edge[0]]) / length
    return np.asarray(normal * bend * length**2 / 8)


def _curvature(points: Floats, facets: Ints, end: int, edge: Floats, length: Floats) -> Floats:
    """Of the border at one end of every facet [F], positive where it turns to the left of the
    facet; NaN at a corner and where another number than two facets meet."""
    found = np.full(facets.shape[1], np.nan)
    count = np.bincount(facets.reshape(-1), minlength=points.shape[1])
    there = np.full(points.shape[1], 0)  # the sum of the facets that meet at a point
    np.add.at(there, facets.reshape(-1), np.tile(np.arange(facets.shape[1]), 2))
    own = np.flatnonzero(count[facets[end]] == 2)
    node = facets[end, own]
    other = there[node] - own
    a = edge[:, own] * (1.0 if end else -1.0)
    b = edge[:, other] * np.where(facets[0, other] == node, 1.0, -1.0)
    turn = np.arctan2(a[0] * b[1] - a[1] * b[0], (a * b).sum(axis=0)) * (1.0 if end else -1.0)
    smooth = np.abs(turn) <= CORNER
    found[own[smooth]] = 2.0 * turn[smooth] / (length[own] + length[other])[smooth]
    return found


def bent(mesh: Any, fine: Any) -> Any:
    """`fine`, into which the plane `mesh` was cut, with the middles of facets of the border on
    their curve; as it is where a cell would become much smaller."""
    border = np.asarray(mesh.boundary_facets(), dtype=np.int64)
    points = np.array(fine.p)
    off = sagitta(np.asarray(mesh.p), np.asarray(mesh.facets, dtype=np.int64)[:, border])
    points[:, mesh.p.shape[1] + border] += off
    cells = np.asarray(fine.t, dtype=np.int64)
    before, after = volumes(np.asarray(fine.p), cells), volumes(points, cells)
    return replace(fine, doflocs=points) if np.all(after / before > SQUEEZED) else fine
