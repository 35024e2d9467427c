"""A forest: steps are met, groups of trees know their own rows alone, boxes hold enough rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_export.teacher.forest import Forest
from sna_export.teacher.kernel import KernelInputs

Floats = NDArray[np.float64]
RNG = np.random.default_rng(0)
X = np.c_[RNG.random((300, 2)), RNG.integers(0, 3, 300)]
INPUTS = KernelInputs.of(np.array([0, 0, 3]), X.min(axis=0), X.max(axis=0))
ALL = np.arange(300)


def forest(
    y: Floats, rows: list[NDArray[np.int64]], least: int = 3, weight: Floats | None = None
) -> Forest:
    return Forest.grown(INPUTS, X, y, weight, rows, 60, least, 1)


def test_steps_and_levels_are_met() -> None:
    y = np.c_[1.0 * (X[:, 0] > 0.4), 1.0 * (X[:, 2] == 1)]
    fresh = np.array([[0.2, 0.5, 1.0], [0.7, 0.5, 0.0], [0.9, 0.1, 2.0]])
    found = forest(y, [ALL]).values(fresh)[:, :, 0]
    np.testing.assert_allclose(found, [[0, 1], [1, 0], [1, 0]], atol=0.1)  # a tenth of a step


def test_a_group_knows_its_own_rows_alone() -> None:
    y = X[:, :1] + X[:, 1:2]
    other = np.where(ALL[:, None] < 50, y + 100.0, y)
    groups = [ALL[50:], ALL]
    before, after = (forest(of, groups).values(X) for of in (y, other))
    np.testing.assert_array_equal(before[:, :, 0], after[:, :, 0])
    assert np.abs(before[:, :, 1] - after[:, :, 1]).max() > 50.0


def test_boxes_hold_enough_rows() -> None:
    y = X[:, :1] ** 2
    one = forest(y, [ALL], least=151)
    np.testing.assert_allclose(one.values(X), y.mean())
    deep = forest(y, [ALL], least=5)
    sizes = [np.bincount(deep._leaves(tree, INPUTS.columns(X))) for tree in range(60)]
    assert min(int(s[s > 0].min()) for s in sizes) >= 5
    assert max(int((s > 0).sum()) for s in sizes) > 20


def test_rows_without_weight_do_not_count() -> None:
    wrong = ALL % 4 == 0
    y = X[:, :1] + 10.0 * wrong[:, None]
    found = forest(y, [ALL], weight=np.where(wrong, 1e-9, 1.0)).values(X[~wrong])[:, 0, 0]
    assert np.sqrt(np.mean((found - X[~wrong, 0]) ** 2)) < 0.1


def test_a_single_tree_scatters_around_the_mean() -> None:
    rng = np.random.default_rng(3)
    y = X[:, :1] + 0.3 * rng.standard_normal((300, 1))
    found = forest(y, [ALL])
    mean, variance = found.moments(X)
    np.testing.assert_array_equal(mean, found.values(X))
    each = np.stack([found.mean[found._leaves(t, INPUTS.columns(X))] for t in range(60)])
    np.testing.assert_allclose(variance[:, :, 0], each.var(axis=0, ddof=1), atol=1e-9)
