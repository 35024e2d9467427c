"""A measured value that an engineer calls wrong leaves charts and figures, live and after a
restart."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from time import time
from typing import Any

from sna_edge.station.page.kept import FILE
from sna_edge.station.process import Process
from sna_edge.station.records import Records, verify

from ..plants import STATION, process, sent
from .test_behind import HTTP, first, got, until

CELL = "station=press-1&recipe=default"
PARTS = 70
START = round(time()) - 3600


def seen(made: Process) -> dict[str, Any]:
    """All of the page that measured values lead to."""
    line = first(made)["lines"][0]
    one = f"/page/chart?{CELL}&output=width"
    return {
        "figures": got(made, f"/page/capability?{CELL}").read(),
        "points": line["points"],
        "covered": line["outputs"]["width"]["covered"],
        "charts": [
            json.loads(got(made, f"{one}&of={of}&chart={kind}").read())
            for of in ("measured", "residual")
            for kind in ("individuals", "ewma")
        ],
        "day": got(made, f"/page/day?{CELL}&output=width&start={START}&end={START + 7200}").read(),
    }


def figures(made: Process) -> dict[str, Any]:
    return json.loads(got(made, f"/page/capability?{CELL}").read())["width"]["measured"]


def test_what_is_called_wrong_is_gone_live_and_after_a_restart(tmp_path: Path) -> None:
    made, draw = process(tmp_path, Records, station=STATION + HTTP), random.Random(1)
    late = []
    for i in range(PARTS):
        power = draw.uniform(190.0, 210.0)
        sent(made.desk, {"power": power}, part=f"A{i}")
        width = 118.0 if i == 60 else power / 2.0 + draw.gauss(0.0, 1.0)
        late.append(sent(made.desk, {"measured": {"width": width}}, part=f"A{i}").records[0])
    until(lambda: figures(made).get("n") == PARTS)
    wrong = late[60]["record"]
    said = {"why": "gauge fell", "record": wrong}
    assert got(made, "/stations/press-1/corrections", said).status == 200
    until(lambda: figures(made)["n"] == PARTS - 1)
    live = seen(made)
    (row,) = [p for p in live["points"] if p[2] == "A60"]
    assert row[4]["width"][3] is None and not row[4]["width"][4]
    assert b"118.0" not in live["day"]
    assert all(p[0] != wrong for chart in live["charts"] for p in chart["points"])
    made.stop()
    for left in (True, False):  # with what the page has kept, and from the records alone
        if not left:
            os.remove(tmp_path / "station-data" / FILE)
        made = process(tmp_path, Records, station=STATION + HTTP)
        again = seen(made)
        made.stop()
        assert again == live, left
    assert verify(tmp_path / "station-data").broken is None
