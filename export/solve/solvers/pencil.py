"""Two symmetric matrices of an axis, brought to diagonal form together: a solve between ranks then
falls apart into one small system per row.

M = V^-T V^-1 and A = V^-T diag(w) V^-1 turn (M (x) G_0 + A (x) G_1) x = b into (G_0 + w_j G_1) y_j
= (V^T b)_j, x = V y: n systems of B unknowns in place of a block-banded one. Source: Lynch, Rice &
Thomas, Numer. Math. 6 (1964).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Floats = NDArray[np.float64]
SYMMETRIC = 1e-13  # of the largest entry: what a matrix and its transpose may differ by
WORST = 1e8  # times the smallest eigenvalue: the largest of a matrix that is still divided by
MOST_ROWS = 2000  # of a dense eigenproblem


class Pencil:
    """values w [n], of the second matrix in the basis [n, n] in which the first is the identity."""

    def __init__(self, values: Floats, basis: Floats) -> None:
        self.values, self.basis = values, basis

    @classmethod
    def of(cls, first: Floats, second: Floats | None) -> Pencil | None:
        """Of dense symmetric matrices, the first definite; None where they are not. Without a
        second one its values are 0."""
        given = [m for m in (first, second) if m is not None]
        if len(first) > MOST_ROWS or not all(_symmetric(m) for m in given):
            return None
        sizes = linalg.eigvalsh(first)
        if sizes[0] * WORST <= sizes[-1]:
            return None
        values, basis = linalg.eigh(np.zeros_like(first) if second is None else second, first)
        return cls(values, basis)

    def solve(
        self,
        blocks: Sequence[Any],
        rhs: Floats,
        ridge: float,
        watch: Callable[[], None] | None,
        library: tuple[Any, Any, Any],
    ) -> Floats:
        """x [n, B] with M x G_0^T + A x G_1^T = rhs [n, B] for blocks (G_0, G_1), or (G_0,).
        `watch` is called before every small system and may raise; `ridge` is added to diagonals."""
        xp, put, get = library
        size = rhs.shape[1]
        first = put(blocks[0] + ridge * np.eye(size))
        sides = self.basis.T @ rhs
        if len(blocks) == 1:
            return np.asarray(self.basis @ get(xp.linalg.solve(first, put(sides.T))).T)
        second = put(blocks[1])
        found = np.empty_like(sides)
        for j, value in enumerate(self.values):
            if watch is not None:
                watch()
            found[j] = get(xp.linalg.solve(first + float(value) * second, put(sides[j])))
        return np.asarray(self.basis @ found)


def _symmetric(matrix: Floats) -> bool:
    return bool(np.abs(matrix - matrix.T).max() <= SYMMETRIC * np.abs(matrix).max())
