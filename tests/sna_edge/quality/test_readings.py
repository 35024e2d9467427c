"""Readings as senders write them: a key given twice is no reading, text that is no number is none,
id and time come back as sent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.quality import Line
from sna_edge.quality.limits import parse_limits
from sna_edge.quality.readings import table_readings
from sna_edge.table import Record

LIMITS = {"outputs": {"width": {"LSL": 100.0, "USL": 140.0}}}


@pytest.fixture(scope="module")
def line(holed: Model) -> Line:
    return Line(holed, parse_limits(LIMITS, holed))


@pytest.mark.parametrize(
    "text",
    [
        '{"power": 260, "power": 140, "speed": 1, "alloy": "316L"}',
        '{"power": 140, "power": 140, "speed": 1, "alloy": "316L"}',
        '{"\\u0070ower": 260, "power": 140, "speed": 1, "alloy": "316L"}',
        '{"power": 140, "speed": 1, "alloy": "316L", "alloy": "IN718"}',
        '{"id": 1, "id": 2, "power": 140, "speed": 1, "alloy": "316L"}',
        '{"x": {"a": 1, "a": 2}, "power": 140, "speed": 1, "alloy": "316L"}',
        '{"x": [[{"a": 1, "\\u0061": 2}]], "power": 140, "speed": 1, "alloy": "316L"}',
        '{"power": null, "power": 140, "speed": 1, "alloy": "316L"}',
        '{"": 1, "": 2, "power": 140, "speed": 1, "alloy": "316L"}',
        '{"power": 140, "speed": 1, "alloy": "316L", "power": "140"}',
        '\ufeff{"power": 1e999, "power": 140, "speed": 1, "alloy": "316L"}',
        '{"power": ' + "9" * 5000 + ', "power": 140, "speed": 1, "alloy": "316L"}',
    ],
)
def test_a_key_given_twice_is_no_reading(line: Line, text: str) -> None:
    for sent in (text, text.encode()):
        (found,) = line.lines([sent])
        if isinstance(sent, str) and sent.startswith("\ufeff"):
            continue
        assert (found["verdict"], found["status"]) == ("NO VERDICT", "bad_input")
        assert "appears twice" in found["reason"]


ODD = [
    float("nan"),
    float("inf"),
    -float("inf"),
    10**400,
    -(10**400),
    2**63,
    True,
    None,
    [],
    {},
    "nan",
    "inf",
    "1e999",
    "",
    " ",
    "0.5",
    " 0.5 ",
    "0,5",
    "0.5 W",
    "50 %",
    0.5,
    1,
    7.0,
    "7",
]


@pytest.mark.parametrize("others", [0.5, 1, "0.5"], ids=["floats", "whole", "text"])
def test_the_short_way_of_a_row_says_what_the_long_way_says(others: object) -> None:
    """Rows of numbers alone, or of text alone, are read at once; what is wrong with one is said as
    for any other."""
    axes = [spline_axis(name, "W", 0.0, 1.0, spans=1, degree=1) for name in "ab"]
    model = Model(axes, CP.full([np.ones((2, 1))] * 2), [Output("y")])
    quick, plain = (
        Line(model, parse_limits({"outputs": {"y": {"USL": 2.0}}}, model)) for _ in range(2)
    )
    plain._smooth = False
    rows = [{"a": a, "b": b} for odd in ODD for a, b in ((odd, others), (others, odd), (odd, odd))]
    assert quick.readings(rows) == plain.readings(rows)
    verdicts = [found["verdict"] for found in quick.readings(rows)]
    assert verdicts.count("ACCEPT") >= 12
    for row, found in zip(rows, quick.readings(rows), strict=True):
        if any(isinstance(v, float) and not np.isfinite(v) for v in row.values()):
            assert found["verdict"] == "NO VERDICT" and "not finite" in found["reason"]


@pytest.mark.parametrize(
    "text",
    [
        '{"power": 140, "speed": 1, "alloy": "316L", "x": {"a": 1}, "y": {"a": 1}}',
        '{"power": 140, "Power": 999, "speed": 1, "alloy": "316L", "x": [{"a": 1}, {"a": 2}]}',
    ],
)
def test_keys_of_different_objects_may_be_the_same(line: Line, text: str) -> None:
    assert line.lines([text])[0]["verdict"] == "ACCEPT"


@pytest.mark.parametrize(
    "value",
    [
        "1_40",
        "1_4_0",
        "１４０",
        "१४०",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "infinity",
        "0x8c",
        "140 kg",
        "140,0",
        "1 40",
        "",
        " ",
        "+-140",
        "1e",
        "e5",
        ".",
        "1e999",
        "140\u00a0",
        "\u2212140",
        "14O",
        "1.4.0",
        "True",
        "(140)",
        "140d0",
        "1'40",
    ],
)
def test_text_that_is_no_plain_number_is_no_reading(line: Line, value: str) -> None:
    (found,) = line.lines([json.dumps({"power": value, "speed": 1.0, "alloy": "316L"})])
    assert (found["verdict"], found["status"]) == ("NO VERDICT", "bad_input")
    (cells,) = line.readings([{"power": value, "speed": "1", "alloy": "316L"}])
    assert cells["verdict"] == "NO VERDICT"


@pytest.mark.parametrize(
    "value", ["140", "140.", "1.4e2", "+140", " 140 ", "140.000", "1400E-1", "\t140"]
)
def test_text_that_is_a_plain_number_is_one(line: Line, value: str) -> None:
    assert (
        line.lines([json.dumps({"power": value, "speed": 1.0, "alloy": "316L"})])[0]["verdict"]
        == "ACCEPT"
    )


NUMBERS = {
    "beyond a float": "1e999",
    "a constant": "NaN",
    "Infinity": "Infinity",
    "minus": "-Infinity",
    "400 digits": "1" + "0" * 400,
    "5000 digits": "9" * 5000,
    "-5000 digits": "-" + "9" * 5000,
    "long fraction": "1" * 400 + ".5",
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_beyond_a_float_stop_a_reading_but_not_a_neighbour(line: Line, case: str) -> None:
    (used,) = line.lines([f'{{"power": {NUMBERS[case]}, "speed": 1, "alloy": "316L"}}'])
    assert (used["verdict"], used["status"]) == (
        "NO VERDICT",
        "bad_input",
    ) and "not finite" in used["reason"]
    (beside,) = line.lines(
        [f'{{"power": 140, "speed": 1, "alloy": "316L", "other": {NUMBERS[case]}}}']
    )
    assert beside["verdict"] == "ACCEPT"


ECHOED = [
    "1.0",
    "1.10",
    "1e3",
    "1E+02",
    "1700000000.123456789",
    "0.1",
    "-0.0",
    "12345678901234567890123",
    "9" * 5000,
    "1e999",
    "7",
    "-3",
    "0",
    '"7"',
    '"1.0"',
    '"\\u00fc"',
    '"\\ud83d\\ude00"',
    '"a\\"b\\\\c\\n"',
    "null",
    "true",
    "false",
    "[1, 2.50]",
    '{"lot": "A", "n": 1.0}',
    '{"a": [{"b": 1e2}]}',
    "[]",
    "{}",
    '""',
    '{"t": [1.10, null, true, "x"]}',
    '{"a": 1}',
    "[ 1 ,\t2 ]",
    '"' + "x" * 5000 + '"',
    "[" * 300 + "1.50" + "]" * 300,
]


@pytest.fixture(scope="module")
def files(holed: Model, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder: Path = tmp_path_factory.mktemp("line")
    holed.save(folder / "m.sna")
    (folder / "l.json").write_text(json.dumps(LIMITS))
    return [
        sys.executable,
        "-m",
        "sna_edge",
        "watch",
        str(folder / "m.sna"),
        "--limits",
        str(folder / "l.json"),
    ]


def test_id_and_time_come_back_as_they_were_sent(files: list[str]) -> None:
    rows = [
        f'{{"id": {v}, "power": 140, "speed": 1, "time" : {w} ,"alloy": "316L"}}'
        for v, w in zip(ECHOED, reversed(ECHOED), strict=True)
    ]
    rows += [
        f'{{"part": {v}, "power": "x", "speed": 1, "alloy": "316L", "timestamp":{v}}}'
        for v in ECHOED
    ]
    done = subprocess.run(files, input="\n".join(rows).encode(), capture_output=True, check=True)
    answers = done.stdout.decode().splitlines()
    assert len(answers) == len(rows)
    for row, answer in zip(rows, answers, strict=True):
        for key in ("id", "time", "part", "timestamp"):
            assert raw(answer).get(key) == raw(row).get(key), row[:80]
        assert raw(answer).keys() >= {"line", "verdict", "status"}


def raw(text: str) -> dict[str, object]:
    """The object with every number as the text it is written with."""
    found = json.loads(text, parse_float=lambda t: ("number", t), parse_int=lambda t: ("number", t))
    return {
        k: v
        for k, v in found.items()
        if k in ("id", "time", "part", "timestamp", "line", "verdict", "status")
    }


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "[1, NaN]", '{"a": Infinity}'])
def test_what_is_no_json_comes_back_as_null(files: list[str], value: str) -> None:
    row = f'{{"id": {value}, "time": 1.50, "power": 140, "speed": 1, "alloy": "316L"}}'
    done = subprocess.run(files, input=row.encode(), capture_output=True, check=True)
    assert done.stdout.startswith(b'{"line": 1, "id": null, "time": 1.50, "verdict": "ACCEPT"')


def test_a_broken_pipe_is_an_error_without_a_traceback(files: list[str]) -> None:
    rows = b'{"power": 140, "speed": 1, "alloy": "316L"}\n' * 20000
    watch = subprocess.Popen(
        files, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert watch.stdin and watch.stdout and watch.stderr
    watch.stdout.close()
    try:
        watch.stdin.write(rows)
        watch.stdin.close()
    except BrokenPipeError:
        pass
    said = watch.stderr.read().decode()
    assert (
        watch.wait(120) == 1
        and said.count("\n") == 1
        and "nothing reads" in said
        and "Traceback" not in said
    )


@pytest.mark.parametrize(
    ("cell", "echoed"),
    [("A7", "A7"), ("Größe ", "Größe"), ("A\udcff7", "A?7"), ("\udce4", "?"), ("", None)],
)
def test_an_id_of_bytes_that_are_no_text_comes_back_as_text(cell: str, echoed: str | None) -> None:
    (reading,) = table_readings(("id", "power"), [Record(2, [cell, " 140 "])])
    assert reading == {"id": echoed, "power": "140"}
