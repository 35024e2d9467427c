"""The canonical form: a model as its bytes will mean it (sorted, normalised, rounded to the storage
types), and JSON of one spelling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.interaction import CP, TT, Interaction
from ..core.record import Record
from ..errors import InputError
from .layout import FOLD

Floats = NDArray[np.float64]
SMALLEST = float(np.finfo(np.float32).tiny)


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no white space, no NaN."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def as_stored(model: Record) -> Record:
    """The canonical form: the model whose float64 evaluation is that of the artifact's own tables.

    Columns of float tables are normalised to max |C| in (1/2, 1] and the residue goes into W;
    tables, W and span matrices are rounded to their storage type. Integer tables must already be
    multiples of their unit (quantize does that). Raises InputError where a number does not fit.
    """
    dtypes = tuple("float32" if d == "float64" else d for d in model.dtypes)
    interaction = (
        model.interaction.sorted() if isinstance(model.interaction, CP) else model.interaction
    )
    interaction = _normalised(interaction, dtypes)
    tables = tuple(
        _rounded(t, d, a.name)
        for t, d, a in zip(interaction.tables, dtypes, model.axes, strict=True)
    )
    interaction = interaction.with_tables(tables, _weights32(interaction.weights))
    axes = tuple(_axis32(a, d) for a, d in zip(model.axes, dtypes, strict=True))
    return model.replace(axes=axes, interaction=interaction, dtypes=dtypes, backend="numpy")


def with_fewest_matrices(model: Record) -> Record:
    """The same function, span matrices that are equal stored once: the spans of hats have one."""
    return model.replace(axes=tuple(map(_fewest, model.axes)))


def _fewest(axis: Axis) -> Axis:
    basis = axis.basis
    _, first, place = np.unique(basis.matrices, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    kept = basis.matrices[first[order]]
    matrix_id = rank[place.reshape(-1)][basis.matrix_id]
    return replace(axis, basis=replace(basis, matrices=kept, matrix_id=matrix_id))


def _axis32(axis: Axis, dtype: str) -> Axis:
    fold = FOLD[dtype]
    matrices = (axis.basis.matrices * fold).astype(np.float32).astype(float) / fold
    return replace(axis, basis=replace(axis.basis, matrices=matrices))


def _weights32(weights: Floats) -> Floats:
    """W in f32 with subnormals set to zero; InputError when one overflows."""
    with np.errstate(over="ignore"):
        small = weights.astype(np.float32).astype(float)
    if not np.all(np.isfinite(small)):
        raise InputError(
            "a mixing weight does not fit float32; rescale the output or reduce the rank"
        )
    return np.where(np.abs(small) < SMALLEST, 0.0, small)


def _rounded(table: Floats, dtype: str, name: str) -> Floats:
    if not np.all(np.isfinite(table)):
        raise InputError(f"the table of axis {name!r} holds NaN or infinity; fit the model again")
    if dtype in ("float32", "float16"):
        with np.errstate(over="ignore"):
            small = table.astype(dtype).astype(float)
        if not np.all(np.isfinite(small)):
            raise InputError(f"the table of axis {name!r} does not fit {dtype}; use float32")
        return small
    unit = FOLD[dtype]
    q, limit = table / unit, 1.0 / unit
    if np.any(q != np.rint(q)) or np.any(q < -limit) or np.any(q >= limit):
        raise InputError(
            f"the table of axis {name!r} is not a multiple of the {dtype} unit; quantize the model"
            " first"
        )
    return table


def _normalised(interaction: Interaction, dtypes: tuple[str, ...]) -> Interaction:
    floats = [d in ("float32", "float16") for d in dtypes]
    return (
        _normalised_cp(interaction, floats)
        if isinstance(interaction, CP)
        else _normalised_tt(interaction, floats)
    )


def _normalised_cp(cp: CP, floats: list[bool]) -> CP:
    weights = cp.weights.copy()
    tables = []
    for table, modes, is_float in zip(cp.tables, cp.modes, floats, strict=True):
        scale = column_scale(table) if is_float and table.size else np.ones(table.shape[1])
        tables.append(table / scale)
        weights[modes] *= scale[:, None]
    return cp.with_tables(tables, weights)


def _normalised_tt(tt: TT, floats: list[bool]) -> TT:
    cores = [c.copy() for c in tt.cores]
    weights = tt.weights.copy()
    for d, is_float in enumerate(floats):
        if not is_float:
            continue
        last = d + 1 == len(cores)
        if not last and not floats[d + 1]:
            continue  # the next core is fixed to its integer grid and cannot take the residue
        scale = column_scale(cores[d].reshape(-1, cores[d].shape[2]))
        cores[d] /= scale
        if last:
            weights *= scale[:, None]
        else:
            cores[d + 1] *= scale[None, :, None]
    return TT(tuple(cores), weights)


def column_scale(table: Floats) -> Floats:
    """The power of two that brings max |column| into (1/2, 1], 1 for zero columns: dividing by it
    rounds nothing."""
    fraction, exponent = np.frexp(np.abs(table).max(axis=0))
    exponent = np.where(fraction == 0.5, exponent - 1, exponent)
    return np.where(fraction > 0, np.ldexp(1.0, exponent), 1.0)
