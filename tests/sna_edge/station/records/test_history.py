"""What is asked of the records (sna_edge.station.records.reading) equals what numpy makes of the
drafts."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_edge.station.records import (
    History,
    Records,
    chart,
    csv_lines,
    figures,
    measured,
    points,
    verify,
)
from sna_edge.station.records.reading.export import RECORDS
from sna_edge.station.records.schema import to_write

from .made import START, appended, event, measurement, verdict

DAY = 86_400.0
ULP = 2e-10
"""Values near 10^6 are this far apart, and means are rounded so."""


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """(history, times, values, measured less predicted) of 3,000 parts over a day, 10^6 + noise."""
    folder = tmp_path_factory.mktemp("line") / "data"
    rng = np.random.default_rng(5)
    times = START + np.sort(rng.uniform(0, DAY, 3000))
    values = 1e6 + rng.normal(0, 1e-3, 3000)
    off = rng.normal(0, 0.1, 300)
    records = Records(folder)
    words = np.where(rng.uniform(size=3000) < 0.1, "REJECT", "ACCEPT").astype("U10")
    words[7] = "NO VERDICT"
    for i in range(0, 3000, 500):  # several groups, some of a part of a minute
        drafts = [
            verdict(f"P{k}", values[k], time=times[k], verdict=str(words[k]))
            for k in range(i, i + 500)
        ]
        assert appended(records, *drafts).words == ""
    late = [
        measurement(f"P{k}", values[k] + off[k], values[k], time=times[k] + 60) for k in range(300)
    ]
    appended(records, *late)
    appended(records, event("P5"), verdict("Q", station="press-2", time=START))
    records.stop()
    history = History(folder)
    yield history, times, values, off, words
    history.close()


def test_a_chart_of_a_day_by_minutes(line):
    history, times, values, _, _ = line
    found = chart(history, "press-1", "default", "width", START, START + DAY)
    minute = times // 60
    steps = np.unique(np.concatenate([minute, found.time // 60]))
    assert found.width == 60 and np.array_equal(found.time, steps * 60)
    for i, step in enumerate(found.time // 60):
        here = values[minute == step]
        assert found.n[i] == len(here)
        if len(here):
            assert found.mean[i] == pytest.approx(here.mean(), rel=1e-14)
            assert (found.low[i], found.high[i]) == (here.min(), here.max())
        if len(here) > 1:
            assert found.sd[i] == pytest.approx(here.std(ddof=1), rel=1e-5, abs=ULP)


def test_a_chart_in_few_steps(line):
    history, times, values, off, _ = line
    found = chart(history, "press-1", "default", "width", START, START + DAY, most=24)
    assert found.width == 3600 and 24 <= len(found.n) <= 25
    assert found.n.sum() == 3000 and found.off_n.sum() == 300
    hour = times // 3600
    for i, step in enumerate(found.time // 3600):
        here = values[hour == step]
        assert found.mean[i] == pytest.approx(here.mean(), rel=1e-14)
        assert found.sd[i] == pytest.approx(here.std(ddof=1), rel=1e-5, abs=ULP)
    assert np.nansum(found.off * found.off_n) == pytest.approx(off.sum())


def test_figures_of_a_time(line):
    history, _, values, off, _ = line
    found = figures(history, "press-1", "default", "width", START, START + 2 * DAY)
    assert (found.n, found.off_n) == (3000, 300)
    assert found.sd == pytest.approx(values.std(ddof=1), rel=1e-5, abs=ULP)
    assert found.mean == pytest.approx(values.mean(), rel=1e-14)
    assert found.off == pytest.approx(off.mean())
    assert figures(history, "press-9", "default", "width", START, START + DAY).n == 0


def test_points_of_an_output(line):
    history, times, values, off, words = line
    newest = points(history, "press-1", "default", "width", 300)
    assert np.array_equal(newest.measured, values[:300] + off)
    assert (newest.verdict == 0).all() and np.isnan(newest.chance).all()
    here = points(history, "press-1", "default", "width", 10_000, start=START, end=times[1000])
    judged = here.verdict > 0
    assert np.array_equal(here.value[judged], values[:1000])
    assert np.array_equal(here.verdict[judged] == 2, words[:1000] == "REJECT")
    assert (np.diff(here.record) > 0).all()


def test_counts(line):
    history, _, _, _, words = line
    found = history.counts("press-1")
    assert {w: found[w] for w in ("ACCEPT", "REJECT", "NO VERDICT")} == {
        w: int((words == w).sum()) for w in ("ACCEPT", "REJECT", "NO VERDICT")
    }
    assert (found["measured"], found["events"], history.counts()["ACCEPT"]) == (
        300, 1, found["ACCEPT"] + 1
    )  # fmt: skip
    assert sum(history.counts("press-1", "default", start=START, end=START).values()) == 0


def test_the_newest_and_those_behind(line):
    history, *_ = line
    assert history.last() == 3302
    assert [r.number for r in history.latest(2)] == [3302, 3301]
    assert [r.number for r in history.latest(2, station="press-1", kind="verdict")] == [3000, 2999]
    assert [r.number for r in history.latest(5, kind="event")] == [3301]
    assert [r.number for r in history.latest(1, before=10)] == [9]
    assert [r.number for r in history.after(3300)] == [3301, 3302]
    assert history.record(1).part == "P0" and history.record(9999) is None
    assert history.latest(station="press-9") == []
    with pytest.raises(InputError, match="no kind"):
        history.latest(kind="other")


def test_a_part_is_found_with_all_that_is_said_of_it(line):
    history, *_ = line
    kinds = [r.kind for r in history.find("P5")]
    assert kinds == ["verdict", "measured", "event"]
    assert [r.station for r in history.find("Q")] == ["press-2"]
    assert history.find("P5", "press-2") == [] == history.find("none")
    assert history.outputs() == [("press-1", "default", "width"), ("press-2", "default", "width")]


def test_rows_of_a_table_are_whole_while_old_records_go(tmp_path, monkeypatch):
    records = Records(tmp_path)
    appended(records, *(verdict(f"P{i}", 1.5, time=START) for i in range(5)))
    records.stop()
    history, asked = History(tmp_path), History.rows

    def rows(self, query, values=()):
        found = asked(self, query, values)
        if query == RECORDS:
            with closing(to_write(tmp_path, 5.0)) as db:
                db.execute("DELETE FROM points WHERE record <= 3")
                db.execute("DELETE FROM records WHERE number <= 3")
        return found

    monkeypatch.setattr(History, "rows", rows)
    lines = list(csv_lines(history))[1:]
    assert len(lines) == 5 and all(",1.5," in line for line in lines), lines
    assert history.last() == 5 and len(list(csv_lines(history))) == 3
    history.close()


def test_a_clock_that_jumps_back_loses_nothing(tmp_path):
    records = Records(tmp_path)
    for k, time in enumerate((START + 3600, START + 7200, START, START + 60, START + 3600)):
        appended(records, verdict(f"P{k}", float(k), time=time))
    records.stop()
    history = History(tmp_path)
    found = points(history, "press-1", "default", "width", start=START, end=START + 120)
    assert list(found.value) == [2.0, 3.0]
    shown = chart(history, "press-1", "default", "width", START, START + DAY)
    assert list(shown.n) == [1, 1, 2, 1]
    assert shown.n.sum() == 5
    assert [r.part for r in history.after(0)] == ["P0", "P1", "P2", "P3", "P4"]
    history.close()


def test_questions_of_the_page_walk_over_few_rows(line, monkeypatch):
    """No question sorts or reads a whole table, as the query planner says."""
    history, *_ = line
    ask, plans = history.rows, list[str]()

    def explained(query, values=()):
        plans.extend(str(row[-1]) for row in ask(f"EXPLAIN QUERY PLAN {query}", values))
        return ask(query, values)

    monkeypatch.setattr(history, "rows", explained)
    history.latest(5, station="press-1")
    history.latest(5, station="press-1", kind="verdict")
    history.latest(5, station="press-1", kind="event")
    history.after(10)
    history.counts(start=START, end=START + DAY)
    points(history, "press-1", "default", "width", start=START, end=START + DAY)
    figures(history, "press-1", "default", "width", START, START + DAY)
    assert not [plan for plan in plans if "TEMP B-TREE" in plan and "records" in plan]
    small = ("SCAN places", "SCAN names")
    scans = [plan for plan in plans if plan.startswith("SCAN") and not plan.startswith(small)]
    assert scans == []
    assert not [plan for plan in plans if "INDEX once" in plan]
    history.find("P5")
    assert [plan for plan in plans if "INDEX once" in plan]


def test_what_is_called_wrong_is_in_no_point_and_no_minute(tmp_path):
    """The minute is as exact as if a value far off had never been in it; the chain stays whole."""
    records, draw = Records(tmp_path / "data"), np.random.default_rng(2)
    off = draw.normal(0.0, 0.1, 5)
    drafts = [verdict(f"P{i}", 50.0) for i in range(5)]
    drafts += [measurement(f"P{i}", 50.0 + off[i], 50.0) for i in range(4)]
    numbers = [a.number for a in appended(records, *drafts).answers]
    far = appended(records, measurement("P3", 1e12, 50.0)).answers[0].number
    both = appended(records, verdict("Q", 50.0, measured=1e12)).answers[0].number
    said = [replace(event("P3"), wrong=far), measurement("P4", 50.0 + off[4], 50.0)]
    appended(records, *said, replace(event("Q"), wrong=both))  # one commit
    appended(records, replace(event("P3"), wrong=far), replace(event("P3"), wrong=10**9))
    with closing(History(tmp_path / "data")) as history:
        assert measured(history, "press-1", "default", far + 10, 3)[1] == numbers[-2]
        late, start = measured(history, "press-1", "default", far + 10, 100)
        found = figures(history, "press-1", "default", "width", START, START + 60)
        one = points(history, "press-1", "default", "width")
        query = "SELECT off_spread FROM minutes"
        spread = history.rows(query)[0][0]
    assert [m.record for m in late] == [*numbers[5:], far + 3] and start == 1
    assert (late[0].part, late[0].outputs["width"]["predicted"]) == ("P0", 50.0)
    assert found.off_n == 5 and found.n == 6
    assert found.off == pytest.approx(off.mean(), rel=1e-12)
    assert spread == pytest.approx(((off - off.mean()) ** 2).sum(), rel=1e-9)
    assert np.nanmax(one.measured) < 51.0 and both in one.record and far not in one.record
    records.stop()
    assert verify(tmp_path / "data").broken is None
