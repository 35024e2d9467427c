"""Unfamiliar parts: a value with status 5, never an ACCEPT, the inputs named; the limits file says
how strict."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sna_edge import InputError, Status
from sna_edge.quality import Limit
from sna_edge.quality.limits import LineLimits, parse_limits
from sna_edge.quality.line import Line

from .. import beside_models as made

X = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "density": 40.0}
PAIR = {**X, "alloy": "B", "machine": "M2"}
LIMITS = {"outputs": {"depth": {"LSL": -100.0, "USL": 100.0}}}


@pytest.fixture
def model():
    return made.whole(readings=None)


def test_a_whole_answer_says_where_it_is_unfamiliar(model) -> None:
    rows = {k: [X[k], PAIR[k], X[k]] for k in X} | {"power": [150.0, 150.0, 900.0]}
    found = model.evaluate(rows)
    assert found.status.tolist() == [Status.OK, Status.UNFAMILIAR, Status.OUT_OF_DOMAIN]
    assert np.array_equal(found.value[1], model(PAIR)) and np.isfinite(found.lower[1]).all()
    one = model.evaluate(PAIR)
    assert one.status.tolist() == [Status.UNFAMILIAR]
    beyond = model.evaluate({**PAIR, "power": 201.0}, extrapolate=True)
    assert beyond.status.tolist() == [Status.EXTRAPOLATED]


def test_what_cannot_be_scored_is_not_taken_for_familiar(model) -> None:
    far = model.replace(calibration=made.calibration(scores=np.full(33, 50.0), least_p=0.5))
    assert far.evaluate(X).status[0] == Status.UNFAMILIAR
    unlike = made.whole(readings=None, calibration=made.calibration(least_p=1e-9))
    assert unlike.evaluate(X).status[0] == Status.OK


def test_a_line_never_accepts_an_unfamiliar_part_and_names_what_is_unlike(model) -> None:
    line = Line(model, parse_limits(LIMITS, model))
    known, strange = line.lines([json.dumps(X), json.dumps(PAIR)])
    assert known["verdict"] == "ACCEPT"
    assert strange["verdict"] == "NO VERDICT" and strange["status"] == "unfamiliar"
    assert strange["reason"] == (
        "alloy = B and machine = M2 were never seen together (p = 0 %); measure the part"
    )
    assert strange["outputs"]["depth"]["value"] == pytest.approx(model(PAIR)[0])


def test_the_limits_file_may_be_stricter_than_the_model_and_not_looser(model) -> None:
    score = float(model.familiarity(X).score[0])
    model = model.replace(calibration=made.calibration(scores=score + 1 + 0.5 * made.LOGITS))
    p = float(model.familiarity(X).p[0])
    assert 0.05 < p < 0.3
    strict = parse_limits({**LIMITS, "least_p": p + 0.05}, model)
    loose = parse_limits({**LIMITS, "least_p": 1e-6}, model)
    answer = Line(model, strict).lines([json.dumps(X)])[0]
    assert answer["verdict"] == "NO VERDICT" and answer["status"] == "unfamiliar"
    assert "are rare together" in answer["reason"] and f"{100 * p:.2g} %" in answer["reason"]
    verdicts = [a["verdict"] for a in Line(model, loose).lines([json.dumps(X), json.dumps(PAIR)])]
    assert verdicts == ["ACCEPT", "NO VERDICT"]


@pytest.mark.parametrize("wrong", [0, 1.0, -0.1, "1 %"])
def test_a_threshold_is_a_share(model, wrong) -> None:
    with pytest.raises(InputError, match="least_p is"):
        parse_limits({**LIMITS, "least_p": wrong}, model)


def test_a_threshold_needs_a_model_that_says_how_familiar_inputs_are() -> None:
    plain = made.whole(readings=None, companions=(), calibration=None)
    with pytest.raises(InputError, match="least_p needs a model that says how familiar"):
        parse_limits({**LIMITS, "least_p": 0.01}, plain)
    assert LineLimits((Limit("depth", usl=1.0),)).least_p is None
