"""The question of a projection: which inputs may move, within which bounds outputs must lie."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...model import Model
from ...numerics.time_budget import TimeBudget
from ..query.linear_part import linearised

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Rated = tuple[float, float, Floats]
"""A point: excess over the bounds before the link (0 inside), squared cost, coordinates [D]."""

NARROWEST = 1e-300
"""Axis units: the least width of a box, so that nothing is divided by 0."""


@dataclass(frozen=True)
class Adjustable:
    """The U inputs that may move: their columns [U] of a point, box lower, upper [U], cost [U] of
    one axis unit, and steps [U] (None: continuous)."""

    columns: list[int]
    lower: Floats
    upper: Floats
    cost: Floats
    steps: list[float | None]

    @property
    def stepped(self) -> list[int]:
        """Which of them move in whole steps."""
        return [u for u, step in enumerate(self.steps) if step is not None]

    @property
    def width(self) -> Floats:
        """Of the box [U], never 0."""
        return np.asarray(np.maximum(self.upper - self.lower, NARROWEST))

    def continuous(self) -> Adjustable:
        """Those without steps."""
        some = [u for u, step in enumerate(self.steps) if step is None]
        columns = [self.columns[u] for u in some]
        return Adjustable(
            columns, self.lower[some], self.upper[some], self.cost[some], [None] * len(some)
        )


@dataclass(frozen=True)
class OutputBounds:
    """low <= f <= high [T], low <= high, before the link, of the outputs at `outputs`; infinite: no
    bound."""

    outputs: list[int]
    low: Floats
    high: Floats

    def excess(self, f: Floats) -> Floats:
        """Largest distance [M] outside of f [M, T], 0 inside."""
        outside = np.maximum(f - self.high, 0.0) + np.maximum(self.low - f, 0.0)
        return np.asarray(outside.max(axis=1))


@dataclass(frozen=True)
class ProjectionProblem:
    """min sum_u (cost_u (x_u - here_u))^2 over the box of the adjustable inputs with low <= f_t(x)
    <= high_t; here [D] is the point to move."""

    model: Model
    here: Floats
    adjustable: Adjustable
    bounds: OutputBounds
    seed: int
    budget: TimeBudget

    @property
    def start(self) -> Floats:
        """The adjustable coordinates [U] of the point to move."""
        return np.asarray(self.here[self.adjustable.columns])

    def points(self, x: Floats) -> Floats:
        """Points [M, D] with x [M, U] in the adjustable columns."""
        full = np.repeat(self.here[None], len(x), axis=0)
        full[:, self.adjustable.columns] = x
        return full

    def squared_cost(self, x: Floats) -> Floats:
        """[M] of x [M, U]."""
        return np.asarray(np.square(self.adjustable.cost * (x - self.start)).sum(axis=1))

    def excess(self, x: Floats) -> Floats:
        """[M] of x [M, U]."""
        outputs = [self.model.outputs[k] for k in self.bounds.outputs]
        y = self.model.backend.value(self.points(x))[:, self.bounds.outputs]
        return self.bounds.excess(linearised(outputs, y)[0])

    def linear(self, x: Floats) -> tuple[Floats, Floats]:
        """f [M, T] and df/dx [M, T, U] over the adjustable columns; the whole model is asked, as a
        part of it would have to be made first."""
        some = self.bounds.outputs
        y, slope = self.model.backend.value_and_gradient(self.points(x))
        f, per_y = linearised([self.model.outputs[k] for k in some], y[:, some])
        return f, slope[:, some][:, :, self.adjustable.columns] * per_y[:, :, None]

    def rated(self, x: Floats) -> list[Rated]:
        """Every row of x [M, U]."""
        excess = self.excess(x)
        cost = self.squared_cost(x)
        return list(zip(excess.tolist(), cost.tolist(), self.points(x), strict=True))

    def continuous_from(self, here: Floats) -> ProjectionProblem:
        """The same question for the inputs without steps, from another point."""
        return replace(self, here=here, adjustable=self.adjustable.continuous())
