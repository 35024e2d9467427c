"""The linear part of the outputs, behind their links, in units of its spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.output import Output, values

from ..data.samples import linear_targets

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearScale:
    """(f - centre) / spread, centre and spread [K]."""

    outputs: tuple[Output, ...]
    centre: Floats
    spread: Floats

    @classmethod
    def of(cls, outputs: tuple[Output, ...], y: Floats) -> LinearScale:
        """Mean and standard deviation of the linear parts of y [N, K]."""
        linear = linear_targets(outputs, y)
        return cls(outputs, linear.mean(axis=0), linear.std(axis=0))

    def scaled(self, y: Floats) -> Floats:
        """From output units [N, K]."""
        return np.asarray((linear_targets(self.outputs, y) - self.centre) / self.spread)

    def unscaled(self, f: Floats) -> Floats:
        """To output units [N, K]."""
        return values(self.outputs, self.centre + self.spread * f)
