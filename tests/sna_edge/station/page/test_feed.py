"""The thread that charts what has come."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest

from sna_edge.station.config import Charting
from sna_edge.station.page import feed as feeds
from sna_edge.station.page.feed import Feed


def made(busy: list[bool]) -> Feed:
    """A feed whose desk is judging as often as `busy` says, then no more."""
    sources = SimpleNamespace(
        lines=list, charting=lambda station, recipe: Charting(),
        event=lambda *told, **more: None, busy=lambda: busy.pop() if busy else False,
    )  # fmt: skip
    return Feed(sources, SimpleNamespace(lost=0))


def verdict(number: int) -> str:
    told = {"value": 1.0, "lower": 0.9, "upper": 1.1}
    return json.dumps(
        {"kind": "verdict", "record": number, "station": "press", "recipe": "default",
         "part": f"A{number}", "time": "2026-01-01T00:00:00.000Z", "verdict": "ACCEPT",
         "outputs": {"width": told}}
    )  # fmt: skip


def test_a_chart_waits_while_a_part_is_judged_and_not_for_ever() -> None:
    busy = [True] * 4
    feed = made(busy)
    feed._take("verdict", verdict(1))
    assert not busy and feed.board.taken == 1
    busy += [True] * 1000
    feed._take("verdict", verdict(2))
    assert feed.board.taken == 2 and len(busy) == 1000 - feeds.TIMES


def test_charts_rest_after_a_part_or_two_and_take_their_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed, slept = made([]), list[float]()
    monkeypatch.setattr(feeds, "sleep", slept.append)
    monkeypatch.setattr(feeds, "monotonic", time.thread_time)
    own = time.thread_time()
    for number in range(1, 200):
        feed._take("verdict", verdict(number))
    own = time.thread_time() - own
    assert sum(slept) > 0.5 * own * (1.0 / feeds.SHARE - 1.0)
    assert len(slept) > 20 and min(slept) >= feeds.REST
