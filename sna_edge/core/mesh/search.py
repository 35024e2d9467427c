"""Which cell of a mesh a point lies in: cells sorted into the boxes of a grid, made at the first
question; how far outside a point is."""

from __future__ import annotations

from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUNDED = 1e-6  # of a cell: what coordinates in float32 may lie beyond its sides
PER_BOX = 2.0  # cells to a box of the grid
FACETS = 4_000_000  # points times facets looked at together


class Search:
    """points [N, dim], corners [M, dim + 1] of the cells."""

    def __init__(self, points: Floats, corners: Ints) -> None:
        self.points, self.corners = points, corners
        self.low = points.min(axis=0)
        width = np.maximum(points.max(axis=0) - self.low, 1e-300)
        side = (np.prod(width) * PER_BOX / len(corners)) ** (1.0 / len(width))
        self.counts = np.clip(np.ceil(width / side), 1, 4096).astype(np.int64)
        self.scale = self.counts / width

    @cached_property
    def _boxes(self) -> tuple[Ints, Ints]:
        """Cells in the order of their boxes, and where each box begins."""
        cell = self.points[self.corners]  # [M, dim + 1, dim]
        pad = ROUNDED * np.ptp(cell, axis=1)
        low, high = self._box(cell.min(axis=1) - pad), self._box(cell.max(axis=1) + pad)
        spans = high - low + 1
        count = spans.prod(axis=1)
        owner = np.repeat(np.arange(len(cell)), count)
        rest = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        box = np.zeros(len(owner), dtype=np.int64)
        for d in range(spans.shape[1]):
            box = box * self.counts[d] + low[owner, d] + rest % spans[owner, d]
            rest = rest // spans[owner, d]
        order = np.argsort(box, kind="stable")
        edges = np.searchsorted(box[order], np.arange(int(self.counts.prod()) + 1))
        return owner[order], edges

    @cached_property
    def _frames(self) -> tuple[Floats, Floats]:
        """First corner [M, dim] and inverse edges [M, dim, dim]: shares = inverse (x - corner)."""
        cell = self.points[self.corners]
        return cell[:, 0], np.asarray(
            np.linalg.inv((cell[:, 1:] - cell[:, :1]).transpose(0, 2, 1)), float
        )

    def _box(self, points: Floats) -> Ints:
        place = np.floor((points - self.low) * self.scale)
        boxes: Ints = np.clip(np.nan_to_num(place), 0, self.counts - 1).astype(np.int64)
        return boxes

    def find(self, points: Floats) -> tuple[Ints, Floats, Floats]:
        """The cell [P] of every point, its barycentric coordinates there [P, dim + 1] (NaN
        outside), and its distance from the mesh [P]."""
        cells, edges = self._boxes
        origin, inverse = self._frames
        box = np.zeros(len(points), dtype=np.int64)
        for d, place in enumerate(self._box(points).T):
            box = box * self.counts[d] + place
        first, last = edges[box], edges[box + 1]
        found, least = np.zeros(len(points), dtype=np.int64), np.full(len(points), -np.inf)
        shares = np.full((len(points), points.shape[1] + 1), np.nan)
        for step in range(int((last - first).max(initial=0))):
            open_ = np.flatnonzero((first + step < last) & (least < 0.0))
            cell = cells[first[open_] + step]
            local = (inverse[cell] @ (points[open_] - origin[cell])[:, :, None])[:, :, 0]
            local = np.concatenate([1.0 - local.sum(axis=1, keepdims=True), local], axis=1)
            better = local.min(axis=1) > least[open_]
            which = open_[better]
            found[which], shares[which] = cell[better], local[better]
            least[which] = local[better].min(axis=1)
        outside = ~(least >= -ROUNDED)
        shares = np.maximum(shares, 0.0)
        shares /= shares.sum(axis=1, keepdims=True)
        shares[outside] = np.nan
        distance = np.zeros(len(points))
        distance[outside] = self._distance(points[outside])
        return found, shares, distance

    @cached_property
    def _border(self) -> Ints:
        """The facets of one cell alone [F, dim]."""
        size = self.corners.shape[1]
        every = [np.delete(self.corners, i, axis=1) for i in range(size)]
        facets = np.sort(np.concatenate(every), axis=1)
        kept, count = np.unique(facets, axis=0, return_counts=True)
        return np.asarray(kept[count == 1])

    def _distance(self, points: Floats) -> Floats:
        """Of points [P, dim] to the border of the mesh."""
        facets = self.points[self._border]
        step = max(FACETS // max(len(facets), 1), 1)
        parts = [points[i : i + step] for i in range(0, len(points), step)]
        found = [_to_simplices(p, facets).min(axis=1) for p in parts]
        return np.concatenate(found) if found else np.zeros(0)


def _to_simplices(points: Floats, simplices: Floats) -> Floats:
    """Distances [P, F] of points [P, dim] from simplices [F, n, dim] of n corners."""
    origin = simplices[:, 0]
    away = points[:, None] - origin[None]  # [P, F, dim]
    count = simplices.shape[1]
    if count == 1:
        return np.asarray(np.sqrt((away**2).sum(axis=2)))
    edges = simplices[:, 1:] - origin[:, None]  # [F, n - 1, dim]
    local = np.einsum("fnd,pfd->pfn", np.linalg.pinv(edges).transpose(0, 2, 1), away)
    rest = away - np.einsum("pfn,fnd->pfd", local, edges)
    straight = np.sqrt((rest**2).sum(axis=2))
    inside = (local >= 0).all(axis=2) & (local.sum(axis=2) <= 1.0)
    sides = [
        _to_simplices(points, simplices[:, list(kept)])
        for kept in combinations(range(count), count - 1)
    ]
    return np.asarray(np.where(inside, straight, np.min(sides, axis=0)))
