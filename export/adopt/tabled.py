"""Atoms that are span tables already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis

from .atoms import Atoms

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tabled(Atoms):
    """phi_r(x) = sum_i B_i(x) table[i, r]: compiled as it stands."""

    basis: SpanBasis
    table: Floats

    @property
    def count(self) -> int:  # type: ignore[override]
        """R, the number of atoms."""
        return int(self.table.shape[1])

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        return np.asarray(self.basis.design(x) @ self.table)
