"""Quantiles for n rows hold for one row more; scores are those of intervals as answered."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import Output
from sna_edge.core.output import Interval
from sna_export.calibrate.residuals import Residuals, grid_quantiles, interval_score, tail


@pytest.mark.parametrize(("n", "share"), [(19, 0.05), (20, 0.05), (99, 0.05), (199, 0.005)])
def test_a_new_row_is_below_the_tail_as_often_as_it_says(n: int, share: float) -> None:
    z = np.sort(np.random.default_rng(0).uniform(size=(20_000, n)), axis=1)
    below = np.mean([tail(row, share) for row in z])  # uniform: the value is the probability
    assert share - 1 / (n + 1) < below <= share + 3e-4


def test_a_tail_with_too_few_rows_is_the_last_row() -> None:
    assert tail(np.array([3.0, 5.0]), 0.01) == 3.0


def test_grid_of_the_logistic_distribution_is_straight() -> None:
    p = (np.arange(200_000) + 0.5) / 200_000
    grid = grid_quantiles(np.log(p / (1 - p)))
    assert np.allclose(grid, (np.arange(33) - 16) / 2, atol=0.02)


def test_grid_never_decreases_and_takes_both_tails() -> None:
    z = np.random.default_rng(1).exponential(size=60)
    grid = grid_quantiles(z)
    assert (np.diff(grid) >= 0).all() and grid[0] == z.min() and grid[-1] == z.max()


def test_score_by_hand() -> None:
    y = np.array([0.0, 1.5, -2.0])
    score = interval_score(y, np.full(3, -1.0), np.full(3, 1.0), 0.9)
    assert np.allclose(score, [2.0, 2.0 + 20 * 0.5, 2.0 + 20 * 1.0])


def test_residuals_in_the_space_of_the_link() -> None:
    output = Output("y", link="exp", scale=2.0, interval=Interval(0.9, 0.1, 0.1, "link"))
    found = Residuals.of(output, np.array([2.0 * np.e]), np.array([2.0]))
    assert np.allclose(found.values, 1.0) and np.allclose(found.at, 0.0)


def test_the_true_scale_has_the_best_score() -> None:
    rng = np.random.default_rng(0)
    sigma = np.exp(rng.normal(size=5000))
    found = Residuals.of(Output("y"), sigma * rng.normal(size=5000), np.zeros(5000))
    scores = [found.score(sigma**power, (0.9,)).mean() for power in (0.0, 0.7, 1.0, 1.3)]
    assert np.argmin(scores) == 2
