"""One width for the whole domain, for questions that take the width of an interval as constant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..core.output import Interval, Output
from ..core.record import ModelRecord
from ..numerics.domain_points import domain_points
from ..numerics.reference import Reference
from .companions import sigma
from .interval import USUAL, left_open, residuals

Floats = NDArray[np.float64]
POINTS = 512


def typical_outputs(model: ModelRecord, level: float | None = None) -> tuple[Output, ...]:
    """The outputs, each with a constant interval where the model knows one: its own, or at the
    usual level with the middle scale of the domain where it stands in the calibration alone; with
    a `level` all of them at that one. Raises InputError for a level that the rows do not support.
    """
    columns = left_open(model) if level is None else list(range(len(model.outputs)))
    if not columns:
        return model.outputs
    chosen = USUAL if level is None else level
    found, below, above = residuals(model, chosen)
    middle = middle_scale(model)
    outputs = list(model.outputs)
    for k in columns:
        ends = (-below[k] * middle[k], above[k] * middle[k])
        low, high = (max(float(end + found.floor[k]), 0.0) for end in ends)
        outputs[k] = replace(outputs[k], interval=Interval(chosen, low, high, found.spaces[k]))
    return tuple(outputs)


def middle_scale(model: ModelRecord) -> Floats:
    """Middle scale [K] of the residuals over the domain; 1 for outputs without one."""
    x = domain_points(model.axes, POINTS)
    return np.asarray(np.nanmedian(sigma(model, x, Reference(model).value(x)), axis=0))
