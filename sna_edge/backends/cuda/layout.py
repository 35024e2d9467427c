"""A model as a kernel reads it: float32 tables of basis rows, vectors of four modes, and numbers in
the order of the struct `Numbers` of model.cu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.basis import SpanBasis
from ...core.interaction import CP
from ...core.output import LINKS
from ...core.record import ModelRecord
from ...errors import BackendError
from ...numerics.power_table import span_polynomials

Floats = NDArray[np.float64]

MOST_AXES, MOST_OUTPUTS = 64, 64
"""What a thread can hold beside each other; constant memory and local arrays end somewhere."""
VECTOR = 4  # modes
BANKS = 8  # vectors that shared memory reads at once
GROWTH, SAME, ONE = 8.0, 2.0**-22, 2.0**-18
"""How much larger rows may be in the basis that all spans share; how exactly it must be the same
function, of the largest number of the axis (matrices of files are float32); how exactly the
functions of a basis must add up to 1 where a mode leaves the input out."""
EVEN, UNEVEN, LEVELS = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Table:
    """An axis as the kernel has it: rows [n, 4 GROUPS] float32, one matrix for all spans or a list
    of them, first rows by formula (`step`) or looked up (`step` -1)."""

    rows: NDArray[np.float32]
    matrices: NDArray[np.float32]
    step: int
    lookup: NDArray[np.int32]
    kind: int
    periodic: bool
    degree: int
    spans: int
    breaks: Floats


@dataclass(frozen=True, eq=False)
class Layout:
    """The tables of all axes, weights [K, 4 GROUPS] (None where they are in the first table), ends
    [D, 4] and outputs [K, 4] as in `Ends` and `Output`."""

    tables: tuple[Table, ...]
    weights: NDArray[np.float32] | None
    ends: Floats
    outputs: Floats
    groups: int

    @property
    def order(self) -> int:
        """p + 1 of the highest degree."""
        return max(t.degree for t in self.tables) + 1


def layout_of(model: ModelRecord) -> Layout:
    """Raises BackendError for a model that the kernel does not take."""
    cp = model.interaction
    if not isinstance(cp, CP):
        raise BackendError("backend 'cuda' takes no tensor trains; use backend 'torch' or 'native'")
    for count, most, what in (
        (len(model.axes), MOST_AXES, "inputs"),
        (len(model.outputs), MOST_OUTPUTS, "outputs"),
    ):
        if count > most:
            raise BackendError(
                f"backend 'cuda' takes at most {most} {what}, this model has {count}; use backend"
                " 'torch' or 'native'"
            )
    groups = padded_groups(cp.rank)
    folded = len(model.outputs) == 1
    tables = []
    for d, axis in enumerate(model.axes):
        whole = np.zeros((axis.basis.n_rows, VECTOR * groups))
        whole[:, : cp.rank] = 1.0
        whole[:, cp.modes[d]] = np.asarray(cp.rows(d)[:])
        if len(cp.modes[d]) < cp.rank:
            _need_constants(axis)
        if folded and d == 0:
            whole[:, : cp.rank] *= cp.weights[:, 0]
        tables.append(axis_table(axis, whole))
    weights = np.zeros((len(model.outputs), VECTOR * groups), np.float32)
    weights[:, : cp.rank] = cp.weights.T
    ends = [(a.lower, a.upper, _rate(a.basis), a.slack) for a in model.axes]
    outputs = [(o.bias, o.scale, o.offset, LINKS.index(o.link)) for o in model.outputs]
    return Layout(
        tuple(tables),
        None if folded else weights,
        np.array(ends, dtype=float),
        np.array(outputs, dtype=float),
        groups,
    )


def padded_groups(modes: int) -> int:
    """Vectors of four modes: 1, 2, 4 or a multiple of 8, so that threads side by side can read
    different banks."""
    groups = max(-(-modes // VECTOR), 1)
    if groups <= BANKS:
        return 1 << (groups - 1).bit_length()
    return -(-groups // BANKS) * BANKS


def axis_table(axis: Axis, table: Floats) -> Table:
    """Rows [n, M] of an axis, as the kernel has them."""
    basis = axis.basis
    first, ids, matrices = basis.first_row, basis.matrix_id, basis.matrices
    if len(matrices) > 1 and (shared := _one_matrix(basis, table)) is not None:
        table, matrices, ids = shared[0], shared[1][None], np.zeros_like(ids)
    step = _step(first)
    looked_up = step < 0 or len(matrices) > 1
    lookup = np.stack([first, ids], axis=1).astype(np.int32) if looked_up else _none(np.int32)
    kind = LEVELS if basis.kind == "levels" else EVEN if basis.uniform else UNEVEN
    breaks = _none(float)
    if kind == UNEVEN:
        breaks = np.r_[basis.breaks, basis.inv_width]
    return Table(
        np.asarray(table, np.float32),
        np.asarray(about_the_middle(matrices), np.float32),
        step,
        lookup.reshape(-1),
        kind,
        axis.kind == "periodic",
        basis.degree,
        basis.n_spans,
        breaks,
    )


def _need_constants(axis: Axis) -> None:
    """Raises BackendError for a basis in which a mode cannot leave out an input."""
    powers = np.arange(axis.basis.degree + 1)
    off = about_the_middle(axis.basis.matrices.sum(axis=1) - (powers == 0))
    if (np.abs(off) * 0.5**powers).sum(axis=1).max() > ONE:
        raise BackendError(
            f"backend 'cuda' needs a basis whose functions add up to 1 where a mode leaves an input"
            f" out, those of {axis.name!r} do not; use backend 'torch' or 'native'"
        )


def _one_matrix(basis: SpanBasis, table: Floats) -> tuple[Floats, Floats] | None:
    """The same function in a basis of which all spans share the matrix of the middle: B-splines on
    even spans need others only at their ends. None where that is not so, or would cost digits."""
    p, s = basis.degree, basis.n_spans
    if not basis.uniform or p == 0 or not np.array_equal(basis.first_row, np.arange(s)):
        return None
    matrix = basis.matrices[np.bincount(basis.matrix_id).argmax()]
    wanted = span_polynomials(basis, table)
    rows = np.array(table)
    for end, span in ((slice(0, p + 1), 0), (slice(s - 1, s + p), s - 1)):
        rows[end] = np.linalg.solve(matrix.T, wanted[span])
    found = np.matmul(matrix.T, rows[np.arange(s)[:, None] + np.arange(p + 1)])
    size = np.abs(table).max(initial=0.0)
    if np.abs(found - wanted).max(initial=0.0) > SAME * np.abs(wanted).max(initial=0.0):
        return None
    return None if np.abs(rows).max(initial=0.0) > GROWTH * size else (rows, matrix)


def about_the_middle(matrices: Floats) -> Floats:
    """Coefficients [.., p + 1] of powers of u - 1/2 from those of powers of u: at degree 7 powers
    of u cancel two digits of a float, these do not."""
    moved = np.array(matrices, dtype=float)
    degree = moved.shape[-1] - 1
    for j in range(degree):
        for k in range(degree - 1, j - 1, -1):
            moved[..., k] += 0.5 * moved[..., k + 1]
    return moved


def _step(first: NDArray[np.int64]) -> int:
    """Rows from one span to the next, -1 where they differ or do not begin with 0."""
    step = int(first[1]) if len(first) > 1 else 0
    return step if np.array_equal(first, step * np.arange(len(first))) else -1


def _rate(basis: SpanBasis) -> float:
    return float(basis.inv_width[0]) if basis.uniform else 0.0


def _none(dtype: type) -> NDArray[Any]:
    return np.empty(0, dtype)
