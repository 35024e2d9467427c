"""Ends of intervals on the device: companions that say how wide they are, asked in pieces of rows
through the kernels of their own models."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.beside import Calibration, Companion, CoordinateSource, Role
from ...core.interaction import CP
from ...core.output import LINKS, Output
from ...core.record import ModelRecord
from .driver import Arguments, Device, Memory, Module, at
from .kernels import copied

Floats = NDArray[np.float64]
PIECE, TEAM = 1 << 20, 256  # rows at a time; threads of a block
COORDINATE = np.dtype(
    [("ends", float, 3), ("source", "i4"), ("index", "i4"), ("weights", "i4"), ("unused", "i4")]
)
COLUMN = np.dtype([("lower", float), ("column", "i4"), ("levels", "i4")])
AROUND = np.dtype([("widths", float, 5), ("sigma", "u8"), ("linear", float)])
"""The structs `Coordinate`, `Column` and `Around`."""


class Values(Protocol):
    """The kernel of a companion's model."""

    def started(self, x: int, y: int, n: int) -> None:
        """y [n, K] of x [n, D], float64 at addresses of the device's memory."""
        ...


@dataclass(frozen=True, eq=False)
class Widths:
    """What says how wide intervals are: a calibration, and the companions with a scale."""

    axes: tuple[Axis, ...]
    outputs: tuple[Output, ...]
    calibration: Calibration
    scales: tuple[Companion[ModelRecord], ...]

    @classmethod
    def of(cls, model: ModelRecord) -> Widths | None:
        """None where the model has no residuals, or a scale that the kernel does not take."""
        scales = tuple(c for c in model.companions if c.role == Role.SCALE)
        taken = all(isinstance(c.model.interaction, CP) for c in scales)
        if model.calibration is None or not model.calibration.n_residuals or not taken:
            return None
        return cls(tuple(model.axes), tuple(model.outputs), model.calibration, scales)


class Ends:
    """y + below sigma - floor .. y + above sigma + floor, or the same of the linear part; `values`:
    makes the kernel of a companion's model."""

    def __init__(
        self,
        widths: Widths,
        module: Module,
        device: Device,
        values: Callable[[ModelRecord], Values],
    ) -> None:
        self._device, self._module, self._widths = device, module, widths
        self._inputs, self._outputs = len(widths.axes), len(widths.outputs)
        self._scales = [(c, values(c.model)) for c in widths.scales]
        self._columns = copied(device, _columns(widths.axes).tobytes())
        self._tables = [_tables(device, c) for c, _ in self._scales]
        links = [(o.bias, o.scale, o.offset, LINKS.index(o.link)) for o in widths.outputs]
        self._links = copied(device, np.array(links, dtype=float).tobytes())
        widest = max((len(c.coordinates) for c, _ in self._scales), default=0)
        self._z = Memory(device, 8 * PIECE * widest)
        self._sigma = [Memory(device, 8 * PIECE) for _ in self._scales]
        self._around, self._lock = Memory(device, AROUND.itemsize * self._outputs), threading.Lock()

    def start(
        self, bits: int, addresses: Sequence[int], n: int, below: Floats, above: Floats
    ) -> None:
        """Starts lower and upper ends [n, K] at addresses of x [n, D], y [n, K] and themselves,
        floats of `bits`, for quantiles below and above [K] of the residuals over sigma."""
        size = bits // 8
        rows = tuple(size * k for k in (self._inputs, *(self._outputs,) * 3))
        with self._lock:
            self._device.current()
            around = self._told(below, above)
            self._around.write(at(around), around.nbytes)
            for start in range(0, n, PIECE):
                x, y, lower, upper = (
                    a + start * row for a, row in zip(addresses, rows, strict=True)
                )
                self._piece(bits, x, y, (lower, upper), min(PIECE, n - start))

    def _piece(self, bits: int, x: int, y: int, ends: tuple[int, int], n: int) -> None:
        for (companion, values), tables, sigma in zip(
            self._scales, self._tables, self._sigma, strict=True
        ):
            sizes = (self._inputs, self._outputs, len(companion.coordinates))
            given = (x, y, self._z.address, n, *map(ctypes.c_int, sizes), tables[0].address)
            self._launch(f"places{bits}", n, *given, self._columns.address, tables[1].address)
            values.started(self._z.address, sigma.address, n)
        links, around = self._links.address, self._around.address
        count = n * self._outputs
        given = (y, *ends, n, ctypes.c_int(self._outputs), links, around)
        self._launch(f"ends{bits}", count, *given)

    def _launch(self, name: str, n: int, *given: Any) -> None:
        """Numbers that are no c_int are addresses and counts of 64 bits."""
        values = (v if isinstance(v, ctypes.c_int) else ctypes.c_uint64(v) for v in given)
        blocks = min(-(-n // TEAM), 8 * self._device.processors)
        kernel = self._module.kernel(name)
        self._device.launch(kernel, blocks, TEAM, 0, Arguments(*values))

    def _told(self, below: Floats, above: Floats) -> NDArray[np.void]:
        """`Around` of every output."""
        found, around = self._widths.calibration, np.zeros(self._outputs, AROUND)
        ends = np.array([o.ends for o in self._widths.outputs], dtype=float)
        around["widths"] = np.column_stack([below, above, found.floor, ends])
        around["linear"] = [space != "output" for space in found.spaces]
        for (companion, _), sigma in zip(self._scales, self._sigma, strict=True):
            around["sigma"][companion.output] = sigma.address
        return around


def _columns(axes: Sequence[Axis]) -> NDArray[np.void]:
    """Where the weights of a feature stand for each input."""
    columns, start = np.zeros(len(axes), COLUMN), 0
    for d, axis in enumerate(axes):
        levels = axis.kind == "categorical"
        columns[d] = (axis.lower, start, levels)
        start += axis.basis.n_spans if levels else 1
    return columns


def _tables(device: Device, companion: Companion[ModelRecord]) -> tuple[Memory, Memory]:
    """`Coordinate` of every coordinate, and the weights of all features."""
    given, start = np.zeros(len(companion.coordinates), COORDINATE), 0
    weights: list[Floats] = []
    for i, (c, axis) in enumerate(zip(companion.coordinates, companion.model.axes, strict=True)):
        ends = (c.constant, axis.lower, axis.upper)
        given[i] = (ends, int(c.source), c.index, start, 0)
        if c.source == CoordinateSource.FEATURE:
            weights.append(np.asarray(c.weights, dtype=float))
            start += len(c.weights)
    flat = np.concatenate([np.empty(0), *weights])
    return copied(device, given.tobytes()), copied(device, flat.tobytes())
