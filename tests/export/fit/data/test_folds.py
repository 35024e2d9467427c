"""Folds: rows with equal inputs stay together."""

from __future__ import annotations

import numpy as np

from sna_export.fit.data.folds import fold_of_rows


def test_equal_rows_share_a_fold_and_folds_are_even() -> None:
    rng = np.random.default_rng(0)
    x = np.repeat(rng.random((500, 3)), 2, axis=0)[rng.permutation(1000)]
    folds = fold_of_rows(x, 6, seed=1)
    _, group = np.unique(x, axis=0, return_inverse=True)
    assert all(len(set(folds[group == g])) == 1 for g in range(500))
    assert set(folds) == set(range(6))
    assert np.bincount(folds).min() > 130
    assert np.array_equal(folds, fold_of_rows(x, 6, seed=1))
    assert not np.array_equal(folds, fold_of_rows(x, 6, seed=2))
    moved = rng.permutation(1000)
    assert np.array_equal(fold_of_rows(x[moved], 6, seed=1), folds[moved])
