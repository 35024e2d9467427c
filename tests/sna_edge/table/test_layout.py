"""Headers, units, comments, separators at the end of lines, and rows that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sna_edge.errors import InputError
from sna_edge.table import Dialect, Stream, hint_of, open_table
from sna_edge.table.layout import check_names, trimmed

from ...clock import Clock


def opened(tmp_path: Path, text: str | bytes, **declared):
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_table(path, **declared)


def rows(table) -> list[list[str]]:
    return [row for block in table.blocks() for row in block.rows]


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ('"Druck, ein";"Temp, aus"\n1;2\n', ("Druck, ein", "Temp, aus"), ["1", "2"]),
        ('"power\n(W)","speed\r\n(mm/s)"\n1,2\n', ("power (W)", "speed (mm/s)"), ["1", "2"]),
        ('"say ""x""",b\n1,2\n', ('say "x"', "b"), ["1", "2"]),
        ("p (bar, abs);T\n2,5;3\n", ("p (bar, abs)", "T"), ["2,5", "3"]),
        ("a|b;c\n1;2\n", ("a|b", "c"), ["1", "2"]),
        ("sep=;\na;b\n1;2\n", ("a", "b"), ["1", "2"]),
        ('\ufeff"sep=|"\r\na|b\r\n1|2\r\n', ("a", "b"), ["1", "2"]),
        ("SEP=\t\na\tb\n1\t2\n", ("a", "b"), ["1", "2"]),
        ("# made by x\n#\n\na,b\n1,2\n", ("a", "b"), ["1", "2"]),
        ("# a,b\n1,2\n", ("a", "b"), ["1", "2"]),
        ("#,a,b\n1,2,3\n", ("#", "a", "b"), ["1", "2", "3"]),
        (" a ,  b  b \n1,2\n", ("a", "b b"), ["1", "2"]),
        ("a,b,\n1,2,\n", ("a", "b"), ["1", "2"]),
        ("a;b;;;\n1;2;;;\n", ("a", "b"), ["1", "2"]),
        ("a,b\n1,2,\n3,4,\n", ("a", "b"), ["1", "2"]),
        ("a,b\n#N/A,2\n1,2\n", ("a", "b"), ["#N/A", "2"]),
        ("a,b\n#12,2\n1,2\n", ("a", "b"), ["#12", "2"]),
        ("a,b\n,,\n , \n1,2\n", ("a", "b"), ["1", "2"]),
        (",a,b\n0,1,2\n", ("", "a", "b"), ["0", "1", "2"]),
        ("y\n3\n", ("y",), ["3"]),
    ],
)
def test_header_and_first_row(
    tmp_path: Path, text: str, names: tuple[str, ...], first: list[str]
) -> None:
    table = opened(tmp_path, text)
    assert table.names == names and rows(table)[0] == first
    stream = Stream("t")
    records = stream.feed(text.encode()) + stream.close()
    assert stream.names == names and records[0].cells == first


@pytest.mark.parametrize(
    ("row", "units"),
    [
        ("W,mm/s,MPa", {"a": "W", "b": "mm/s", "c": "MPa"}),
        ("[W],[mm/s],[-]", {"a": "W", "b": "mm/s"}),
        ("(W),(my unit),(MPa)", {"a": "W", "b": "my unit", "c": "MPa"}),
        ("W,-,%", {"a": "W", "c": "%"}),
        ("kg/m^3,J/(kg K),m²", {"a": "kg/m^3", "b": "J/(kg K)", "c": "m²"}),
        ("°C,µm,", {"a": "°C", "b": "µm"}),
        ("W,,", None),
        ("W,2,MPa", None),
        ("x,y,z", None),
        ("W,mm,blue", None),
        ("-,-,-", None),
        ("(1),(2),(3)", None),
    ],
)
def test_a_row_of_units(tmp_path: Path, row: str, units: dict[str, str] | None) -> None:
    table = opened(tmp_path, f"a,b,c\n{row}\n1,2,3\n")
    assert table.units == (units or {})
    assert len(rows(table)) == (2 if units is None else 1)


def test_levels_are_never_taken_for_units(tmp_path: Path) -> None:
    table = opened(tmp_path, "ion,size\nK,m\nNa,s\n", categorical=["ion", "size"])
    assert rows(table) == [["K", "m"], ["Na", "s"]] and not table.units


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2,3,4", "4 cells for 3 columns; beyond the last column: '4'"),
        ('3,45,60,"was 3,45"', "beyond the last column: 'was 3,45'"),
        ("1,2", "2 cells for 3 columns"),
        ("1", "1 cells for 3 columns"),
        ("1,2,3,", "4 cells for 3 columns"),
        ("1,2,3,4,5,6,7", "beyond the last column: '4'; beyond the last column: '5'"),
        ("1;2;3", "1 cells for 3 columns"),
        ("1,5,2,5,3", "5 cells for 3 columns"),
    ],
)
def test_rows_of_another_length_are_named_and_kept(tmp_path: Path, line: str, reason: str) -> None:
    text = f"a,b,c\n1,2,3\n{line}\n4,5,6\n"
    (block,) = opened(tmp_path, text).blocks()
    assert list(block.wrong) == [1] and reason in block.wrong[1] and list(block.lines) == [2, 3, 4]
    records = (stream := Stream("t")).feed(text.encode()) + stream.close()
    assert [bool(record.wrong) for record in records] == [False, True, False] and reason in records[
        1
    ].wrong


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (b"", "no header line"),
        (b"\xef\xbb\xbf", "no header line"),
        (b"\n \n\t\n", "no header line"),
        (b",,\n1,2,3\n", "no header line"),
        (b"a,b,a\n1,2,3\n", "'a' occurs twice"),
        (b'a,b," a "\n1,2,3\n', "'a' occurs twice"),
        (b'a b,"a\nb"\n1,2\n', "'a b' occurs twice"),
        (b'"a,b\n1,2\n', "line 1: a quote is opened and never closed"),
        (b"a,b\n1,\0\n", "line 2: a NUL byte"),
        (b"a,b\n1,\xff\n\xc3\xbc,1\n3,\x81\n", "line 4: byte 0x81 is not cp1252 text"),
        ("ä,b\n1,2\n".encode() + b"\xfc,2\n", "line 3: byte 0xfc is not utf-8 text"),
        (b"SQLite format 3\0", "a database"),
        (b"PK\x03\x04rest", "as an Excel workbook"),
        (b"PAR1rest", "as a Parquet file"),
    ],
)
def test_what_is_no_table_is_one_sentence(tmp_path: Path, text: bytes, part: str) -> None:
    if text.startswith(b"PK"):
        pytest.importorskip("openpyxl")
    if text.startswith(b"PAR1"):
        pytest.importorskip("pyarrow")
    with pytest.raises(InputError) as caught:
        list(opened(tmp_path, text).blocks())
    assert part in str(caught.value) and "t.csv" in str(caught.value)


def test_without_the_extra_a_workbook_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    for begin, package in ((b"PK\x03\x04", "openpyxl"), (b"PAR1", "pyarrow")):
        with pytest.raises(
            InputError,
            match=rf"which {package} reads; pip install 'sna-edge\[tables\]', or save it as CSV",
        ):
            opened(tmp_path, begin)


@pytest.mark.parametrize(
    ("declared", "part"),
    [
        ({"encoding": "utf-9"}, "encoding 'utf-9' is unknown"),
        ({"encoding": "rot13"}, "encoding 'rot13' is unknown"),
        ({"separator": "ab"}, "separator 'ab' is not a single character"),
        ({"separator": "1"}, "separator '1'"),
        ({"decimal": ";"}, "decimal mark ';' is neither"),
        ({"quote": "\n"}, "quote"),
    ],
)
def test_declarations_that_make_no_sense(
    tmp_path: Path, declared: dict[str, str], part: str
) -> None:
    with pytest.raises(InputError, match=part):
        opened(tmp_path, "a,b\n1,2\n", **declared)


def test_hints_yield_to_the_file(tmp_path: Path) -> None:
    hint = Dialect("mac-roman", ";", ",")
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1.5,ä\n".encode())
    table = open_table(path, hint)
    assert (
        table.names == ("a", "b")
        and rows(table) == [["1.5", "ä"]]
        and table.marks(["a"]).decimal == "."
    )
    path.write_bytes("a;b\n1.000;ä\n999;ö\n".encode("mac-roman"))
    table = open_table(path, hint)
    assert rows(table) == [["1.000", "ä"], ["999", "ö"]] and table.marks(["a"]).decimal == ","
    assert hint_of({"decimal": "x"}) == Dialect() == hint_of([1]) and hint_of(
        {"decimal": ",", "other": 1}
    ) == Dialect(decimal=",")


def test_a_wide_header_is_read_in_no_time() -> None:
    names = [f"c{i}" for i in range(100_000)]
    blank = [""] * 100_000
    clock = Clock()
    check_names("x.csv", names)
    assert trimmed([*names, *blank], ["1"] * len(names) + blank)[0] == names
    with pytest.raises(InputError, match="'c7' occurs twice"):
        check_names("x.csv", [*names, "c7"])
    assert clock.seconds < 5.0  # by the square: minutes
