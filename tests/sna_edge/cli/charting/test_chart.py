"""`sna-edge chart` on tables and logs of a line: every kind, references, pictures, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge.cli import main
from sna_edge.quality.charts import restored

from ...quality.charts.published import (
    CHEMICAL,
    FLOW_WIDTH,
    FLOW_WIDTH_LATER,
    ORANGE_JUICE,
    PISTON_RINGS,
)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """widths.csv (comma, unit), chem.csv, cans.csv, three.csv, parts.jsonl."""
    widths = np.r_[FLOW_WIDTH, FLOW_WIDTH_LATER]
    rows = [f"{i};{y}".replace(".", ",") for i, g in enumerate(widths) for y in g]
    (tmp_path / "widths.csv").write_text("wafer;width [um]\n" + "\n".join(rows))
    (tmp_path / "chem.csv").write_text("x\n" + "\n".join(map(str, [*CHEMICAL[:5], "-", *CHEMICAL])))
    (tmp_path / "cans.csv").write_text("bad,of\n" + "\n".join(f"{b},50" for b in ORANGE_JUICE))
    (tmp_path / "rings.csv").write_text(
        "a,b,c\n" + "\n".join(f"{g[0]},{g[1]},{g[2]}" for g in PISTON_RINGS) + "\n74,75,74\n"
    )
    with open(tmp_path / "parts.jsonl", "w") as file:
        for i, x in enumerate(CHEMICAL):
            verdict = "REJECT" if x > 11.4 else "ACCEPT"
            one = {"id": i, "verdict": verdict, "outputs": {"x": {"value": x}}, "reading": {}}
            file.write(json.dumps(one) + "\n\nno JSON\n")
            told = {"x": {"value": x + 1, "predicted": x}}
            file.write(json.dumps({"id": i, "measured": told}) + "\n")
    return tmp_path


def run(capsys: Any, folder: Path, text: str) -> tuple[int, Any]:
    words = [str(folder / w) if "." in w and w[0].isalpha() else w for w in text.split()]
    code = main(["chart", *words, "--json"])
    told = capsys.readouterr()
    return code, json.loads(told.out) if code in (0, 4) else told.err


def test_a_chart_of_subgroups_has_its_signals_in_words(tables: Path, capsys: Any) -> None:
    text = "widths.csv --column width --chart xbar-r --rules limits --reference 25 --subgroup"
    code, found = run(capsys, tables, f"{text} 5")
    assert code == 4 and [s["point"] for s in found["signals"]] == [43, 45]
    assert found["signals"][0]["rule"] == "1 point beyond a control limit"
    assert found == run(capsys, tables, f"{text} wafer")[1]
    assert found["reference"] == [1, 25] and len(found["points"]) == 90
    assert run(capsys, tables, f"{text} 5 --reference 1:20")[1]["reference"] == [1, 20]
    assert restored(found["state"]).count == 45
    words = [str(tables / "widths.csv"), "--column", "width", "--chart", "xbar-s"]
    assert main(["chart", *words, "--subgroup", "5", "--reference", "10"]) == 4
    said = capsys.readouterr().out
    assert "limits from points 1 to 10, fewer than 20: rough ones" in said
    assert "points signal" in said and "and " in said


def test_a_missing_value_is_said(tables: Path, capsys: Any) -> None:
    text = "chem.csv --column x --chart cusum --center 10 --sigma 1"
    code, found = run(capsys, tables, text)
    assert code == 4 and (found["judged"], found["missing"]) == (35, 1)
    assert found["points"][10]["value"] is None and "missing" in found["points"][10]["remark"]
    words = text.replace("chem.csv", str(tables / "chem.csv")).split()
    main(["chart", *words])
    assert "1 points without a value" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "code", "statistic"),
    [
        ("chem.csv --column x --chart individuals --rules limits", 0, "value"),
        ("chem.csv --column x --chart ewma --weight 0.1 --reach 2.7 --center 10 --sigma 1", 4,
         "weighted mean"),
        ("chem.csv --column x --chart ewma --subgroup 5 --sigma-by deviation", 0, "weighted mean"),
        ("cans.csv --column bad --chart p --size of --rules limits", 4, "share"),
        ("cans.csv --column bad --chart p --size 50 --rules limits", 4, "share"),
        ("rings.csv --column a,b,c --chart t2 --reference 25", 4, "T2"),
        ("rings.csv --column a b --chart t2 --subgroup 5 --alpha 0.001 --reference 5", 0, "T2"),
        ("--log parts.jsonl --output x --chart cusum --center 10 --sigma 1", 4, "sum above"),
        ("--log parts.jsonl --output x --of measured --reference 20", 4, "value"),
        ("--log parts.jsonl --chart p --size 10 --rules limits", 0, "share"),
    ],
)  # fmt: skip
def test_every_kind(text: str, code: int, statistic: str, tables: Path, capsys: Any) -> None:
    found = run(capsys, tables, text)
    assert found[0] == code, found[1]
    assert found[1]["points"][0]["statistic"] == statistic
    assert bool(found[1]["signals"]) == (code == 4)


def test_residuals_are_measured_less_predicted(tables: Path, capsys: Any) -> None:
    text = "--log parts.jsonl --output x --of residual --center 0 --sigma 0.5 --rules run8"
    _, found = run(capsys, tables, text)
    values = [p["value"] for p in found["points"] if p["statistic"] == "value"]
    assert values == pytest.approx([1.0] * 30) and len(found["signals"]) == 23


def test_a_chart_is_drawn(tables: Path, capsys: Any) -> None:
    pytest.importorskip("matplotlib")
    text = "widths.csv --column width --chart xbar-r --subgroup 5 --reference 25 --plot w.svg"
    assert run(capsys, tables, text)[0] == 4
    svg = (tables / "w.svg").read_text(encoding="utf-8")
    assert "1 point beyond a control limit: 43, 45." in svg and "range" in svg
    chem = "chem.csv --column x --chart t2 --plot w.svg"
    assert run(capsys, tables, chem)[0] == 2  # and the picture stays
    assert (tables / "w.svg").read_text(encoding="utf-8") == svg


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing values; give TABLE and --column"),
        ("chem.csv --column y", "no column 'y'"),
        ("chem.csv --column x --chart xbar-r", "needs --subgroup N"),
        ("chem.csv --column x --chart ewma --slack 1", "--slack is nothing of --chart ewma"),
        ("chem.csv --column x --chart p", "needs the parts of a sample"),
        ("rings.csv --column a,b", "takes one column"),
        ("rings.csv --column a --chart t2", "name two or more"),
        ("chem.csv --column x --reference 90", "not within the 36 points"),
        ("chem.csv --column x --reference x", "is no number of points"),
        ("chem.csv --column x --rules no", "'no' is no rule"),
        ("chem.csv --column x --subgroup 1 --chart xbar-r", "no scatter within"),
        ("chem.csv --column x --center 1 --sigma 0", "--sigma 0 is no deviation"),
        ("chem.csv --column x --plot w.gif", "does not end with .svg"),
        ("chem.csv --column x --log parts.jsonl", "in place of TABLE"),
        ("--log parts.jsonl", "needs --output NAME"),
        ("--log parts.jsonl --output z", "no line of"),
        ("--log parts.jsonl --chart p --size 40", "fewer than one sample of 40"),
    ],
)
def test_what_gives_no_chart(text: str, said: str, tables: Path, capsys: Any) -> None:
    code, error = run(capsys, tables, text)
    assert code == 2 and said in error
