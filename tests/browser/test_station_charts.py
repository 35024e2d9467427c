"""Control charts, time zones and tables of the live page, and a page that is open for long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import numpy as np
import pytest

from .live_station import LiveStation, press, shift

Visit = Callable[..., Any]
GOOD = {"speed": 70.0, "pressure": 600.0, "temperature": 220.0}
FOCUSED = """() => { const node = document.activeElement;
  return node.id || node.getAttribute('href') || node.getAttribute('aria-label')
    || (node.tagName === 'BODY' ? '' : node.textContent.slice(0, 40)); }"""
REACHABLE = """view => [...document.getElementById(`view-${view}`)
  .querySelectorAll('button, select, input, a, summary')]
  .filter((node) => node.getBoundingClientRect().width > 0)
  .map((node) => node.id || node.getAttribute('href') || node.getAttribute('aria-label')
    || node.textContent.slice(0, 40))"""


@pytest.fixture
def station(tmp_path: Path) -> Iterator[LiveStation]:
    found = LiveStation(press(), tmp_path)
    found.start()
    yield found
    found.close()


def charted(visit: Visit, station: LiveStation, **more: Any) -> Any:
    """The view of charts of a shift whose speed went up at its end."""
    rng = np.random.default_rng(0)
    shift(station, rng, 300)
    shift(station, rng, 30, first=400, speed=78.0)
    seen = visit(f"{station.address}/#charts", size="panel", **more)
    seen.until("document.querySelector('canvas.control')?.hidden === false")
    return seen


def label(seen: Any) -> str:
    return str(seen.page.locator("canvas.control").get_attribute("aria-label"))


def chosen(seen: Any, what: str, kind: str, words: str) -> str:
    """Choose a chart; what its picture is called then."""
    seen.page.locator("#chart-what").select_option(label=what)
    seen.page.locator("#chart-kind").select_option(kind)
    seen.until(
        f"document.querySelector('canvas.control').getAttribute('aria-label').startsWith({words!r})"
    )
    return label(seen)


def test_the_chart_of_an_output_is_a_choice_that_stays(visit: Visit, station: LiveStation) -> None:
    seen = charted(visit, station)
    assert label(seen).startswith("Individuals, moving range of weight, predicted [g]: 120 points")
    for what, kind, words, statistics in (
        ("weight, predicted", "xbar", "Means of subgroups of weight", ("mean: ", "range: ")),
        ("weight, predicted", "cusum", "CUSUM of weight", ("sum above: ", "sum below: ")),
        ("weight, measured", "ewma", "EWMA of weight, measured", ("weighted mean: ",)),
        ("All inputs together", "t2", "Hotelling T2 of all inputs", ("T2: ",)),
        ("weight, predicted", "ewma", "EWMA of weight, predicted", ("weighted mean: ",)),
    ):
        said = chosen(seen, what, kind, words)
        assert all(name in said for name in statistics), said
        seen.shot(f"station charts {kind} {what}")
    assert (
        "1 point beyond a control limit" in seen.page.locator("#view-charts .signals").inner_text()
    )
    assert "the level is higher now" in seen.page.locator("#view-charts .signals").inner_text()
    assert (
        "Do: Tell the shift." in seen.page.locator("#view-charts .signals .plan").first.inner_text()
    )
    seen.page.locator("#view-charts summary").click()
    rules = seen.page.locator("#view-charts details").inner_text()
    assert "Limits are of 50 points, parts A0001 to A0050" in rules
    assert "Signals: 1 point beyond a control limit." in rules
    seen.page.reload()
    seen.until("document.querySelector('#chart-kind')?.value === 'ewma'")


def test_new_limits_are_asked_for_on_the_page(visit: Visit, station: LiveStation) -> None:
    seen = charted(visit, station)
    seen.page.locator("#view-charts summary").click()
    seen.page.get_by_role("button", name="New limits from the next parts").click()
    seen.page.get_by_label("Name").fill("Ada")
    seen.page.keyboard.press("Enter")
    text = "document.querySelector('#view-charts').textContent"
    seen.until(f"{text}.includes('Limits come after 50 more parts')")
    assert [(e["event"], e["who"], e["chart"]) for e in station.events if "chart" in e] == [
        ("new control limits", "Ada", "individuals")
    ]


def test_times_are_of_the_station_or_utc_and_say_so(visit: Visit, station: LiveStation) -> None:
    station.state |= {"zone": "Asia/Tokyo", "east": 540}
    station.part(GOOD, "A1")
    seen = visit(station.address, size="panel", timezone_id="America/New_York")
    seen.until("document.querySelector('.verdict .word')?.textContent === 'ACCEPT'")
    hour = "Number(/ · (\\d+):/.exec(document.querySelector('.verdict .part').textContent)[1])"
    wanted = seen.page.evaluate("new Date().getUTCHours()")
    assert seen.page.evaluate(hour) == (wanted + 9) % 24
    assert "times Asia/Tokyo" in seen.page.locator("#strip").inner_text().replace("\n", " ")
    seen.page.locator("#zone").click()
    seen.until(f"{hour} === {wanted}")
    assert seen.page.locator("#zone").inner_text() == "UTC"
    seen.page.locator("#zone").click()
    seen.page.locator("#tab-history").click()
    seen.page.locator("#day-show").click()
    seen.until("!document.querySelector('#day-csv').hidden")
    begin = float(
        str(seen.page.locator("#day-csv").get_attribute("href")).split("start=")[1].split("&")[0]
    )
    assert begin % 86400 == 15 * 3600  # midnight in Tokyo


def test_a_zone_without_a_name_goes_by_its_minutes(visit: Visit, station: LiveStation) -> None:
    station.state |= {"zone": "", "east": -210}
    station.part(GOOD, "A1")
    seen = visit(station.address, size="panel")
    seen.until("document.querySelector('#zone')?.textContent === 'UTC−3:30'")


def test_a_day_is_taken_along_as_a_table(visit: Visit, station: LiveStation) -> None:
    shift(station, np.random.default_rng(0), 40)
    seen = visit(f"{station.address}/#history", size="panel", accept_downloads=True)
    seen.until("document.querySelector('#day-output option')")
    seen.page.locator("#decimal").click()
    seen.page.locator("#day-show").click()
    seen.until("!document.querySelector('#day-csv').hidden")
    with seen.page.expect_download() as found:
        seen.page.locator("#day-csv").click()
    lines = Path(found.value.path()).read_text().splitlines()
    assert len(lines) == 41 and lines[0].startswith("record;time;") and "," in lines[1]
    day = seen.page.locator("#day").input_value()
    assert found.value.suggested_filename == f"press-1-{day}.csv"


def test_the_strip_says_whether_the_model_still_holds(visit: Visit, station: LiveStation) -> None:
    station.part(GOOD, "A1")
    seen = visit(station.address, size="panel")
    strip = "document.querySelector('#strip ul').textContent"
    seen.until(f"{strip}.includes('intervals nothing measured yet')")
    assert seen.page.evaluate(strip).count("!") == 0
    shift(station, np.random.default_rng(0), 160)
    seen.until(f"/intervals hold: [0-9.]+ % of 40 \\(weight\\)drift none seen/.test({strip})")
    for i in range(30):
        station.part(GOOD, f"M{i}", measured={"weight": 41.5})
    seen.until(f"/intervals too narrow: [0-9.]+ %, not 90 % \\(weight\\) !/.test({strip})")
    station.state["moved"] = ["length: measured values lie higher than the model says"]
    seen.until(f"{strip}.includes('drift length, weight !')")
    station.state["moved"] = []
    seen.until(f"{strip}.includes('drift weight !')")


@pytest.mark.parametrize("view", ["live", "charts", "capability", "alarms", "history"])
def test_everything_is_done_by_keys(visit: Visit, station: LiveStation, view: str) -> None:
    rng = np.random.default_rng(1)
    shift(station, rng, 120)
    for i in range(6):
        station.part(GOOD | {"speed": 110.0, "pressure": 600.0 + i}, f"B{i}")
    seen = visit(station.address, size="panel")
    seen.until("!document.querySelector('#tab-alarms .count').hidden")
    seen.page.locator("#tab-live").focus()
    for _ in range(["live", "charts", "capability", "alarms", "history"].index(view)):
        seen.page.keyboard.press("ArrowRight")
    if view == "charts":
        seen.until("document.querySelector('canvas.control')?.hidden === false")
        seen.page.locator("#view-charts summary").press("Enter")
    wanted = set(seen.page.evaluate(REACHABLE, view))
    reached = []
    for _ in range(len(wanted) + 12):
        seen.page.keyboard.press("Tab")
        reached.append(seen.page.evaluate(FOCUSED))
    assert wanted <= {*reached}, wanted - {*reached}
    assert "who-now" in reached  # and out of the view again


def used(seen: Any) -> dict[str, float]:
    """Figures of the browser after it has collected its garbage."""
    session = seen.page.context.new_cdp_session(seen.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    session.send("HeapProfiler.collectGarbage")
    found = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return {one["name"]: one["value"] for one in found}


def grows(seen: Any) -> dict[str, tuple[float, float]]:
    """What a page that is left alone for six seconds has more of than it may: before, after."""
    before = used(seen)
    seen.page.wait_for_timeout(6000)
    after = used(seen)
    allowed = {
        "Nodes": before["Nodes"] + 60,
        "JSEventListeners": before["JSEventListeners"] + 10,
        "JSHeapUsedSize": 1.1 * before["JSHeapUsedSize"] + 2e5,
    }
    return {one: (before[one], after[one]) for one in allowed if after[one] > allowed[one]}


@pytest.mark.parametrize("view", ["live", "charts"])
def test_a_page_that_is_open_for_long_does_not_grow(
    visit: Visit, station: LiveStation, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sna_edge.station.page.feed.TICK", 0.02)  # fifty messages a second
    end, rng = Event(), np.random.default_rng(0)

    def judged() -> None:
        first = 1
        while not end.is_set():
            shift(station, rng, 50, first=first, charted=False)
            first += 50

    seen = visit(f"{station.address}/#{view}", size="panel")
    line = Thread(target=judged, daemon=True)
    line.start()
    try:
        seen.until("document.title.startsWith('ACCEPT')")
        spans = []
        while (grown := grows(seen)) and len(spans) < 9:
            spans.append(grown)  # its buffers fill by parts: slowly on a slow machine
    finally:
        end.set()
        line.join(10)
    assert not grown, spans


def test_five_hundred_parts_a_second_are_few_redraws(visit: Visit, station: LiveStation) -> None:
    rng = np.random.default_rng(0)
    shift(station, rng, 100)
    seen = visit(station.address, size="panel")
    seen.until("document.querySelector('.verdict .word')?.textContent === 'ACCEPT'")
    seen.page.evaluate(
        """() => { window.drawn = 0;
          const clear = CanvasRenderingContext2D.prototype.clearRect;
          CanvasRenderingContext2D.prototype.clearRect = function (...all) {
            if (this.canvas === document.querySelector('canvas.run')) window.drawn++;
            return clear.apply(this, all);
          }; }"""
    )
    before, began = used(seen), monotonic()
    for first in range(1000, 3000, 100):
        shift(station, rng, 100, first=first)
        seen.page.wait_for_timeout(50)
    seen.until("window.drawn > 0")
    after, lasted = used(seen), monotonic() - began
    assert 0 < seen.page.evaluate("window.drawn") <= 5.0 * lasted + 2.0
    busy = (after["TaskDuration"] - before["TaskDuration"]) / lasted
    assert busy < 0.35, f"{busy:.0%} of a core"  # tests share their cores
