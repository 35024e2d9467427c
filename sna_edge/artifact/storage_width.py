"""What storing a model and evaluating it in float32 add to its intervals.

    below' = max(hypot(below, e, r / 2), r)
    e = spread of (canonical form - model),   r = 2^-23 max sum_r |mode_r| |dy/df|

Rounding knows nothing of the residuals, so variances add. e is 0 for a model that was loaded:
writing it again changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..core.output import Interval, Output
from ..core.record import ModelRecord, Record
from ..numerics.domain_points import domain_points, span_points
from ..numerics.reference import Reference
from .golden import absolute_modes

Floats = NDArray[np.float64]

POINTS = 4096
UNIT = 2.0**-23
"""Nine tenths of the errors of one float32 evaluation are below half of this times kappa times the
range."""
EQUAL = 1e-14  # relative: differences below are the float64 arithmetic
NOTHING = 1e-6  # of the whole interval: a growth that nobody sees, not worth other bytes


def spread(error: Floats, level: float) -> float:
    """Half width that holds the share `level` of errors [N], as a normal of their root mean square
    would at least."""
    error = np.abs(error)
    normal = NormalDist().inv_cdf((1.0 + level) / 2.0) * float(np.sqrt(np.mean(np.square(error))))
    return max(normal, float(np.quantile(error, level, method="higher")))


def grown(interval: Interval, *errors: float, least: float = 0.0) -> Interval:
    """The interval with independent errors of these half widths (in its space) added to both sides,
    `least` wide at least."""
    seen = NOTHING * (interval.below + interval.above)
    below, above = (
        _grown(width, max(hypot(width, *errors), least), seen)
        for width in (interval.below, interval.above)
    )
    return replace(interval, below=below, above=above)


def _grown(width: float, wider: float, seen: float) -> float:
    return wider if wider > width + seen else width


def with_storage(stored: Record, model: ModelRecord) -> Record:
    """`stored`, the canonical form of `model`, with what storing and float32 add to its
    intervals."""
    if all(o.interval is None for o in stored.outputs):
        return stored
    points = np.vstack([span_points(stored.axes), domain_points(stored.axes, POINTS)])
    f, truth = _linear(stored, points), _linear(model, points)
    size = absolute_modes(stored, points) + np.abs([o.bias for o in stored.outputs])
    columns = zip(stored.outputs, f.T, truth.T, size.T, strict=True)
    return stored.replace(outputs=[_output(*column) for column in columns])


def _linear(model: ModelRecord, points: Floats) -> Floats:
    """f_k at the points [N, K]."""
    plain = [
        replace(o, link="identity", scale=1.0, offset=0.0, interval=None, range=None)
        for o in model.outputs
    ]
    return Reference(model.replace(outputs=plain)).value(points)


def _output(output: Output, f: Floats, truth: Floats, size: Floats) -> Output:
    interval = output.interval
    if interval is None:
        return output
    with np.errstate(over="ignore", invalid="ignore"):
        if interval.space == "link":
            error, rounding = f - truth, UNIT * size
        else:
            error, rounding = (
                output.value(f) - output.value(truth),
                UNIT * size * np.abs(output.slope(f)),
            )
    error, largest = np.nan_to_num(error), float(np.max(np.abs(f), initial=0.0))
    scale = 1.0 if interval.space == "link" else float(np.max(np.abs(output.slope(f)), initial=0.0))
    least = float(np.nan_to_num(rounding).max(initial=0.0))
    if np.max(np.abs(error), initial=0.0) <= EQUAL * largest * scale:
        return replace(output, interval=grown(interval, least=least))
    return replace(
        output, interval=grown(interval, spread(error, interval.level), least / 2, least=least)
    )
