"""Measured values: late, out of order, twice, of unknown parts, of some outputs, wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sna_edge import Output
from sna_edge.learning import Learner
from sna_edge.quality import Line, LineLimits, audit

from .conftest import SHA256, learning_line, stream, told, track_model

PART = {"id": 7, "power": 200.0, "speed": 1.0}


def test_a_reading_on_the_border_after_measured_values_alone_says_so() -> None:
    made = learning_line()
    made.judge_by(LineLimits(made.limits.outputs, tolerance={"power": 5.0}))
    sent = [
        {"id": 1, "power": 200, "speed": 1},
        {"id": 1, "measured": {"width": 100.0}},
        {"id": 2, "power": 301, "speed": 1},
    ]
    assert "power = 301" in told(made, *sent)[2]["remark"]


def test_a_line_without_measured_values_answers_as_one_that_does_not_learn(line: Line) -> None:
    parts = [r for r in stream(20) if "power" in r] + [{"id": 1}, {"power": "x", "speed": 1}]
    plain = Line(line.model, line.limits)
    assert json.dumps(told(line, *parts)) == json.dumps(told(plain, *parts))


def test_measured_values_join_their_part_by_id(line: Line) -> None:
    answers = told(line, PART, {"id": "7", "measured": {"width": 103.0, "depth": 10.5}})
    measured = answers[1]["measured"]
    assert set(answers[1]) == {"line", "id", "measured", "reading"}
    assert measured["width"]["learned"] and measured["depth"]["learned"]
    assert measured["width"]["predicted"] == pytest.approx(100.0)
    assert measured["width"]["inside"] and measured["width"]["covered"]["parts"] == 1


def test_inputs_and_measured_values_in_one_reading(line: Line) -> None:
    (answer,) = told(line, {"power": 200.0, "speed": 1.0, "measured": {"width": 300.0}})
    assert answer["verdict"] == "ACCEPT" and "correction" not in answer  # judged before
    assert answer["measured"]["width"]["learned"] and not answer["measured"]["width"]["inside"]


def test_twice_is_learned_once(line: Line) -> None:
    given = {"id": 7, "measured": {"width": 103.0}}
    _, first, again = told(line, PART, given, given)
    assert first["measured"]["width"]["learned"]
    assert again["measured"]["width"]["reason"] == "learned before"
    (depth,) = told(line, {"id": 7, "measured": {"width": 103.0, "depth": 10.0}})
    assert depth["measured"]["depth"]["learned"] and not depth["measured"]["width"]["learned"]
    assert line.learner and line.learner.knowledge.outputs[0].coverage.count == 1


def test_a_part_sent_again_is_the_same_part(line: Line) -> None:
    given = {"id": 7, "measured": {"width": 103.0}}
    told(line, PART, given)
    _, again = told(line, PART, given)
    assert not again["measured"]["width"]["learned"]
    _, other = told(line, PART | {"power": 210.0}, given)  # the id has come round
    assert other["measured"]["width"]["learned"]


def test_unknown_parts_and_parts_of_long_ago(line: Line) -> None:
    (never,) = told(line, {"id": "never", "measured": {"width": 1.0}})
    assert "no such part" in never["measured"]["width"]["reason"]
    assert line.learner
    room = line.learner.knowledge.parts.room
    parts = [{"id": i, "power": 200.0, "speed": 1.0} for i in range(room + 1)]
    told(line, *parts)
    first, second = told(
        line, {"id": 0, "measured": {"width": 1.0}}, {"id": 1, "measured": {"width": 1.0}}
    )
    assert not first["measured"]["width"]["learned"] and second["measured"]["width"]["learned"]


@pytest.mark.parametrize(
    ("given", "name", "reason"),
    [
        (3, "measured", "is no object"),
        ({"heat": 3}, "heat", "no output; outputs are width, depth, ratio"),
        ({"ratio": 3}, "ratio", "no interval"),
        ({"width": "wide"}, "width", "no finite number"),
        ({"width": True}, "width", "no finite number"),
        ({"width": 1e999}, "width", "no finite number"),
        ({"width": [1]}, "width", "no finite number"),
        ({"width": "3 kg"}, "width", "um"),
    ],
)
def test_what_cannot_be_learned_is_said(line: Line, given: object, name: str, reason: str) -> None:
    _, answer = told(line, PART, {"id": 7, "measured": given})
    assert reason in answer["measured"][name]["reason"]
    assert not answer["measured"][name]["learned"]
    assert line.learner and not line.learner.knowledge.labels


def test_measured_values_may_have_a_unit(line: Line) -> None:
    _, answer = told(line, PART, {"id": 7, "measured": {"width": "0.103 mm"}})
    assert answer["measured"]["width"]["value"] == pytest.approx(103.0)


def test_a_part_without_a_prediction_teaches_nothing(line: Line) -> None:
    far = PART | {"power": 999.0}
    _, answer = told(line, far, {"id": 7, "measured": {"width": 103.0}})
    assert answer["measured"]["width"]["reason"] == "the part has no prediction"


def plain(numbers: dict) -> dict:
    """Those that are there, and no object."""
    return {k: v for k, v in numbers.items() if k not in ("covered", "width") and v is not None}


def test_blocks_of_any_size_give_the_same_answers() -> None:
    readings = stream(120)
    whole = told(learning_line("recalibrate"), *readings)
    line = learning_line("recalibrate")
    single = [told(line, reading)[0] for reading in readings]
    for one, other in zip(whole, single, strict=True):
        assert one["id"] == other["id"] and one.get("verdict") == other.get("verdict")
        for kind in ("outputs", "measured"):
            for name, numbers in one.get(kind, {}).items():
                both = [plain(n) for n in (numbers, other[kind][name])]
                assert both[0] == pytest.approx(both[1], rel=1e-6)


def test_answers_to_measured_values_are_no_verdicts_for_an_audit(line: Line) -> None:
    log = [json.dumps(told(line, PART, {"id": 7, "measured": {"width": 103.0}})[1])]
    found = audit([log], lambda made: None)
    assert found.verdicts == 0 and found.holds


def test_measured_values_alone_are_no_part_of_a_line_that_does_not_learn(line: Line) -> None:
    bare = track_model().replace(outputs=[Output(n) for n in line.model.output_names])
    useless = Line(bare, line.limits, learner=Learner(bare, SHA256))
    why = {"learned": False, "reason": "it has no interval, so nothing is learned of it"}
    for one, said in ((Line(line.model, line.limits), {}), (useless, {"width": why})):
        _, alone, null = told(one, PART, {"id": 7, "measured": {"width": 3}},
                              {"id": 8, "measured": None})  # fmt: skip
        reading = {"id": 7, "measured": {"width": 3}}
        assert alone == {"line": 2, "id": 7, "measured": said, "reading": reading}
        assert null["verdict"] == "NO VERDICT"


def test_a_verdict_of_measured_values_alone_is_no_verdict_of_a_line(line: Line) -> None:
    log = {"verdict": "ACCEPT", "status": "ok", "reading": {"id": 7, "measured": {"width": 3}},
           "model": {"sha256": "m"}, "limits": "l"}  # fmt: skip
    found = audit([[json.dumps(log)]], lambda made: Line(line.model, line.limits))
    assert found.different == 1 and "came alone" in found.findings[0][1]


def test_a_part_at_the_border_keeps_its_remark_behind_measured_values_alone(line: Line) -> None:
    axis = line.model.axes[0]
    line = Line(line.model, replace(line.limits, tolerance={axis.name: 5.0}))
    far = {**PART, axis.name: axis.upper + 1.0}
    answers = told(line, {"id": 7, "measured": {"width": 3}}, far)
    assert f"{axis.upper + 1.0:g}" in answers[1]["remark"]
