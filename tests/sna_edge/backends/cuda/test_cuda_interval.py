"""Ends of intervals on the device beside those of numpy, on the host."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from sna_edge import Model, from_bytes
from sna_edge.backends.cuda import CudaBackend, WithEnds
from sna_edge.backends.cuda.interval import Widths
from sna_edge.core.beside import CoordinateSource, Role
from sna_edge.numerics.domain_points import domain_points
from sna_edge.uncertainty.interval import ends, residuals

from ....c_library import KEPT_1_1
from ....model_kinds import spline_model
from ... import beside_models as made
from .host_device import HostDriver

pytestmark = pytest.mark.skipif(not shutil.which("g++"), reason="no g++ here")
DATA = {p.stem: p.read_bytes() for p in KEPT_1_1} | {"whole": made.whole().to_bytes()}
FILES = {name: data for name, data in DATA.items() if Widths.of(from_bytes(data))}


def both(data: bytes) -> tuple[Model, Model]:
    model = from_bytes(data)
    return model.with_backend("numpy"), model.with_backend("cuda")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("level", [0.5, 0.8])
def test_ends_are_those_of_numpy(name: str, level: float, host: HostDriver) -> None:
    model, twin = both(FILES[name])
    x = domain_points(model.axes, 200)
    y = model.backend.value(x)
    y[5] = np.nan
    wanted, found = ends(model, x, y, level), ends(twin, x, y, level)
    assert isinstance(twin.backend, WithEnds)
    width = np.nanmax(wanted[1] - wanted[0], axis=0)
    for one, other in zip(found, wanted, strict=True):
        assert np.array_equal(np.isnan(one), np.isnan(other)) and np.isnan(one[5]).all()
        assert np.nanmax(np.abs(one - other) / width) < 1e-5


def test_the_files_ask_for_everything_that_a_width_may_need() -> None:
    models = [from_bytes(data) for data in FILES.values()]
    scales = [c for m in models for c in m.companions if c.role == Role.SCALE]
    sources = {c.source for s in scales for c in s.coordinates}
    spaces = {s for m in models if m.calibration for s in m.calibration.spaces}
    assert sources == set(CoordinateSource) and spaces == {"output", "link"}


def test_evaluate_answers_as_numpy_does(host: HostDriver) -> None:
    model, twin = both(FILES["whole"])
    x = domain_points(model.axes, 50)
    one, other = (m.evaluate(x, level=0.8, level_index=True) for m in (model, twin))
    assert np.array_equal(one.status, other.status)
    np.testing.assert_allclose(other.lower, one.lower, atol=1e-4)
    np.testing.assert_allclose(other.upper, one.upper, atol=1e-4)


def test_pieces_and_addresses_of_the_device(
    host: HostDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, twin = both(FILES["whole"])
    backend: Any = twin.backend
    x = domain_points(model.axes, 100).astype(np.float32)
    y = model.backend.value(x.astype(float)).astype(np.float32)
    _, below, above = residuals(model, 0.8)
    whole = backend.around(x, y, below, above)
    monkeypatch.setattr("sna_edge.backends.cuda.interval.PIECE", 33)
    lower, upper = np.empty_like(y), np.empty_like(y)
    arrays = (x, y, lower, upper)
    backend.around_at(*(a.ctypes.data for a in arrays), len(x), below, above)
    np.testing.assert_allclose(lower, whole[0], rtol=1e-6)
    np.testing.assert_allclose(upper, whole[1], rtol=1e-6)
    monkeypatch.setattr("sna_edge.backends.cuda.PIECE", 40)
    assert np.array_equal(backend.around(x, y, below, above)[1], whole[1])


def test_any_thread_may_be_the_first_to_ask(host: HostDriver) -> None:
    model, twin = both(FILES["whole"])
    backend: Any = twin.backend
    x = domain_points(model.axes, 10).astype(np.float32)
    y = model.backend.value(x.astype(float)).astype(np.float32)
    lower, upper, g = np.empty_like(y), np.empty_like(y), np.empty((10, 2, x.shape[1]), np.float32)
    at = [a.ctypes.data for a in (x, y, lower, upper)]
    asked = (
        lambda: backend.around_at(*at, 10, *residuals(model, 0.8)[1:]),
        lambda: backend.sampled(10),
        lambda: backend.gradient_at(at[0], at[1], g.ctypes.data, 10),
        lambda: backend.single(x[0].astype(float)),
    )
    for call in asked:  # each in a thread that has seen no device
        with ThreadPoolExecutor(1) as pool:
            pool.submit(call).result()


def test_a_model_without_a_calibration_has_no_ends(host: HostDriver) -> None:
    backend = spline_model(2, 8, 4).with_backend("cuda").backend
    assert type(backend) is CudaBackend


def test_everything_is_given_back(host: HostDriver) -> None:
    _, twin = both(FILES["whole"])
    backend: Any = twin.backend
    x = domain_points(twin.axes, 10)
    backend.around(x, backend.value(x), *residuals(twin, 0.8)[1:])
    del backend, twin
    assert not host.memory and not host.modules
