"""Plans by a model that takes missing readings: they are settings of inputs that are read, and what
was measured without a reading stands in the belief as the model takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.missing import FLAGS, LEVEL, Gaps, is_missing
from sna_edge.model import Model

from ..table import Table
from ..table.row_facts import taken
from .rows import Measured, measured_rows
from .space import Factor, Space
from .starting import Plan
from .stated import Stated

Floats = NDArray[np.float64]


def read_all(stated: Stated, model: Model) -> Stated:
    """What can be set where every reading is read: no flag, no level `missing`."""
    if model.gaps is None:
        return stated
    flags = dict.fromkeys(_flags(model.gaps), FLAGS[0])
    levels = {
        axis.name: tuple(level for level in axis.level_names if level != LEVEL)
        for axis in model.axes
        if axis.name in model.gaps.levels
    }
    free = {n: few for n, few in levels.items() if n not in stated.at}
    return replace(stated, at={**stated.at, **flags}, levels={**free, **stated.levels})


def rows_of(table: Table, space: Space, targets: Sequence[str], model: Model) -> Measured:
    """`measured_rows`; a missing reading has its usual value, its flag or its level."""
    gaps = model.gaps
    if gaps is None:
        return measured_rows(table, space, targets)
    y = [table.column(name) for name in targets]
    x = np.stack([_column(table, factor, gaps) for factor in space.factors], axis=1)
    filled, _ = gaps.filled(model.axes, x)
    return Measured(filled, np.stack(y, axis=1) if y else np.empty((len(table), 0)))


def without_flags(
    plan: Plan, present: Measured | None, model: Model
) -> tuple[Plan, Measured | None]:
    """Plan and measured rows as a table of readings holds them."""
    flags = set() if model.gaps is None else set(_flags(model.gaps))
    kept = [i for i, factor in enumerate(plan.space.factors) if factor.name not in flags]
    if len(kept) == len(plan.space.factors):
        return plan, present
    factors = tuple(plan.space.factors[i] for i in kept)
    plan = replace(plan, space=Space(factors, plan.space.rules), x=plan.x[:, kept])
    return plan, None if present is None else Measured(present.x[:, kept], present.y)


def _flags(gaps: Gaps) -> list[str]:
    return [flag for flag in gaps.flags.values() if flag]


def _column(table: Table, factor: Factor, gaps: Gaps) -> Floats:
    """Coordinates of one input, NaN where its reading is missing and may be."""
    if factor.name in _flags(gaps) and factor.name not in table.names:
        return np.full(len(table), np.nan)
    lacking = np.array([is_missing(cell) for cell in table.written(factor.name)], dtype=bool)
    if factor.levels:
        lacking &= np.array([not cell for cell in table.written(factor.name)], dtype=bool)
    column = np.full(len(table), np.nan)
    rows = np.flatnonzero(~lacking) if factor.name in gaps.may_lack else np.arange(len(table))
    read = measured_rows(taken(table, rows), Space((factor,)), ())
    column[rows] = read.x[:, 0]
    return column
