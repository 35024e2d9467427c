"""The live page where ids, reasons and names mean something to a browser: they are text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .live_station import LiveStation, press

Visit = Callable[..., Any]
GOOD = {"speed": 70.0, "pressure": 600.0, "temperature": 220.0}
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}${7*7}",
    '"><iframe src=//evil.example>',
    "&lt;b&gt;",
]
FOREIGN = (
    "document.querySelectorAll('.verdict img, main img, iframe[src*=evil], svg[onload]').length"
)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[LiveStation]:
    found = LiveStation(press(), tmp_path)
    found.start()
    yield found
    found.close()


def test_hostile_names_are_text(visit: Visit, station: LiveStation) -> None:
    """The console stays empty and nothing is asked of another origin: `visit` sees to it."""
    seen = visit(station.address)
    asked: list[str] = []
    seen.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    for name in HOSTILE:
        station.part(GOOD | {"speed": name}, name)
        seen.until(f"document.querySelector('.verdict .part')?.textContent.includes({name!r})")
        assert seen.page.evaluate(FOREIGN) == 0 and name in seen.page.inner_text(".verdict")
        station.event("alarm", "press-1", name, name, rule=name, source=name)
    for view in ("alarms", "history", "capability", "live"):
        seen.page.evaluate(f"location.hash = '#{view}'")
        seen.page.wait_for_timeout(400)
        assert seen.page.evaluate(FOREIGN) == 0
    assert asked == []
