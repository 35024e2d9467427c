"""Adaptive sampling by scikit-learn's Gaussian process, as its users write it: ALM (the row of
largest variance) and ALC (the row that takes most variance from the domain)."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

Floats = NDArray[np.float64]
CANDIDATES, REFERENCE = 1024, 256


def next_rows(kind: str, u: Floats, y: Floats, count: int, seed: int) -> Floats:
    """`count` rows of the unit cube beside u [N, D] with values y [N]; after each its expected
    value is taken as measured."""
    d = u.shape[1]
    kernel = ConstantKernel(1.0, (1e-3, 1e4)) * RBF(np.full(d, 0.5), (1e-2, 1e2))
    kernel += WhiteKernel(1e-4, (1e-9, 1.0))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process.fit(u, y)
    rng = np.random.default_rng(seed)
    points = rng.random((CANDIDATES + REFERENCE, d))
    covariance = process.predict(points, return_cov=True)[1]
    noise = process.kernel_.k2.noise_level * float(y.std()) ** 2
    covariance[np.diag_indices(len(covariance))] -= noise  # the function's, not a measurement's
    chosen = []
    for _ in range(count):
        own = np.maximum(np.diag(covariance)[:CANDIDATES], 0.0) + noise + 1e-12 * float(y.var())
        if kind == "ALM":
            worth = own
        else:
            worth = np.sum(covariance[CANDIDATES:, :CANDIDATES] ** 2, axis=0) / own
        i = int(np.argmax(worth))
        chosen.append(i)
        covariance = covariance - np.outer(covariance[:, i], covariance[i]) / own[i]
    return np.asarray(points[chosen])
