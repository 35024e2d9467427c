"""Charts one point at a time: states that are kept, points that are missing, what is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_edge.quality.charts import (
    CHARTS,
    Chart,
    Cusum,
    Ewma,
    Hotelling,
    Individuals,
    Shares,
    XbarR,
    XbarS,
    restored,
)

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(40, 3)) @ np.array([[1.0, 0.8, 0.0], [0.0, 0.6, 0.1], [0.0, 0.0, 1.0]])
STREAM: dict[str, list[Any]] = {
    "individuals": list(RNG.normal(size=60).cumsum()),
    "ewma": list(RNG.normal(size=60).cumsum()),
    "cusum": list(RNG.normal(size=60).cumsum()),
    "xbar-r": list(RNG.normal(size=(60, 4)).cumsum(axis=0)),
    "xbar-s": list(RNG.normal(size=(60, 4)).cumsum(axis=0)),
    "p": [(int(RNG.binomial(n, 0.02 * i / 10)), int(n)) for i, n in enumerate([40, 60, 90] * 20)],
    "t2": list(ROWS * np.where(np.arange(40) < 30, 1.0, 9.0)[:, None]),
}


def made(kind: str) -> Chart:
    return CHARTS[kind].of(STREAM[kind][:25], rules="nelson")  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("kind", CHARTS)
def test_a_kept_state_goes_on_exactly(kind: str) -> None:
    whole, cut, signals = made(kind), made(kind), 0
    for i, value in enumerate(STREAM[kind]):
        if i % 7 == 3:
            text = json.dumps(cut.state(), allow_nan=False)
            assert len(text) < 1500
            cut = restored(json.loads(text))
            assert type(cut) is CHARTS[kind] and cut == whole
        points = whole.add(value)
        assert points == cut.add(value)
        json.dumps([p.told() for p in points], allow_nan=False)
        signals += sum(len(p.signals) for p in points)
    assert signals and whole.signalled and whole.count == len(STREAM[kind])


@pytest.mark.parametrize("kind", CHARTS)
def test_a_missing_point_is_said_and_moves_nothing(kind: str) -> None:
    chart, plain = made(kind), made(kind)
    lost: Any = np.full_like(np.asarray(STREAM[kind][0], dtype=float), np.nan)
    for i, value in enumerate(STREAM[kind]):
        if i == 30:
            for point in chart.add(lost if lost.ndim else float("nan")):
                assert point.value is None and not point.signals and "missing" in point.remark
                assert point.told()["remark"] and point.told()["signals"] == []
        first, second = chart.add(value)[0], plain.add(value)[0]
        assert (first.value, first.signals) == (second.value, second.signals)
    assert (chart.missing, plain.missing) == (1, 0) and chart.count == plain.count


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "x", "", True, [1.0]])
def test_what_is_no_number_is_missing(value: object) -> None:
    chart = Individuals(center=0.0, sigma=1.0)
    assert chart.add(value)[0].value is None and chart.missing == 1 and chart.count == 0
    assert chart.add("1.5")[0].value == 1.5


def test_no_range_is_taken_across_a_gap() -> None:
    chart = Individuals(center=0.0, sigma=1.0)
    remarks = [chart.add(y)[1].remark for y in (1.0, None, 5.0, 5.5)]
    assert remarks[0] == "the first point has no range" and "missing" in remarks[1]
    assert remarks[2:] == ["the value before is missing", ""]
    gap = Individuals.of([1.0, 2.0, None, 9.0, 8.0])
    assert gap.sigma == pytest.approx(1.0 / 1.1283791670955126)


@pytest.mark.parametrize("kind", [XbarR, XbarS])
def test_subgroups_of_other_sizes_have_their_own_limits(kind: type[XbarR]) -> None:
    chart = kind(center=0.0, sigma=1.0, size=4)
    mean, spread = chart.add([1.0, np.nan, 2.0, 0.5])
    assert mean.upper == pytest.approx(3 / np.sqrt(3)) and mean.remark == "1 of 4 values missing"
    assert mean.value == pytest.approx(3.5 / 3) and chart.count == 1
    assert spread.center == kind(center=0.0, sigma=1.0, size=3).add([0.0, 1.0, 2.0])[1].center
    assert "fewer than two" in chart.add([1.0, np.nan, np.nan, np.nan])[0].remark
    wide = kind.of([[0.0, 1.0], [0.0, 1.0, 2.0, 3.0], [np.nan, 1.0]])
    assert wide.center == pytest.approx((0.5 * 2 + 1.5 * 4) / 6) and wide.size == 4


def test_t2_names_the_value_that_does_not_fit() -> None:
    chart = Hotelling.of(ROWS, ["width", "depth", "power"])
    (point,) = chart.add([0.0, 4.0, 0.0])
    assert "most of it goes with depth" in point.signals[0].says
    off = np.array([0.5, -0.2, 1.0])
    s = np.cov(ROWS.T)
    expected = (off - ROWS.mean(0)) @ np.linalg.solve(s, off - ROWS.mean(0))
    assert chart.add(off)[0].value == pytest.approx(expected)


@pytest.mark.parametrize("size", [1, 4])
def test_t2_signals_as_often_as_alpha_says(size: int) -> None:
    """Of new points, limits from 30 rows or groups anew each time: 4,000 points, 5 %."""
    rng, alarms, own = np.random.default_rng(1), 0, 0
    shape = (30, 3) if size == 1 else (30, size, 3)
    for _ in range(200):
        chart = Hotelling.of(reference := rng.normal(size=shape), alpha=0.05)
        alarms += sum(bool(chart.add(rng.normal(size=shape[1:]))[0].signals) for _ in range(20))
        own += sum(bool(chart.add_reference(x)[0].signals) for x in reference[:20])
    for count in (alarms, own):
        assert count / 4000 == pytest.approx(0.05, abs=0.012)


def test_cusum_begins_anew_after_reset_and_with_a_head_start() -> None:
    chart = Cusum(center=0.0, sigma=2.0, head=2.5)
    assert chart.add(0.0)[0].value == 4.0
    chart.add(30.0)
    chart.reset()
    assert chart.add(0.0)[0].value == 4.0


def test_limits_move_with_the_points_unless_settled() -> None:
    early = Ewma(center=0.0, sigma=1.0).add(0.0)[0].upper
    late = Ewma(center=0.0, sigma=1.0, settled=True).add(0.0)[0].upper
    assert early == pytest.approx(2.962 * 0.2) and late == pytest.approx(2.962 / 3)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Individuals.of([1.0]), "needs 2 reference values or more"),
        (lambda: Individuals.of([1.0, 1.0, 1.0]), "do not differ"),
        (lambda: XbarR.of([[1.0], [2.0]]), "no reference subgroup"),
        (lambda: Shares.of([(0, 50)]), "0 of 50 reference parts are bad"),
        (lambda: Ewma(center=0.0, sigma=1.0, weight=1.5), "weight 1.5"),
        (lambda: Cusum(center=0.0, sigma=0.0), "not those of a CUSUM"),
        (lambda: Hotelling.of(np.ones((20, 2))), "do not scatter or say the same"),
        (lambda: Hotelling.of(ROWS[:4]), "only 4 reference rows"),
        (lambda: Hotelling.of(ROWS, alpha=1.0), "alpha is 1"),
        (lambda: Hotelling.of(np.c_[ROWS[:, 0], 2 * ROWS[:, 0]]), "say the same"),
        (lambda: restored({}), "no state of a chart"),
        (lambda: restored({"chart": "xbar"}), "no state of a chart"),
        (lambda: restored({"chart": "p", "center": 0.1}), "wrong or missing"),
        (lambda: restored({**made("p").state(), "runs": 3}), "no state of a p chart"),
        (lambda: restored({**made("p").state(), "rules": ["x"]}), "'x' is no rule"),
    ],
)
def test_what_gives_no_chart_is_refused_in_a_sentence(make: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        make()
    assert ";" in str(error.value)
