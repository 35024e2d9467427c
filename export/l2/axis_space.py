"""The L2 space of one axis: exact Gram matrix of its free rows under the uniform probability on the
domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.calculus.sums import constant_row
from sna_edge.core.axis import Axis
from sna_edge.core.basis import SpanBasis

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AxisSpace:
    """<phi, psi> = (1 / |axis|) int phi psi dx = c' gram e for phi = sum_i c_i B_i, psi = sum_i e_i
    B_i.

    `gram` [m, m] and `ones` [m] (the constant 1) act on the m free rows (periodic axes repeat p of
    them); `factor` [m, m] is upper triangular with factor' factor = gram; `tie` [n_d] is the free
    row of every table row.
    """

    gram: Floats
    ones: Floats
    factor: Floats
    tie: NDArray[np.int64]

    @classmethod
    def of(cls, basis: SpanBasis, rows: Floats | None = None, ends: float = 0.0) -> AxisSpace:
        """`rows` [N] given: the mean of the uniform probability and of that of the rows; then the
        share `ends` of it all moves to the two ends of the axis."""
        x, w = basis.nodes()
        gram = _moments(basis, x, w / w.sum())
        if rows is not None:
            gram = (gram + _moments(basis, rows, np.full(len(rows), 1.0 / len(rows)))) / 2
        if basis.kind != "levels":
            gram = (1.0 - ends) * gram + ends * _moments(
                basis, np.array([basis.lower, basis.upper]), np.array([0.5, 0.5])
            )
        ones = free_rows(constant_row(basis)[:, None], basis.tie)[:, 0]
        return cls(gram, ones, _cholesky(gram), basis.tie)

    @property
    def size(self) -> int:
        """m, the number of free rows."""
        return len(self.gram)

    def free(self, table: Floats) -> Floats:
        """Free rows [m, ..] of a stored table [n_d, ..]."""
        return free_rows(table, self.tie)

    def stored(self, free: Floats) -> Floats:
        """Stored table [n_d, ..] of free rows [m, ..]."""
        return free[self.tie]


def spaces(axes: Sequence[Axis], rows: Floats | None = None, ends: float = 0.0) -> list[AxisSpace]:
    """One space per axis, uniform or with half its weight on the columns of `rows` [N, D]; equal
    bases share theirs."""
    if rows is not None and len(rows):
        return [AxisSpace.of(a.basis, rows[:, d], ends) for d, a in enumerate(axes)]
    known: dict[int, AxisSpace] = {}
    for axis in axes:
        if id(axis.basis) not in known:
            known[id(axis.basis)] = AxisSpace.of(axis.basis, ends=ends)
    return [known[id(axis.basis)] for axis in axes]


def free_rows(table: Floats, tie: NDArray[np.int64]) -> Floats:
    """The first stored row of every free one."""
    return np.asarray(table[: int(tie.max()) + 1])


def _moments(basis: SpanBasis, x: Floats, w: Floats) -> Floats:
    """sum_q w_q B(x_q) B(x_q)' over the free rows."""
    span, b = basis.values(x)
    gram, row = np.zeros((basis.n_rows, basis.n_rows)), basis.first_row[span]
    for i in range(basis.degree + 1):
        for j in range(basis.degree + 1):
            np.add.at(gram, (row + i, row + j), w * b[:, i] * b[:, j])
    return _fold(gram, basis.tie)


def _fold(gram: Floats, tie: NDArray[np.int64]) -> Floats:
    size = int(tie.max()) + 1
    if size == len(tie):
        return gram
    gather = np.zeros((len(tie), size))
    gather[np.arange(len(tie)), tie] = 1.0
    return np.asarray(gather.T @ gram @ gather)


def _cholesky(gram: Floats) -> Floats:
    """Upper factor of a Gram matrix; the least shift of the diagonal that makes it definite (rows
    no span uses)."""
    scale = max(float(np.trace(gram)) / len(gram), np.finfo(float).tiny)
    for shift in (0.0, 1e-15, 1e-13, 1e-11):
        try:
            return np.asarray(np.linalg.cholesky(gram + shift * scale * np.eye(len(gram))).T)
        except np.linalg.LinAlgError:
            continue
    return np.asarray(np.linalg.cholesky(gram + 1e-8 * scale * np.eye(len(gram))).T)
