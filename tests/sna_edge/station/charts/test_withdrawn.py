"""A measured value that somebody has called wrong: figures and charts as if it had never come."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sna_edge.station.charts import Alarms, Board
from sna_edge.station.charts.curves import OF_MEASURED
from sna_edge.station.charts.keeping import kept
from sna_edge.station.config import Charting
from sna_edge.station.records import Measured

from .test_charts import record

PARTS = 160
LATER = 1000
"""Added to the number of a part: that of its measured value."""


def measured(part: int, width: float, depth: float) -> dict[str, Any]:
    """What was measured of P<part>, predicted as 10 and 5."""
    told = {
        name: {"value": y, "predicted": at, "lower": at - 1, "upper": at + 1}
        for name, y, at in (("width", width, 10.0), ("depth", depth, 5.0))
    }
    return {"kind": "measured", "record": LATER + part, "station": "s", "recipe": "r",
            "part": f"P{part}", "time": "2026-01-01T00:00:01.000Z", "measured": told}  # fmt: skip


def wrong(part: int) -> dict[str, Any]:
    return {"kind": "event", "event": "measurement wrong", "record": 5000, "station": "s",
            "recipe": "r", "part": f"P{part}", "about": LATER + part}  # fmt: skip


def all_of(records: list[dict[str, Any]], start: int = 1) -> list[Measured]:
    """As the records on the disk give them."""
    return [
        Measured(r["record"], 1767225601000, r["part"], r["measured"])
        for r in records
        if r["record"] >= start
    ]


def stream(spoilt: int | None, value: float = 30.0) -> tuple[list[Any], list[Any]]:
    """(verdicts, what was measured of them)."""
    draw = np.random.default_rng(3).normal(0.0, 0.5, (PARTS, 2))
    told = {"depth": {"value": 5.0, "lower": 4.0, "upper": 6.0, "LSL": 0.0, "USL": 9.0}}
    verdicts = [record(i + 1, 10.0) for i in range(PARTS)]
    for one in verdicts:
        one["outputs"] |= told
    late = [measured(i + 1, 10.0 + draw[i, 0], 5.0 + draw[i, 1]) for i in range(PARTS)]
    if spoilt is not None:
        late[spoilt - 1] = measured(spoilt, value, 5.0)
    return verdicts, late


def fed(verdicts: list[Any], late: list[Any], heard: list[Any] | None = None) -> Board:
    changed = (lambda what, alarm: heard.append((what, alarm.name))) if heard is not None else None
    board = Board(Alarms(changed) if changed else Alarms(), lambda s, r: Charting())
    for one in (*verdicts, *late):
        board.take(one)
    return board


def of_measured(board: Board) -> dict[str, Any]:
    """All that measured values have led to."""
    for curve in board.running["s", "r"].curves.by_name.values():
        curve.alarming()  # signals that are too old to count are forgotten when it is asked
    told = kept(board.running["s", "r"])
    curves = [one for one in told["curves"] if one[0][1] in OF_MEASURED]
    assert len(curves) == 17
    return {"outputs": told["outputs"], "points": told["points"], "curves": curves}


@pytest.mark.parametrize("spoilt", [1, 20, 90, PARTS])
def test_all_is_as_if_it_had_never_come(spoilt: int) -> None:
    verdicts, late = stream(spoilt)
    board, sound = fed(verdicts, late), late[: spoilt - 1] + late[spoilt:]
    board.measured = lambda station, recipe, before, most: (all_of(sound), 1)
    assert of_measured(board) != of_measured(fed(verdicts, sound))
    board.take(wrong(spoilt))
    found, right = of_measured(board), of_measured(fed(verdicts, sound))
    became = [found["outputs"].pop("width"), right["outputs"].pop("width")]
    assert became[0][:3] == became[1][:3] and became[0][4:] == became[1][4:]
    found["outputs"].pop("depth"), right["outputs"].pop("depth")
    assert found == right
    figures = board.capability("s", "r")["width"]["measured"]
    assert figures["n"] == PARTS - 1 and figures["outside"] == 0


def test_a_value_that_was_measured_before_is_shown_again() -> None:
    verdicts, late = stream(None)
    again = measured(40, 33.0, 5.0) | {"record": 3000}
    board = fed(verdicts, [*late, again])
    board.measured = lambda *_: (all_of(late), 1)
    shown = board.running["s", "r"].by_part["P40"].outputs["width"]
    assert shown[3] == 33.0 and any(s.startswith("residual: ") for s in shown[4])
    board.take(wrong(40) | {"about": 3000})
    assert shown[3] == late[39]["measured"]["width"]["value"]
    assert not [s for s in shown[4] if s.startswith("residual: ")]


def test_charts_that_are_older_than_what_is_read_back_keep_their_limits() -> None:
    spoilt, start = 130, LATER + 80
    verdicts, late = stream(spoilt)
    board, sound = fed(verdicts, late), late[: spoilt - 1] + late[spoilt:]
    board.measured = lambda *_: (all_of(sound, start), start)
    curves = board.running["s", "r"].curves.by_name
    ewma, one = curves["width", "residual", "ewma"], curves["width", "residual", "individuals"]
    limits, n = one.told(), one.told()["n"]
    assert one.chart.signalled >= 1
    board.take(wrong(spoilt))
    right = fed(verdicts, sound).running["s", "r"].curves.by_name["width", "residual", "ewma"]
    assert one.told() == limits | {"n": n} and one.chart.signalled == 0
    assert ewma.chart.average == pytest.approx(right.chart.average, abs=1e-3)
    assert f"P{spoilt}" not in {p[2] for p in one.points} and len(one.points) > 50


def test_the_alarm_of_a_wrong_value_is_over() -> None:
    verdicts, late = stream(None)
    heard: list[Any] = []
    board = fed(verdicts, late, heard)
    for i in range(3):
        board.take(measured(100 + i, 30.0, 5.0) | {"record": 3000 + i})
    name = "s/r/width/residual"
    assert heard == [("alarm", name)]
    board.measured = lambda *_: (all_of(late), 1)
    board.take(wrong(100) | {"about": 3000})
    assert heard == [("alarm", name), ("gone", name)]


def test_where_no_records_can_be_read_figures_still_lose_it() -> None:
    verdicts, late = stream(90)
    board = fed(verdicts, late)
    board.take(wrong(90))
    assert board.capability("s", "r")["width"]["measured"]["n"] == PARTS - 1
    assert board.running["s", "r"].by_part["P90"].outputs["width"][3] is None


def test_a_board_that_was_kept_takes_it_out_as_the_one_that_went_on() -> None:
    verdicts, late = stream(20)
    board, sound = fed(verdicts, late), late[:19] + late[20:]
    again = fed([], [])
    again.restore(json.loads(json.dumps(board.kept(), default=float)))
    for one in (board, again):
        one.measured = lambda *_: (all_of(sound), 1)
        one.take(wrong(20))
    found, right = of_measured(again), of_measured(board)
    assert json.dumps(found, default=float) == json.dumps(right, default=float)
    old = json.loads(json.dumps(fed(verdicts, late).kept(), default=float))
    for _, state in old[0]["curves"]:  # as an earlier version has kept it
        for key in ("first", "until", "made"):
            del state[key]
    for name in ("width", "depth"):
        del old[0]["outputs"][name][5:]
    again.restore(old)
    again.take(wrong(20))
    assert again.capability("s", "r")["width"]["measured"]["n"] == PARTS
