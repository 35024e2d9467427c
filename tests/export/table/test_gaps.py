"""Tables with missing cells: left out when asked for, counted when refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.table import Table, read, without_missing

TEXT = "lot,x,y,note\nA,1,2,\nB,,3,n\n,3,NA,n\nB,4,?,n\nA,5,6,n\n"


@pytest.fixture
def table(tmp_path: Path) -> Table:
    path = tmp_path / "t.csv"
    path.write_text(TEXT, encoding="utf-8")
    return read(path)


def test_rows_with_a_gap_in_a_used_column_are_left_out(table: Table) -> None:
    kept, counts = without_missing(table, ["lot", "x", "y"], ["lot"])
    assert counts == {"lot": 1, "x": 1, "y": 2}
    assert kept.column("x").tolist() == [1.0, 5.0] and kept.written("lot") == ["A", "A"]
    assert kept.place(1) == "row 2 (line 6)"
    samples, _ = kept.samples(["y"], ["x"])
    assert samples.x.tolist() == [[1.0], [5.0]]


def test_a_table_without_gaps_stays_as_it_is(table: Table) -> None:
    assert without_missing(table, ["note"])[0] is not table
    whole = Table.of({"x": [1.0, 2.0], "y": [0.0, np.inf]})
    assert without_missing(whole, ["x", "y"]) == (whole, {})


def test_text_is_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,2\n2,broken\n3,4\n", encoding="utf-8")
    kept, counts = without_missing(read(path), ["x", "y"])
    assert not counts and len(kept) == 3


def test_a_refusal_counts_the_gaps(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,2\n2,NA\n3,?\n4,5\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 2 .*'NA'.*, as 2 of 4 cells.*--missing drop"):
        read(path).samples(["y"])


def test_nothing_measured_yet_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,\n2,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"no row has a value in every column .*2 rows: y 2"):
        without_missing(read(path), ["x", "y"])
