"""A line whose parts come out 7 um wider than its model says, and their measured values."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.learning import Learner
from sna_edge.quality import Limit, Line, LineLimits

SHA256 = "ab" * 32
Answer = dict[str, Any]


def track_model() -> Model:
    """width = 50 + power / 2 - 20 (speed - 1) +- 5."""
    axes = [
        spline_axis("power", "W", 100.0, 300.0, spans=4, degree=1),
        spline_axis("speed", "m/s", 0.5, 1.5, spans=1, degree=1),
    ]
    tables = (np.linspace(50.0, 150.0, 5)[:, None], np.array([[10.0], [-10.0]]))
    modes = (np.array([0]), np.array([1]))
    outputs = [
        Output("width", "um", interval=Interval(0.9, 5.0, 5.0)),
        Output("depth", "um", bias=10.0, interval=Interval(0.8, 1.0, 2.0)),
        Output("ratio", "1"),
    ]
    weights = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    return Model(axes, CP(tables, modes, weights), outputs)


def learning_line(mode: str = "width", path: str | None = None, **options: Any) -> Line:
    """A line that learns in this mode."""
    model = track_model()
    learner = Learner(model, SHA256, mode, path, **options)
    return Line(model, LineLimits((Limit("width", usl=120.0),)), learner=learner)


def told(line: Line, *readings: dict[str, Any]) -> list[Answer]:
    """Answers to readings that come at once."""
    return line.lines([json.dumps(reading) for reading in readings])


def stream(count: int, shift: float = 7.0, seed: int = 0, late: int = 3) -> list[dict[str, Any]]:
    """Parts, and the measured width of each `late` parts later."""
    rng, found, measured = np.random.default_rng(seed), [], []
    for i in range(count):
        power, speed = float(rng.uniform(100, 300)), float(rng.uniform(0.5, 1.5))
        width = power / 2 - 20 * (speed - 1) + shift + 2.0 * float(rng.normal())
        found.append({"id": f"p{i}", "power": power, "speed": speed})
        measured.append({"id": f"p{i}", "measured": {"width": width}})
        if i >= late:
            found.append(measured[i - late])
    return found


@pytest.fixture
def line() -> Line:
    """It learns widths, in memory."""
    return learning_line()
