"""`sna-edge design`: a plan is written, measured, and fitted as it comes back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Sna = Callable[..., Any]
INPUTS = ("--input", "power=100:400", "speed=500:2000", "--levels", "gas=Ar,N2")
PLAN = """
rows = 12
targets = ["depth"]
where = ["power / speed <= 0.4"]
seed = 5

[inputs.power]
range = [100, 400]
step = 5
unit = "W"

[inputs.speed]
range = [500, 2000]

[inputs.gas]
levels = ["Ar", "N2"]
"""


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_file_says_the_same_as_options(sna: Sna, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    assert sna("design", tmp_path / "plan.toml", "-o", one).code == 0
    rule = ("--where", "power / speed <= 0.4", "--step", "power=5", "--units", "power=W")
    more = ("--rows", 12, "--seed", 5, "--target", "depth", "-o", two)
    assert sna("design", *INPUTS, *rule, *more).code == 0
    assert one.read_bytes() == two.read_bytes()
    units, *rows = rows_of(one)
    assert units == {"power": "[W]", "speed": "", "gas": "", "depth": ""}
    assert len(rows) == 12 and all(r["depth"] == "" and int(r["power"]) % 5 == 0 for r in rows)


def test_options_overrule_the_file(sna: Sna, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    said = sna("design", tmp_path / "plan.toml", "--rows", 3, "-o", tmp_path / "p.csv", "--json")
    assert len(said.json["rows"]) == 3 and said.json["targets"] == ["depth"]


def test_a_plan_comes_back_to_fit_half_measured(sna: Sna, tmp_path: Path) -> None:
    plan, page = tmp_path / "plan.csv", tmp_path / "plan.html"
    asked = ("--step", "power=10", "--rows", 24, "--target", "depth", "-o", plan)
    assert sna("design", *INPUTS, *asked, "--report", page).code == 0
    assert page.read_text(encoding="utf-8").count("<svg") == 3
    rows = rows_of(plan)
    for row in rows[:18]:
        row["depth"] = f"{float(row['power']) / 4 + 5 * (row['gas'] == 'N2'):g}"
    with open(plan, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    model = tmp_path / "depth.sna"
    fit = ("fit", plan, "--target", "depth", "--categorical", "gas", "-o", model)
    assert "as 6 of 24 cells of the column; fill it or drop" in sna(*fit).sentence()
    said = sna(*fit, "--missing", "drop", "--time-limit", 10)
    assert said.code == 0 and "left out 6 rows with missing cells (depth 6)" in said.out
    answer = sna("query", model, "--at", "power=200", "speed=1000", "gas=N2", "--json").json
    assert answer["outputs"]["depth"]["value"] == pytest.approx(55.0, abs=0.5)


def test_new_rows_fill_the_gaps_between_measured_ones(sna: Sna, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("b,a,y\n0,0,1\n1,0,1\n0,1,1\n", encoding="utf-8")
    box = ("--input", "a=0:1", "b=0:1", "--rows", 1, "--measured", first)
    assert sna("design", *box, "-o", second).code == 0
    (row,) = rows_of(second)
    assert float(row["a"]) > 0.9 and float(row["b"]) > 0.9
    assert "also the input file" in sna("design", *box, "-o", first).sentence()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "a plan needs inputs"),
        (("--input", "a=0:1"), "how many rows to plan"),
        (("--input", "a=2:1", "--rows", 2), "--input 'a=2:1' is not NAME=LO:HI"),
        (("--input", "a=0:1", "--step", "b=1", "--rows", 2), "'b' is no input of the plan"),
        (("--input", "a=0:1", "--where", "a", "--rows", 2), "'a' compares nothing"),
        (("--input", "a=0:1", "--levels", "a=A,B", "--rows", 2), "has a range and levels"),
        (("--input", "a=0:1", "--method", "grid", "--rows", 2), "method 'grid'"),
    ],
)
def test_what_cannot_be_planned(sna: Sna, tmp_path: Path, words: Any, sentence: str) -> None:
    said = sna("design", *words, "-o", tmp_path / "p.csv")
    assert said.code == 2 and sentence in said.sentence()
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("row = 3", "cannot have an entry 'row'"),
        ("rows = '3'", "of another kind"),
        ("[inputs.a]\nranges = [1, 2]", r"cannot have ranges"),
        ("[inputs]\na = 3", "must be tables"),
    ],
)
def test_a_wrong_file_is_named(sna: Sna, tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    said = sna("design", path, "-o", tmp_path / "p.csv").sentence()
    assert sentence in said and str(path) in said
