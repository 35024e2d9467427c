"""A solved model as a coefficient of another problem: the temperature of a part that bends it.

f(x, p) = sum of products, as the model stores it; on the axes of the new problem its values are
those of the model, on another mesh too, and what is known of its error goes with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

import sna_edge
from sna_edge import CP, Model
from sna_edge.core.axis import Axis
from sna_edge.core.mesh import Mesh
from sna_edge.errors import DomainError

from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.fields import Known, Slope, Train
from ..weak_form.forms import Expression, Product
from .axis import MeshAxis
from .space import FESpace, Places

Floats = NDArray[np.float64]
Matrix = Any  # sparse.csr_array: scipy has no types
NEAR = 0.02  # of the size of a part: nodes of another mesh may lie that far outside
BEYOND = 1e-9  # of an axis: a range that reaches so far beyond the model's is within it
ROUNDED = {"float16": 2.0**-12, "int16": 2.0**-16, "int8": 2.0**-8}
"""Relative error of stored numbers; others are exact beside an estimate."""


@dataclass(frozen=True, eq=False)
class Carrier:
    """The nodes of a model's mesh; their functions at the points of another part."""

    mesh: Mesh
    name: str

    def sparse_design(self, nu: int, points: Places) -> Matrix:
        """Through the nodes of the space that asks: exact where that is finer or the same."""
        assert nu == 0
        key = (points.space, int(points[0]))
        if key not in self._known:
            self._known[key] = points.space.design_at(points) @ self._moved(points.space)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[FESpace, int], Matrix]:
        return {}

    def _moved(self, space: FESpace) -> Matrix:
        """Values at the nodes of a space from those of the mesh, [nodes there, nodes here]."""
        nodes, weights = self._located(space.nodes.T)
        rows = np.repeat(np.arange(len(nodes)), nodes.shape[1])
        shape = (len(nodes), len(self.mesh.points))
        return sparse.csr_array((weights.reshape(-1), (rows, nodes.reshape(-1))), shape=shape)

    def _located(self, points: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Nodes and weights [P, n]; where a point lies a little outside, those of a cell beside it,
        continued."""
        nodes, weights, away = self.mesh.located(points)
        size = float(np.ptp(self.mesh.points, axis=0).max())
        if away.max(initial=0.0) > NEAR * size:
            raise ProblemError(
                f"the part is not that of the model {self.name!r}: a node lies {away.max():.3g}"
                " outside the model's mesh; take the same part, in the same place and units"
            )
        outside = np.flatnonzero(away > 0.0)
        for i, cell, shares in self._beside(points[outside]) if len(outside) else ():
            nodes[outside[i]] = cell
            weights[outside[i]] = self.mesh.weights(shares[None])[0]
        return nodes, weights

    def _beside(self, points: Floats) -> Iterator[tuple[int, NDArray[np.int64], Floats]]:
        """Of every point outside [P, dim]: the nodes of that cell at its nearest node that it is
        least outside of, its shares there, which are linear beyond the cell."""
        corners = self.mesh.cells[:, : self.mesh.dimension + 1]
        nearest = [int(((self.mesh.points - x) ** 2).sum(axis=1).argmin()) for x in points]
        near = np.isin(corners, nearest).any(axis=1)
        cells, corners = np.asarray(self.mesh.cells[near], dtype=np.int64), corners[near]
        for i, (x, node) in enumerate(zip(points, nearest, strict=True)):
            own = np.flatnonzero((corners == node).any(axis=1))
            first, *rest = self.mesh.points[corners[own]].transpose(1, 0, 2)
            edges = np.stack([r - first for r in rest], axis=2)
            shares = np.linalg.solve(edges, (x - first)[..., None])[..., 0]
            shares = np.hstack([1.0 - shares.sum(axis=1, keepdims=True), shares])
            best = int(shares.min(axis=1).argmax())
            yield i, cells[own[best]], shares[best]


def field_of(
    source: Model | str | PathLike[str], *axes: ProblemAxis, at: Mapping[str, Any] | None = None
) -> Expression:
    """The values of a solved model, or of the file of one, as a coefficient of a load; `axes` of
    the new problem stand for the model's inputs by name, its part for the model's part, and `at`
    holds inputs at a value.

    What the model's estimate says of its error is passed on to the estimate of the new problem.
    Raises ProblemError for inputs that nothing stands for, ranges beyond the model's, models that
    are no sum of products alone, and a part that is another one.

        rise = field_of("heat.sna", part, ratio, film, at={"flux": 5e3})
        load = swelling * rise * div(v, part)
    """
    if not isinstance(source, (Model, str, PathLike)):
        raise ProblemError(
            f"field_of() takes a model or the file of one, not a {type(source).__name__}; give"
            " solution.model, or save it first"
        )
    model = source if isinstance(source, Model) else sna_edge.load(source)
    name = str(model.metadata.get("name") or "field")
    whole = model
    model = _held(model, name, at) if at else model
    _need_sum(whole, name)
    standing = _standing(model, name, axes)
    output = model.outputs[0]
    train = Train(tuple(standing), tuple(cores_of(model)), _meshes(model, name), _known(whole))
    slope = Slope(train, (0,) * len(standing))
    still = output.offset + output.scale * output.bias
    parts = [Product(output.scale, fields=(slope,))]
    return Expression((*parts, *([Product(still)] if still else [])))


def cores_of(model: Model) -> list[Floats]:
    """The sum of a model, without scale and offset, as cores [a, n, b] of a train."""
    found = model.interaction
    if not isinstance(found, CP):
        cores = [np.asarray(c).transpose(1, 0, 2) for c in found.cores]
        cores[-1] = np.tensordot(cores[-1], found.weights[:, :1], 1)
        return cores
    cores = []
    for d, table in enumerate(found.tables):
        columns = found.expanded(d, np.ones(len(table)))
        cores.append(columns[None] * np.eye(found.rank)[:, None, :])
    cores[0] = cores[0].sum(axis=0, keepdims=True)
    cores[-1] = cores[-1] @ found.weights[:, :1]
    return cores


def _held(model: Model, name: str, at: Mapping[str, Any]) -> Model:
    """The model with inputs held at a value. Raises ProblemError for one outside its range."""
    try:
        return model.at(dict(at))
    except DomainError as error:
        axis = next((a for a in model.axes if a.name == error.axis and a.mesh is None), None)
        if axis is None or axis.kind == "categorical":
            raise ProblemError(f"at= of the model {name!r} does not fit it: {error}") from None
        raise ProblemError(
            f"at= holds {axis.name!r} at {at[axis.name]}, and the model {name!r} reaches from"
            f" {axis.lower:g} to {axis.upper:g} only; hold it in there, or solve that model again"
            " on a wider range"
        ) from None


def _need_sum(model: Model, name: str) -> None:
    wrong = (
        "several outputs" if len(model.outputs) > 1
        else f"the link {model.outputs[0].link}" if model.outputs[0].link != "identity"
        else "other models or readings beside it" if model.companions or model.readings is not None
        else ""
    )  # fmt: skip
    if wrong:
        raise ProblemError(
            f"the model {name!r} has {wrong} and cannot be a coefficient; give one that solve()"
            " made"
        )


def _standing(model: Model, name: str, axes: Sequence[ProblemAxis]) -> list[ProblemAxis]:
    """What stands for every input of the model, in its order."""
    found = [_stands_for(axis, name, axes) for axis in model.axes]
    stray = [a.name for a in axes if a not in found]
    if stray:
        raise ProblemError(
            f"the model {name!r} has no input {stray[0]!r}, it has"
            f" {', '.join(a.name for a in model.axes)}; leave it out of field_of()"
        )
    return found


def _stands_for(axis: Axis, name: str, axes: Sequence[ProblemAxis]) -> ProblemAxis:
    if axis.mesh is not None:
        parts = [a for a in axes if isinstance(a, MeshAxis)]
        if len(parts) != 1 or parts[0].space.dimension != axis.mesh.dimension:
            raise ProblemError(
                f"the model {name!r} is one of a part in {axis.mesh.dimension} dimensions; give"
                " field_of() the part of the new problem, in as many"
            )
        return parts[0]
    named = [a for a in axes if a.name == axis.name and not isinstance(a, MeshAxis)]
    if not named or axis.kind == "categorical":
        raise ProblemError(
            f"nothing stands for the input {axis.name!r} of the model {name!r}; give field_of() the"
            f" axis of that name, or hold it with at={{{axis.name!r}: ..}}"
        )
    basis, beyond = named[0].basis, BEYOND * axis.width
    if basis.lower < axis.lower - beyond or basis.upper > axis.upper + beyond:
        raise ProblemError(
            f"axis {axis.name!r} reaches from {basis.lower:g} to {basis.upper:g}, the model"
            f" {name!r} only from {axis.lower:g} to {axis.upper:g}; narrow it"
        )
    return named[0]


def _meshes(model: Model, name: str) -> tuple[Any, ...]:
    return tuple(
        ProblemAxis(a.name, a.unit, a.basis) if a.mesh is None else Carrier(a.mesh, name)
        for a in model.axes
    )


def _known(model: Model) -> Known:
    """What a model says of its own error, and what its stored numbers are rounded by."""
    told = model.metadata.get("estimate")
    stored = sum(ROUNDED.get(t, 0.0) for t in model.dtypes)
    worst = float(told["worst"]) if isinstance(told, dict) else float("nan")
    return Known(str(model.metadata.get("name") or "field"), worst + stored)
