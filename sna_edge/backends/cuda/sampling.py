"""Monte-Carlo on the device: moments, extremes and histograms of the outputs under uniform,
independent inputs; no sample is written."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...errors import InputError
from .driver import Arguments, Device, Memory, Module, at

Floats = NDArray[np.float64]
Counts = NDArray[np.uint64]
RUN, TEAM = 1 << 18, 512  # samples and threads of a block: RUN and TEAM of sampling.cu
SUMS = 1 << 10  # bytes of shared memory for sums of threads
MOST = 1 << 36  # samples of a call, whose parts stay below a gigabyte
PART = np.dtype([("sums", float, 4), ("least", float), ("largest", float)])
"""The struct `Part`."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """Moments [K] of `count` samples: variance with count - 1, skewness m3 / m2^1.5, kurtosis
    m4 / m2^2 - 3; extremes; a histogram `bins` [K, B] between `between` [K, 2], and how many lie
    `below` and not below its upper end (`above`, with what is no number)."""

    count: int
    mean: Floats
    variance: Floats
    skewness: Floats
    kurtosis: Floats
    least: Floats
    largest: Floats
    between: Floats
    bins: Counts
    below: Counts
    above: Counts


class Sampler:
    """The kernel of a model that draws samples; `shared`: bytes of its tables in shared memory,
    `spare`: bytes beside them."""

    def __init__(self, device: Device, module: Module, shared: int, spare: int) -> None:
        self._device, self._module, self._shared = device, module, shared
        self.room = spare - SUMS  # of a histogram, in bytes
        self._kernel = module.kernel("sampled", shared + self.room)

    def drawn(
        self, ends: Floats, bins: bytes, shift: Floats, columns: int, which: tuple[int, int, int]
    ) -> tuple[NDArray[np.void], Counts]:
        """Parts [blocks, K] and counts [K, columns] of samples: seed, first and count."""
        blocks, outputs = -(-which[2] // RUN), len(shift)
        parts = np.empty((blocks, outputs), PART)
        counts = np.zeros((outputs, columns), np.uint64)
        self._device.current()
        there = [Memory(self._device, a.nbytes) for a in (parts, counts)]
        there[1].write(at(counts), counts.nbytes)
        structs = (_struct(data) for data in (ends.tobytes(), bins, shift.tobytes()))
        numbers = (ctypes.c_uint64(n) for n in (*which, *(m.address for m in there)))
        shared = self._shared + 4 * counts.size
        self._device.launch(self._kernel, blocks, TEAM, shared, Arguments(*structs, *numbers))
        for memory, array in zip(there, (parts, counts), strict=True):
            memory.read(at(array), array.nbytes)
        return parts, counts


def box(axes: Sequence[Axis], within: dict[str, tuple[float, float]]) -> Floats:
    """Lower end and width [2, D] of every input, by default its domain; levels from their first
    index and as many as there are. Raises InputError for inputs that the model does not have and
    for ends outside the domain."""
    if unknown := set(within) - {a.name for a in axes}:
        raise InputError(
            f"input {min(unknown)!r} is none of the model's: {', '.join(a.name for a in axes)}"
        )
    ends = [_ends(axis, within.get(axis.name)) for axis in axes]
    return np.array([(low, high - low) for low, high in ends]).T.copy()


def _ends(axis: Axis, asked: tuple[float, float] | None) -> tuple[float, float]:
    whole = axis.kind == "categorical"
    low, high = (axis.lower, axis.upper) if asked is None else map(float, asked)
    good = axis.lower <= low <= high <= axis.upper
    if not good or (whole and not (low.is_integer() and high.is_integer())):
        raise InputError(
            f"input {axis.name!r} cannot be drawn between {low:g} and {high:g}; give"
            f" {'level indices' if whole else 'ends'} in {axis.describe()}"
        )
    return low, high + whole


def histogram(bins: int, between: Floats, room: int) -> bytes:
    """The struct `Bins` of `bins` bins between [K, 2]; `room`: bytes of shared memory. Raises
    InputError for ends without a width and for more bins than there is room for."""
    outputs = len(between)
    most = room // (4 * outputs) - 2
    if not 0 <= bins <= most:
        raise InputError(f"a histogram of {bins} bins is none for this device; give 1 to {most}")
    if bins and not (np.isfinite(between).all() and (between[:, 0] < between[:, 1]).all()):
        raise InputError("a histogram needs a lower and a larger upper end for every output")
    rate = bins / np.where(bins, between[:, 1] - between[:, 0], 1.0)
    count = np.array([bins + 2 if bins else 0, 0], np.int32)
    return between[:, 0].tobytes() + rate.tobytes() + count.tobytes()


def gathered(
    count: int, parts: NDArray[np.void], counts: Counts, shift: Floats, between: Floats
) -> Sampled:
    """The answer of parts [blocks, K] and counts [K, B + 2] (or [K, 0]), summed block by
    block."""
    s = parts["sums"].sum(axis=0).T / count  # [4, K]
    m2 = s[1] - s[0] ** 2
    m3 = s[2] - 3 * s[0] * s[1] + 2 * s[0] ** 3
    m4 = s[3] - 4 * s[0] * s[2] + 6 * s[0] ** 2 * s[1] - 3 * s[0] ** 4
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = m2 * count / (count - 1.0)
        skewness, kurtosis = m3 / m2**1.5, m4 / m2**2 - 3.0
    least, largest = parts["least"].min(axis=0), parts["largest"].max(axis=0)
    moments = (shift + s[0], variance, skewness, kurtosis)
    ends = (counts[:, 0], counts[:, -1]) if counts.size else (np.zeros(len(shift), np.uint64),) * 2
    return Sampled(count, *moments, least, largest, between, counts[:, 1:-1], *ends)


def _struct(data: bytes) -> ctypes.Array[ctypes.c_double]:
    """A struct that a kernel takes by value."""
    return (ctypes.c_double * (len(data) // 8)).from_buffer_copy(data)
