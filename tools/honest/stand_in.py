"""Fast stand-ins for a fit: predictions of rows out of fold and of other rows, by which widths are
judged on many tables."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from tables import Measured, Split, drawn

from sna_export.fit.data.folds import fold_of_rows

Floats = NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "out" / "honest"
FOLDS = 8
SMALL = 1200
"""Rows up to which the stand-in is a Gaussian process, above boosted trees."""
SEARCH_ROWS = 300
"""Rows that the lengths of the Gaussian process are found on."""


@dataclass(frozen=True)
class Predicted:
    """A split with predictions in the space of the interval: y, p [N] out of fold and the teacher's
    deviation d [N] (0 where there is none), the same of the other rows; `linked`: the space is that
    of the link exp."""

    split: Split
    y: Floats
    p: Floats
    y_test: Floats
    p_test: Floats
    d: Floats
    d_test: Floats
    linked: bool


def predicted(table: Measured, n: int, seed: int) -> Predicted | None:
    """Of a split, from the cache where it was made before; None where the table is too short."""
    split = drawn(table, n, seed)
    if split is None:
        return None
    path = CACHE / f"{table.name.replace(' ', '_')}_{n}_{seed}.npz"
    link = np.log if table.logarithm else np.asarray
    y, y_test = link(split.y), link(split.y_test)
    if path.exists():
        kept = np.load(path)
        found = [kept[name] for name in ("p", "p_test", "d", "d_test")]
    else:
        answer = _process if n <= SMALL else _trees
        found = list(answer(split.x, y, split.x_test, seed))
        CACHE.mkdir(parents=True, exist_ok=True)
        np.savez(path, p=found[0], p_test=found[1], d=found[2], d_test=found[3])
    p, p_test, d, d_test = found
    return Predicted(split, y, p, y_test, p_test, d, d_test, table.logarithm)


def _process(x: Floats, y: Floats, other: Floats, seed: int) -> tuple[Floats, ...]:
    """A Gaussian process with one length an input; folds left out in closed form."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-12
    z, z_other = (x - mean) / scale, (other - mean) / scale
    centre, spread = y.mean(), y.std()
    t = (y - centre) / spread
    kernel = ConstantKernel(1.0) * RBF(np.ones(x.shape[1]), (0.05, 100.0)) + WhiteKernel(
        0.1, (1e-6, 2.0)
    )
    some = np.random.default_rng(seed).permutation(len(y))[:SEARCH_ROWS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kernel = GaussianProcessRegressor(kernel).fit(z[some], t[some]).kernel_
    K, folds = kernel(z), fold_of_rows(x, FOLDS, seed)
    p, v = np.empty(len(y)), np.empty(len(y))
    whole = cho_solve(cho_factor(K + 1e-8 * np.eye(len(K))), np.eye(len(K)))
    for f in range(FOLDS):
        i = folds == f
        block = np.linalg.inv(whole[np.ix_(i, i)])
        p[i] = t[i] - block @ (whole @ t)[i]
        v[i] = np.diag(block)
    cross = kernel.k1(z_other, z)
    p_other = cross @ (whole @ t)
    top = kernel.k1.k1.constant_value + kernel.k2.noise_level
    v_other = np.maximum(top - np.einsum("ij,ij->i", cross @ whole, cross), 1e-12)
    return (
        centre + spread * p,
        centre + spread * p_other,
        spread * np.sqrt(v),
        spread * np.sqrt(v_other),
    )


def _trees(x: Floats, y: Floats, other: Floats, seed: int) -> tuple[Floats, ...]:
    from sklearn.ensemble import HistGradientBoostingRegressor

    def fitted(x: Floats, y: Floats) -> HistGradientBoostingRegressor:
        return HistGradientBoostingRegressor(
            max_iter=200,
            learning_rate=0.07,
            max_leaf_nodes=24,
            min_samples_leaf=10,
            random_state=seed,
        ).fit(x, y)

    folds, p = fold_of_rows(x, FOLDS, seed), np.empty(len(y))
    for f in range(FOLDS):
        i = folds == f
        p[i] = fitted(x[~i], y[~i]).predict(x[i])
    return p, fitted(x, y).predict(other), np.zeros(len(y)), np.zeros(len(other))
