"""Shares under the logistic link: an output that nothing predicts was 0.5 instead of its mean,
purities of 99.99 % a fault."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.core.output import values
from sna_export.fit import fit_arrays
from sna_export.fit.data.samples import Samples, linear_targets

MEANS = {
    "small": lambda r: 0.1 + 0.05 * r.random(80),
    "large": lambda r: 0.9 + 0.05 * r.random(80),
    "rare": lambda r: (r.random(80) < 0.15) * 1.0,
    "mostly": lambda r: (r.random(80) < 0.85) * 1.0,
    "with zeros": lambda r: np.maximum(r.random(80) - 0.6, 0.0),
    "faint": lambda r: 1e-4 * (1.0 + r.random(80)),
    "pure": lambda r: 1.0 - 1e-4 * (1.0 + r.random(80)),
    "two": lambda r: r.choice([0.2, 0.3], 80),
    "few rows": lambda r: 0.2 + 0.1 * r.random(30),
}


@pytest.mark.parametrize("kind", MEANS)
def test_what_nothing_predicts_is_its_mean(kind: str) -> None:
    rng = np.random.default_rng(1)
    y = MEANS[kind](rng)
    found = fit_arrays(rng.random((len(y), 3)), y, link="logistic")
    assert set(found.report["confirmed"]["replaced"].values()) <= {"mean", "linear"}
    np.testing.assert_allclose(found.model.value(np.full(3, 0.5)), y.mean(), atol=2.0 * y.std())


NEAR = {
    "purity": 1.0 - 1e-4 * np.linspace(1.0, 5.0, 60),
    "ppm": 1e-6 * np.linspace(1.0, 5.0, 60),
    "ppm and nothing": np.r_[0.0, 1e-6 * np.arange(1.0, 60.0)],
    "one beside zeros": np.r_[np.zeros(59), 1e-9],
    "all near both": np.r_[np.full(30, 1e-5), np.full(30, 1.0 - 1e-5)],
    "purity and all": np.r_[1.0, 1.0 - 1e-3 * np.linspace(0.1, 1.0, 59)],
    "subnormal": np.r_[5e-324, np.linspace(0.1, 0.9, 59)],
    "zeros and ones": np.resize([0.0, 1.0], 60),
}


@pytest.mark.parametrize("kind", NEAR)
def test_shares_near_the_ends_keep_apart(kind: str) -> None:
    y = NEAR[kind][:, None]
    outputs = Samples.of(np.arange(60.0)[:, None], y).outputs("logistic")
    f = linear_targets(outputs, y)
    assert np.isfinite(f).all() and f.std() > 0
    inside = (y > 2e-3 * np.median(y[y > 0])) & (1.0 - y > 2e-3 * np.median((1.0 - y)[y < 1]))
    np.testing.assert_allclose(values(outputs, f)[inside], y[inside], rtol=1e-9)


def test_purities_are_fitted() -> None:
    rng = np.random.default_rng(16)
    x = rng.random((100, 3))
    found = fit_arrays(x, 1.0 - 1e-4 / (1.0 + np.exp(-(x @ [3.0, -2.0, 1.0]))), link="logistic")
    assert found.report["outputs"]["y"]["r2"] > 0.95
