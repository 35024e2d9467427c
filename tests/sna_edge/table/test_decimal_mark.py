"""Decimal marks and thousands: decided once per file, and said where they contradict or stay
open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_edge.table import Stream, number, open_table
from sna_edge.table.numbers import numbers


def column(tmp_path: Path, text: str, name: str = "a", **declared: str) -> list[float]:
    """A column as numbers, the way the words read it."""
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    table = open_table(path, **declared)
    reader = table.marks([name]).column(name)
    found = [
        reader.numbers(block.column(table.names.index(name)), block.lines)
        for block in table.blocks(2)
    ]
    reader.finish()
    return np.concatenate(found).tolist()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a;y\n1.000;2,5\n999;1,5\n", [1000, 999]),
        ("a;y\n1.000,25;2\n999;1\n", [1000.25, 999]),
        ("a\ty\n1,000.25\t2\n999\t1\n", [1000.25, 999]),
        ('a,y\n"1,000",2.5\n999,1\n', [1000, 999]),
        ("a;y\n1 000,5;2\n1 000 000;1\n", [1000.5, 1e6]),
        ("a;y\n1'000.5;2\n12'345;1\n", [1000.5, 12345]),
        ("a;y\n1\u2019000;2\n1\u2019000\u2019000;1\n", [1000, 1e6]),
        ("a;y\n1\u00a0000,5;2\n1\u202f000,5;1\n1\u2009000,5;1\n", [1000.5] * 3),
        ("a;y\n1.000.000;2\n1.000;1\n", [1e6, 1000]),
        ("a,y\n1.000.000,2\n1.000,1\n", [1e6, 1000]),
        ('a,y\n"1,000,000",2\n"1,000",1\n', [1e6, 1000]),
        ("a;y\n-1.234,5e2;2\n+,5;1\n", [np.nan, 0.5]),
        ("a;y\n1,5e3;2\n-2,5E-1;1\n", [1500, -0.25]),
        ("a;y\n1.234;2\n2.345;1\n", [1.234, 2.345]),
        ("a;y\n1,234;2\n2,345;1\n", [1.234, 2.345]),
        ("a;y\n1.250;2.5\n1000;1\n", [1.25, 1000]),
        ("a;y\n0.125;2.5\n1.000;1\n3;1\n", [0.125, 1, 3]),
        ("a;y\n1.234;2.5\n3;1\n", [1.234, 3]),
        ("y\n3,5\n4\n", [3.5, 4]),
        ('a,y\n"1,5",2\n"2,25",1\n', [1.5, 2.25]),
    ],
)
def test_read_right_where_the_file_proves_it(
    tmp_path: Path, text: str, wanted: list[float]
) -> None:
    np.testing.assert_array_equal(
        column(tmp_path, text, "y" if text.startswith("y") else "a"), wanted
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a;y\n1.000;2.6\n999;1.4\n", "line 2, column 'a': '1.000' may be"),
        (
            "a;y\n2.5;1\n1,5;2\n",
            (
                "line 3, column 'a': '1,5' has a decimal comma, the file a decimal point as in line"
                " 2, column 'a': '2.5'"
            ),
        ),
        ("a;y\n2,5;1\n\n# x\n1.5;2\n", "line 5, column 'a': '1.5' has a decimal point"),
        ("a;y\n1.000,5;1\n1,000.5;2\n", "line 3, column 'a': '1,000.5'"),
        ("a;y\n1,000;1\n999;2\n", "line 2, column 'a': '1,000' may be"),
        ('a,y\n"1,000",1\n"2,000",2\n', "line 2, column 'a': '1,000' may have"),
        ("a;y\n1,000;1\n2.000;2\n", "line 2, column 'a': '1,000' may have"),
        ("a;y\n1.000;1\n250;2\n2.000;2\n", "line 2, column 'a': '1.000' may be"),
        ("a,y\n1.000,2.5\n500,1\n", "line 2, column 'a': '1.000' may be"),
        ("a;y\n1.000.000;1\n1.5;2\n", "line 3, column 'a': '1.5' has a decimal point"),
    ],
)
def test_refused_with_line_and_column_where_it_does_not(
    tmp_path: Path, text: str, place: str
) -> None:
    with pytest.raises(InputError) as caught:
        column(tmp_path, text)
    assert place in str(caught.value) and ";" in str(caught.value)


@pytest.mark.parametrize(
    ("decimal", "wanted"),
    [(".", [1, 999]), (",", [1000, 999])],
)
def test_a_declared_mark_settles_it(tmp_path: Path, decimal: str, wanted: list[float]) -> None:
    assert column(tmp_path, "a;y\n1.000;2\n999;1\n", decimal=decimal) == wanted


def test_columns_of_levels_and_text_prove_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("version;note;a\n1.10;was 2.5;3,5\n1.1;;4,25\n")
    table = open_table(path, categorical=["version"])
    assert table.marks().decimal == "," and table.marks(["a"]).decimal == ","


@pytest.mark.parametrize(
    "cell",
    [
        "1_000",
        "1_1",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "infinity",
        "0x10",
        "0b1",
        "１２",
        "٣",
        "1e999",
        "1e",
        "e5",
        "--1",
        "+-1",
        "1 2",
        "12 34",
        "1,00,000",
        "0,123,456",
        "1..2",
        "1.2.3",
        ".",
        "",
        "-",
        "½",
        "1d5",
        "12.05.2024",
        "10:30",
        "5 W",
        "$5",
        "(5)",
        "1e5.5",
        "True",
        "\u22125",
    ],
)
def test_no_number_in_any_dialect(cell: str) -> None:
    assert np.isnan(number(cell)) and np.isnan(number(cell, ","))


@pytest.mark.parametrize(
    ("cell", "decimal", "wanted"),
    [
        (" 1.5 ", ".", 1.5),
        ("1.", ".", 1),
        (".5", ".", 0.5),
        ("+1e-3", ".", 0.001),
        ("007", ".", 7),
        ("\u00a01,5\u00a0", ",", 1.5),
        ("1E+5", ",", 1e5),
        ("1,234,567.25", ".", 1234567.25),
        ("1.234.567,25", ",", 1234567.25),
        ("-12'345", ".", -12345),
        ("1 234", ",", 1234),
    ],
)
def test_numbers(cell: str, decimal: str, wanted: float) -> None:
    assert number(cell, decimal) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a;y\n1.000;2,5\n999;1,5\n", [1000, 999]),
        ("a;y\n1,5;2\n", [1.5]),
        ("a,y\n1.5,2\n", [1.5]),
        ("a;y\n1,234;2\n2,5;1\n", [1.234, 2.5]),
        ("a;y\n3;2\n2,5;1\n", [3, 2.5]),
    ],
)
def test_a_stream_decides_with_the_rows_it_has(text: str, wanted: list[float]) -> None:
    stream = Stream("t")
    records = stream.feed(text.encode()) + stream.close()
    assert [stream.number(record.cells[0]) for record in records] == wanted


def test_a_stream_names_a_contradiction() -> None:
    stream = Stream("t")
    (first,) = stream.feed(b"a;y\n2,5;1\n")
    assert stream.number(first.cells[0]) == 2.5
    (second,) = stream.feed(b"1.5;1\n")
    with pytest.raises(
        InputError,
        match=(
            r"'1\.5' has a decimal point, the file a decimal comma as in line 2, column 'a': '2,5'"
        ),
    ):
        stream.number(second.cells[0])


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize(
    "cell",
    [
        "5,",
        " 5,",
        "5, ",
        "-5,",
        "5,e3",
        ",",
        ",e3",
        "5,5,",
        "5.",
        ".5",
        ",5",
        "5,5",
        "1_0",
        "1e5",
        "inf",
        "nan",
        "１",
    ],
)
def test_a_cell_is_the_same_number_whatever_stands_beside_it(cell: str, decimal: str) -> None:
    """`5,`, a comma too many, was 5 in a column of plain numbers and no number beside any other
    text."""
    alone = number(cell, decimal)
    for others in ([], ["6"], ["7", "8"], ["x"], ["6", ""]):
        found = numbers([cell, *others], decimal)
        assert len(found) == 1 + len(others)
        np.testing.assert_array_equal(found[0], alone)
    fits = {".": ("5.", ".5", "1e5"), ",": (",5", "5,5", "1e5")}[decimal]
    assert (alone == alone) == (cell in fits)


def test_a_slip_is_no_number_in_a_file(tmp_path: Path) -> None:
    np.testing.assert_array_equal(column(tmp_path, "a;y\n5,;2\n1,5;1\n"), [np.nan, 1.5])
