"""The cuda backend: one fused kernel per shape of model, compiled at the first query by NVRTC;
float32 sums, spans located in float64. Needs a driver and NVRTC, both called by ctypes."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from ...core.domain import DomainBox
from ...core.record import ModelRecord
from .driver import Device, Memory
from .layout import layout
from .nvrtc import compiled
from .source import program

Floats = NDArray[np.float64]
PIECE = 1 << 22  # rows of a batch that are on the device at a time
THREADS = (256, 384, 512, 768, 1024)


def create(model: ModelRecord) -> CudaBackend:
    """The backend of a model that the kernel takes. Raises BackendError for others, and where there
    is no device, driver or compiler."""
    made = layout(model)
    return CudaBackend(model, Device(), program_of=made)


class CudaBackend:
    """Value and gradient of a CP model on a CUDA device; rows outside the domain continue linearly.

    `value_at` and `gradient_at` take addresses of the device's memory, as `data_ptr()` of a tensor
    gives them; there rows outside the domain are NaN.
    """

    name = "cuda"

    def __init__(self, model: ModelRecord, device: Device, program_of: object = None) -> None:
        made = layout(model) if program_of is None else program_of
        self.device, self._inputs, self._outputs = device, len(model.axes), len(model.outputs)
        self._domain = DomainBox(model.axes)
        whole = program(made, device.shared)  # type: ignore[arg-type]
        self._shared = whole.shared
        module = device.module(compiled(whole.text, device.capability))
        self._arrays = [self._copied(data) for data in whole.arrays]
        addresses = tuple(a.address for a in self._arrays)
        device.symbol(module, "numbers", whole.numbers(addresses))
        self._kernels = {
            name: device.function(module, name, self._shared)
            for name in ("value64", "value32", "gradient64", "gradient32")
        }
        self._one = device.function(module, "one", 0)
        self._nothing = device.function(module, "nothing", 0)
        self._sizes = {name: self._threads(name) for name in self._kernels}
        self._point = (ctypes.c_double * self._inputs)()
        here, there = device.mapped(8 * self._outputs)
        self._answer = np.ctypeslib.as_array(
            (ctypes.c_double * self._outputs).from_address(here), (self._outputs,)
        )
        self._one_args = _arguments(self._point, ctypes.c_uint64(there))

    def single(self, query: object) -> Floats | None:
        """y [K] of one contiguous float64 array (D,) inside the domain, else None."""
        if type(query) is not np.ndarray or query.shape != (self._inputs,):
            return None
        if query.dtype != np.float64 or not self._domain.contains(query[None]):
            return None
        self.device.current()
        self._point[:] = query.tolist()
        self.device.launch(self._one, 1, 32, 0, self._one_args[0])
        self.device.wait()
        return self._answer.copy()

    def launched(self) -> None:
        """An empty kernel, started and waited for: what no answer can go below."""
        self.device.current()
        self.device.launch(self._nothing, 1, 32, 0, None)
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

    def _pieces(self, x: Floats, slopes: bool) -> tuple[Floats, Floats]:
        x = np.ascontiguousarray(x, dtype=np.float64)
        self.device.current()
        y = np.empty((len(x), self._outputs))
        g = np.empty((len(x), self._outputs, self._inputs) if slopes else (0,))
        rows = min(len(x), PIECE)
        taken = [
            self.device.taken(8 * rows * self._inputs),
            self.device.taken(y.itemsize * rows * self._outputs),
        ]
        if slopes:
            taken.append(self.device.taken(8 * rows * self._outputs * self._inputs))
        for start in range(0, len(x), PIECE):
            part = slice(start, start + PIECE)
            _write(taken[0], x[part])
            name = "gradient64" if slopes else "value64"
            self._start(name, len(x[part]), True, *(m.address for m in taken))
            for memory, out in zip(taken[1:], (y[part], g[part]), strict=False):
                memory.read(ctypes.c_void_p(out.ctypes.data), out.nbytes)
        return y, g

    def _start(self, name: str, n: int, extrapolate: bool, *addresses: int) -> None:
        self.device.current()
        if not n:
            return
        threads, blocks = self._sizes[name]
        args = _arguments(
            *map(ctypes.c_uint64, addresses), ctypes.c_longlong(n), ctypes.c_int(extrapolate)
        )
        grid = min(-(-n // threads), blocks * self.device.processors)
        self.device.launch(self._kernels[name], grid, threads, self._shared, args[0])

    def _threads(self, name: str) -> tuple[int, int]:
        """Threads of a block and blocks of a processor that keep most threads on it."""
        found = [(t, self.device.blocks(self._kernels[name], t, self._shared)) for t in THREADS]
        return max(found, key=lambda pair: pair[0] * pair[1])

    def _copied(self, data: bytes) -> Memory:
        memory = self.device.taken(len(data))
        if data:
            memory.write(data, len(data))
        return memory


def _write(memory: Memory, rows: Floats) -> None:
    memory.write(ctypes.c_void_p(rows.ctypes.data), rows.nbytes)


def _arguments(*values: object) -> tuple[ctypes.Array[ctypes.c_void_p], tuple[object, ...]]:
    """Addresses of arguments as a launch takes them, and the arguments, which must live as long."""
    at = [ctypes.cast(ctypes.pointer(v), ctypes.c_void_p) for v in values]  # type: ignore[type-var]
    return (ctypes.c_void_p * len(at))(*at), values
