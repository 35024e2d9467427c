"""A target in the limits file: verdicts say how far from it a part is, and of changes that cost the
same advice takes the nearest to it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, level_axis, spline_axis
from sna_edge.inverse import advise
from sna_edge.quality import Line
from sna_edge.quality.limits import parse_limits

PLANE = {"a": {"step": 1.0, "cost": 1.0}, "b": {"step": 1.0, "cost": 1.0}}


def plane(support: tuple[int, ...] = (9, 9)) -> Model:
    """s = a + b, d = a - b, with a and b in -4 .. 4."""
    axes = [spline_axis(name, "", -4.0, 4.0, spans=2, degree=1) for name in "ab"]
    line = np.linspace(-4.0, 4.0, 3)[:, None]
    cp = CP((line, line), (np.array([0]), np.array([1])), np.array([[1.0, 1.0], [1.0, -1.0]]))
    seen = [replace(axes[0], support=np.array(support, np.uint8)), axes[1]]
    return Model(
        seen,
        cp,
        [
            Output("s", interval=Interval(0.9, 0.1, 0.1)),
            Output("d", interval=Interval(0.9, 0.1, 0.1)),
        ],
    )


def bowl() -> Model:
    """s = x^2, d = x, with x in -4 .. 4."""
    axis = spline_axis("x", "", -4.0, 4.0, spans=1, degree=2)
    tables = (np.array([[16.0, -4.0], [-16.0, 0.0], [16.0, 4.0]]),)
    cp = CP(tables, (np.array([0, 1]),), np.eye(2))
    return Model(
        [axis],
        cp,
        [
            Output("s", interval=Interval(0.9, 0.1, 0.1)),
            Output("d", interval=Interval(0.9, 0.1, 0.1)),
        ],
    )


def alloys() -> Model:
    """s = 0, 2, 2, 2 and d = 0, 1, 2, 3 on the levels A, B, C, D."""
    cp = CP(
        (np.array([[0.0, 0.0], [2.0, 1.0], [2.0, 2.0], [2.0, 3.0]]),),
        (np.array([0, 1]),),
        np.eye(2),
    )
    axes = [level_axis("alloy", ("A", "B", "C", "D"))]
    return Model(
        axes,
        cp,
        [
            Output("s", interval=Interval(0.9, 0.1, 0.1)),
            Output("d", interval=Interval(0.9, 0.1, 0.1)),
        ],
    )


CASES = [
    # model, knobs, part, target of d, the change
    (plane, PLANE, {"a": 0, "b": 0}, 1.0, {"a": 1.0}),
    (plane, PLANE, {"a": 0, "b": 0}, -1.0, {"b": 1.0}),
    (plane, PLANE, {"a": 0, "b": 0}, 4.0, {"a": 1.0}),
    (plane, PLANE, {"a": 0, "b": 0}, -4.0, {"b": 1.0}),
    (
        plane,
        {"a": {"step": 1.0, "cost": 2.0}, "b": {"step": 2.0, "cost": 1.0}},
        {"a": 0, "b": 0},
        4.0,
        {"a": 1.0},
    ),
    (
        plane,
        {"a": {"step": 1.0, "cost": 2.0}, "b": {"step": 2.0, "cost": 1.0}},
        {"a": 0, "b": 0},
        -4.0,
        {"b": 2.0},
    ),
    (
        plane,
        {**PLANE, "b": {"step": 1.0, "cost": 1.0, "upper": 0.5}},
        {"a": 0, "b": 0},
        -4.0,
        {"a": 1.0},
    ),
    (plane, {"a": PLANE["a"]}, {"a": 0, "b": 0}, -4.0, {"a": 1.0}),
    (bowl, {"x": {"step": 1.0}}, {"x": 0}, 1.0, {"x": 1.0}),
    (bowl, {"x": {"step": 1.0}}, {"x": 0}, -1.0, {"x": -1.0}),
    (bowl, {"x": {"step": 1.0, "upper": 0.0}}, {"x": 0}, 1.0, {"x": -1.0}),
    (alloys, {"alloy": {}}, {"alloy": "A"}, 1.0, {"alloy": "B"}),
    (alloys, {"alloy": {}}, {"alloy": "A"}, 2.2, {"alloy": "C"}),
    (alloys, {"alloy": {}}, {"alloy": "A"}, 3.0, {"alloy": "D"}),
    (plane, {**PLANE, "b": {"step": 1.05, "cost": 1.0}}, {"a": 0, "b": 0}, -4.0, {"a": 1.0}),
    (plane, {**PLANE, "a": {"step": 1.05, "cost": 1.0}}, {"a": 0, "b": 0}, 4.0, {"b": 1.0}),
]


@pytest.mark.parametrize(("make", "knobs", "part", "target", "change"), CASES)
def test_of_equal_changes_the_one_nearest_to_the_target(make, knobs, part, target, change) -> None:  # type: ignore[no-untyped-def]
    model = make()
    tables = {
        "outputs": {"s": {"LSL": 0.9}, "d": {"LSL": -9.0, "USL": 9.0, "target": target}},
        "knobs": knobs,
    }
    (found,) = Line(model, parse_limits(tables, model), advice_ms=30000.0).lines([json.dumps(part)])
    if make is not bowl:
        assert found["verdict"] == "REJECT"
    advice = found["advice"]
    assert advice["status"] == "ok" and advice["change"] == change
    there = {name: advice["settings"].get(name, value) for name, value in part.items()}
    (after,) = Line(model, parse_limits(tables, model)).lines([json.dumps(there)])
    assert after["verdict"] == "ACCEPT"
    assert after["outputs"]["d"]["value"] == pytest.approx(advice["after"]["d"]["value"])
    off = after["outputs"]["d"]["off_target"]
    assert (
        off == pytest.approx(advice["after"]["d"]["off_target"])
        and off == after["outputs"]["d"]["value"] - target
    )
    limits = {"s": (0.9, None), "d": (-9.0, 9.0)}
    free = advise(model, part, limits, parse_limits(tables, model).knobs, deadline_ms=30000.0)
    spent = [
        (knobs[k].get("cost", 1 / 8) * v if not isinstance(v, str) else 1.0)
        for k, v in change.items()
    ]
    assert np.sqrt(np.square(spent).sum()) == pytest.approx(free.cost), (
        "no change costs more for a target"
    )


def test_without_a_target_nothing_is_said_of_one() -> None:
    model = plane()
    tables = {"outputs": {"s": {"LSL": 0.9}}, "knobs": PLANE}
    (found,) = Line(model, parse_limits(tables, model), advice_ms=30000.0).lines(
        ['{"a": 0, "b": 0}']
    )
    assert "target" not in json.dumps(found)


@pytest.mark.parametrize(
    ("target", "change", "remark"), [(4.0, {"b": 1.0}, False), (-4.0, {"b": 1.0}, False)]
)
def test_settings_on_edge_are_not_preferred(
    target: float, change: dict[str, float], remark: bool
) -> None:
    """a > 0 was never trained: of two equal changes the other one is advised, whatever the
    target."""
    model = plane((9, 0))
    tables = {
        "outputs": {"s": {"LSL": 0.9}, "d": {"LSL": -9.0, "USL": 9.0, "target": target}},
        "knobs": PLANE,
    }
    (found,) = Line(model, parse_limits(tables, model), advice_ms=30000.0).lines(
        ['{"a": -0.5, "b": 0.5}']
    )
    assert found["advice"]["change"] == change and ("remark" in found["advice"]) == remark
    only = {**tables, "knobs": {"a": PLANE["a"]}}
    (edge,) = Line(model, parse_limits(only, model), advice_ms=30000.0).lines(
        ['{"a": -0.5, "b": 0.5}']
    )
    assert (
        edge["advice"]["change"] == {"a": 1.0}
        and "where there are no training data" in edge["advice"]["remark"]
    )
    (fine,) = Line(model, parse_limits({**only, "edge": "accept"}, model), advice_ms=30000.0).lines(
        ['{"a": -0.5, "b": 0.5}']
    )
    assert "remark" not in fine["advice"]


@pytest.mark.parametrize("untrained", ["a", "b"])
def test_a_change_exchanged_for_one_off_the_edge_has_no_remark(untrained: str) -> None:
    model = plane()
    axes = [
        replace(a, support=np.array([9, 0] if a.name == untrained else [9, 9], np.uint8))
        for a in model.axes
    ]
    model = Model(axes, model.interaction, model.outputs)
    tables = {
        "outputs": {"s": {"LSL": 0.9}, "d": {"LSL": -9.0, "USL": 9.0, "target": 0.0}},
        "knobs": PLANE,
    }
    other = "b" if untrained == "a" else "a"
    (found,) = Line(model, parse_limits(tables, model), advice_ms=30000.0).lines(
        [json.dumps({untrained: -0.5, other: 0.5})]
    )
    assert found["verdict"] == "REJECT"
    assert found["advice"]["change"] == {other: 1.0} and "remark" not in found["advice"]
