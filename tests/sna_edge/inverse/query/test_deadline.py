"""Deadlines: every call ends in time with the best so far, and says what it left out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import thread_time
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Model, Output, Status, spline_axis
from sna_edge.inverse import argmin, estimate, interval_set, invert_batch, posterior, roots
from sna_edge.inverse.one_unknown.chunked_search import all_roots
from sna_edge.inverse.optimize.multistart import distinct
from sna_edge.numerics import time_budget
from sna_edge.numerics.time_budget import TimeBudget

GIVEN = 20.0  # ms


@pytest.fixture(scope="module")
def bench(root: Path) -> ModuleType:
    sys.path.insert(0, str(root / "tools" / "inverse"))
    try:
        import inverse_deadline  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(root / "tools" / "inverse"))
    return inverse_deadline  # type: ignore[no-any-return]


@pytest.mark.parametrize("backend", ["numpy", "native", "tflite"])
def test_every_call_ends_in_time(
    bench: ModuleType, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time that the thread has had: other programs take none of it."""
    monkeypatch.setattr(time_budget, "perf_counter", thread_time)
    models = bench.served(bench.stored_model(), tmp_path)
    if backend not in models:
        pytest.skip(f"the {backend} backend is not installed")
    late = {}
    for what, call in bench.calls(models[backend]).items():
        call(GIVEN)
        share = 9.0
        for _ in range(20):  # the best of a few: other programs cool the caches
            start = thread_time()
            call(GIVEN)
            share = min(share, 1000.0 * (thread_time() - start) / GIVEN)
            if share <= 1.1:
                break
        else:
            late[what] = share
    assert not late


def patient(call: Callable[[float], Any], good: Callable[[Any], bool]) -> Any:
    """The answer within the least time in which it is `good`: other programs run here too."""
    for ms in (50.0, 150.0, 450.0, 1350.0, 4000.0, 12_000.0):
        found = call(ms)
        if good(found):
            break
    return found


def many(count: int) -> tuple[Model, dict[str, np.ndarray]]:
    """t, a -> y = a (1 + t) through a link, and noisy readings at a = 0.6."""
    rows = np.linspace(0, 1, 11)[:, None]
    axes = [spline_axis(n, "", 0.0, 1.0, spans=8) for n in "ta"]
    model = Model(axes, CP.full([1 + rows, rows]), [Output("y", link="exp")])
    t = np.linspace(0, 1, count)
    exact = model.value({"t": t, "a": 0.6})[:, 0]
    return model, {"t": t, "y": exact + np.random.default_rng(0).normal(0, 0.1, count)}


def test_what_was_left_out_is_said_and_the_answer_is_sound() -> None:
    model, data = many(400_000)
    found = patient(
        lambda ms: estimate(model, data, ["a"], 0.1, deadline_ms=ms),
        lambda e: e.rows > 100 and abs(e.x[0, 0] - 0.6) < 5 * e.deviation[0, 0],
    )
    assert found.status == Status.DEADLINE and "of 400000 measurements were used" in found.message
    assert 100 < found.rows < 400_000
    assert abs(found.x[0, 0] - 0.6) < 5 * found.deviation[0, 0] < 0.25
    drawn = patient(
        lambda ms: posterior(model, data, ["a"], 0.1, deadline_ms=ms), lambda p: p.draws > 0
    )
    assert (
        drawn.status == Status.DEADLINE
        and "measurements were used" in drawn.message
        and len(drawn) >= 1
    )
    whole = estimate(model, {k: v[::1000] for k, v in data.items()}, ["a"], 0.1, deadline_ms=1e6)
    assert whole.status == Status.OK and whole.rows == 400


def test_thinned_observations_keep_their_points() -> None:
    from sna_edge.inverse.bayes.density.observations import read

    model, data = many(1000)
    data["y"][::3] = np.nan
    data_ = read(model, data, ["a"], 0.1, None)
    some = data_.thinned(50)
    assert len(some.y) == some.count == 50 and len(np.unique(some.known[0])) == 50
    for t, y in zip(some.known[0][some.point], some.y, strict=True):
        assert y == data["y"][np.flatnonzero(data["t"] == t)[0]]


def test_exact_calls_answer_for_the_part_they_searched() -> None:
    rng = np.random.default_rng(0)
    axes = [spline_axis("a", "", 0.0, 1.0, spans=4000), spline_axis("b", "", 0.0, 1.0, spans=4)]
    model = Model(axes, CP.full([rng.normal(size=(4003, 2)), np.ones((7, 2))]), [Output("y")])
    every = roots(model.with_backend("numpy"), "a", 0.3, {"b": 0.5})
    some = roots(model.with_backend("numpy"), "a", 0.3, {"b": 0.5}, deadline_ms=1e-3)
    assert (
        some.status == Status.DEADLINE
        and 0 < len(some) < len(every)
        and "allow more time" in some.message
    )
    assert np.array_equal(some.values, every.values[: len(some)])
    assert np.array_equal(
        roots(model.with_backend("numpy"), "a", 0.3, {"b": 0.5}, deadline_ms=1e7).values,
        every.values,
    )
    low = argmin(model, "a", "y", {"b": 0.5})
    assert argmin(model, "a", "y", {"b": 0.5}, deadline_ms=1e7) == low
    assert argmin(model, "a", "y", {"b": 0.5}, deadline_ms=1e-3).status == Status.DEADLINE
    whole = interval_set(model, "a", {"y": (-0.2, 0.3)}, {"b": 0.5})
    assert np.array_equal(
        interval_set(model, "a", {"y": (-0.2, 0.3)}, {"b": 0.5}, deadline_ms=1e7).intervals,
        whole.intervals,
    )


def test_a_root_between_two_chunks_is_found_once() -> None:
    from sna_edge.numerics.piecewise_polynomial import PiecewisePolynomial

    line = PiecewisePolynomial(
        np.arange(257.0), np.tile([[0.0, 1.0]], (256, 1)) + np.c_[np.arange(256.0), np.zeros(256)]
    )
    assert all_roots(line, 128.0, TimeBudget.for_query(1e5)).x.tolist() == [128.0]


def test_rows_without_time_are_marked() -> None:
    model, _ = many(1)
    y = np.full(200_000, 1.7)
    known = {"t": np.linspace(0, 1, len(y))}
    found = patient(
        lambda ms: invert_batch(model.with_backend("numpy"), y, ["a"], known, deadline_ms=ms),
        lambda b: (b.status == Status.OK).any(),
    )
    late = found.status == Status.DEADLINE
    assert late.any() and np.isnan(found.x[-1]).all() and (found.status == Status.OK).any()


def test_an_unconverged_end_far_below_the_converged_ones_is_the_answer() -> None:
    energy, converged = np.array([0.0, 50.0]), np.array([False, True])
    kept = distinct(
        lambda z: (z, z, z),
        lambda z: z[:, 0],
        np.array([[0.1], [0.9]]),
        energy,
        converged,
        14.0,
        np.array([True]),
    )
    assert kept.tolist() == [0]
