"""A declared categorical keeps its cells as written: what looks like a number, or like nothing, is
a level."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge.cli import main
from sna_edge.errors import InputError
from sna_edge.table.sheets import written
from sna_export.table import Table, csv_file, read_table

DIFFERENT = {
    "underscores": ["1_1", "11", "1_2", "12"],
    "leading zeros": ["007", "7", "07"],
    "exponents": ["1E2", "100", "1e2"],
    "trailing zeros": ["1.10", "1.1", "1.100"],
    "serials of seventeen digits": ["12345678901234567", "12345678901234568", "12345678901234569"],
    "signs": ["+5", "5", "-5"],
    "nan and inf": ["nan", "NaN", "inf", "infinity"],
    "hexadecimal": ["0x10", "16", "0X10"],
    "full-width digits": ["１２", "12", "1２"],
    "decimal commas": ["1,5", "1.5", "15"],
    "thousands": ["1.000", "1000", "1,000"],
    "booleans": ["True", "true", "TRUE", "1"],
    "dates": ["2024-05-01", "01.05.2024", "2024-5-1"],
    "missing words": ["Na", "NA", "n/a", "None", "NULL", "null", "-", "?", "nan"],
    "points alone": ["1.", "1", ".1", "0.1"],
    "blanks inside": ["a b", "a  b", "ab"],
}


@pytest.mark.parametrize("levels", DIFFERENT.values(), ids=DIFFERENT)
def test_levels_stay_apart_from_the_file_to_the_answer(tmp_path: Path, levels: list[str]) -> None:
    """Fitted, loaded and asked again with the same cells: every level has its own value."""
    source, model, out = tmp_path / "t.csv", tmp_path / "m.sna", tmp_path / "out.csv"
    rows = [
        (level, x, 10.0 * i + x)
        for x in (0.5, 1.25, 2.75, 4.0, 5.5, 7.0)
        for i, level in enumerate(levels)
    ]
    lines = ["lot;x;y", *(f'" {level}";{x};{y}' for level, x, y in rows)]
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    samples, _ = read_table(source).samples(["y"], categorical=["lot"])
    assert sorted(samples.axes[0].levels) == sorted(levels)
    assert [samples.axes[0].levels[int(i)] for i in samples.x[:, 0]] == [row[0] for row in rows]
    assert (
        main(["fit", str(source), "--target", "y", "--categorical", "lot", "-o", str(model)]) == 0
    )
    assert sorted(sna_edge.load(model).axes[0].level_names) == sorted(levels)
    assert main(["query", str(model), "--table", str(source), "-o", str(out)]) == 0
    with open(out, newline="", encoding="utf-8") as file:
        answers = [float(row["y"]) for row in csv.DictReader(file)]
    np.testing.assert_allclose(answers, [row[2] for row in rows], atol=0.3)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["10", "9", "2"], ["2", "9", "10"]),
        (["1E2", "99", "100"], ["99", "100", "1E2"]),
        (["7", "007", "6"], ["6", "007", "7"]),
        (["1,5", "1,25", "10,0"], ["1,25", "1,5", "10,0"]),
        (["b", "a", "10", "9"], ["10", "9", "a", "b"]),
        (["-1", "1", "0"], ["-1", "0", "1"]),
        (["None", "Na", "K"], ["K", "Na", "None"]),
        (["1_1", "11", "2"], ["11", "1_1", "2"]),
    ],
)
def test_order_of_levels(tmp_path: Path, cells: list[str], order: list[str]) -> None:
    for turned in (cells, cells[::-1]):
        path = tmp_path / "t.csv"
        path.write_text(
            "lot;x;y\n" + "".join(f"{cell};{i};{i * i}\n" for i, cell in enumerate(turned))
        )
        samples, _ = read_table(path).samples(["y"], ["lot", "x"], categorical=["lot"])
        assert list(samples.axes[0].levels) == order


@pytest.mark.parametrize("cell", ["", " ", "\u00a0", '""', '" "'])
def test_only_an_empty_cell_is_missing(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"lot,x,y\nA,1,2\n{cell},2,3\nNone,3,5\n")
    with pytest.raises(
        InputError, match=r"row 2 .line 3., column 'lot': the cell is missing; fill it"
    ):
        read_table(path).samples(["y"], categorical=["lot"])


@pytest.mark.parametrize("cell", ["na", "N/A", "NaN", "NULL", "none", "?", "-"])
def test_a_missing_number_quotes_its_cell(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"x,y\n1,2\n{cell},3\n3,5\n")
    with pytest.raises(InputError) as caught:
        read_table(path).samples(["y"])
    assert "row 2 (line 3), column 'x': the cell is missing" in str(caught.value) and repr(
        cell
    ) in str(caught.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.0, "7"), (7, "7"), (0.5, "0.5"), (1e22, "1e+22"), (True, "TRUE"), (None, ""),
        (float("nan"), ""), (" a ", " a "),
        (datetime.datetime(2024, 5, 1), "2024-05-01"),
        (datetime.datetime(2024, 5, 1, 6, 30), "2024-05-01 06:30:00"),
        (datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc), "2024-05-01 00:00:00+00:00"),
        (datetime.date(2024, 5, 1), "2024-05-01"), (datetime.time(6, 30), "06:30:00"),
        (12345678901234567, "12345678901234567"),
    ],
)  # fmt: skip
def test_typed_cells_as_text(value: object, text: str) -> None:
    assert written(value) == text


def test_levels_of_python_columns() -> None:
    big = [12345678901234567, 12345678901234568, 12345678901234567]
    table = Table.of(
        {
            "i": big,
            "f": [1.0, 2.5, 1.0],
            "b": [True, False, True],
            "o": [1, "1_1", 11],
            "y": [1.0, 2.0, 4.0],
        }
    )
    samples, _ = table.samples(["y"], categorical=["i", "f", "b", "o"])
    assert [axis.levels for axis in samples.axes] == [
        ("12345678901234567", "12345678901234568"), ("1", "2.5"), ("False", "True"),
        ("1", "11", "1_1"),
    ]  # fmt: skip


def test_the_fast_way_keeps_cells_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "lot,x,y\n"
        + "".join(f"{('007', '7', '1e1', '10')[i % 4]},{i}.125,{i * i}\n" for i in range(40))
    )
    slow = read_table(path)
    monkeypatch.setattr(csv_file, "FAST_BYTES", 0)
    fast = read_table(path)
    assert fast.marks.trusted and not slow.marks.trusted
    a, b = (t.samples(["y"], categorical=["lot"])[0] for t in (fast, slow))
    assert a.axes[0].levels == b.axes[0].levels == ("007", "7", "10", "1e1")
    np.testing.assert_array_equal(a.x, b.x)


@pytest.mark.parametrize(
    ("lines", "fast"),
    [
        (["1.000", "999", "2.500"], False),
        (["1.000", "999.000", "2.500"], True),
        (["1.5", "2", "3"], True),
        (["1", "2", "3"], True),
        (["1.0", "2", "3.000"], False),
        (["1.234", "1000", "2.250"], False),
        (["0.125", "7", "2.250"], True),
    ],
)
def test_the_fast_way_leaves_doubtful_marks_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], fast: bool
) -> None:
    monkeypatch.setattr(csv_file, "FAST_BYTES", 0)
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{cell},{i}.5\n" for i, cell in enumerate(lines)))
    assert read_table(path).marks.trusted == fast
