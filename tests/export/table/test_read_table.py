"""Tables: separators, quotes, levels, and one clear sentence for each thing that cannot be
fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.fit import fit_table
from sna_export.table import Table, csv_file, read, read_table


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(tmp_path: Path, separator: str) -> None:
    rows = [["a", "b c", "y"], ["1", "2.5", "3e2"], ["4", "-5", "6"]]
    table = read_table(written(tmp_path, "\r\n".join(separator.join(r) for r in rows) + "\n"))
    assert table.names == ("a", "b c", "y")
    np.testing.assert_array_equal(table.numbers, [[1, 2.5, 300], [4, -5, 6]])
    assert not any(map(table.has_text, table.names))


def test_quotes_blank_lines_and_byte_order_mark(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, '\ufeff"metal, kind","y"\n"zinc, 1",2\n\n"say ""x""",3\n'))
    assert table.names == ("metal, kind", "y")
    assert table.has_text("metal, kind")
    assert list(table.cells["metal, kind"]) == ["zinc, 1", 'say "x"']


def test_decimal_commas_in_semicolon_files(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a;y\n1,5;2\n2,25;3\n"))
    np.testing.assert_array_equal(table.column("a"), [1.5, 2.25])


def test_fast_and_slow_way_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    data = rng.standard_normal((700, 4))
    lines = ["a,b,c,y", *(",".join(repr(float(v)) for v in row) for row in data)]
    path = written(tmp_path, "\n".join(lines) + "\n")
    slow = read_table(path)
    monkeypatch.setattr(csv_file, "FAST_BYTES", 0)
    monkeypatch.setattr(csv_file, "BLOCK", 97)
    calls = []
    original = csv_file._read_plain
    monkeypatch.setattr(csv_file, "_read_plain", lambda *a: calls.append(1) or original(*a))
    fast = read_table(path)
    assert calls
    np.testing.assert_array_equal(fast.numbers, data)
    np.testing.assert_array_equal(slow.numbers, data)
    path.write_text("\n".join([*lines[:400], "1,2,text,4", *lines[400:]]), encoding="utf-8")
    assert read_table(path).has_text("c")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no header"),
        ("a,y\n", "no rows"),
        ("a,y\n1,2\n", "one row"),
        ("a,a\n1,2\n3,4\n", "twice"),
        ("a,,y\n1,2,3\n", "column 2 has no name"),
        ("a,y\n1,2\n3\n", "line 3: 1 cells for 2 columns"),
        ("a,y\n1,2\n,3\n4,5\n", "row 2 .line 3., column 'a': the cell is missing"),
        ("a,y\n1,2\n2,nan\n4,5\n", "row 2 .line 3., column 'y': the cell is missing"),
        ("a,y\n1,2\nred,3\n4,5\n", "row 2 .line 3., column 'a': 'red' is text"),
        ("a,y\n1,2\ninf,3\n4,5\n", "row 2 .line 3., column 'a': 'inf' is not a finite"),
        ("a,y\n1,7\n2,7\n3,7\n", "'y' is constant"),
        ("a,y\n1,7\n1,8\n1,9\n", "no input varies"),
        ("y\n7\n8\n", "no input is left"),
        ("a,z\n7,1\n8,2\n", "no column 'y'; its columns are a, z"),
    ],
)
def test_what_cannot_be_fitted_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        fit_table(read_table(written(tmp_path, text)), ["y"])


def test_missing_file() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_table("no-such-table.csv")


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("ä,y\n1,2\n".encode() + b"3,4\xff\xfe\n")
    with pytest.raises(
        InputError, match="line 3: byte 0xff is not utf-8 text; save the table as UTF-8"
    ):
        read_table(path)


def test_levels_are_sorted_and_missing_ones_refused() -> None:
    table = Table.of({"m": ["b", "a", "b"], "n": [10, 2, 10], "y": [1.0, 2.0, 3.5]})
    samples, _ = table.samples(["y"], categorical=["m", "n"])
    assert samples.axes[0].levels == ("a", "b")
    assert samples.axes[1].levels == ("2", "10")
    np.testing.assert_array_equal(samples.x, [[1, 1], [0, 0], [1, 1]])
    with pytest.raises(InputError, match=r"row 2 .line 3., column 'm': the cell is missing"):
        Table.of({"m": ["b", " ", "a"], "y": [1.0, 2.0, 3.0]}).samples(["y"], categorical=["m"])


def test_constant_inputs_are_left_out_with_a_remark() -> None:
    samples, notes = Table.of(
        {"a": [1.0, 2.0, 3.0], "c": [5.0, 5.0, 5.0], "y": [1.0, 2.0, 4.0]}
    ).samples(["y"])
    assert [a.name for a in samples.axes] == ["a"]
    assert notes == ["input 'c' is constant and was left out"]


def test_rows_outside_a_declared_domain_are_named() -> None:
    table = Table.of({"a": [1.0, 2.0, 9.0], "y": [1.0, 2.0, 4.0]})
    with pytest.raises(
        InputError, match=r"row 3 .line 4.: 'a' = 9 lies outside its declared domain 0\.\.5"
    ):
        table.samples(["y"], domain={"a": (0.0, 5.0)})
    samples, _ = table.samples(["y"], domain={"a": (0.0, 10.0)})
    assert samples.axes[0].domain == (0.0, 10.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"targets": ["y"], "inputs": ["a", "y"]}, "both target and input"),
        ({"targets": []}, "no target"),
        ({"targets": ["y"], "inputs": ["a"], "categorical": ["b"]}, "not an input"),
        (
            {"targets": ["y"], "categorical": ["a"], "domain": {"a": (0.0, 1.0)}},
            "its domain is its levels",
        ),
    ],
)
def test_contradictions_are_refused(options: dict, words: str) -> None:
    table = Table.of({"a": [1.0, 2.0, 9.0], "b": [1.0, 3.0, 2.0], "y": [1.0, 2.0, 4.0]})
    with pytest.raises(InputError, match=words):
        table.samples(**options)


def test_read_is_the_short_name() -> None:
    assert read is read_table


def test_whether_columns_are_text_is_known_without_reading_the_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "FAST_BYTES", 0)
    asked: list[str] = []
    monkeypatch.setattr(csv_file.FileCells, "__getitem__", lambda _, name: asked.append(name))
    table = read_table(written(tmp_path, "a,b\n" + "1,2\n2,5\n" * 50))
    assert "a" in table.cells and "c" not in table.cells
    assert not any(map(table.has_text, table.names)) and not asked
