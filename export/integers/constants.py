"""The whole numbers of an interval, from its quantiles, floor and scale."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor, isfinite, log2

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.integer_path import FixedOutput, FixedPath
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model

from .companion import LARGEST_Y, Asked
from .ends import Back, Ends, Ints, Move
from .errors import Sample
from .width import Width, in_output_units

Floats = NDArray[np.float64]
ENTRIES = 4096
"""Of the table that leads back from a moved place of a link, at most."""
STEP = 20
"""Bits between two of its entries, at most."""
ROOM = 1.0 + 2.0**-20
"""For what is rounded outwards."""
LEAVES = "the interval leaves DINT"


def ends_of(sample: Sample, k: int, width: Width, scale: Asked | None) -> Ends:
    """Ends of output k, further outwards by what whole numbers err by in `sample`. Raises
    InputError where a number leaves its type."""
    model, path = sample.model, sample.path
    output, fixed, error = model.outputs[k], path.outputs[k], sample.of_value(k)
    width = _wider(width, sample.of_width(scale))
    if output.link == "identity":
        width = in_output_units(width, output.scale)
    if width.space == "output":
        exponent = _exponent(fixed, _reach(width, scale) + LARGEST_Y / 2.0**fixed.exponent + error)
        lower, upper = _moves(width, scale, exponent)
        back = None
    else:
        unit = _place_bits(model, path, k)
        width = replace(width, floor=width.floor + sample.of_place(k, unit))
        lower, upper = _moves(width, scale, unit)
        back, exponent = _back(output, fixed, unit, error, _range(lower, upper, scale))
    return Ends(
        scale, lower, upper, back, exponent, fixed.exponent - exponent,
        ceil(error * 2.0**exponent), _cut(output, exponent),
        back is not None and width.low <= 0 <= width.high,
    )  # fmt: skip


def _wider(width: Width, share: float) -> Width:
    """Both ends outwards by a share of sigma's part."""
    return replace(width, low=width.low - share * abs(width.low),
                   high=width.high + share * abs(width.high))  # fmt: skip


def _reach(width: Width, scale: Asked | None) -> float:
    """How far from the value an end lies at most."""
    output = None if scale is None else scale.output
    sigma = 1.0 if output is None else float(output.table.max()) / 2.0**output.exponent
    return max(abs(width.low), abs(width.high)) * sigma + width.floor


def _exponent(fixed: FixedOutput, reach: float) -> int:
    """The value's own where numbers up to `reach` are below 2^31 then, else less. Raises InputError
    where nothing is left of the value."""
    exponent = min(fixed.exponent, 31 - ceil(log2(reach * ROOM)))
    if exponent < fixed.exponent - 30 or exponent < -64:
        raise InputError(LEAVES)
    return exponent


def _moves(width: Width, scale: Asked | None, unit: int) -> tuple[Move, Move]:
    """In units of 2^-unit, rounded outwards."""
    own = 0 if scale is None else scale.output.exponent
    top = 1 if scale is None else int(scale.output.table.max())
    size = 2.0 ** (unit - own)
    most = max(abs(width.low), abs(width.high)) * size
    bits = min(max(29 - ceil(log2(max(most, 2.0**-33))), 0), 62)
    low, high = floor(width.low * size * 2.0**bits), ceil(width.high * size * 2.0**bits)
    more = ceil(width.floor * 2.0**unit)
    if max(abs(low), abs(high)) * top >= 1 << 62 or more >= 1 << 50:
        raise InputError(LEAVES)
    return Move(low, bits, more), Move(high, bits, more)


def _range(lower: Move, upper: Move, scale: Asked | None) -> tuple[int, int]:
    """How far places move, downwards and upwards, over all values of the scale."""
    table = np.ones(1, np.int64) if scale is None else scale.output.table
    sigma: Ints = np.array([table.min(), table.max()])
    both = np.concatenate([lower.down(sigma), upper.up(sigma)])
    return int(both.min()), int(both.max())


def _place_bits(model: Model, path: FixedPath, k: int) -> int:
    """Fraction bits of the places of a link: those of W and of the modes without the shift."""
    given = float(np.abs(np.asarray(model.interaction.weights)[:, k]).max(initial=0.0))
    stored = int(np.abs(path.weights[:, k]).max(initial=0))
    if not (given and stored):
        raise InputError("its output does not depend on the inputs")
    return round(log2(stored / given)) + 15 - path.outputs[k].shift


def _back(
    output: Output, fixed: FixedOutput, unit: int, error: float, moves: tuple[int, int]
) -> tuple[Back, int]:
    """The table of moved places, and its exponent."""
    low = fixed.table_lower
    high = low + (len(fixed.table) - 1 << fixed.table_shift)
    first, last = low + min(moves[0], 0), high + max(moves[1], 0)
    step = max(ceil(log2((last - first) / (ENTRIES - 2))), 0)
    if step > STEP:
        raise InputError(LEAVES)
    half = np.arange(2 * (last - first >> step) + 3) * 2.0 ** (step - 1)
    with np.errstate(over="ignore"):
        y = output.value(np.asarray((first + half) / 2.0**unit, dtype=np.float64))
    largest = float(np.abs(y).max()) + error
    if not isfinite(largest):
        raise InputError(LEAVES)
    exponent = _exponent(fixed, 1.01 * largest)
    y = np.ldexp(y, exponent)
    table = np.rint(y[::2]).astype(np.int64)
    return Back(low, high, first, step, table, _bend(y), output.scale < 0), exponent


def _bend(y: Floats) -> int:
    """How many bits smaller than the difference of two entries y[2 j] the distance of the middle,
    y[2 j + 1], from their line is everywhere, but for one unit."""
    off = np.abs(y[1::2] - (y[2::2] + y[:-2:2]) / 2.0) * ROOM - 0.25
    rise = np.abs(np.diff(y[::2]))
    worst = float(np.max(off / np.maximum(rise, 1.0), initial=2.0**-30))
    return min(max(floor(-log2(worst)), 0), 30)


def _cut(output: Output, exponent: int) -> tuple[int | None, int | None]:
    """The range of the link, outwards."""
    least, most = output.ends
    return (
        floor(least * 2.0**exponent) if isfinite(least) else None,
        ceil(most * 2.0**exponent) if isfinite(most) else None,
    )
