"""The cuda backend: one fused kernel per shape of model, compiled at the first query by NVRTC;
float32 sums, spans located in float64. Needs a driver and NVRTC, both called by ctypes."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core.domain import DomainBox
from ...core.record import ModelRecord
from ...errors import InputError
from . import sampling
from .driver import Arguments, Device, Kernel, Mapped, Memory, Module, at
from .layout import Layout, layout_of
from .nvrtc import compiled
from .sampling import Sampled, Sampler
from .source import program

Floats = NDArray[np.float64]
PIECE = 1 << 22  # rows of a batch that are on the device at a time
THREADS = (256, 384, 512, 768, 1024)
SPARE = 10 << 10
"""Bytes of shared memory left to histograms and sums of threads."""


def create(model: ModelRecord) -> CudaBackend:
    """The backend of a model that the kernel takes. Raises BackendError for others, and where there
    is no device, driver or compiler."""
    made = layout_of(model)
    return CudaBackend(model, made, Device())


class CudaBackend:
    """Value and gradient of a CP model on a CUDA device; rows outside the domain continue linearly.

    `value_at` and `gradient_at` take addresses of the device's memory, as `data_ptr()` of a tensor
    gives them; there rows outside the domain are NaN.
    """

    name = "cuda"

    def __init__(self, model: ModelRecord, made: Layout, device: Device) -> None:
        self.device, self._inputs, self._outputs = device, len(model.axes), len(model.outputs)
        self._domain = DomainBox(model.axes)
        whole = program(made, device.shared - SPARE)
        self._shared = whole.shared
        self._program, self._arrays = whole, [self._copied(data) for data in whole.arrays]
        self._module = self._loaded("kernels.cu")
        self._kernels = {
            name: self._module.kernel(name, self._shared)
            for name in ("value64", "value32", "gradient64", "gradient32")
        }
        self._sizes = {name: self._threads(kernel) for name, kernel in self._kernels.items()}
        self._one, self._nothing = (self._module.kernel(name) for name in ("one", "nothing"))
        self._lock, self._none = threading.Lock(), Arguments()
        self._point = (ctypes.c_double * self._inputs)()
        self._mapped = Mapped(device, 8 * self._outputs)
        self._one_given = Arguments(self._point, ctypes.c_uint64(self._mapped.there))
        answer = (ctypes.c_double * self._outputs).from_address(self._mapped.here)
        self._answer = np.ctypeslib.as_array(answer)

    def single(self, query: object) -> Floats | None:
        """y [K] of one float64 array (D,) inside the domain, else None: the kernel itself says
        whether it is."""
        if type(query) is not np.ndarray or query.shape != (self._inputs,):
            return None
        if query.dtype != np.float64:
            return None
        with self._lock:
            self.device.current()
            self._point[:] = query.tolist()
            self.device.launch(self._one, 1, 32, 0, self._one_given)
            self.device.wait()
            y = self._answer.copy()
        return None if np.isnan(y).any() else y

    def launched(self) -> None:
        """An empty kernel, started and waited for: what no answer can go below."""
        self.device.current()
        self.device.launch(self._nothing, 1, 32, 0, self._none)
        self.device.wait()

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        return self._pieces(x, False)[0]

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        y, g = self._pieces(x, True)
        return y, g

    def value_at(self, x: int, y: int, n: int) -> None:
        """Starts y [n, K] of x [n, D], float32 at addresses of the device's memory."""
        self._start("value32", n, False, x, y)

    def gradient_at(self, x: int, y: int, g: int, n: int) -> None:
        """Starts y [n, K] and dy/dx [n, K, D] of x [n, D], float32 in the device's memory."""
        self._start("gradient32", n, False, x, y, g)

    def sampled(
        self,
        count: int,
        within: Mapping[str, tuple[float, float]] | None = None,
        *,
        seed: int = 0,
        first: int = 0,
        bins: int = 0,
        between: ArrayLike = (0.0, 1.0),
    ) -> Sampled:
        """Moments and histograms of `count` samples, uniform over the domain or, for the inputs
        that it names, `within` (low, high). Sample i is the same whatever `first` and `count` are:
        sums of 0..n and n..m are those of 0..m. `between` (low, high) of all outputs or [K, 2].

        Raises InputError for ends outside the domain and a histogram that the device has no room
        for.
        """
        if not 1 <= count <= sampling.MOST or first < 0 or not 0 <= seed < 1 << 64:
            raise InputError(
                f"{count} samples from {first} on with seed {seed} cannot be drawn; give a count"
                " of 1 to 2^40, a first sample from 0 on and a seed of 0 to 2^64 - 1"
            )
        ends = sampling.box(self._domain.axes, dict(within or {}))
        sides = np.ascontiguousarray(
            np.broadcast_to(np.asarray(between, dtype=float), (self._outputs, 2))
        )
        told = sampling.histogram(bins, sides, self._sampler.room)
        shift = self._value_in_the_middle(ends)
        columns = bins + 2 if bins else 0
        parts, counts = self._sampler.drawn(ends, told, shift, columns, (seed, first, count))
        return sampling.gathered(count, parts, counts, shift, sides)

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self.device, self._loaded("sampling.cu"), self._shared, SPARE)

    def _value_in_the_middle(self, ends: Floats) -> Floats:
        """y [K] in the middle of lower ends and widths [2, D]; sums are taken about it."""
        middle = ends[0] + ends[1] / 2
        x = np.where(self._domain.levels, np.floor(middle), middle)
        y: Floats = self.value(x[None])[0]
        return np.where(np.isfinite(y), y, 0.0)

    def _loaded(self, kernels: str) -> Module:
        """The machine code of a file of kernels, with the numbers of the model."""
        module = Module(
            self.device, compiled(self._program.source(kernels), self.device.capability)
        )
        module.fill("numbers", self._program.numbers(tuple(a.address for a in self._arrays)))
        return module

    def _pieces(self, x: Floats, slopes: bool) -> tuple[Floats, Floats]:
        """y [N, K] and, where asked for, dy/dx [N, K, D], piece by piece through the device."""
        x = np.ascontiguousarray(x, dtype=np.float64)
        y = np.empty((len(x), self._outputs))
        g = np.empty((len(x), self._outputs, self._inputs) if slopes else (len(x), 0))
        arrays, name = ((x, y, g), "gradient64") if slopes else ((x, y), "value64")
        self.device.current()
        rows = min(len(x), PIECE)
        there = [Memory(self.device, rows * 8 * a[:1].size) for a in arrays]
        for start in range(0, len(x), PIECE):
            part = [a[start : start + PIECE] for a in arrays]
            there[0].write(at(part[0]), part[0].nbytes)
            self._start(name, len(part[0]), True, *(m.address for m in there))
            for memory, out in zip(there[1:], part[1:], strict=True):
                memory.read(at(out), out.nbytes)
        return y, g

    def _start(self, name: str, n: int, extrapolate: bool, *addresses: int) -> None:
        self.device.current()
        if not n:
            return
        threads, blocks = self._sizes[name]
        given = Arguments(
            *map(ctypes.c_uint64, addresses), ctypes.c_longlong(n), ctypes.c_int(extrapolate)
        )
        grid = min(-(-n // threads), blocks * self.device.processors)
        self.device.launch(self._kernels[name], grid, threads, self._shared, given)

    def _threads(self, kernel: Kernel) -> tuple[int, int]:
        """Threads of a block and blocks of a processor that keep most threads on it."""
        found = [(t, self.device.blocks(kernel, t, self._shared)) for t in THREADS]
        return max(found, key=lambda pair: pair[0] * pair[1])

    def _copied(self, data: bytes) -> Memory:
        memory = Memory(self.device, len(data))
        if data:
            memory.write(data, len(data))
        return memory
