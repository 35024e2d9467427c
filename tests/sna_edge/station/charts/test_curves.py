"""Control charts of a station: the kinds, their settings, what is drawn of them."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_edge.quality.charts import RULES, Cusum, Ewma, Hotelling, Shares, XbarR, XbarS
from sna_edge.station.charts import Alarm, Alarms, Board
from sna_edge.station.charts.curve import DRAWN, Curve
from sna_edge.station.charts.curves import Curves
from sna_edge.station.config import Charting, Table
from sna_edge.station.config.charting import read_charting

BEYOND = "1 point beyond a control limit"


@pytest.fixture
def usual() -> list[float]:
    return np.random.default_rng(0).normal(10.0, 1.0, 400).tolist()


def added(curve: Curve, values: list[Any]) -> None:
    for i, value in enumerate(values):
        curve.add(value, (i + 1, 1000 * i, f"P{i + 1}"))


@pytest.mark.parametrize("size, made", [(5, XbarR), (9, XbarR), (10, XbarS)])
def test_subgroups_are_parts_in_their_order(usual: list[float], size: int, made: Any) -> None:
    curve = Curve("width", "xbar", Charting(subgroup=size, rules=("beyond",), reference=20))
    added(curve, usual)
    groups = np.array(usual[: len(usual) // size * size]).reshape(-1, size)
    other = made.of(groups[:10].tolist(), rules=("beyond",))
    points = [other.add(group) for group in groups[10:].tolist()]
    told = curve.drawn()
    assert told["n"] == len(points) and told["words"] == other.words
    assert [row[3] for row in told["points"]] == [
        [[p.value, p.lower, p.upper] for p in both] for both in points
    ]
    assert told["points"][0][2] == f"P{11 * size}"
    assert (told["begin"], told["end"]) == (f"P{size}", f"P{10 * size}")


@pytest.mark.parametrize("kind, made, more", [
    ("ewma", Ewma, {"weight": 0.3, "reach": 2.5}), ("cusum", Cusum, {"slack": 0.7, "reach": 4.0}),
])  # fmt: skip
def test_weights_and_reaches_are_settings(
    usual: list[float], kind: str, made: Any, more: dict[str, float]
) -> None:
    settings = Charting(weight=0.3, reach=2.5, slack=0.7, interval=4.0, rules=("beyond",))
    curve = Curve("width", kind, settings)
    added(curve, usual[:170])
    other = made.of(usual[:50], rules=("beyond",), **more)
    points = [other.add(value) for value in usual[50:170]]
    assert [row[3][0][0] for row in curve.points] == [both[0].value for both in points[-DRAWN:]]
    assert curve.heads()[0][3] == points[-1][0].upper


def test_t2_leaves_out_inputs_that_stand_still_and_names_the_one(usual: list[float]) -> None:
    rng = np.random.default_rng(2)
    rows = [{"power": float(a), "speed": float(a + 0.1 * b), "gas": 4.0}
            for a, b in rng.normal(size=(120, 2))]  # fmt: skip
    curve = Curve("T2 of the inputs", "t2", Charting())
    added(curve, rows)
    assert isinstance(curve.chart, Hotelling) and curve.chart.names == ["power", "speed"]
    x = np.array([[row["power"], row["speed"]] for row in rows])
    assert curve.chart.upper == Hotelling.of(x[:100]).upper
    assert curve.add({"power": 1.0, "speed": -1.0, "gas": 4.0}) == [BEYOND]
    assert "most of it goes with" in curve.says[BEYOND]
    assert curve.add({"power": 1.0}) == []  # a reading is missing


def test_shares_of_rejects_are_of_samples() -> None:
    settings = Charting(sample=20, reference=20)
    curve = Curve("share of rejects", "p", settings)
    added(curve, [False] * 200)
    assert curve.told() == {"wait": 20}  # no limits follow from no rejects
    added(curve, [i % 10 == 0 for i in range(200)])
    assert isinstance(curve.chart, Shares)
    added(curve, [False] * 400)
    assert not any(row[4] for row in list(curve.points)[-20:])  # all below the centre line
    added(curve, [True] * 20)
    assert curve.points[-1][4] == [BEYOND] and curve.points[-1][3][0][0] == 1.0


def test_a_moving_range_signals_but_marks_no_part(usual: list[float]) -> None:
    curve = Curve("width", "individuals", Charting(rules=("beyond",)))
    added(curve, [10.0 + 0.01 * v for v in usual[:60]])
    first, second = curve.add(20.0), curve.add(10.1)
    ranged = f"moving range: {BEYOND}"
    assert first == [BEYOND] and second == []
    assert [row[4] for row in list(curve.points)[-2:]] == [[BEYOND, ranged], [ranged]]
    assert len(curve.recent[BEYOND]) == 1 and ranged in curve.says


def test_a_point_counts_once_for_an_alarm_whatever_of_it_signals(usual: list[float]) -> None:
    curve = Curve("width", "xbar", Charting(subgroup=4, rules=("beyond",), reference=20))
    added(curve, usual[:60])
    added(curve, [10.0, 10.0, 90.0, 10.0])
    assert [p.statistic for p in curve.latest if p.signals] == ["mean", "range"]
    assert len(curve.recent[BEYOND]) == 1


def test_other_rules_than_limits_need_eight_signals_and_new_limits_end_all(
    usual: list[float],
) -> None:
    curve, rule = Curve("width"), RULES["run9"]
    added(curve, usual[:60])
    curve.says[rule] = "all above"
    n = curve.chart.count if curve.chart else 0
    for count, found in (
        (8, [(rule, True, "all above")]),
        (7, []),
        (3, []),
        (2, [(rule, False, "")]),
    ):
        curve.recent = {rule: deque([n] * count)}
        assert curve.alarming() == found
    curve.recent = {rule: deque([n] * 8)}
    curve.again()
    assert curve.alarming() == []


def test_another_model_changes_all_charts_but_those_of_the_parts_themselves() -> None:
    curves = Curves(Charting())
    ours = [("width", "value", "xbar"), ("width", "residual", "individuals"),
            ("", "residuals", "t2"), ("", "rejects", "p")]  # fmt: skip
    for name in (*ours, ("width", "measured", "individuals"), ("", "inputs", "t2")):
        curves.of(*name)
    assert curves.again() == ours


def test_t2_of_many_inputs_waits_for_more_of_them() -> None:
    rows = np.random.default_rng(4).normal(size=(70, 12)).tolist()
    curve = Curve("T2 of the inputs", "t2", Charting(reference=20))
    named = [{f"x{i}": v for i, v in enumerate(row)} for row in rows]
    added(curve, named[:69])
    assert curve.chart is None and curve.told() == {"wait": 1}
    added(curve, named[69:])
    assert curve.chart is not None


@pytest.mark.parametrize("kind", ["individuals", "xbar", "ewma", "cusum"])
@pytest.mark.parametrize("cut", [30, 52, 222])
def test_what_is_kept_goes_on_exactly_there(usual: list[float], kind: str, cut: int) -> None:
    values = [*usual[:200], *np.add(usual[200:260], 2.0)]
    one, other = (Curve("width", kind, Charting(reference=40)) for _ in range(2))
    added(one, values[:cut])
    other.restore(json.loads(json.dumps(one.kept())))
    assert other.drawn() == one.drawn()
    for value in values[cut:]:
        assert one.add(value) == other.add(value)
        assert one.alarming() == other.alarming()
    assert other.drawn() == one.drawn() and one.kept() == other.kept()


def test_other_settings_begin_anew_and_other_rules_do_not(usual: list[float]) -> None:
    one = Curve("width", "individuals", Charting())
    added(one, usual[:100])
    kept = json.loads(json.dumps(one.kept()))
    other = Curve("width", "individuals", Charting(reference=40))
    other.restore(kept)
    assert other.told() == {"wait": 40}
    other = Curve("width", "individuals", Charting(rules=("beyond",)))
    other.restore(kept)
    assert other.told() == one.told() and other.chart and other.chart.rules == ("beyond",)


def test_memory_of_charts_is_bounded(usual: list[float]) -> None:
    curves = Curves(Charting())
    for value in usual * 5:
        for curve, _ in curves.each("width", "value"):
            curve.add(value)
    size = len(json.dumps(curves.kept()))
    for value in usual * 30:
        for curve, _ in curves.each("width", "value"):
            curve.add(value)
    assert len(json.dumps(curves.kept())) < 1.1 * size  # digits of numbers


def test_only_charts_of_the_settings_are_kept_and_raise_alarms(usual: list[float]) -> None:
    heard: list[Alarm] = []
    settings = Charting(kinds=("ewma",), alarms=("ewma",))
    board = Board(Alarms(lambda what, alarm: heard.append(alarm)), lambda s, r: settings)
    for i, value in enumerate([*usual[:100], *np.add(usual[100:140], 3.0).tolist()]):
        told = {"value": value, "lower": value - 1, "upper": value + 1}
        board.take({"kind": "verdict", "record": i + 1, "station": "s", "recipe": "r",
                    "part": str(i), "time": "2026-01-01T00:00:00Z", "verdict": "ACCEPT",
                    "outputs": {"width": told}, "reading": {"a": value, "b": -value}})  # fmt: skip
    kinds = {(c["of"], c["chart"]) for c in board.charts("s", "r")}
    assert kinds == {("value", "individuals"), ("value", "ewma")}
    assert [a.name for a in heard] == ["s/r/width/value/ewma"]
    board.again("s", "r", {"output": "width", "of": "value", "chart": "ewma"})
    assert [a["stands"] for a in board.told()["alarms"]] == [False]
    assert board.chart("s", "r", ("width", "value", "ewma"))["wait"] == 50


def test_settings_are_read_and_wrong_ones_named() -> None:
    found = read_charting(Table({
        "charts": ["ewma", "p"], "rules": "western-electric", "subgroup": 4,
        "outputs": {"melt index": {"weight": 0.1, "alarms": ["ewma"]}},
    }, "charts"))  # fmt: skip
    assert found.kinds == ("ewma", "p") and found.of("width") is found
    one = found.of("melt index")
    assert (one.weight, one.subgroup, one.alarms) == (0.1, 4, ("ewma",)) and "run8" in one.rules
    for entries, says in (
        ({"charts": ["pie"]}, "charts of .charts. is 'pie'; write some of individuals, xbar"),
        ({"rules": "run7"}, ".charts.: 'run7' is no rule of charts"),
        ({"rules": ["run9"]}, "give rules in one text"),
        ({"subgroup": 1}, "a whole number from 2 to 25"),
        ({"outputs": {"a": {"colour": 1}}}, "entry 'colour', which nothing reads"),
    ):
        with pytest.raises(InputError, match=says):
            read_charting(Table(entries, "charts"))
