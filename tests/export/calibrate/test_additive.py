"""Additive functions by gamma likelihood: what was put in comes back, what is not there is flat."""

from __future__ import annotations

import numpy as np

from sna_export.calibrate.additive import (
    MOST,
    coordinate_basis,
    fitted,
    level_basis,
    strongest,
)


def rows(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(n, d))


def sizes(log_sigma: np.ndarray, seed: int = 1) -> np.ndarray:
    """|normal| of mean exp(log_sigma)."""
    normal = np.abs(np.random.default_rng(seed).normal(size=len(log_sigma)))
    return np.exp(log_sigma) * normal * np.sqrt(np.pi / 2)


def test_a_known_scale_comes_back() -> None:
    z = rows(20_000, 2)
    truth = -1.0 + np.sin(3 * z[:, 0]) + 0.5 * z[:, 1]
    found = fitted(z, sizes(truth), [coordinate_basis((0.0, 1.0))] * 2)
    assert np.sqrt(np.mean((found(z) - truth) ** 2)) < 0.04


def test_levels_have_a_number_each() -> None:
    z = np.repeat(np.arange(3.0), 3000)[:, None]
    truth = np.array([0.0, 1.0, -1.0])[z[:, 0].astype(int)]
    found = fitted(z, sizes(truth), [level_basis(3)])
    assert np.abs(found(np.arange(3.0)[:, None]) - [0.0, 1.0, -1.0]).max() < 0.06


def test_even_sizes_give_a_flat_function() -> None:
    spreads = [
        fitted(z, sizes(np.zeros(200), seed), [coordinate_basis((0.0, 1.0))] * 4)(z).std()
        for seed in range(10)
        for z in [rows(200, 4, seed)]
    ]
    assert np.median(spreads) < 0.1


def test_beyond_the_rows_nothing_runs_away() -> None:
    z = np.random.default_rng(0).exponential(0.05, size=(250, 1)).clip(0, 1)
    found = fitted(z, sizes(-1 + z[:, 0]), [coordinate_basis((0.0, 1.0))])
    assert abs(float(found(np.array([[1.0]]))[0]) + 1.0) < 3.0


def test_a_middle_residual_of_zero_is_no_harm() -> None:
    z = rows(100, 1)
    size = np.where(np.arange(100) % 3 == 0, 1.0, 0.0)
    assert np.isfinite(fitted(z, size, [coordinate_basis((0.0, 1.0))])(z)).all()


def test_the_strongest_coordinates_are_kept() -> None:
    z = rows(4000, 9)
    kept, found = strongest(z, sizes(2 * z[:, 3] - z[:, 7]), [coordinate_basis((0.0, 1.0))] * 9)
    assert {3, 7} <= set(kept) and len(kept) <= MOST and len(found.tables) == len(kept)


def test_breaks_at_quantiles_are_distinct() -> None:
    basis = coordinate_basis((0.0, 1.0), np.r_[np.zeros(90), 1.0, np.full(9, 0.5)])
    assert basis.breaks.tolist() == [0.0, 1.0]
    assert len(coordinate_basis((0.0, 1.0), rows(500, 1)[:, 0]).breaks) == 7


def test_shrinking_about_a_middle() -> None:
    z = rows(300, 1)
    found = fitted(z, sizes(z[:, 0]), [coordinate_basis((0.0, 1.0))])
    assert np.allclose(found.about(0.3, 0.4)(z), 0.3 + 0.4 * (found(z) - 0.3))
