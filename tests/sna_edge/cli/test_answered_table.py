"""Rows that cannot be answered, names in each other's way, and exit codes of answered tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import sna_edge

GOOD = "200,1.0,B"


def answered(sna, model_file: Path, tmp_path: Path, text: str, *words: object):
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text(text, encoding="utf-8")
    said = sna("query", model_file, "--table", table, "-o", out, *words)
    with open(out, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert len(set(header)) == len(header), "two columns of one name"
    return said, header, rows


BAD_ROWS = [
    (
        "3,25,1,0,B",
        "bad_input",
        "5 cells for 3 columns; beyond the last column: '0'; beyond the last column: 'B'",
    ),
    ('200,1.0,B,"was 3,25"', "bad_input", "beyond the last column: 'was 3,25'"),
    ("200,1.0,B,", "bad_input", "4 cells for 3 columns"),
    ("200,1.0", "bad_input", "2 cells for 3 columns"),
    ("200", "bad_input", "1 cells for 3 columns"),
    ("x,1.0,B", "bad_input", "'power' is not a finite number: 'x'"),
    (",1.0,B", "bad_input", "'power' is empty"),
    ("nan,,B", "bad_input", "'power' is not a finite number: 'nan'; 'speed' is empty"),
    ("2_00,1.0,B", "bad_input", "'power' is not a finite number: '2_00'"),
    ("inf,1.0,B", "bad_input", "'power' is not a finite number: 'inf'"),
    ("1e999,1.0,B", "bad_input", "'power' is not a finite number: '1e999'"),
    ("２００,1.0,B", "bad_input", "'power' is not a finite number"),
    ("430.5,1.0,B", "out_of_domain", "'power' is 30.5 W above its domain, power [W] in [100, 400]"),
    (
        "99,1.75,B",
        "out_of_domain",
        "'power' is 1 W below its domain, power [W] in [100, 400]; 'speed' is 0.25 m/s above",
    ),
    (
        "200,1.0,Z",
        "out_of_domain",
        "'spot' has a level that was not in the training data: 'Z'; spot in {A, B}",
    ),
    ("200,1.0,", "bad_input", "'spot' is empty"),
]


@pytest.mark.parametrize(("row", "status", "reason"), BAD_ROWS)
def test_a_row_says_why_it_has_no_answer(
    sna, model_file: Path, tmp_path: Path, row: str, status: str, reason: str
) -> None:
    said, header, rows = answered(
        sna, model_file, tmp_path, f"power,speed,spot\n{GOOD}\n{row}\n{GOOD}\n", "--json"
    )
    assert said.code == 0 and said.json["status"] == "ok"
    at = header.index("status")
    assert (
        [r[at] for r in rows] == ["ok", status, "ok"]
        and reason in rows[1][at + 1]
        and rows[0][at + 1] == rows[2][at + 1] == ""
    )
    assert not any(rows[1][at + 2 :]) and all(len(r) == len(header) for r in rows)
    assert [(r["line"], r["status"]) for r in said.json["reasons"]] == [
        (3, status)
    ] and reason in said.json["reasons"][0]["reason"]


@pytest.mark.parametrize(("row", "status", "reason"), BAD_ROWS)
def test_a_table_without_an_answer_exits_3(
    sna, model_file: Path, tmp_path: Path, row: str, status: str, reason: str
) -> None:
    header = (
        "power,speed,spot\n" if row.count(",") < 3 else "power,speed,spot\n200,1.0\n"
    )  # a first row that is not one cell longer
    said, _, _ = answered(sna, model_file, tmp_path, f"{header}{row}\n")
    assert said.code == 3 and reason.partition(";")[0] in said.out
    said, _, _ = answered(sna, model_file, tmp_path, f"{header}{row}\n", "--json")
    assert said.code == 3 and said.json["status"] in (status, "bad_input")


def test_extrapolated_rows_say_where_they_lie(sna, model_file: Path, tmp_path: Path) -> None:
    said, header, rows = answered(
        sna, model_file, tmp_path, "power,speed,spot\n440,1,B\n", "--extrapolate"
    )
    assert said.code == 0 and "'power' is 40 W above its domain" in rows[0][header.index("reason")]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("width,speed,spot\n9_5,1,B\n", "'width' is not a finite number"),
        ("width,speed,spot\n95,1,B,7\n95,1\n", "4 cells for 3"),
        ("width,speed,spot\n95,9,B\n", "'speed' is 7.5 m/s above"),
        ("width,speed,spot\n95,1,Q\n", "'Q'"),
        ("width,speed,spot\n,1,B\n", "'width' is empty"),
        ("width,speed,spot\n9e9,1,B\n", "not reached"),
        ("width;speed;spot\n95,5;x;B\n", "'speed' is not a finite number: 'x'"),
        ("width,speed,spot\n95,1\n", "2 cells for 3"),
    ],
)
def test_inverse_tables_likewise(
    sna, model_file: Path, tmp_path: Path, text: str, part: str
) -> None:
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text(text, encoding="utf-8")
    said = sna("inverse", model_file, "--table", table, "--unknown", "power", "-o", out)
    with open(out, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert part in rows[0]["reason"] and part in said.out
    assert said.code == 3


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("power,speed,spot,width", ["power", "speed", "spot", "width_in"]),
        ("power,speed,spot,width,width_in", ["power", "speed", "spot", "width_in2", "width_in"]),
        ("power,speed,spot,width_in,width", ["power", "speed", "spot", "width_in", "width_in2"]),
        ("status,power,speed,spot,reason", ["status_in", "power", "speed", "spot", "reason_in"]),
        (
            "power,speed,spot,width_lower,depth",
            ["power", "speed", "spot", "width_lower_in", "depth_in"],
        ),
        (",power,speed,spot", ["column 1", "power", "speed", "spot"]),
        ("power,,speed,spot,,x", ["power", "column 2", "speed", "spot", "column 5", "x"]),
        (
            "power,speed,spot,width,width_in,width_in2",
            ["power", "speed", "spot", "width_in3", "width_in", "width_in2"],
        ),
        ("power,,speed,spot,column 2", ["power", "column 22", "speed", "spot", "column 2"]),
    ],
)
def test_no_two_columns_have_one_name(
    sna, model_file: Path, tmp_path: Path, header: str, wanted: list[str]
) -> None:
    values = {"power": "200", "speed": "1", "spot": "B"}
    text = f"{header}\n{','.join(values.get(name, '7') for name in header.split(','))}\n"
    said, found, rows = answered(sna, model_file, tmp_path, text)
    assert said.code == 0 and found[: len(wanted)] == wanted
    assert float(rows[0][found.index("width")]) == pytest.approx(95.0, rel=1e-6)


def test_outputs_in_each_others_way(sna, tmp_path: Path) -> None:
    axis = sna_edge.spline_axis("a", "", 0, 1)
    names = ["y", "y_lower", "status", "reason", "y_upper"]
    cp = sna_edge.CP((np.ones((axis.basis.n_rows, 1)),), (np.array([0]),), np.arange(5.0)[None])
    outputs = [sna_edge.Output(name, interval=sna_edge.Interval(0.9, 1.0, 1.0)) for name in names]
    sna_edge.Model((axis,), cp, outputs, dtypes=["float64"]).save(tmp_path / "m.sna")
    said, header, rows = answered(sna, tmp_path / "m.sna", tmp_path, "a\n0.5\n")
    row = dict(zip(header, rows[0], strict=True))
    assert said.code == 0 and (row["status"], row["reason"]) == ("ok", "")
    told = [float(row[name]) for name in ("y", "y_lower", "status_2", "reason_2", "y_upper")]
    assert told == pytest.approx(range(5))


ASKED = {
    "fit": ("fit", "T", "--target", "width", "--categorical", "spot", "-o", "OUT"),
    "query": ("query", "M", "--table", "T", "-o", "OUT"),
    "inverse": ("inverse", "M", "--table", "T", "--unknown", "power", "-o", "OUT"),
    "observations": ("inverse", "M", "--observations", "T", "--unknown", "power", "--noise", "1"),
}


@pytest.mark.parametrize("word", ASKED)
@pytest.mark.parametrize(
    "header",
    [
        "speed,speed,spot,width",
        "speed,spot,width,width",
        "x,speed,spot,width,x",
        '"speed"," speed ",spot,width',
        '"a b","a\n b",speed,spot,width',
    ],
)
def test_a_repeated_name_is_refused_in_one_sentence(
    sna, model_file: Path, tmp_path: Path, word: str, header: str
) -> None:
    width = len(next(csv.reader([header.replace("\n", " ")])))
    path = tmp_path / "t.csv"
    path.write_text(header + "\n" + (",".join("1" * width) + "\n") * 3)
    said = sna(
        *({"T": path, "M": model_file, "OUT": tmp_path / "o"}.get(w, w) for w in ASKED[word])
    )
    assert (
        said.code == 2
        and "occurs twice; rename one" in said.sentence()
        and not (tmp_path / "o").exists()
    )


@pytest.mark.parametrize("word", ["fit", "observations"])
@pytest.mark.parametrize(
    "line", ["95,1,B,7", "95,1", '95,1,"B', "95", "95,1,B,", "95,1,B,7,8", "95;1;B", "9,5,1,B"]
)
def test_one_row_of_another_length_refuses_the_file(
    sna, model_file: Path, tmp_path: Path, word: str, line: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"width,speed,spot\n95,1,B\n94,1.2,A\n{line}\n")
    said = sna(
        *({"T": path, "M": model_file, "OUT": tmp_path / "o"}.get(w, w) for w in ASKED[word])
    )
    assert said.code == 2 and "line 4" in said.sentence()


def test_a_declared_dialect_is_a_hint_and_a_found_one_is_not(sna, tmp_path: Path) -> None:
    path, plain = tmp_path / "t.csv", tmp_path / "plain.csv"
    rows = [(f"{i},250", f"{2 * i},500") for i in range(1, 25)]
    path.write_text("a;y\n" + "".join(f"{a};{y}\n" for a, y in rows))
    plain.write_text(
        "a,y\n"
        + "".join(f"{a},{y}\n" for a, y in rows).replace(",250", ".250").replace(",500", ".500")
    )
    found, told, point = tmp_path / "found.sna", tmp_path / "told.sna", tmp_path / "point.sna"
    for model, source, words in (
        (found, path, ()),
        (point, plain, ()),
        (told, path, ("--decimal", ",", "--separator", ";")),
    ):
        assert sna("fit", source, "--target", "y", "-o", model, *words).code == 0
    assert found.read_bytes() == point.read_bytes()
    assert "dialect" not in sna_edge.load(found).metadata
    assert sna_edge.load(told).metadata["dialect"] == {"separator": ";", "decimal": ","}
    (tmp_path / "q.csv").write_text('a\n"7,250"\n3\n')
    assert sna(
        "query", told, "--table", tmp_path / "q.csv", "-o", tmp_path / "o.csv", "--json"
    ).json["statuses"] == {"ok": 2}


def test_reasons_are_in_json(sna, model_file: Path, tmp_path: Path) -> None:
    text = "power,speed,spot\n" + "x,1,B\n" * 9
    said, _, _ = answered(sna, model_file, tmp_path, text, "--json")
    assert (
        said.code == 3
        and len(said.json["reasons"]) == 5
        and json.loads(said.out)["statuses"] == {"bad_input": 9}
    )
