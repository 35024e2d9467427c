"""The kernels of one model on the device: compiled file by file when they are first asked for."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .driver import Arguments, Device, Kernel, Mapped, Memory, Module
from .layout import Layout
from .nvrtc import compiled
from .source import program

Floats = NDArray[np.float64]
THREADS = range(256, 1025, 64)
SPARE = 10 << 10
"""Bytes of shared memory left to histograms and sums of threads."""
FILES = {
    "value64": "values.cu", "value32": "values.cu",
    "gradient64": "gradients.cu", "gradient32": "gradients.cu",
}  # fmt: skip


class Batch(NamedTuple):
    """A kernel of many rows, threads of a block and blocks of a processor."""

    kernel: Kernel
    threads: int
    blocks: int


class Kernels:
    """Starts the kernels of a model; its numbers stay on the device as long as this object."""

    def __init__(self, made: Layout, device: Device) -> None:
        self.device, self._program = device, program(made, device.shared - SPARE)
        self.shared = self._program.shared
        self._arrays = [copied(device, data) for data in self._program.arrays]
        self._modules: dict[str, Module] = {}
        self._batches: dict[str, Batch] = {}
        self._lock = threading.Lock()
        self.module("values.cu")

    def module(self, file: str) -> Module:
        """The machine code of a file of kernels, with the numbers of the model."""
        with self._lock:
            if file not in self._modules:
                text = self._program.source(file)
                module = Module(self.device, compiled(text, self.device.capability))
                addresses = tuple(a.address for a in self._arrays)
                module.fill("numbers", self._program.numbers(addresses))
                self._modules[file] = module
            return self._modules[file]

    def start(self, name: str, n: int, extrapolate: bool, *addresses: int) -> None:
        """Starts a kernel of FILES on n rows at addresses of the device's memory."""
        self.device.current()
        if not n:
            return
        batch = self._batches.get(name) or self._fitted(name)
        given = Arguments(
            *map(ctypes.c_uint64, addresses), ctypes.c_longlong(n), ctypes.c_int(extrapolate)
        )
        blocks = min(-(-n // batch.threads), batch.blocks * self.device.processors)
        self.device.launch(batch.kernel, blocks, batch.threads, self.shared, given)

    def started(self, x: int, y: int, n: int) -> None:
        """Starts y [n, K] of x [n, D], float64, continued outside the domain."""
        self.start("value64", n, True, x, y)

    def _fitted(self, name: str) -> Batch:
        """The kernel with the threads that keep most of them on a processor."""
        kernel = self.module(FILES[name]).kernel(name, self.shared)
        found = [(t, self.device.blocks(kernel, t, self.shared)) for t in THREADS]
        self._batches[name] = Batch(kernel, *max(found, key=lambda pair: pair[0] * pair[1]))
        return self._batches[name]


class OnePoint:
    """One query by one warp: the point goes with the launch, the answer into memory of the host."""

    def __init__(self, kernels: Kernels, inputs: int, outputs: int) -> None:
        self._device, module = kernels.device, kernels.module("values.cu")
        self._kernels = kernels  # holds the numbers that the kernel reads
        self._one, self._nothing = module.kernel("one"), module.kernel("nothing")
        self._point = (ctypes.c_double * inputs)()
        self._mapped = Mapped(self._device, 8 * outputs)
        self._given = Arguments(self._point, ctypes.c_uint64(self._mapped.there))
        self._none, self._lock = Arguments(), threading.Lock()
        answer = (ctypes.c_double * outputs).from_address(self._mapped.here)
        self._answer = np.ctypeslib.as_array(answer)

    def value(self, x: Sequence[float]) -> Floats:
        """y [K] of x [D], NaN outside the domain."""
        with self._lock:
            self._device.current()
            self._point[:] = list(x)
            self._device.launch(self._one, 1, 32, 0, self._given)
            self._device.wait()
            return self._answer.copy()

    def nothing(self) -> None:
        """An empty kernel, started and waited for."""
        self._device.current()
        self._device.launch(self._nothing, 1, 32, 0, self._none)
        self._device.wait()


def copied(device: Device, data: bytes) -> Memory:
    """Bytes on the device."""
    memory = Memory(device, len(data))
    if data:
        memory.write(data, len(data))
    return memory
