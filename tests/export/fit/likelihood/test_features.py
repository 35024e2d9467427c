"""Functions of inputs and pairs, and their sums as modes."""

from __future__ import annotations

import numpy as np
import pytest

from sna_export.fit.data.samples import AxisSpec, Samples
from sna_export.fit.likelihood.features import CURVE, PAIR, STRAIGHT, Features


def samples() -> Samples:
    rng = np.random.default_rng(0)
    x = np.c_[rng.uniform(-2, 5, 200), rng.exponential(size=200), rng.integers(0, 3, 200)]
    axes = [AxisSpec("a"), AxisSpec("b"), AxisSpec("lot", levels=("p", "q", "r"))]
    return Samples.of(x, rng.normal(size=200), axes)


@pytest.mark.parametrize("curved", [False, True])
@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("outputs", [1, 3])
def test_modes_are_the_sum_of_the_columns(curved: bool, paired: bool, outputs: int) -> None:
    rows = samples()
    features = Features.of(rows, curved=curved, paired=paired)
    columns = features.columns(rows.x)
    rng = np.random.default_rng(1)
    b, constant = rng.normal(size=(columns.shape[1], outputs)), rng.normal(size=outputs)
    f = features.separable(constant, b)
    np.testing.assert_allclose(f.predict(rows.x), constant + columns @ b, atol=1e-9)
    kinds = {STRAIGHT, *([CURVE] if curved else []), *([PAIR] if paired else [])}
    assert set(features.kind.tolist()) == kinds


def test_columns_have_even_spread_and_are_unrelated() -> None:
    rows = samples()
    features = Features.of(rows, curved=True)
    local = features.axes[1].local(rows.x[:, 1])
    np.testing.assert_allclose(local.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(local[:, :2].std(axis=0), 1.0, rtol=1e-3)
    related = np.corrcoef(local.T) - np.eye(local.shape[1])
    assert np.abs(related).max() < 1e-3
    assert np.all(np.diff(local[:, 1:].std(axis=0)) < 0)


def test_two_values_have_no_curve() -> None:
    x = np.c_[np.resize([0.0, 1.0], 40), np.linspace(0, 1, 40)]
    features = Features.of(Samples.of(x, x[:, 1]), curved=True)
    assert features.axes[0].kind.tolist() == [STRAIGHT]
    assert CURVE in features.axes[1].kind
