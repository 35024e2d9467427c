"""Basis values and atoms of every axis: one lookup of p+1 rows, one weighted sum."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from sna_edge.artifact.layout import FOLD, STORAGE
from sna_edge.model import Model

from .dense import one_table, padded_columns, side_by_side
from .ir import Graph, Tensor
from .place import Place

NEGLIGIBLE = 3e-7
"""Share of the slopes, times spans, below which the derivative of sum_i B_i is rounding of a partition of unity, and left out."""


@dataclass(frozen=True, eq=False)
class Basis:
    """B [N, D, P+1, 1] and the table rows int32 [N, D, P+1]; P = largest degree, at least 1 with a slope.

    `slope` E [N, D, P, 1] multiplies differences of neighbouring rows, dphi/dv = sum_{i < P} E_i (C_{i+1} - C_i) with
    E_i = -sum_{j <= i} dB_j/dv: neighbours subtract exactly in float32, where sum_i C_i dB_i/dv would cancel. Where the basis
    is no partition of unity there is one more, E_P = sum_j dB_j/dv, which multiplies C_P.
    """

    value: Tensor
    slope: Tensor | None
    rows: Tensor


def basis(g: Graph, model: Model, where: Place, gradient: bool) -> Basis:
    """B_i(v) = sum_k M[matrix_id[span]][i, k] v^k for all axes at once; lower degrees are padded with zeros."""
    degree = max(int(gradient), *(a.basis.degree for a in model.axes))
    while g.apart and len(model.axes) in (degree, degree + 1):
        degree += 1
    matrices, ids, first = _pooled(model, degree)
    count = len(model.axes)
    rows = g.add(g.reshape(_first_row(g, where.span, first), (None, count, 1)), g.constant(np.arange(degree + 1), "int32"))
    wanted = [matrices, _steps(matrices, max(a.basis.n_spans for a in model.axes))] if gradient else [matrices]
    if len(matrices) == 1:
        value, *slope = (_common(g, where.v, m[0]) for m in wanted)
    else:
        value, *slope = _horner(g, where.v, wanted, _which(g, where, ids))
    return Basis(value, slope[0] if slope else None, rows)


def _steps(matrices: np.ndarray, spans: int) -> np.ndarray:
    """Coefficients of E [M, P or P+1, P] from those of B [M, P+1, P+1]."""
    steps: np.ndarray = np.cumsum(matrices[:, :, 1:].astype(float) * np.arange(1, matrices.shape[2]), axis=1)
    steps[:, :-1] *= -1.0
    rest = np.abs(steps[:, -1]).max(axis=-1) / np.abs(steps).max(axis=(1, 2), initial=1e-300)
    return steps[:, :-1] if rest.max() * spans <= NEGLIGIBLE else steps


def _which(g: Graph, where: Place, ids: list[np.ndarray]) -> Tensor:
    """Index of the matrix of every span int32 [N, D]; axes that are alike share one list."""
    if len(ids) > 1 and all(np.array_equal(i, ids[0]) for i in ids):
        return g.gather(g.constant(ids[0], "int32"), g.sub(where.span, np.arange(len(ids)) * len(ids[0])))
    return g.gather(g.constant(np.concatenate(ids), "int32"), where.span)


def _first_row(g: Graph, span: Tensor, first: list[np.ndarray]) -> Tensor:
    """First table row of every axis int32 [N, D]: one addition where rows move on by one per span, else looked up."""
    starts = np.cumsum([0, *(len(f) for f in first)])[:-1]
    offsets = np.array([f[0] for f in first]) - starts
    if all(np.array_equal(f, f[0] + np.arange(len(f))) for f in first):
        return g.add(span, offsets) if offsets.any() else span
    return g.gather(g.constant(np.concatenate(first), "int32"), span)


def _pooled(model: Model, degree: int) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Distinct matrices [M, P+1, P+1] of all axes, padded; per span of all axes the matrix and the first table row."""
    pool: dict[bytes, int] = {}
    matrices: list[np.ndarray] = []
    ids: list[np.ndarray] = []
    first: list[np.ndarray] = []
    offset = 0
    for axis, dtype in zip(model.axes, model.dtypes, strict=True):
        order = axis.basis.degree + 1
        place = []
        for matrix in axis.basis.matrices:
            full = np.zeros((degree + 1, degree + 1), dtype=np.float32)
            full[:order, :order] = centred(matrix) * FOLD[dtype]
            if full.tobytes() not in pool:
                pool[full.tobytes()] = len(matrices)
                matrices.append(full)
            place.append(pool[full.tobytes()])
        ids.append(np.array(place)[axis.basis.matrix_id])
        first.append(axis.basis.first_row + (offset if one_table(model) else 0))
        offset += axis.basis.n_rows
    return np.stack(matrices), ids, first


def centred(matrix: np.ndarray) -> np.ndarray:
    """Coefficients [p+1, p+1] in v = u - 1/2 from those in u: u^j = sum_k binom(j, k) v^k 2^-(j-k)."""
    order = len(matrix)
    shift = np.array([[comb(j, k) * 0.5 ** (j - k) if k <= j else 0.0 for k in range(order)] for j in range(order)])
    return matrix @ shift


def _common(g: Graph, v: Tensor, matrix: np.ndarray) -> Tensor:
    """sum_k matrix[i, k] v^k [N, D, i, 1] where all spans share one matrix: powers times a constant."""
    powers = [g.binary("maximum", v, 1.0)]  # v is at most 1/2
    for k in range(1, matrix.shape[1]):
        powers.append(g.mul(powers[-1], v) if k > 1 else v)
    out = g.linear(g.stack(powers, 2), matrix.T)
    return g.reshape(out, (*out.shape, 1))


def _horner(g: Graph, v: Tensor, wanted: list[np.ndarray], which: Tensor) -> list[Tensor]:
    """sum_k m[which][i, k] v^k [N, D, i, 1] of every stack of matrices m [M, i, k], by Horner's rule.

    Coefficients are looked up in one piece: graph runtimes are slow at products of many small matrices.
    """
    column = g.reshape(v, (*v.shape, 1, 1))
    results = []
    for m in wanted:
        picked = g.gather(g.constant(m.transpose(0, 2, 1)[..., None]), which)
        *lower, total = g.unstack(picked, 2)
        for coefficients in reversed(lower):
            total = g.add(g.mul(total, column), coefficients)
        results.append(total)
    return results


def atoms(g: Graph, model: Model, b: Basis) -> tuple[list[Tensor | None], list[Tensor | None]]:
    """Atoms [N, R_d] of every axis, and their slopes when the basis has them; None for an axis that no mode uses."""
    if side_by_side(model):
        return _stacked_atoms(g, model, b)
    rows, values = g.unstack(b.rows), g.unstack(b.value)
    slopes = g.unstack(b.slope) if b.slope else []
    out: list[Tensor | None] = []
    out_slopes: list[Tensor | None] = []
    for d, table in enumerate(model.interaction.tables):
        if not table.shape[1]:
            out.append(None)
            out_slopes.append(None)
            continue
        picked = _lookup(g, table, model.dtypes[d], rows[d])
        out.append(_weighted(g, values[d], picked))
        out_slopes.append(_weighted(g, slopes[d], _differences(g, picked, slopes[d])) if slopes else None)
    return out, out_slopes


def _stacked_atoms(g: Graph, model: Model, b: Basis) -> tuple[list[Tensor | None], list[Tensor | None]]:
    """All axes in one weighted sum, columns padded to the widest axis."""
    tables = padded_columns(model)
    if one_table(model):
        picked = _lookup(g, np.vstack(tables), model.dtypes[0], b.rows)
    else:
        rows = g.unstack(b.rows)
        picked = g.stack([_lookup(g, t, dtype, r) for t, dtype, r in zip(tables, model.dtypes, rows, strict=True)])
    widths = [t.shape[1] for t in model.interaction.tables]
    values = _parts(g, _weighted(g, b.value, picked), widths)
    if b.slope is None:
        return values, [None] * len(values)
    return values, _parts(g, _weighted(g, b.slope, _differences(g, picked, b.slope)), widths)


def _parts(g: Graph, atoms: Tensor, widths: list[int]) -> list[Tensor | None]:
    """Columns of every axis, without the padding."""
    parts = zip(g.unstack(atoms), widths, strict=True)
    return [None if not w else part if w == atoms.shape[2] else g.slice(part, 1, 0, w) for part, w in parts]


def _differences(g: Graph, picked: Tensor, slope: Tensor) -> Tensor:
    """C_{i+1} - C_i along the rows [.., P, R]; and C_P behind them where the slope asks for it."""
    axis = len(picked.shape) - 2
    count = picked.shape[axis]
    assert count is not None
    steps = g.sub(g.slice(picked, axis, 1, count), g.slice(picked, axis, 0, count - 1))
    return steps if slope.shape[-2] == count - 1 else g.concat([steps, g.slice(picked, axis, count - 1, count)], axis)


def _lookup(g: Graph, table: np.ndarray, dtype: str, rows: Tensor) -> Tensor:
    """Rows of a table as float32 [.., P+1, R]; the table keeps its storage type (integers as stored, their factor is in B).

    P more rows of zeros: where lower degrees were padded, rows past the end are read and multiplied by 0.
    """
    count = rows.shape[-1]
    assert count is not None
    padded = np.vstack([table, np.zeros((count - 1, table.shape[1]))]) / FOLD[dtype]
    stored = g.constant(padded, np.dtype(STORAGE[dtype]).name)
    if dtype == "float16":  # runtimes widen a float16 constant once, at load
        return g.gather(g.cast(stored, "float32"), rows)
    return g.cast(g.gather(stored, rows), "float32")


def _weighted(g: Graph, values: Tensor, picked: Tensor) -> Tensor:
    """sum_i B_i T_i: [.., P+1, 1] * [.., P+1, R] -> [.., R]."""
    return g.sum(g.mul(values, picked), len(picked.shape) - 2)
