"""Numbers that a workbook or a Parquet file stores as text: read where they can be, refused where
their mark stays open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.cli.main import main
from sna_export.table import read

OPEN = ["1.000", "1,000", "1.200", "12.340", " 1.234", "999.999", "-1.000", "+1,500"]
CLEAR = [("200.5", 200.5), ("1000", 1000.0), ("1.5", 1.5), ("0.125", 0.125),
    ("1000.125", 1000.125), ("1,000.5", 1000.5), ("1 000", 1000.0),
         ("1e3", 1000.0)]  # fmt: skip


def model(path: Path) -> None:
    """y = a + b."""
    import numpy as np

    axes = [spline_axis(name, "", -2000.0, 2000.0, spans=1, degree=1) for name in ("a", "b")]
    table = np.array([[-2000.0], [2000.0]])
    cp = CP((table, table), (np.array([0]), np.array([1])), np.ones((2, 1)))
    Model(axes, cp, [Output("y", "", interval=Interval(0.9, 0.1, 0.1))]).save(path)


def sheet(path: Path, rows: list[list[Any]]) -> Path:
    if path.suffix == ".xlsx":
        book = pytest.importorskip("openpyxl").Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
        return path
    arrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    columns = zip(*rows[1:], strict=True)
    pyarrow.parquet.write_table(
        arrow.table(dict(zip(rows[0], map(list, columns), strict=True))), path
    )
    return path


@pytest.mark.parametrize("kind", [".xlsx", ".parquet"])
@pytest.mark.parametrize("cell", OPEN)
def test_text_that_may_be_thousands_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, cell: str
) -> None:
    """The text 1.000 beside 999 was 1 for every word."""
    model(tmp_path / "m.sna")
    table = sheet(
        tmp_path / f"t{kind}",
        [["a", "b", "note"], ["999", 1, cell], [cell, 2, "x"], ["998", 4, cell], ["3", 9, ""]],
    )
    (tmp_path / "l.toml").write_text("[outputs.y]\nUSL = 1\n")
    words = [
        ["query", str(tmp_path / "m.sna"), "--table", str(table), "-o", str(tmp_path / "o.csv")],
        [
            "watch",
            str(tmp_path / "m.sna"),
            "--limits",
            str(tmp_path / "l.toml"),
            "--table",
            str(table),
        ],
        ["fit", str(table), "--target", "b", "--inputs", "a", "-o", str(tmp_path / "f.sna")],
    ]
    for word in words:
        assert main(word) == 2
        said = capsys.readouterr().err
        assert (
            len(said.splitlines()) == 1
            and "line 3, column 'a'" in said.replace("row 2 (line 3)", "line 3")
            and cell.strip() in said
        )
    assert main([*words[0], "--decimal", "."]) == main([*words[1], "--decimal", "."]) == 0
    assert not capsys.readouterr().err


@pytest.mark.parametrize("kind", [".xlsx", ".parquet"])
@pytest.mark.parametrize(("cell", "value"), CLEAR)
def test_text_that_is_one_number_is_that_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, cell: str, value: float
) -> None:
    table = sheet(tmp_path / f"t{kind}", [["a", "b"], [cell, 1], ["2", 2]])
    assert read(table).column("a").tolist() == [value, 2.0]
    model(tmp_path / "m.sna")
    (tmp_path / "l.toml").write_text("[outputs.y]\nUSL = 5000\n")
    assert (
        main(
            [
                "watch",
                str(tmp_path / "m.sna"),
                "--limits",
                str(tmp_path / "l.toml"),
                "--table",
                str(table),
            ]
        )
        == 0
    )
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["outputs"]["y"]["value"] == pytest.approx(value + 1, abs=2e-3)


def test_levels_are_text_as_it_stands(tmp_path: Path) -> None:
    lots = ["1.000", "1.00", "1,000", "1.000"] * 5
    table = sheet(
        tmp_path / "t.xlsx", [["lot", "b", "y"], *([lot, i, i * i] for i, lot in enumerate(lots))]
    )
    samples, _ = read(table).samples(["y"], categorical=["lot"])
    assert set(samples.axes[0].levels) == {"1.00", "1.000", "1,000"}


OPTIONS = [
    ["--missing", "model"],
    ["--missing", "drop"],
    ["--below-detection"],
    ["--groups", "c", "--known-groups"],
    ["--weights", "c"],
    ["--time", "c", "--lag", "d=1"],
    ["--derive", "e = c * 2"],
    ["--family", "gamma"],
    ["--robust"],
]


@pytest.mark.parametrize("target", ["b", "a"])
@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_no_option_of_a_fit_takes_such_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], target: str
) -> None:
    """Options that settle some columns first keep the question open for the others."""
    below = "<0.5" if "--below-detection" in options and target == "b" else 0.5
    rows = [[str(100 + 7 * i % 90) if i else "1.000", 1 + i % 9 if i % 8 else below, i + 1, i % 5]
            for i in range(60)]  # fmt: skip
    table = sheet(tmp_path / "t.xlsx", [["a", "b", "c", "d"], *rows])
    assert main(["fit", str(table), "--target", target, "-o", str(tmp_path / "m.sna"), *options])
    assert "'a': the text '1.000' may have a decimal mark" in capsys.readouterr().err
