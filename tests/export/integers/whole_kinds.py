"""Models on integers with something beside their values, by what that is, and what they say in
float64."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import sna_edge
from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.core.beside import (
    GRID,
    Calibration,
    Companion,
    Coordinate,
    CoordinateSource,
    LevelPair,
    Role,
)
from sna_export.certify.integer_path import with_paths
from sna_export.integers import Whole, path_of
from sna_export.st.block import Plan

from ...c_models import cp_model, mixed, zoo
from ...sna_edge.beside_models import (
    LOGITS,
    calibration,
    companions,
    function,
    scored,
    source,
    whole,
)


def everything(dtype: str = "int16", **changes: Any) -> Model:
    """Two outputs: local widths of features, levels and a prediction, familiarity, level pairs."""
    return whole(dtype, integer_path=True, **changes)


def quantiles(*spreads: float, shift: float = 0.0) -> list[Any]:
    return [s * np.sinh(LOGITS / 4) + shift for s in spreads]


def calibrated(model: Model, spaces: tuple[str, ...], *spreads: float, shift: float = 0.0) -> Model:
    """Widths of quantiles alone, the same everywhere."""
    count = len(spreads)
    made = Calibration(
        500, quantiles(*spreads, shift=shift), [0.001] * count,
        [0.0] * (count * (count - 1) // 2), spaces=spaces,
    )  # fmt: skip
    return model.replace(calibration=made)


def own(model: Model, space: str, below: float, above: float) -> Model:
    """Every output with an interval of the file."""
    told = Interval(0.9, below, above, space=space)
    return model.replace(outputs=[replace(o, interval=told) for o in model.outputs])


def scaled(model: Model, span: float) -> Model:
    """The first output with widths that grow exp(span)-fold along the first input."""
    axis = model.axes[0]
    rows = np.rint(np.linspace(0.0, 0.5, axis.basis.n_rows) * 2.0**15)[:, None] / 2.0**15
    sigma = Model([axis], CP.full([rows], [[2.0 * span]]), [Output("s", link="exp")],
                  dtypes=["int16"])  # fmt: skip
    scale = Companion(Role.SCALE, sigma, (Coordinate(CoordinateSource.INPUT, 0),), output=0)
    return model.replace(companions=[scale])


def familiar(dtype: str) -> Model:
    """A mixture of products of seven densities, tempered."""
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=8, degree=1) for d in range(7)]
    rng = np.random.default_rng(5)
    middle = rng.uniform(0.2, 0.8, (7, 6))
    tables = [
        np.rint(127 * np.exp(-8 * (np.linspace(0, 1, 9)[:, None] - m) ** 2)) / 128 for m in middle
    ]
    density = Model(axes, CP.full(tables, np.full((6, 1), 1 / 6)), [Output("p")],
                    dtypes=[dtype] * 7)  # fmt: skip
    told = Companion(Role.FAMILIARITY, density, tuple(map(source, range(7))), weight=2.5)
    found = calibration(n_residuals=0, quantiles=np.empty((0, GRID)), floor=[], correlation=[],
                        spaces=(), scores=-9.0 + LOGITS / 2, pairs=())  # fmt: skip
    value = function(axes, [Output("y")], 3, dtype)
    return scored(value.replace(companions=[told], calibration=found, integer_path=True))


def pairs_alone() -> Model:
    """Levels that were never seen together, and nothing else."""
    seen = np.ones((3, 2), bool)
    seen[0, 1] = False
    told = Calibration(pairs=(LevelPair.of(2, 3, seen),))
    return everything(companions=[], calibration=told)


def counted() -> Model:
    """Sensors of 12 bits and one that counts below zero."""
    counts = {"power": [0, 4095], "angle": [-2048, 2047], "density": [-(2**30), 2**30]}
    return scored(everything(metadata={"counts": counts}))


WHOLE: dict[str, Any] = {
    "everything, int16": lambda: scored(everything()),
    "everything, int8": lambda: scored(everything("int8")),
    "sensors of other counts": counted,
    "widths without familiarity": lambda: everything(
        companions=companions("int16")[:1],
        calibration=calibration(n_scores=0, scores=[], least_p=0.0, pairs=()),
    ),
    "familiarity of 7 inputs, int8": lambda: familiar("int8"),
    "familiarity of 7 inputs, int16": lambda: familiar("int16"),
    "level pairs alone": pairs_alone,
    "constant widths": lambda: calibrated(
        cp_model(mixed(), dtype="int16", rank=9, outputs=2, sparse=True), ("output",) * 2, 0.1, 0.4
    ),
    "constant widths in an identity's link": lambda: calibrated(
        cp_model(mixed(), dtype="int8", rank=9, outputs=2, sparse=True), ("link",) * 2, 0.1, 0.4
    ),
    "widths behind exp": lambda: calibrated(zoo()["exp"], ("link", "output"), 0.3, 0.2),
    "widths behind a logistic": lambda: calibrated(zoo()["logistic"], ("link", "output"), 0.5, 0.1),
    "wide, behind exp": lambda: scaled(calibrated(zoo()["exp"], ("link",) * 2, 2.0, 3.0), 1.0),
    "wide, behind a logistic": lambda: scaled(
        calibrated(zoo()["logistic"], ("link",) * 2, 9.0, 4.0), 2.0
    ),
    "widths of 1 to 20": lambda: scaled(
        calibrated(zoo()["uniform-3-int16"], ("output",) * 2, 0.1, 0.1), 3.0
    ),
    "one-sided": lambda: own(zoo()["graded-3-int16"], "output", 0.0, 0.75),
    "one-sided, behind a logistic": lambda: own(zoo()["logistic"], "link", 0.5, 0.0),
    "beside the value": lambda: calibrated(
        zoo()["hat-1-int8"], ("output",) * 2, 0.01, 0.02, shift=0.5
    ),
    "3 outputs of 150 modes": lambda: own(zoo()["wide-int8"], "output", 0.5, 0.25),
}
"""In whole numbers each of these tells all that its model does."""


def whole_of(model: Model) -> Whole:
    data = model.replace(companions=with_paths(model.companions)).to_bytes()
    plan = Plan(sna_edge.from_bytes(data, backend="numpy"), data, "sna_m")
    path = path_of(plan.artifact)
    assert path is not None
    return Whole(plan, path)


def inputs_of(whole: Whole, counts: np.ndarray) -> np.ndarray:
    """What sensors of these counts [N, D] stand for."""
    found = counts.astype(float)
    for d, (axis, fixed) in enumerate(zip(whole.plan.model.axes, whole.path.axes, strict=True)):
        if not fixed.categorical:
            share = (counts[:, d] - fixed.count_lower) / (fixed.count_upper - fixed.count_lower)
            found[:, d] = np.clip(axis.lower + share * axis.width, axis.lower, axis.upper)
    return found


def in_float(whole: Whole, x: np.ndarray) -> dict[str, np.ndarray]:
    """What the model says at inputs, by the names of the block."""
    plan, model = whole.plan, whole.plan.model
    query = {axis.name: x[:, d] for d, axis in enumerate(model.axes)}
    told = model.evaluate(query, level_index=True)
    found = {name: told.value[:, k] for k, name in enumerate(plan.outputs)}
    for k, (lower, upper) in plan.intervals.items():
        found |= {lower: told.lower[:, k], upper: told.upper[:, k]}
    if plan.familiar:
        found["familiarity"] = model.familiarity(query, level_index=True).p
    return found


def hostile(whole: Whole) -> np.ndarray:
    """Counts [N, D] of the domain at every break of every axis, and one before and one behind it,
    where the other inputs are in the middle; both corners."""
    axes = whole.path.axes
    lower, upper = np.array([a.count_lower for a in axes]), np.array([a.count_upper for a in axes])
    rows = [lower, upper]
    for d, axis in enumerate(axes):
        even = lower[d] + np.arange(axis.n_spans + 1) * (upper[d] - lower[d]) // axis.n_spans
        for at in axis.breaks if len(axis.breaks) else even:
            for count in (at - 1, at, at + 1):
                row = (lower + upper) // 2
                row[d] = np.clip(count, lower[d], upper[d])
                rows.append(row)
    return np.array(rows)
