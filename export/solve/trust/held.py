"""A problem held at one point of its parameters and solved directly on a finer mesh: what its model
is compared with there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, Model

from ..direct.factor import MOST_OF_A_SUM, MOST_OF_ONE_SUM, direct_solution, fits, sum_fits
from ..direct.iterated import iterated_solution
from ..direct.newton import Direct, Unsettled, settled
from ..mesh.axis import MeshAxis
from ..mesh.matrices import MatrixAxis
from ..solvers.assembly import assemble
from ..trains.cores import from_columns, rounded
from ..weak_form.axes import ProblemAxis
from ..weak_form.iterate import Iterate
from ..weak_form.linearised import linearised
from ..weak_form.problem import Problem
from ..weak_form.restated import Place, restated
from .points import Point

Floats = NDArray[np.float64]
PARTS = (MeshAxis, MatrixAxis)
MOST_POINTS = 250_000  # of the grid on which fields are compared
SLICE_ROUNDING = 1e-9
SETTLED = 1e-4  # relative residual of what Newton's method finds, in one step at least


@dataclass(frozen=True)
class Field:
    """Table rows [n_1, .., n_D] of a function on the axes that are not held."""

    axes: tuple[ProblemAxis, ...]
    rows: Floats

    def on(self, grid: Sequence[Floats]) -> Floats:
        """Values on a tensor grid."""
        found = self.rows
        for d, (axis, points) in enumerate(zip(self.axes, grid, strict=True)):
            design = axis.sparse_design(0, points)
            flat = np.moveaxis(found, d, 0)
            moved = (design @ flat.reshape(len(flat), -1)).reshape(-1, *flat.shape[1:])
            found = np.moveaxis(moved, 0, d)
        return found


def solved_at(
    problem: Problem,
    model: Model,
    at: Point,
    mesh: Mapping[str, ProblemAxis],
    most: int = MOST_OF_A_SUM,
) -> Field | None:
    """The solution at the parameters `at`, on the axes of `mesh` by name where it has them; None
    where it is too large to be solved directly, a Kronecker sum (`is_wide`) above `most`
    coefficients.

    A non-linear problem is linearised around the model: one Newton step from it, whose error is
    that of the model squared.
    """
    coarse = [a for a in problem.axes if a.name not in at]
    places: dict[str, Place] = {a.name: mesh.get(a.name, a) for a in coarse}
    held = restated(problem, {**places, **at})
    dear = is_dear(held)
    if dear and held.newton is None:
        return _continued(held, slice_of(model, at), coarse)
    if held.nonlinear:
        held = linearised(held, Iterate(held.axes, slice_of(model, at), coarse))
    system, lift = assemble(held)
    found = iterated_solution(system) if dear else direct_solution(system, most)
    if found is None:
        return None
    return Field(held.axes, _rows(found, system.maps, lift))


def is_dear(held: Problem) -> bool:
    """Whether a non-linear problem is too large for its linearisation to be solved directly."""
    sizes = tuple(a.free.shape[1] for a in held.axes)
    return held.nonlinear and not fits(sizes)


def is_wide(held: Problem) -> bool:
    """Whether a linear problem whose terms name one axis each is solved directly on its own spans,
    but not often, and not on halved ones."""
    one_axis = all(len(p.factors) == 1 for p in held.operator.products)
    if held.nonlinear or not one_axis or len(held.axes) < 2:
        return False
    own = tuple(a.free.shape[1] for a in held.axes)
    twice = tuple(a.halved().free.shape[1] for a in held.axes)
    return sum_fits(own, MOST_OF_ONE_SUM) and not sum_fits(twice, MOST_OF_A_SUM)


def _continued(held: Problem, cores: list[Floats], coarse: Sequence[ProblemAxis]) -> Field | None:
    """Newton's method on the axes of `held` from a train on those of `coarse`."""
    if any(a.role == "component" for a in held.axes):
        return None
    direct = Direct(held)
    start, lifts = np.ones((1, 1)), []
    for core, axis, old, free, lift in zip(
        cores, held.axes, coarse, direct.system.maps, direct.lift, strict=True
    ):
        fine, map_ = axis.sparse_design().toarray(), free.toarray()
        rows = np.linalg.lstsq(fine, old.sparse_design(0, axis.nodes).toarray(), rcond=None)[0]
        moved = np.tensordot(np.linalg.pinv(map_) @ rows, core, ([1], [1]))  # [n, a, b]
        start = np.tensordot(start, moved, ([-1], [1]))
        lifts.append(np.linalg.pinv(map_) @ lift)
    still = sum(
        reduce(np.multiply.outer, [t[:, s] for t in lifts]) for s in range(direct.lift[0].shape[1])
    )
    try:
        found = settled(held, SETTLED, lambda: None, start[0, ..., 0] - still, least=1)
    except Unsettled:
        return None
    return Field(held.axes, _rows(found.found, direct.system.maps, direct.lift))


def _rows(found: Floats, maps: Sequence[Any], lift: list[Floats]) -> Floats:
    """Table rows of free coefficients and of the lift."""
    rows = found
    for d, free in enumerate(maps):
        flat = np.moveaxis(rows, d, 0)
        moved = (free @ flat.reshape(len(flat), -1)).reshape(-1, *flat.shape[1:])
        rows = np.moveaxis(moved, 0, d)
    for s in range(lift[0].shape[1]):
        rows = rows + reduce(np.multiply.outer, [t[:, s] for t in lift])
    return rows


def slice_of(model: Model, at: Point) -> list[Floats]:
    """The model at the parameters `at` as cores [a, n_rows, b] of a train over its other axes."""
    interaction = (model.at(at) if at else model).interaction
    if isinstance(interaction, CP):
        columns = [
            interaction.expanded(d, np.ones(len(t))) for d, t in enumerate(interaction.tables)
        ]
        return from_columns([columns[0] * interaction.weights[:, 0], *columns[1:]])
    cores = [np.asarray(c).transpose(1, 0, 2) for c in interaction.cores]
    cores[-1] = np.tensordot(cores[-1], interaction.weights[:, :1], 1)
    return rounded(cores, SLICE_ROUNDING)


def grid_of(axes: Sequence[ProblemAxis]) -> tuple[list[Floats], list[Floats]]:
    """Points and weights of every axis, four, two or one in each span, or one in several: so many
    that the grid stays below `MOST_POINTS`."""
    counts: list[float] = [4, 2, 1, 1 / 2, 1 / 3, 1 / 4]
    for count in counts:
        found = [_spread(a, count) for a in axes]
        if np.prod([len(p) for p, _ in found], dtype=float) <= MOST_POINTS:
            break
    return [p for p, _ in found], [w for _, w in found]


def _spread(axis: ProblemAxis, count: float) -> tuple[Floats, Floats]:
    if axis.role == "component":
        return np.arange(axis.basis.n_rows, dtype=float), np.ones(axis.basis.n_rows)
    if isinstance(axis, PARTS):
        return axis.spread()
    breaks = axis.basis.breaks
    if count < 1:
        group = round(1 / count)
        places = np.arange(group // 2, len(breaks) - 1, group)  # a span of every group
        ends = np.r_[breaks[: group * len(places) : group], breaks[-1]]
        return (breaks[places] + breaks[places + 1]) / 2, np.diff(ends)
    width = np.diff(breaks)
    local = (np.arange(count) + 0.5) / count
    points = breaks[:-1, None] + width[:, None] * local
    return points.reshape(-1), np.repeat(width / count, int(count))


def model_on(model: Model, problem: Problem, at: Point, grid: Sequence[Floats]) -> Floats:
    """The model at `at` on a grid of the problem's other axes, in their order."""
    points: dict[str, object] = {}
    shape: list[int] = []
    for axis, values in zip((a for a in problem.axes if a.name not in at), grid, strict=True):
        names = list(axis.labels)
        if isinstance(axis, PARTS):
            points[axis.name] = values
            if names:
                points[f"{axis.name} component"] = names
        else:
            points[axis.name] = [names[int(i)] for i in values] if names else values
        shape.append(len(values) * (len(names) or 1) if isinstance(axis, PARTS) else len(values))
    found = model.grid(points, at=dict(at))[..., 0]  # type: ignore[arg-type]
    return np.asarray(found).reshape(shape)
