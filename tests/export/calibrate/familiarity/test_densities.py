"""Hats, mixtures of products and their stored roots: what is a density stays one."""

from __future__ import annotations

import numpy as np
import pytest

from sna_export.calibrate.familiarity.hats import Hats
from sna_export.calibrate.familiarity.mixture import fit
from sna_export.calibrate.familiarity.sizes import MOST_BYTES, MOST_OPERATIONS, sizes
from sna_export.calibrate.familiarity.stored import LEAST, least_root, stored

LINE = Hats(-2.0, 3.0, 11)


def clouds(n: int = 4000, inputs: int = 2) -> np.ndarray:
    """Two clouds, a quarter of the rows in the second."""
    rng = np.random.default_rng(0)
    second = np.arange(n) % 4 == 0
    return np.where(second[:, None], 2.0, 0.0) + 0.3 * rng.normal(size=(n, inputs))


@pytest.mark.parametrize("hats", [LINE, Hats(0.0, 3.0, 4, levels=True)])
def test_hats_are_the_basis_of_their_axis_and_add_up_to_one(hats: Hats) -> None:
    z = np.arange(4.0) if hats.levels else np.linspace(-2, 3, 37)
    weights = hats.weights(z)
    np.testing.assert_allclose(weights, hats.axis("z").basis.design(z), atol=1e-12)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    if not hats.levels:
        assert np.array_equal(hats.weights(np.array([-9.0, 9.0])), hats.weights(z[[0, -1]]))


def test_a_mixture_is_a_density_with_the_shares_of_its_clouds() -> None:
    made = fit(clouds(), [LINE, LINE], 4, np.random.default_rng(0))
    step = 0.025
    grid = np.arange(-2, 3, step) + step / 2
    z = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    mass = np.exp(made.log_density(z)) * (step / 0.5) ** 2
    assert mass.sum() == pytest.approx(1, abs=0.002)
    assert mass[(z > 1).all(axis=1)].sum() == pytest.approx(0.25, abs=0.01)
    assert mass[(z[:, 0] > 1) != (z[:, 1] > 1)].sum() < 0.02


def test_levels_have_the_shares_of_their_rows() -> None:
    levels = np.repeat([0.0, 1.0, 2.0], [700, 200, 100])
    made = fit(np.c_[levels], [Hats(0.0, 2.0, 3, levels=True)], 1, np.random.default_rng(0))
    found = np.exp(made.log_density(np.array([[0.0], [1.0], [2.0]])))
    np.testing.assert_allclose(found, [0.7, 0.2, 0.1], atol=0.01)


@pytest.mark.parametrize("root", [1.0, 2.0])
def test_what_is_stored_is_the_density_to_the_steps_of_int8(root: float) -> None:
    z = clouds()
    made = fit(z, [LINE, LINE], 1, np.random.default_rng(0))
    kept = stored(made, root)
    for table in kept.tables:
        assert np.array_equal(table * 128, np.rint(table * 128)) and table.max() == 127 / 128
    knots = np.linspace(-2, 3, 11)
    at = np.stack(np.meshgrid(knots, knots), axis=-1).reshape(-1, 2)
    density = made.log_density(at)
    missed = (kept.score(at) - density)[density > density.max() - np.log(30)]
    assert 5e-4 < np.abs(missed).max() < (0.15, 0.05)[root == 2]


def test_the_least_root_leaves_something_to_nearly_all_rows() -> None:
    z = np.tanh(np.random.default_rng(1).normal(size=(1200, 24)))
    made = fit(z[:800], [Hats(-1.1, 1.1, 16)] * 24, 4, np.random.default_rng(0))
    tried = [(made, z[800:])]
    plain, whole = least_root(tried, integers=False), least_root(tried, integers=True)
    assert 1 <= plain < whole
    for root, integers in ((plain, False), (whole, True)):
        assert np.count_nonzero(stored(made, root).lost(z[800:], integers)) <= 1
    assert np.count_nonzero(stored(made, plain).lost(z[800:], True)) > 1
    kept = stored(made, 1.0)
    nowhere = np.full((1, 24), 1.1) * (-1) ** np.arange(24)
    assert kept.lost(nowhere, False)[0]
    assert kept.score(nowhere)[0] - kept.constant == pytest.approx(np.log(LEAST))


@pytest.mark.parametrize("continuous", [0, 1, 2, 4, 8, 9, 13, 20, 30, 64])
@pytest.mark.parametrize("levels", [[], [3, 5], [40]])
def test_tables_and_operations_stay_in_their_room(continuous: int, levels: list[int]) -> None:
    if not continuous + len(levels) or (continuous == 64 and levels):
        return
    s = sizes(continuous, levels, 3000)
    splines = continuous + s.features
    work = s.features * (continuous + sum(levels)) + s.modes * (3 * splines + 2 * len(levels))
    assert s.modes * (splines * s.knots + 2 * sum(levels)) <= MOST_BYTES
    assert work <= MOST_OPERATIONS and s.modes % 4 == 0
    assert sizes(continuous, levels, 60).modes == 4
