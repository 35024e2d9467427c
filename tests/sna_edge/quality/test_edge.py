"""A part where the model was never trained is not accepted (nor rejected) because the model says a
number there."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, level_axis, spline_axis
from sna_edge.quality import Line, judge
from sna_edge.quality.limits import parse_limits

LIMITS = {"outputs": {"width": {"LSL": 100.0, "USL": 140.0}}, "knobs": {"power": {}}}


def answer(model: Model, limits: dict[str, object], **reading: object) -> dict[str, object]:
    line = Line(model, parse_limits(limits, model))
    (found,) = line.lines([json.dumps({"power": 140.0, "speed": 1.0, "alloy": "316L", **reading})])
    return found


@pytest.mark.parametrize(
    ("power", "status", "default", "accepted"),
    [
        (120.0, "ok", "ACCEPT", "ACCEPT"),
        (149.999, "ok", "ACCEPT", "ACCEPT"),
        (155.0, "edge", "NO VERDICT", "ACCEPT"),
        (169.0, "edge", "NO VERDICT", "ACCEPT"),
        (180.0, "edge", "NO VERDICT", "NO VERDICT"),
        (195.0, "edge", "NO VERDICT", "REJECT"),
        (205.0, "ok", "REJECT", "REJECT"),
        (260.0, "edge", "NO VERDICT", "REJECT"),
        (300.0, "edge", "NO VERDICT", "REJECT"),
        (301.0, "out_of_domain", "NO VERDICT", "NO VERDICT"),
    ],
)
def test_a_span_without_a_training_row_gets_no_verdict_unless_accepted(
    holed: Model, power: float, status: str, default: str, accepted: str
) -> None:
    for limits, verdict in (
        (LIMITS, default),
        ({**LIMITS, "edge": "no verdict"}, default),
        ({**LIMITS, "edge": "accept"}, accepted),
    ):
        found = answer(holed, limits, power=power)
        assert (found["verdict"], found["status"]) == (verdict, status)
        if status == "edge":
            assert found["outputs"], "the prediction stays visible"
        if status == "edge" and "edge" not in limits:
            assert (
                "power where there are no training data" in str(found["reason"])
                and "advice" not in found
            )


def unseen_level() -> Model:
    """No training row with the level IN718; otherwise a flat model."""
    alloy = replace(level_axis("alloy", ("316L", "IN718")), support=np.array([9, 0], np.uint8))
    power = replace(
        spline_axis("power", "W", 0.0, 10.0, spans=2, degree=1), support=np.array([0, 9], np.uint8)
    )
    cp = CP((np.ones((3, 1)), np.ones((2, 1))), (np.array([0]), np.array([0])), np.array([[1.0]]))
    return Model([power, alloy], cp, [Output("width", interval=Interval(0.9, 0.1, 0.1))])


@pytest.mark.parametrize(
    ("power", "alloy", "named"),
    [
        (7.0, "316L", ""),
        (3.0, "316L", "power"),
        (7.0, "IN718", "alloy"),
        (3.0, "IN718", "power, alloy"),
        (0.0, "316L", "power"),
    ],
)
def test_the_reason_names_the_inputs(power: float, alloy: str, named: str) -> None:
    limits = {"outputs": {"width": {"LSL": 0.0, "USL": 2.0}}}
    found = answer_of(unseen_level(), limits, power, alloy)
    assert found["verdict"] == ("NO VERDICT" if named else "ACCEPT")
    assert str(found.get("reason", "")).startswith(named)
    assert (
        answer_of(unseen_level(), {**limits, "edge": "accept"}, power, alloy)["verdict"] == "ACCEPT"
    )


def answer_of(
    model: Model, limits: dict[str, object], power: float, alloy: str
) -> dict[str, object]:
    (found,) = Line(model, parse_limits(limits, model)).lines(
        [json.dumps({"power": power, "alloy": alloy})]
    )
    return found


@pytest.mark.parametrize("edge", ["accept", "no verdict"])
def test_extrapolated_parts_are_never_judged(holed: Model, edge: str) -> None:
    limits = parse_limits({"edge": edge, "outputs": {"width": {"LSL": 0.0}}}, holed)
    found = holed.evaluate(
        {"power": [140.0, 90.0, 310.0], "speed": 1.0, "alloy": "316L"}, extrapolate=True
    )
    assert judge(holed, limits, found).verdict.tolist() == ["ACCEPT", "NO VERDICT", "NO VERDICT"]


def test_an_interval_that_is_no_number_is_not_taken_for_none(holed: Model) -> None:
    limits = parse_limits({"outputs": {"width": {"LSL": 0.0}}}, holed)
    found = holed.evaluate({"power": 140.0, "speed": 1.0, "alloy": "316L"})
    lost = replace(
        found, lower=np.full_like(found.lower, np.nan), upper=np.full_like(found.upper, np.nan)
    )
    assert judge(holed, limits, lost).verdict.tolist() == ["NO VERDICT"]


@pytest.mark.parametrize("edge", ["no verdict", "accept"])
def test_what_is_extrapolated_gets_no_verdict_whatever_it_says(edge: str) -> None:
    """The prediction beyond the end of power is far inside, or far outside, the limits."""
    model = unseen_level().replace(
        axes=(
            replace(unseen_level().axes[0], support=np.array([9, 9], np.uint8)),
            unseen_level().axes[1],
        )
    )
    inside, outside = (
        {"edge": edge, "outputs": {"width": {"LSL": a, "USL": b}}}
        for a, b in ((0.0, 2.0), (5.0, 6.0))
    )
    for limits, said in ((inside, "ACCEPT"), (outside, "REJECT")):
        found = model.evaluate(
            np.array([[5.0, 0.0], [11.0, 0.0]]), level_index=True, extrapolate=True
        )
        judged = judge(model, parse_limits(limits, model), found)
        assert judged.verdict.tolist() == [said, "NO VERDICT"] and judged.edge.tolist() == [
            False,
            True,
        ]
