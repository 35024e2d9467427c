"""`sna-edge design`: a plan is written, measured, and fitted as it comes back."""

from __future__ import annotations

import csv
import math
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
    said = sna(*fit, "--missing", "drop")
    assert said.code == 0 and "left out 6 rows with missing cells (depth 6)" in said.out
    assert "input 'speed' changes nothing in the model chosen and was left out" in said.out
    answer = sna("query", model, "--at", "power=200", "gas=N2", "--json").json
    assert answer["outputs"]["depth"]["value"] == pytest.approx(55.0, abs=0.5)


def test_new_rows_fill_the_gaps_between_measured_ones(sna: Sna, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("b,a,y\n0,0,1\n1,0,1\n0,1,1\n", encoding="utf-8")
    box = ("--input", "a=0:1", "b=0:1", "--rows", 1, "--measured", first)
    assert sna("design", *box, "-o", second).code == 0
    (row,) = rows_of(second)
    assert float(row["a"]) > 0.9 and float(row["b"]) > 0.9
    assert "this call also reads or writes" in sna("design", *box, "-o", first).sentence()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--rows", 2), "a plan needs inputs"),
        (("--input", "a=0:1"), "how many rows is not said"),
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


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    """Measured rows of the small model: width and depth known by hand."""
    path = tmp_path / "tracks.csv"
    lines = ["power,speed,spot,width,depth"]
    for i in range(30):
        power, speed = 100 + 10 * (7 * i % 31), 0.5 + (11 * i % 30) / 30
        width = 50 + power / 4 - 10 * speed + 5 * (i % 2)
        lines.append(f"{power},{speed:.4f},{'AB'[i % 2]},{width},{math.exp(0.5 + speed)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_next_rows_of_a_model(sna: Sna, model_file: Path, tracks: Path, tmp_path: Path) -> None:
    out = tmp_path / "next.csv"
    asked = ("design", "--model", model_file, "--measured", tracks, "--add", 4, "-o", out)
    said = sna(*asked, "--step", "power=10", "--json").json
    assert said["chosen"] == "telling most over the domain, as the model of 30 rows says" and said[
        "targets"
    ] == [
        "width",
        "depth",
    ]
    units, *rows = rows_of(out)
    assert list(rows[0]) == ["power", "speed", "spot", "width", "depth"]
    assert len(rows) == 4 and all(float(r["power"]) % 10 == 0 for r in rows)
    ends = {r["power"] for r in rows} | {r["speed"] for r in rows}
    assert ends & {"100", "400", "0.5", "1.5"}  # a line is told best from its ends
    goals = ("--target", "width=120:122", "--target", "depth=min", "--at", "spot=B")
    assert sna(*asked, *goals).code == 0
    for row in rows_of(out)[1:]:
        width = 50 + float(row["power"]) / 4 - 10 * float(row["speed"]) + 5
        assert row["spot"] == "B" and 119 < width < 123
    assert any(float(row["speed"]) < 0.6 for row in rows_of(out)[1:])


def test_the_next_rows_without_a_model(sna: Sna, tracks: Path, tmp_path: Path) -> None:
    out = tmp_path / "next.csv"
    inputs = ("--input", "power=100:400", "speed=0.5:1.5", "--levels", "spot=A,B")
    asked = ("design", *inputs, "--measured", tracks, "--add", 2, "-o", out)
    said = sna(*asked, "--target", "width=max", "--cost", "1 + power / 1000")
    row = rows_of(out)[0]
    assert float(row["power"]) > 380 and row["spot"] == "B" and set(row) == {
        "power", "speed", "spot", "width",
    }  # fmt: skip
    assert "for their cost" in said.out


def test_a_model_without_rows_says_that_it_is_spread(
    sna: Sna, model_file: Path, tmp_path: Path
) -> None:
    said = sna("design", "--model", model_file, "--add", 5, "-o", tmp_path / "next.csv")
    assert said.code == 0 and "no measured rows" in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--add", 0), "--add is 0"),
        (("--add", 2, "--rows", 2), "how many rows is not said, or twice"),
        (("--rows", 2), "--model is for the next rows"),
        (("--add", 2, "--input", "power=50:200"), "leaves the domain of the model"),
        (("--add", 2, "--levels", "spot=C"), "'C' is no level of 'spot'"),
        (("--add", 2, "--target", "width=max"), "give --measured"),
        (("--add", 2, "--target", "height=max"), "'height' is no output"),
    ],
)
def test_what_cannot_be_asked_of_a_model(
    sna: Sna, model_file: Path, tmp_path: Path, words: Any, sentence: str
) -> None:
    said = sna("design", "--model", model_file, *words, "-o", tmp_path / "p.csv")
    assert said.code == 2 and sentence in said.sentence()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--target", "power"), "target 'power' is an input of the plan"),
        (("--target", "depth", "--target", "depth"), "target 'depth' is stated twice"),
        (("--step", "power=0"), "the step of 'power' is 0"),
        (("--seed", "-1"), "--seed is -1"),
    ],
)
def test_options_without_a_meaning_are_refused(
    sna: Sna, tmp_path: Path, more: tuple[str, ...], sentence: str
) -> None:
    said = sna("design", *INPUTS, "--rows", 4, *more, "-o", tmp_path / "p.csv")
    assert said.code == 2 and sentence in said.err
    assert not (tmp_path / "p.csv").exists()
