"""The live page of a station in a real browser: what people see, and what they do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pytest

from sna_edge.station.parts import Arrival
from sna_edge.station.records import Records

from ..sna_edge.station.plants import STATION, process, sent
from .live_station import LiveStation, press, shift

Visit = Callable[..., Any]
GOOD = {"speed": 70.0, "pressure": 600.0, "temperature": 220.0}
BAD = GOOD | {"speed": 110.0}
DOUBT = GOOD | {"speed": 88.0}
VIEWS = ("live", "charts", "capability", "alarms", "history", "what-if")
SMALLEST = """() => {
const all = [...document.querySelectorAll('button, select, input, summary, a')];
return all.filter((node) => {
  const box = node.getBoundingClientRect();
  return box.width > 0 && node.type !== 'checkbox' && (box.height < 43.5 || box.width < 43.5);
}).map((node) => node.outerHTML.slice(0, 80)); }"""


@pytest.fixture
def station(tmp_path: Path) -> Iterator[LiveStation]:
    found = LiveStation(press(), tmp_path)
    found.start()
    yield found
    found.close()


def word(seen: Any, text: str) -> None:
    """Wait until the large verdict says so."""
    seen.until(f"document.querySelector('.verdict .word')?.textContent === {text!r}")


def test_a_verdict_has_word_shape_and_reason(visit: Visit, station: LiveStation) -> None:
    seen = visit(station.address, size="panel")
    word(seen, "NO PARTS")
    for reading, says, kind in ((GOOD, "ACCEPT", "accept"), (BAD, "REJECT", "reject"),
                                (DOUBT, "NO VERDICT", "none")):  # fmt: skip
        assert station.part(reading, f"part-{kind}") == says
        word(seen, says)
        assert seen.page.locator(".verdict .shape").get_attribute("class") == f"shape {kind}"
        assert f"part-{kind}" in seen.page.locator(".verdict .part").inner_text()
    assert "straddles a limit" in seen.page.locator(".verdict .reason").inner_text()
    assert seen.page.locator(".bar[data-kind=none]").count() == 1
    assert seen.page.title() == "NO VERDICT press-1"


def test_advice_is_answered_by_a_person(visit: Visit, station: LiveStation) -> None:
    station.part(GOOD, "A1")
    station.part(BAD, "A2")
    seen = visit(station.address, size="panel")
    seen.until("document.querySelector('.causes:not([hidden])')")
    causes = seen.page.locator(".causes")
    assert "part A2" in causes.inner_text() and "speed" in causes.locator(".shares").inner_text()
    seen.page.get_by_role("button", name="Applied", exact=True).click()
    seen.page.get_by_label("Name").fill("Ada")
    seen.page.get_by_role("button", name="OK").click()
    seen.until("document.querySelector('.causes .said').textContent.includes('applied by Ada')")
    assert [(e["event"], e["who"], e["part"]) for e in station.events if "part" in e] == [
        ("advice applied", "Ada", "A2")
    ]
    assert seen.page.locator("#who-now").inner_text() == "You: Ada"


def test_alarms_are_acknowledged_by_keyboard_alone(visit: Visit, station: LiveStation) -> None:
    for i in range(8):
        station.part(BAD | {"pressure": 600.0 + i}, f"B{i}")
    seen = visit(station.address, size="panel")
    seen.until("!document.querySelector('#tab-alarms .count').hidden")
    keys = seen.page.keyboard
    seen.page.locator("#tab-live").focus()
    for _ in range(VIEWS.index("alarms")):
        keys.press("ArrowRight")
    assert seen.page.evaluate("document.activeElement.id") == "tab-alarms"
    assert "Stop the press" in seen.page.locator("#view-alarms .plan").inner_text()
    for _ in range(6):
        keys.press("Tab")
        if "Acknowledge" in seen.page.evaluate("document.activeElement.textContent"):
            break
    keys.press("Enter")
    keys.type("Grace")
    keys.press("Enter")
    seen.until("document.querySelector('#view-alarms li.seen')")
    assert [(e["event"], e["who"]) for e in station.events][-1] == ("acknowledged", "Grace")
    assert seen.page.locator("#tab-alarms .count").is_hidden()


def test_it_says_that_it_hears_nothing_and_connects_again(
    visit: Visit, station: LiveStation
) -> None:
    station.part(GOOD, "A1")
    seen = visit(station.address, size="panel")
    word(seen, "ACCEPT")
    station.stop()
    word(seen, "NO CONNECTION")
    assert "says nothing of the present part" in seen.page.locator(".verdict .reason").inner_text()
    assert seen.page.locator("#strip .wrong").count() == 1
    seen.console.clear()  # the browser tells of a server that is away
    station.again()
    word(seen, "ACCEPT")
    station.part(BAD, "A2")
    word(seen, "REJECT")
    seen.console.clear()


def test_changes_are_read_aloud_and_floods_are_not(visit: Visit, station: LiveStation) -> None:
    seen = visit(station.address, size="panel")
    said = "document.getElementById('say').textContent"
    station.part(GOOD, "A1")
    seen.until(f"{said}.startsWith('ACCEPT, part A1')")
    seen.page.evaluate(
        """() => {
          const count = (node, name) => {
            window[name] = 0;
            const all = { childList: true, characterData: true, subtree: true };
            new MutationObserver(() => window[name]++).observe(node, all);
          };
          count(document.getElementById('say'), 'heard');
          count(document.querySelector('.verdict .part'), 'painted');
        }"""
    )
    began = monotonic()
    for i in range(600):
        station.part(DOUBT if i % 2 else GOOD, f"F{i}")
        if i % 6 == 0:
            seen.page.wait_for_timeout(10)
    seen.until("window.painted > 0")
    heard, painted = seen.page.evaluate("window.heard"), seen.page.evaluate("window.painted")
    lasted = monotonic() - began
    assert heard <= lasted / 3.0 + 1.0
    assert 0 < painted <= 5.0 * lasted + 2.0  # four messages a second, and the clock of the page


def test_residuals_coverage_and_signals_are_told(visit: Visit, station: LiveStation) -> None:
    rng = np.random.default_rng(0)
    shift(station, rng, 240)
    shift(station, rng, 20, first=300, speed=82.0)
    seen = visit(station.address, size="panel")
    seen.until("document.querySelectorAll('.signals li').length > 0")
    assert "points in a row on one side" in seen.page.locator(".signals").inner_text()
    assert "within their 90 % interval: as promised." in seen.page.locator(".cover").inner_text()
    label = seen.page.locator("canvas.run").nth(1).get_attribute("aria-label")
    assert re.fullmatch(r"Chart of residuals of weight: \d+ parts, control limits .*", label)
    seen.page.get_by_role("button", name=re.compile("^length")).click()
    seen.until("document.querySelector('.charts h2').textContent === 'length [mm]'")


def test_decimal_mark_is_a_choice_that_stays(visit: Visit, station: LiveStation) -> None:
    station.part(GOOD | {"speed": 72.5}, "A1")
    seen = visit(station.address, size="panel")
    word(seen, "ACCEPT")
    value = seen.page.locator(".bar b").first
    assert value.inner_text() == "40.25 g"
    seen.page.locator("#decimal").click()
    seen.until("document.querySelector('.bar b').textContent === '40,25 g'")
    seen.page.reload()
    seen.until("document.querySelector('.bar b')?.textContent === '40,25 g'")


def test_a_day_and_a_part_are_found_in_the_records(visit: Visit, station: LiveStation) -> None:
    shift(station, np.random.default_rng(0), 60)
    seen = visit(f"{station.address}", size="panel")
    word(seen, "ACCEPT")
    seen.page.locator("#tab-history").click()
    seen.page.locator("#day-show").click()
    seen.until("!document.querySelector('canvas.day').hidden")
    assert "ACCEPT: " in seen.page.locator("#view-history").inner_text()
    seen.page.get_by_role("textbox", name="Part").fill("A0007")
    seen.page.get_by_role("button", name="Find").click()
    seen.until("document.querySelector('#view-history details')")
    seen.page.get_by_role("textbox", name="Part").fill("nobody")
    seen.page.keyboard.press("Enter")
    seen.until("document.querySelector('#view-history').textContent.includes('No record of part')")


def test_what_if_starts_at_the_last_part_with_limits_and_parts_of_today(
    visit: Visit, station: LiveStation
) -> None:
    shift(station, np.random.default_rng(0), 30)
    station.part(BAD, "B1")
    seen = visit(station.address, size="panel")
    word(seen, "REJECT")
    seen.page.locator("#tab-what-if").click()
    seen.until("document.querySelector('#view-what-if .said').textContent !== ''")
    said = "document.querySelector('#view-what-if .said').textContent"
    seen.until(f"{said} === 'The part is the setting now.'")
    frame = seen.page.frames[1]
    assert frame.evaluate("[...sna.setting]") == [110.0, 600.0, 220.0]
    assert frame.evaluate("sna.limits[0].slice(0, 2)") == [38.0, 42.0]
    assert frame.evaluate("sna.today.inputs[0].length") == 31
    for view in ("contour", "profiler", "finding", "matters", "why", "good"):
        frame.locator(f"#tab-{view}").click()
        seen.page.wait_for_timeout(100)
        assert frame.evaluate(SMALLEST) == [], view
    frame.locator("#tab-contour").click()
    frame.locator("#view-contour").get_by_text("Dots: parts of today").wait_for()
    seen.shot("station what if contour")


def test_several_stations_have_a_row_each(visit: Visit, tmp_path: Path) -> None:
    station = LiveStation(press(), tmp_path, ("press-1", "press-2", "press-3"), page=False)
    station.start()
    try:
        for name, reading in (("press-1", GOOD), ("press-2", BAD), ("press-3", DOUBT)):
            station.part(reading, f"{name}-A1", name)
        seen = visit(station.address, size="panel")
        seen.until("document.querySelectorAll('.station').length === 3")
        words = "[...document.querySelectorAll('.station > b')].map((word) => word.innerText)"
        seen.until(f"{words}.join() === 'ACCEPT,REJECT,NO VERDICT'")
        seen.page.get_by_role("button", name=re.compile("press-2")).click()
        word(seen, "REJECT")
        seen.shot("station overview panel")
        seen.page.locator("#tab-what-if").click()
        shown = "document.querySelector('#view-what-if').innerText"
        seen.until(f"{shown}.includes('export MODEL --to page')")
    finally:
        station.close()


def test_a_token_lets_a_person_in(visit: Visit, tmp_path: Path) -> None:
    digest = sha256(b"secret").hexdigest()
    tokens = f'[tokens.ada]\nrole = "operator"\nsha256 = "{digest}"\n'
    (tmp_path / "tokens.toml").write_text(tokens)
    http = '[http]\nlisten = "127.0.0.1:0"\npage = true\ntokens = "tokens.toml"\n'
    made = process(tmp_path, Records, station=STATION + http)
    try:
        sent(made.desk, Arrival("press-1", {"power": 200.0}, "A1")).wait()
        seen = visit(f"http://127.0.0.1:{made.plant.doors['http'].port}", size="phone")
        seen.until("document.querySelector('dialog[open] #token')")
        assert seen.serious() == []
        seen.page.get_by_label("Your token").fill("secret")
        seen.page.keyboard.press("Enter")
        word(seen, "ACCEPT")
        assert "(ada)" in seen.page.locator("#who-now").inner_text()
    finally:
        made.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["panel", "phone", "wall"])
def test_every_view_is_clean_and_large_enough(
    visit: Visit, station: LiveStation, size: str, scheme: str
) -> None:
    rng = np.random.default_rng(1)
    shift(station, rng, 120)
    shift(station, rng, 12, first=200, speed=88.0)
    for i in range(6):
        station.part(BAD | {"pressure": 600.0 + i}, f"B{i}")
    seen = visit(station.address, size=size, color_scheme=scheme)
    word(seen, "REJECT")
    for view in VIEWS:
        seen.page.locator(f"#tab-{view}").click()
        seen.drawn()
        if view == "history":
            seen.page.locator("#day-show").click()
            seen.until("!document.querySelector('canvas.day').hidden")
        if view == "charts":
            seen.until("!document.querySelector('canvas.control').hidden")
            seen.page.locator("#view-charts summary").click()
        if view == "capability":
            seen.until("document.querySelector('canvas.histogram')")
        assert seen.serious() == [], view
        assert seen.page.evaluate(SMALLEST) == [], view
        wide = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, view
        seen.shot(f"station {view} {size} {scheme}")
