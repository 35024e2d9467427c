"""Rows that lack readings (what is missing is nowhere, not at 0), a single input, outputs that are
constant, far from zero or shares of a whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sna_edge import Output, level_axis, spline_axis
from sna_export.page.content import Rows, about
from sna_export.page.shell import render

from ..model_kinds import model_on
from .moulding import Visit, field, state
from .page_models import MODELS, page_of

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
        seen.drawn()
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
        seen.drawn()
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


def test_one_input_has_no_map(visit: Visit, tmp_path: Path) -> None:
    seen = visit(page_of(MODELS["one"](), tmp_path))
    seen.until("document.body.dataset.state === 'ready'")
    seen.page.click("#tab-contour")
    assert "needs two inputs" in seen.page.inner_text("#view-contour")
    assert seen.page.locator("#view-contour canvas").count() == 0


def test_shares_of_labels_are_the_same_in_every_view(visit: Visit, tmp_path: Path) -> None:
    """Outputs of several labels are parts of one whole, as `sna-edge query` prints them."""
    seen = visit(page_of(MODELS["several"](), tmp_path))
    seen.until("document.body.dataset.state === 'ready'")
    told = float(seen.page.locator(".now .value").first.inner_text())
    assert 0 < told < 1 and abs(sum(seen.page.evaluate("[...sna.now.value]")) - 1) < 1e-12
    seen.page.click("#tab-contour")
    field(seen, "#map-lower", "0.2")
    assert f": a {told:.6g}" in seen.page.inner_text("#map-said")
    seen.page.click("#tab-finding")
    seen.page.fill("#goal-0-target", "0.25")
    seen.page.click("#find")
    seen.until("document.querySelectorAll('.found .use').length > 2")
    for row in seen.page.locator(".found tr").filter(has=seen.page.locator(".use")).all()[:8]:
        assert abs(float(row.locator("td").nth(1).inner_text().split()[0]) - 0.25) < 1e-5


def test_numbers_far_from_zero_are_told_apart(visit: Visit, tmp_path: Path) -> None:
    axes = [spline_axis("a", "", 1e6, 1e6 + 1), spline_axis("b", "", 0, 1)]
    outputs = [Output("y", "Pa", scale=1e-3, offset=1e6)]
    seen = visit(page_of(model_on(axes, modes=3, outputs=outputs), tmp_path))
    seen.until("document.body.dataset.state === 'ready'")
    seen.page.click("#tab-good")
    texts = seen.page.locator("#view-good svg.plot").first.locator("text.t").all_text_contents()
    ticks = [t for t in texts if t.replace(".", "").isdigit()]
    assert len(ticks) > 4 and len(set(ticks)) >= len(ticks) / 2  # those of x and of y are the same
    assert "-inf" not in seen.page.inner_text("#view-good")
