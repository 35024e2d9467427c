"""Values on a grid of points along each axis, by products of matrices: the cost is not that of the
points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.domain import DomainBox
from ..core.inputs import axis_index
from ..core.interaction import CP, TT
from ..core.record import ModelRecord
from ..errors import InputError
from .operations import at, biases

Floats = NDArray[np.float64]


def grid(
    model: ModelRecord, points: Mapping[str, ArrayLike], fixed: Mapping[str, object]
) -> Floats:
    """Values on the tensor grid of `points`, shape (*lengths, K)."""
    missing = [a.name for a in model.axes if a.name not in points and a.name not in fixed]
    if missing or not points:
        raise InputError(
            f"input {', '.join(missing)} needs points or a fixed value; pass it in points or at"
        )
    part = at(model, fixed)
    order = [axis_index(part.axes, name) for name in points]
    designs: list[NDArray[Any]] = []
    for axis in part.axes:
        x = np.atleast_1d(axis.encode(points[axis.name]))
        x = DomainBox((axis,)).admitted(x[:, None])[:, 0]
        levels = axis.basis.kind == "levels"
        designs.append(axis.basis.locate(x)[0] if levels else axis.basis.design(x))
    f = products(part.interaction, designs) + biases(part)
    y = np.stack([o.value(f[..., k]) for k, o in enumerate(part.outputs)], axis=-1)
    return np.transpose(y, [*order, len(order)])


def products(interaction: CP | TT, designs: list[NDArray[Any]]) -> Floats:
    """The sum of products without its bias [n_1, .., n_D, K], where designs[d] [n_d, rows] takes
    the table of axis d to what is multiplied: values at points, or coefficients; [n_d] are rows
    of the table, as of levels."""
    if isinstance(interaction, CP):
        return _grid_cp(interaction, designs)
    return _grid_tt(interaction, designs)


def _applied(design: NDArray[Any], table: Floats) -> Floats:
    """[n_d, columns] of a table [rows, columns]."""
    return np.asarray(table[design] if design.ndim == 1 else design @ table)


def _grid_cp(cp: CP, designs: list[NDArray[Any]]) -> Floats:
    """sum_r W[r,k] prod_d A_d[i_d, r] as one matrix product of the Khatri-Rao products of two
    halves of the axes."""
    atoms = []
    for d, design in enumerate(designs):
        full = np.ones((len(design), cp.rank))
        if len(cp.modes[d]):
            full[:, cp.modes[d]] = _applied(design, cp.tables[d])
        atoms.append(full)
    half = max(1, len(atoms) // 2)
    left, right = _khatri_rao(atoms[:half], cp.rank), _khatri_rao(atoms[half:], cp.rank)
    lengths = [len(a) for a in atoms]
    parts = [(left * cp.weights[:, k]) @ right.T for k in range(cp.weights.shape[1])]
    return np.stack(parts, axis=-1).reshape(*lengths, -1)


def _khatri_rao(atoms: list[Floats], rank: int) -> Floats:
    out = np.ones((1, rank))
    for a in atoms:
        out = (out[:, None, :] * a[None, :, :]).reshape(-1, rank)
    return out


def _grid_tt(tt: TT, designs: list[NDArray[Any]]) -> Floats:
    out = np.ones((1, 1))
    for core, design in zip(tt.cores, designs, strict=True):
        _, left, right = core.shape
        mats = _applied(design, core.reshape(len(core), -1)).reshape(-1, left, right)
        out = (out @ mats.transpose(1, 0, 2).reshape(left, -1)).reshape(-1, right)
    return (out @ tt.weights).reshape(*(len(d) for d in designs), -1)
