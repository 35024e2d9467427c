"""Parts accepted by their probability to be inside limits, or so that few accepted ones are bad."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, InputError, Model, Output, spline_axis
from sna_edge.core.beside import GRID, Calibration
from sna_edge.numerics import normal
from sna_edge.quality import Limit, Line, LineLimits, audit
from sna_edge.quality.accepting.rule import Escape
from sna_edge.quality.limits import parse_limits

LOGITS = (np.arange(GRID) - 16) / 2
NORMAL = normal.quantile(1.0 / (1.0 + np.exp(-LOGITS)))
BOTH = {"LSL": 90.0, "USL": 110.0}


def scattered(rows: int = 999, correlation: float = 0.0) -> Model:
    """width = power / 2 and depth = power / 4, with normal residuals of 4 and 2 um."""
    axis = spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
    cp = CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.array([[1.0, 0.5]]))
    beside = Calibration(
        rows, np.stack([4.0 * NORMAL, 2.0 * NORMAL]), np.zeros(2), np.array([correlation])
    )
    outputs = [Output("width", "um"), Output("depth", "um")]
    return Model([axis], cp, outputs, calibration=beside)


def judged(tables: dict[str, Any], powers: list[float], rows: int = 999) -> list[dict[str, Any]]:
    model = scattered(rows)
    line = Line(model, parse_limits(tables, model))
    return line.lines([json.dumps({"id": i, "power": p}) for i, p in enumerate(powers)])


def test_a_part_is_accepted_from_the_probability_on() -> None:
    powers = [200.0, 205.0, 208.0, 215.0]
    found = judged({"accept_at": 0.95, "outputs": {"width": BOTH}}, powers)
    middle = np.array(powers) / 2
    exact = normal.below((110 - middle) / 4) - normal.below((90 - middle) / 4)
    told = [a["p_in_spec"] for a in found]
    assert np.abs(np.array(told) - exact).max() < 0.003  # a grid of 33 quantiles, linear between
    assert [a["verdict"] for a in found] == ["ACCEPT", "ACCEPT", "NO VERDICT", "NO VERDICT"]
    assert found[0]["accept"] == {"rule": "accept_at", "threshold": 0.95}
    assert found[0]["outputs"]["width"]["p_in_spec"] == told[0]
    assert found[2]["reason"] == (
        f"width inside the limits with {100 * told[2]:.4g} %, accept_at asks for 95 %"
    )
    plain = judged({"outputs": {"width": BOTH}}, powers)
    assert "p_in_spec" not in plain[0] and "accept" not in plain[0]
    assert plain[1]["verdict"] == "ACCEPT" and plain[0]["verdict"] == "ACCEPT"


def test_all_outputs_at_once_or_each_by_itself() -> None:
    outputs: dict[str, Any] = {"width": {"USL": 105.0}, "depth": {"USL": 52.5}}
    each = {name: limit | {"accept_at": 0.88} for name, limit in outputs.items()}
    together, own = (
        judged(tables, [200.0])[0]
        for tables in ({"accept_at": 0.88, "outputs": outputs}, {"outputs": each})
    )
    assert together["verdict"] == "NO VERDICT" and own["verdict"] == "ACCEPT"
    p = [o["p_in_spec"] for o in own["outputs"].values()]
    assert together["p_in_spec"] == pytest.approx(p[0] * p[1], abs=1e-4)
    assert "all of width, depth inside the limits" in together["reason"]
    assert own["accept"]["threshold"] == {"width": 0.88, "depth": 0.88}
    mixed = judged({"outputs": {"width": each["width"], "depth": outputs["depth"]}}, [200.0])[0]
    assert mixed["verdict"] == "NO VERDICT"
    assert mixed["reason"] == "the interval of depth straddles a limit"


def test_a_rate_begins_at_what_the_model_believes() -> None:
    found = judged({"escape": 0.02, "outputs": {"width": BOTH}}, [200.0, 205.0, 400.0])
    assert [a["verdict"] for a in found] == ["ACCEPT", "NO VERDICT", "NO VERDICT"]
    threshold = found[0]["accept"].pop("threshold")
    assert found[0]["accept"] == {"rule": "escape", "rate": 0.02, "by": "model"}
    q = 1.0 - threshold  # with its standard error of 999 rows it is the rate
    assert q + np.sqrt(q / 999) == pytest.approx(0.02)
    assert f"escape = 0.02 asks for {100 * threshold:.4g} %" in found[1]["reason"]
    assert "p_in_spec" not in found[2]  # outside the domain
    few = judged({"escape": 0.02, "outputs": {"width": {"LSL": 80, "USL": 120}}}, [200.0], 60)[0]
    assert few["verdict"] == "NO VERDICT" and few["accept"]["threshold"] is None
    assert few["reason"].endswith(
        "escape = 0.02 (98 %) needs 99 calibration rows; this model has 60, which support at most"
        " 96.72 %: nothing is accepted"
    )


def test_rejects_and_unknown_parts_stay_what_they_are() -> None:
    model = scattered()
    seen = np.array([0], np.uint8)
    holed = model.replace(axes=[replace(model.axes[0], support=seen)])
    for tables in ({"accept_at": 0.5}, {"escape": 0.5}):
        tables = {**tables, "outputs": {"width": BOTH}}
        answer = Line(holed, parse_limits(tables, holed)).lines(['{"power": 200}'])[0]
        assert answer["status"] == "edge" and answer["verdict"] == "NO VERDICT"
        rejected = judged(tables, [300.0])[0]
        assert rejected["verdict"] == "REJECT" and rejected["reason"] == "width outside the limits"


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"accept_at": 0.4}, "accept_at is 0.4; give a probability from 0.5 to below 1"),
        ({"accept_at": 95}, "accept_at is 95"),
        ({"accept_at": "95 %"}, "without quotes"),
        ({"accept_at": True}, "without quotes"),
        ({"accept_at": float("nan")}, "no finite number"),
        ({"escape": 10**400}, "no finite number"),
        ({"escape": 1}, "0.01 for 1 %"),
        ({"escape": 0}, "from 0.000001"),
        ({"escape": 1e-17}, "from 0.000001"),
        ({"escape": {"rat": 0.01}}, "cannot have an entry 'rat'"),
        ({"escape": {"threshold": 0.9}}, "no rate"),
        ({"escape": {"rate": 0.01, "threshold": 0.9}}, "as sna-edge limits writes them"),
        ({"escape": 0.01, "accept_at": 0.95}, "several rules"),
        ({"accept_at": 0.999}, "needs 1,999 calibration rows; this model has 999"),
        ({"accept_at": 0.99999}, "beyond the quantiles of a file"),
    ],
)
def test_what_is_no_rule_is_said(tables: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_limits({**tables, "outputs": {"width": BOTH}}, scattered())


def test_a_model_without_a_distribution_is_refused() -> None:
    bare = scattered().replace(calibration=None)
    limit = {"width": {"USL": 100.0, "accept_at": 0.9}}
    with pytest.raises(InputError, match="need a model with quantiles of residuals"):
        parse_limits({"outputs": limit}, bare)
    with pytest.raises(InputError, match="several rules"):
        parse_limits({"accept_at": 0.9, "outputs": limit}, scattered())


def test_a_log_of_probabilities_is_found_again() -> None:
    model = scattered()
    limits = LineLimits((Limit("width", 90.0, 110.0),), escape=Escape(0.05))
    line = Line(model, limits)
    texts = [json.dumps({"power": p}) for p in (195.5, 200.0, 207.0)]
    made = {"model": {"sha256": "m"}, "limits": "l"}
    log = [json.dumps(a | made) for a in line.lines(texts)]
    found = audit([log], lambda names: line)
    assert found.exact == 3
    changed = log[0].replace('"p_in_spec": 0.9', '"p_in_spec": 0.8')
    assert not audit([[changed]], lambda names: line).holds
