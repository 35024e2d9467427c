"""Measured rows that lack readings: what is missing is nowhere, not at 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sna_edge import Output, level_axis, spline_axis
from sna_export.page.content import Rows, about
from sna_export.page.shell import render

from ..model_kinds import model_on
from .moulding import Visit, state

AXES = [
    spline_axis("a", "mm", -1.0, 1.0),
    spline_axis("b", "mm", -1.0, 1.0),
    level_axis("alloy", ("Al", "Ti")),
]


def page(folder: Path, missing: float) -> Path:
    """Rows whose `a` and alloy are `missing`, predicted by models that had something to fill in."""
    model = model_on(AXES, modes=3, outputs=[Output("y", "N")])
    rng = np.random.default_rng(0)
    x = np.stack([np.full(60, missing), rng.uniform(-1, 1, 60), np.full(60, missing)], axis=1)
    y = rng.normal(size=(60, 1))
    rows = Rows(x, y, fitted=y + 0.1 * rng.normal(size=(60, 1)))
    path = folder / f"{missing}.html"
    content = about(model, "m", rows=rows) | {"start": [0.5, 0.25, 1.0]}
    path.write_text(render("m", "", content, model.to_bytes()))
    return path


def test_missing_readings_have_no_mark(visit: Visit, tmp_path: Path) -> None:
    drawn = []
    for missing in (np.nan, 5.0):  # beyond the domain there is no mark either
        seen = visit(page(tmp_path, missing))
        seen.until("document.body.dataset.state === 'ready'")
        seen.page.wait_for_timeout(150)
        drawn.append(seen.page.evaluate("document.querySelector('canvas.curve').toDataURL()"))
    assert drawn[0] == drawn[1]


def test_missing_readings_are_not_on_the_map(visit: Visit, tmp_path: Path) -> None:
    seen = visit(page(tmp_path, np.nan))
    seen.until("document.body.dataset.state === 'ready'")
    seen.page.click("#tab-contour")
    seen.page.select_option("#map-across", "0")
    seen.page.select_option("#map-up", "1")
    drawn = []
    for on in (True, False):
        seen.page.set_checked("#map-rows", on)
        seen.page.wait_for_timeout(150)
        drawn.append(seen.page.evaluate("document.querySelector('canvas.map').toDataURL()"))
    assert drawn[0] == drawn[1]


def test_missing_readings_are_told_and_kept_as_set(visit: Visit, tmp_path: Path) -> None:
    seen = visit(page(tmp_path, np.nan))
    seen.until("document.body.dataset.state === 'ready'")
    seen.page.click("#tab-good")
    cells = seen.page.locator("#view-good table.settings tr").nth(1).locator("td")
    told = cells.all_inner_texts()
    assert told[4] == "-" and told[6] == "-"
    seen.page.locator("#view-good .use").first.click()
    a, b, alloy = state(seen)
    assert (a, alloy) == (0.5, 1.0) and abs(b - float(told[5])) < 1e-4
