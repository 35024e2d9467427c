"""The distribution of a measurement: quantiles are the ends of intervals, the cdf undoes them,
samples follow both and vary together."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError, Model

from .. import beside_models as made

X = {"power": [150.0, 120.0], "angle": 30.0, "alloy": "A", "machine": "M1", "density": [40.0, 7.0]}


@pytest.fixture(scope="module")
def model() -> Model:
    """One output with a width in its own units, one with a scale in the space of a logistic link
    that falls."""
    return made.whole(readings=None)


@pytest.mark.parametrize("level", [0.3, 0.8, 0.95, 0.99])
def test_quantiles_are_the_ends_of_intervals(model: Model, level: float) -> None:
    told, ends = model.predictive(X), model.interval_at(X, level)
    assert np.allclose(told.quantile((1 - level) / 2), ends.lower, rtol=1e-12)
    assert np.allclose(told.quantile((1 + level) / 2), ends.upper, rtol=1e-12)


def test_the_cdf_undoes_the_quantiles(model: Model) -> None:
    told = model.predictive(X)
    for p in (0.01, 0.1, 0.4, 0.7, 0.99):
        assert np.allclose(told.cdf(told.quantile(p)), p, atol=1e-9)


def test_a_window_holds_what_lies_between_two_quantiles(model: Model) -> None:
    told = model.predictive(X)
    low, high = told.quantile(0.2), told.quantile(0.95)
    assert np.allclose(told.probability(low, high), 0.75, atol=1e-9)
    assert np.allclose(told.probability(low), 0.8, atol=1e-9)
    assert np.allclose(told.probability(high=high), 0.95, atol=1e-9)
    assert (told.probability() == 1.0).all()


def test_no_window_is_surer_than_the_rows(model: Model) -> None:
    """200 rows: never nearer to 1 than 1 / 201 on a side, unless the link allows nothing beyond."""
    told = model.predictive(X)
    assert told.least == pytest.approx(1 / 201)
    assert np.allclose(told.probability(-1e9, 1e9)[:, 0], 1 - 2 / 201)
    lowest, highest = model.outputs[1].ends
    assert np.allclose(told.probability(lowest - 1, highest + 1)[:, 1], 1.0)


def test_samples_follow_the_distribution_and_vary_together(model: Model) -> None:
    told = model.predictive(X)
    drawn = told.sample(20_000, seed=3)
    assert drawn.shape == (20_000, 2, 2)
    for p in (0.05, 0.5, 0.9):
        assert np.allclose((drawn <= told.quantile(p)).mean(axis=0), p, atol=0.01)
    ranks = drawn.argsort(axis=0).argsort(axis=0)
    assert np.corrcoef(ranks[:, 0, 0], ranks[:, 0, 1])[0, 1] == pytest.approx(-0.24, abs=0.02)
    assert np.array_equal(drawn, told.sample(20_000, seed=3))


def test_rows_without_a_value_have_no_distribution(model: Model) -> None:
    told = model.predictive({**X, "power": [150.0, 500.0]})
    for answer in (told.quantile(0.5), told.cdf(0.0), told.probability(0.0, 1.0)):
        assert np.isfinite(answer[0]).all() and np.isnan(answer[1]).all()


def test_what_cannot_be_asked(model: Model) -> None:
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        model.predictive(X).quantile(1.0)
    plain = model.replace(companions=(), calibration=None)
    with pytest.raises(InputError, match="no distribution"):
        plain.predictive(X)


@pytest.mark.parametrize("y", [np.zeros(7), np.zeros((9, 9)), "wide", [[1], [1, 2]]])
def test_measurements_that_do_not_fit_are_named(model: Model, y: object) -> None:
    told = model.predictive(np.zeros((3, len(model.axes))) + [a.lower for a in model.axes])
    for ask in (told.cdf, told.probability, told.joint_probability):
        with pytest.raises(InputError, match="do not fit 3 rows of"):
            ask(y)  # type: ignore[arg-type]
