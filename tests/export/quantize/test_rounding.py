"""The rounding itself: small lattices searched in full, factorisations, the least-squares steps."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sna_export.quantize.grid import Grid
from sna_export.quantize.rounding import least_pivot_cholesky, plain, round_table


def definite(rng: np.random.Generator, size: int, spread: float) -> np.ndarray:
    q = np.linalg.qr(rng.standard_normal((size, size)))[0]
    return q @ np.diag(spread ** -np.linspace(0, 1, size)) @ q.T


def loss(error: np.ndarray, gram: np.ndarray, metric: np.ndarray) -> float:
    return float(np.trace(metric @ error.T @ gram @ error))


@pytest.mark.parametrize("seed", range(6))
def test_factor_and_order_rebuild_the_metric(seed: int) -> None:
    metric = definite(np.random.default_rng(seed), 7, 1e4)
    order, lower = least_pivot_cholesky(metric)
    assert np.abs(lower @ lower.T - metric[np.ix_(order, order)]).max() < 1e-10
    assert not np.triu(lower, 1).any()
    assert lower[0, 0] ** 2 <= np.diag(metric).min() * (1 + 1e-9)


def small_cases():
    for seed in range(8):
        rng = np.random.default_rng(seed)
        yield definite(rng, 2, 30.0), definite(rng, 2, 30.0), rng.uniform(-0.8, 0.8, (2, 2))


def test_close_to_the_best_of_all_roundings() -> None:
    """2 x 2 entries, all neighbours within six units searched: in the mean within 1.2 of the least
    loss possible."""
    grid = Grid.of("int8")
    assert grid is not None
    ratios = []
    for gram, metric, target in small_cases():
        found = round_table(target, np.linalg.cholesky(gram).T, metric, grid, free_scales=False)
        base = np.rint(target * 128) / 128
        steps = product(range(-6, 7), repeat=4)
        best = min(
            loss(base + np.reshape(step, (2, 2)) / 128 - target, gram, metric) for step in steps
        )
        ratios.append(found.loss / best)
    assert min(ratios) >= 1 - 1e-9 and np.mean(ratios) <= 1.2


def test_keeps_the_guarantee_of_the_nearest_plane() -> None:
    """loss <= (unit / 2)^2 sum of the products of the pivots of both factors (Babai 1986)."""
    grid = Grid.of("int8")
    assert grid is not None
    for gram, metric, target in small_cases():
        factor = np.linalg.cholesky(gram).T
        found = round_table(target, factor, metric, grid, free_scales=False)
        _, lower = least_pivot_cholesky(metric)
        assert (
            found.loss
            <= (1 / 256) ** 2 * np.square(np.diag(factor)).sum() * np.square(np.diag(lower)).sum()
        )


@pytest.mark.parametrize("dtype", ["int8", "int16", "float16"])
@pytest.mark.parametrize("seed", range(5))
def test_beats_nearest_numbers_in_the_metric(dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = Grid.of(dtype)
    assert grid is not None
    gram, metric = definite(rng, 12, 100.0), definite(rng, 6, 1000.0)
    target = rng.standard_normal((12, 6))
    found = round_table(target, np.linalg.cholesky(gram).T, metric, grid)
    values, scales = plain(target, grid)
    assert grid.holds(found.values) and grid.holds(values)
    error = found.values * found.scales - target
    assert abs(loss(error, gram, metric) / found.loss - 1) < 1e-9
    assert found.loss < loss(values * scales - target, gram, metric)


def test_no_single_step_improves() -> None:
    rng = np.random.default_rng(1)
    grid = Grid.of("int8")
    assert grid is not None
    gram, metric = definite(rng, 5, 50.0), definite(rng, 4, 50.0)
    target = rng.standard_normal((5, 4))
    found = round_table(target, np.linalg.cholesky(gram).T, metric, grid)
    for i, j in product(range(5), range(4)):
        for step in (-1, 1):
            moved = found.values.copy()
            moved[i, j] += step / 128
            if -1 <= moved[i, j] <= 127 / 128:
                assert loss(moved * found.scales - target, gram, metric) >= found.loss * (1 - 1e-9)
