"""What storing a model and evaluating it in float32 add to its intervals.

    below' = max(hypot(below, e, r / 2), r)
    e = spread of (canonical form - model),   r = 2^-23 max sum_r |mode_r| |dy/df|

Behind exp the slope dy/df counts up to 30 times the middle one: in corners where y passes all
bounds no width means anything. Rounding knows nothing of the residuals, so variances add. e is 0
for a model that was loaded: writing it again changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..core.output import Interval, Output
from ..core.record import ALONE, ModelRecord, Record
from ..numerics.domain_points import domain_points, span_points
from ..numerics.reference import Reference
from .golden import absolute_modes

Floats = NDArray[np.float64]

POINTS = 4096
UNIT = 2.0**-23
"""Nine tenths of the errors of one float32 evaluation are below half of this times kappa times the
range."""
FLOOR_LEVEL = 0.99
"""Coverage of what is added to the floors of a calibration, which serve every level."""
STEEP = 30.0
"""Times the middle slope of an output behind exp."""
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
    """`stored`, the canonical form of `model`, with what storing and float32 add to its intervals
    and to the floors of its calibration."""
    calibration = stored.calibration
    calibrated = calibration is not None and calibration.n_residuals > 0
    if not calibrated and all(o.interval is None for o in stored.outputs):
        return stored
    points = np.vstack([span_points(stored.axes), domain_points(stored.axes, POINTS)])
    f, truth = _linear(stored, points), _linear(model, points)
    size = absolute_modes(stored, points) + np.abs([o.bias for o in stored.outputs])
    columns = list(zip(stored.outputs, f.T, truth.T, size.T, strict=True))
    if calibration is not None and calibrated:
        spaces = zip(columns, calibration.spaces, calibration.floor.tolist(), strict=True)
        floor = [_floor(was, *_added(*column, space)) for column, space, was in spaces]
        calibration = replace(calibration, floor=np.array(floor))
    return stored.replace(outputs=[_output(*column) for column in columns], calibration=calibration)


def _linear(model: ModelRecord, points: Floats) -> Floats:
    """f_k at the points [N, K]."""
    plain = [
        replace(o, link="identity", scale=1.0, offset=0.0, interval=None, range=None)
        for o in model.outputs
    ]
    return Reference(model.replace(outputs=plain, **ALONE)).value(points)


def _output(output: Output, f: Floats, truth: Floats, size: Floats) -> Output:
    interval = output.interval
    if interval is None:
        return output
    error, least = _added(output, f, truth, size, interval.space)
    if error is None:
        return replace(output, interval=grown(interval, least=least))
    return replace(
        output, interval=grown(interval, spread(error, interval.level), least / 2, least=least)
    )


def _floor(floor: float, error: Floats | None, least: float) -> float:
    """The floor of intervals at any level with the same added."""
    if error is not None:
        floor = hypot(floor, spread(error, FLOOR_LEVEL), least / 2)
    return max(floor, least)


def steepness(output: Output, f: Floats) -> Floats:
    """|dy/df| [N] by which errors of f count in an interval of one width: behind exp at most STEEP
    times the middle one, since in corners where y passes all bounds no such width means
    anything."""
    with np.errstate(over="ignore", invalid="ignore"):
        slope = np.asarray(np.abs(output.slope(f)))
    if output.link != "exp" or not len(f):
        return slope
    return np.asarray(np.minimum(slope, STEEP * np.median(slope)))


def errors(output: Output, f: Floats, truth: Floats, space: str) -> Floats:
    """Errors [N] of f in the space of an interval of one width."""
    if space == "link":
        return f - truth
    if output.link == "exp":
        return (f - truth) * steepness(output, truth)
    return np.asarray(output.value(f) - output.value(truth))


def _added(
    output: Output, f: Floats, truth: Floats, size: Floats, space: str
) -> tuple[Floats | None, float]:
    """Errors [N] that storing made in a space, None where they are no more than float64 arithmetic,
    and the largest rounding of float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        slope = np.ones_like(f) if space == "link" else steepness(output, f)
        error, rounding = errors(output, f, truth, space), UNIT * size * slope
    error, largest = np.nan_to_num(error), float(np.max(np.abs(f), initial=0.0))
    scale = float(np.max(slope, initial=0.0))
    least = float(np.nan_to_num(rounding).max(initial=0.0))
    nothing = np.max(np.abs(error), initial=0.0) <= EQUAL * largest * scale
    return None if nothing else error, least
