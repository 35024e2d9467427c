"""The current solution as a coefficient of the next linearised problem (Newton and Picard
steps)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .axes import ProblemAxis
from .forms import Expression, Factor, FormAxis, Product

Floats = NDArray[np.float64]


class Iterate:
    """A train with table rows [a, n_rows, b], read as a sum of products of functions of one axis
    each.

    Every path through the bonds is one product; equal functions share one array, so that their
    matrices are assembled once.
    """

    def __init__(self, axes: Sequence[ProblemAxis], cores: Sequence[Floats]) -> None:
        self.axes, self.cores = axes, cores

    def value(self) -> Expression:
        """u as an expression."""
        return self.derivative(None)

    def derivative(self, along: ProblemAxis | None, order: int = 1) -> Expression:
        """The derivative of u along an axis as an expression (u itself for None)."""
        sampled = [
            self._sampled(d, order if axis is along else 0) for d, axis in enumerate(self.axes)
        ]
        products: list[tuple[int, dict[FormAxis, Factor]]] = [(0, {})]
        for axis, factors in zip(self.axes, sampled, strict=True):
            products = [
                (b, {**found, axis: factors[a, b]})
                for a, found in products
                for b in range(1 + max(k[1] for k in factors))
            ]
        return Expression(tuple(Product(factors=found) for _, found in products))

    def _sampled(self, d: int, nu: int) -> dict[tuple[int, int], Factor]:
        a, n, b = self.cores[d].shape
        values = self.axes[d].sparse_design(nu) @ self.cores[d].transpose(1, 0, 2).reshape(n, a * b)
        columns = np.ascontiguousarray(np.asarray(values).T).reshape(a, b, -1)
        return {(i, j): Factor(coefficient=columns[i, j]) for i in range(a) for j in range(b)}
