"""Functions taught by trees: rough tables are met better than by splines, folds are honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import OutOfTime, TimeBudget
from sna_export.fit import AxisSpec
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.candidates.families import PAIR_SPLINES, TREES, Task
from sna_export.fit.candidates.families.trees import Hats
from sna_export.fit.data.folds import Folds
from sna_export.fit.data.held_together import folds_of
from sna_export.fit.data.samples import Samples
from sna_export.fit.effort import QUICK
from sna_export.fit.pipeline.search import ended

Floats = NDArray[np.float64]
RNG = np.random.default_rng(0)
X = np.exp(1.5 * RNG.standard_normal((300, 4)))
"""Most rows in a corner, some far off."""
FRESH = np.clip(
    np.exp(1.5 * np.random.default_rng(1).standard_normal((500, 4))), X.min(axis=0), X.max(axis=0)
)


def task(samples: Samples, link: str = "identity") -> Task:
    return Task(samples, link, folds_of(samples, 6, 0), 0, TimeBudget())


def candidate(samples: Samples) -> Candidate:
    begun = TREES.begin(task(samples))
    assert begun is not None
    return begun.finish(TimeBudget())


def steps(x: Floats) -> Floats:
    return np.asarray(1.0 * (x[:, 0] > 0.8) + (x[:, 1] > 1.1) * (x[:, 2] > 0.6))


def noisy(x: Floats) -> Floats:
    return steps(x) + 0.2 * np.random.default_rng(2).standard_normal(len(x))


def missed(found: Candidate, x: Floats, y: Floats) -> float:
    return float(np.sqrt(np.mean((found.values(x)[:, 0] - y) ** 2)) / y.std())


def test_steps_are_met_better_than_by_splines() -> None:
    samples = Samples.of(X, noisy(X))
    found, splines = candidate(samples), PAIR_SPLINES.begin(task(samples))
    assert splines is not None
    other = splines.finish(TimeBudget())
    assert found.error < 0.9 * other.error
    assert missed(found, FRESH, steps(FRESH)) < 0.9 * missed(other, FRESH, steps(FRESH))
    assert int(found.f.orders.max()) == 2


def test_the_promise_of_a_few_trees_is_near_what_many_err_by() -> None:
    begun = TREES.begin(task(Samples.of(X, noisy(X))))
    assert begun is not None
    assert 0.85 < begun.promise / begun.finish(TimeBudget()).error < 1.05


def test_predictions_of_a_fold_do_not_know_its_rows() -> None:
    samples = Samples.of(X, noisy(X))
    mine = folds_of(samples, 6, 0).held(0)
    moved = samples.y.copy()
    moved[mine[0]] += 1e-3
    before, after = candidate(samples), candidate(replace(samples, y=moved))
    inside = np.isin(before.rows, mine)
    change = np.abs(before.predicted - after.predicted)[:, 0]
    # the spread that answers are scaled by is of all rows, and a ridge of that scale tells 1e-6
    assert change[inside].max() < 1e-6 < 2e-5 < change[~inside].max()


def test_later_rows_are_predicted_from_earlier_ones() -> None:
    samples = Samples.of(X, noisy(X))
    folds = Folds(np.arange(300) // 60 - 1, forward=True)
    begun = TREES.begin(replace(task(samples), folds=folds))
    assert begun is not None
    found = begun.finish(TimeBudget())
    np.testing.assert_array_equal(found.rows, np.arange(60, 300))
    assert np.isfinite(found.error) and missed(found, X, samples.y[:, 0]) < found.error


def test_on_more_rows_it_is_taught_again() -> None:
    samples = Samples.of(X, noisy(X))
    part = samples.take(np.arange(200)).over(samples)
    found = candidate(part)
    assert found.moved is not None
    after = replace(found, f=found.moved(samples, TimeBudget()))
    assert missed(after, X, samples.y[:, 0]) < missed(found, X, samples.y[:, 0])


def test_levels_weights_and_outputs() -> None:
    lot = RNG.integers(0, 3, 300)
    x = np.c_[X[:, :2], lot]
    y = np.c_[(X[:, 0] > 0.8) * (lot == 1), 1.0 * (X[:, 1] > 1.0)]
    wrong = np.arange(300) % 5 == 0
    axes = [AxisSpec("a"), AxisSpec("b"), AxisSpec("lot", levels=("x", "y", "z"))]
    samples = Samples.of(x, y + 5.0 * wrong[:, None], axes)
    weight = np.where(wrong, 1e-9, 1.0)
    found = candidate(replace(samples, weight=weight / weight.mean()))
    assert np.sqrt(np.mean((found.values(x) - y) ** 2, axis=0)).max() < 0.25


def test_hats_of_pairs_lie_on_the_fine_breaks() -> None:
    samples = Samples.of(X, noisy(X))
    for f, column in zip(Hats.of(samples, 3), X.T, strict=True):
        assert len(f.paired) == 3 and len(f.alone) == 6
        np.testing.assert_allclose(
            f.held.design(column) @ f.table(f.held), f.values(column), atol=1e-12
        )


def test_it_competes_by_its_error_alone() -> None:
    begun = TREES.begin(task(Samples.of(X, noisy(X))))
    assert begun is not None
    error = begun.finish(TimeBudget()).error
    (found,) = ended([begun], 1.01 * error, TimeBudget())
    assert found.kind == "trees"
    assert begun.promise < 0.99 * error and not ended([begun], 0.99 * error, TimeBudget())


def test_where_it_is_not_begun() -> None:
    samples = Samples.of(X, noisy(X) + 5.0)
    assert TREES.begin(task(samples, "exp")) is None
    assert TREES.begin(replace(task(samples), sizes=QUICK.families)) is None
    assert TREES.begin(task(samples.take(np.arange(30)))) is None
    begun = TREES.begin(task(samples))
    assert begun is not None
    with pytest.raises(OutOfTime):
        begun.finish(TimeBudget(0.0))


def test_a_family_is_made_once() -> None:
    begun = TREES.begin(task(Samples.of(X, noisy(X))))
    assert begun is not None
    times: list[int] = []

    def counted(budget: TimeBudget) -> Candidate:
        times.append(1)
        return begun.finish(budget)

    one = replace(begun, finish=counted, made=[])
    error = begun.finish(TimeBudget()).error
    assert not ended([one], 0.99 * error, TimeBudget())  # it does not compete yet
    (found,) = ended([one], 1.01 * error, TimeBudget())
    assert found is one.made[0] and len(times) == 1
