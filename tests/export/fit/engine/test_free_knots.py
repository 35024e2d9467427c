"""Breaks of piecewise linear atoms move to where the slope jumps."""

from __future__ import annotations

import numpy as np

from sna_edge.core.basis import bspline, hat
from sna_export.fit.data.row_blocks import Rows
from sna_export.fit.engine.factors import SeparableFunction
from sna_export.fit.engine.free_knots import _by_breaks, with_moved_breaks
from sna_export.fit.engine.gauss_newton import levenberg_marquardt
from sna_export.fit.engine.initialization import mode_sets, random_start


def two_kinks(seed: int) -> tuple[SeparableFunction, np.ndarray]:
    rng = np.random.default_rng(seed)
    return random_start(
        [hat([0.0, 0.5, 1.0]), hat([0.0, 0.3, 0.7, 1.0])], mode_sets(2, 2), 2, rng
    ), rng.random((200, 2))


def test_slopes_by_the_breaks_are_the_derivatives() -> None:
    f, x = two_kinks(0)
    block = next(iter(Rows(f.bases, x, np.zeros((200, 2))).blocks()))
    found = np.column_stack(_by_breaks(f, block, [0, 1]))
    for column, (axis, k) in enumerate(((0, 1), (1, 1), (1, 2))):
        sides = []
        for h in (1e-6, -1e-6):
            bases = list(f.bases)
            breaks = bases[axis].breaks.copy()
            breaks[k] += h
            bases[axis] = bspline(breaks, 1)
            sides.append(SeparableFunction(tuple(bases), f.uses, f.tables).predict(x).reshape(-1))
        away = np.abs(x[:, axis] - f.bases[axis].breaks[k]) > 1e-4  # not on the kink itself
        np.testing.assert_allclose(
            found[np.repeat(away, 2), column],
            ((sides[0] - sides[1]) / 2e-6)[np.repeat(away, 2)],
            atol=1e-6,
        )


def test_breaks_find_the_kinks() -> None:
    f, x = two_kinks(1)
    target = (1.0 + np.abs(x[:, 0] - 0.37)) * (np.abs(x[:, 1] - 0.2) + 2.0 * np.abs(x[:, 1] - 0.8))
    y = np.column_stack([target, 1.0 - target])
    rows = Rows(f.bases, x, y)
    moved = with_moved_breaks(levenberg_marquardt(f, rows, adapt=False, steps=20).f, rows)
    np.testing.assert_allclose(moved.bases[0].breaks, [0.0, 0.37, 1.0], atol=1e-6)
    np.testing.assert_allclose(moved.bases[1].breaks, [0.0, 0.2, 0.8, 1.0], atol=1e-6)


def test_smooth_axes_stay() -> None:
    f = random_start([bspline([0.0, 0.5, 1.0], 3)], mode_sets(1, 1), 1, np.random.default_rng(0))
    rows = Rows(f.bases, np.linspace(0, 1, 20)[:, None], np.ones((20, 1)))
    assert with_moved_breaks(f, rows) is f
