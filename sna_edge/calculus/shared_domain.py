"""Two models on the domain that both have: cut to it exactly, inputs in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.basis import levels
from ..core.interaction import CP, TT
from ..core.record import ModelRecord, Record
from ..errors import InputError
from .sums import constant_row, refine

Floats = NDArray[np.float64]


def aligned(old: Record, new: Record) -> tuple[Record, Record]:
    """Both on the shared domain, with the same inputs in the order of `new`."""
    axes = shared_axes(old, new)
    return _on(old, axes), _on(new, axes)


def shared_axes(old: ModelRecord, new: ModelRecord) -> tuple[Axis, ...]:
    """The axes of `new`, then those that only `old` has; where both have one, cut to what they
    share. Raises InputError."""
    known = {axis.name: axis for axis in old.axes}
    both = [_shared(known[a.name], a) if a.name in known else a for a in new.axes]
    return (*both, *(a for a in old.axes if a.name not in new.input_names))


def _shared(old: Axis, new: Axis) -> Axis:
    name = new.name
    if (old.kind == "categorical") != (new.kind == "categorical"):
        raise InputError(
            f"input {name!r} has levels in one model and numbers in the other, which cannot be"
            " compared; leave the comparison out, or fit both alike"
        )
    if old.unit != new.unit:
        raise InputError(
            f"input {name!r} is in {old.unit or 'no unit'} in the old model and in"
            f" {new.unit or 'no unit'} in the new one, which cannot be compared; fit both alike"
        )
    if new.kind == "categorical":
        kept = tuple(level for level in new.level_names if level in old.level_names)
        if not kept:
            raise InputError(f"the models share no level of {name!r}; they cannot be compared")
        return new if kept == new.level_names else Axis(name, new.unit, levels(len(kept)), kept)
    low, high = max(old.lower, new.lower), min(old.upper, new.upper)
    if not low < high:
        raise InputError(
            f"the domains of {name!r} do not meet ({old.describe()}; {new.describe()}); the models"
            " cannot be compared"
        )
    return _cut(new, low, high, alike=old.kind == new.kind)[0]


def _cut(axis: Axis, low: float, high: float, alike: bool) -> tuple[Axis, Floats | None]:
    """The axis on [low, high], and what takes its tables there (None: it stays). A periodic one
    becomes continuous where it is cut, or the other is not periodic (`alike`)."""
    if alike and (axis.lower, axis.upper) == (low, high):
        return axis, None
    breaks = axis.basis.breaks
    inner = breaks[(breaks > low) & (breaks < high)]
    basis, change = refine(axis.basis, np.r_[low, inner, high], axis.basis.degree)
    return Axis(axis.name, axis.unit, basis), change


def _on(model: Record, axes: tuple[Axis, ...]) -> Record:
    """The model on given axes: its own ones cut, the others constant."""
    own = {axis.name: d for d, axis in enumerate(model.axes)}
    moved = [_moved(model.axes[own[a.name]], a) if a.name in own else (a, None) for a in axes]
    new_axes = tuple(axis for axis, _ in moved)
    place = [own.get(a.name) for a in axes]
    changes = [change for _, change in moved]
    work = model.interaction
    if isinstance(work, CP):
        both: CP | TT = _cp_on(work, new_axes, place, changes)
    else:
        both = _tt_on(work, new_axes, place, changes)
    return model.computed(axes=new_axes, interaction=both)


def _moved(axis: Axis, target: Axis) -> tuple[Axis, Floats | None]:
    """One axis of a model cut as `target` is."""
    if axis.kind != "categorical":
        return _cut(axis, target.lower, target.upper, axis.kind == target.kind)
    if axis.level_names == target.level_names:
        return axis, None
    rows = [axis.level_names.index(level) for level in target.level_names]
    cut = Axis(axis.name, axis.unit, levels(len(rows)), target.level_names)
    return cut, np.eye(axis.basis.n_rows)[rows]


def _cp_on(
    work: CP, axes: tuple[Axis, ...], place: Sequence[int | None], changes: Sequence[Floats | None]
) -> CP:
    tables, modes = [], []
    for axis, d, change in zip(axes, place, changes, strict=True):
        table = np.zeros((axis.basis.n_rows, 0)) if d is None else work.tables[d]
        tables.append(table if change is None else change @ table)
        modes.append(np.zeros(0, dtype=np.int64) if d is None else work.modes[d])
    return CP(tuple(tables), tuple(modes), work.weights)


def _tt_on(
    work: TT, axes: tuple[Axis, ...], place: Sequence[int | None], changes: Sequence[Floats | None]
) -> TT:
    known = [d for d in place if d is not None]
    if known != sorted(known):
        raise InputError(
            "the inputs of a tensor train stand in another order than those of the other model,"
            " which cannot be compared; fit both with the same order of inputs"
        )
    cores, rank = [], 1
    for axis, d, change in zip(axes, place, changes, strict=True):
        if d is None:
            core = constant_row(axis.basis)[:, None, None] * np.eye(rank)
        else:
            core = work.cores[d]
            core = core if change is None else np.einsum("ij,jlr->ilr", change, core)
        cores.append(core)
        rank = core.shape[2]
    return TT(tuple(cores), work.weights)


def as_coordinates(model: ModelRecord, axes: Sequence[Axis], x: Floats) -> Floats:
    """Points [N, len(axes)] of `axes`, which hold every input of the model, as its own [N, D];
    inf where a level is unknown to it."""
    place = {axis.name: d for d, axis in enumerate(axes)}
    columns = []
    for axis in model.axes:
        source = axes[place[axis.name]]
        column = x[:, place[axis.name]]
        if axis.kind == "categorical" and axis.level_names != source.level_names:
            index: Mapping[str, int] = {n: i for i, n in enumerate(axis.level_names)}
            to = np.array([float(index.get(n, np.inf)) for n in source.level_names])
            known = (column >= 0) & (column < len(to))
            column = np.where(known, to[np.where(known, column, 0).astype(int)], np.inf)
        columns.append(column)
    return np.stack(columns, axis=1)
