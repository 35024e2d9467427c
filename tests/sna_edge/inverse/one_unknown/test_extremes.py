"""Interval sets and extremes against a dense scan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sna_edge import CP, Axis, InputError, Model, Output, Status, level_axis, spline_axis
from sna_edge.core.basis import hat, uniform_breaks
from sna_edge.inverse import argmax, argmin, interval_set


def scan(
    model: Model, name: str, at: dict[str, float], count: int = 4001
) -> tuple[np.ndarray, np.ndarray]:
    axis = model.axes[model.axis_index(name)]
    x = np.linspace(axis.lower, axis.upper, count)
    return x, model.value({**at, name: x})[:, 0]


def line_problem(
    random_model: Callable[..., Model], seed: int
) -> tuple[Model, str, dict[str, float], np.ndarray, np.ndarray]:
    model, rng = random_model(seed), np.random.default_rng(seed)
    name = f"x{rng.integers(3)}"
    at = {a.name: rng.uniform(a.lower, a.upper) for a in model.axes if a.name != name}
    return model, name, at, *scan(model, name, at)


@pytest.mark.parametrize("seed", range(40))
def test_extremes_bound_a_dense_scan_and_are_attained(
    random_model: Callable[..., Model], seed: int
) -> None:
    model, name, at, _, y = line_problem(random_model, seed)
    low, high = argmin(model, name, at=at), argmax(model, name, at=at)
    slack = 1e-12 * np.abs(y).max()
    assert low.value <= y.min() + slack and high.value >= y.max() - slack
    for found in (low, high):
        assert model.value({**at, **found.at})[0] == pytest.approx(found.value, rel=1e-9, abs=slack)


@pytest.mark.parametrize("seed", range(40))
def test_intervals_hold_exactly_the_points_inside(
    random_model: Callable[..., Model], seed: int
) -> None:
    model, name, at, x, y = line_problem(random_model, seed)
    low, high = np.quantile(y, [0.3, 0.6])
    if np.ptp(y) < 1e-9 * np.abs(y).max():
        return
    found = interval_set(model, name, {"y": (low, high)}, at)
    inside = ((x[:, None] >= found.intervals[:, 0]) & (x[:, None] <= found.intervals[:, 1])).any(
        axis=1
    )
    clear = np.abs(y - low) > 1e-9 * np.ptp(y), np.abs(y - high) > 1e-9 * np.ptp(y)
    sure = clear[0] & clear[1]
    assert np.array_equal(inside[sure], ((y >= low) & (y <= high))[sure])


def test_open_sides_levels_and_errors() -> None:
    model = Model(
        [Axis("x", "", hat(uniform_breaks(0, 4, 4)))],
        CP.full([np.array([[0.0], [2], [0], [2], [0]])]),
        [Output("y")],
    )
    assert interval_set(model, "x", {"y": (1.0, np.inf)}).intervals.tolist() == [
        [0.5, 1.5],
        [2.5, 3.5],
    ]
    touching = interval_set(model, "x", {"y": (2.0, 3.0)})
    assert touching.values.tolist() == [1.0, 3.0] and not len(touching.intervals)
    assert interval_set(model, "x", {"y": (3.0, 4.0)}).status == Status.UNREACHABLE
    assert interval_set(model, "x", {"y": (2.0, 1.0)}).status == Status.BAD_INPUT
    with pytest.raises(InputError):
        argmin(model, "z")
    alloy = Model(
        [level_axis("alloy", ("a", "b", "c"))],
        CP.full([np.array([[1.0], [3.0], [2.0]])]),
        [Output("y")],
    )
    assert argmax(alloy, "alloy").at == {"alloy": "b"}
    assert interval_set(alloy, "alloy", {"y": (1.5, 3.5)}).solutions == [
        {"alloy": "b"},
        {"alloy": "c"},
    ]


@pytest.mark.parametrize(
    ("limits", "words"),
    [((3.0, 5.0), "3 to 5"), ((3.0, None), "3 or more"), ((None, -1.0), "-1 or less")],
)
def test_limits_that_are_not_reached_are_named_as_asked(
    limits: tuple[float | None, float | None], words: str
) -> None:
    axis = spline_axis("x", "m", 0, 2, spans=1, degree=1)
    line = Model([axis], CP.full([[[0], [2]]]), [Output("y")])
    found = interval_set(line, "x", {"y": limits})
    assert found.message.startswith(f"y = {words} is not reached; over")
