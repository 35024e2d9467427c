"""Companions of a model at inputs x: z of x and y, each coordinate kept on its axis, then the one
kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.beside import Companion, Coordinate, CoordinateSource, Role
from ..core.beside.given import need_whole
from ..core.evaluator import Evaluator
from ..core.record import ModelRecord
from ..errors import InputError

Floats = NDArray[np.float64]


def places(companion: Companion[Any], axes: Sequence[Axis], x: Floats, y: Floats) -> Floats:
    """Z [N, C] of inputs x [N, D] inside the domain and predictions y [N, K], the nearer end for
    what lies outside its axis; NaN where a sum overflows."""
    given = companion.coordinates
    z = np.empty((len(given), len(x)))
    features = [i for i, c in enumerate(given) if c.source == CoordinateSource.FEATURE]
    if features:
        z[features] = _features([given[i] for i in features], axes, x)
    for i, c in enumerate(given):
        if c.source == CoordinateSource.INPUT:
            z[i] = x[:, c.index]
        elif c.source == CoordinateSource.PREDICTION:
            z[i] = y[:, c.index]
    ends = np.array([(a.lower, a.upper) for a in companion.model.axes])
    return np.asarray(np.clip(z.T, ends[:, 0], ends[:, 1], order="C"))


def _features(features: Sequence[Coordinate], axes: Sequence[Axis], x: Floats) -> Floats:
    """b + sum_e A_e u_e [F, N], in the order of the inputs."""
    weights, start = np.array([f.weights for f in features], dtype=float), 0
    z = np.repeat([[f.constant] for f in features], len(x), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        for d, axis in enumerate(axes):
            if axis.kind == "categorical":
                z += weights[:, start + x[:, d].astype(int)]
                start += axis.basis.n_spans
            else:
                z += weights[:, start, None] * (x[:, d] - axis.lower)
                start += 1
    return z


def values(companion: Companion[Any], axes: Sequence[Axis], x: Floats, y: Floats) -> Floats:
    """What the companion gives at inputs x [N, D] and predictions y [N, K]: [N, outputs]; NaN where
    a coordinate is."""
    z = places(companion, axes, x, y)
    evaluator: Evaluator = companion.model.backend
    value: Callable[[Floats], Floats] = getattr(evaluator, "inside", evaluator.value)
    lost = np.isnan(z)
    if not lost.any():
        return value(z) if len(z) else np.empty((0, len(companion.model.outputs)))
    known = ~lost.any(axis=1)
    found = np.full((len(x), len(companion.model.outputs)), np.nan)
    if known.any():
        found[known] = value(z[known])
    return found


def verb(model: Any, name: str) -> Callable[..., Any] | None:
    """A function that the evaluator of the model may have beside `value`."""
    return getattr(model.backend, name, None)


def sigma(model: ModelRecord, x: Floats, y: Floats) -> Floats:
    """[N, K], the scale of the residuals of every output; 1 where an output has none."""
    found = np.ones((len(x), len(model.outputs)))
    for companion in model.companions:
        if companion.role == Role.SCALE:
            found[:, companion.output] = values(companion, model.axes, x, y)[:, 0]
    return found


def answer(model: ModelRecord, index: int, x: Floats, y: Floats) -> Floats:
    """`values` of companion `index`. Raises InputError where there is none."""
    need_whole("the number of a companion", index)
    count = len(model.companions)
    if not -count <= index < count:
        raise InputError(f"companion {index} is none of the {count} of this model")
    return values(model.companions[index], model.axes, x, y)
