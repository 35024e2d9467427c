"""The numbers that a storage type can hold, as decoded values in [-1, 1]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.layout import FOLD

Floats = NDArray[np.float64]
BYTES = {"int8": 1, "int16": 2, "float16": 2, "float32": 4, "float64": 4}
"""Bytes per table entry in the artifact (float64 is stored as float32)."""


@dataclass(frozen=True)
class Grid:
    """Integers: multiples of `unit` in [-1, 1 - unit]. float16: its own numbers in [-1, 1] (unit
    0)."""

    dtype: str
    unit: float

    @classmethod
    def of(cls, dtype: str) -> Grid | None:
        """None for float32 and float64: their rounding is below all others and is left to the
        writer."""
        if dtype in ("float32", "float64"):
            return None
        return cls(dtype, FOLD[dtype] if dtype.startswith("int") else 0.0)

    @property
    def highest(self) -> float:
        """The largest number of the grid: 1 - unit."""
        return 1.0 - self.unit

    def round(self, values: Floats) -> Floats:
        """Nearest number of the grid, clipped to its ends."""
        if self.unit:
            return np.clip(np.rint(values / self.unit) * self.unit, -1.0, self.highest)
        return np.clip(values, -1.0, 1.0).astype(np.float16).astype(float)

    def scales(self, columns: Floats) -> Floats:
        """Signed scale per column [R] of `columns` [m, R]: column / scale fills [-1, highest]; 1
        for zero columns.

        +1 does not exist among integers but -1 does: the sign is the one that needs the smaller
        scale.
        """
        low, high = np.maximum(-columns.min(axis=0), 0.0), np.maximum(columns.max(axis=0), 0.0)
        plain, flipped = np.maximum(low, high / self.highest), np.maximum(high, low / self.highest)
        scale = np.where(flipped < plain, -flipped, plain)
        return np.where(scale == 0.0, 1.0, scale)

    def holds(self, values: Floats) -> bool:
        """True when every value is on the grid."""
        return bool(np.array_equal(self.round(values), values))
