"""Basis values and atoms of every axis: one lookup of p+1 rows, one weighted sum."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, prod

import numpy as np

from sna_edge.artifact.layout import FOLD, STORAGE
from sna_edge.model import Model

from .dense import one_table, padded_columns, side_by_side
from .ir import Graph, Tensor
from .locate import Location, over_all

NEGLIGIBLE = 3e-7
"""Share of the slopes, times spans, below which the derivative of sum_i B_i is rounding of a
partition of unity, and left out."""
SPREAD = 2048
"""Bytes up to which every span has a matrix of its own in the file: one lookup instead of two."""


@dataclass(frozen=True, eq=False)
class Basis:
    """B [P+1, D, N] and the table rows int32 [P+1, D, N]; P = largest degree, at least 1 with a
    slope.

    `slope` E [P, D, N] multiplies differences of neighbouring rows, dphi/dx = sum_{i < P} E_i
    (C_{i+1} - C_i) with E_i = -sum_{j <= i} dB_j/dx: neighbours subtract exactly in float32, where
    sum_i C_i dB_i/dx would cancel. Where the basis is no partition of unity there is one more, E_P
    = sum_j dB_j/dx, which multiplies C_P.
    """

    value: Tensor
    slope: Tensor | None
    rows: Tensor


def basis(g: Graph, model: Model, where: Location, gradient: bool) -> Basis:
    """B_i(v) = sum_k M[matrix_id[span]][i, k] v^k for all axes at once; lower degrees are padded
    with zeros."""
    degree = max(int(gradient), *(a.basis.degree for a in model.axes))
    while g.apart and len(model.axes) in (degree, degree + 1):
        degree += 1
    matrices, ids, first = _pooled(model, degree)
    matrices, which = _which(g, model, where, matrices, ids)
    value = _horner(g, where.v, matrices, which)
    slope = None
    if gradient:
        slope = g.mul(
            _horner(g, where.v, _steps(matrices, max(a.basis.n_spans for a in model.axes)), which),
            where.rate,
        )
    return Basis(value, slope, _rows(g, model, where, first, degree + 1))


def _steps(matrices: np.ndarray, spans: int) -> np.ndarray:
    """Coefficients of E [M, P or P+1, P] from those of B [M, P+1, P+1]."""
    steps: np.ndarray = np.cumsum(
        matrices[:, :, 1:].astype(float) * np.arange(1, matrices.shape[2]), axis=1
    )
    steps[:, :-1] *= -1.0
    rest = np.abs(steps[:, -1]).max(axis=-1) / np.abs(steps).max(axis=(1, 2), initial=1e-300)
    return steps[:, :-1] if rest.max() * spans <= NEGLIGIBLE else steps


def _which(
    g: Graph, model: Model, where: Location, matrices: np.ndarray, ids: list[np.ndarray]
) -> tuple[np.ndarray, Tensor | None]:
    """Matrices, and which of them every span has, int32 [D, N]; None where all spans have one. Axes
    that are alike share a list."""
    if len(matrices) == 1:
        return matrices, None
    if any(not np.array_equal(i, ids[0]) for i in ids):
        return matrices, g.gather(
            g.constant(np.concatenate(ids), "int32"), over_all(g, where.span_float, model.axes)
        )
    if len(ids[0]) * matrices[0].nbytes <= SPREAD:
        return matrices[ids[0]], where.span
    return matrices, g.gather(g.constant(ids[0], "int32"), where.span)


def _rows(g: Graph, model: Model, where: Location, first: list[np.ndarray], count: int) -> Tensor:
    """Table rows of every axis int32 [P+1, D, N]: one addition where rows move on by one per span,
    else looked up."""
    i = np.arange(count)[:, None, None]
    if all(
        np.array_equal(f, f[0] + np.arange(len(f))) for f in first
    ):  # of floats, which runtimes add faster
        return g.cast(
            g.add(where.span_float, np.array([f[0] for f in first])[:, None] + i), "int32"
        )
    return g.add(
        g.gather(
            g.constant(np.concatenate(first), "int32"), over_all(g, where.span_float, model.axes)
        ),
        i,
    )


def _pooled(model: Model, degree: int) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Distinct matrices [M, P+1, P+1] of all axes, padded; per span of all axes the matrix and the
    first table row."""
    pool: dict[bytes, int] = {}
    matrices: list[np.ndarray] = []
    ids: list[np.ndarray] = []
    first: list[np.ndarray] = []
    offset = 0
    for axis, dtype in zip(model.axes, model.dtypes, strict=True):
        order = axis.basis.degree + 1
        chosen = []
        for matrix in axis.basis.matrices:
            full = np.zeros((degree + 1, degree + 1), dtype=np.float32)
            full[:order, :order] = centred(matrix) * FOLD[dtype]
            if full.tobytes() not in pool:
                pool[full.tobytes()] = len(matrices)
                matrices.append(full)
            chosen.append(pool[full.tobytes()])
        ids.append(np.array(chosen)[axis.basis.matrix_id])
        first.append(axis.basis.first_row + (offset if one_table(model) else 0))
        offset += axis.basis.n_rows
    return np.stack(matrices), ids, first


def centred(matrix: np.ndarray) -> np.ndarray:
    """Coefficients [p+1, p+1] in v = u - 1/2 from those in u: u^j = sum_k binom(j, k) v^k
    2^-(j-k)."""
    order = len(matrix)
    shift = np.array(
        [
            [comb(j, k) * 0.5 ** (j - k) if k <= j else 0.0 for k in range(order)]
            for j in range(order)
        ]
    )
    return matrix @ shift


def _horner(g: Graph, v: Tensor, m: np.ndarray, which: Tensor | None) -> Tensor:
    """sum_k m[which][i, k] v^k [i, D, N] by Horner's rule, matrices m [M, i, k]; without `which`
    there is one for all spans.

    Coefficients are looked up in one piece: graph runtimes are slow at products of many small
    matrices.
    """
    rows, terms = m.shape[1:]
    if which is None:
        *lower, total = (g.constant(m[0, :, k, None, None]) for k in range(terms))
        total = total if lower else g.add(g.mul(v, 0.0), total)
    else:
        picked = g.gather(g.constant(m.transpose(0, 2, 1).reshape(len(m), -1)), which)
        *lower, total = g.unstack(
            g.reshape(g.transpose(picked, (2, 0, 1)), (terms, rows, *v.shape)), 0
        )
    for coefficients in reversed(lower):
        total = g.add(g.mul(total, v), coefficients)
    return total


def atoms(g: Graph, model: Model, b: Basis) -> tuple[list[Tensor | None], list[Tensor | None]]:
    """Atoms [N, R_d] of every axis, and their slopes when the basis has them; None for an axis that
    no mode uses."""
    if side_by_side(model):
        return _stacked_atoms(g, model, b)
    rows, values = g.unstack(b.rows, 1), g.unstack(b.value, 1)
    slopes = g.unstack(b.slope, 1) if b.slope else []
    out: list[Tensor | None] = []
    out_slopes: list[Tensor | None] = []
    for d, table in enumerate(model.interaction.tables):
        if not table.shape[1]:
            out.append(None)
            out_slopes.append(None)
            continue
        picked = _lookup(g, table, model.dtypes[d], rows[d])
        out.append(_weighted(g, values[d], picked))
        out_slopes.append(
            _weighted(g, slopes[d], _differences(g, picked, slopes[d])) if slopes else None
        )
    return out, out_slopes


def _stacked_atoms(
    g: Graph, model: Model, b: Basis
) -> tuple[list[Tensor | None], list[Tensor | None]]:
    """All axes in one weighted sum, columns padded to the widest axis."""
    tables = padded_columns(model)
    if one_table(model):
        picked = _lookup(g, np.vstack(tables), model.dtypes[0], b.rows)
    else:
        rows = g.unstack(b.rows, 1)
        picked = g.stack(
            [
                _lookup(g, t, dtype, r)
                for t, dtype, r in zip(tables, model.dtypes, rows, strict=True)
            ],
            1,
        )
    widths = [t.shape[1] for t in model.interaction.tables]
    values = _parts(g, _weighted(g, b.value, picked), widths)
    if b.slope is None:
        return values, [None] * len(values)
    return values, _parts(g, _weighted(g, b.slope, _differences(g, picked, b.slope)), widths)


def _parts(g: Graph, atoms: Tensor, widths: list[int]) -> list[Tensor | None]:
    """Columns of every axis, without the padding."""
    parts = zip(g.unstack(atoms, 0), widths, strict=True)
    return [
        None if not w else part if w == atoms.shape[2] else g.slice(part, 1, 0, w)
        for part, w in parts
    ]


def _differences(g: Graph, picked: Tensor, slope: Tensor) -> Tensor:
    """C_{i+1} - C_i along the rows [P, .., R]; and C_P behind them where the slope asks for it."""
    count = picked.shape[0]
    assert count is not None
    steps = g.sub(g.slice(picked, 0, 1, count), g.slice(picked, 0, 0, count - 1))
    return (
        steps
        if slope.shape[0] == count - 1
        else g.concat([steps, g.slice(picked, 0, count - 1, count)], 0)
    )


def _lookup(g: Graph, table: np.ndarray, dtype: str, rows: Tensor) -> Tensor:
    """Rows of a table as float32 [P+1, .., R]; the table keeps its storage type (integers as
    stored, their factor is in B).

    P more rows of zeros: where lower degrees were padded, rows past the end are read and multiplied
    by 0.
    """
    order, *others = rows.shape
    assert order is not None
    padded = np.vstack([table, np.zeros((order - 1, table.shape[1]))]) / FOLD[dtype]
    stored = g.constant(padded, np.dtype(STORAGE[dtype]).name)
    reads = order * prod(g.batch or 1 if n is None else n for n in others)
    if dtype == "float16" or reads > len(padded):  # runtimes widen a float16 constant once, at load
        return g.gather(g.cast(stored, "float32"), rows)
    return g.cast(g.gather(stored, rows), "float32")


def _weighted(g: Graph, values: Tensor, picked: Tensor) -> Tensor:
    """sum_i B_i T_i: [P+1, ..] and [P+1, .., R] -> [.., R]."""
    return g.sum(g.mul(g.reshape(values, (*values.shape, 1)), picked), 0)
