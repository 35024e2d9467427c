"""Sums of models: both moved to common breaks, exactly, then put side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.basis import SpanBasis, bernstein
from ..core.basis.nodal import bernstein_matrix
from ..core.interaction import CP, TT
from ..core.record import Record
from ..errors import InputError
from .operations import closed

Floats = NDArray[np.float64]


def add(a: Record, b: Record) -> Record:
    """a + b on the same inputs and domains; breaks are refined to the common ones, exactly."""
    a, b = closed(a, "a sum"), closed(b, "a sum")
    if a.input_names != b.input_names or len(a.outputs) != len(b.outputs):
        raise InputError(
            f"models with inputs {a.input_names} and {b.input_names} cannot be added; use equal"
            " inputs and outputs"
        )
    if isinstance(a.interaction, TT) or isinstance(b.interaction, TT):
        a, b = to_tt(a), to_tt(b)
    axes, left, right = zip(
        *(common_axis(p, q) for p, q in zip(a.axes, b.axes, strict=True)), strict=True
    )
    outputs = [replace(o, bias=o.bias + q.bias) for o, q in zip(a.outputs, b.outputs, strict=True)]
    p, q = a.interaction, b.interaction
    if isinstance(p, CP) and isinstance(q, CP):
        both: CP | TT = _add_cp(p, q, left, right)
    else:
        assert isinstance(p, TT) and isinstance(q, TT)
        both = _add_tt(p, q, left, right)
    return a.computed(axes=axes, interaction=both, outputs=outputs)


def common_axis(a: Axis, b: Axis) -> tuple[Axis, Floats | None, Floats | None]:
    """An axis on the breaks of both, and what takes a table of either there (None: it stays).
    Raises InputError for different domains."""
    if (a.lower, a.upper, a.kind, a.level_names) != (b.lower, b.upper, b.kind, b.level_names):
        raise InputError(
            f"axis {a.name!r} has different domains ({a.describe()} and {b.describe()}); add models"
            " on equal domains"
        )
    p, q = a.basis, b.basis
    same = p.degree == q.degree and p.kind == q.kind and np.array_equal(p.breaks, q.breaks)
    if same and np.array_equal(p.matrices[p.matrix_id], q.matrices[q.matrix_id]):
        return a, None, None
    breaks, degree = np.union1d(p.breaks, q.breaks), max(p.degree, q.degree)
    basis, left = refine(p, breaks, degree)
    _, right = refine(q, breaks, degree)
    centre = (breaks[:-1] + breaks[1:]) / 2
    support = np.minimum(a.support[p.locate(centre)[0]], b.support[q.locate(centre)[0]])
    return replace(a, basis=basis, support=support), left, right


def on_common(basis: SpanBasis, target: SpanBasis, table: Floats) -> Floats:
    """The table of atoms on `basis` on the finer `target` that `common_axis` gave."""
    same = basis.n_rows == target.n_rows and np.array_equal(basis.breaks, target.breaks)
    if same and basis.degree == target.degree and basis.kind == target.kind:
        return table
    return _changed(table, refine(basis, target.breaks, target.degree)[1])


def _changed(table: Floats, change: Floats | None) -> Floats:
    return table if change is None or not table.shape[1] else change @ table


def _add_cp(a: CP, b: CP, left: tuple[Any, ...], right: tuple[Any, ...]) -> CP:
    tables, modes = [], []
    for d in range(len(a.tables)):
        parts = [_changed(a.tables[d], left[d]), _changed(b.tables[d], right[d])]
        used = [t for t in parts if t.shape[1]]
        tables.append(np.hstack(used) if used else parts[0])
        modes.append(np.r_[a.modes[d], b.modes[d] + a.rank])
    return CP(tuple(tables), tuple(modes), np.vstack([a.weights, b.weights]))


def _add_tt(a: TT, b: TT, left: tuple[Any, ...], right: tuple[Any, ...]) -> TT:
    cores = []
    for d, (p, q) in enumerate(zip(a.cores, b.cores, strict=True)):
        p, q = (
            c if m is None else np.einsum("ij,jlr->ilr", m, c)
            for c, m in ((p, left[d]), (q, right[d]))
        )
        if d == 0:
            cores.append(np.concatenate([p, q], axis=2))
            continue
        core = np.zeros((len(p), p.shape[1] + q.shape[1], p.shape[2] + q.shape[2]))
        core[:, : p.shape[1], : p.shape[2]] = p
        core[:, p.shape[1] :, p.shape[2] :] = q
        cores.append(core)
    return TT(tuple(cores), np.vstack([a.weights, b.weights]))


def to_tt(model: Record) -> Record:
    """The same function as a tensor train with diagonal cores of rank R."""
    cp = model.interaction
    if isinstance(cp, TT):
        return model
    cores = []
    for d, axis in enumerate(model.axes):
        table = cp.expanded(d, constant_row(axis.basis))
        core = np.zeros((axis.basis.n_rows, cp.rank, cp.rank))
        core[:, np.arange(cp.rank), np.arange(cp.rank)] = table
        cores.append(core.sum(axis=1, keepdims=True) if d == 0 else core)
    return model.replace(interaction=TT(tuple(cores), cp.weights))


def constant_row(basis: SpanBasis) -> Floats:
    """Coefficients [n_rows] of the constant function 1: ones for every basis with partition of
    unity."""
    x, _ = basis.nodes(basis.degree + 1)
    ones = np.ones(basis.n_rows)
    if np.allclose(basis.design(x) @ ones, 1.0, atol=1e-6):
        return ones
    return np.asarray(np.linalg.lstsq(basis.design(x), np.ones(len(x)), rcond=None)[0], dtype=float)


def refine(basis: SpanBasis, breaks: Floats, degree: int) -> tuple[SpanBasis, Floats]:
    """Discontinuous Bernstein basis on `breaks` (a superset) of `degree` and the exact change
    matrix of the rows."""
    target = bernstein(breaks, degree)
    nodes = (np.arange(degree + 1) + 0.5) / (degree + 1)
    interpolate = np.linalg.inv(
        np.vander(nodes, degree + 1, increasing=True) @ bernstein_matrix(degree).T
    )
    x = breaks[:-1, None] + np.diff(breaks)[:, None] * nodes
    design = basis.design(x.reshape(-1)).reshape(len(breaks) - 1, degree + 1, basis.n_rows)
    return target, np.matmul(interpolate, design).reshape(target.n_rows, basis.n_rows)
