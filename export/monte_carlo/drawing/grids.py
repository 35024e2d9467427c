"""Inputs on grids: the full product of their points, sample after sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, prod

import numpy as np

from sna_edge.core.axis import Axis
from sna_edge.errors import InputError

from .draws import GRID, Draw

FORM = "grid(low, high, n), grid(n) for the whole domain, or grid for all levels"
MOST_POINTS = 1_000_000
"""Of one input."""
WHOLE = 1 << 53
"""Strides up to here are whole numbers in float64; samples end far below."""


def grid_of(axis: Axis, word: int, inner: str | None, levels: Sequence[float]) -> Draw:
    """The points of one input: n even ones from low to high, both among them (the end of a periodic
    domain is its beginning and comes once), or all `levels`. Raises InputError."""
    if axis.kind == "categorical":
        if inner is not None:
            raise InputError(f"input {axis.name!r}: it has levels; write grid for all of them")
        return Draw(GRID, word, values=tuple(levels))
    low, high, n = _numbers(axis, inner)
    around = axis.kind == "periodic" and high - low == axis.width
    points = np.linspace(low, high, n, endpoint=not around)
    return Draw(GRID, word, values=tuple(points.tolist()))


def _numbers(axis: Axis, inner: str | None) -> tuple[float, float, int]:
    try:
        numbers = [float(part) for part in (inner or "").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        numbers = [axis.lower, axis.upper, *numbers]
    if len(numbers) != 3 or not all(map(isfinite, numbers)):
        written = "grid" if inner is None else f"grid({inner})"
        raise InputError(f"input {axis.name!r}: {written} is no grid; write {FORM}")
    low, high, n = numbers
    if not (low < high and n.is_integer() and 2 <= n <= MOST_POINTS):
        raise InputError(
            f"input {axis.name!r}: a grid of {n:g} points from {low:g} to {high:g} is none; give"
            f" low < high and 2 to {MOST_POINTS:,} points"
        )
    return low, high, int(n)


def laid(draws: Sequence[Draw]) -> tuple[Draw, ...]:
    """The same draws, each grid with its stride: the last input changes fastest."""
    found, stride = [], 1
    for draw in reversed(draws):
        if draw.kind == GRID:
            draw = replace(draw, numbers=(float(min(stride, WHOLE)), 0.0, 0.0, 0.0, 0.0))
            stride *= len(draw.values)
        found.append(draw)
    return tuple(reversed(found))


def points(draws: Sequence[Draw]) -> int | None:
    """Samples that all grids together have; None without a grid."""
    sizes = [len(draw.values) for draw in draws if draw.kind == GRID]
    return prod(sizes) if sizes else None
