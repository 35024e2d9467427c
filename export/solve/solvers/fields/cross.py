"""A function of trains as a train, from a few of its values: cross approximation with ranks that
follow the tolerance.

Between the rows chosen left of a pair of axes and those chosen right of it the function is
evaluated everywhere and split; pivots of the left half are the rows chosen for the next pair.
Source: Savostyanov & Oseledets, Fast adaptive interpolation of multi-dimensional arrays in tensor
train format, 7th International Workshop on Multidimensional Systems (2011).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from ...trains.cores import Cores, mirrored
from ...weak_form.errors import ProblemError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Function = Callable[..., Floats]

CHECKED = 2000  # random points at which the error is measured
WORST = 8  # of them are added to the rows of the next sweep
SMALL = 160  # rows or columns up to which a pair is split exactly
START = 12  # rows chosen at first, at most
MOST_VALUES = 12_000_000  # of one pair


@dataclass(frozen=True)
class Crossed:
    """A train and its error: root mean square over random points, relative to the function's."""

    cores: Cores
    error: float


def crossed(
    function: Function,
    inner: Sequence[Cores],
    tolerance: float,
    *,
    rank_max: int = 60,
    sweeps: int = 8,
    seed: int = 0,
) -> Crossed:
    """function(s_1, .., s_m) of trains with cores [a, N_d, b] on one grid, to the relative error
    `tolerance` at random points of the grid, or as near to it as `sweeps` half sweeps come.

    Raises ProblemError where the function is not finite, and where one pair of axes needs more
    values than fit.
    """
    sizes = [c.shape[1] for c in inner[0]]
    if len(sizes) == 1:
        return Crossed([_values(function, [c[0][0, :, 0] for c in inner])[None, :, None]], 0.0)
    rng = np.random.default_rng(seed)
    points = np.stack([rng.integers(0, n, CHECKED) for n in sizes], axis=1)
    wanted = _values(function, [at(c, points) for c in inner])
    scale = float(np.sqrt(np.mean(wanted**2)))
    work = _Sweeps(function, [list(c) for c in inner], tolerance, rank_max, rng)
    best: Crossed | None = None
    for _ in range(sweeps):
        found = work.swept()
        miss = np.abs(at(found, points) - wanted)
        error = float(np.sqrt(np.mean(miss**2))) / scale if scale > 0 else float(miss.max())
        stalled = best is not None and error > 0.5 * best.error
        if best is None or error < best.error:
            best = Crossed(found, error)
        if error <= tolerance or (stalled and work.full):
            break
        work.add(points[np.argsort(miss)[-WORST:]])
    assert best is not None
    return best


def at(cores: Cores, points: Ints) -> Floats:
    """The train at rows [N, D] of its axes."""
    state = np.ones((len(points), 1))
    for core, rows in zip(cores, points.T, strict=True):
        state = np.einsum("na,anb->nb", state, core[:, rows])
    return state[:, 0]


def _values(function: Function, arguments: list[Floats]) -> Floats:
    with np.errstate(all="ignore"):
        found = np.asarray(function(*arguments), dtype=float)
    if not np.all(np.isfinite(found)):
        low, high = float(arguments[0].min()), float(arguments[0].max())
        raise ProblemError(
            f"a function of the unknown is not finite where that lies between {low:.3g} and"
            f" {high:.3g}; write it so that it is defined for the values that early steps reach"
        )
    return np.broadcast_to(found, arguments[0].shape)


class _Sweeps:
    """Half sweeps from the first axis to the last; after each the trains are read backwards."""

    def __init__(
        self,
        function: Function,
        inner: list[Cores],
        tolerance: float,
        rank_max: int,
        rng: np.random.Generator,
    ) -> None:
        self.function, self.inner, self.rng = function, inner, rng
        self.share = 0.3 * tolerance / np.sqrt(len(inner[0]) - 1)
        self.rank_max, self.full, self.flipped = rank_max, False, False
        self.rights = self._first_rows()

    @property
    def count(self) -> int:
        return len(self.inner[0])

    def _first_rows(self) -> list[Ints]:
        """Rows right of every bond, [m, D - d] each: pivots of the trains themselves."""
        rows: list[Ints] = [np.zeros((1, 0), dtype=np.int64)]
        values = [np.ones((1, 1)) for _ in self.inner]
        for d in range(self.count - 1, 0, -1):
            wide = [
                np.einsum("anb,bm->anm", c[d], v) for c, v in zip(self.inner, values, strict=True)
            ]
            flat = np.vstack([w.reshape(len(w), -1) / (np.abs(w).max() or 1.0) for w in wide])
            picks = _pivots(flat, min(START, flat.shape[1]), 1e-8)
            n, m = wide[0].shape[1:]
            chosen, after = np.divmod(picks, m)
            rows.append(np.hstack([chosen[:, None], rows[-1][after]]))
            values = [w.reshape(len(w), -1)[:, picks] for w in wide]
        return rows[::-1]

    def add(self, points: Ints) -> None:
        """More rows right of every bond, from points [N, D] of the first axis to the last."""
        points = points[:, ::-1] if self.flipped else points
        self.rights = [
            np.unique(np.vstack([rows, points[:, self.count - rows.shape[1] :]]), axis=0)
            if rows.shape[1]
            else rows
            for rows in self.rights
        ]

    def swept(self) -> Cores:
        """The train of one half sweep, from the first axis to the last."""
        lefts: list[Ints] = [np.zeros((1, 0), dtype=np.int64)]
        before = [np.ones((1, 1)) for _ in self.inner]
        after = [self._right_values(c) for c in self.inner]
        cores: Cores = []
        self.full = False
        for d in range(self.count - 1):
            pair, shape = self._pair(d, before, [v[d + 1] for v in after])
            most = self._most(d, after)
            columns = _range(pair, self.share, most, self.rng)
            self.full |= columns.shape[1] >= most
            picks = _pivots(columns.T, columns.shape[1], 0.0)
            core = np.linalg.solve(columns[picks].T, columns.T).T
            cores.append(np.asarray(core.reshape(*shape[:2], len(picks)), dtype=float))
            a, row = np.divmod(picks, shape[1])
            lefts.append(np.hstack([lefts[-1][a], row[:, None]]))
            before = [
                np.einsum("na,anb->nb", v[a], c[d][:, row])
                for v, c in zip(before, self.inner, strict=True)
            ]
        cores.append(pair[picks].reshape(len(picks), shape[2], 1))
        self.rights = [np.ascontiguousarray(r[:, ::-1]) for r in lefts[::-1]]
        self.inner = [mirrored(c) for c in self.inner]
        self.flipped = not self.flipped
        return cores if self.flipped else mirrored(cores)

    def _most(self, d: int, after: list[list[Floats]]) -> int:
        """Rows that may be chosen between axes d and d + 1: the values of the next pair fit."""
        if d + 2 >= self.count:
            return self.rank_max
        sizes = [c.shape[1] for c in self.inner[0][d + 1 : d + 3]]
        room = MOST_VALUES / (sizes[0] * sizes[1] * after[0][d + 2].shape[1])
        return max(min(self.rank_max, int(room)), 1)

    def _right_values(self, cores: Cores) -> list[Floats]:
        """[b, m] right of every axis, of the rows chosen there."""
        found = []
        for d in range(self.count):
            rows = self.rights[d]
            state = np.ones((len(rows), 1))
            for core, picks in zip(cores[:d:-1], rows.T[::-1], strict=True):
                state = np.einsum("anb,nb->na", core[:, picks], state)
            found.append(state.T)
        return found

    def _pair(
        self, d: int, before: list[Floats], after: list[Floats]
    ) -> tuple[Floats, tuple[int, int, int]]:
        """Values [m N, N' m'] at all rows of axes d and d + 1 between the chosen ones."""
        n, second = self.inner[0][d].shape[1], self.inner[0][d + 1].shape[1]
        shape = (len(before[0]), n, second * after[0].shape[1])
        if float(np.prod(shape, dtype=float)) > MOST_VALUES:
            raise ProblemError(
                f"a function of the unknown needs {np.prod(shape, dtype=float):.2g} values between"
                " two axes; use fewer spans or a coarser --tolerance"
            )
        arguments = []
        for cores, left, right in zip(self.inner, before, after, strict=True):
            low = np.tensordot(left, cores[d], 1).reshape(shape[0] * n, -1)
            high = np.tensordot(cores[d + 1], right, 1)
            arguments.append(low @ high.reshape(len(high), -1))
        return _values(self.function, arguments), shape


def _pivots(rows: Floats, count: int, floor: float) -> Ints:
    """Columns of [k, n] that span it best, `count` at most: those of a pivoted QR."""
    triangle, order = linalg.qr(rows, mode="r", pivoting=True, check_finite=False)
    size = np.abs(np.diagonal(triangle))
    kept = max(int(np.count_nonzero(size > floor * size[0])), 1) if floor else count
    return np.asarray(order[: min(kept, count)], dtype=np.int64)


def _range(matrix: Floats, share: float, rank_max: int, rng: np.random.Generator) -> Floats:
    """Orthonormal columns that hold all but `share` of the Frobenius norm, at most `rank_max`.

    Large matrices are looked at through random columns (Halko, Martinsson & Tropp, SIAM Review 53
    (2011)), twice as many until these hold enough.
    """
    total = float(np.linalg.norm(matrix))
    if min(matrix.shape) <= SMALL:
        u, s, _ = np.linalg.svd(matrix, full_matrices=False)
        return _kept(u, s, 0.0, share * total, rank_max)
    width = 16
    while True:
        width = min(2 * width, min(matrix.shape))
        basis = np.linalg.qr(matrix @ rng.standard_normal((matrix.shape[1], width)))[0]
        u, s, _ = np.linalg.svd(basis.T @ matrix, full_matrices=False)
        missed = float(np.sqrt(max(total**2 - float((s**2).sum()), 0.0)))
        if missed <= 0.5 * share * total or width >= min(matrix.shape) or width > 2 * rank_max:
            return _kept(basis @ u, s, missed, share * total, rank_max)


def _kept(u: Floats, s: Floats, missed: float, allowed: float, rank_max: int) -> Floats:
    tail = np.sqrt(np.cumsum(s[::-1] ** 2)[::-1] + missed**2)
    return u[:, : int(np.clip(np.count_nonzero(tail > allowed), 1, rank_max))]
