"""The contour map, by keys and pointer; what it says is what Python says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .moulding import Made, Visit, field, inside, shown, state


def test_contour_says_what_python_says(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "contour")
    field(seen, "#map-lower", "39,5")
    field(seen, "#map-upper", "42.0")
    x = state(seen)
    text = seen.page.locator("#map-said").inner_text()
    told = made.model.evaluate(np.array([x]), level_index=True)
    numbers_ = [f"{v:.6g}" for v in (told.value[0, 0], told.lower[0, 0], told.upper[0, 0])]
    assert all(n in text for n in numbers_)
    assert f"{100 * inside(made, x, {0: (39.5, 42.0)}):.1f} %" in text
    p = made.model.familiarity(np.array([x]), level_index=True).p
    assert f"{100 * float(p[0]):.1f} %" in text


@pytest.mark.parametrize("keys", [("ArrowRight", 1), ("Shift+ArrowRight", 10)])
def test_contour_follows_the_keys(visit: Visit, made: Made, keys: tuple[str, int]) -> None:
    seen = shown(visit, made, "contour")
    before, steps = state(seen), seen.page.evaluate("sna.about.inputs.map((i) => i.step)")
    across = int(seen.page.input_value("#map-across"))
    seen.page.focus("canvas.map")
    seen.page.keyboard.press(keys[0])
    after = state(seen)
    assert after[across] - before[across] == pytest.approx(keys[1] * steps[across])
    assert [v for i, v in enumerate(after) if i != across] == [
        v for i, v in enumerate(before) if i != across
    ]


def test_contour_follows_the_pointer(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "contour")
    seen.page.select_option("#map-across", "0")
    seen.page.select_option("#map-up", "1")
    box = seen.page.locator("canvas.map").bounding_box()
    seen.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    x = state(seen)
    assert 60 < x[0] < 80 and 620 < x[1] < 780
    steps = seen.page.evaluate("sna.about.inputs.map((i) => i.step)")
    assert x[0] / steps[0] == pytest.approx(round(x[0] / steps[0]))


def over(made: Made, x: list[float], a: int, b: int, nodes: int) -> Any:
    """What Python says on the grid of a map."""
    rows = np.repeat(np.array([x]), nodes * nodes, axis=0)
    one, other = (
        np.linspace(made.model.axes[d].lower, made.model.axes[d].upper, nodes) for d in (a, b)
    )
    rows[:, a], rows[:, b] = np.tile(one, nodes), np.repeat(other, nodes)
    return made.model.evaluate(rows, level_index=True)


def test_contour_shows_every_quantity(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "contour")
    field(seen, "#map-lower", "39.5")
    ends = {}
    for what in ("value", "width", "inside", "familiarity"):
        seen.page.select_option("#map-what", what)
        seen.drawn()
        ends[what] = seen.page.locator("#view-contour p.soft").inner_text()
    a, b = (int(seen.page.input_value(f)) for f in ("#map-across", "#map-up"))
    told = over(made, state(seen), a, b, 200)
    fewer = over(made, state(seen), a, b, 120)
    width = (fewer.upper - fewer.lower)[:, 0]
    for what, values in (("value", told.value[:, 0]), ("width", width)):
        assert f"{values.min():.5g} to {values.max():.5g}" in ends[what]
    good = float((told.value[:, 0] >= 39.5).mean())
    assert f"{100 * good:.3g} % of the map is inside" in ends["value"]
    assert "0 % to 100 %" in ends["inside"] and "0 % to 100 %" in ends["familiarity"]
    seen.page.select_option("#map-up", "3")  # two levels: bands
    seen.page.uncheck("#map-rows")
    seen.drawn()
    assert "Dots" not in seen.page.locator("#view-contour p.soft").inner_text()


def test_contour_keeps_two_inputs(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "contour")
    was = seen.page.input_value("#map-across")
    seen.page.select_option("#map-across", seen.page.input_value("#map-up"))
    assert seen.page.input_value("#map-up") == was
