"""The page of a whole process: its records, its people, its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sna_edge.station.charts import Board
from sna_edge.station.page.kept import FILE, recall
from sna_edge.station.parts import Arrival
from sna_edge.station.process import Process
from sna_edge.station.records import Records

from ..plants import STATION, process, sent

HTTP = '[http]\nlisten = "127.0.0.1:0"\npage = true\n'
PLANS = '[stations.press-1.plans]\n"many rejects" = "Stop the press."\n'


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Process]:
    station = "stop_seconds = 60\n" + STATION + PLANS + HTTP
    made = process(tmp_path, Records, station=station)
    yield made
    made.stop()


def address(made: Process) -> str:
    return f"http://127.0.0.1:{made.plant.doors['http'].port}"


def got(made: Process, path: str, body: Any = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"} if data else {}
    return urlopen(Request(address(made) + path, data, kind | headers), timeout=60)


def first(made: Process, **headers: str) -> dict[str, Any]:
    """The first message of the page."""
    with got(made, "/page/events", **headers) as stream:
        while True:
            line = stream.readline().decode()
            if line.startswith("data: "):
                return json.loads(line[6:])


def until(found: Any) -> None:
    end = monotonic() + 60
    while not found():
        assert monotonic() < end, "it does not happen"
        sleep(0.05)


def test_parts_alarms_and_what_people_do_go_through_the_records(running: Process) -> None:
    for i in range(8):
        sent(running.desk, Arrival("press-1", {"power": 280.0 + i}, f"A{i}")).wait()
    until(lambda: (first(running)["lines"] or [{}])[0].get("last", {}).get("part") == "A7")
    until(lambda: first(running)["alarms"])
    hello = first(running)
    assert hello["facts"][0]["units"] == {"power": "W", "width": "um"}
    assert hello["status"]["doors"]["http"]["up"] and hello["status"]["health"] == ""
    assert hello["status"]["models"]["press-1/default"]["name"] == "line.sna"
    assert hello["lines"][0]["rejected"]["part"] == "A7"
    (alarm,) = hello["alarms"]
    assert (alarm["rule"], alarm["plan"]) == ("many rejects", "Stop the press.")
    got(running, "/page/acknowledge", {"alarm": alarm["name"], "who": "Ada"})
    until(lambda: "acknowledged" in [e["event"] for e in events(running)])
    told = [e for e in events(running) if e["event"] == "acknowledged"]
    assert told[0]["who"] == "Ada" and told[0]["alarm"]["rule"] == "many rejects"


def events(made: Process) -> list[dict[str, Any]]:
    from sna_edge.station.records import History

    history = History(made.config.data)
    found = [json.loads(one.text) for one in history.latest(50, kind="event")]
    history.close()
    return found


def test_an_open_page_does_not_hold_up_the_end(running: Process) -> None:
    stream = got(running, "/page/events")
    stream.readline()
    began = monotonic()
    running.stop()
    assert monotonic() - began < 30.0  # half of what it may take
    assert stream.read() is not None


def test_who_has_a_token_enters_and_others_see_files_only(tmp_path: Path) -> None:
    tokens = {"ada": ("operator", "secret-ada"), "plc": ("line", "secret-plc")}
    (tmp_path / "tokens.toml").write_text("".join(
        f'[tokens.{name}]\nrole = "{role}"\nsha256 = "{sha256(token.encode()).hexdigest()}"\n'
        for name, (role, token) in tokens.items()
    ))  # fmt: skip
    made = process(tmp_path, Records, station=STATION + HTTP + 'tokens = "tokens.toml"\n')
    try:
        assert b"main.js" in got(made, "/").read() and got(made, "/page/main.js").status == 200
        assert json.load(got(made, "/page/me")) == {"person": ""}
        for path in ("/page/events", "/page/capability", "/page/model/press-1/default", "/page/x"):
            with pytest.raises(HTTPError, match="401"):
                got(made, path)
        for token in ("wrong", "secret-ada; Path=/", ""):
            with pytest.raises(HTTPError, match="401"):
                got(made, "/page/login", {"token": token})
        entered = got(made, "/page/login", {"token": "secret-ada"})
        cookie = entered.headers["Set-Cookie"]
        assert "HttpOnly; SameSite=Strict" in cookie
        kept = {"Cookie": cookie.partition(";")[0]}
        assert json.load(got(made, "/page/me", **kept)) == {"person": "ada", "role": "operator"}
        assert first(made, **kept)["status"]["clock"]
        with pytest.raises(HTTPError, match="403"):
            got(made, "/page/login", {"token": "secret-ada"}, Origin="http://elsewhere.test")
        line = got(made, "/page/login", {"token": "secret-plc"}).headers["Set-Cookie"]
        with pytest.raises(HTTPError, match="403"):
            got(made, "/page/events", Cookie=line.partition(";")[0])
    finally:
        made.stop()


def test_what_the_page_has_kept_goes_on_over_a_cut_of_its_records(tmp_path: Path) -> None:
    """Retention takes the record that the page was kept behind; other records are no such cut."""
    made = process(tmp_path, Records, station=STATION + HTTP)
    for i in range(70):
        sent(made.desk, {"power": 200.0 + i % 5}, part=f"A{i}")
    until(lambda: first(made)["lines"] and first(made)["lines"][0]["counts"] == {"ACCEPT": 70})
    feed, shelf = made.plant.doors["http"]._feed, tmp_path / "station-data" / FILE
    feed.keep()
    limits = first(made)["lines"][0]["outputs"]["width"]["value"]
    kept, past = json.loads(shelf.read_text()), feed.sources.past()
    assert limits["n"] == 20 and recall(shelf, Board(), past)

    class Cut:
        """The records from `oldest` on."""

        def __init__(self, oldest: int) -> None:
            self.oldest = oldest

        def record(self, number: int) -> Any:
            return past.record(number) if number >= self.oldest else None

        def after(self, number: int, most: int = 500) -> Any:
            return past.after(max(number, self.oldest - 1), most)

        def last(self) -> int:
            return past.last()

    board = Board()
    sent(made.desk, {"power": 200.0}, part="B1")
    assert recall(shelf, board, Cut(kept["record"] + 1))
    assert board.told()["lines"][0]["outputs"]["width"]["value"] == {**limits, "n": 21}
    shelf.write_text(json.dumps(kept | {"sha256": "0" * 64}))
    assert not recall(shelf, Board(), past)
    assert recall(shelf, Board(), Cut(kept["record"] + 1))
    shelf.write_text(json.dumps(kept | {"record": 10**6}))
    assert not recall(shelf, Board(), past)
    made.stop()
