"""What is asked of every row of a large table takes little memory beyond the table."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from sna_edge import spline_axis
from sna_edge.core.output import Output
from sna_export.calibrate.familiarity import familiarity_of
from sna_export.calibrate.folds import different_at_least
from sna_export.fit.data.samples import Samples
from sna_export.fit.validation.held_rows import counted
from sna_export.fit.validation.suspects import deviations, listed

N, D = 400_000, 6
RNG = np.random.default_rng(8)
X = RNG.random((N, D))
EXPECTED = 1.0 + X[:, :1]
"""The error of a row grows with it."""
Y = EXPECTED * (1.0 + 0.01 * RNG.normal(size=(N, 1)))
ALL = np.ones(N, dtype=bool)
OUTPUTS = (Output("y"),)


def bytes_a_row(work: Callable[[], object]) -> float:
    """Beyond the rows, at the peak."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / N
    finally:
        tracemalloc.stop()


def test_rows_are_judged_block_by_block() -> None:
    samples = Samples.of(X, Y)

    def judged() -> None:
        listed(samples, deviations(OUTPUTS, Y, EXPECTED, ALL), np.arange(N), ~ALL)

    assert bytes_a_row(judged) < 60
    assert bytes_a_row(lambda: counted(samples, np.arange(10))) < 8


def test_familiarity_copies_only_the_rows_it_learns() -> None:
    axes = [spline_axis(f"x{d}", "", 0, 1) for d in range(D)]
    assert bytes_a_row(lambda: familiarity_of(axes, X)) < 80


def test_a_scale_of_some_rows_is_that_of_all() -> None:
    y = Y.copy()
    y[3::1000] += 1.0
    found = deviations(OUTPUTS, y, EXPECTED, ALL)
    assert found.far[3::1000].all() and found.far.sum() < N // 1000 + 5
    quarter = np.argsort(EXPECTED[:, 0]).reshape(4, -1)
    spread = [float(np.median(np.abs(found.z[rows]))) / 0.6745 for rows in quarter]
    assert spread == pytest.approx([1.0] * 4, rel=0.03)


@pytest.mark.parametrize("values", [[0.0, 1.0], [0.0, 2.0, 0.0, 3.0], [1.0, 1.0, 2.0, 3.0, 1.0]])
def test_outcomes_are_not_judged(values: list[float]) -> None:
    y = np.array(values * 60)[:, None]
    found = deviations(OUTPUTS, y, np.zeros_like(y), np.ones(len(y), dtype=bool))
    assert np.isnan(found.z).all()
    other = np.append(y, RNG.random((len(y) + 1, 1)), axis=0)
    judged = deviations(OUTPUTS, other, np.zeros_like(other), np.ones(len(other), dtype=bool))
    assert np.isfinite(judged.z).all()


def test_different_rows_are_counted_by_their_hashes() -> None:
    rows = RNG.integers(0, 30, (5000, 3)).astype(float)
    assert different_at_least(rows) == len(np.unique(rows, axis=0))
    assert different_at_least(X) == N


def test_the_digest_is_that_of_the_rows() -> None:
    one = Samples.of(X[:100], Y[:100])
    other = Y[:100].copy()
    other[99] += 1.0
    assert one.digest() == Samples.of(X[:100].copy(), Y[:100]).digest()
    assert one.digest() != Samples.of(X[:100], other).digest()
    assert one.digest() != Samples.of(X[:99], Y[:99]).digest()
