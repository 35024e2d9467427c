"""Splines of single inputs and pairs: sums of pairs are met, noise is smoothed, folds are
honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit import AxisSpec
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.candidates.families import Task
from sna_export.fit.candidates.families.pair_splines import PAIR_SPLINES, Terms
from sna_export.fit.candidates.families.spline_functions import SplineFunctions
from sna_export.fit.data.held_together import folds_of
from sna_export.fit.data.samples import Samples

Floats = NDArray[np.float64]
RNG = np.random.default_rng(0)
X = RNG.random((600, 4))
FRESH = np.clip(np.random.default_rng(1).random((500, 4)), X.min(axis=0), X.max(axis=0))


def candidate(samples: Samples) -> Candidate:
    task = Task(samples, "identity", folds_of(samples, 6, 0), 0, TimeBudget())
    begun = PAIR_SPLINES.begin(task)
    assert begun is not None
    found = begun.finish(TimeBudget())
    assert begun.promise == found.error
    return found


def missed(found: Candidate, x: Floats, y: Floats) -> float:
    return float(np.sqrt(np.mean((found.values(x)[:, 0] - y) ** 2)) / y.std())


def pairs(x: Floats) -> Floats:
    return np.asarray(np.sin(3.0 * x[:, 0] * x[:, 1]) + np.exp(x[:, 2]) / (1.0 + x[:, 3]))


def triple(x: Floats) -> Floats:
    return np.asarray((x[:, 0] - 0.5) * (x[:, 1] - 0.5) * (x[:, 2] - 0.5))


def test_a_sum_of_pairs_is_met_and_a_product_of_three_is_not() -> None:
    found = candidate(Samples.of(X, pairs(X)))
    assert missed(found, FRESH, pairs(FRESH)) < 5e-3
    assert int(found.f.orders.max()) == 2
    assert candidate(Samples.of(X, triple(X))).error > 0.8


def test_functions_are_orthogonal_and_ever_rougher() -> None:
    for f, column in zip(SplineFunctions.of(Samples.of(X, X[:, 0]), 6), X.T, strict=True):
        values = f.values(column)
        np.testing.assert_allclose(values[:, 0], 1.0)
        np.testing.assert_allclose(values.T @ values / len(X), np.eye(values.shape[1]), atol=1e-3)
        assert np.all(np.diff(f.roughness) > 0)
        line = np.polynomial.Polynomial.fit(column, values[:, 1], 1)(column)
        np.testing.assert_allclose(line, values[:, 1], atol=1e-3)


def test_noise_is_smoothed_away() -> None:
    y = X[:, 0] + np.random.default_rng(2).standard_normal(600)
    found = candidate(Samples.of(X, y))
    assert missed(found, FRESH, FRESH[:, 0]) < 0.5
    assert found.error > 0.9


def test_predictions_of_a_fold_do_not_know_its_rows() -> None:
    samples = Samples.of(X, pairs(X))
    mine = folds_of(samples, 6, 0).held(0)
    moved = samples.y.copy()
    moved[mine[0]] += 1e-6
    before, after = candidate(samples), candidate(replace(samples, y=moved))
    inside = np.isin(before.rows, mine[1:])
    np.testing.assert_allclose(before.predicted[inside], after.predicted[inside], atol=1e-9)
    assert np.abs(before.predicted - after.predicted)[~np.isin(before.rows, mine)].max() > 1e-8


def test_levels_weights_and_outputs() -> None:
    lot = RNG.integers(0, 3, 600)
    x = np.c_[X[:, :2], lot]
    y = np.c_[np.sin(4.0 * X[:, 0]) * lot, X[:, 1]]
    wrong = np.arange(600) % 5 == 0
    axes = [AxisSpec("a"), AxisSpec("b"), AxisSpec("lot", levels=("x", "y", "z"))]
    samples = Samples.of(x, y + 2.0 * wrong[:, None], axes)
    weight = np.where(wrong, 1e-9, 1.0)
    found = candidate(replace(samples, weight=weight / weight.mean()))
    np.testing.assert_allclose(found.values(x), y, atol=0.1)


def test_of_many_pairs_those_that_speak_are_taken() -> None:
    x = np.random.default_rng(3).random((300, 20))
    samples = Samples.of(x, (x[:, 3] - 0.5) * (x[:, 17] - 0.5))
    terms = Terms.of(samples, (samples.y - samples.y.mean()) / samples.y.std(), 400)
    assert len(terms.index) <= 400
    assert np.any((terms.index[:, 3] > 0) & (terms.index[:, 17] > 0))
