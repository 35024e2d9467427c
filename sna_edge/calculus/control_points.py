"""An enclosure of a sum of products from its Bernstein coefficients over all inputs together: every
value lies between the smallest and the largest of them.

Modes that cancel, as those of two models that hardly differ, cancel in the coefficients already,
which an enclosure mode by mode cannot see. There are prod_d n_d of them, so it serves few inputs.
Source: Garloff, Interval Computations 2 (1993), on the range of polynomials in several variables.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.interaction import CP
from ..core.record import ModelRecord
from .sums import refine
from .tensor_grid import products

Floats = NDArray[np.float64]
MOST = 1 << 21
"""Coefficients at most; spans are halved while so many hold them."""
HALVINGS = 4
ROUNDING = 4 * float(np.finfo(float).eps)


def control_range(model: ModelRecord) -> tuple[float, float] | None:
    """(low, high) that holds the linear part of the first output everywhere in the domain; None
    where there are too many coefficients."""
    changes = None
    for halvings in range(HALVINGS + 1):
        if prod(_count(axis, halvings) for axis in model.axes) > MOST:
            break
        changes = [_to_control_points(axis, halvings) for axis in model.axes]
    if changes is None:
        return None
    found = products(model.interaction, changes) + model.outputs[0].bias
    slack = ROUNDING * _size(model, changes)
    return float(found.min()) - slack, float(found.max()) + slack


def _count(axis: Axis, halvings: int) -> int:
    if axis.kind == "categorical":
        return axis.basis.n_rows
    return (axis.basis.n_spans << halvings) * (axis.basis.degree + 1)


def _to_control_points(axis: Axis, halvings: int) -> Floats:
    """What takes a table to Bernstein coefficients on its spans, halved so many times."""
    basis = axis.basis
    if axis.kind == "categorical":
        return np.eye(basis.n_rows)
    breaks = basis.breaks
    for _ in range(halvings):
        breaks = np.sort(np.r_[breaks, (breaks[:-1] + breaks[1:]) / 2])
    return refine(basis, breaks, basis.degree)[1]


def _size(model: ModelRecord, changes: list[Floats]) -> float:
    """A bound of what is added up, by which rounding grows."""
    work = model.interaction
    terms = len(changes) + work.rank
    if isinstance(work, CP):
        largest = np.ones(work.rank)
        for d, change in enumerate(changes):
            if len(work.modes[d]):
                largest[work.modes[d]] *= (np.abs(change) @ np.abs(work.tables[d])).max(axis=0)
        sum_of = float(np.abs(work.weights[:, 0]) @ largest)
    else:
        row = np.ones(1)
        for core, change in zip(work.cores, changes, strict=True):
            moved = np.einsum("ij,jlr->ilr", np.abs(change), np.abs(core)).max(axis=0)
            row = row @ moved
        sum_of = float(row @ np.abs(work.weights[:, 0]))
    return terms * (sum_of + abs(model.outputs[0].bias))
