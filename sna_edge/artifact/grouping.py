"""Modes in groups of equal axes, each padded to a multiple of 4, as FORMAT.md sections 4 to 6 lay
them out."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.interaction import CP
from ..core.record import ModelRecord
from . import layout

Array = NDArray[Any]


def groups_of(cp: CP) -> Array:
    """Runs of equal masks; the modes are already sorted by mask."""
    runs = [(mask, len(list(run))) for mask, run in groupby(cp.masks)]
    groups = np.zeros(len(runs), layout.GROUP_RECORD)
    first = 0
    for record, (mask, count) in zip(groups, runs, strict=True):
        record["mask"], record["count"], record["first"] = mask, count, first
        first += layout.padded(count)
    return groups


def padded_columns(table: Array, d: int, groups: Array) -> Array:
    """Columns of axis d in group order, each group padded to a multiple of 4 with zeros."""
    parts, start = [np.zeros((len(table), 0))], 0
    for mask, count, _ in groups.tolist():
        if mask >> d & 1:
            parts.append(
                np.pad(table[:, start : start + count], ((0, 0), (0, layout.padded(count) - count)))
            )
            start += count
    return np.hstack(parts)


def padded_weights(model: ModelRecord, groups: Array) -> Array:
    """W [R', K] as in the file: zeros below the modes of every group; as it is for a train."""
    weights = model.interaction.weights
    if not isinstance(model.interaction, CP):
        return weights
    parts, start = [np.zeros((0, weights.shape[1]))], 0
    for _, count, _ in groups.tolist():
        parts.append(
            np.pad(weights[start : start + count], ((0, layout.padded(count) - count), (0, 0)))
        )
        start += count
    return np.vstack(parts)


def padded_rank(model: ModelRecord, groups: Array) -> int:
    """R': rows of W in the file."""
    if isinstance(model.interaction, CP):
        return sum(layout.padded(count) for _, count, _ in groups.tolist())
    return model.interaction.rank
