"""Probabilities that are true: factors that are found, and figures as other libraries give them."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax
from sklearn.metrics import log_loss as their_loss
from sklearn.metrics import roc_auc_score

from sna_export.fit.likelihood import figures
from sna_export.fit.likelihood.calibration import calibration
from sna_export.fit.likelihood.families import Bernoulli, Multinomial, Poisson


def test_shift_and_factor_of_two_classes_are_found() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=20_000)
    y = (rng.random(len(true)) < expit(true)).astype(float)
    found = calibration(Bernoulli(), y, (true[:, None] - 0.7) * 2.0, np.ones(len(y)))
    assert abs(found.factor - 0.5) < 0.03 and abs(found.shift - 0.7) < 0.06


def test_factor_of_several_classes_is_found() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(size=(20_000, 3))
    y = (rng.random((len(true), 1)) > np.cumsum(softmax(true, axis=1), axis=1)).sum(axis=1)
    found = calibration(Multinomial(3), y.astype(float), 3.0 * true, np.ones(len(y)))
    assert abs(found.factor - 1 / 3) < 0.02 and found.shift == 0.0


def test_counts_stay_as_they_are() -> None:
    found = calibration(Poisson(), np.ones(5), np.zeros((5, 1)), np.ones(5))
    assert (found.shift, found.factor) == (0.0, 1.0)


def test_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    p = rng.dirichlet([1.0, 2.0, 1.0], 400)
    y = (rng.random((400, 1)) > np.cumsum(p, axis=1)).sum(axis=1)
    np.testing.assert_allclose(figures.log_loss(y, p), their_loss(y, p))
    np.testing.assert_allclose(figures.auc(y, p), roc_auc_score(y, p, multi_class="ovr"))
    two = np.c_[1 - p[:, 1], p[:, 1]].round(1)
    np.testing.assert_allclose(figures.auc(y == 1, two), roc_auc_score(y == 1, two[:, 1]))


def test_calibration_error_is_zero_of_shares_and_half_of_certain_coins() -> None:
    y = np.resize([0, 1], 1000)
    fair, sure = np.full((1000, 2), 0.5), np.tile([0.0, 1.0], (1000, 1))
    assert figures.calibration_error(y, fair) == 0.0
    assert figures.calibration_error(y, sure) == 0.5
    assert figures.calibration_error_by_chance(sure) == 0.0
    # mean |share - 1/2| of 1,000 fair draws: sqrt(2 / pi) / 2 / sqrt(1000)
    assert abs(figures.calibration_error_by_chance(fair) - 0.01262) < 0.002
