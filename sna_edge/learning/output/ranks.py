"""A residual as a normal number: its rank among those of the calibration rows.

z = Phi^-1(p),   p from the quantiles of the file, or from a normal law as wide as the interval
"""

from __future__ import annotations

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
        found, k = model.calibration, space.index
        p = 1.0 / (1.0 + np.exp(-(np.arange(GRID) - (GRID - 1) / 2) / 2.0))
        self._z = normal.quantile(p)
        usual = float(normal.quantile(np.array([(1.0 + space.level) / 2.0]))[0])
        if found is None or not found.n_residuals:
            self._below = self._above = self._z / usual
            return
        q = found.quantiles[k]
        low, high = np.interp([-usual, usual], self._z, q)
        middle = q[(GRID - 1) // 2]
        spread = max(high - low, 1e-300)
        self._below = q / max(-low, 1e-9 * spread) if low < 0 else (q - middle) / spread
        self._above = q / max(high, 1e-9 * spread) if high > 0 else (q - middle) / spread

    def z(self, by: float, down: float, up: float) -> float:
        """Of a part that lies `by` above its frozen prediction, whose half-widths are `down` and
        `up`."""
        if by < 0:
            share, grid = by / max(down, 1e-300), self._below
        else:
            share, grid = by / max(up, 1e-300), self._above
        return float(np.clip(np.interp(share, grid, self._z), -MOST, MOST))
