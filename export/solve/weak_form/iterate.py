"""The current solution as a coefficient of the next linearised problem (Newton and Picard
steps)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .axes import ProblemAxis
from .coefficients import Coefficient
from .forms import Expression, Factor, FormAxis, Product

Floats = NDArray[np.float64]


class Iterate:
    """A train with table rows [a, n_rows, b], read as a sum of products of functions of one axis
    each.

    Every path through the bonds is one product; equal functions share one coefficient, so that
    their matrices are assembled once. `meshes`: the axes whose bases the rows belong to, where
    these are not the axes that the terms name.
    """

    def __init__(
        self,
        axes: Sequence[ProblemAxis],
        cores: Sequence[Floats],
        meshes: Sequence[ProblemAxis] | None = None,
    ) -> None:
        self.axes, self.cores = axes, cores
        self.meshes = axes if meshes is None else meshes

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
        a, _, b = self.cores[d].shape
        columns = _remembered(partial(_columns, self.meshes[d], self.cores[d], nu))
        return {
            (i, j): Factor(coefficient=Coefficient(partial(_entry, columns, i, j)))
            for i in range(a)
            for j in range(b)
        }


def _columns(axis: ProblemAxis, core: Floats, nu: int, points: Floats) -> Floats:
    """[a, b, N]: the nu-th derivative of every entry of a core at points [N]."""
    a, n, b = core.shape
    values = axis.sparse_design(nu, points) @ core.transpose(1, 0, 2).reshape(n, a * b)
    return np.ascontiguousarray(np.asarray(values).T).reshape(a, b, -1)


def _remembered(columns: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    """The same with the last points and their values kept: all entries are asked at one mesh."""
    kept: list[Floats] = []

    def asked(points: Floats) -> Floats:
        if not kept or kept[0] is not points:
            kept[:] = [points, columns(points)]
        return kept[1]

    return asked


def _entry(columns: Callable[[Floats], Floats], i: int, j: int, points: Floats) -> Floats:
    return columns(points)[i, j]
