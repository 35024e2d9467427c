"""From eigenpairs at points of the parameters to models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge import TT, Model, Output

from ..components import exported
from ..pointwise.chosen import Chosen
from ..pointwise.train import split, train_through
from ..solvers.tensor_system import TensorSystem
from ..solvers.tt_als import apply_axis
from ..trains.cores import Cores, permuted, rounded
from ..weak_form.axes import ProblemAxis
from ..weak_form.problem import Problem

Floats = NDArray[np.float64]
MOST_RANK = 400
ROUNDED, SPLIT = 1e-12, 1e-8


@dataclass(frozen=True)
class Spread:
    """`chosen` has [P, K + r K] surpluses: values of the K branches over `scale`, then their shapes
    times `weight`, as coefficients [r, K] of `basis` [N, r]."""

    chosen: Chosen
    count: int
    basis: Floats
    scale: float
    weight: float

    @property
    def values(self) -> Floats:
        """[P, K]."""
        return self.chosen.surpluses[:, : self.count] * self.scale

    @property
    def shapes(self) -> Floats:
        """[P, r K]."""
        return self.chosen.surpluses[:, self.count :] / self.weight

    def first(self, count: int) -> Floats:
        """The lowest eigenvalues at the first point."""
        return np.sort(self.values[0])[:count]


def values_model(
    problem: Problem, held: Sequence[ProblemAxis], spread: Spread, tolerance: float
) -> Model | None:
    """eigenvalue_1 .. eigenvalue_K over the parameters; None without parameters."""
    if not held:
        return None
    first, *rest = _through(spread, spread.values, (spread.count,), tolerance)
    names = [f"eigenvalue_{k + 1}" for k in range(spread.count)]
    order = [len(held), *range(len(held))]
    return _exported(problem, held, permuted([first, *rest], order, ROUNDED), names, "")


def shapes_model(
    problem: Problem, held: Sequence[ProblemAxis], spread: Spread, system: TensorSystem,
    tolerance: float,
) -> Model:  # fmt: skip
    """Shapes of the K branches over all axes of the problem, in its order."""
    space = [a for a in problem.axes if a not in held]
    sizes = (spread.basis.shape[1], spread.count)
    first, *rest = _through(spread, spread.shapes, sizes, tolerance)
    fields = (spread.basis @ first[0]).reshape(1, *system.sizes, -1)
    cores = rounded([*split(fields, SPLIT), *rest], tolerance, MOST_RANK)
    place = [problem.axes.index(a) for a in (*space, *held)]
    place.insert(len(space), len(problem.axes))
    *tables, last = permuted(cores, place, ROUNDED)
    maps = dict(zip(space, system.maps, strict=True))
    full = [
        apply_axis(maps[a], c) if a in maps else c
        for a, c in zip(problem.axes, tables, strict=True)
    ]
    names = [f"{problem.output}_{k + 1}" for k in range(spread.count)]
    return _exported(problem, problem.axes, [*full, last], names, problem.unit)


def _through(spread: Spread, surpluses: Floats, sizes: tuple[int, ...], tolerance: float) -> Cores:
    """A train over `sizes`, then over the table rows of the parameters."""
    chosen = spread.chosen
    rows = [axis.rows for axis in chosen.axes]
    return train_through(
        np.ascontiguousarray(surpluses), sizes, chosen.indices, rows, tolerance, MOST_RANK
    )


def _exported(
    problem: Problem, axes: Sequence[ProblemAxis], cores: Cores, names: Sequence[str], unit: str
) -> Model:
    """The model of a train whose last core [r, K, 1] is that of the outputs."""
    *tables, last = cores
    weights = np.ascontiguousarray(last[:, :, 0])
    named, train = exported(axes, TT(tuple(c.transpose(1, 0, 2) for c in tables), weights))
    metadata = {"name": problem.name, "source": "solve", "title": problem.title}
    outputs = [Output(name, unit) for name in names]
    return Model(named, train, outputs, metadata=metadata, backend="auto")
