"""Small models written densely: a few more numbers in the tables cost less than the operators they
save."""

from __future__ import annotations

import numpy as np

from sna_edge.artifact.layout import FOLD, STORAGE
from sna_edge.core.interaction import CP
from sna_edge.model import Model

WORTH = 800
"""Bytes of an axis: what operators apart for that axis would weigh in a file, in both graphs
together."""
UNITY = 1e-6
"""How close sum_i B_i must be to 1."""


def filled(model: Model) -> Model:
    """The same function with every mode on every axis: atoms that were left out are constants,
    where that is worth it.

    The constant is the largest number its storage type holds up to 1; the weights take it out
    again.
    """
    cp = model.interaction
    if (
        not isinstance(cp, CP)
        or cp.uses.all()
        or not all(_unity(a.basis.matrices) for a in model.axes)
    ):
        return model
    missing = sum(
        t.shape[0] * (cp.rank - t.shape[1]) * _bytes(d)
        for t, d in zip(cp.tables, model.dtypes, strict=True)
    )
    if missing > WORTH * len(model.axes):
        return model
    tables, weights = [], cp.weights.copy()
    for table, modes, dtype in zip(cp.tables, cp.modes, model.dtypes, strict=True):
        one = 1.0 if FOLD[dtype] == 1.0 else 1.0 - FOLD[dtype]
        full = np.full((len(table), cp.rank), one)
        full[:, modes] = table
        weights[np.setdiff1d(np.arange(cp.rank), modes)] /= one
        tables.append(full)
    return model.replace(interaction=CP.full(tables, weights))


def _unity(matrices: np.ndarray) -> bool:
    total = matrices.sum(axis=1)
    return bool(np.abs(total - np.eye(1, total.shape[1])).max() <= UNITY)


def _bytes(dtype: str) -> int:
    return np.dtype(STORAGE[dtype]).itemsize


def side_by_side(model: Model) -> bool:
    """True when the tables of all axes, padded to as many columns, are worth one weighted sum."""
    pairs = zip(model.interaction.tables, padded_columns(model), model.dtypes, strict=True)
    return sum(
        (wide.size - table.size) * _bytes(dtype) for table, wide, dtype in pairs
    ) <= WORTH * len(model.axes)


def one_table(model: Model) -> bool:
    """True when they are also of one storage type, so that one lookup serves all axes."""
    return side_by_side(model) and len(set(model.dtypes)) == 1


def padded_columns(model: Model) -> list[np.ndarray]:
    """Tables [n_d, R_d] with zeros up to the largest R_d; cores of a train are flat, [n_d, r
    r']."""
    flat = [t.reshape(len(t), -1) for t in model.interaction.tables]
    widest = max(t.shape[1] for t in flat)
    return [np.pad(t, ((0, 0), (0, widest - t.shape[1]))) for t in flat]
