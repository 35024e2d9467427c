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

from sna_edge.station.parts import Arrival
from sna_edge.station.process import Process
from sna_edge.station.records import Records

from ..plants import STATION, process, sent

HTTP = '[http]\nlisten = "127.0.0.1:0"\npage = true\n'
PLANS = '[stations.press-1.plans]\n"many rejects" = "Stop the press."\n'


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Process]:
    made = process(tmp_path, Records, station=STATION + PLANS + HTTP)
    yield made
    made.stop()


def address(made: Process) -> str:
    return f"http://127.0.0.1:{made.plant.doors['http'].port}"


def got(made: Process, path: str, body: Any = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"} if data else {}
    return urlopen(Request(address(made) + path, data, kind | headers), timeout=20)


def first(made: Process, **headers: str) -> dict[str, Any]:
    """The first message of the page."""
    with got(made, "/page/events", **headers) as stream:
        while True:
            line = stream.readline().decode()
            if line.startswith("data: "):
                return json.loads(line[6:])


def until(found: Any) -> None:
    end = monotonic() + 20
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
    assert monotonic() - began < 8.0
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
