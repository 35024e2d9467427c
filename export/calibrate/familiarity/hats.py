"""Densities of one coordinate: hats on even knots, or a share for each level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis, level_axis, spline_axis

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Hats:
    """A density sum_b node_b w_b(z) on [lower, upper] by its values at `count` even knots, z taken
    at the nearer end outside; `levels`: z is 0 .. count - 1 and w_b says whether z is b."""

    lower: float
    upper: float
    count: int
    levels: bool = False

    @property
    def area(self) -> Floats:
        """Integrals [B] of w_b, in knot distances."""
        area = np.ones(self.count)
        if not self.levels:
            area[[0, -1]] = 0.5
        return area

    def weights(self, z: Floats) -> Floats:
        """w [N, B], adding up to 1 in every row."""
        if self.levels:
            return np.asarray(z[:, None] == np.arange(self.count), dtype=float)
        place = np.clip((z - self.lower) / (self.upper - self.lower), 0, 1) * (self.count - 1)
        left = np.minimum(place.astype(np.int64), self.count - 2)
        found, rows = np.zeros((len(z), self.count)), np.arange(len(z))
        found[rows, left] = 1 - (place - left)
        found[rows, left + 1] = place - left
        return found

    def axis(self, name: str) -> Axis:
        """The axis whose basis the w_b are."""
        if self.levels:
            return level_axis(name, tuple(str(i) for i in range(self.count)))
        return spline_axis(name, "", self.lower, self.upper, spans=self.count - 1, degree=1)

    @property
    def products(self) -> int:
        """Operations a mode needs to look its factor up and multiply it."""
        return 1 if self.levels else 3
