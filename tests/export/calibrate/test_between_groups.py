"""Offsets of groups and what is left."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.core.output import Output
from sna_export.calibrate.between_groups import between_groups, components


@pytest.mark.parametrize("between", [0.0, 0.3, 2.0])
def test_components_of_many_groups_are_found(between: float) -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 300, 3000)
    residual = 0.5 + between * rng.normal(size=300)[group] + rng.normal(size=3000)
    found = components(residual, group)
    assert found.between == pytest.approx(between, abs=0.12)
    assert found.within == pytest.approx(1.0, abs=0.04)
    assert found.mean == pytest.approx(0.5, abs=0.3)


def test_equal_groups_give_the_estimate_of_the_mean_squares() -> None:
    """Balanced, restricted maximum likelihood is the analysis of variance."""
    rng = np.random.default_rng(2)
    table = rng.normal(size=(8, 1)) + rng.normal(size=(8, 5))
    found = components(table.reshape(-1), np.repeat(np.arange(8), 5))
    within = table.var(axis=1, ddof=1).mean()
    between = table.mean(axis=1).var(ddof=1) - within / 5
    assert found.within**2 == pytest.approx(within, rel=1e-3)
    assert found.between**2 == pytest.approx(between, rel=1e-3)
    shrink = between / (between + within / 5)
    middle = table.mean(axis=1) - table.mean()
    np.testing.assert_allclose(found.offset, shrink * middle, rtol=2e-3)


def test_few_groups_widen_more_than_many_rows_suggest() -> None:
    rng = np.random.default_rng(3)
    few = components(np.repeat(rng.normal(size=6), 50) + 0.1 * rng.normal(size=300),
                     np.repeat(np.arange(6), 50))  # fmt: skip
    assert few.freedom == pytest.approx(5.0, abs=0.2)
    assert few.widening(0.95) == pytest.approx(2.015 / 1.645, abs=0.02)
    alone = components(rng.normal(size=300), np.repeat(np.arange(6), 50))
    assert alone.widening(0.95) < 1.02
    np.testing.assert_allclose(few.widening(np.array([0.05, 0.99]))[0], few.widening(0.95))


def test_groups_of_one_row_have_no_part_within() -> None:
    rng = np.random.default_rng(4)
    found = components(rng.normal(size=30), np.arange(30))
    assert found.between == 0.0 and found.within == pytest.approx(1.0, abs=0.3)
    exact = components(np.zeros(12), np.repeat(np.arange(4), 3))
    assert exact.between == exact.within == 0.0


def test_groups_of_one_row_have_no_parts_that_can_be_told_apart() -> None:
    measured, predicted = np.random.default_rng(5).normal(size=(2, 20, 1))
    outputs = [Output("y")]
    assert between_groups(outputs, measured, predicted, np.arange(20)) == {}
    assert set(between_groups(outputs, measured, predicted, np.arange(20) // 2)) == {"y"}
