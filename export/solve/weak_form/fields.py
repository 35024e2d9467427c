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
class Known:
    """A model that is a coefficient: its name and the relative error of its values, NaN where
    nobody told. The same object is that of the same values."""

    name: str
    error: float


@dataclass(frozen=True, eq=False)
class Train:
    """A train with table rows [a, n_rows, b] on the bases of `meshes`, over the axes that the terms
    name. `known`: of which model it is, None for the iterate of a solve."""

    axes: tuple[Axis, ...]
    cores: tuple[Floats, ...]
    meshes: tuple[Mesh, ...]
    known: Known | None = None


@dataclass(frozen=True, eq=False)
class Slope:
    """A derivative of a train; `orders` one per axis, all 0 for the train itself."""

    train: Train
    orders: tuple[int, ...]

    def moved(self, where: Mapping[Any, Place]) -> Slope:
        """The same with every axis replaced by what stands for it; one held at a number is summed
        out."""
        axes = tuple(where.get(a, a) for a in self.train.axes)
        found = Slope(replace(self.train, axes=axes), self.orders)
        for d in reversed([d for d, a in enumerate(axes) if isinstance(a, Real)]):
            found = found._held(d) if len(found.orders) > 1 else found
        return found

    def _held(self, d: int) -> Slope:
        """Without axis d, which is held at a number: its core there times that of a neighbour."""
        train, cores = self.train, list(self.train.cores)
        design = train.meshes[d].sparse_design(self.orders[d], np.array([float(train.axes[d])]))
        core = cores.pop(d)
        matrix = np.asarray(design @ core.transpose(1, 0, 2).reshape(core.shape[1], -1))
        matrix = matrix.reshape(core.shape[0], core.shape[2])
        if d:
            cores[d - 1] = np.tensordot(cores[d - 1], matrix, 1)
        else:
            cores[0] = np.tensordot(matrix, cores[0], 1)
        axes, meshes, orders = (t[:d] + t[d + 1 :] for t in (train.axes, train.meshes, self.orders))
        return Slope(replace(train, axes=axes, cores=tuple(cores), meshes=meshes), orders)


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
