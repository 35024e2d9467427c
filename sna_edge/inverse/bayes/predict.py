"""What a measurement of something else would show, given an estimate: value and interval at other
known inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InputError
from ...model import Model
from ...uncertainty.typical import typical_outputs
from .density.model_error import carried

Floats = NDArray[np.float64]

FLAT = 12.0
"""Least curvature in unit coordinates: that of a uniform density on the box, where the data
determine nothing."""


@dataclass(frozen=True)
class Prediction:
    """value, deviation, lower, upper [N, K] of all outputs; the interval covers `level`.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> read = {"y": [0.5, 1.0, 1.5], "area": [0.41, 0.79, 1.2]}  # at x near 0.8
    >>> from sna_edge.inverse import estimate
    >>> ahead = estimate(area, read, ["x"], noise=0.02).predict({"y": [1.0, 2.0]})
    >>> ahead.value.round(2).tolist(), ahead.lower.round(2).tolist()
    ([[0.8], [1.6]], [[0.78], [1.56]])
    """

    outputs: tuple[str, ...]
    value: Floats
    deviation: Floats
    lower: Floats
    upper: Floats
    level: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON: a column of numbers per output and kind."""
        columns = {
            "value": self.value,
            "deviation": self.deviation,
            "lower": self.lower,
            "upper": self.upper,
        }
        return {
            "level": self.level,
            **{
                o: {n: c[:, k].tolist() for n, c in columns.items()}
                for k, o in enumerate(self.outputs)
            },
        }


def predict(
    model: Model,
    solution: Mapping[str, Any],
    curvature: Floats,
    box: Mapping[str, float],
    known: Mapping[str, ArrayLike],
    level: float,
    noise: float | Mapping[str, float],
    error: float = 0.0,
) -> Prediction:
    """y(x, known) +- q sqrt(J H^-1 J^T + (error m)^2 + noise^2), inside the link's range, q the
    normal quantile, m the deviation of the model's own error there; J [N, K, U] the slopes along
    the unknowns, H the curvature [U, U] of minus the log posterior at the optimum, both in units of
    the box {name: width}.

    `solution` {unknown: value}; `known` {input: number or [N]}. To first order in the unknowns'
    deviations. Raises InputError for wrong names and DomainError for values outside the domain.
    """
    if not 0.0 < level < 1.0:
        raise InputError(f"level is {level}; give a probability between 0 and 1")
    count = max((len(np.atleast_1d(np.asarray(v))) for v in known.values()), default=1)
    query = {
        name: np.broadcast_to(np.asarray(v), (count,)) for name, v in {**known, **solution}.items()
    }
    value, slope = model.value_and_gradient(query)
    columns = [model.axis_index(name) for name in box]
    j = np.nan_to_num(slope[:, :, columns]) * np.array(list(box.values()))
    size, vectors = np.linalg.eigh(curvature)
    along = j @ vectors
    variance = (np.square(along) / np.maximum(size, FLAT)).sum(axis=2)
    extra = [noise.get(o, 0.0) if isinstance(noise, Mapping) else noise for o in model.output_names]
    outputs = typical_outputs(model)
    own = error * np.stack([carried(o, value[:, k]) for k, o in enumerate(outputs)], axis=1)
    deviation = np.sqrt(variance + np.square(own) + np.square(np.array(extra, dtype=float)))
    reach = NormalDist().inv_cdf(0.5 + level / 2) * deviation
    ends = [
        o.clipped(value[:, k] - reach[:, k], value[:, k] + reach[:, k])
        for k, o in enumerate(model.outputs)
    ]
    lower, upper = (np.stack(column, axis=1) for column in zip(*ends, strict=True))
    return Prediction(tuple(model.output_names), value, deviation, lower, upper, level)
