"""The page of a station over HTTP: its files, its messages, what people send."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
import pytest

from sna_edge.station.charts import Board
from sna_edge.station.page import kept
from sna_edge.station.page.feed import WAITING, Reader
from sna_edge.station.page.files import client
from sna_edge.station.page.kept import FILE, recall

from ....browser.live_station import LiveStation, press, shift
from ..waiting import in_a_loop

FOREIGN = re.compile(rb"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[LiveStation]:
    found = LiveStation(press(), tmp_path)
    found.start()
    yield found
    found.close()


def got(station: LiveStation, path: str, **headers: str) -> Any:
    return urlopen(Request(station.address + path, headers=headers), timeout=60)


def sent(station: LiveStation, path: str, told: Any, kind: str = "application/json") -> int:
    data = told if isinstance(told, bytes) else json.dumps(told).encode()
    try:
        request = Request(station.address + path, data, {"Content-Type": kind})
        return int(urlopen(request, timeout=60).status)
    except HTTPError as error:
        return error.code


def messages(station: LiveStation, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The first messages that a page gets."""
    found: list[tuple[str, dict[str, Any]]] = []
    with got(station, "/page/events") as stream:
        name = ""
        while len(found) < count:
            line = stream.readline().decode()
            if line.startswith("event: "):
                name = line[7:].strip()
            elif line.startswith("data: "):
                found.append((name, json.loads(line[6:])))
    return found


def waited(station: LiveStation, least: int) -> None:
    end = monotonic() + 60
    while station.feed.board.taken < least:
        assert monotonic() < end, "the records do not come"
        sleep(0.01)


def test_the_page_comes_with_a_policy_and_is_not_sent_twice(station: LiveStation) -> None:
    with got(station, "/") as page:
        policy, tag, text = (
            page.headers["Content-Security-Policy"],
            page.headers["ETag"],
            page.read(),
        )
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy and b"/page/main.js" in text
    with pytest.raises(HTTPError, match="304"):
        got(station, "/", **{"If-None-Match": tag})
    with pytest.raises(HTTPError, match="404"):
        got(station, "/page/../../secret")


def test_files_name_no_other_origin_and_no_inline_code() -> None:
    for name, (data, _, _) in client().items():
        found = set(FOREIGN.findall(data)) - {b"http://www.w3.org"}
        assert not found, (name, found)
        assert b"style=" not in data and not re.search(rb"<script>|onclick=\"", data), name


def test_every_import_is_a_file() -> None:
    for name, (data, _, _) in client().items():
        for target in re.findall(r"from '(\.[^']+)'", data.decode()):
            place = (Path("/") / name).parent / target
            parts: list[str] = []
            for part in place.parts[1:]:
                parts = parts[:-1] if part == ".." else parts if part == "." else [*parts, part]
            assert "/".join(parts) in client(), (name, target)


def test_a_page_hears_everything_then_what_changes(station: LiveStation) -> None:
    shift(station, np.random.default_rng(0), 5)
    waited(station, 5)
    (name, hello), (second, patch) = messages(station, 2)
    assert (name, second) == ("hello", "patch")
    (line,) = hello["lines"]
    assert [p[2] for p in line["points"]] == [f"A{i:04d}" for i in range(1, 6)]
    assert line["last"]["verdict"] == "ACCEPT" and set(line["outputs"]) == {"weight", "length"}
    (facts,) = hello["facts"]
    assert facts["units"]["weight"] == "g" and facts["page"] is True
    assert hello["status"]["p99_ms"] == 0.41 and "now" in patch["status"]


def test_a_restart_shows_what_was_shown_before(station: LiveStation) -> None:
    shift(station, np.random.default_rng(0), 30)
    for i in range(8):
        station.part({"speed": 115.0, "pressure": 700.0, "temperature": 220.0 + i}, f"B{i}")
    waited(station, 39)
    before = station.feed.board.told()
    assert [a["rule"] for a in before["alarms"]] == ["many rejects"]
    station.stop()
    station.again()
    after = station.feed.board.told()
    assert [p[:4] for p in after["lines"][0]["points"]] == [
        p[:4] for p in before["lines"][0]["points"]
    ]
    assert [a["name"] for a in after["alarms"]] == [a["name"] for a in before["alarms"]]
    assert [e["event"] for e in station.events] == ["alarm"]


def drawn(station: LiveStation) -> dict[str, Any]:
    """Every control chart with all that is drawn of it."""
    board = station.feed.board
    names = [(c["output"], c["of"], c["chart"]) for c in board.charts("press-1", "default")]
    return {"/".join(name): board.chart("press-1", "default", name) for name in names}


@pytest.mark.parametrize("killed", [False, True])
def test_control_limits_are_the_same_after_a_restart(
    station: LiveStation, killed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sna_edge.station.page.feed.KNOWN", 60)
    shift(station, np.random.default_rng(0), 400)
    waited(station, 400)
    if killed:  # kept some time ago; what came since is read back from the records
        station.feed.keep()
        monkeypatch.setattr(station.feed, "keep", lambda: None)
        shift(station, np.random.default_rng(1), 150, first=500)
        waited(station, 550)
    before, told = drawn(station), station.feed.board.told()
    assert {"weight/value/xbar", "weight/measured/ewma", "/inputs/t2"} <= {*before}
    assert before["weight/value/cusum"]["since"] > 0 and before["weight/value/xbar"]["n"] > 50
    station.stop()
    station.again()
    assert drawn(station) == before
    assert station.feed.board.told()["lines"] == told["lines"]
    station.stop()
    (station.folder / "data" / FILE).unlink()
    station.again()
    assert drawn(station) != before  # of the last 60 parts only


def test_what_was_kept_of_other_records_is_not_used(station: LiveStation) -> None:
    shift(station, np.random.default_rng(0), 60)
    waited(station, 60)
    station.stop()
    path = station.folder / "data" / FILE
    whole = path.read_text()
    told = json.loads(whole)
    wrong = ({"sha256": "0" * 64}, {"version": 0}, {"lines": [{}]})
    for text in ("", "[]", whole[:900], *(json.dumps(told | one) for one in wrong)):
        path.write_text(text)
        board = Board()
        assert not recall(path, board, station.past()) and board.running == {}
    path.write_text(whole)
    board = Board()
    assert recall(path, board, station.past()) and board.running


def test_of_many_records_since_then_the_newest_are_read_back(
    station: LiveStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted() -> int:
        board = Board()
        assert recall(station.folder / "data" / FILE, board, station.past())
        return sum(board.running["press-1", "default"].counts.values())

    shift(station, np.random.default_rng(0), 60)
    waited(station, 60)
    station.feed.keep()
    shift(station, np.random.default_rng(1), 50, first=500)
    waited(station, 110)
    assert counted() == 110
    monkeypatch.setattr(kept, "MOST", 20)
    assert counted() <= 80
    station.stop()


def test_new_limits_are_asked_for_by_an_engineer_and_recorded(station: LiveStation) -> None:
    shift(station, np.random.default_rng(0), 60)
    waited(station, 60)
    chart = {"station": "press-1", "recipe": "default", "output": "weight", "of": "value",
             "chart": "individuals", "who": "Ada"}  # fmt: skip
    ask = "/page/chart?" + urlencode(chart)
    assert json.load(got(station, ask))["n"] == 10
    assert sent(station, "/page/limits", chart | {"chart": "pie"}) == 409
    assert sent(station, "/page/limits", chart | {"who": ""}) == 409
    assert json.load(got(station, ask))["n"] == 10 and station.events == []
    assert sent(station, "/page/limits", chart) == 200
    assert json.load(got(station, ask))["wait"] == 50
    (event,) = station.events
    assert (event["event"], event["who"], event["output"]) == (
        "new control limits",
        "Ada",
        "weight",
    )


def test_a_table_of_verdicts_comes_piece_by_piece(station: LiveStation) -> None:
    shift(station, np.random.default_rng(0), 40)
    waited(station, 40)
    now = station.feed.board.told()["lines"][0]["points"][0][1] / 1000
    ask = f"/page/csv?station=press-1&start={now - 600}&end={now + 600}"
    with got(station, ask) as answer:
        lines = answer.read().decode().splitlines()
        name = answer.headers["Content-Disposition"].removeprefix("attachment; ")
    assert re.fullmatch(r'filename="press-1-20\d\d-\d\d-\d\d\.csv"', name)
    assert len(lines) == 41 and lines[0].startswith("record,time,station,recipe,part,")
    with got(station, f"{ask}&decimal=,&zone=Asia/Tokyo") as answer:
        text = answer.read().decode()
        assert "+09:00;" in text and ";press-1;" in text
    for wrong in (f"{ask}&zone=Mars/Olympus", f"/page/csv?start={now}&end={now - 1}"):
        with pytest.raises(HTTPError, match="400"):
            got(station, wrong)


def test_people_acknowledge_and_answer_advice(station: LiveStation) -> None:
    for i in range(8):
        station.part({"speed": 115.0, "pressure": 700.0 + i, "temperature": 220.0}, f"B{i}")
    waited(station, 8)
    name = station.feed.board.told()["alarms"][0]["name"]
    assert sent(station, "/page/acknowledge", {"alarm": name, "who": ""}) == 409
    assert sent(station, "/page/acknowledge", {"alarm": "none", "who": "Ada"}) == 409
    assert sent(station, "/page/acknowledge", {"alarm": name, "who": "Ada", "why": "seen"}) == 200
    advice = {"record": 7, "station": "press-1", "part": "B6", "applied": True, "who": "Ada"}
    assert sent(station, "/page/advice", advice) == 200
    assert sent(station, "/page/advice", advice | {"applied": "yes"}) == 409
    told = [(e["event"], e["who"]) for e in station.events]
    assert told == [("alarm", ""), ("acknowledged", "Ada"), ("advice applied", "Ada")]


def test_other_pages_cannot_speak_for_people(station: LiveStation) -> None:
    told = {"record": 7, "station": "press-1", "part": "B6", "applied": True, "who": "Ada"}
    assert sent(station, "/page/advice", told, "text/plain") == 415
    assert sent(station, "/page/advice", b"{" * 20) == 400
    assert sent(station, "/page/advice", b"[]") == 400
    assert sent(station, "/page/advice", b" " * 20000) == 413
    assert station.events == []


def test_days_parts_and_capability_are_read_from_the_records(station: LiveStation) -> None:
    shift(station, np.random.default_rng(0), 40)
    waited(station, 40)
    told = json.load(got(station, "/page/capability?station=press-1&recipe=default"))
    assert told["weight"]["predicted"]["n"] == 40 and told["weight"]["measured"]["n"] == 10
    ask = "/page/day?station=press-1&recipe=default&output=weight"
    found = json.load(got(station, f"{ask}&start=1700000000&end=1700000060"))
    assert found["chart"]["time"] == []
    now = station.feed.board.told()["lines"][0]["points"][0][1] / 1000
    found = json.load(got(station, f"{ask}&start={now - 600}&end={now + 600}"))
    assert len(found["chart"]["mean"]) == 40 and found["counts"]["ACCEPT"] > 30
    records = json.load(got(station, "/page/part?part=A0007"))["records"]
    assert [r["part"] for r in records] == ["A0007"]
    with pytest.raises(HTTPError, match="400"):
        got(station, f"{ask}&start=0&end=1e12")
    readings = json.load(got(station, "/page/readings?station=press-1&recipe=default"))["parts"]
    assert len(readings) == 40 and set(readings[0]["reading"]) == {
        "speed",
        "pressure",
        "temperature",
    }


def test_the_page_of_the_model_is_shown_here_only_and_fetches_nothing(station: LiveStation) -> None:
    with got(station, "/page/model/press-1/default") as page:
        policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    assert "connect-src" not in policy
    with pytest.raises(HTTPError, match="404"):
        got(station, "/page/model/press-2/default")


def test_a_slow_page_is_told_everything_anew() -> None:
    async def tried() -> Reader:
        reader = Reader()
        for i in range(WAITING + 1):
            reader.give(str(i))
        await asyncio.sleep(0.05)
        return reader

    reader = in_a_loop(tried())
    assert reader.lost and reader.queue.qsize() == 1


def test_a_record_that_nobody_understands_is_an_alarm_not_the_end(station: LiveStation) -> None:
    station.bus.waiting.put(("verdict", '{"kind": "verdict", "record": "seven"}'))
    station.part({"speed": 70.0, "pressure": 600.0, "temperature": 220.0}, "A1")
    waited(station, 3)  # and the alarm's own record
    assert [a["rule"] for a in station.feed.board.told()["alarms"]] == ["page"]
    assert station.feed.board.told()["lines"][-1]["points"][-1][2] == "A1"
