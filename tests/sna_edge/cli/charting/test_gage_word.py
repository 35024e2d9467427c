"""`sna-edge gage`: the published study from a table, and its noise in a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sna_edge.cli import main

from ...quality.test_gage import OPERATOR, PART, VALUES


@pytest.fixture
def study(tmp_path: Path) -> str:
    rows = [f"p{p},{'ABC'[o]},{v}" for p, o, v in zip(PART, OPERATOR, VALUES, strict=True)]
    path = tmp_path / "study.csv"
    path.write_text("part,operator,depth [mm]\n" + "\n".join(rows), encoding="utf-8")
    return str(path)


def test_the_published_study(study: str, capsys: Any) -> None:
    words = ["gage", study, "--value", "depth", "--tolerance", "8"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["categories"] == 4 and found["sigma"] == pytest.approx(0.302373, abs=2e-6)
    assert found["noise"]["inverse"] == ["--noise", "depth=0.30237"]
    assert found["noise"]["limits"] == {"inputs": {"depth": {"tolerance": 0.90711}}}
    assert found["sources"]["gage R&R"]["tolerance"] == pytest.approx(0.22678, abs=1e-5)
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "10 parts, 3 operators, 3 measurements each" in said
    assert "so it counts as repeatability" in said and "distinct categories: 4" in said


def test_a_study_without_operators(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "part,value\n" + "".join(f"{p},{v}\n" for p, v in zip(PART, VALUES, strict=True))
    )
    assert main(["gage", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["operators"] == 1


def test_no_noise_is_told_of_a_gauge_without_scatter(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "s.csv"
    path.write_text("part,value\n" + "".join(f"{p},{p / 7:.3f}\n" for p in (1, 1, 2, 2)))
    assert main(["gage", str(path)]) == 0
    said = capsys.readouterr().out
    assert said.endswith("measure again with all digits that the gauge has\n")
    assert "--noise" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--value", "width"], "no column 'width'"),
        (["--value", "depth", "--operator", "who"], "no column 'who'"),
        (["--value", "depth", "--tolerance", "0"], "is no width"),
        (["--value", "depth", "--part", "operator", "--operator", "part"], ""),
    ],
)
def test_what_is_no_study(words: list[str], said: str, study: str, capsys: Any) -> None:
    assert main(["gage", study, *words]) == (2 if said else 0)
    assert said in capsys.readouterr().err


def test_a_cell_that_is_no_number_is_named(study: str, capsys: Any) -> None:
    with open(study, "a", encoding="utf-8") as file:
        file.write("\np0,A,\n")
    assert main(["gage", study, "--value", "depth"]) == 2
    assert "row 91, column 'depth' is no number" in capsys.readouterr().err
