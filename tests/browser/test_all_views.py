"""Every view at every size: room, names, keys, colours, speed; and a new user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from .moulding import Made, Visit, field, inside, shown, state

VIEWS = ("contour", "finding", "matters", "good")
SIZES = ("desk", "panel", "phone")


@pytest.mark.parametrize("size", SIZES)
def test_views_fit_and_are_accessible(visit: Visit, made: Made, size: str) -> None:
    seen = shown(visit, made, "contour", size=size)
    field(seen, "#map-lower", "39.5")
    field(seen, "#map-upper", "41.5")
    for view in VIEWS:
        seen.page.locator(f"#tab-{view}").click()
        if view == "finding":
            seen.page.click("#find")
            seen.until("document.querySelectorAll('.found .use').length > 2")
        seen.drawn()
        width, room = seen.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= room, f"{view} at {size} is {width} pixels wide"
        assert seen.serious() == []
        seen.shot(f"{view} {size}")


@pytest.mark.parametrize("view", VIEWS)
def test_dark(visit: Visit, made: Made, view: str) -> None:
    seen = shown(visit, made, view, color_scheme="dark")
    seen.drawn()
    assert seen.serious() == []
    seen.shot(f"{view} dark")


@pytest.mark.parametrize("view", VIEWS)
def test_every_control_is_reached_by_tab(visit: Visit, made: Made, view: str) -> None:
    seen = shown(visit, made, view)
    if view == "finding":
        seen.page.fill("#goal-0-target", "40.5")
        seen.page.click("#find")
        seen.until("document.querySelectorAll('.found .use').length > 2")
    seen.page.locator(f"#tab-{view}").focus()
    wanted = set(
        seen.page.evaluate(
            f"""[...document.querySelectorAll('#view-{view} :is(input, select, button, canvas)')]
                 .map((e, i) => (e.dataset.test = String(i)))"""
        )
    )
    reached: set[str] = set()
    for _ in range(len(wanted) + 12):
        seen.page.keyboard.press("Tab")
        at = seen.page.evaluate("document.activeElement.dataset.test ?? ''")
        name = seen.page.evaluate(
            """(e => e.tagName === 'BODY' || e.labels?.[0]?.textContent || e.ariaLabel
                 || e.textContent || e.getAttribute('aria-labelledby'))(document.activeElement)"""
        )
        assert name, "a control without a name"
        reached.add(at)
    assert wanted <= reached


def test_a_contour_is_drawn_fast(visit: Visit, made: Made) -> None:
    """200 x 200 nodes with lines and limits: the middle of 15, beside a loop of the same run."""
    seen = shown(visit, made, "contour")
    field(seen, "#map-lower", "39.5")
    times, yardstick = seen.page.evaluate(
        """async () => {
          const canvas = document.querySelector('canvas.map'), times = [];
          const probe = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
          const loop = () => {
            const t = performance.now();
            let s = 0;
            for (let i = 0; i < 2e7; i++) s += Math.sqrt(i);
            return [performance.now() - t, s][0];
          };
          const steps = [];
          for (let i = 0; i < 15; i++) {
            await new Promise((done) => {
              let t0;
              requestAnimationFrame(() => { t0 = performance.now(); });
              sna.set(2, 190 + 3 * i);
              requestAnimationFrame(() => {
                probe.drawImage(canvas, 0, 0);
                probe.getImageData(0, 0, 1, 1);
                times.push(performance.now() - t0);
                done();
              });
            });
            steps.push(loop());
          }
          return [times, steps.sort((a, b) => a - b)[7]];
        }"""
    )
    middle = float(np.median(times))
    print(f"contour {middle:.1f} ms, 2e7 square roots {yardstick:.1f} ms")
    assert middle < 60 or middle < 4 * yardstick


def test_four_questions_in_twelve_steps(visit: Visit, made: Made) -> None:
    """Which input matters most; a setting that gives the target; whether data cover it; how often
    it will be out of spec: from what stands on the page, in at most 12 actions."""
    seen = visit(made.path)
    seen.until("document.body.dataset.state === 'ready'")
    page, actions = seen.page, 0

    def act(action: Callable[[], Any]) -> None:
        nonlocal actions
        action()
        actions += 1
        seen.drawn()

    act(lambda: page.get_by_role("tab", name="What matters").click())
    first = page.locator("#view-matters .lead-answer").first.inner_text()
    sobol = made.model.sobol()
    assert first.split(" matters most")[0] == sobol.names[int(np.argmax(sobol.total[:, 0]))]

    act(lambda: page.get_by_role("tab", name="Find settings").click())
    act(lambda: page.get_by_label("target of weight").fill("40.5"))
    act(lambda: page.get_by_label("lower of weight").fill("39.9"))
    act(lambda: page.get_by_label("upper of weight").fill("41.1"))
    act(lambda: page.get_by_role("button", name="Find settings").click())
    seen.until("document.querySelectorAll('.found .use').length > 2")
    line = page.locator(".found tr").nth(1).inner_text()
    act(lambda: page.get_by_role("button", name="Use setting 1").first.click())
    x = state(seen)
    assert made.model.value(np.array([x]), level_index=True)[0, 0] == pytest.approx(40.5, abs=1e-3)

    p = made.model.familiarity(np.array([x]), level_index=True).p
    assert ("yes" in line) == (float(p[0]) > made.model.calibration.least_p)

    act(lambda: page.get_by_role("tab", name="What matters").click())
    said = page.locator("#view-matters [role=status]").inner_text()
    out = 1 - inside(made, x, {0: (39.9, 41.1)})
    assert f"Out of spec: {100 * out:.1f} % of the parts" in said
    assert actions <= 12
