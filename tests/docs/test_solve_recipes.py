"""Every recipe of docs/solve_recipes.md runs, and errs by less than it says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "solve_recipes.md").read_text("utf-8")
SHARED, *RECIPES = re.findall(r"```python\n(.*?)```", TEXT, re.S)
TITLES = re.findall(r"^## (.*)$", TEXT, re.M)[: len(RECIPES)]


@pytest.mark.parametrize("block", RECIPES, ids=TITLES)
def test_a_recipe_errs_by_less_than_it_says(block: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(SHARED + block, "docs/solve_recipes.md", "exec"), names)
    below = re.search(r"print\(error\)  # below (\S+)\n$", block)
    assert below is not None, "a recipe ends with its error and what that stays below"
    assert 0.0 < names["error"] <= float(below[1])


def test_the_page_on_materials_runs_and_its_table_is_that_of_the_cards() -> None:
    page = ROOT / "docs" / "materials.md"
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.S):
        exec(compile(block, "docs/materials.md", "exec"), names)
    assert names["alloy"].latent_heat == names["card"].latent_heat.value
    script = runpy.run_path(str(ROOT / "tools" / "physics" / "materials.py"))
    assert script["table"]() == (ROOT / "docs" / "tables" / "materials.md").read_text("utf-8")
