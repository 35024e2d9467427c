"""Slopes and curvatures against differences, and fits against those of other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor

from sna_export.fit.likelihood.families import (
    Bernoulli,
    Family,
    Gamma,
    Multinomial,
    Ordinal,
    Poisson,
)
from sna_export.fit.likelihood.penalised import compressed, fitted, linear_part

CASES = {
    "bernoulli": (Bernoulli(), [0.0, 1.0, 1.0, 0.0]),
    "poisson": (Poisson(), [0.0, 3.0, 1.0, 7.0]),
    "gamma": (Gamma(), [0.3, 3.0, 1.0, 7.0]),
    "multinomial": (Multinomial(3), [0.0, 2.0, 1.0, 2.0]),
    "ordinal": (Ordinal(cuts=(-1.0, 0.5)), [0.0, 2.0, 1.0, 1.0]),
}


@pytest.mark.parametrize("name", CASES)
def test_slope_is_the_derivative_of_the_loss(name: str) -> None:
    family, values = CASES[name]
    y, step = np.array(values), 1e-6
    f = np.random.default_rng(0).normal(size=(len(y), family.columns))
    for k in range(family.columns):
        move = step * np.eye(family.columns)[k]
        rise = (family.loss(y, f + move) - family.loss(y, f - move)) / (2 * step)
        np.testing.assert_allclose(family.slope(y, f)[:, k], rise, atol=1e-8)
        if name == "gamma":
            continue  # Fisher scoring takes the expectation
        bend = (family.slope(y, f + move) - family.slope(y, f - move))[:, k] / (2 * step)
        np.testing.assert_allclose(family.curvature(y, f)[:, k], bend, atol=1e-8)


def test_ordered_losses_are_those_of_probabilities_that_add_up_to_one() -> None:
    family = Ordinal(cuts=(-2.0, 0.0, 3.0))
    f = np.linspace(-40, 40, 9)[:, None]
    whole = sum(np.exp(-family.loss(np.full(9, float(k)), f)) for k in range(4))
    np.testing.assert_allclose(whole, 1.0, rtol=1e-12)


def drawn() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(300, 4))
    return z, z @ np.array([1.0, -0.5, 0.0, 0.2])


@pytest.mark.parametrize("ridge", [0.1, 3.0])
def test_two_and_several_classes_are_those_of_scikit_learn(ridge: float) -> None:
    z, f = drawn()
    rng = np.random.default_rng(2)
    ones = np.ones(len(z))
    for count, family in ((2, Bernoulli()), (3, Multinomial(3))):
        y = np.digitize(f + rng.logistic(size=len(f)), [0.0, 1.0][: count - 1]).astype(float)
        theta = fitted(family, z / np.sqrt(ridge), y, ones)
        theirs = LogisticRegression(C=1.0 / ridge, tol=1e-10, max_iter=10_000).fit(z, y)
        log_p = theirs.predict_log_proba(z)[np.arange(len(y)), y.astype(int)]
        ours = -family.loss(y, linear_part(theta, z / np.sqrt(ridge)))
        np.testing.assert_allclose(ours, log_p, atol=2e-3)


@pytest.mark.parametrize(
    ("family", "theirs"), [(Poisson(), PoissonRegressor), (Gamma(), GammaRegressor)]
)
def test_counts_and_positive_numbers_are_those_of_scikit_learn(
    family: Family, theirs: type
) -> None:
    z, f = drawn()
    rng = np.random.default_rng(3)
    mean = np.exp(0.5 * f)
    y = rng.poisson(mean).astype(float) if family.name == "poisson" else rng.gamma(3.0, mean / 3.0)
    exposure = rng.uniform(0.5, 2.0, len(y))
    theta = fitted(family, z, y, exposure)
    alpha = 1.0 / exposure.sum()
    other = theirs(alpha=alpha, tol=1e-8, max_iter=10_000).fit(z, y, sample_weight=exposure)
    ours = np.exp(linear_part(theta, z)[:, 0])
    np.testing.assert_allclose(ours, other.predict(z), rtol=2e-3)


def test_more_columns_than_rows_give_the_same_as_their_inner_products() -> None:
    rng = np.random.default_rng(4)
    z, y = rng.normal(size=(40, 90)), rng.integers(0, 2, 40).astype(float)
    short, turn = compressed(z)
    assert turn is not None and short.shape[1] <= 40
    np.testing.assert_allclose(short @ short.T, z @ z.T, atol=1e-9)
    theta = fitted(Bernoulli(), short, y, np.ones(40))
    whole = fitted(Bernoulli(), z, y, np.ones(40))
    np.testing.assert_allclose(turn @ theta[1:], whole[1:], atol=1e-4)
