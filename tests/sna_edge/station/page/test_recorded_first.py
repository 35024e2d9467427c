"""What people do on the page is a record before it is done: what cannot be recorded is not done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from sna_edge.station.page.kept import FILE
from sna_edge.station.process import Process
from sna_edge.station.records import History, Records

from ..plants import STATION, process, sent
from .test_behind import HTTP, first, got, until

CHART = {"station": "press-1", "recipe": "default", "output": "width", "of": "value",
         "chart": "individuals", "who": "Ada", "why": "new die"}  # fmt: skip
ASK = "/page/charts?station=press-1&recipe=default"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Process]:
    made = process(tmp_path, Records, station=STATION + HTTP)
    for i in range(60):
        sent(made.desk, {"power": 100.0}, part=f"A{i}")
    yield made
    made.stop()


def status(made: Process, path: str, said: dict[str, Any]) -> tuple[int, str]:
    try:
        return got(made, path, said).status, ""
    except HTTPError as error:
        return error.code, json.loads(error.read())["message"]


def wait(made: Process) -> int:
    """Parts still to come before the chart has limits."""
    charts = json.loads(got(made, ASK).read())["charts"]
    found = [c for c in charts if (c["output"], c["of"], c["chart"]) == ("width", "value", "xbar")]
    return found[0].get("wait", 0) if found else -1


def test_what_cannot_be_recorded_is_not_done(running: Process, monkeypatch: Any) -> None:
    until(lambda: first(running)["alarms"] and wait(running) == 65)
    name, before = first(running)["alarms"][0]["name"], wait(running)
    with monkeypatch.context() as patched:
        patched.setattr(
            running.plant.records, "append", lambda drafts, done: done([], "the disk is full")
        )
        for path, said in (
            ("/page/limits", CHART | {"chart": "xbar"}),
            ("/page/acknowledge", {"alarm": name, "who": "Ada"}),
            ("/page/advice", {"record": 3, "part": "A1", "applied": True, "who": "Ada"}),
        ):
            code, told = status(running, path, said)
            assert code == 503 and "the disk is full" in told and "nothing was done" in told, path
    assert wait(running) == before and first(running)["alarms"][0].get("seen") is None
    assert status(running, "/page/limits", CHART | {"chart": "xbar"})[0] == 200
    assert wait(running) > before
    assert status(running, "/page/acknowledge", {"alarm": name, "who": "Ada"})[0] == 200
    assert first(running)["alarms"][0]["seen"]["who"] == "Ada"


def test_what_is_done_has_its_record_on_the_disk(running: Process) -> None:
    until(lambda: first(running)["alarms"])
    (alarm, *_) = first(running)["alarms"]
    assert status(running, "/page/acknowledge", {"alarm": alarm["name"], "who": "Ada"})[0] == 200
    with closing(History(running.config.data)) as past:
        found = [json.loads(one.text) for one in past.latest(20, kind="event")]
    (event,) = [one for one in found if one["event"] == "acknowledged"]
    assert event["who"] == "Ada" and event["alarm"]["name"] == alarm["name"]


def test_a_chart_that_was_begun_anew_is_so_after_a_kill(tmp_path: Path) -> None:
    made = process(tmp_path, Records, station=STATION + HTTP)
    for i in range(40):
        sent(made.desk, {"power": 100.0 + i}, part=f"A{i}")
    until(lambda: wait(made) == 85)
    assert status(made, "/page/limits", CHART | {"chart": "xbar"})[0] == 200
    assert wait(made) == 125
    made.stop()
    (tmp_path / "station-data" / FILE).unlink()  # as where it had not been written yet
    made = process(tmp_path, Records, station=STATION + HTTP)
    assert wait(made) == 125
    made.stop()
