"""Gaussian processes of scikit-learn, alone and behind scalers."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError
from sna_export.adopt import (
    compress,
    from_gaussian_process,
)

X = np.random.default_rng(1).uniform([0.0, -1.0], [1.0, 2.0], (50, 2))


@pytest.mark.slow
def test_a_gaussian_process_of_a_thousand_rows_fits_in_six_kilobytes() -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    rng = np.random.default_rng(0)
    law = lambda x: (  # noqa: E731
        np.sin(3 * x[:, 0]) * (1 + x[:, 1])
        + x[:, 2] * np.exp(-x[:, 3])
        + 0.5 * x[:, 4] ** 2
        + 0.1 * x[:, 5]
    )
    x, fresh = rng.random((1000, 6)), rng.random((4000, 6))
    y = law(x) + 0.03 * rng.normal(size=1000)
    kernel = ConstantKernel(10.0) * RBF([1.0, 2.0, 2.0, 2.0, 2.0, 8.0]) + WhiteKernel(1e-3)
    process = GaussianProcessRegressor(kernel, optimizer=None, normalize_y=True).fit(x, y)
    fresh = np.clip(fresh, x.min(axis=0), x.max(axis=0))
    original = from_gaussian_process(process)
    assert np.abs(original.value(fresh)[:, 0] - process.predict(fresh)).max() <= 1e-6 * np.ptp(y)
    model = compress(original, 3e-3, rows=x).model
    own, ours = (
        np.sqrt(np.mean((p - law(fresh)) ** 2))
        for p in (process.predict(fresh), model.value(fresh)[:, 0])
    )
    assert len(model.to_bytes()) <= 6144
    assert ours <= 1.3 * own


@pytest.mark.parametrize("shape", ["rbf", "sum", "product"])
def test_gaussian_process(shape: str, same) -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    rng = np.random.default_rng(2)
    x = rng.random((120, 3))
    y = np.sin(3 * x[:, 0]) * x[:, 1] + x[:, 2] ** 2
    kernels = {
        "rbf": ConstantKernel(2.0) * RBF([0.5, 0.6, 0.7]) + WhiteKernel(1e-6),
        "sum": RBF([0.5, 0.6, 0.7]) + 0.5 * RBF(1.5) + ConstantKernel(0.3),
        "product": RBF([0.9, 1.6, 1.7]) * RBF(1.0) + WhiteKernel(1e-6),
    }
    process = GaussianProcessRegressor(
        kernels[shape], optimizer=None, alpha=1e-8, normalize_y=True
    ).fit(x, y)
    original = from_gaussian_process(process)
    same(original, process.predict)
    small = compress(original, 1e-3)
    assert small.rms <= 1e-3
    assert small.model.interaction.rank <= 24


def test_other_kernels_are_refused_by_name() -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, Matern

    x = np.random.default_rng(3).random((10, 2))
    process = GaussianProcessRegressor(RBF() + Matern(), optimizer=None).fit(x, x[:, 0])
    with pytest.raises(InputError, match="Matern"):
        from_gaussian_process(process)
    with pytest.raises(InputError, match="fit first"):
        from_gaussian_process(GaussianProcessRegressor())


SCALERS = {
    "Standard": {},
    "MinMax": {"feature_range": (-2, 1)},
    "MaxAbs": {},
    "Robust": {},
    "Standard without mean": {"with_mean": False},
    "Standard without scale": {"with_std": False},
    "two": {},
    "passthrough": {},
}


@pytest.mark.parametrize("kind", SCALERS)
def test_a_fitted_pipeline_of_scalers_and_a_process_is_adopted(kind: str) -> None:
    """It was said to be "not fitted"."""
    process, scalers = (
        pytest.importorskip("sklearn.gaussian_process"),
        pytest.importorskip("sklearn.preprocessing"),
    )
    pipeline = pytest.importorskip("sklearn.pipeline")
    steps = (
        [
            "passthrough"
            if kind == "passthrough"
            else getattr(scalers, kind.split()[0] + "Scaler")(**SCALERS[kind])
        ]
        if kind != "two"
        else [scalers.MinMaxScaler(), scalers.StandardScaler()]
    )
    y = np.sin(3 * X[:, 0]) + X[:, 1] ** 2
    made = pipeline.make_pipeline(
        *steps, process.GaussianProcessRegressor(optimizer=None, normalize_y=True, alpha=1e-4)
    ).fit(X, y)
    original = from_gaussian_process(made)
    np.testing.assert_allclose(original.value(X)[:, 0], made.predict(X), atol=1e-9)
    np.testing.assert_allclose(
        [(d.lower, d.upper) for d in original.domain],
        np.stack([X.min(axis=0), X.max(axis=0)], axis=1),
        rtol=1e-12,
    )


def test_pipelines_that_are_none_are_named() -> None:
    process, scalers = (
        pytest.importorskip("sklearn.gaussian_process"),
        pytest.importorskip("sklearn.preprocessing"),
    )
    pipeline = pytest.importorskip("sklearn.pipeline")
    regressor, classifier = (
        getattr(process, f"GaussianProcess{kind}")(optimizer=None)
        for kind in ("Regressor", "Classifier")
    )
    for made, words in (
        (
            pipeline.make_pipeline(scalers.PolynomialFeatures(2), regressor).fit(X, X[:, 0]),
            "Polynomial",
        ),
        (
            pipeline.make_pipeline(scalers.StandardScaler(), process.GaussianProcessRegressor()),
            "fitted",
        ),
        (process.GaussianProcessRegressor(), "not fitted"),
        (classifier.fit(X, X[:, 0] > 0.5), "regressor"),
    ):
        with pytest.raises(InputError, match=words):
            from_gaussian_process(made)
