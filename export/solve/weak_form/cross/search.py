"""Where a train misses a function: along random lines, which say how much, and from there uphill to
the largest errors nearby, which a thin feature cannot hide between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...trains.cores import Cores
from .grid import Grid, train_line

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LINES = 48  # random points whose lines along every axis are looked at
ROUNDS = 2  # of moves along every axis, uphill


@dataclass(frozen=True)
class Missed:
    """error: root mean square along fresh lines, relative; worst: the largest error found, relative
    to the largest value `top`; points [B, D] of large errors, misses [B] there."""

    error: float
    worst: float
    top: float
    points: Ints
    misses: Floats


def missed(
    grid: Grid, cores: Cores | None, known: Ints, rng: np.random.Generator, top: float = 0.0
) -> Missed:
    """What a train, None for 0, misses; `known` [B, D] are looked at as well, `top` is the largest
    value that was seen before."""
    fresh = grid.drawn(LINES, rng)
    squares = sizes = 0.0
    for d in range(grid.dimension):
        values, rest = _along(grid, cores, fresh, d)
        squares, sizes = squares + float((rest**2).sum()), sizes + float((values**2).sum())
        top = max(top, float(np.abs(values).max()))
    points = np.vstack([fresh, known])
    for d in list(range(grid.dimension)) * ROUNDS:
        values, rest = _along(grid, cores, points, d)
        top = max(top, float(np.abs(values).max()))
        points[:, d] = np.abs(rest).argmax(axis=1)
        misses = np.abs(rest).max(axis=1)
    error = np.sqrt(squares / sizes) if sizes > 0 else float(squares > 0)
    worst = float(misses.max()) / top if top > 0 else 0.0
    return Missed(float(error), worst, top, points, misses)


def _along(grid: Grid, cores: Cores | None, points: Ints, d: int) -> tuple[Floats, Floats]:
    """Values and misses [B, n_d] along axis d through points [B, D]."""
    values = grid.line(points, d)
    return values, values if cores is None else values - train_line(cores, points, d)
