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


def typical_outputs(model: ModelRecord) -> tuple[Output, ...]:
    """The outputs, each with a constant interval where the model knows one: its own, or at the
    usual level with the middle scale of the domain where it stands in the calibration alone."""
    columns = left_open(model)
    if not columns:
        return model.outputs
    found, below, above = residuals(model, USUAL)
    x = domain_points(model.axes, POINTS)
    middle = np.nanmedian(sigma(model, x, Reference(model).value(x)), axis=0)
    outputs = list(model.outputs)
    for k in columns:
        ends = (-below[k] * middle[k], above[k] * middle[k])
        low, high = (max(float(end + found.floor[k]), 0.0) for end in ends)
        outputs[k] = replace(outputs[k], interval=Interval(USUAL, low, high, found.spaces[k]))
    return tuple(outputs)
