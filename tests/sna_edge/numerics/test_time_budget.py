"""The clock: chunks, parts, and time kept back."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_edge.numerics import time_budget
from sna_edge.numerics.time_budget import FIT, OutOfTime, Pace, Reserve, TimeBudget


def test_chunks_cover_everything_or_stop() -> None:
    z = np.arange(1000.0)[:, None]
    assert np.array_equal(np.concatenate(list(Pace(TimeBudget()).chunks("w", z))), z)
    assert np.array_equal(np.concatenate(list(Pace(TimeBudget.for_query(1e5)).chunks("w", z))), z)
    seen = []
    with pytest.raises(OutOfTime):
        for part in Pace(TimeBudget.for_query(1e-3)).chunks("w", z):
            seen.append(part)
    assert len(seen) == 1 and len(seen[0]) == 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands until its only number is changed."""
    time = [0.0]
    monkeypatch.setattr(time_budget, "perf_counter", lambda: time[0])
    return time


def test_time_is_kept_back_and_given_free(clock: list[float]) -> None:
    budget = TimeBudget(10.0)
    with budget.keeping(Reserve(share=0.5)):
        assert budget.left == 5.0
        with budget.keeping(Reserve(work=2.0), 0.5, times=2.0):
            assert budget.left == 3.0
    assert budget.left == 10.0
    clock[0] = 4.0
    budget.keep(Reserve(seconds=100.0, most=0.25))
    assert budget.left == 4.5 and budget.deadline == 8.5 and budget.elapsed == 4.0
    endless = TimeBudget()
    endless.keep(Reserve(share=0.5, seconds=1.0))
    assert endless.left == endless.deadline == endless.part(0.1).left == np.inf


def test_a_part_tells_the_whole_that_it_stopped(clock: list[float]) -> None:
    whole = TimeBudget.for_fit(100.0)
    assert whole.left == 100.0 - (0.06 * 100.0 + 0.25) == 100.0 - FIT.amount(100.0)
    half = whole.part(0.5)
    assert half.deadline == whole.until(0.5) and not half.lacks(1.0)
    clock[0] = 60.0
    assert half.over() and half.stopped and whole.stopped and not whole.over()
    assert not half.affords("a", 1e20) and not whole.affords("a", 1e20)
    assert whole.cut == half.cut == ["a"]


def test_a_loop_ends_where_its_longest_round_would_not_fit(clock: list[float]) -> None:
    budget, rounds = TimeBudget(10.0), 0
    while budget.allows():
        clock[0] += 3.0
        rounds += 1
    assert rounds == 3 and budget.stopped
    budget = TimeBudget(10.0)
    budget.restart()
    assert budget.allows() and not budget.stopped


@pytest.mark.parametrize("given", [0.0, -1.0, float("nan")])
def test_no_time_is_refused(given: float) -> None:
    with pytest.raises(InputError, match="deadline_ms"):
        TimeBudget.for_query(given)
    with pytest.raises(InputError, match="time limit"):
        TimeBudget.for_fit(given)
