"""Verdicts of parts that are not accepted say what their inputs contribute, where the limits file
asks for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import InputError, Model
from sna_edge.cli.main import main
from sna_edge.cli.watching.schema import SCHEMA
from sna_edge.quality import Line, audit
from sna_edge.quality.limits import limits_in, parse_limits

from .. import beside_models as made
from .conftest import line_model

WIDTH = {"outputs": {"width": {"USL": 120.0}}}
GOOD = {"id": 7, "power": 120.0, "speed": 1.0, "alloy": "316L"}
BAD = {"id": 8, "power": 200.0, "speed": 1.5, "alloy": "IN718"}


def line(explain: Any, model: Model | None = None) -> Line:
    model = model or line_model()
    return Line(model, parse_limits({**WIDTH, "explain": explain}, model))


def judged(by: Line, *parts: Any) -> list[dict[str, Any]]:
    return by.lines([json.dumps(p) for p in parts])


def test_parts_are_explained_against_the_last_accepted_one() -> None:
    """width = 50 + power / 2 - 20 (speed - 1)."""
    by = line("last accepted")
    first, good, bad, again = judged(by, BAD, GOOD, BAD, {**BAD, "id": 9, "power": 120.0 + 40.0})
    assert [a["verdict"] for a in (first, good, bad)] == ["REJECT", "ACCEPT", "REJECT"]
    assert "contributions" not in first and "contributions" not in good
    told = bad["contributions"]
    assert told["against"] == {"reference": "last accepted", "line": 2, "id": 7}
    width = told["outputs"]["width"]
    assert width["base"] == pytest.approx(110.0) and width["value"] == pytest.approx(140.0)
    assert width["inputs"] == {
        "power": pytest.approx(40.0),
        "speed": pytest.approx(-10.0),
        "alloy": 0.0,
    }
    assert list(told) == ["against", "outputs"] and list(told["outputs"]) == ["width"]
    assert again["verdict"] == "NO VERDICT"  # 125: it straddles, and is explained all the same
    assert again["contributions"]["against"]["id"] == 7
    (later,) = judged(by, BAD)  # over blocks of lines
    assert later["contributions"] == told


def test_parts_are_explained_against_a_setting_or_the_mean() -> None:
    setting = {"power": "0.15 kW", "speed": 1.0, "alloy": "IN718"}
    (found,) = judged(line(setting), BAD)
    told = found["contributions"]
    assert told["against"] == {"setting": setting}
    inputs = told["outputs"]["width"]["inputs"]
    assert inputs == {"power": pytest.approx(25.0), "speed": pytest.approx(-10.0), "alloy": 0.0}
    (found,) = judged(line("mean"), BAD)
    assert found["contributions"]["against"] == {"setting": "mean"}
    assert found["contributions"]["outputs"]["width"]["base"] == pytest.approx(150.0)


def test_without_the_entry_verdicts_are_what_they_were() -> None:
    plain = Line(line_model(), parse_limits(WIDTH, line_model()))
    parts = [GOOD, BAD, {**BAD, "power": 900.0}, {"id": 3}]
    with_it = judged(line("last accepted"), *parts)
    for one in with_it:
        one.pop("contributions", None)
    assert judged(plain, *parts) == with_it


@pytest.mark.parametrize(
    ("explain", "part"),
    [
        ("last", "explain is 'last'; write 'last accepted', 'mean', or the values"),
        (True, "explain is 'True'"),
        (["mean"], "explain is"),
        ({"power": 200.0}, r"setting under \[explain\]: input 'speed', 'alloy' is missing"),
        ({"power": 999.0, "speed": 1.0, "alloy": "316L"}, r"under \[explain\]: .*'power'"),
        ({**GOOD}, r"under \[explain\]: 'id' is not an input"),
    ],
)
def test_another_entry_is_refused(explain: Any, part: str) -> None:
    with pytest.raises(InputError, match=part):
        line(explain)


def test_raw_readings_and_levels_are_explained() -> None:
    model = made.whole(companions=(), calibration=None)
    limits = {"outputs": {"depth": {"USL": 1e-9}}}
    setting = {"power": 160.0, "angle": 30.0, "alloy": "A", "machine": "M2", "hatch": "0.04 m"}
    by = Line(model, parse_limits({**limits, "explain": setting}, model))
    part = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "hatch": 20.0}
    (found,) = judged(by, part)
    exact = model.contributions(part, {**setting, "hatch": 40.0})
    inputs = found["contributions"]["outputs"]["depth"]["inputs"]
    assert inputs == dict(zip(exact.names, exact.contribution[:, 0].tolist(), strict=True))
    assert inputs["hatch"] != 0.0 and inputs["angle"] == 0.0
    given = {k: v for k, v in part.items() if k != "hatch"} | {"density": 30.0}
    (found,) = judged(by, given)
    assert "density" in found["contributions"]["outputs"]["depth"]["inputs"]


def test_what_cannot_be_explained_says_so() -> None:
    from sna_edge.core.beside import Derived, RawReading, Readings
    from sna_edge.core.beside.program import Step

    steps = (Step("input", 0), Step("raw", 0), Step("subtract"), Step("sqrt"))
    readings = Readings(
        np.zeros(5),
        (RawReading("hatch", "mm", 8.0, 180.0),),
        (Derived(4, "program", program=steps),),
    )
    model = made.whole(companions=(), calibration=None, readings=readings)
    setting = {"power": 110.0, "angle": 30.0, "alloy": "A", "machine": "M2", "hatch": 20.0}
    limits = {"outputs": {"depth": {"USL": 1e-9}}, "explain": setting}
    (found,) = judged(
        Line(model, parse_limits(limits, model)), {**setting, "power": 190.0, "hatch": 150.0}
    )
    assert found["verdict"] != "ACCEPT"
    assert "'density' cannot be computed" in found["contributions"]["message"]


def test_watch_writes_them_by_the_schema_and_audit_finds_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    line_model().save(tmp_path / "m.sna")
    text = 'explain = "last accepted"\n[outputs.width]\nUSL = 120.0\n'
    (tmp_path / "limits.toml").write_text(text)
    parts = "".join(json.dumps(p) + "\n" for p in (GOOD, BAD, BAD))
    (tmp_path / "parts.jsonl").write_text(parts)
    with open(tmp_path / "parts.jsonl") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert (
            main(["watch", str(tmp_path / "m.sna"), "--limits", str(tmp_path / "limits.toml")]) == 0
        )
    answers = capsys.readouterr().out
    checker = jsonschema.Draft202012Validator(SCHEMA)
    told = [json.loads(a) for a in answers.splitlines()]
    for answer in told:
        checker.validate(answer)
    assert [("contributions" in a) for a in told] == [False, True, True]
    wrong = {**told[1], "contributions": {"against": {"reference": "another"}}}
    assert not checker.is_valid(wrong)
    limits = limits_in(text.encode(), "limits.toml", line_model())
    again = audit([answers.splitlines()], lambda made: Line(line_model(), limits))
    assert again.equal == 3 and again.holds
