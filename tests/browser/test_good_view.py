"""What the page says of its fit is what Python says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_export.page.content import about
from sna_export.page.shell import render

from .moulding import Made, Visit, shown, state


def test_how_good_is_that_of_python(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "good")
    tiles = seen.page.locator("#view-good .tile b").all_inner_texts()
    told = made.model.evaluate(made.x, level_index=True)
    inside_ = ((told.lower <= made.measured) & (made.measured <= told.upper))[:, 0]
    off = (made.measured - told.value)[:, 0]
    assert float(tiles[0]) == pytest.approx(1 - off.var() / made.measured[:, 0].var(), abs=2e-3)
    assert float(tiles[1].split()[0]) == pytest.approx(float(np.sqrt((off**2).mean())), rel=1e-3)
    assert float(tiles[2].removesuffix(" %")) == pytest.approx(100 * inside_.mean(), abs=0.051)
    assert seen.page.locator("#view-good svg.plot").count() == 5
    described = seen.page.locator("#view-good svg.plot").nth(2).get_attribute("aria-label")
    at = made.model.evaluate(made.x, level=0.5, level_index=True)
    half = ((at.lower <= made.measured) & (made.measured <= at.upper))[:, 0].mean()
    assert f"50 % covers {100 * half:.1f} %" in described


def test_residuals_against_everything(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "good")
    for value in ("prediction", "0", "3", "order"):
        seen.page.select_option("#residuals-along", value)
        label = seen.page.locator("#view-good svg.plot").nth(1).get_attribute("aria-label")
        wanted = {"0": "speed", "3": "material", "order": "order of the rows"}
        assert wanted.get(value, "predicted weight") in label
    seen.page.locator("#view-good .use").first.click()
    off = np.abs(made.measured - made.model.value(made.x, level_index=True))[:, 0]
    width = made.model.evaluate(made.x, level_index=True)
    far = int(np.argmax(off / (width.upper - width.lower)[:, 0]))
    assert np.allclose(state(seen), made.x[far], rtol=1e-6)  # seven digits


def test_the_learning_curve_of_the_fit(visit: Visit, made: Made, tmp_path: Path) -> None:
    plain = shown(visit, made, "good")
    assert "fit with --learning-curve" in plain.page.locator("#view-good").inner_text()
    curve = {"rows": [40, 80], "rmse": [2.0, 1.5], "se": [0.1, 0.1], "lowered": 0.25,
             "range": [0.15, 0.34], "repeats": 5, "judged": 60}  # fmt: skip
    model = made.model.replace(metadata={"fit": {"learning_curve": {"weight": curve}}})
    path = tmp_path / "learned.html"
    path.write_text(render("learned", "a test", about(model, "learned"), model.to_bytes()))
    seen = visit(path)
    seen.page.get_by_role("tab", name="How good").click()
    plot = seen.page.get_by_role("img", name="Error of weight by the number of rows")
    assert "40 rows 2, 80 rows 1.5" in plot.get_attribute("aria-label")
    assert plot.locator("path.l").count() == 3  # the curve and two bars
    text = seen.page.locator("#view-good").inner_text()
    assert "Doubling the rows (40 to 80) lowered the error by 25 %" in text
    assert "more rows would help" in text
    seen.page.locator("#view-good select").first.select_option("1")  # length has none
    seen.page.wait_for_function("!document.querySelector('#view-good').innerText.includes('Doubl')")
