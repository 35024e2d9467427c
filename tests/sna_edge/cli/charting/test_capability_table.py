"""Capability of a column of a table, without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge.cli import main
from sna_edge.cli.charting.columns import grouped
from sna_edge.quality.capability.figures import of_values

from ...quality.charts.published import FLOW_WIDTH


def run(capsys: Any, *words: str) -> Any:
    code = main(["capability", *words, "--json"])
    told = capsys.readouterr()
    return json.loads(told.out) if code == 0 else (code, told.err)


def test_a_table_has_its_capability(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "widths.csv")
    rows = [f"{i // 5};{y:.4f}".replace(".", ",") for i, y in enumerate(FLOW_WIDTH.ravel())]
    Path(path).write_text("wafer;width [um]\n" + "\n".join([*rows, "25;"]), encoding="utf-8")
    words = ["--table", path, "--column", "width", "--lsl", "1", "--usl", "2", "--target", "1.5"]
    by_label = run(capsys, *words, "--subgroup", "wafer")["outputs"]["width"]
    assert by_label == run(capsys, *words, "--subgroup", "5")["outputs"]["width"]
    assert by_label["missing"] == 1 and by_label["parts"] == 125
    direct = of_values(FLOW_WIDTH.ravel(), 1.0, 2.0, 1.5, list(FLOW_WIDTH))
    for name in ("Cp", "Cpk", "Pp", "Ppk", "Cpm"):
        assert by_label[name] == pytest.approx(direct[name])
        assert by_label[f"{name}_95"] == pytest.approx(direct[f"{name}_95"])
    assert main(["capability", *words]) == 0
    said = capsys.readouterr().out
    assert "Cpm" in said and "1 rows without a number left out" in said and "look normal" in said
    assert "Cp_95" not in run(capsys, "--table", path, "--column", "width", "--usl", "2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--table", "T"], "--table needs --column C"),
        (["--table", "T", "--column", "y", "--lsl", "2", "--usl", "1"], "need LSL < USL"),
        (["--table", "T", "--column", "z", "--lsl", "0"], "no column 'z'; its columns are y"),
        (["--table", "T", "--column", "y", "--lsl", "0", "--subgroup", "1"], "no scatter within"),
        (["--table", "T", "--column", "y", "--lsl", "0"], "has 3 numbers of 4 rows"),
        (["M", "--table", "T", "--column", "y", "--lsl", "0"], "neither a model"),
        (["--at", "x=1"], "missing model or limits"),
        (["M", "--limits", "L", "--at", "x=1", "--lsl", "0"], "--lsl goes with --table"),
    ],
)
def test_what_cannot_be_asked_of_a_table(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("y\n1\n2\n4\nx\n", encoding="utf-8")
    code, error = run(capsys, *[str(path) if w == "T" else w for w in words])
    assert code == 2 and said in error


def test_rows_in_a_row_with_one_label_are_a_subgroup() -> None:
    found = grouped(np.arange(5.0), None, ["a", "a", "b", "a", "a"])
    assert [one.tolist() for one in found] == [[0.0, 1.0], [2.0], [3.0, 4.0]]
    assert [len(one) for one in grouped(np.arange(5.0), 2, None)] == [2, 2, 1]
