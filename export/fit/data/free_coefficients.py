"""Free coefficients of a basis: all rows of its tables, but for a periodic one, whose last rows
repeat its first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis

Floats = NDArray[np.float64]


def free_size(basis: SpanBasis) -> int:
    """Number of free coefficients of a column: rows less the ghost rows of a periodic basis."""
    return int(basis.tie.max()) + 1


def free_design(basis: SpanBasis, x: Floats) -> Floats:
    """Design [N, m] over the free coefficients."""
    return fold(basis, basis.design(x))


def fold(basis: SpanBasis, dense: Floats) -> Floats:
    """Columns of `dense` [N, n_rows] that share a free coefficient summed: [N, m]."""
    if basis.kind != "periodic":
        return dense
    out = np.zeros((len(dense), free_size(basis)))
    for row, free in enumerate(basis.tie):
        out[:, free] += dense[:, row]
    return out


def free_rows(basis: SpanBasis, table: Floats) -> Floats:
    """The rows of a stored table [n_rows, R] that are free coefficients."""
    return np.asarray(table[: free_size(basis)])
