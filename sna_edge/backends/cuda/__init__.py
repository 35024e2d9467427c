"""The cuda backend: one fused kernel per shape of model, compiled at the first query by NVRTC;
float32 sums, spans located in float64. Needs a driver and NVRTC, both called by ctypes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core.domain import DomainBox
from ...core.record import ModelRecord
from ...errors import InputError
from . import sampling
from .driver import Device, Memory, Module, at
from .interval import Ends, Widths
from .kernels import SPARE, Kernels, OnePoint
from .layout import Layout, layout_of
from .nvrtc import compiled
from .sampling import Sampled, Sampler
from .source import interval_source

Floats = NDArray[np.float64]
PIECE = 1 << 22  # rows of a batch that are on the device at a time


def create(model: ModelRecord) -> CudaBackend:
    """The backend of a model that the kernel takes. Raises BackendError for others, and where there
    is no device, driver or compiler."""
    made = layout_of(model)
    widths = Widths.of(model)
    if widths is None:
        return CudaBackend(model, made, Device())
    return WithEnds(model, made, Device(), widths)


class CudaBackend:
    """Value and gradient of a CP model on a CUDA device; rows outside the domain continue linearly.

    `value_at` and `gradient_at` take addresses of float32 arrays in the device's memory, as
    `data_ptr()` of a tensor gives them; there rows outside the domain are NaN.
    """

    name = "cuda"

    def __init__(self, model: ModelRecord, made: Layout, device: Device) -> None:
        self.device, self._inputs, self._outputs = device, len(model.axes), len(model.outputs)
        self._domain = DomainBox(model.axes)
        self._kernels = Kernels(made, device)
        self._one = OnePoint(self._kernels, self._inputs, self._outputs)
        self.launched = self._one.nothing

    def single(self, query: object) -> Floats | None:
        """y [K] of one float64 array (D,) inside the domain, else None: the kernel itself says
        whether it is."""
        if type(query) is not np.ndarray or query.shape != (self._inputs,):
            return None
        if query.dtype != np.float64:
            return None
        y = self._one.value(query.tolist())
        return None if any(v != v for v in y.tolist()) else y

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        (y,) = self._rows("value64", x, [(self._outputs,)])
        return y

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        shapes = [(self._outputs,), (self._outputs, self._inputs)]
        y, g = self._rows("gradient64", x, shapes)
        return y, g

    def value_at(self, x: int, y: int, n: int) -> None:
        """Starts y [n, K] of x [n, D], float32 at addresses of the device's memory."""
        self._kernels.start("value32", n, False, x, y)

    def gradient_at(self, x: int, y: int, g: int, n: int) -> None:
        """Starts y [n, K] and dy/dx [n, K, D] of x [n, D], float32 in the device's memory."""
        self._kernels.start("gradient32", n, False, x, y, g)

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
                " of 1 to 2^36, a first sample from 0 on and a seed of 0 to 2^64 - 1"
            )
        ends = sampling.box(self._domain.axes, dict(within or {}))
        wanted = np.broadcast_to(np.asarray(between, dtype=float), (self._outputs, 2))
        sides = np.ascontiguousarray(wanted)
        told = sampling.histogram(bins, sides, self._sampler.room)
        shift = self._value_in_the_middle(ends)
        columns = bins + 2 if bins else 0
        parts, counts = self._sampler.drawn(ends, told, shift, columns, (seed, first, count))
        return sampling.gathered(count, parts, counts, shift, sides)

    @cached_property
    def _sampler(self) -> Sampler:
        module = self._kernels.module("sampling.cu")
        return Sampler(self.device, module, self._kernels.shared, SPARE)

    def _value_in_the_middle(self, ends: Floats) -> Floats:
        """y [K] in the middle of lower ends and widths [2, D]; sums are taken about it."""
        middle = ends[0] + ends[1] / 2
        x = np.where(self._domain.levels, np.floor(middle), middle)
        y: Floats = self.value(x[None])[0]
        return np.where(np.isfinite(y), y, 0.0)

    def _rows(self, name: str, x: Floats, shapes: list[tuple[int, ...]]) -> list[Floats]:
        """What a kernel makes of rows x [N, D], piece by piece: arrays [N, *shape]."""
        x = np.ascontiguousarray(x, dtype=np.float64)
        found = [np.empty((len(x), *shape)) for shape in shapes]
        self.device.current()
        rows = min(len(x), PIECE)
        there = [Memory(self.device, 8 * rows * int(np.prod(a.shape[1:]))) for a in (x, *found)]
        for start in range(0, len(x), PIECE):
            part = x[start : start + PIECE]
            there[0].write(at(part), part.nbytes)
            self._kernels.start(name, len(part), True, *(m.address for m in there))
            for memory, out in zip(there[1:], found, strict=True):
                memory.read(at(out[start : start + PIECE]), out[start : start + PIECE].nbytes)
        return found


class WithEnds(CudaBackend):
    """The same of a model with a calibration, whose ends of intervals it computes too."""

    def __init__(self, model: ModelRecord, made: Layout, device: Device, widths: Widths) -> None:
        super().__init__(model, made, device)
        self._widths = widths

    def around(self, x: Floats, y: Floats, below: Floats, above: Floats) -> tuple[Floats, Floats]:
        """Lower and upper end [N, K] of x [N, D] inside the domain with values y [N, K], for
        quantiles [K] of the residuals over sigma."""
        x, y = (np.ascontiguousarray(a, dtype=np.float64) for a in (x, y))
        lower, upper = np.empty_like(y), np.empty_like(y)
        rows = min(len(x), PIECE)
        self.device.current()
        there = [Memory(self.device, rows * 8 * k) for k in (self._inputs, *(self._outputs,) * 3)]
        addresses = tuple(m.address for m in there)
        for start in range(0, len(x), PIECE):
            part = [a[start : start + PIECE] for a in (x, y, lower, upper)]
            for memory, given in zip(there[:2], part[:2], strict=True):
                memory.write(at(given), given.nbytes)
            self._ends.start(64, addresses, len(part[0]), below, above)
            for memory, found in zip(there[2:], part[2:], strict=True):
                memory.read(at(found), found.nbytes)
        return lower, upper

    def around_at(
        self, x: int, y: int, lower: int, upper: int, n: int, below: Floats, above: Floats
    ) -> None:
        """Starts lower and upper end [n, K] of x [n, D] with values y [n, K], float32 in the
        device's memory, for quantiles [K] of the residuals over sigma."""
        self._ends.start(32, (x, y, lower, upper), n, below, above)

    @cached_property
    def _ends(self) -> Ends:
        device = self.device
        module = Module(device, compiled(interval_source(), device.capability))
        return Ends(self._widths, module, device, lambda m: Kernels(layout_of(m), device))
