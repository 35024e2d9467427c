"""The cuda backend without a device: its kernels run on the host through the very calls that a
device gets, and are compiled by NVRTC for devices where it is installed."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from sna_edge import CP, Axis, BackendError, Model, Output, from_bytes
from sna_edge.backends.cuda import CudaBackend, driver, nvrtc
from sna_edge.backends.cuda.layout import layout_of, padded_groups
from sna_edge.backends.cuda.source import interval_source, program
from sna_edge.core.basis import hat
from sna_edge.numerics.domain_points import domain_points

from ....model_kinds import KINDS, mixed, spline_model
from .host_device import SHARED, HostDriver

TAKEN = [k for k in KINDS if not k.startswith("train")]
FLOAT32 = 1e-6
"""Of the range: sums of 32 products of seven float32; gradients ten times that of range / width."""
needs_compiler = pytest.mark.skipif(not shutil.which("g++"), reason="no g++ here")


def on_device(model: Model) -> CudaBackend:
    backend = model.with_backend("cuda").backend
    assert isinstance(backend, CudaBackend)
    return backend


@needs_compiler
@pytest.mark.parametrize("kind", TAKEN)
def test_it_computes_what_the_model_says(kind: str, host: HostDriver) -> None:
    model = from_bytes(KINDS[kind]().to_bytes()).with_backend("numpy")
    backend, x = on_device(model), domain_points(model.axes, 500)
    y, slopes = model.backend.value_and_gradient(x)
    size = np.maximum(np.ptp(y, axis=0), 1e-9)
    width = np.array([a.width or 1.0 for a in model.axes])
    assert np.abs((backend.value(x) - y) / size).max() < FLOAT32
    again, found = backend.value_and_gradient(x)
    assert np.abs((again - y) / size).max() < FLOAT32
    assert np.abs((found - slopes) * width / size[:, None]).max() < 10 * FLOAT32
    one = backend.single(x[7])
    assert one is not None and np.abs((one - y[7]) / size).max() < FLOAT32


@needs_compiler
def test_the_constants_of_an_odd_model_have_the_size_that_a_compiler_gives_them(
    host: HostDriver,
) -> None:
    """An odd number of floats behind addresses: the struct ends on a multiple of 8 bytes."""
    model = spline_model(3, 8, 4, degree=2).with_backend("numpy")
    x = domain_points(model.axes, 50)
    np.testing.assert_allclose(on_device(model).value(x), model.backend.value(x), atol=1e-5)


@needs_compiler
@pytest.mark.parametrize("room", [6000, 300, 200])
def test_tables_that_do_not_fit_are_read_where_they_lie(
    room: int, host: HostDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tables in shared memory, the weights (256 bytes) alone, nothing."""
    model = spline_model(4, 20, 20, outputs=2)
    monkeypatch.setattr("sna_edge.backends.cuda.kernels.SPARE", SHARED - room)
    x = domain_points(model.axes, 200)
    y = model.with_backend("numpy").backend.value(x)
    assert np.abs(on_device(model).value(x) - y).max() < FLOAT32 * np.ptp(y)
    few, all_of_them = (program(layout_of(model), budget).shared for budget in (room, SHARED))
    assert few <= room < all_of_them


@needs_compiler
def test_rows_go_through_in_pieces(host: HostDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    model = spline_model(3, 8, 4, outputs=2)
    backend, x = on_device(model), domain_points(model.axes, 1000)
    whole, slopes = backend.value_and_gradient(x)
    monkeypatch.setattr("sna_edge.backends.cuda.PIECE", 300)
    assert np.array_equal(backend.value(x), whole)
    assert np.array_equal(backend.value_and_gradient(x)[1], slopes)
    assert backend.value(x[:0]).shape == (0, 2)


@needs_compiler
def test_outside_the_domain_rows_continue_or_have_no_value(host: HostDriver) -> None:
    model = mixed().with_backend("numpy")
    x = np.array([[50.0, 400.0, 6.0, 1.0], [500.0, -30.0, -1.0, 0.0], [200.0, 10.0, 1.0, 2.0]])
    backend, (y, slopes) = on_device(model), model.backend.value_and_gradient(x)
    np.testing.assert_allclose(backend.value(x), y, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(backend.value_and_gradient(x)[1], slopes, rtol=1e-4, atol=1e-4)
    strict = in_memory(backend, x)
    assert np.isnan(strict[:2]).all() and np.isfinite(strict[2]).all()
    lost = x[2:].repeat(3, axis=0)
    lost[0, 0], lost[1, 3], lost[2, 3] = np.nan, 1.5, np.nan
    assert np.isnan(in_memory(backend, lost)).all() and np.isnan(backend.value(lost)[::2]).all()
    assert backend.single(x[0]) is None and backend.single(lost[1]) is None
    assert backend.single(x[2]) is not None and backend.single(x[2].astype(np.float32)) is None


def in_memory(backend: CudaBackend, x: np.ndarray) -> np.ndarray:
    """y [N, K] by the call that takes addresses."""
    rows, y = x.astype(np.float32), np.empty((len(x), 2), np.float32)
    backend.value_at(rows.ctypes.data, y.ctypes.data, len(x))
    return y


@needs_compiler
def test_addresses_of_the_device_give_float32(host: HostDriver) -> None:
    model = spline_model(3, 12, 8, outputs=2).with_backend("numpy")
    backend, x = on_device(model), domain_points(model.axes, 100).astype(np.float32)
    y, slopes = model.backend.value_and_gradient(x.astype(float))
    found, g = np.empty((100, 2), np.float32), np.empty((100, 2, 3), np.float32)
    backend.gradient_at(x.ctypes.data, found.ctypes.data, g.ctypes.data, 100)
    np.testing.assert_allclose(found, y, atol=FLOAT32 * np.ptp(y))
    np.testing.assert_allclose(g, slopes, atol=10 * FLOAT32 * np.abs(slopes).max())
    assert np.array_equal(in_memory(backend, x), found)


@needs_compiler
def test_a_model_gives_back_what_it_took(host: HostDriver) -> None:
    model = spline_model(2, 8, 4)
    backend = on_device(model)
    backend.value(np.full((3, 2), 0.5))
    assert host.memory and host.modules
    del backend
    assert not host.memory and not host.modules


@needs_compiler
def test_what_the_driver_refuses_is_one_sentence(
    host: HostDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = on_device(spline_model(2, 8, 4))
    backend.launched()
    x = np.full((3, 2), 0.5)
    for code, step in ((2, "end what else uses the memory"), (700, "look at nvidia-smi")):
        monkeypatch.setattr(host, "cuLaunchKernel", lambda *given, code=code: code, raising=False)
        told = (
            rf"cuLaunchKernel failed \(CUDA_ERROR_OF_A_HOST\); {step}.*, or use backend 'native'$"
        )
        with pytest.raises(BackendError, match=told):
            backend.value(x)
    assert backend.device.name == "a host"


def test_modes_are_padded_so_that_neighbours_read_other_banks() -> None:
    assert [padded_groups(m) for m in (1, 4, 5, 12, 16, 17, 32, 33, 65)] == [
        1, 1, 2, 4, 4, 8, 8, 16, 24,
    ]  # fmt: skip


def test_models_that_differ_in_numbers_share_a_source() -> None:
    one, other = (program(layout_of(spline_model(3, 12, 8, seed=s)), SHARED) for s in (0, 1))
    assert one.text == other.text and one.arrays != other.arrays


def test_even_splines_of_a_file_have_one_matrix_for_all_spans() -> None:
    """The fast way: loaded matrices are rounded and must still be taken as the same."""
    for made in (spline_model(2, 12, 8), from_bytes(spline_model(2, 12, 8).to_bytes())):
        assert [len(t.matrices) for t in layout_of(made).tables] == [1, 1]


def test_what_the_kernel_does_not_take_is_refused() -> None:
    whole = hat([0.0, 1.0, 2.0])
    axes = [Axis(name, "", replace(whole, matrices=0.9 * whole.matrices)) for name in "xz"]
    modes = (np.array([0]), np.array([0, 1]))
    left_out = CP((np.ones((3, 1)), np.ones((3, 2))), modes, np.ones((2, 1)))
    odd = Model(axes, left_out, [Output("y")])
    with pytest.raises(BackendError, match="where a mode leaves an input out, those of 'x' do not"):
        layout_of(odd)
    with pytest.raises(BackendError, match="takes no tensor trains; use backend 'torch'"):
        layout_of(KINDS["train"]())
    with pytest.raises(BackendError, match="takes at most 64 outputs, this model has 65"):
        layout_of(spline_model(2, 8, 4, outputs=65))


def test_without_a_driver_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "NAMES", ("libcuda_of_nobody.so",))
    with pytest.raises(BackendError, match=r"^backend 'cuda' finds no CUDA device or driver here;"):
        spline_model(2, 8, 4).with_backend("cuda")([0.5, 0.5])


@pytest.mark.parametrize("answer", ["cuInit", "cuDeviceGetCount"])
def test_without_a_device_one_sentence_says_so(
    host: HostDriver, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(host, answer, lambda *given: 100, raising=False)
    with pytest.raises(BackendError, match="finds no CUDA device or driver here; use backend 'nat"):
        spline_model(2, 8, 4).with_backend("cuda")([0.5, 0.5])


def test_without_a_compiler_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvrtc, "NAMES", ())
    monkeypatch.setattr(nvrtc, "FOLDERS", ())
    nvrtc.library.cache_clear()
    with pytest.raises(BackendError, match=r"finds no NVRTC, .*; pip install 'sna-edge\[cuda\]'"):
        nvrtc.library()


@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("kernels", ["values.cu", "gradients.cu", "sampling.cu", "interval.cu"])
@pytest.mark.parametrize("kind", ["cp float32", "mixed axes", "cp 3 outputs"])
def test_nvrtc_compiles_it(kind: str, kernels: str, capability: int) -> None:
    try:
        nvrtc.library()
    except BackendError as error:
        pytest.skip(str(error))
    made = program(layout_of(KINDS[kind]()), 160 * 1024)
    text = interval_source() if kernels == "interval.cu" else made.source(kernels)
    assert nvrtc.compiled(text, capability)[:4] == b"\x7fELF"


def test_structs_of_the_device_have_the_sizes_that_are_copied() -> None:
    try:
        nvrtc.library()
    except BackendError as error:
        pytest.skip(str(error))
    made = program(layout_of(spline_model(3, 8, 4, degree=2, outputs=3)), SHARED)
    text = nvrtc._compiled(made.source("sampling.cu"), "--gpu-architecture=compute_80", "PTX")
    sizes = re.findall(rb"sampled_param_\d\[(\d+)\]|numbers\[(\d+)\]", text)
    found = sorted({int(one or other) for one, other in sizes})
    structs = 2 * 3 * 8, 2 * 3 * 8 + 8, 3 * 8  # Box, Bins, Shift
    assert found == sorted({*structs, len(made.numbers((0, 0, 0, 0)))})


def test_nvrtc_says_what_it_does_not_compile() -> None:
    try:
        nvrtc.library()
    except BackendError as error:
        pytest.skip(str(error))
    with pytest.raises(BackendError, match=r"NVRTC refuses the kernel \(.*error.*\); use backend"):
        nvrtc.compiled("extern __global__ nonsense", 90)
    with pytest.raises(BackendError, match="compiles for no device of capability 10"):
        nvrtc.compiled("", 10)
