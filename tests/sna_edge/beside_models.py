"""Models with something beside their values, made by the library's own constructors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sna_edge import CP, Axis, Interval, Model, Output, spline_axis
from sna_edge.core.basis import bspline, levels, periodic_bspline, uniform_breaks
from sna_edge.core.beside import (
    GRID,
    Calibration,
    Companion,
    Coordinate,
    CoordinateSource,
    Derived,
    LevelPair,
    RawReading,
    Readings,
    Role,
    Term,
)

LOGITS = (np.arange(GRID) - 16) / 2


def axes() -> list[Axis]:
    """A number, an angle, two inputs with levels, one derived from the first and a raw reading."""
    return [
        spline_axis("power", "W", 100.0, 200.0, spans=3, degree=2),
        Axis("angle", "deg", periodic_bspline(uniform_breaks(0.0, 360.0, 5), 3)),
        Axis("alloy", "", levels(3), ("A", "B", "C")),
        Axis("machine", "", levels(2), ("M1", "M2")),
        spline_axis("density", "J", 0.0, 100.0, spans=2, degree=1),
    ]


def function(
    axes: list[Axis], outputs: list[Output], seed: int, dtype: str = "float32", rank: int = 3
) -> Model:
    """Full modes with entries between 0 and 1 on the grid of int8."""
    rng = np.random.default_rng(seed)
    tables = []
    for axis in axes:
        table = rng.integers(8, 127, (axis.basis.n_rows, rank)) / 128.0
        tables.append(table[axis.basis.tie])
    weights = rng.integers(1, 9, (rank, len(outputs))) / 32.0
    return Model(axes, CP.full(tables, weights), outputs, dtypes=[dtype] * len(axes))


def source(d: int) -> Coordinate:
    return Coordinate(CoordinateSource.INPUT, d)


def feature(seed: int, constant: float = 0.25) -> Coordinate:
    """E = 3 inputs without levels, 3 alloys, 2 machines."""
    weights = np.random.default_rng(seed).normal(0, 0.01, 8).astype(np.float32)
    return Coordinate(CoordinateSource.FEATURE, 0, weights, constant)


def companions(dtype: str = "float32", integer_path: bool = False) -> list[Companion[Any]]:
    """One of every role, of every source of coordinates."""
    given = axes()
    z, y = spline_axis("z", "", -1.0, 1.5, spans=2), spline_axis("y", "", 1.0, 1.3, spans=2)

    def made(own: list[Axis], outputs: list[Output], seed: int) -> Model:
        model = function(own, outputs, seed, dtype)
        return model.replace(integer_path=integer_path)

    return [
        Companion(
            Role.SCALE,
            made([z, given[2], y], [Output("s", link="exp", scale=0.5, offset=0.125)], 1),
            (feature(1), source(2), Coordinate(CoordinateSource.PREDICTION, 0)),
            output=1,
        ),
        Companion(
            Role.FAMILIARITY,
            made([given[0], given[3]], [Output("p", scale=0.125)], 2),
            (source(0), source(3)),
            weight=2.0,
        ),
        Companion(Role.FAMILIARITY, made([z], [Output("p")], 3), (feature(2),), weight=1.5),
        Companion(
            Role.CLASS_SCORE,
            made([given[1]], [Output("a"), Output("b"), Output("c")], 4),
            (source(1),),
            output=200,
        ),
        Companion(Role.BASE, made([given[4]], [Output("b")], 5), (source(4),), output=0),
    ]


def calibration(**changes: Any) -> Calibration:
    """Residuals of 200 rows: skewed quantiles; scores of 300 rows; one pair of levels unseen."""
    seen = np.ones((3, 2), bool)
    seen[1, 1] = False
    fields: dict[str, Any] = {
        "n_residuals": 200,
        "quantiles": np.array([0.01 * LOGITS + 0.002, 0.1 * np.sinh(LOGITS / 4)]),
        "floor": [0.001, 0.002],
        "correlation": [0.25],
        "spaces": ("output", "link"),
        "n_scores": 300,
        "scores": -20.0 + 0.5 * LOGITS,
        "least_p": 0.01,
        "pairs": (LevelPair.of(2, 3, seen),),
    }
    return Calibration(**{**fields, **changes})


def readings() -> Readings:
    """density = 4 power hatch^-1; the angle as it is."""
    return Readings(
        [0.5, 0.0, 0.0, 0.0, 0.0],
        (RawReading("hatch", "mm", 8.0, 80.0),),
        (Derived(4, "product", (Term(0, 1.0), Term(0, -1.0, raw=True)), 4.0),),
    )


def whole(dtype: str = "float32", **changes: Any) -> Model:
    """Two outputs, the second behind a link with a scale, everything beside them."""
    outputs = [Output("depth", "um", scale=2.0), Output("share", "", "logistic", -1.0, 1.0)]
    model = function(axes(), outputs, 7, dtype)
    fields: dict[str, Any] = {
        "companions": companions(dtype),
        "calibration": calibration(),
        "readings": readings(),
    }
    return model.replace(**{**fields, **changes})


def scored(model: Model) -> Model:
    """The scores of its calibration those of random inputs, so that p takes every value."""
    rng = np.random.default_rng(4)
    x = np.stack(
        [rng.integers(0, a.basis.n_spans, 400) if a.kind == "categorical"
         else rng.uniform(a.lower, a.upper, 400) for a in model.axes], axis=1
    )  # fmt: skip
    query = {axis.name: x[:, d] for d, axis in enumerate(model.axes)}
    score = model.familiarity(query, level_index=True).score
    scores = np.quantile(score, 1.0 / (1.0 + np.exp(-LOGITS)))
    assert model.calibration is not None
    return model.replace(calibration=replace(model.calibration, scores=scores))


def with_interval(model: Model) -> Model:
    first, second = model.outputs
    return model.replace(outputs=[Output("depth", interval=Interval(0.9, 1.0, 1.0)), second])


def knotted() -> Axis:
    """A continuous axis with uneven breaks."""
    return Axis("k", "", bspline(np.array([0.0, 1.0, 3.0]), 2))
