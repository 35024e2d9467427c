"""Settings that are found reach what was asked; the nearest is that of the advice."""

from __future__ import annotations

from typing import Any

import numpy as np

from sna_edge.inverse.targets.advise import advise

from .moulding import Made, Visit, field, inside, shown, state


def rows_found(seen: Any) -> list[dict[str, Any]]:
    """Settings found: [{group, cells}]."""
    found: list[dict[str, Any]] = seen.page.evaluate(
        """[...document.querySelectorAll('.found section')].flatMap((s) =>
          [...s.querySelectorAll('tr')].slice(1).map((r) => ({
            group: s.querySelector('h3').textContent,
            cells: [...r.children].map((c) => c.textContent)})))"""
    )
    return found


def found_settings(seen: Any) -> list[tuple[str, list[float]]]:
    """Each found setting, taken by its button: what the sliders then say."""
    out, count = [], seen.page.locator(".found .use").count()
    groups = [row["group"] for row in rows_found(seen)]
    for i in range(count):
        seen.page.locator(".found .use").nth(i).click()
        out.append((groups[i], state(seen)))
    return out


def test_settings_that_give_a_target(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "finding")
    start = state(seen)
    seen.page.check("#keep-2")
    target = round(float(made.model.value(np.array([start]), level_index=True)[0, 0]) + 0.1, 3)
    seen.page.fill("#goal-0-target", f"{target}".replace(".", ","))
    seen.page.press("#goal-0-target", "Enter")
    seen.until("document.querySelectorAll('.found .use').length > 5")
    found = found_settings(seen)
    assert {g for g, _ in found} == {
        "Nearest to the present setting", "Different ways", "One input alone"
    }  # fmt: skip
    x = np.array([v for _, v in found])
    assert np.abs(made.model.value(x, level_index=True)[:, 0] - target).max() < 1e-4
    assert (x[:, 2] == start[2]).all()  # locked
    alone = [v for g, v in found if g == "One input alone"]
    assert all(sum(a != b for a, b in zip(v, start, strict=True)) == 1 for v in alone)


def test_the_nearest_setting_is_that_of_the_advice(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "finding")
    start = state(seen)
    seen.page.check("#keep-3")
    seen.page.fill("#goal-0-lower", "40.6")
    seen.page.fill("#goal-0-upper", "43")
    seen.page.click("#find")
    seen.until("document.querySelectorAll('.found .use').length > 2")
    (near,) = [v for g, v in found_settings(seen) if g.startswith("Nearest")]
    found = made.model.evaluate(np.array([near]), level_index=True)
    assert found.lower[0, 0] >= 40.6 and found.upper[0, 0] <= 43.0
    knobs = ["speed", "pressure", "temperature"]
    told = advise(made.model, made.names(start), {"weight": (40.6, 43.0)}, knobs)
    widths = [axis.width for axis in made.model.axes[:3]]
    moved = [(v - was) / w for v, was, w in zip(near, start, widths, strict=False)]
    assert told.cost > 0.05  # there is something to do
    assert float(np.linalg.norm(moved)) < 1.03 * told.cost  # random search in shrinking boxes


def test_probability_and_cover_of_what_was_found(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "finding")
    field(seen, "#goal-0-lower", "40")
    seen.page.click("#find")
    seen.until("document.querySelectorAll('.found .use').length > 2")
    lines = rows_found(seen)
    for (_, x), line in zip(found_settings(seen), lines, strict=True):
        told = inside(made, x, {0: (40.0, np.inf)})
        p = made.model.familiarity(np.array([x]), level_index=True).p
        assert f"{100 * told:.1f}"[:4] in " ".join(line["cells"])
        assert f"{100 * float(p[0]):.1f} %" in line["cells"][4]


def test_what_is_no_number_is_said(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "finding")
    seen.page.click("#find")
    assert "Give a target" in seen.page.locator("#view-finding [role=status]").inner_text()
    seen.page.fill("#goal-0-target", "4o")
    seen.page.click("#find")
    assert "no number" in seen.page.locator("#view-finding [role=status]").inner_text()
    assert seen.page.get_attribute("#goal-0-target", "aria-invalid") == "true"
    seen.page.fill("#goal-0-target", "4000")
    seen.page.click("#find")
    seen.page.locator("#view-finding [role=status]", has_text="No setting found").wait_for()


def test_limits_keep_their_digits(visit: Visit, made: Made) -> None:
    seen = shown(visit, made, "contour")
    seen.page.evaluate("sna.setLimits(0, 39.512345678, null, null)")
    field(seen, "#map-upper", "41.25")
    seen.page.click("#tab-finding")
    seen.page.fill("#goal-0-target", "40.5")
    seen.page.press("#goal-0-target", "Enter")
    assert seen.page.evaluate("sna.limits[0]") == [39.512345678, 41.25, 40.5]
