"""Which cell of a mesh a point lies in, and how far outside a point is: boxes around 16 cells,
boxes around 32 of those, and so on; only boxes that may hold the answer are opened."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .boxes import BLOCK
from .simplices import barycentric, to_border

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUNDED = 1e-6  # of a cell: what a point may lie beyond its sides
FLOAT32 = 2.0**-23  # of a coordinate: by how much one in a file may be off, times two
SAME = 4.0  # roundings by which a place in a cell and a point may differ
TOUCHING = 1e-300  # how far outside a point is that touches only cells without a volume
FAN = 32  # boxes to a box
PAIRS = 1 << 16  # points and cells looked at together
POINTS = 256  # asked together
NEARER = 1.0 - 1e-12  # a box that may hold something nearer by less than rounding is not opened


class Search:
    """points [N, dim]; corners [M, dim + 1] of the cells, in the order of their boxes [B, 2, dim]
    (boxes.py)."""

    def __init__(
        self, points: NDArray[Any], corners: NDArray[Any], boxes: NDArray[np.float32]
    ) -> None:
        self.points, self.corners, self.boxes = points, corners, boxes

    @cached_property
    def _levels(self) -> list[tuple[Floats, Floats]]:
        """Lower and upper ends [n, dim] of the boxes, the few largest ones first; ends widened by
        what counts as rounding."""
        low, high = self.boxes[:, 0].astype(float), self.boxes[:, 1].astype(float)
        pad = ROUNDED * (high - low) + FLOAT32 * np.maximum(np.abs(low), np.abs(high))
        levels = [(low - pad, high + pad)]
        while len(levels[0][0]) > 2 * FAN:
            low, high = levels[0]
            starts = np.arange(0, len(low), FAN)
            ends = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
            levels.insert(0, ends)
        return levels

    def find(self, points: Floats) -> tuple[Ints, Floats, Floats]:
        """The cell [P] of every point, its barycentric coordinates there [P, dim + 1] (NaN
        outside), and its distance from the mesh [P]."""
        parts = [self._find(points[i : i + POINTS]) for i in range(0, len(points), POINTS)]
        parts = parts or [self._find(points)]
        cell, shares, distance = (np.concatenate(part) for part in zip(*parts, strict=True))
        return cell, shares, distance

    def _find(self, points: Floats) -> tuple[Ints, Floats, Floats]:
        count = len(points)
        found, least = np.zeros(count, np.int64), np.full(count, -np.inf)
        shares = np.full((count, points.shape[1] + 1), np.nan)
        who, boxes = self._around(points)
        for rows, cells in self._cells(who, boxes):
            local = barycentric(points[rows], self._corners(cells))
            inside = local.min(axis=1)  # NaN in a flat cell
            best = _best_of(rows, np.where(np.isnan(inside), -np.inf, inside))
            best = best[inside[best] > least[rows[best]]]
            of = rows[best]
            found[of], shares[of], least[of] = cells[best], local[best], inside[best]
        outside = ~(least >= -ROUNDED)
        shares = np.maximum(shares, 0.0)
        shares /= shares.sum(axis=1, keepdims=True)
        distance = np.zeros(count)
        out = np.flatnonzero(outside)
        there = np.einsum("pc,pcd->pd", shares[out], self._corners(found[out]))
        for i, place in zip(out, there, strict=True):
            distance[i] = self._outside(points[i], place)
        shares[distance != 0.0] = np.nan
        return found, shares, distance

    def _outside(self, point: Floats, there: Floats) -> float:
        """How far outside a point is that no cell holds; not at all where the place `there`, in the
        cell that holds it best, is the same but for the rounding of coordinates, which is much of
        a small cell far from the origin."""
        rounding = FLOAT32 * np.abs(point).max()
        if np.abs(there - point).max() <= SAME * rounding:
            return 0.0
        return max(self._distance(point), TOUCHING)

    def _around(self, points: Floats) -> tuple[Ints, Ints]:
        """Pairs of points and of the smallest boxes that they lie in, point by point."""
        low, high = self._levels[0]
        held = (points[:, None] >= low) & (points[:, None] <= high)
        who, box = np.nonzero(held.all(axis=2))
        for low, high in self._levels[1:]:
            who, box = _opened(who, box, FAN, len(low))
            at = points[who]
            kept = ((at >= low[box]) & (at <= high[box])).all(axis=1)
            who, box = who[kept], box[kept]
        return who, box

    def _cells(self, who: Ints, boxes: Ints) -> list[tuple[Ints, Ints]]:
        """Pairs of points and cells in the boxes, so many at a time."""
        step = PAIRS // BLOCK
        return [
            _opened(who[i : i + step], boxes[i : i + step], BLOCK, len(self.corners))
            for i in range(0, len(who), step)
        ]

    def _corners(self, cells: Ints) -> Floats:
        """[Q, dim + 1, dim]."""
        return np.asarray(self.points[self.corners[cells]], dtype=float)

    def _distance(self, point: Floats) -> float:
        """Of one point outside to the nearest cell; NaN for what is no place."""
        if not np.isfinite(point).all():
            return float("nan") if np.isnan(point).any() else float("inf")
        with np.errstate(over="ignore"):  # of squares: farther than all numbers
            return self._nearest(point)

    def _nearest(self, point: Floats) -> float:
        best, box = self._guess(point), np.arange(len(self._levels[0][0]))
        for depth, (low, high) in enumerate(self._levels):
            if depth:
                box = _opened(box, box, FAN, len(low))[1]
            away = _to_boxes(point, low[box], high[box])
            box = box[away < best * NEARER]
        for _, cells in self._cells(box, box):
            best = min(best, float(to_border(point[None], self._corners(cells)).min()))
        return best

    def _guess(self, point: Floats) -> float:
        """How far the cells are in the box that is the nearest at every step."""
        box = np.arange(len(self._levels[0][0]))
        for depth, (low, high) in enumerate(self._levels):
            if depth:
                box = _opened(box, box, FAN, len(low))[1]
            box = box[[int(_to_boxes(point, low[box], high[box]).argmin())]]
        ((_, cells),) = self._cells(box, box)
        return float(to_border(point[None], self._corners(cells)).min())


def _opened(who: Ints, box: Ints, size: int, count: int) -> tuple[Ints, Ints]:
    """Pairs of points and what lies in their boxes: `size` each, `count` of them in all."""
    inner = (box[:, None] * size + np.arange(size)).reshape(-1)
    owner = np.repeat(who, size)
    kept = inner < count
    return (owner, inner) if kept.all() else (owner[kept], inner[kept])


def _best_of(rows: Ints, worth: Floats) -> Ints:
    """Of pairs in the order of their rows: one for each row, the first of the largest worth."""
    if not len(rows):
        return rows
    if rows[0] == rows[-1]:
        return np.array([worth.argmax()])
    order = np.lexsort((np.arange(len(rows)), -worth, rows))
    return order[np.flatnonzero(np.diff(rows[order], prepend=-1))]


def _to_boxes(point: Floats, low: Floats, high: Floats) -> Floats:
    """Distances [n] of a point from boxes."""
    away = np.maximum(np.maximum(low - point, point - high), 0.0)
    return np.asarray(np.sqrt((away**2).sum(axis=1)))
