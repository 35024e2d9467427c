"""Sigma follows what made the rows, and is constant where nothing did."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import Axis, Output
from sna_edge.basis import bspline, periodic_bspline, uniform_breaks
from sna_export.calibrate.folds import folds_of
from sna_export.calibrate.local_scale import LocalScale, local_scale
from sna_export.calibrate.residuals import Residuals

AXES = [Axis(n, "", bspline([0.0, 1.0], 1)) for n in "abcd"]


def made(size: str, n: int, seed: int) -> tuple[LocalScale, np.ndarray]:
    """The scale found, and the sigma [n] that made the rows."""
    rng = np.random.default_rng(seed)
    x, p = rng.uniform(size=(n, 4)), rng.uniform(1, 3, size=n)
    sigma = {
        "even": np.ones(n),
        "prediction": np.exp(1.5 * p),
        "inputs": np.exp(3 * x[:, 1]),
        "both": np.exp(2.5 * x[:, 2] + 1.2 * p),
    }[size]
    residuals = Residuals.of(Output("y"), p + sigma * rng.normal(size=n), p)
    return local_scale(residuals, x, AXES, folds_of(x)), sigma


@pytest.mark.parametrize("size", ["prediction", "inputs", "both"])
@pytest.mark.parametrize("seed", range(3))
def test_sigma_is_the_one_that_made_the_rows(size: str, seed: int) -> None:
    found, sigma = made(size, 1000, seed)
    assert found.kind in (size, "both")
    assert np.corrcoef(np.log(found.left_out), np.log(sigma))[0, 1] > 0.95


@pytest.mark.parametrize("size", ["prediction", "inputs"])
def test_one_cause_is_found_among_others_in_few_rows(size: str) -> None:
    """Coordinates that change nothing are flat: ln sigma of left-out rows errs by 0.25 or less."""
    for seed in range(4):
        found, sigma = made(size, 250, seed)
        gap = np.log(found.left_out / sigma)
        assert gap.std() < 0.25


def test_even_residuals_stay_even() -> None:
    kinds = [made("even", 250, seed)[0].kind for seed in range(12)]
    assert kinds.count("constant") >= 9


def test_few_rows_stay_constant() -> None:
    assert made("inputs", 40, 0)[0].function is None


def test_sigma_of_a_row_is_of_a_function_that_did_not_see_it() -> None:
    """A gross error at one row changes sigma elsewhere, not its own."""
    rng = np.random.default_rng(0)
    x, p = rng.uniform(size=(300, 4)), np.zeros(300)
    y = np.exp(2 * x[:, 0]) * rng.normal(size=300)
    gross = y.copy()
    gross[7] = 3.0 * np.abs(y).max()
    folds = folds_of(x)
    before, after = (
        local_scale(Residuals.of(Output("y"), v, p), x, AXES, folds) for v in (y, gross)
    )
    shift = np.log(after.left_out / before.left_out)
    own = folds == folds[7]
    assert before.shrink == after.shrink
    assert np.ptp(shift[own]) < 1e-9 < np.ptp(shift[~own])


def test_exact_predictions_have_a_constant_width() -> None:
    x = np.random.default_rng(0).uniform(size=(200, 4))
    p = x.sum(axis=1)
    assert local_scale(Residuals.of(Output("y"), p, p), x, AXES, folds_of(x)).function is None


def test_inputs_without_change_and_periodic_ones_are_left_out() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(600, 4))
    x[:, 3] = 0.5
    axes = [*AXES[:2], Axis("c", "", periodic_bspline(uniform_breaks(0, 1, 4), 3)), AXES[3]]
    y = np.exp(3 * x[:, 0]) * rng.normal(size=600)
    found = local_scale(Residuals.of(Output("y"), y, np.zeros(600)), x, axes, folds_of(x))
    assert found.kind in ("inputs", "both") and 0 in found.coordinates
    assert not {2, 3} & set(found.coordinates)


def test_equal_rows_share_a_fold() -> None:
    x = np.repeat(np.random.default_rng(0).uniform(size=(50, 2)), 3, axis=0)
    folds = folds_of(x).reshape(50, 3)
    assert (folds == folds[:, :1]).all() and len(np.unique(folds)) == 5
