"""What engineers and admins change on the page of a station, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..sna_edge.station.operations.people import HTTP, Peopled
from ..sna_edge.station.plants import LIMITS, STATION, sent

pytest.importorskip("uvicorn", reason="no uvicorn here")
Visit = Callable[..., Any]
PAGE = HTTP + "page = true\n"
SMALLEST = """() => {
const all = [...document.querySelectorAll('button, select, input, textarea')];
return all.filter((node) => {
  const box = node.getBoundingClientRect();
  return box.width > 0 && (box.height < 43.5 || box.width < 43.5);
}).map((node) => node.outerHTML.slice(0, 80)); }"""
CARDS = "[...document.querySelectorAll('.setting .said')].some((n) => n.textContent.includes({!r}))"


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Peopled]:
    found = Peopled(tmp_path, http=PAGE)
    sent(found.process.desk, {"power": 200.0}, part="A1")
    yield found
    found.close()


def entered(visit: Visit, station: Peopled, role: str, size: str = "panel", **options: Any) -> Any:
    seen = visit(station.at, size=size, **options)
    seen.page.get_by_label("Your token").fill(station.tokens[role])
    seen.page.keyboard.press("Enter")
    seen.until("document.querySelector('.verdict .word')?.textContent === 'ACCEPT'")
    return seen


def settings(seen: Any, card: str) -> Any:
    seen.page.locator("#tab-settings").click()
    found = seen.page.locator(".setting", has=seen.page.get_by_role("heading", name=card))
    found.wait_for()
    return found


def said(seen: Any, words: str) -> str:
    seen.until(f"document.querySelector('#settings-said').textContent.includes({words!r})")
    return str(seen.page.locator("#settings-said").inner_text())


def test_the_page_hides_what_a_role_does_not_allow(visit: Visit, station: Peopled) -> None:
    seen = entered(visit, station, "operator")
    assert seen.page.locator("#tab-settings").is_hidden()
    seen.page.locator("#tab-what-if").click()
    seen.page.keyboard.press("ArrowRight")
    assert seen.page.evaluate("document.activeElement.id") == "tab-live"
    seen = entered(visit, station, "engineer")
    settings(seen, "Limits of")
    titles = seen.page.locator(".setting h2").all_inner_texts()
    assert len(titles) == 3 and "People" not in titles and "Records" not in titles


def test_limits_are_changed_with_a_reason(visit: Visit, station: Peopled) -> None:
    seen = entered(visit, station, "engineer")
    card = settings(seen, "Limits of")
    text, why = card.locator("textarea"), card.get_by_label("Reason")
    assert text.input_value() == LIMITS
    text.fill("[outputs.width]\nLSL = 80\nUSL = 90\n")
    card.get_by_role("button", name="Change limits").click()
    assert "Say why" in card.locator(".said").inner_text()
    why.fill("order 4711")
    card.get_by_role("button", name="Change limits").click()
    assert "USL of outputs.width from 120 to 90" in said(seen, "Limits changed")
    (event,) = station.events("limits changed")
    assert (event["who"], event["why"]) == ("engineer", "order 4711")
    sent(station.process.desk, {"power": 200.0}, part="A2")
    seen.page.locator("#tab-live").click()
    seen.until("document.querySelector('.verdict .word')?.textContent === 'REJECT'")
    card = settings(seen, "Limits of")
    seen.until("document.querySelector('#settings-said').textContent === ''")  # shown anew
    card.locator("textarea").fill("[outputs.wid")
    seen.page.locator("#tab-live").click()
    card = settings(seen, "Limits of")
    card.get_by_label("Reason").fill("x")
    card.get_by_role("button", name="Change limits").click()
    seen.until(
        "[...document.querySelectorAll('.said')].some((n) => n.textContent.startsWith('Not done'))"
    )
    assert "not TOML" in card.locator(".said").inner_text()
    assert card.locator("textarea").input_value() == "[outputs.wid"
    seen.console.clear()  # the browser tells of the refusal


def test_a_model_goes_back_and_a_gauge_is_studied(visit: Visit, station: Peopled) -> None:
    seen = entered(visit, station, "engineer")
    card = settings(seen, "Model of")
    card.get_by_label("Reason").fill("scrap")
    card.get_by_role("button", name="Back to the previous").click()
    assert station.events("model switched")[0]["record"]
    said(seen, "now, record")
    card = settings(seen, "Study of a gauge")
    rows = "\n".join(
        f"{p} {o} {200 + 10 * p + (0.2 if r else -0.2):.1f}"
        for p in range(4) for o in "ab" for r in (0, 1)
    )  # fmt: skip
    take = card.get_by_role("button", name="Take as tolerance")
    for n, wrong in enumerate(("", "a b", "a b 1 2", "a,b", "a b x")):
        card.get_by_label("One measurement").fill("a b 1\n" * n + wrong)
        card.get_by_label("Reason").fill("study 12")
        take.click()
        card.get_by_text(f"Not done: line {n + 1} of the study").wait_for()
    card.get_by_label("One measurement").fill(rows.replace(" ", ","))
    card.get_by_role("button", name="Calculate").click()
    card.get_by_text("Gauge of power: standard deviation 0.241").wait_for()
    card.get_by_label("One measurement").fill(rows.replace(" ", ";").replace(".", ","))
    card.get_by_label("Reason").fill("study 12")
    take.click()
    assert "Gauge of power" in said(seen, "Limits changed")
    assert station.events("limits changed")[0]["gage"]["input"] == "power"


def test_an_admin_adds_revokes_and_backs_up(visit: Visit, station: Peopled) -> None:
    seen = entered(visit, station, "admin")
    card = settings(seen, "People")
    card.get_by_label("New name").fill("maria")
    card.get_by_label("Role").select_option("operator")
    card.get_by_label("Reason").fill("new shift")
    card.get_by_role("button", name="Add").click()
    station.tokens["maria"] = said(seen, "shown once").rpartition(": ")[2].strip()
    other = entered(visit, station, "maria")
    card.get_by_label("To revoke").select_option("maria")
    card.get_by_label("Reason").fill("left")
    card.get_by_role("button", name="Revoke").click()
    said(seen, "maria is let in no more")
    other.page.get_by_label("Your token").wait_for()
    other.console.clear()  # the browser tells that it was turned away
    card = seen.page.locator(".setting", has=seen.page.get_by_role("heading", name="Records"))
    card.get_by_label("Reason").fill("monthly")
    card.get_by_role("button", name="Back up").click()
    seen.until(
        "[...document.querySelectorAll('.said')].some((n) => n.textContent.includes('whole'))"
    )
    assert station.events("backup made")[0]["why"] == "monthly"


@pytest.mark.parametrize("size", ["panel", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_settings_are_clean_and_large_enough(
    visit: Visit, station: Peopled, size: str, scheme: str
) -> None:
    seen = entered(visit, station, "admin", size, color_scheme=scheme)
    settings(seen, "Records")
    assert seen.serious() == [] and seen.page.evaluate(SMALLEST) == []
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    seen.shot(f"station settings {size} {scheme}")


def test_where_nobody_is_asked_the_name_is(visit: Visit, tmp_path: Path) -> None:
    http = '[http]\nlisten = "127.0.0.1:0"\npage = true\n'
    found = Peopled(tmp_path, station=STATION, http=http)
    try:
        seen = visit(found.at, size="panel")
        card = settings(seen, "Limits of")
        assert seen.page.get_by_role("heading", name="People").count() == 0
        assert "judges with a file" in seen.page.locator("#view-settings").inner_text()
        card.locator("textarea").fill(LIMITS.replace("120", "115"))
        card.get_by_label("Reason").fill("tighter")
        card.get_by_role("button", name="Change limits").click()
        seen.page.get_by_label("Name").fill("Ada")
        seen.page.get_by_role("button", name="OK").click()
        said(seen, "Limits changed")
        assert found.events("limits changed")[0]["who"] == "Ada"
    finally:
        found.close()
