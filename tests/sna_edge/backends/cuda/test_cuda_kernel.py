"""The kernels without a device: compiled and run on the host, compiled by NVRTC for devices."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sna_edge import BackendError, Model
from sna_edge.backends.cuda import nvrtc
from sna_edge.backends.cuda.layout import layout, padded_groups
from sna_edge.backends.cuda.source import Program, program
from sna_edge.core.interaction import CP
from sna_edge.numerics.domain_points import domain_points

from ....model_kinds import KINDS, mixed, spline_model

HERE = Path(__file__).parent
SHARED = 227 * 1024
TAKEN = [k for k in KINDS if not k.startswith("train")]
FLOAT32 = 3e-6
"""Of the range, and of range / width for gradients times ten."""
needs_compiler = pytest.mark.skipif(not shutil.which("g++"), reason="no g++ here")


class Host:
    """The kernels of a model as a library of the host."""

    def __init__(self, model: Model, folder: Path, budget: int = SHARED) -> None:
        made = program(layout(model), budget)
        source, library = folder / "kernels.cpp", folder / "kernels.so"
        text = [
            (HERE / "host.h").read_text(),
            made.text,
            (HERE / "calls.cpp").read_text(),
        ]
        source.write_text("\n".join(text))
        command = ["g++", "-std=c++17", "-O1", "-w", "-shared", "-fPIC", source, "-o", library]
        subprocess.run(command, check=True)
        self.kept = [np.frombuffer(a + bytes(16), np.uint8).copy() for a in made.arrays]
        self.kept[0] = _aligned(made.arrays[0])
        self.call = ctypes.CDLL(str(library))
        self.fill(made)
        self.n_outputs, self.n_inputs = len(model.outputs), len(model.axes)

    def fill(self, made: Program) -> None:
        numbers = made.numbers(tuple(a.ctypes.data for a in self.kept))
        assert self.call.numbers_size() - len(numbers) in range(8)  # padding of the struct
        self.call.set_numbers(numbers, ctypes.c_ulong(len(numbers)))

    def value(self, x: np.ndarray, *, name: str = "each_value", beyond: bool = True) -> np.ndarray:
        x, y = np.ascontiguousarray(x), np.empty((len(x), self.n_outputs))
        getattr(self.call, name)(_at(x), _at(y), ctypes.c_longlong(len(x)), int(beyond))
        return y

    def gradient(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y = np.empty((len(x), self.n_outputs))
        g = np.empty((*y.shape, self.n_inputs))
        self.call.kernel_gradient(_at(x), _at(y), _at(g), ctypes.c_longlong(len(x)), 1)
        return y, g


def _at(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _aligned(data: bytes) -> np.ndarray:
    whole = np.empty(len(data) + 64, np.uint8)
    start = -whole.ctypes.data % 16
    whole[start : start + len(data)] = np.frombuffer(data, np.uint8)
    return whole[start:]


@needs_compiler
@pytest.mark.parametrize("kind", TAKEN)
def test_the_arithmetic_is_that_of_the_model(kind: str, tmp_path: Path) -> None:
    model = KINDS[kind]().with_backend("numpy")
    host, x = Host(model, tmp_path), domain_points(model.axes, 500)
    y, slopes = model.backend.value_and_gradient(x)
    size = np.maximum(np.ptp(y, axis=0), 1e-9)
    assert np.abs((host.value(x) - y) / size).max() < FLOAT32
    assert np.abs((host.value(x, name="kernel_value") - y) / size).max() < FLOAT32
    again, found = host.gradient(x)
    width = np.array([a.width or 1.0 for a in model.axes])
    assert np.abs((again - y) / size).max() < FLOAT32
    assert np.abs((found - slopes) * width / size[:, None]).max() < 10 * FLOAT32


@needs_compiler
def test_tables_that_do_not_fit_are_read_where_they_lie(tmp_path: Path) -> None:
    model = spline_model(4, 20, 20, outputs=2)
    x = domain_points(model.axes, 200)
    y = model.backend.value(x)
    found = Host(model, tmp_path, budget=6000).value(x)
    assert np.abs(found - y).max() < FLOAT32 * np.ptp(y)


@needs_compiler
def test_outside_the_domain_rows_continue_or_have_no_value(tmp_path: Path) -> None:
    model = mixed()
    x = np.array([[50.0, 400.0, 6.0, 1.0], [500.0, -30.0, -1.0, 0.0], [200.0, 10.0, 1.0, 2.0]])
    host = Host(model, tmp_path)
    y, slopes = model.backend.value_and_gradient(x)
    np.testing.assert_allclose(host.value(x), y, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(host.gradient(x)[1], slopes, rtol=1e-4, atol=1e-4)
    strict = host.value(x, beyond=False)
    assert np.isnan(strict[:2]).all() and np.isfinite(strict[2]).all()
    lost = x[2:].repeat(2, axis=0)
    lost[0, 0], lost[1, 3] = np.nan, 1.5
    assert np.isnan(host.value(lost, beyond=False)).all()


@needs_compiler
def test_counters_are_those_of_philox4x32(tmp_path: Path) -> None:
    """The known answers published with Random123."""
    host = Host(KINDS["hat"](), tmp_path)
    for word, drawn in (
        (0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (0xFFFFFFFF, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ):
        counter = (ctypes.c_uint32 * 4)(*[word] * 4)
        host.call.draw(counter, ctypes.c_uint32(word), ctypes.c_uint32(word))
        assert " ".join(f"{c:08x}" for c in counter) == drawn


def test_modes_are_padded_so_that_neighbours_read_other_banks() -> None:
    assert [padded_groups(m) for m in (1, 4, 5, 12, 16, 17, 32, 33, 65)] == [
        1, 1, 2, 4, 4, 8, 8, 16, 24,
    ]  # fmt: skip


def test_models_that_differ_in_numbers_share_a_source() -> None:
    one, other = (program(layout(spline_model(3, 12, 8, seed=s)), SHARED) for s in (0, 1))
    assert one.text == other.text and one.arrays != other.arrays


def test_what_the_kernel_does_not_take_is_refused() -> None:
    with pytest.raises(BackendError, match="takes no tensor trains; use backend 'torch'"):
        layout(KINDS["train"]())
    many = spline_model(2, 8, 4, outputs=65)
    with pytest.raises(BackendError, match="takes at most 64 outputs, this model has 65"):
        layout(many)
    assert isinstance(many.interaction, CP)


def test_without_a_device_one_sentence_says_so() -> None:
    try:
        backend = spline_model(2, 8, 4).with_backend("cuda").backend
    except BackendError as error:
        assert "backend 'cuda' finds no" in str(error) and "\n" not in str(error)
    else:
        assert backend.name == "cuda"


@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("kind", ["cp float32", "mixed axes", "cp 3 outputs"])
def test_nvrtc_compiles_it(kind: str, capability: int) -> None:
    try:
        nvrtc.library()
    except BackendError as error:
        pytest.skip(str(error))
    made = program(layout(KINDS[kind]()), 160 * 1024)
    assert nvrtc.compiled(made.text, capability)[:4] == b"\x7fELF"
