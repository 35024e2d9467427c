"""The coefficients of some axes as one vector of unknowns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .factors import SeparableFunction
from .normal_equations import NormalEquations
from .penalty import Component

Floats = NDArray[np.float64]


class Unknowns:
    """Where the coefficients of each of `axes` lie in the vector of unknowns."""

    def __init__(self, f: SeparableFunction, axes: Sequence[int]) -> None:
        self.axes = tuple(axes)
        ends = np.cumsum([f.tables[d].size for d in axes])
        self.place = {
            d: slice(int(e) - f.tables[d].size, int(e)) for d, e in zip(axes, ends, strict=True)
        }
        self.shape = {d: f.tables[d].shape for d in axes}

    def square(self, a: Floats, d: int) -> Floats:
        """The block of axis d as a view [m, R_d, m, R_d]."""
        s, (m, r) = self.place[d], self.shape[d]
        return a[s, s].reshape(m, r, m, r)

    def moved(self, f: SeparableFunction, step: Floats) -> SeparableFunction:
        """f with a step [P] added to its tables."""
        tables = list(f.tables)
        for d in self.axes:
            tables[d] = tables[d] + step[self.place[d]].reshape(self.shape[d])
        return f.with_tables(tables)

    def add_penalty(
        self,
        equations: NormalEquations,
        f: SeparableFunction,
        parts: list[Component],
        strengths: Floats,
    ) -> None:
        """Add the Hessian of the penalty to A and subtract its gradient from g, in place."""
        for c, s in zip(parts, strengths, strict=True):
            if c.axis in self.place:
                self.square(equations.a, c.axis)[:, c.columns, :, c.columns] += s * c.gram
        for c, s in zip(parts, strengths, strict=True):
            if c.axis in self.place:
                gradient = equations.g[self.place[c.axis]].reshape(self.shape[c.axis])
                gradient[:, c.columns] -= s * (c.gram @ f.tables[c.axis][:, c.columns])

    def traces(self, inverse: Floats, parts: list[Component]) -> Floats:
        """tr(A^-1 S_j) of every component, [components]."""
        return np.array(
            [
                np.sum(self.square(inverse, c.axis)[:, c.columns, :, c.columns] * c.gram)
                for c in parts
            ]
        )
