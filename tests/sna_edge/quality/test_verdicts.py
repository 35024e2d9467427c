"""Verdicts: the rule, the limits file, and a line that answers every line it is given."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, InputError, Interval, Model, Output, level_axis, spline_axis
from sna_edge.cli import main
from sna_edge.cli.console import json_value
from sna_edge.quality import Line, judge, read_limits
from sna_edge.quality.limits import LineLimits, parse_limits

LIMITS = {
    "outputs": {"width": {"LSL": 100.0, "USL": 140.0, "target": 120.0}},
    "knobs": {"power": {"lower": 120.0, "step": 5.0}},
}
TOML = "[outputs.width]\nLSL = 100.0\nUSL = 140.0\n[knobs.power]\nlower = 120.0\nstep = 5.0\n"
FUZZED = int(os.environ.get("SNA_FUZZED_LINES", "3000"))


@pytest.fixture(scope="module")
def model() -> Model:
    """power, speed, alloy -> width = 50 + power / 2 - 20 (speed - 1), +- 5; depth free."""
    power, speed = (
        spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1),
        spline_axis("speed", "m/s", 0.5, 1.5, spans=1, degree=1),
    )
    tables = (np.array([[50.0], [150.0]]), np.array([[10.0], [-10.0]]), np.empty((2, 0)))
    outputs = [
        Output("width", "um", bias=50.0, interval=Interval(0.9, 5.0, 5.0)),
        Output("depth", "um"),
    ]
    cp = CP(
        tables,
        (np.array([0]), np.array([1]), np.array([], dtype=int)),
        np.array([[1.0, 1.0], [1.0, 0.0]]),
    )
    return Model([power, speed, level_axis("alloy", ("316L", "IN718"))], cp, outputs)


@pytest.fixture(scope="module")
def line(model: Model) -> Line:
    return Line(model, parse_limits(LIMITS, model))


@pytest.fixture(scope="module")
def smooth(model: Model) -> Line:
    """The same without levels: readings that are all numbers take a shorter way."""
    part = model.at(alloy="316L")
    return Line(part, parse_limits(LIMITS, part))


def verdict(line: Line, **reading: object) -> dict[str, object]:
    (answer,) = line.lines([json.dumps({"speed": 1.0, "alloy": "316L", **reading})])
    return answer


@pytest.mark.parametrize(
    ("power", "word"),
    [
        (140.0, "ACCEPT"),
        (110.0, "ACCEPT"),
        (170.0, "ACCEPT"),
        (109.0, "NO VERDICT"),
        (171.0, "NO VERDICT"),
        (191.0, "REJECT"),
        (189.0, "NO VERDICT"),
        (301.0, "NO VERDICT"),
    ],
)
def test_the_whole_interval_decides(line: Line, power: float, word: str) -> None:
    assert verdict(line, power=power)["verdict"] == word


def test_margin_reason_and_echo(line: Line) -> None:
    answer = verdict(line, power=140.0, id="A7")
    assert answer["id"] == "A7" and answer["outputs"]["width"]["margin"] == pytest.approx(15.0)  # type: ignore[index]
    assert "straddles" in str(verdict(line, power=171.0)["reason"])
    assert verdict(line, power=301.0)["status"] == "out_of_domain"


def test_rejects_carry_advice_in_whole_steps(line: Line) -> None:
    advice = verdict(line, power=200.0)["advice"]
    assert advice["status"] == "ok" and advice["change"] == {"power": -30.0}  # type: ignore[index]
    assert "advice" not in verdict(line, power=140.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "3",
        "null",
        '{"power": 140}',
        '{"power": "x", "speed": 1, "alloy": "316L"}',
        b"\xff\xfe\x00",
        '{"power": true, "speed": 1, "alloy": "316L"}',
        '{"power": NaN, "speed": 1, "alloy": "316L"}',
        '{"power": 1e999, "speed": 1, "alloy": "316L"}',
        '{"power": null, "speed": 1, "alloy": "316L"}',
        "[" * 100000,
        '{"power": ' + "9" * 5000 + ', "speed": 1, "alloy": "316L"}',
        '{"power": 140, "speed": 1, "alloy": "Ti64"}',
        '{"power": 140, "speed": 1, "alloy": ["316L"]}',
        '{"power": {}, "speed": 1, "alloy": "316L"}',
    ],
)
def test_bad_lines_are_answered(line: Line, text: str | bytes) -> None:
    (answer,) = line.lines([text], 5)
    assert answer["verdict"] == "NO VERDICT" and answer["reason"] and answer["line"] == 5
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(
    ("power", "status"),
    [
        ("1" + "0" * 30, "out_of_domain"),
        ("9" * 5000, "bad_input"),
        ("1e999", "bad_input"),
        ("NaN", "bad_input"),
        ("true", "bad_input"),
        ("null", "bad_input"),
        ('"140"', "ok"),
        ("140", "ok"),
    ],
)
def test_readings_without_levels(smooth: Line, power: str, status: str) -> None:
    good = '{"power": 140, "speed": 1}'
    answers = smooth.lines([good, f'{{"power": {power}, "speed": 1.0}}', good])
    assert [a["status"] for a in answers] == ["ok", status, "ok"]
    assert answers[0]["verdict"] == answers[2]["verdict"] == "ACCEPT"
    assert json.dumps(answers, allow_nan=False)


def test_a_byte_order_mark_is_not_an_error(smooth: Line) -> None:
    assert smooth.lines([b'\xef\xbb\xbf{"power": 140, "speed": 1}'])[0]["verdict"] == "ACCEPT"


@pytest.mark.parametrize("which", ["line", "smooth"])
def test_fuzzed_lines_are_all_answered_in_order(which: str, request: pytest.FixtureRequest) -> None:
    line: Line = request.getfixturevalue(which)
    rng = random.Random(1)
    good = json.dumps({"power": 140.0, "speed": 1.0, "alloy": "316L", "id": 1})
    texts: list[bytes] = []
    for _ in range(FUZZED):
        raw = bytearray(good.encode())
        for _ in range(rng.randrange(4)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        texts.append(
            bytes(raw[: rng.randrange(len(raw) + 1)] if rng.random() < 0.2 else raw).replace(
                b"\n", b" "
            )
        )
    answers = line.lines(texts)
    assert [a["line"] for a in answers] == list(range(1, FUZZED + 1))
    assert {a["verdict"] for a in answers} >= {"ACCEPT", "NO VERDICT"}
    assert all(json.dumps(json_value(a), allow_nan=False) for a in answers)


def test_judge_is_vectorised_and_needs_no_interval(model: Model) -> None:
    limits = parse_limits({"outputs": {"depth": {"LSL": 60.0}, "width": {"USL": 150.0}}}, model)
    found = model.evaluate({"power": [130.0, 110.0, 400.0, 200.0], "speed": 1.0, "alloy": "316L"})
    judged = judge(model, limits, found)
    assert judged.verdict.tolist() == ["ACCEPT", "REJECT", "NO VERDICT", "NO VERDICT"]


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"outputs": {}},
        {"outputs": {"height": {"LSL": 1.0}}},
        {"outputs": {"width": {}}},
        {"outputs": {"width": 3}},
        {"outputs": {"width": {"LSL": 2.0, "USL": 1.0}}},
        {"outputs": {"width": {"LSL": "x"}}},
        {"limits": {}},
        {"outputs": {"width": {"LSL": 1.0, "target": 0.0}}},
        {"outputs": {"width": {"LSL": True}}},
        {"outputs": {"width": {"LSL": 1.0}}, "knobs": {"laser": {}}},
        {"outputs": {"width": {"LSL": 1.0}}, "knobs": {"power": {"step": 0.0}}},
        {"outputs": {"width": {"LSL": 1.0}}, "knobs": {"power": {"speed": 0.0}}},
    ],
)
def test_wrong_limits_are_named(model: Model, tables: dict[str, object]) -> None:
    with pytest.raises(InputError):
        parse_limits(tables, model)


def test_limits_files(model: Model, tmp_path: Path) -> None:
    (tmp_path / "l.json").write_text(json.dumps(LIMITS))
    found: LineLimits = read_limits(tmp_path / "l.json", model)
    assert found.outputs[0].usl == 140.0 and found.knobs["power"].step == 5.0
    pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    (tmp_path / "l.toml").write_text(TOML)
    assert read_limits(tmp_path / "l.toml", model).outputs[0].lsl == 100.0
    (tmp_path / "bad.toml").write_text("[outputs\n")
    with pytest.raises(InputError, match="not TOML"):
        read_limits(tmp_path / "bad.toml", model)


@pytest.fixture
def files(model: Model, tmp_path: Path) -> tuple[str, str]:
    model.save(tmp_path / "m.sna")
    (tmp_path / "limits.json").write_text(json.dumps(LIMITS))
    return str(tmp_path / "m.sna"), str(tmp_path / "limits.json")


def test_watch_reads_a_pipe(files: tuple[str, str]) -> None:
    first = b'{"power":140,"speed":1,"alloy":"316L"}'
    text = first + b'\r\n\nnonsense\n{"power":200,"speed":1,"alloy":"IN718"}'
    done = subprocess.run(
        [sys.executable, "-m", "sna_edge", "watch", files[0], "--limits", files[1]],
        input=text,
        capture_output=True,
        check=True,
    )
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert [a["verdict"] for a in answers] == ["ACCEPT", "NO VERDICT", "NO VERDICT", "REJECT"]
    assert not done.stderr


def test_watch_reads_a_table(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parts.csv").write_text(
        'id,power,speed,alloy\nA,140,1,316L\nB,,1,316L\nC,1\n"D\nE,200,1,IN718\n'
    )
    assert (
        main(
            [
                "watch",
                files[0],
                "--limits",
                files[1],
                "--table",
                str(tmp_path / "parts.csv"),
                "--advice-ms",
                "0",
            ]
        )
        == 0
    )
    answers = [json.loads(row) for row in io.StringIO(capsys.readouterr().out)]
    assert [a["verdict"] for a in answers] == [
        "ACCEPT",
        "NO VERDICT",
        "NO VERDICT",
        "NO VERDICT",
        "REJECT",
    ]
    assert answers[0]["id"] == "A" and "missing" in answers[1]["reason"]
