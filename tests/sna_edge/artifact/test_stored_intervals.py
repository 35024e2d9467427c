"""What is stored is what is answered: the rounding of tables and of float32 evaluation belongs to
the interval."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.artifact import from_bytes
from sna_edge.core.beside import Calibration
from sna_export.quantize import quantize

ROWS = 4000
LEAST = 0.885
"""0.9 less three standard deviations of the share of that many rows."""
BACKENDS = ["numpy", *(["native"] if importlib.util.find_spec("sna_edge_native") else [])]
NARROW = [0.0, 1e-300, 1e-11]
OUTPUTS = {
    "plain": Output("y"), "small": Output("y", scale=1e-9),
    "negative": Output("y", scale=-3.0, offset=2.0),
    "offset": Output("y", offset=1e6), "exp": Output("y", link="exp", scale=5.0),
    "exp with offset": Output("y", link="exp", offset=-7.0),
    "logistic": Output("y", link="logistic", scale=100.0), "biased": Output("y", bias=40.0),
}  # fmt: skip


def exact(build: Any, kind: str, output: Output, interval: Interval) -> Model:
    """A function that a model can be exactly, with the interval that a fit finds for it: far below
    the rounding."""
    axes = build.smooth_axes()
    base = (build.cp if kind == "cp" else build.tt)(axes, 4, outputs=1)
    work = base.interaction
    weights = work.weights * (1.0 if output.link == "identity" else 0.5)
    return Model(axes, work.with_tables(work.tables, weights), [replace(output, interval=interval)])


def covered(model: Model, stored: bytes, x: np.ndarray) -> float:
    """Share of the true values inside, on the backend that holds fewest."""
    truth = model.value(x)[:, 0]
    found = [from_bytes(stored, backend).evaluate(x) for backend in BACKENDS]
    return min(float(np.mean((truth >= f.lower[:, 0]) & (truth <= f.upper[:, 0]))) for f in found)


@pytest.mark.parametrize("space", ["output", "link"])
@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("kind", ["cp", "tt"])
def test_intervals_of_exact_functions_hold_after_storing(
    build: Any, kind: str, name: str, space: str
) -> None:
    """The Sobol g function erred by 7e-8 with an interval of 1e-11: 0.02 % covered."""
    model = exact(build, kind, OUTPUTS[name], Interval(0.9, 1e-13, 1e-13, space))
    x = build.points(model, ROWS)
    assert covered(model, model.to_bytes(), x) >= LEAST


@pytest.mark.parametrize("name", ["plain", "exp", "logistic"])
@pytest.mark.parametrize(
    "kind,to",
    [
        ("cp", "float16"),
        ("cp", "int16"),
        ("cp", "int8"),
        ("cp", "auto"),
        ("tt", "float16"),
        ("tt", "int8"),
    ],
)
def test_intervals_of_exact_functions_hold_after_quantizing(
    build: Any, kind: str, to: str, name: str
) -> None:
    model = exact(build, kind, OUTPUTS[name], Interval(0.9, 1e-13, 1e-13))
    x = build.points(model, ROWS)
    assert covered(model, quantize(model, to).to_bytes(), x) >= LEAST


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.99])
def test_other_levels_hold_too(build: Any, level: float) -> None:
    model = exact(build, "cp", OUTPUTS["plain"], Interval(level, 1e-13, 1e-13))
    x = build.points(model, ROWS)
    for to in (None, "int8"):
        stored = (quantize(model, to) if to else model).to_bytes()
        assert covered(model, stored, x) >= level - 3 * np.sqrt(level * (1 - level) / ROWS)


@pytest.mark.parametrize("width", NARROW)
@pytest.mark.parametrize("space", ["output", "link"])
@pytest.mark.parametrize("name", OUTPUTS)
def test_no_stored_interval_is_empty(build: Any, name: str, space: str, width: float) -> None:
    model = exact(build, "cp", OUTPUTS[name], Interval(0.9, width, width, space))
    again = from_bytes(model.to_bytes(), "numpy")
    found = again.evaluate(build.points(model, 200))
    assert (found.lower < found.upper).all()
    interval = again.outputs[0].interval
    assert interval is not None and min(interval.below, interval.above) > 0


@pytest.mark.parametrize("width", [0.0, 1e-11, 1e-3, 1.0])
@pytest.mark.parametrize(
    "kind,to", [("cp", None), ("tt", None), ("cp", "float16"), ("cp", "int8"), ("tt", "int16")]
)
def test_storing_again_adds_nothing(build: Any, kind: str, to: str | None, width: float) -> None:
    model = exact(build, kind, OUTPUTS["plain"], Interval(0.9, width, 2 * width))
    data = (quantize(model, to) if to else model).to_bytes()
    assert from_bytes(data, "numpy").to_bytes() == data


@pytest.mark.parametrize(
    "interval", [Interval(0.9, 1.0, 2.0), Interval(0.9, 0.0, 3.0), Interval(0.8, 0.25, 0.5, "link")]
)
def test_widths_far_above_the_rounding_stay_as_they_are(build: Any, interval: Interval) -> None:
    model = exact(build, "cp", OUTPUTS["plain"], interval)
    assert from_bytes(model.to_bytes(), "numpy").outputs[0].interval == interval


@pytest.mark.filterwarnings("ignore:the modes cancel")
def test_a_corner_that_explodes_does_not_widen_the_interval_everywhere() -> None:
    """y = exp(sum of 40 (x_d - 1/2)): 5e34 in a corner, 1 in the middle; one width in units of y is
    for rows like those that it comes from."""
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=1, degree=1) for d in range(4)]
    ramp = np.array([[0.0], [1.0]])
    terms = CP((ramp,) * 4, tuple(np.array([d]) for d in range(4)), np.full((4, 1), 40.0))
    told = Calibration(500, np.linspace(-0.1, 0.1, 33)[None], [0.0])
    model = Model(axes, terms, [Output("y", link="exp", bias=-80.0)], calibration=told)
    for kept in (model, quantize(model, "int16")):
        found = from_bytes(kept.to_bytes()).interval_at([[0.5] * 4], 0.9)
        assert 0.0 < found.upper[0, 0] - found.value[0, 0] < 0.11
