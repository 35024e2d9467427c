"""Functions of all axes together as coefficients of a term: trains of table rows, their
derivatives, and functions of these.

They are kept as what they are and sampled when a problem is assembled (`solvers.fields`), so that a
term costs the same per axis however many axes there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Axis = Any  # forms.FormAxis, which is stated above this module
Place = Any  # an axis, or the value at which one is held
Mesh = Any  # axes.ProblemAxis, likewise


@dataclass(frozen=True, eq=False)
class Train:
    """A train with table rows [a, n_rows, b] on the bases of `meshes`, over the axes that the terms
    name."""

    axes: tuple[Axis, ...]
    cores: tuple[Floats, ...]
    meshes: tuple[Mesh, ...]


@dataclass(frozen=True, eq=False)
class Slope:
    """A derivative of a train; `orders` one per axis, all 0 for the train itself."""

    train: Train
    orders: tuple[int, ...]

    def moved(self, where: Mapping[Any, Place]) -> Slope:
        """The same with every axis replaced by what stands for it."""
        axes = tuple(where.get(a, a) for a in self.train.axes)
        return Slope(replace(self.train, axes=axes), self.orders)


@dataclass(frozen=True, eq=False)
class Applied:
    """function(s_1, .., x_1, ..) of trains s_i and coordinates x_j, values [N] each to values [N];
    a coordinate of an axis that is held is a number. `slope`: it is a derivative that multiplies
    the move of a Newton step alone, whose error costs steps, not accuracy."""

    function: Callable[..., Any]
    inner: tuple[Slope, ...]
    coordinates: tuple[Place, ...] = ()
    slope: bool = False

    def moved(self, where: Mapping[Any, Place]) -> Applied:
        """The same with every axis replaced by what stands for it."""
        return Applied(
            self.function,
            tuple(s.moved(where) for s in self.inner),
            tuple(_place(c, where) for c in self.coordinates),
            self.slope,
        )


def _place(coordinate: Place, where: Mapping[Any, Place]) -> Place:
    found = coordinate if isinstance(coordinate, float) else where.get(coordinate, coordinate)
    return float(found) if isinstance(found, Real) else found


Sampled = Slope | Applied
