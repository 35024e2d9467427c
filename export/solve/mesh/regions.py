"""Quadrature on a part: its cells, or the facets of a named boundary, with the functions of the
space there as sparse matrices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Matrix = Any  # sparse.csr_array: scipy has no types


@dataclass(frozen=True, eq=False)
class Region:
    """Points [dim, Q] with weights [Q]: sum_q w_q f(x_q) = int f; `first` is the number of the
    first of them among all points of the part."""

    basis: Any
    first: int
    n_nodes: int

    @cached_property
    def points(self) -> Floats:
        """[dim, Q]."""
        found = np.asarray(self.basis.global_coordinates(), dtype=float)
        return found.reshape(len(found), -1)

    @cached_property
    def weights(self) -> Floats:
        """[Q]."""
        return np.asarray(self.basis.dx, dtype=float).reshape(-1)

    @cached_property
    def _designs(self) -> dict[int, Matrix]:
        return {}

    def design(self, along: int = 0) -> Matrix:
        """phi_i (0), or d phi_i / dx_k (k = 1 .. dim), at the points: [Q, nodes]."""
        if along not in self._designs:
            self._designs[along] = self._design(along)
        return self._designs[along]

    def _design(self, along: int) -> Matrix:
        dofs, shape = np.asarray(self.basis.element_dofs), self.basis.dx.shape
        rows = np.arange(shape[0] * shape[1])
        data = []
        for local in range(len(dofs)):
            field = self.basis.basis[local][0]
            values = np.asarray(field) if along == 0 else np.asarray(field.grad)[along - 1]
            data.append(np.broadcast_to(values, shape).reshape(-1))
        columns = np.repeat(dofs, shape[1], axis=1)
        where = (np.tile(rows, len(dofs)), columns.reshape(-1))
        return sparse.csr_array((np.concatenate(data), where), shape=(len(rows), self.n_nodes))
