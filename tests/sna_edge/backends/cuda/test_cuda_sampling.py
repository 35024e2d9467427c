"""Monte-Carlo on the device: samples are those of a sweep on the CPU; moments and histograms."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from sna_edge import InputError, Model
from sna_edge.backends.cuda import CudaBackend
from sna_edge.backends.cuda.sampling import RUN
from sna_export.monte_carlo.drawing import draws_of, samples

from ....model_kinds import mixed, spline_model
from .host_device import HostDriver

pytestmark = pytest.mark.skipif(not shutil.which("g++"), reason="no g++ here")
SEED, FIRST = (7 << 32) + 5, (1 << 32) - 1000


def drawn(model: Model, count: int, first: int = 0, **given: str) -> np.ndarray:
    """x [count, D] of a sweep on the CPU, uniform where nothing is given."""
    return samples(draws_of(model, given, "uniform"), SEED, first, count).astype(float)


def on_device(model: Model) -> CudaBackend:
    backend = model.with_backend("cuda").backend
    assert isinstance(backend, CudaBackend)
    return backend


def test_moments_and_histogram_are_those_of_the_samples(host: HostDriver) -> None:
    model, count = mixed().with_backend("numpy"), RUN + 1000
    x = drawn(model, count, FIRST, power="uniform(150, 300)")
    y, between = model.backend.value(x), np.array([[-1.0, 1.0], [0.4, 0.6]])
    found = on_device(model).sampled(
        count, {"power": (150.0, 300.0)}, seed=SEED, first=FIRST, bins=40, between=between
    )
    d = y - y.mean(axis=0)
    m2, m3, m4 = ((d**k).mean(axis=0) for k in (2, 3, 4))
    np.testing.assert_allclose(found.mean, y.mean(axis=0), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.variance, y.var(axis=0, ddof=1), rtol=1e-6)
    np.testing.assert_allclose(found.skewness, m3 / m2**1.5, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.kurtosis, m4 / m2**2 - 3.0, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.least, y.min(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.largest, y.max(axis=0), atol=1e-6)
    for k in range(2):
        counts = np.histogram(y[:, k], 40, tuple(between[k]))[0]
        assert np.abs(found.bins[k].astype(int) - counts).max() <= 5  # float32 at an edge of a bin
        assert abs(int(found.below[k]) - (y[:, k] < between[k, 0]).sum()) <= 5
        assert found.bins[k].sum() + found.below[k] + found.above[k] == count


def test_any_partition_gives_the_same_samples(host: HostDriver) -> None:
    backend = on_device(spline_model(5, 8, 4))
    whole, *parts = (backend.sampled(n, seed=3, first=first, bins=16, between=(0, 3))
                     for first, n in ((0, 5000), (0, 1234), (1234, 3766)))  # fmt: skip
    assert np.array_equal(whole.bins, parts[0].bins + parts[1].bins)
    mean = (1234 * parts[0].mean + 3766 * parts[1].mean) / 5000
    np.testing.assert_allclose(whole.mean, mean, rtol=1e-13)
    assert whole.least == min(p.least for p in parts)


def test_fixed_inputs_and_no_histogram(host: HostDriver) -> None:
    model = spline_model(2, 8, 4).with_backend("numpy")
    found = on_device(model).sampled(100, {"x0": (0.5, 0.5), "x1": (0.9, 0.9)})
    assert found.bins.shape == (1, 0) and not found.above[0]
    np.testing.assert_allclose(found.mean, model([0.5, 0.9]), rtol=1e-6)
    assert found.least == found.largest and found.variance < 1e-12


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"within": {"x9": (0, 1)}}, "input 'x9' is none of the model's: x0, x1"),
        ({"within": {"x0": (0, 9)}}, r"input 'x0' cannot be drawn between 0 and 9; give ends in"),
        ({"within": {"x0": (0.5, 0.4)}}, "cannot be drawn between 0.5 and 0.4"),
        ({"bins": 10_000}, "a histogram of 10000 bins is none for this device; give 1 to 2302"),
        ({"bins": 4, "between": (1, 1)}, "needs a lower and a larger upper end"),
        ({"bins": 4, "between": (0, np.nan)}, "needs a lower and a larger upper end"),
        ({"count": 0}, "0 samples from 0 on with seed 0 cannot be drawn; give a count of 1"),
        ({"seed": -1}, "with seed -1 cannot be drawn"),
    ],
)
def test_what_cannot_be_drawn_is_refused(host: HostDriver, asked: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        on_device(spline_model(2, 8, 4)).sampled(**{"count": 10} | asked)


def test_levels_are_drawn_by_index(host: HostDriver) -> None:
    model = mixed().with_backend("numpy")
    with pytest.raises(
        InputError, match=r"'alloy' cannot be drawn between 0\.5 and 1; give level in"
    ):
        on_device(model).sampled(10, {"alloy": (0.5, 1)})
    found = on_device(model).sampled(10, {"alloy": (1, 1)}, seed=SEED)
    x = drawn(model, 10, alloy="IN718")
    np.testing.assert_allclose(found.mean, model.backend.value(x).mean(axis=0), rtol=1e-5)
