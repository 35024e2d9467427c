"""The view "Why this value" in Chromium: the numbers of `sna-edge query --explain` against every
reference, every control by keyboard and by pointer."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge.cli.main import main
from sna_export.page.command import lead
from sna_export.page.content import about, asked
from sna_export.page.shell import render

from .page_models import MODELS, rows_of

READY = "document.body.dataset.state === 'ready'"
ROWS = 40


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder with the page of one of MODELS, its file, and its rows as rows.csv."""
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name in made:
            return made[name]
        made[name] = path = tmp_path_factory.mktemp("why")
        model = MODELS[name]()
        rows = rows_of(model, ROWS)
        model.save(path / "model.sna")
        content = about(model, name, file="model.sna", rows=rows)
        data = (path / "model.sna").read_bytes()
        (path / "page.html").write_text(render(name, lead(model), content, data), encoding="utf-8")
        with open(path / "rows.csv", "w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow([a.name for a in asked(model)])
            for row in rows.inputs:
                pairs = zip(asked(model), row, strict=True)
                table.writerow([a.level_names[int(v)] if a.level_names else v for a, v in pairs])
        return path

    return folder


@pytest.fixture
def opened(visit: Callable[..., Any], folders: Callable[[str], Path]) -> Callable[..., Any]:
    """opened(name, size=..) -> the watched page with the view shown."""

    def made(name: str, size: str = "desk", **options: Any) -> Any:
        seen = visit(folders(name) / "page.html", size=size, **options)
        seen.until(READY)
        seen.page.get_by_role("tab", name="Why this value").click()
        return seen

    return made


def settled(seen: Any) -> None:
    """After the next frames, and after the mean over all rows has followed."""
    seen.drawn(rest=400)


def shown(seen: Any) -> tuple[float, dict[str, tuple[float, float]], float]:
    """The numbers of the table: base, {input: contribution and its error}, value."""
    rows = seen.page.locator("table.why tbody tr").all()
    cells = [(r.locator("th").text_content(), r.locator(".share").text_content()) for r in rows]
    assert cells[0][0] == "at the reference" and cells[-1][0] == "at this setting"
    names = sorted((one["name"] for one in seen.page.evaluate("sna.about.inputs")), key=len)
    middle = {}
    for label, text in cells[1:-1]:
        share, _, error = text.partition(" \u00b1 ")
        name = [n for n in names if label.startswith(n)][-1]  # a unit may follow
        middle[name] = float(share), float(error or 0.0)
    return float(cells[0][1]), middle, float(cells[-1][1])


def moved(seen: Any) -> set[str]:
    return {name for name, (share, _) in shown(seen)[1].items() if share}


def copied(seen: Any) -> str:
    seen.page.evaluate(
        "() => { window.taken = null;"
        " navigator.clipboard.writeText = async (t) => { window.taken = t; }; }"
    )
    seen.page.get_by_role("button", name="Copy as command").locator("visible=true").click()
    return str(seen.until("window.taken"))


def told(command: str, folder: Path, capsys: Any) -> dict[str, Any]:
    """What the command line says of the very setting, by the reference evaluation."""
    words = shlex.split(command)
    assert words[:2] == ["sna-edge", "query"]
    words = [str(folder / w) if w in ("model.sna", "rows.csv") else w for w in words[1:]]
    capsys.readouterr()
    assert main([*words, "--backend", "numpy", "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out)["explain"]["outputs"])


def agree(seen: Any, folder: Path, capsys: Any) -> None:
    """To the last digit shown: five of the largest number, of which float32 may move one."""
    settled(seen)
    base, shares, value = shown(seen)
    k = seen.page.evaluate("sna.output")
    one = list(told(copied(seen), folder, capsys).values())[k]
    numbers = [base, value, *(share for share, _ in shares.values())]
    tolerance = 2e-4 * max(map(abs, numbers))
    assert base == pytest.approx(one["base"], abs=tolerance)
    assert value == pytest.approx(one["value"], abs=tolerance)
    assert set(shares) == set(one["inputs"])
    for name, (share, error) in shares.items():
        exact = one["inputs"][name]
        assert share == pytest.approx(exact, abs=tolerance + 4 * error), name
    assert sum(numbers[2:], base) == pytest.approx(value, abs=len(shares) * tolerance)


@pytest.mark.parametrize("name", MODELS)
def test_numbers_are_those_of_the_command_line(
    name: str, opened: Callable[..., Any], folders: Callable[[str], Path], capsys: Any
) -> None:
    seen = opened(name)
    rows = seen.page.evaluate("sna.about.rows.inputs")
    seen.page.evaluate("(x) => sna.setAll(x)", [column[3] for column in rows])
    agree(seen, folders(name), capsys)
    select = seen.page.get_by_label("explained against")
    if seen.page.evaluate("sna.model.outputs.length") > 1:
        seen.page.evaluate("sna.choose(1)")
    seen.page.get_by_role("button", name="Remember this setting").click()
    settled(seen)
    assert (
        "as at the remembered setting" in seen.page.locator("#view-why .lead-answer").text_content()
    )
    seen.page.evaluate("(x) => sna.setAll(x)", [column[4] for column in rows])
    agree(seen, folders(name), capsys)
    select.select_option("row")
    seen.page.get_by_label("number of the measured row").fill("9")
    seen.page.get_by_label("number of the measured row").press("Enter")
    agree(seen, folders(name), capsys)
    select.select_option("mean")
    settled(seen)
    assert (
        f"in the mean of {ROWS} measured rows"
        in seen.page.locator("#view-why .lead-answer").text_content()
    )
    agree(seen, folders(name), capsys)


def test_a_line_follows_its_slider_and_goes_back(opened: Callable[..., Any]) -> None:
    seen = opened("eight")
    slider = seen.page.locator("#view-why").get_by_role("slider", name="x3")
    before = seen.page.evaluate("sna.setting[3]")
    slider.focus()
    for _ in range(3):
        slider.press("PageUp")
    settled(seen)
    assert seen.page.evaluate("sna.setting[3]") != before
    assert moved(seen) == {"x3"}
    assert seen.page.evaluate("document.activeElement.type") == "range"
    field = seen.page.locator("#view-why").get_by_role("textbox", name="x0 [mm]")
    field.fill("0,5")
    field.press("Enter")
    settled(seen)
    assert seen.page.evaluate("sna.setting[0]") == 0.5
    assert moved(seen) == {"x0", "x3"}
    back = seen.page.get_by_role("button", name="set x3 as in the reference")
    back.press("Enter")
    settled(seen)
    assert seen.page.evaluate("sna.setting[3]") == before and back.is_disabled()


def test_a_setting_without_a_value_says_so(opened: Callable[..., Any]) -> None:
    seen = opened("eight")
    seen.page.evaluate("sna.set(0, 99)")
    settled(seen)
    lead = seen.page.locator("#view-why .lead-answer")
    assert lead.text_content() == "This setting has no value (out of domain)."
    assert seen.page.locator("table.why").is_hidden()
    seen.page.evaluate("sna.setAll(sna.about.start)")
    settled(seen)
    assert "as at the start setting" in lead.text_content()


@pytest.mark.parametrize("size", ["desk", "panel", "phone"])
def test_it_can_be_read_at_every_size(size: str, opened: Callable[..., Any]) -> None:
    seen = opened("eight", size)
    rows = seen.page.evaluate("sna.about.rows.inputs")
    seen.page.evaluate("(x) => sna.setAll(x)", [column[3] for column in rows])
    settled(seen)
    seen.shot(f"why {size}")
    assert seen.serious() == []
    wide = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


def test_it_can_be_read_in_the_dark(opened: Callable[..., Any]) -> None:
    seen = opened("levels", color_scheme="dark")
    rows = seen.page.evaluate("sna.about.rows.inputs")
    seen.page.evaluate("(x) => sna.setAll(x)", [column[5] for column in rows])
    settled(seen)
    seen.shot("why dark")
    assert seen.serious() == []


def test_a_move_is_drawn_within_a_frame(opened: Callable[..., Any]) -> None:
    """Eight inputs, 32 modes: 256 mixed settings, median of 60 moves."""
    seen = opened("eight")
    rows = seen.page.evaluate("sna.about.rows.inputs")
    seen.page.evaluate("(x) => sna.setAll(x)", [column[3] for column in rows])
    settled(seen)
    took = seen.page.evaluate("""async () => {
        const took = [];
        for (let i = 0; i < 60; i++) {
            const input = sna.model.inputs[i % 8];
            const v = input.lower + (0.2 + 0.01 * i) * (input.upper - input.lower);
            await new Promise((done) => requestAnimationFrame(() => {
                sna.set(i % 8, v);
                requestAnimationFrame(() => {
                    const start = performance.now();
                    setTimeout(() => done(took.push(performance.now() - start)), 0);
                });
            }));
        }
        return took;
    }""")
    assert float(np.median(took)) < 100.0, took  # a loaded machine; 16 ms on a quiet one


def test_rows_have_the_numbers_of_the_table(visit: Callable[..., Any], tmp_path: Path) -> None:
    """As in How good: 1,000 rows are thinned to 500, and the page names those that it has."""
    model = MODELS["eight"]()
    path = tmp_path / "many.html"
    told = about(model, "many", rows=rows_of(model, 1000))
    path.write_text(render("many", "a test", told, model.to_bytes()))
    seen = visit(path)
    seen.page.get_by_role("tab", name="Why this value").click()
    seen.page.get_by_label("explained against").select_option("row")
    field = seen.page.get_by_label("number of the measured row")
    assert field.input_value() == "1"
    field.fill("700")
    field.press("Enter")
    settled(seen)
    drawn = told["rows"]["row"]
    nearest = min(drawn, key=lambda n: abs(n - 700))
    assert field.input_value() == str(nearest) and nearest != drawn[500 - 1]
    words = seen.page.locator("#view-why .lead-answer").text_content()
    assert f"in measured row {nearest}" in words
