"""Operators as trains of banded matrices: core d is a family of matrices M[s, t] [n_d, n_d] on one
pattern, s its left and t its right operator rank."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...trains.cores import Cores

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Matrix = object  # sparse.csr_array: scipy has no types


@dataclass(frozen=True, eq=False)
class OperatorCore:
    """M[s, t][rows[e], columns[e]] = data[s, e, t]; data [r, E, r'], `size` n."""

    rows: Ints
    columns: Ints
    size: int
    data: Floats

    @cached_property
    def mirrored(self) -> OperatorCore:
        """The core read from the right."""
        data = np.ascontiguousarray(self.data.transpose(2, 1, 0))
        return OperatorCore(self.rows, self.columns, self.size, data)

    @cached_property
    def joined(self) -> sparse.csr_array:
        """[(n r'), (n r)]: all M[s, t] at once, from rows i, s of a core to rows i, t."""
        r, _, t = self.data.shape
        left, right = np.arange(r)[:, None, None], np.arange(t)[None, None, :]
        row = self.rows[None, :, None] * t + right
        column = self.columns[None, :, None] * r + left
        shape = np.broadcast_shapes(row.shape, column.shape)
        where = [np.broadcast_to(x, shape).reshape(-1) for x in (row, column)]
        return sparse.csr_array(
            (self.data.reshape(-1), (where[0], where[1])), shape=(self.size * t, self.size * r)
        )

    def image(self, state: Floats, core: Floats) -> Floats:
        """[a, n, t, b'] = sum over s, a', j of state[s, a, a'] M[s, t][i, j] core[a', j, b']."""
        r, a, _ = state.shape
        (n, b), t = core.shape[1:], self.data.shape[2]
        mixed = np.tensordot(state, core, 1)  # [r, a, n, b]
        flat = mixed.transpose(2, 0, 1, 3).reshape(n * r, a * b)
        return np.asarray(self.joined @ flat).reshape(n, t, a, b).transpose(2, 0, 1, 3)

    def advance(self, state: Floats, test: Floats, trial: Floats) -> Floats:
        """[t, b, b'] from [s, a, a'] through the cores test [a, n, b] and trial [a', n, b']."""
        seen = self.image(state, trial)
        return np.ascontiguousarray(np.tensordot(test, seen, ([0, 1], [0, 1])).transpose(1, 0, 2))

    def apply(self, left: Floats, core: Floats, right: Floats) -> Floats:
        """[a, n, b] = A core between the states left [s, a, a'] and right [t, b, b']."""
        seen = self.image(left, core)
        return np.asarray(np.tensordot(seen, right, ([2, 3], [0, 2])))

    def dense(self, rows: slice, columns: slice) -> Floats:
        """M[s, t] on a block of rows and columns, [r, i, j, t]."""
        here = (
            (self.rows >= rows.start)
            & (self.rows < rows.stop)
            & (self.columns >= columns.start)
            & (self.columns < columns.stop)
        )
        r, _, t = self.data.shape
        out = np.zeros((r, rows.stop - rows.start, columns.stop - columns.start, t))
        out[:, self.rows[here] - rows.start, self.columns[here] - columns.start] = self.data[
            :, here
        ]
        return out

    def permuted(self, place: Ints) -> OperatorCore:
        """The same with row and column i in the place place[i]."""
        return OperatorCore(place[self.rows], place[self.columns], self.size, self.data)


Operator = tuple[OperatorCore, ...]


def mirrored_operator(operator: Operator) -> Operator:
    """The operator read from the last axis to the first."""
    return tuple(core.mirrored for core in reversed(operator))


def operator_core(
    test: sparse.csr_array, trial: sparse.csr_array, weights: Floats, core: Floats
) -> OperatorCore:
    """sum over points q of weights[q] core[s, q, t] test[q, i] trial[q, j]; designs [Q, n]."""
    rows, values = _padded(test)
    columns, others = _padded(trial)
    n, count = test.shape[1], len(weights)
    keys = (rows[:, :, None] * n + columns[:, None, :]).reshape(-1)
    entries = (values[:, :, None] * others[:, None, :]).reshape(-1)
    known, place = np.unique(keys[entries != 0], return_inverse=True)
    point = np.repeat(np.arange(count), rows.shape[1] * columns.shape[1])[entries != 0]
    gather = sparse.csr_array((entries[entries != 0], (place, point)), shape=(len(known), count))
    r, _, t = core.shape
    flat = (core * weights[None, :, None]).transpose(1, 0, 2).reshape(count, r * t)
    data = np.asarray(gather @ flat).reshape(-1, r, t).transpose(1, 0, 2)
    return OperatorCore(known // n, known % n, n, np.ascontiguousarray(data))


def _padded(design: sparse.csr_array) -> tuple[Ints, Floats]:
    """Columns and values [Q, w] of every row, filled up with zeros."""
    design = sparse.csr_array(design)
    lengths = np.diff(design.indptr)
    width = max(int(lengths.max(initial=0)), 1)
    place = np.arange(len(design.indices)) - np.repeat(design.indptr[:-1], lengths)
    row = np.repeat(np.arange(design.shape[0]), lengths)
    columns = np.zeros((design.shape[0], width), dtype=np.int64)
    values = np.zeros((design.shape[0], width))
    columns[row, place], values[row, place] = design.indices, design.data
    return columns, values


def load_core(test: sparse.csr_array, weights: Floats, core: Floats) -> Floats:
    """[s, n, t]: sum over points q of weights[q] core[s, q, t] test[q, i]."""
    r, count, t = core.shape
    flat = (core * weights[None, :, None]).transpose(1, 0, 2).reshape(count, r * t)
    return np.ascontiguousarray(np.asarray(test.T @ flat).reshape(-1, r, t).transpose(1, 0, 2))


def assembled_operator(operator: Operator) -> sparse.coo_array:
    """The operator as one sparse matrix on all axes together."""
    values = np.ones((1, 1))
    row, column, size = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), 1
    for core in operator:
        values = (values @ core.data.reshape(len(core.data), -1)).reshape(-1, core.data.shape[2])
        row = (row[:, None] * core.size + core.rows[None, :]).reshape(-1)
        column = (column[:, None] * core.size + core.columns[None, :]).reshape(-1)
        size *= core.size
    return sparse.coo_array((values.reshape(-1), (row, column)), shape=(size, size))


def full_load(cores: Cores) -> Floats:
    """The train as a full tensor [n_1, .., n_D]."""
    out = np.ones((1, 1))
    for core in cores:
        out = (out.reshape(-1, core.shape[0]) @ core.reshape(core.shape[0], -1)).reshape(
            -1, core.shape[2]
        )
    return out.reshape([c.shape[1] for c in cores])
