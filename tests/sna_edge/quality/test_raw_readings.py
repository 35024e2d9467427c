"""Parts on a line that come as raw readings: judged as the inputs computed from them."""

from __future__ import annotations

import json

import pytest

from sna_edge.cli.main import main
from sna_edge.quality.limits import parse_limits
from sna_edge.quality.line import Line

from .. import beside_models as made

LIMITS = {"outputs": {"depth": {"LSL": -100.0, "USL": 100.0}}}
BASE = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1"}


@pytest.fixture
def line() -> Line:
    model = made.whole()
    return Line(model, parse_limits(LIMITS, model))


def test_a_raw_reading_stands_for_the_input_computed_from_it(line: Line) -> None:
    parts = [{**BASE, "hatch": 20.0}, {**BASE, "density": 30.0}, {**BASE, "hatch": 21.0}]
    read, given, other = line.lines([json.dumps(p) for p in parts])
    assert read["verdict"] == "ACCEPT" and read["outputs"] == given["outputs"]
    assert other["outputs"] != given["outputs"]
    (unit,) = line.lines([json.dumps({**BASE, "hatch": "0.02 m"})])
    assert unit["outputs"]["depth"]["value"] == pytest.approx(read["outputs"]["depth"]["value"])


@pytest.mark.parametrize(
    ("part", "status", "reason"),
    [
        ({**BASE}, "bad_input", "missing reading 'density', and 'hatch' to compute it"),
        (
            {**BASE, "hatch": 100.0},
            "out_of_domain",
            "reading 'hatch' lies 20 mm outside [8, 80]",
        ),
        ({"angle": 30.0, "hatch": 20.0}, "bad_input", "missing reading 'power'"),
        ({**BASE, "hatch": "wide"}, "bad_input", "bad reading 'hatch' = wide: not a number"),
    ],
)
def test_what_cannot_be_computed_gets_no_verdict_and_a_reason(
    line: Line, part: dict[str, object], status: str, reason: str
) -> None:
    good, bad = line.lines([json.dumps({**BASE, "hatch": 20.0}), json.dumps(part)])
    assert good["verdict"] == "ACCEPT"
    assert (bad["verdict"], bad["status"], bad["reason"]) == ("NO VERDICT", status, reason)


def test_a_table_of_raw_readings(tmp_path, capsys) -> None:
    model, limits, rows = tmp_path / "m.sna", tmp_path / "limits.json", tmp_path / "parts.csv"
    made.whole().save(model)
    limits.write_text(json.dumps(LIMITS))
    rows.write_text("power,angle,alloy,machine,hatch\n150,30,A,M1,20\n150,30,A,M1,\n")
    assert main(["watch", str(model), "--limits", str(limits), "--table", str(rows)]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["verdict"] == "ACCEPT"
    assert second["reason"] == "missing reading 'density', and 'hatch' to compute it"
    rows.write_text("power,angle,alloy,machine\n150,30,A,M1\n")
    assert main(["watch", str(model), "--limits", str(limits), "--table", str(rows)]) == 2
    assert "has no column 'density'" in capsys.readouterr().err
