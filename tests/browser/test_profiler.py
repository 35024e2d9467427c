"""The profiler of a page in Chromium: the numbers of `sna-edge query`, every control by keyboard
and by pointer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge.cli.console import printable
from sna_edge.cli.main import main

from .page_models import HOSTILE, MODELS, answered, page_of

READY = "document.body.dataset.state === 'ready' && !!document.querySelector('.value').textContent"


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of one of MODELS, made once."""
    made: dict[str, Path] = {}

    def page(name: str) -> Path:
        if name not in made:
            made[name] = page_of(MODELS[name](), tmp_path_factory.mktemp("page"))
        return made[name]

    return page


@pytest.fixture
def opened(visit: Callable[..., Any], pages: Callable[[str], Path]) -> Callable[..., Any]:
    """opened(name, size=..) -> the watched page, once its model answers."""

    def made(name: str, size: str = "desk", **options: Any) -> Any:
        seen = visit(pages(name), size=size, **options)
        seen.until(READY)
        return seen

    return made


def drawn(seen: Any) -> None:
    """After the next frames: what was asked for is on the page."""
    seen.page.evaluate(
        "() => new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"
    )


def setting(seen: Any) -> list[float]:
    return list(seen.page.evaluate("Array.from(sna.setting)"))


def copied(seen: Any, button: str) -> str:
    """What a button puts into the clipboard."""
    seen.page.evaluate(
        "() => { window.taken = null;"
        " navigator.clipboard.writeText = async (t) => { window.taken = t; }; }"
    )
    seen.page.get_by_role("button", name=button).click()
    return str(seen.until("window.taken"))


def lines(seen: Any) -> list[str]:
    """The predictions on the page as the command line writes them."""
    found = []
    for line in seen.page.locator(".output").all():
        name = printable(line.locator(".choose").text_content())
        interval = line.locator(".interval").text_content()
        text = f"{name} = {line.locator('.value').text_content()}"
        found.append(f"{text}  ({interval})" if "% interval:" in interval else text)
    return found


VALUED = [name for name in MODELS if name not in ("binary", "several")]
"""Models whose outputs the command line prints one by one."""


@pytest.mark.parametrize("name", VALUED)
def test_numbers_are_those_of_the_command_line(
    name: str, opened: Callable[..., Any], pages: Callable[[str], Path]
) -> None:
    seen = opened(name)
    rng = np.random.default_rng(3)
    for _ in range(6):
        command = copied(seen, "Copy as command")
        told = answered(command, pages(name).parent)
        assert lines(seen) == told[: len(lines(seen))]
        move = [float(u) for u in rng.random(25)]
        seen.page.evaluate(
            "(u) => sna.setAll(sna.model.inputs.map((x, i) => x.levels"
            " ? Math.floor(u[i] * x.levels.length) : x.lower + u[i] * (x.upper - x.lower)))",
            move,
        )
        drawn(seen)


def test_an_interval_at_another_level_is_that_of_the_command_line(
    opened: Callable[..., Any], pages: Callable[[str], Path]
) -> None:
    seen = opened("eight")
    seen.page.get_by_label("interval level").select_option("0.5")
    drawn(seen)
    told = answered(copied(seen, "Copy as command"), pages("eight").parent)
    assert "50 % interval" in told[0] and lines(seen) == told[:1]


def test_the_copied_table_is_answered_like_the_setting(
    opened: Callable[..., Any], pages: Callable[[str], Path], tmp_path: Path
) -> None:
    for name in ("hostile", "eight"):
        seen = opened(name)
        table, answer = tmp_path / f"{name}.csv", tmp_path / f"{name} answer.csv"
        table.write_text(copied(seen, "Copy as CSV"), encoding="utf-8")
        model = pages(name).with_suffix(".sna").name
        answered(f"sna-edge query {model} --table '{table}' -o '{answer}'", pages(name).parent)
        value = seen.page.evaluate("sna.now.value[0]")
        assert f"{value:.6g}"[:6] in answer.read_text(encoding="utf-8")


def test_sliders_move_in_steps_by_keyboard(opened: Callable[..., Any]) -> None:
    seen = opened("eight")
    step = seen.page.evaluate("sna.about.inputs[2].step")
    slider = seen.page.get_by_role("slider", name="x2 [mm]")
    before = setting(seen)[2]
    for key, moves in (("ArrowRight", 1), ("ArrowDown", -1), ("PageUp", 10), ("ArrowLeft", -1)):
        slider.press(key)
        after = setting(seen)[2]
        assert abs(after - before - moves * step) < 1e-9
        before = after
    slider.press("Home")
    assert setting(seen)[2] == seen.page.evaluate("sna.model.inputs[2].lower")
    slider.press("End")
    drawn(seen)
    assert setting(seen)[2] == seen.page.evaluate("sna.model.inputs[2].upper")
    assert slider.get_attribute("aria-valuetext") == "3 mm"


def test_sliders_and_curves_follow_the_pointer(opened: Callable[..., Any]) -> None:
    seen = opened("eight", has_touch=True)
    slider = seen.page.get_by_role("slider", name="x1 [mm]")
    box = slider.bounding_box()
    seen.page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
    share = (setting(seen)[1] - 0.3) / 1.7
    assert abs(share - 0.25) < 0.06  # the knob is wide
    curve = seen.page.get_by_role("group", name="x1 [mm]").locator("canvas")
    box = curve.bounding_box()
    seen.page.mouse.move(box["x"] + 60, box["y"] + 40)
    seen.page.mouse.down()
    first = setting(seen)[1]
    seen.page.mouse.move(box["x"] + box["width"] - 30, box["y"] + 50, steps=4)
    assert setting(seen)[1] > first + 0.5
    seen.page.mouse.up()
    last = setting(seen)[1]
    seen.page.mouse.move(box["x"] + 60, box["y"] + 40)
    assert setting(seen)[1] == last
    seen.page.touchscreen.tap(box["x"] + 60, box["y"] + 40)
    assert abs(setting(seen)[1] - first) < 0.02


def test_fields_take_points_commas_and_refuse_words(opened: Callable[..., Any]) -> None:
    seen = opened("eight")
    field = seen.page.get_by_role("textbox", name="x3 [mm]")
    for text, value in (("1.75", 1.75), ("2,5", 2.5), ("1e0", 1.0), (" 3 ", 3.0)):
        field.fill(text)
        field.press("Enter")
        assert setting(seen)[3] == value
        assert field.input_value() == f"{value:g}"
    field.fill("three")
    field.press("Enter")
    assert setting(seen)[3] == 3.0 and field.get_attribute("aria-invalid") == "true"
    field.press("Escape")
    assert field.input_value() == "3" and field.get_attribute("aria-invalid") == "false"
    field.press("ArrowUp")
    assert setting(seen)[3] > 3.0


def test_outside_the_domain_is_said_and_has_no_value(
    opened: Callable[..., Any], pages: Callable[[str], Path]
) -> None:
    seen = opened("eight")
    field = seen.page.get_by_role("textbox", name="x3 [mm]")
    field.fill("4.5")
    field.press("Enter")
    drawn(seen)
    said = seen.page.locator(".worth").text_content()
    assert said == "outside the domain: x3 is 0.5 mm above its range, 0.9 to 4"
    assert seen.page.locator(".value").text_content().startswith("-")
    assert "out_of_domain" in answered(copied(seen, "Copy as command"), pages("eight").parent)[0]


def test_unfamiliar_settings_are_said(opened: Callable[..., Any]) -> None:
    seen = opened("eight")
    assert seen.page.locator(".worth").text_content().startswith("familiar: at least as usual as")
    status = seen.page.evaluate(
        "() => { sna.setAll(sna.model.inputs.map((x, i) => (i % 2 ? x.lower : x.upper)));"
        " return sna.model.familiarity(sna.setting).status; }"
    )
    drawn(seen)
    worth = seen.page.locator(".worth")
    assert status == "unfamiliar"
    assert worth.text_content().startswith("unfamiliar: ") and "warn" in worth.get_attribute(
        "class"
    )


def test_levels_are_chosen_by_keyboard_and_by_the_curve(opened: Callable[..., Any]) -> None:
    seen = opened("levels")
    select = seen.page.get_by_role("combobox", name="alloy")
    names = seen.page.evaluate("sna.model.inputs[3].levels")
    select.press("Home")
    assert setting(seen)[3] == 0
    select.press("ArrowDown")
    assert setting(seen)[3] == 1
    canvas = seen.page.get_by_role("group", name="alloy").locator("canvas").first
    box = canvas.bounding_box()
    seen.page.mouse.click(box["x"] + box["width"] - 20, box["y"] + 30)
    drawn(seen)
    assert setting(seen)[3] == 2 and select.input_value() == names[2]


def test_goals_lead_to_the_best_setting_and_locks_hold(opened: Callable[..., Any]) -> None:
    seen = opened("three outputs")
    find = seen.page.get_by_role("button", name="Find the optimum")
    assert find.is_disabled()
    seen.page.get_by_role("button", name="keep x1 fixed in searches").press("Space")
    kept = setting(seen)[1]
    seen.page.get_by_label("goal of y0").select_option("larger")
    ideal = seen.page.get_by_role("textbox", name="y0: ideal from")
    ideal.fill("1000")
    ideal.press("Enter")
    find.click()
    drawn(seen)
    x = np.random.default_rng(5).random((20000, 4))
    model = MODELS["three outputs"]()
    lower, upper = np.array([(a.lower, a.upper) for a in model.axes]).T
    rows = lower + x * (upper - lower)
    rows[:, 1] = kept
    assert setting(seen)[1] == kept
    assert seen.page.evaluate("sna.now.value[0]") >= model.value(rows)[:, 0].max()
    assert "fixed: x1" in seen.page.locator(".goals .said").text_content()


def test_an_optimum_is_familiar_and_round(opened: Callable[..., Any]) -> None:
    seen = opened("eight")
    low, high = seen.page.evaluate("sna.about.outputs[0].range")
    seen.page.evaluate(
        "(t) => { sna.setGoal(0, 'target'); sna.setLimits(0, null, null, t); }",
        0.3 * low + 0.7 * high,
    )
    drawn(seen)
    seen.page.get_by_role("button", name="Find the optimum").click()
    now = seen.page.evaluate("sna.now")
    assert abs(now["value"][0] - 0.3 * low - 0.7 * high) < 0.01 * (high - low)
    assert now["status"] == "ok" and now["familiarity"]["p"] > 0.01
    assert all(len(f"{v:.12g}") <= 6 for v in setting(seen))


def test_shares_of_labels_are_those_of_the_command_line(
    opened: Callable[..., Any], pages: Callable[[str], Path]
) -> None:
    for name in ("binary", "several"):
        seen = opened(name)
        told = answered(copied(seen, "Copy as command"), pages(name).parent)
        assert seen.page.locator(".classes p").all_text_contents() == told[:1]
    shares = seen.page.evaluate("Array.from(sna.now.value)")
    assert abs(sum(shares) - 1.0) < 1e-12


def test_desirability_is_that_of_derringer_and_suich(opened: Callable[..., Any]) -> None:
    seen = opened("three outputs")
    y = seen.page.evaluate("Array.from(sna.now.value)")
    goals = [("larger", y[0] - 1, None, y[0] + 3), ("target", y[1] - 1, y[1] + 4, y[1] + 1),
             ("smaller", None, y[2] + 1, y[2] - 1)]  # fmt: skip
    for k, (goal, lower, upper, target) in enumerate(goals):
        seen.page.evaluate(
            "([k, goal, ...limits]) => { sna.setGoal(k, goal); sna.setLimits(k, ...limits); }",
            [k, goal, lower, upper, target],
        )
    drawn(seen)
    expected = (0.25 * 0.5 * 0.5) ** (1 / 3)
    said = seen.page.locator(".goals > p.soft").text_content()
    assert said.startswith(f"desirability now {expected:.3g} ")


def test_tabs_are_walked_by_arrows(opened: Callable[..., Any]) -> None:
    seen = opened("one")
    tabs = seen.page.get_by_role("tab")
    tabs.first.focus()
    seen.page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert seen.page.get_by_role("tabpanel").count() == 1
    seen.page.keyboard.press("End")
    seen.page.keyboard.press("ArrowRight")
    assert tabs.first.get_attribute("aria-selected") == "true"
    tabs.last.click()
    assert tabs.last.get_attribute("aria-selected") == "true"


def test_hostile_names_are_text(opened: Callable[..., Any]) -> None:
    seen = opened("hostile")
    assert seen.page.locator(".card .name").first.text_content() == HOSTILE
    assert seen.page.locator(".card .unit").first.text_content() == "<u>&\"'"
    assert seen.page.locator("b, i, u").count() == seen.page.locator("b.value").count()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("size", ["desk", "panel", "phone"])
def test_nothing_is_cut_and_nothing_keeps_people_out(
    name: str, size: str, opened: Callable[..., Any]
) -> None:
    scheme = "dark" if size == "panel" else "light"
    seen = opened(name, size, color_scheme=scheme)
    drawn(seen)
    assert seen.serious() == []
    wide = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    seen.shot(f"profiler {name} {size} {scheme}")


def test_the_report_of_a_fit_is_whole_and_keeps_nobody_out(
    visit: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(60, 2))
    y = x[:, 0] + x[:, 1] ** 2 + 0.01 * rng.normal(size=60)
    np.savetxt("t.csv", np.c_[x, y], delimiter=",", header="a,b,y", comments="", fmt="%.5f")
    given = ["--target", "y", "--effort", "quick", "-o", "y.sna", "--report", "r.html"]
    assert main(["fit", "t.csv", *given]) == 0
    for size in ("desk", "phone"):
        seen = visit(tmp_path / "r.html", size=size)
        seen.until(READY)
        seen.page.get_by_role("tab", name="How good").click()
        drawn(seen)
        panel = seen.page.get_by_role("tabpanel")
        assert "How it was chosen" in panel.text_content()
        assert panel.locator("svg").count() > 6
        assert seen.serious() == []
        assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        seen.shot(f"report {size}")
    quiet = visit(tmp_path / "r.html", java_script_enabled=False)
    assert quiet.page.get_by_text("How it was chosen").is_visible()
