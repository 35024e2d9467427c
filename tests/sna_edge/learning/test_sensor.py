"""A sensor that reads wrong: found by reference rows and measured values together, named, taken
off, gone when the sensor is well again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.learning import Learner
from sna_edge.quality import Limit, Line, LineLimits

from .conftest import SHA256, told

COUNT = 700


def bent_model() -> Model:
    """y = a**4 / 100 + b / 2, both in 0 .. 10."""
    a = spline_axis("a", "K", 0.0, 10.0, spans=20, degree=1)
    b = spline_axis("b", "W", 0.0, 10.0, spans=1, degree=1)
    tables = (np.linspace(0.0, 10.0, 21)[:, None] ** 4 / 100.0, np.array([[0.0], [5.0]]))
    cp = CP(tables, (np.array([0]), np.array([1])), np.ones((2, 1)))
    return Model([a, b], cp, [Output("y", "mm", interval=Interval(0.9, 3.0, 3.0))])


def line_of(path: str | None = None, mode: str = "recalibrate") -> Line:
    """It knows two hundred rows of a good time."""
    model = bent_model()
    learner = Learner(model, SHA256, mode, path)
    x = true_inputs(400, 7)
    learner.refer(x, model.evaluate(x), np.full((400, 1), np.nan), 100)
    return Line(model, LineLimits((Limit("y", usl=200.0),)), learner=learner)


def true_inputs(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal([5.0, 5.0], [1.5, 1.5], (count, 2)).clip(0.5, 8.0)


def parts(by: np.ndarray, moved: np.ndarray, seed: int = 0) -> list[dict[str, Any]]:
    """Parts, each measured: the sensor of a reads `by` [N] too high, the process itself has
    `moved` [N]."""
    x = true_inputs(len(by), seed)
    x[:, 0] = (x[:, 0] + moved).clip(0.5, 8.5)
    y = bent_model().value(x)[:, 0] + np.random.default_rng(seed).normal(0, 1.0, len(by))
    rows = zip(x.tolist(), y.tolist(), by.tolist(), strict=True)
    return [
        {"id": f"{seed}.{i}", "a": a + wrong, "b": b, "measured": {"y": value}}
        for i, ((a, b), value, wrong) in enumerate(rows)
    ]


def answers(line: Line, readings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for i in range(0, len(readings), 20) for one in told(line, *readings[i : i + 20])]


def sentences(found: list[dict[str, Any]]) -> list[str]:
    return [text for one in found for text in one.get("alarms", ()) if "the sensor of" in text]


def test_the_sensor_is_named_and_its_offset_taken_off() -> None:
    wrong = np.where(np.arange(COUNT) >= 100, 1.2, 0.0)
    line = line_of()
    found = answers(line, parts(wrong, np.zeros(COUNT)))
    said = sentences(found)
    assert said and said[0].startswith("y: by measured values the sensor of a reads ")
    assert "K too high" in said[0] and said[0].endswith("check the sensor")
    late = [one for one in found[400:] if "model_value" in one["outputs"]["y"]]
    off = {key: [one["outputs"]["y"][key] for one in late] for key in ("value", "model_value")}
    y = np.array([one["measured"]["y"]["value"] for one in late])
    size = {key: float(np.sqrt(np.mean((y - np.array(v)) ** 2))) for key, v in off.items()}
    assert size["value"] < 0.5 * size["model_value"]
    assert line.learner
    one = line.learner.knowledge.outputs[0]
    assert one.shift[0] == 1 and one.shift[1] == pytest.approx(-1.2, abs=0.5)
    before = line.learner.knowledge.correction.digest
    one.offset.b[0] *= 0.9
    line.learner.knowledge.forget("")
    assert line.learner.knowledge.correction.digest != before and one.shift == (0, 0.0)


def test_a_process_that_moved_is_no_sensor() -> None:
    moved = np.where(np.arange(COUNT) >= 100, 1.2, 0.0)
    found = answers(line_of(), parts(np.zeros(COUNT), moved))
    assert any("input a lies higher" in text for one in found for text in one.get("alarms", ()))
    assert sentences(found) == []


def test_it_ends_when_the_sensor_is_well_again_and_survives_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "learned")
    line = line_of(path)
    answers(line, parts(np.where(np.arange(300) >= 50, 1.2, 0.0), np.zeros(300)))
    assert line.learner and line.learner.knowledge.outputs[0].shift[0] == 1
    digest = line.learner.knowledge.correction.digest
    line.learner.close()
    line = line_of(path)
    assert line.learner and line.learner.knowledge.correction.digest == digest
    answers(line, parts(np.zeros(300), np.zeros(300), seed=1))
    assert line.learner.knowledge.outputs[0].shift == (0, 0.0)


def test_widths_alone_correct_no_sensor() -> None:
    wrong = np.where(np.arange(300) >= 50, 1.2, 0.0)
    assert sentences(answers(line_of(mode="width"), parts(wrong, np.zeros(300)))) == []
