"""Running statistics of a station: what its records become on the page."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_edge.station.charts import Alarm, Alarms, Board
from sna_edge.station.charts.curve import NEEDED, WINDOW, Curve
from sna_edge.station.charts.histogram import spread
from sna_edge.station.charts.patterns import STUCK, Patterns
from sna_edge.station.charts.running import POINTS, milliseconds
from sna_edge.station.config import Charting

REFERENCE = Charting().reference
BEYOND = "1 point beyond a control limit"


def record(number: int, value: float, verdict: str = "ACCEPT", **more: Any) -> dict[str, Any]:
    """A verdict of part P<number>."""
    told = {"value": value, "lower": value - 1, "upper": value + 1, "LSL": 0.0, "USL": 20.0}
    return {
        "kind": "verdict", "record": number, "station": "s", "recipe": "r", "part": f"P{number}",
        "time": "2026-01-01T00:00:00.500Z", "verdict": verdict, "outputs": {"width": told},
        "reading": {"power": float(number % 7)}, "model": {"sha256": "a"}, **more,
    }  # fmt: skip


def fed(numbers: list[float]) -> tuple[Board, list[tuple[str, Alarm]]]:
    """A board after parts with these values, and what became of its alarms."""
    heard: list[tuple[str, Alarm]] = []
    board = Board(Alarms(lambda what, alarm: heard.append((what, alarm))))
    for i, number in enumerate(numbers):
        board.take(record(i + 1, number))
    return board, heard


@pytest.fixture
def usual() -> list[float]:
    return np.random.default_rng(0).normal(10.0, 1.0, 200).tolist()


def test_times_are_milliseconds() -> None:
    assert milliseconds("1970-01-01T00:00:01.250Z") == 1250
    assert milliseconds("yesterday") == 0


def test_limits_come_from_the_first_parts_and_stay(usual: list[float]) -> None:
    curve = Curve("width")
    for i, number in enumerate(usual[:REFERENCE]):
        assert curve.told() == {"wait": REFERENCE - i}
        assert curve.add(number) == []
    before = {k: v for k, v in curve.told().items() if k != "n"}
    ranges = np.abs(np.diff(usual[:REFERENCE])).mean() / 1.128379
    assert before["upper"] == pytest.approx(np.mean(usual[:REFERENCE]) + 3 * ranges, rel=1e-5)
    for _ in range(60):
        curve.add(99.0)
    assert {k: v for k, v in curve.told().items() if k != "n"} == before


def test_recipes_that_no_station_has_are_one_line(usual: list[float]) -> None:
    board = Board(known={("s", "r")})
    board.take(record(1, 10.0))
    for i in range(30):
        board.take(record(i + 2, 10.0, "NO VERDICT", recipe=f"r{i}", outputs={}))
    (known, other) = board.told()["lines"]
    assert (known["recipe"], other["recipe"]) == ("r", "other recipes")
    assert other["counts"] == {"NO VERDICT": 30} and len(board.alarms.told()) == 1
    kept = [*board.kept(), {**board.kept()[0], "recipe": "long gone"}]
    again = Board(known={("s", "r")})
    again.restore(kept)
    assert set(again.running) == {("s", "r"), ("s", "other recipes")}


def test_equal_numbers_set_no_limits() -> None:
    curve = Curve("width")
    for _ in range(80):
        assert curve.add(5.0) == []
    assert curve.told() == {"wait": 1}


def test_a_single_signal_marks_the_part_and_many_are_one_alarm(usual: list[float]) -> None:
    board, heard = fed([*usual[:100], 30.0])
    points = board.told()["lines"][0]["points"]
    assert points[-1][4]["width"][4] == [f"value: {BEYOND}"]
    assert not any(alarm.output for _, alarm in heard)
    board, heard = fed([*usual[:100], *[30.0] * 20])
    assert [what for what, a in heard if a.output == "width"] == ["alarm"]
    (told,) = [a for a in board.told()["alarms"] if a.get("output")]
    assert (
        18 <= told["count"] <= 20
        and told["output"] == "width"
        and told["words"].startswith("predicted width")
    )


def test_an_alarm_goes_when_its_cause_is_gone(usual: list[float]) -> None:
    _, heard = fed([*usual[:100], *[30.0] * 5, *usual[100:]])
    assert [what for what, a in heard if a.output] == ["alarm", "gone"]


def test_three_of_the_last_fifty_beyond_are_an_alarm_until_one_is_left(
    usual: list[float],
) -> None:
    """Signals at points a, b and c of a chart: which of them count at point n."""

    def stands(at: tuple[int, ...], n: int) -> bool:
        curve = Curve("width")
        for number in usual[:REFERENCE]:
            curve.add(number)
        calm = np.mean(usual[:REFERENCE]) + np.array([0.1, -0.1])
        found = False
        for i in range(1, n + 1):
            curve.add(30.0 if i in at else float(calm[i % 2]))
            for rule, now, _ in curve.alarming():
                found = now if rule == BEYOND else found
        return found

    assert WINDOW == 50 and NEEDED == {BEYOND: 3}
    assert stands((1, 20), 60) is False
    assert stands((1, 20, 50), 50) is True
    assert stands((1, 20, 51), 51) is False
    assert stands((10, 11, 12), 60) is True
    assert stands((10, 11, 12), 61) is False


def test_in_control_there_are_hardly_any_alarms() -> None:
    _, heard = fed(np.random.default_rng(3).normal(10.0, 1.0, 3000).tolist())
    assert len([1 for what, _ in heard if what == "alarm"]) <= 3


def test_measured_values_make_residuals_and_change_their_part(usual: list[float]) -> None:
    board, _ = fed(usual[:100])
    tick = board.told(step=True)["tick"]
    became = {"value": 11.5, "predicted": 10.0, "covered": {"share": 0.9}, "width": [1.0, 1.2]}
    board.take({"kind": "measured", "record": 200, "station": "s", "recipe": "r", "part": "P97",
                "time": "2026-01-01T00:00:01Z", "measured": {"width": became}})  # fmt: skip
    line = board.told(tick)["lines"][0]
    assert [p[2] for p in line["points"]] == ["P97"] and line["points"][0][4]["width"][3] == 11.5
    assert line["outputs"]["width"]["covered"] == {"share": 0.9}
    assert line["outputs"]["width"]["residual"] == {"wait": REFERENCE - 1}


def test_patches_hold_what_is_new_and_the_last_points_only() -> None:
    board, _ = fed([float(i % 9) for i in range(POINTS + 20)])
    assert len(board.told(step=True)["lines"][0]["points"]) == POINTS
    board.take(record(999, 1.0, "REJECT", reason="width outside the limits"))
    line = board.told(0, step=True)["lines"][0]
    assert [p[0] for p in line["points"]] == [999] and line["rejected"]["record"] == 999
    assert "rejected" not in board.told(1)["lines"][0]
    assert line["counts"] == {"ACCEPT": POINTS + 20, "REJECT": 1}


def test_another_model_has_limits_of_its_own(usual: list[float]) -> None:
    board, _ = fed(usual[:100])
    board.take(record(101, 10.0, model={"sha256": "b"}))
    assert board.told()["lines"][0]["outputs"]["width"]["value"] == {"wait": REFERENCE - 1}


def test_a_sensor_that_stands_still_is_found_and_one_that_never_moved_is_not() -> None:
    patterns = Patterns()
    found = []
    for i in range(2 * STUCK):
        reading = {"power": float(min(i, STUCK)), "alloy": "A", "fixed": 1.0}
        found += list(patterns.add("ACCEPT", reading))
    stands = {rule for rule, on, _ in found if on}
    assert stands == {"a sensor stands still: power"}
    (again,) = [f for f in patterns.add("ACCEPT", {"power": 3.0}) if "power" in f[0]]
    assert not again[1]


def test_bursts_of_rejects_begin_and_end() -> None:
    board, heard = fed([])
    for i, word in enumerate(["ACCEPT"] * 20 + ["REJECT"] * 6 + ["ACCEPT"] * 25):
        board.take(record(i + 1, 10.0, word))
    assert [(what, a.rule) for what, a in heard if a.rule == "many rejects"] == [
        ("alarm", "many rejects"), ("gone", "many rejects"),
    ]  # fmt: skip


def test_alarms_are_acknowledged_by_somebody_and_go_when_both_is_true() -> None:
    heard: list[str] = []
    alarms = Alarms(lambda what, alarm: heard.append(what), lambda station, rule: f"do {rule}")
    alarms.rise("a", "r", "it is wrong", 5, station="s")
    assert alarms.told()[0]["plan"] == "do r"
    with pytest.raises(InputError, match="give your name"):
        alarms.seen("a", "  ", 6)
    with pytest.raises(InputError, match="no longer stands"):
        alarms.seen("b", "Ada", 6)
    alarms.fall("a")
    assert [a["stands"] for a in alarms.told()] == [False]
    seen = alarms.seen("a", " Ada ", 7, "seen").seen
    assert seen == {"who": "Ada", "at": 7, "why": "seen"} and alarms.told()[0]["seen"] is None
    alarms.acknowledge("a", seen)
    assert alarms.told() == [] and heard == ["alarm", "gone"]
    alarms.acknowledge("a", seen)  # somebody else was quicker


def test_what_stood_before_a_restart_stands_after_it(usual: list[float]) -> None:
    events: list[str] = []

    def kept(what: str, alarm: Alarm) -> None:
        events.append(json.dumps({"kind": "event", "event": what, "alarm": alarm.told()}))

    board = Board(Alarms(kept))
    for i, number in enumerate([*usual[:100], *[30.0] * 20]):
        board.take(record(i + 1, number))
    before = board.alarms.told()
    seen = board.seen(before[0]["name"], "Ada", 9)
    kept("acknowledged", seen)
    board.acknowledge(seen)
    fresh = Board(Alarms(lambda what, alarm: pytest.fail("told twice")))
    fresh.recall_alarms(events)
    assert fresh.alarms.told()[-1]["seen"]["who"] == "Ada"
    assert {a["name"] for a in fresh.alarms.told()} == {a["name"] for a in before}


def test_bars_end_at_limits_and_count_every_number() -> None:
    y = np.random.default_rng(1).normal(0.0, 1.0, 500).tolist()
    told = spread(y, -2.0, 2.0)
    edges = [told["from"] + i * told["step"] for i in range(len(told["counts"]) + 1)]
    assert sum(told["counts"]) == told["n"] == 500
    assert min(abs(e + 2.0) for e in edges) < 1e-9 and min(abs(e - 2.0) for e in edges) < 1e-9
    low = round((-2.0 - told["from"]) / told["step"])
    high = round((2.0 - told["from"]) / told["step"])
    assert sum(told["counts"][:low]) + sum(told["counts"][high:]) == told["outside"]
    assert told["outside"] == sum(abs(v) > 2.0 for v in y)
    assert told["figures"]["Ppk"] == pytest.approx(
        min(2 - np.mean(y), 2 + np.mean(y)) / 3 / np.std(y, ddof=1)
    )
    assert spread([], 0.0, 1.0) == {}
    assert sum(spread([3.0, 3.0], None, None)["counts"]) == 2
