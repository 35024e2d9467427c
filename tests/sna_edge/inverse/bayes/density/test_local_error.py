"""Estimates take the width of the model where they end, the correlation of its outputs, and what
readings of known inputs may be off."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, InputError, Model, Output, spline_axis
from sna_edge.core.beside import (
    Calibration,
    Companion,
    Coordinate,
    CoordinateSource,
    Readings,
    Role,
)
from sna_edge.inverse import estimate, posterior

LOGITS = (np.arange(33) - 16) / 2
M = 0.01 * np.log(19) / 1.6449
"""Of a logistic scatter of 0.01: the normal deviation whose 90 % interval is as wide."""


def line(outputs: int = 1, correlation: float = 0.0, *, local: bool = False) -> Model:
    """Every output is x on 0 .. 2, its scatter 0.01, or 0.01 exp(2 (x - 1))."""
    axis = spline_axis("x", "m", 0, 2, spans=1, degree=1)
    table = [np.array([[0.0], [2.0]])]
    told = Calibration(
        500,
        [0.01 * LOGITS] * outputs,
        [0.0] * outputs,
        [correlation] * (outputs * (outputs - 1) // 2),
    )
    sigma = Model([axis], CP.full(table, [[2.0]]), [Output("sigma", link="exp", bias=-2.0)])
    scale = Companion(Role.SCALE, sigma, (Coordinate(CoordinateSource.INPUT, 0),))
    return Model(
        [axis],
        CP.full(table, np.ones((1, outputs))),
        [Output(name) for name in "abc"[:outputs]],
        companions=[scale] if local else [],
        calibration=told,
    )


def area(tolerance: float) -> Model:
    axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    return Model(
        axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")], readings=Readings([0.0, tolerance])
    )


@pytest.mark.parametrize("correlation", [-0.8, 0.0, 0.8])
def test_errors_of_outputs_are_as_correlated_as_stored(correlation: float) -> None:
    read = {"a": [1.0], "b": [1.0]}
    found = estimate(line(2, correlation), read, ["x"], 1e-6)
    assert found.deviation[0, 0] == pytest.approx(M * np.sqrt((1 + correlation) / 2), rel=1e-3)


def test_an_output_that_falls_errs_the_other_way() -> None:
    """In the space of a link with a scale below 0, read in output units."""
    model = line(2, 0.8)
    model = model.replace(
        outputs=[Output("a"), Output("b", link="logistic", scale=-1.0, bias=-1.0)],
        calibration=Calibration(500, [0.01 * LOGITS] * 2, [0.0, 0.0], [0.8], ("output", "link")),
    )
    seen = {"a": [1.0], "b": [-0.5]}  # before the link 0, that is x = 1, with slope 1 / 4
    one, other = (
        estimate(model, seen, ["x"], {"a": 1e-6, "b": noise}).deviation[0, 0]
        for noise in (1e-6, 0.02)  # seen before its link, and in output units
    )
    assert one == pytest.approx(M * np.sqrt(0.9), rel=1e-2)
    a = np.array([[M**2, -0.8 * M * M / 4], [-0.8 * M * M / 4, (M / 4) ** 2 + 0.02**2]])
    j = np.array([1.0, -0.25])
    assert other == pytest.approx(1 / np.sqrt(j @ np.linalg.solve(a, j)), rel=1e-2)


@pytest.mark.parametrize("x", [0.6, 1.7])
def test_the_width_is_that_of_the_setting_found(x: float) -> None:
    local = M * np.exp(2 * (x - 1))
    found = estimate(line(local=True), {"a": [x]}, ["x"], 1e-6)
    assert found.deviation[0, 0] == pytest.approx(local, rel=0.02)
    alone = estimate(line(local=True), {"a": [x]}, ["x"], 1e-3, noise_only=True)
    assert alone.deviation[0, 0] == pytest.approx(1e-3, rel=1e-3)


def test_readings_of_known_inputs_are_off_by_what_the_sensor_may_be() -> None:
    """x = area / y: relative errors of both add up."""
    read = {"y": [1.2], "area": [0.96]}
    off = 0.06 / np.sqrt(3)

    def deviation(model: Model, **words: object) -> float:
        return float(estimate(model, read, ["x"], 0.01, **words).deviation[0, 0])  # type: ignore[arg-type]

    both = np.hypot(0.01, 0.8 * off) / 1.2
    assert deviation(area(0.06)) == pytest.approx(both, rel=1e-3)
    assert deviation(area(0.0), input_error={"y": off}) == pytest.approx(both, rel=1e-3)
    for without in ({"input_error": {}}, {"noise_only": True}):
        assert deviation(area(0.06), **without) == pytest.approx(0.01 / 1.2, rel=1e-3)
    found = estimate(area(0.06), read, ["x"], 0.01)
    assert found.uncertainty == "noise and inputs"


@pytest.mark.parametrize(
    ("given", "part"), [({"x": 0.1}, "is unknown"), ({"q": 0.1}, "q"), ({"y": -1}, "0 or more")]
)
def test_wrong_reading_errors_are_refused(given: dict[str, float], part: str) -> None:
    with pytest.raises(InputError, match=part):
        estimate(area(0.1), {"y": [1.2], "area": [0.96]}, ["x"], 0.01, input_error=given)


def test_samples_are_weighted_with_the_width_of_each_setting() -> None:
    """p(x) ~ exp(-(x - y)^2 / 2 m(x)^2) / m(x), m(x) = 10 M exp(2 (x - 1)): against the sum over
    a grid."""
    model = line(local=True)
    model = model.replace(calibration=Calibration(500, [0.1 * LOGITS], [0.0]))
    drawn = posterior(model, {"a": [0.9]}, ["x"], 1e-4, n=4000, seed=3)
    x = np.linspace(0, 2, 20_001)
    m = 10 * M * np.exp(2 * (x - 1))
    density = np.exp(-0.5 * ((x - 0.9) / m) ** 2) / m
    density /= density.sum()
    mean = density @ x
    assert drawn.mean[0] == pytest.approx(mean, abs=0.02)
    assert drawn.deviation[0] == pytest.approx(np.sqrt(density @ (x - mean) ** 2), rel=0.05)
    assert drawn.status.label == "ok" and mean > 0.9 + 0.05


def test_the_width_follows_where_the_best_setting_moves() -> None:
    """Two outputs that disagree: with the widths of the middle the optimum is at 1.01, with those
    there it moves on, and the samples are those of the sum over a grid."""
    model = line(2, local=True).replace(
        calibration=Calibration(500, [0.1 * LOGITS, 0.06 * LOGITS], [0.0, 0.0], [0.0])
    )
    found = posterior(model, {"a": [0.4], "b": [1.2]}, ["x"], 1e-4, n=4000, seed=1)
    x = np.linspace(0, 2, 20_001)
    wide, even = 10 * M * np.exp(2 * (x - 1)), 6 * M
    density = np.exp(-0.5 * (((x - 0.4) / wide) ** 2 + ((x - 1.2) / even) ** 2)) / wide
    density /= density.sum()
    mean = density @ x
    assert found.mean[0] == pytest.approx(mean, abs=0.02)
    assert found.deviation[0] == pytest.approx(np.sqrt(density @ (x - mean) ** 2), rel=0.06)
