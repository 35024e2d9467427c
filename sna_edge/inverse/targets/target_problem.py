"""Targets of outputs as residuals before the link, over unknowns in the unit box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...model import Model
from ..query.answer import Nearest, named
from ..query.contraction import reordered
from ..query.linear_part import beyond, goals, linearised, spread

Floats = NDArray[np.float64]


class TargetProblem:
    """f_t(x(z)) = goal_t within half_t, for unit points z [M, U] in the order of `axes`.

    `part` is the model of the unknowns and the targeted outputs alone, `reference` the same in
    double precision; `size` [T] is the unit of residuals, set by `scale`.
    """

    def __init__(
        self, part: Model, axes: tuple[Axis, ...], values: Floats, slack: Floats, backend: str
    ) -> None:
        self.part, self.axes, self.values, self.slack = part, axes, values, slack
        self.reference = part if backend == "numpy" else part.with_backend("numpy")
        self.column = reordered(part, [a.name for a in axes])
        self.lower = np.array([a.lower for a in axes])
        self.width = np.array([a.width for a in axes])
        self.movable = np.array([a.kind != "categorical" for a in axes])
        self.goal, self.half = goals(part.outputs, values, slack)
        self.size: Floats = np.ones(len(values))

    def scale(self, f: Floats) -> None:
        """The unit of residuals, and a stand-in for targets that the link cannot give, from f [M,
        T] at starts."""
        self.size = spread(f)
        far = beyond(self.part.outputs, self.values, f)
        self.goal = np.where(np.isnan(self.goal), far, self.goal)

    def x(self, z: Floats) -> Floats:
        """Coordinates [M, U] of unit points, in the order of `axes`; levels are whole numbers."""
        x = np.minimum(self.lower + z * self.width, self.lower + self.width)
        return np.asarray(x if self.movable.all() else np.where(self.movable, x, np.rint(x)))

    def unit(self, x: Floats) -> Floats:
        """Unit points of coordinates [M, U], inside the box."""
        width = np.where(self.width > 0, self.width, 1.0)
        return np.asarray(np.clip((x - self.lower) / width, 0.0, 1.0))

    def ordered(self, x: Floats) -> Floats:
        """Coordinates in the order of the part's axes."""
        out = np.empty_like(x)
        out[:, self.column] = x
        return out

    def value(self, x: Floats) -> Floats:
        """Outputs [M, T] at coordinates x [M, U], in double precision."""
        return self.reference.backend.value(self.ordered(x))

    def before_link(self, y: Floats) -> Floats:
        """f [M, T] of outputs."""
        return linearised(self.part.outputs, y)[0]

    def linear(self, model: Model, z: Floats) -> tuple[Floats, Floats]:
        """f [M, T] and df/dz [M, T, U] of a backend's answers."""
        y, slope = model.backend.value_and_gradient(self.ordered(self.x(z)))
        f, per_y = linearised(model.outputs, y)
        slope = slope[:, :, self.column] * self.width * per_y[:, :, None]
        return f, slope if self.movable.all() else np.where(self.movable, slope, 0.0)

    def residual(self, f: Floats, slope: Floats) -> tuple[Floats, Floats]:
        """(f - goal) / size [M, T] and its slope [M, T, U], from what `linear` gives."""
        return (f - self.goal) / self.size, slope / self.size[:, None]

    def allowed(self, least: float) -> Floats:
        """Residuals [T] within the tolerance, and at least `least`."""
        return np.asarray(np.maximum(least, self.half / self.size))

    def nearest(self, x: Floats, y: Floats) -> Nearest:
        """The record of outputs y [T] at coordinates x [U]."""
        outputs = {o.name: float(v) for o, v in zip(self.part.outputs, y, strict=True)}
        return Nearest(named(self.axes, x), outputs)
