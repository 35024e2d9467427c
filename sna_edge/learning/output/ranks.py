"""A residual as a normal number: its rank among those of the calibration rows.

z = Phi^-1(p),   p from the quantiles of the file, or from a normal law as wide as the interval
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from ...core.beside import GRID
from ...core.record import ModelRecord
from ...numerics import normal
from ..alarms.watchers import MOST
from .space import Space

Floats = NDArray[np.float64]


class Ranks:
    """Of the residuals of one output, over the half-widths of its frozen interval."""

    def __init__(self, model: ModelRecord, space: Space) -> None:
        p = 1.0 / (1.0 + np.exp(-(np.arange(GRID) - (GRID - 1) / 2) / 2.0))
        z = normal.quantile(p)
        self._normal: list[float] = z.tolist()
        below, above = _shares(model, space, z)
        self._below: list[float] = below.tolist()
        self._above: list[float] = above.tolist()

    def z(self, by: float, down: float, up: float) -> float:
        """Of a part that lies `by` above its frozen prediction, whose half-widths are `down` and
        `up`."""
        if by < 0:
            share, grid = by / max(down, 1e-300), self._below
        else:
            share, grid = by / max(up, 1e-300), self._above
        i = bisect_right(grid, share)
        if i in (0, GRID):
            return self._normal[min(i, GRID - 1)]
        a, b = self._normal[i - 1 : i + 1]
        found = a + (b - a) * (share - grid[i - 1]) / (grid[i] - grid[i - 1])
        return float(min(max(found, -MOST), MOST))


def _shares(model: ModelRecord, space: Space, z: Floats) -> tuple[Floats, Floats]:
    """Residuals over the lower, and over the upper half-width, whose normal ranks are z [GRID]."""
    found, k = model.calibration, space.index
    usual = float(normal.quantile(np.array([(1.0 + space.level) / 2.0]))[0])
    if found is None or not found.n_residuals:
        return z / usual, z / usual
    q = found.quantiles[k]
    low, high = np.interp([-usual, usual], z, q)
    middle = q[(GRID - 1) // 2]
    spread = max(high - low, 1e-300)
    return (
        q / max(-low, 1e-9 * spread) if low < 0 else (q - middle) / spread,
        q / max(high, 1e-9 * spread) if high > 0 else (q - middle) / spread,
    )
