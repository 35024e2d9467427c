"""Modes are left out where the error of the fit hides it, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from sna_edge.core.basis import bspline
from sna_edge.core.interaction import CP
from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit import AxisSpec
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.data.samples import Samples
from sna_export.fit.engine.factors import SeparableFunction
from sna_export.fit.pipeline.smaller import lean as smaller
from sna_export.fit.pipeline.smaller.lean import LOST, lean

AXES, ROWS, DEGREE, PARTS = 4, 300, 5, 24
RNG = np.random.default_rng(0)
BASES = tuple(bspline([0.0, 1.0], DEGREE) for _ in range(AXES))
X = RNG.random((ROWS, AXES))


def function(rank: int, beside: float = 0.0) -> SeparableFunction:
    """`rank` products, each written as the sum of PARTS of them that differ on one input; `beside`:
    the size of as many other products."""
    rng = np.random.default_rng(1)
    tables = [np.repeat(rng.random((DEGREE + 1, rank)), PARTS, axis=1) for _ in BASES]
    tables[0] = tables[0] + rng.standard_normal(tables[0].shape)
    if beside:
        tables = [np.c_[t, rng.standard_normal(t.shape)] for t in tables]
    count = tables[0].shape[1]
    weights = np.ones((count, 1)) / PARTS
    weights[rank * PARTS :] = beside
    modes = tuple(np.arange(count) for _ in BASES)
    return SeparableFunction.from_cp(CP(tuple(tables), modes, weights), BASES, np.array([0.5]))


def candidate(f: SeparableFunction, error: float) -> tuple[Candidate, Samples]:
    """That errs by so many spreads out of fold, and its rows."""
    y = f.predict(X)
    axes = [AxisSpec(f"x{d}", domain=(0.0, 1.0)) for d in range(AXES)]
    samples = Samples.of(X, y, axes)
    miss = error * y.std() * np.random.default_rng(2).standard_normal(y.shape)
    spread = y.std(axis=0)
    f = f.with_tables((*f.tables[:-1], f.tables[-1] / spread[:, None]))
    made = Candidate(
        "made", "direct", f, samples.outputs("identity"), np.zeros(1), spread, np.arange(ROWS),
        y, y + miss, 0.0,
    )  # fmt: skip
    return replace(made, outputs=(replace(made.outputs[0], scale=1.0, offset=0.0),)), samples


def test_a_product_that_was_found_as_a_sum_of_many_is_one_again() -> None:
    """1 + a x in eight inputs took 128 modes."""
    was, samples = candidate(function(rank=1), 1e-12)
    made = lean(was, samples, TimeBudget())
    assert (was.rank, made.rank) == (PARTS, 1)
    assert np.abs(made.values(X) - was.values(X)).max() < 1e-7 * was.measured.std()


@pytest.mark.parametrize(("error", "rank"), [(1e-3, 2 * PARTS), (5e-2, 4 * PARTS)])
def test_what_the_error_hides_is_left_out_of_clean_rows(error: float, rank: int) -> None:
    """Noisy ones keep every digit."""
    was, samples = candidate(function(rank=2, beside=1e-6), error)
    made = lean(was, samples, TimeBudget())
    apart = np.sqrt(np.mean((made.values(X) - was.values(X)) ** 2)) / was.measured.std()
    assert made.rank <= rank and apart <= LOST * error
    assert (made is was) == (error > 1e-2)
    assert made.predicted is was.predicted


def test_a_function_of_a_proved_shape_stays() -> None:
    """A slope that is nowhere negative could become so."""
    was, samples = candidate(function(rank=1), 1e-12)
    was = replace(was, kind="shape")
    assert lean(was, samples, TimeBudget()) is was


def test_starts_of_few_modes_end_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40,000 rows they took minutes whatever the limit."""
    was, samples = candidate(function(rank=4, beside=1e-6), 1e-3)
    points, steps = [], smaller.levenberg_marquardt

    def counted(f, rows, **given):
        points.append(rows.count)
        assert isinstance(given["budget"], TimeBudget)
        return steps(f, rows, **given)

    monkeypatch.setattr(smaller, "levenberg_marquardt", counted)
    monkeypatch.setattr(smaller, "SOME_POINTS", ROWS)
    stop = Event()
    budget = TimeBudget(stop=stop)
    monkeypatch.setattr(budget, "affords", lambda *_: stop.set() or True)
    lean(was, samples, budget)
    assert points == []
    lean(was, samples, TimeBudget())
    assert set(points) == {ROWS}


def given(monkeypatch: pytest.MonkeyPatch, *fewer: SeparableFunction) -> None:
    """These functions are the ones of fewer modes."""
    monkeypatch.setattr(smaller, "_fewer", lambda *_: iter(fewer))


def test_only_a_smaller_function_of_the_same_inputs_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    was, samples = candidate(function(rank=1), 1e-3)
    few = smaller._of_rank(1, was.f, X, TimeBudget())
    monkeypatch.setattr(SeparableFunction, "predict", lambda f, x: x[:, :1])
    given(monkeypatch, was.f, few)
    assert lean(was, samples, TimeBudget()).f is few, "the first is as large"
    given(monkeypatch, few.with_tables((*few.tables[:-2], 0.0 * few.tables[-2], few.tables[-1])))
    assert lean(was, samples, TimeBudget()) is was, "an input would matter no more"


def test_what_differs_where_inputs_part_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two inputs are nearly one at the rows."""
    was, samples = candidate(function(rank=1), 1e-3)
    x = samples.x.copy()
    x[:, 1] = x[:, 0]
    few = smaller._of_rank(1, was.f, X, TimeBudget())
    there = replace(samples, x=x)
    given(monkeypatch, few)
    assert lean(was, there, TimeBudget()).f is few
    known = SeparableFunction.predict

    def parting(f: SeparableFunction, x: np.ndarray) -> np.ndarray:
        return known(f, x) + (f is few) * (x[:, :1] - x[:, 1:2])

    monkeypatch.setattr(SeparableFunction, "predict", parting)
    assert lean(was, there, TimeBudget()) is was


def test_a_small_function_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    was, samples = candidate(function(rank=1), 1e-3)
    given(monkeypatch, smaller._of_rank(1, was.f, X, TimeBudget()))
    monkeypatch.setattr(smaller, "MANY_CELLS", sum(t.size for t in was.f.tables[:-1]))
    assert lean(was, samples, TimeBudget()) is was
