"""The oldest records go, and the chain still holds from where it was cut."""

from __future__ import annotations

import json
import time

import pytest

from sna_edge.errors import InputError
from sna_edge.station.records import History, Keep, Records, chart, points, verify

from .made import START, appended, event, verdict

DAY = 86_400.0


def _until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def _filled(folder, times, **more):
    records = Records(folder, clock=lambda: START)
    for i in range(0, len(times), 500):
        drafts = (verdict(f"P{k}", time=times[k]) for k in range(i, min(i + 500, len(times))))
        assert appended(records, *drafts).words == ""
    records.stop()


def _first(folder):
    history = History(folder)
    [found] = history.after(0, 1)
    history.close()
    return found


def test_days(tmp_path):
    _filled(tmp_path, [START - 10 * DAY + i * 600 for i in range(1440)])
    records = Records(tmp_path, Keep(days=5), clock=lambda: START)
    _until(lambda: _first(tmp_path).time >= START - 5 * DAY)
    assert appended(records, verdict("P3"), verdict("P1439")).answers[1].again
    records.stop()
    assert _first(tmp_path).part == "P720"
    found = verify(tmp_path)
    assert (found.first, found.broken) == (721, None)
    history = History(tmp_path)
    told = [json.loads(r.text) for r in history.latest(9, kind="event")]
    assert [t["last"] for t in told] == [720, 500]
    assert history.counts()["ACCEPT"] == 721
    shown = chart(history, "press-1", "default", "width", START - 10 * DAY, START + DAY)
    assert shown.n.sum() == 721
    assert len(points(history, "press-1", "default", "width", 9999).record) == 721
    history.close()


def test_a_cut_by_hand_behind_retention_shows(tmp_path):
    test_days(tmp_path)
    import sqlite3

    db = sqlite3.connect(tmp_path / "records.sqlite")
    db.execute("DELETE FROM records WHERE number = 721")
    db.commit()
    db.close()
    assert verify(tmp_path).broken == 721


@pytest.mark.parametrize("wrong", [0.0, START + 900 * DAY])
def test_a_clock_that_was_wrong_takes_nothing_away(tmp_path, wrong):
    """Times of 1970 or of a far day say nothing: those records go with what stands behind them."""
    lately = [START - 4 * DAY, START - 2 * DAY] + [START] * 10
    times = [wrong] * 600 + [START - 10 * DAY] * 10 + lately + [wrong] * 3
    _filled(tmp_path, times)
    records = Records(tmp_path, Keep(days=5), clock=lambda: START)
    _until(lambda: _first(tmp_path).number > 1)
    records.stop()
    assert _first(tmp_path).number == 611
    records = Records(tmp_path, Keep(days=5), clock=lambda: START)
    time.sleep(0.2)
    records.stop()
    assert _first(tmp_path).number == 611
    assert verify(tmp_path).broken is None


@pytest.mark.parametrize("days", [5, 400])
def test_a_clock_that_jumps_forward_takes_nothing_away_for_a_day(tmp_path, days):
    """Two years forward by mistake: the records of this year are not old for that. A day later
    they are."""
    now = START + 900 * DAY
    _filled(tmp_path, [*(START - 600 * i for i in range(100, 0, -1)), *[now] * 3])
    records = Records(tmp_path, Keep(days=days), clock=lambda: now)
    time.sleep(0.3)
    records.stop()
    assert _first(tmp_path).number == 1
    records = Records(tmp_path, Keep(days=days), clock=lambda: now + 1.1 * DAY)
    _until(lambda: _first(tmp_path).number == 101)
    records.stop()
    assert verify(tmp_path).broken is None


def test_only_wrong_times_stay(tmp_path):
    _filled(tmp_path, [0.0] * 1200)
    records = Records(tmp_path, Keep(days=5), clock=lambda: START)
    time.sleep(0.2)
    records.stop()
    assert _first(tmp_path).number == 1


def test_a_cap_that_drops_the_oldest(tmp_path):
    cap = 2_000_000
    records = Records(tmp_path, Keep(cap=cap, when_full="drop_oldest"))
    for i in range(0, 6000, 250):
        assert appended(records, *(verdict(f"P{k}") for k in range(i, i + 250))).words == ""
    _until(lambda: records.state()["bytes"] < cap)
    records.stop()
    found = verify(tmp_path)
    assert found.broken is None and found.first > 1 and 1000 < found.records < 5000
    assert (tmp_path / "records.sqlite").stat().st_size < 1.5 * cap


def test_a_cap_that_stops(tmp_path):
    heard: list[str] = []
    records = Records(tmp_path, Keep(cap=1_000_000), heard=heard.append)
    answered, k = True, 0
    while answered:
        got = appended(records, *(verdict(f"P{i}") for i in range(k, k + 250)))
        answered, k = got.words == "", k + 250
        assert k < 9000
    assert "have come to their cap" in got.words and got.answers == []
    assert appended(records, event(word="acknowledged")).answers  # people are still heard
    assert not records.state()["up"] and len(heard) == 1
    records.stop()
    assert verify(tmp_path).broken is None
    records = Records(tmp_path, Keep(cap=3_000_000), heard=heard.append)
    assert appended(records, verdict("Q")).answers
    assert records.state()["up"]
    records.stop()


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": -1}, {"cap": 0}, {"when_full": "explode"}])
def test_keeping_means_something(wrong):
    with pytest.raises(InputError, match=r"days|cap|when_full"):
        Keep(**wrong)


def test_somebody_lets_old_records_go_once(tmp_path):
    _filled(tmp_path, [START - 10 * DAY + i * 600 for i in range(1440)])
    records = Records(tmp_path, clock=lambda: START)
    with pytest.raises(InputError, match="days above 0"):
        records.cut(0.0)
    records.cut(5.0)
    _until(lambda: _first(tmp_path).time >= START - 5 * DAY)
    _until(lambda: records._commits.asked is None)
    assert appended(records, verdict("late", time=START - 9 * DAY)).words == ""
    records.stop()
    found = verify(tmp_path)
    assert (found.first, found.broken) == (721, None)
    history = History(tmp_path)
    assert len(history.find("late")) == 1  # what comes later stays
    history.close()
