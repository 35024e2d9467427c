"""Monte-Carlo on the device: the samples, their moments and histograms, on the host."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from sna_edge import InputError, Model
from sna_edge.backends.cuda import CudaBackend
from sna_edge.backends.cuda.sampling import RUN

from ....model_kinds import mixed, spline_model
from .host_device import HostDriver

pytestmark = pytest.mark.skipif(not shutil.which("g++"), reason="no g++ here")
SEED = (7 << 32) + 5


def philox(counters: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Words [N, 4] of Philox4x32-10, written anew from the paper."""
    c, (k0, k1) = counters.astype(np.uint64).T.copy(), key
    low = np.uint64(0xFFFFFFFF)
    for turn in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        keys = [np.uint64((k + turn * w) & 0xFFFFFFFF) for k, w in
                ((k0, 0x9E3779B9), (k1, 0xBB67AE85))]  # fmt: skip
        c = np.array([(b >> np.uint64(32)) ^ c[1] ^ keys[0], b & low,
                      (a >> np.uint64(32)) ^ c[3] ^ keys[1], a & low])  # fmt: skip
    return c.T


def drawn(model: Model, count: int, ends: list[tuple[float, float]], first: int = 0) -> np.ndarray:
    """x [count, D] as `sampled` draws them, ends (low, high) with one more for levels."""
    i = np.arange(first, first + count, dtype=np.uint64)
    groups = [np.stack([i & np.uint64(0xFFFFFFFF), i >> np.uint64(32), i * 0 + g, i * 0], axis=1)
              for g in range(-(-len(ends) // 4))]  # fmt: skip
    words = np.hstack([philox(c.astype(np.uint64), (5, 7)) for c in groups])[:, : len(ends)]
    low, high = np.array(ends).T
    x = low + (high - low) * (words + 0.5) * 2.0**-32
    return np.where([a.kind == "categorical" for a in model.axes], np.floor(x), x)


def on_device(model: Model) -> CudaBackend:
    backend = model.with_backend("cuda").backend
    assert isinstance(backend, CudaBackend)
    return backend


def test_words_are_those_published_with_philox() -> None:
    """Known answers of Random123."""
    for word, wanted in ((0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
                         (0xFFFFFFFF, "408f276d 41c83b0e a20bc7c6 6d5451fd")):  # fmt: skip
        found = philox(np.full((1, 4), word, np.uint64), (word, word))[0]
        assert " ".join(f"{int(c):08x}" for c in found) == wanted


def test_moments_and_histogram_are_those_of_the_samples(host: HostDriver) -> None:
    model, count = mixed().with_backend("numpy"), RUN + 1000
    x = drawn(model, count, [(150.0, 300.0), (0.0, 360.0), (0.0, 5.0), (0.0, 3.0)], first=9)
    y, between = model.backend.value(x), np.array([[-1.0, 1.0], [0.4, 0.6]])
    found = on_device(model).sampled(
        count, {"power": (150.0, 300.0)}, seed=SEED, first=9, bins=40, between=between
    )
    d = y - y.mean(axis=0)
    m2, m3, m4 = ((d**k).mean(axis=0) for k in (2, 3, 4))
    np.testing.assert_allclose(found.mean, y.mean(axis=0), rtol=1e-6)
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
    x = drawn(model, 10, [(100.0, 400.0), (0.0, 360.0), (0.0, 5.0), (1.0, 2.0)])
    np.testing.assert_allclose(found.mean, model.backend.value(x).mean(axis=0), rtol=1e-5)
