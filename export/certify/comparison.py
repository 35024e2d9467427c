"""Measured differences of two models at many points of the domain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.storage_width import spread, steepness
from sna_edge.core.magnitude import CONSTANT
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points

Floats = NDArray[np.float64]
POINTS = 16384
LEVEL = 0.9
LEAST_ROWS = 50
"""Rows from which on what intervals need is measured at them alone."""


@dataclass(frozen=True)
class Comparison:
    """Per output [K], in output units: largest, root mean square and 99.9 % quantile of |y -
    y_ref|; `span` = range of y_ref at the points; `worst` [K, D] = where the largest one is;
    `linear_rms` [K] = rms of f - f_ref; `usual`, `linear_usual` [K] = what holds both as often as
    the interval of the output its rows: at the rows given, else in the whole domain.
    """

    maximum: Floats
    rms: Floats
    p999: Floats
    span: Floats
    worst: Floats
    linear_rms: Floats
    usual: Floats
    linear_usual: Floats

    @property
    def relative(self) -> float:
        """Largest error over the output range, the worst output: what `max_error` limits."""
        return float((self.maximum / self.span).max())


def points_of(model: Model, data: Floats | None = None, count: int = POINTS) -> Floats:
    """Low-discrepancy points of the domain [count, D], followed by the rows of `data` inside it."""
    points = domain_points(model.axes, count)
    return points if data is None else np.vstack([points, inside(model, data)])


def inside(model: Model, data: Floats) -> Floats:
    """The rows of `data` [N, D] that lie in the domain."""
    good = np.all([a.excess(data[:, d]) == 0 for d, a in enumerate(model.axes)], axis=0)
    data = np.stack([a.settled(data[:, d]) for d, a in enumerate(model.axes)], axis=1)
    return np.asarray(data[good & np.isfinite(data).all(axis=1)])


def measure(
    model: Model, reference: Model, points: Floats, rows: Floats | None = None
) -> Comparison:
    """Compare two models with the same inputs and outputs at `points` [P, D]. Intervals promise
    what `rows` [N, D] are like: from 50 on `usual` is of them alone, and corners that correlated
    inputs never visit do not widen it."""
    y, truth = _values(model, points), _values(reference, points)
    linear = _linear(reference, truth)
    error, before = np.abs(y - truth), np.abs(_linear(model, y) - linear)
    if rows is not None and len(rows) >= LEAST_ROWS:
        counted, counted_before = _at_rows(model, reference, rows)
    else:
        counted, counted_before = _everywhere(reference, error, before, linear), before
    return Comparison(
        error.max(axis=0),
        _rms(error),
        np.quantile(error, 0.999, axis=0),
        span_of(truth),
        points[np.argmax(error, axis=0)],
        _rms(before),
        _usual(reference, counted),
        _usual(reference, counted_before),
    )


def _values(model: Model, points: Floats) -> Floats:
    return np.asarray(model.with_backend("numpy").backend.value(points))


def _at_rows(model: Model, reference: Model, rows: Floats) -> tuple[Floats, Floats]:
    """Errors [N, K] of the values and of f at the rows."""
    y, truth = _values(model, rows), _values(reference, rows)
    return np.abs(y - truth), np.abs(_linear(model, y) - _linear(reference, truth))


def _everywhere(reference: Model, error: Floats, before: Floats, linear: Floats) -> Floats:
    """Errors [P, K] as an interval of one width counts them: behind exp no steeper than
    `steepness` allows."""
    counted = error.copy()
    for k, output in enumerate(reference.outputs):
        if output.link == "exp":
            counted[:, k] = before[:, k] * steepness(output, linear[:, k])
    return counted


def _usual(reference: Model, error: Floats) -> Floats:
    levels = [o.interval.level if o.interval else LEVEL for o in reference.outputs]
    return np.array([spread(column, level) for column, level in zip(error.T, levels, strict=True)])


def span_of(values: Floats) -> Floats:
    """max - min [K] of values [N, K]; of constant outputs their magnitude, 1 where that is 0
    too."""
    low, high = values.min(axis=0), values.max(axis=0)
    size = np.maximum(np.abs(low), np.abs(high))
    span = np.where(high - low > CONSTANT * size, high - low, size)
    return np.where(span > 0, span, 1.0)


def _rms(error: Floats) -> Floats:
    return np.sqrt(np.mean(np.square(error), axis=0))


def _linear(model: Model, y: Floats) -> Floats:
    if all(o.link == "identity" for o in model.outputs):
        return y / np.array([o.scale for o in model.outputs])
    return np.nan_to_num(
        np.stack([o.linear_of(y[:, k]) for k, o in enumerate(model.outputs)], axis=1)
    )
