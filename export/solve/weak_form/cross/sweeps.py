"""A train through a function from some of its lines: cross approximation, one axis at a time, with
pivots that are added where it errs most.

Between the rows chosen left of an axis and those chosen right of it the function is evaluated along
the axis; pivots of a QR are the rows chosen for the next. Source: Oseledets & Tyrtyshnikov,
TT-cross approximation for multidimensional arrays, Linear Algebra Appl. 432 (2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from ...trains.cores import Cores
from ..errors import ProblemError
from .grid import Grid
from .search import missed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SWEEPS = 24  # half sweeps at most
RANK = 300  # most rows between two axes
LEAST = 12  # rows added after a sweep; half of those there are, where that is more
PEAK = (
    10.0  # times the tolerance: the largest error that is accepted, relative to the largest value
)
AT_ONCE = 1_000_000  # values asked of the function in one call
CALM = 2  # checks in a row, on fresh lines, that must find the tolerance kept


@dataclass(frozen=True)
class Crossed:
    """A train of g on a grid and its relative error along fresh random lines."""

    cores: Cores
    error: float


def crossed(
    grid: Grid, tolerance: float, seeds: Ints | None = None, rng: int | np.random.Generator = 0
) -> Crossed:
    """g to the relative L2 error `tolerance`, and to PEAK times that of its largest value wherever
    it was looked at. `seeds` [B, D]: rows of points where it is large.

    Raises ProblemError where it is 0 wherever it was looked at, or needs too many rows.
    """
    draw = np.random.default_rng(rng)
    known = np.zeros((0, grid.dimension), dtype=np.int64) if seeds is None else seeds
    first = missed(grid, None, known, draw)
    if first.top == 0.0:
        raise ProblemError(
            "the function to separate is 0 wherever it was looked at; name points where it is not,"
            " seeds=[(x, y, ..), ..]"
        )
    sweeps, top, calm = _Sweeps(grid, tolerance), first.top, 0
    sweeps.add(_picked(first.points, first.misses, 4 * LEAST, draw))
    best: Crossed | None = None
    for _ in range(SWEEPS):
        cores = sweeps.swept()
        found = missed(grid, cores, known, draw, top)
        top = found.top
        kept = found.error <= tolerance and found.worst <= PEAK * tolerance
        calm = calm + 1 if kept else 0
        if best is None or found.error < best.error or kept:
            best = Crossed(cores, max(found.error, found.worst / PEAK))
        if calm == CALM:
            break
        more = max(LEAST, sweeps.rank // 2)
        sweeps.add(_picked(found.points, found.misses, more, draw))
        known = np.unique(np.vstack([known, found.points[np.argsort(found.misses)[-4:]]]), axis=0)
    assert best is not None
    return best


def _picked(points: Ints, misses: Floats, count: int, rng: np.random.Generator) -> Ints:
    """`count` of the points, the more likely the larger the error there."""
    size = misses**2
    if not size.sum():
        return points[:1]
    share = 0.9 * size / size.sum() + 0.1 / len(size)
    return points[rng.choice(len(points), min(count, len(points)), replace=False, p=share)]


class _Sweeps:
    """Half sweeps; the axes are turned round after each."""

    def __init__(self, grid: Grid, tolerance: float) -> None:
        self.grid, self.flipped = grid, False
        self.share = 0.3 * tolerance / np.sqrt(max(grid.dimension - 1, 1))
        self.rights: list[Ints] = [
            np.zeros((0, grid.dimension - 1 - d), dtype=np.int64) for d in range(grid.dimension)
        ]
        self.rank = 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """n_d in the order of the next sweep."""
        return self.grid.sizes[::-1] if self.flipped else self.grid.sizes

    def add(self, points: Ints) -> None:
        """More rows right of every axis, from points [B, D]."""
        points = points[:, ::-1] if self.flipped else points
        self.rights = [
            np.unique(np.vstack([rows, points[:, d + 1 :]]), axis=0)
            for d, rows in enumerate(self.rights)
        ]

    def swept(self) -> Cores:
        """The train of one half sweep."""
        count = self.grid.dimension
        lefts: list[Ints] = [np.zeros((1, 0), dtype=np.int64)]
        cores: Cores = []
        for d in range(count - 1):
            values = self._values(lefts[-1], self.sizes[d], self.rights[d])
            a, n, b = values.shape
            columns = _range(values.reshape(a * n, b), self.share)
            picks = _pivots(columns)
            core = np.linalg.solve(columns[picks].T, columns.T).T
            cores.append(np.asarray(core).reshape(a, n, len(picks)))
            before, row = np.divmod(picks, n)
            lefts.append(np.hstack([lefts[-1][before], row[:, None]]))
        ends = np.zeros((1, 0), dtype=np.int64)
        cores.append(self._values(lefts[-1], self.sizes[-1], ends))
        self.rank = max(c.shape[0] for c in cores)
        if self.rank >= RANK:
            raise ProblemError(
                f"the function to separate needs more than {RANK} functions of one axis; use fewer"
                " axes at once, a coarser tolerance, or coordinates that move with it"
            )
        self.rights = [np.ascontiguousarray(r[:, ::-1]) for r in lefts[::-1]]
        self.flipped = not self.flipped
        if self.flipped:
            return cores
        return [np.ascontiguousarray(c.transpose(2, 1, 0)) for c in reversed(cores)]

    def _values(self, left: Ints, size: int, right: Ints) -> Floats:
        """g [m, n, m'] at all rows of an axis between chosen ones."""
        m, k = len(left), len(right)
        found = np.empty(m * size * k)
        for start in range(0, len(found), AT_ONCE):
            a, n, b = np.unravel_index(
                np.arange(start, min(start + AT_ONCE, len(found))), (m, size, k)
            )
            points = np.hstack([left[a], n[:, None], right[b]])
            points = points[:, ::-1] if self.flipped else points
            found[start : start + AT_ONCE] = self.grid.at(points)
        return found.reshape(m, size, k)


def _range(matrix: Floats, share: float) -> Floats:
    """Orthonormal columns that hold all but `share` of the Frobenius norm, RANK at most."""
    u, s, _ = np.linalg.svd(matrix, full_matrices=False)
    tail = np.sqrt(np.cumsum(s[::-1] ** 2))[::-1]
    return u[:, : int(np.clip(np.count_nonzero(tail > share * tail[0]), 1, RANK))]


def _pivots(columns: Floats) -> Ints:
    """As many rows of orthonormal columns [N, r] as there are columns, far from dependent."""
    order = linalg.qr(columns.T, mode="r", pivoting=True, check_finite=False)[1]
    return np.asarray(order[: columns.shape[1]], dtype=np.int64)
