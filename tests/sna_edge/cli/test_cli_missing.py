"""A model that takes missing readings, asked by every word that knows of settings."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sna_export")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """depth = 10 power + 5 (gas is Ar), a sixth of the cells of power and a tenth of gas empty."""
    from sna_export.fit import fit
    from sna_export.table import read

    folder = tmp_path_factory.mktemp("missing")
    rng = np.random.default_rng(1)
    power, argon = rng.uniform(1, 2, 80), rng.random(80) < 0.5
    table = folder / "rows.csv"
    with table.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["power [W]", "gas", "depth"])
        for i, (p, a) in enumerate(zip(power, argon, strict=True)):
            gas = "Ar" if a else "N2"
            depth = 10 * p + 5 * a + 0.05 * rng.standard_normal()
            out.writerow([p if i % 6 else "", gas if i % 10 else "", depth])
    rows = read(table)
    found = fit(rows, ["depth"], categorical=["gas"], missing="model", effort="quick")
    found.model.save(folder / "m.sna")
    return folder / "m.sna", table


@pytest.mark.parametrize("said", ["power [W]=", "power [W]=NA", "power [W]=-"])
def test_a_reading_without_a_value_is_missing(sna, fitted, said) -> None:
    model, _ = fitted
    known = ["gas=Ar"]
    left_out = sna("query", model, "--at", *known, "--json")
    written = sna("query", model, "--at", said, *known, "--json")
    assert written.code == 0 and written.out == left_out.out
    assert "power [W] is missing" in written.json["missing"]
    level = sna("query", model, "--at", "power [W]=1.5", "gas=", "--json")
    assert "gas is missing" in level.json["missing"]


def test_advice_takes_the_flags_for_no(sna, fitted) -> None:
    model, _ = fitted
    part = ["--part", "power [W]=1.2", "gas=Ar", "--knobs", "power [W]"]
    said = sna("inverse", model, *part, "--limits", "depth=18:28", "--json")
    assert said.code == 0 and 18 <= said.json["after"]["depth"]["value"] <= 28
    lacking = sna("inverse", model, "--part", "gas=Ar", *part[3:], "--limits", "depth=18:28")
    assert lacking.code == 2 and "lacks input 'power [W]'" in lacking.sentence()


def test_a_plan_is_of_readings_and_learns_from_rows_with_holes(sna, fitted, tmp_path) -> None:
    model, table = fitted
    plan, page = tmp_path / "more.csv", tmp_path / "more.html"
    said = sna("design", "--model", model, "--measured", table, "--add", 4, "-o", plan,
               "--report", page)  # fmt: skip
    assert said.code == 0, said.err
    rows = list(csv.reader(plan.open()))
    assert not any("missing" in cell for row in rows for cell in row)
    assert {row[rows[0].index("gas")] for row in rows[-4:]} <= {"Ar", "N2"}


def test_a_row_that_lacks_a_reading_is_a_reference_without_it(sna, fitted, tmp_path) -> None:
    model, _ = fitted
    rows = tmp_path / "rows.csv"
    rows.write_text("power [W],gas\n,Ar\n1.5,\n1.5,Ar\n", encoding="utf-8")
    at = ("--at", "power [W]=1.2", "gas=N2", "--explain", "--json")
    for n, lacking in ((1, ["gas=Ar"]), (2, ["power [W]=1.5"]), (3, ["power [W]=1.5", "gas=Ar"])):
        base = sna("query", model, "--at", *lacking, "--json").json["outputs"]["depth"]["value"]
        said = sna("query", model, *at, "--against", f"{rows}:{n}")
        assert said.code == 0, said.err
        assert said.json["explain"]["outputs"]["depth"]["base"] == pytest.approx(base, rel=1e-6)
