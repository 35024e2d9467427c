"""Normal equations summed in two halves are those of all rows."""

from __future__ import annotations

import numpy as np

from sna_edge.basis import bspline
from sna_export.fit.data.row_blocks import HALVED, Rows
from sna_export.fit.engine.initialization import mode_sets, random_start
from sna_export.fit.engine.normal_equations import jacobian, normal_equations


def test_halves_add_up_to_the_whole_and_residuals_keep_their_order() -> None:
    """An odd number of rows, several blocks, and weights."""
    rng = np.random.default_rng(0)
    count = HALVED + 1
    x, y, weight = rng.random((count, 2)), rng.standard_normal((count, 1)), rng.random(count)
    bases = [bspline([0.0, 0.5, 1.0], 3)] * 2
    f = random_start(bases, mode_sets(2, 3), 1, rng)
    rows = Rows(f.bases, x, y, weight)
    assert len(list(rows.blocks())) == 2
    assert len(list(rows.half(0))) == len(list(rows.half(1))) == 1
    axes = range(3)
    found = normal_equations(f, rows, axes)
    j = np.concatenate([jacobian(f, block, axes)[0] for block in rows.blocks()])
    residual = y[:, 0] - f.predict(x)[:, 0]
    np.testing.assert_allclose(found.residual, residual, atol=1e-12)
    np.testing.assert_allclose(found.a, (j * weight[:, None]).T @ j / weight.sum(), atol=1e-12)
    np.testing.assert_allclose(found.g, j.T @ (weight * residual) / weight.sum(), atol=1e-12)


def test_rows_without_weight_are_left_away_and_some_rows_are_drawn() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random((50, 2)), rng.standard_normal((50, 1))
    bases = tuple(random_start([bspline([0.0, 1.0], 2)] * 2, mode_sets(2, 2), 1, rng).bases)
    seen = rng.random(50) < 0.5
    even = Rows(bases, x, y, seen.astype(float)).weighing()
    assert even.weight is None
    np.testing.assert_array_equal(even.x, x[seen])
    uneven = Rows(bases, x, y, seen * np.arange(1.0, 51.0)).weighing()
    np.testing.assert_array_equal(uneven.weight, np.arange(1.0, 51.0)[seen])
    assert uneven.total == (seen * np.arange(1.0, 51.0)).sum()
    some = Rows(bases, x, y, np.arange(50.0)).some(20)
    assert len(some.x) == 20
    for row, weight in zip(some.x, some.weight, strict=True):
        np.testing.assert_array_equal(x[int(weight)], row)
