"""The worked example of a refit runs: few rows of the gas turbine, where its data are."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "online"


def test_the_example_of_a_refit_says_what_each_model_errs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    for name in ("online", "refit"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    refit = importlib.import_module("refit")
    if not refit.DATA.exists():
        pytest.skip("no gas turbine data")
    monkeypatch.setattr(refit, "KINDS", {"refitted": ["--accept"]})
    past, new = (refit.year(n)[::40] for n in (2011, 2012))
    names = (refit.DATA / "gas_turbine_2011.csv").read_text().split("\n", 1)[0].split(",")
    lines = refit.table(past, new, names).splitlines()
    rows = {line.split("|")[1].strip(): float(line.split("|")[2]) for line in lines[2:]}
    assert list(rows) == [
        "the model of 2011", "corrected on the line", "refitted",
        "refitted, and corrected on the line",
    ]  # fmt: skip
    assert all(0.3 < error < 10.0 for error in rows.values())
