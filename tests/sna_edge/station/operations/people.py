"""A station with one person of each role, and what each may ask of it."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from sna_edge.signing import examined
from sna_edge.station.http.people import ROLES, new_token
from sna_edge.station.process import Process
from sna_edge.station.records import Records
from sna_edge.store import Store

from ..plants import STATION, model, process, sent

HTTP = '[http]\nlisten = "127.0.0.1:0"\ntokens = "tokens.toml"\n'
STORED = STATION.replace('model = "line.sna"', 'store = "store"')
AT = "/stations/press-1/recipes/default"
NEW = "edge = 'accept'\n[outputs.width]\nLSL = 80\nUSL = 90\n"


class Peopled:
    """`tokens` {role: token} of people who are called like their roles."""

    def __init__(self, path: Path, station: str = STORED, http: str = HTTP) -> None:
        self.path, self.tokens, text = path, dict[str, str](), ""
        for role in ROLES:
            self.tokens[role], table = new_token(role, role)
            text += f"# of {role}\n{table}\n"
        (path / "tokens.toml").write_text(text)
        if "store" in station and not (path / "store").exists():
            for slope in (1.0, 1.02):
                data = model(slope).to_bytes()
                Store(path / "store").install(data, examined(data, None))
        self.process: Process = process(path, Records, station=station + http)
        self.at = f"http://127.0.0.1:{self.process.plant.doors['http'].port}"

    def close(self) -> None:
        self.process.stop()

    def asked(
        self, role: str, method: str, address: str, said: Any = None, kind: str = "", **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON (or text) of what somebody with the role asks; `said`: JSON or bytes."""
        data = said if isinstance(said, bytes) else None if said is None else json.dumps(said)
        data = data.encode() if isinstance(data, str) else data
        given = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        given |= {"Content-Type": kind or "application/json"} if data else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.at + address, data, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as found:
                status, text = found.status, found.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def events(self, event: str = "") -> list[dict[str, Any]]:
        """Events on the disk, the oldest first; waits for one of that name."""
        from sna_edge.station.records import History

        end = time.monotonic() + 60
        while True:
            history = History(self.process.config.data)
            found = [json.loads(one.text) for one in history.latest(100, kind="event")][::-1]
            history.close()
            found = [one for one in found if event in ("", one["event"])]
            if found or time.monotonic() > end:
                return found
            time.sleep(0.02)

    def never(self, event: str) -> bool:
        """Whether the disk holds no event of that name now; `events` would wait for one."""
        return event not in {one["event"] for one in self.events()}


def judged(station: Peopled, power: float = 200.0, **more: Any) -> dict[str, Any]:
    """The record of one part."""
    return sent(station.process.desk, {"power": power}, **more).records[0]


def digest(data: bytes | str) -> str:
    """SHA-256."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def limits(station: Peopled, **said: Any) -> tuple[int, Any]:
    """What an engineer hears who asks for other limits."""
    return station.asked("engineer", "PUT", f"{AT}/limits", {"why": "narrower", **said})
