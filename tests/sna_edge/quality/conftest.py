"""A model of a line: one output with an interval, one without, levels, and a span of power that no
training row fell into."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, level_axis, spline_axis


def line_model(support: tuple[int, ...] = (9, 9, 9, 9), levels: tuple[int, ...] = (9, 9)) -> Model:
    """power in 100 .. 300 W in four spans, speed, alloy -> width = 50 + power / 2 - 20 (speed - 1),
    +- 5; depth free."""
    power, speed = (
        spline_axis("power", "W", 100.0, 300.0, spans=4, degree=1),
        spline_axis("speed", "m/s", 0.5, 1.5, spans=1, degree=1),
    )
    alloy = level_axis("alloy", ("316L", "IN718"))
    tables = (np.linspace(50.0, 150.0, 5)[:, None], np.array([[10.0], [-10.0]]), np.empty((2, 0)))
    outputs = [
        Output("width", "um", bias=50.0, interval=Interval(0.9, 5.0, 5.0)),
        Output("depth", "um"),
    ]
    cp = CP(
        tables,
        (np.array([0]), np.array([1]), np.array([], dtype=int)),
        np.array([[1.0, 1.0], [1.0, 0.0]]),
    )
    seen = [
        replace(power, support=np.array(support, np.uint8)),
        speed,
        replace(alloy, support=np.array(levels, np.uint8)),
    ]
    return Model(seen, cp, outputs)


@pytest.fixture(autouse=True)
def patient(own_time: None) -> None:
    """Advice has its milliseconds whatever else the machine does."""


@pytest.fixture(scope="session")
def holed() -> Model:
    """No training row with power in 150 .. 200 W, where parts are good, nor in 250 .. 300 W, where
    they are bad."""
    return line_model((9, 0, 9, 0))
