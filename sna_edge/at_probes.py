"""A part at some of its places: the node axis becomes levels, for runtimes that have no meshes.

T'[l] = sum_i N_i(x_l) T[node_i]     the row of level l; at a node its own row
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .core.axis import Axis, level_axis
from .core.basis.span import Rows
from .core.beside import Calibration, Companion, Coordinate
from .core.beside.calibration import LevelPair
from .core.beside.companion import CoordinateSource
from .core.interaction import CP, TT, Interaction
from .core.mesh import Mesh
from .core.record import ModelRecord, Record
from .errors import DomainError, InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WEIGHT = 1e-6  # of a node: below it a point lies on the others


def at_probes(model: Record, places: Mapping[str, object] | None = None) -> Record:
    """The model with the levels of `places` in place of the nodes of its part: {name: probe, node
    number or point (x, y[, z])}, by default its probes. A model without nodes is given back.

    Intervals, familiarity and readings are carried; a certificate, which speaks of all nodes, is
    not. Raises InputError where there is no place, or a point lies between nodes and rows cannot
    be averaged (behind a link, beside companions of the part), DomainError outside the part.
    """
    parts = [d for d, a in enumerate(model.axes) if a.mesh is not None]
    if places is not None and len(parts) != 1:
        raise InputError(f"places are those of one part, and the model has {len(parts)}")
    for d in parts:
        model = _with_levels(model, d, _picked(model.axes[d], places))
    return model


@dataclass(frozen=True)
class Picked:
    """Names [L] of places and what each is: nodes [L, n], weights [L, n]."""

    names: tuple[str, ...]
    nodes: Ints
    weights: Floats

    @property
    def exact(self) -> bool:
        """Whether every place is a node."""
        return bool((self.weights.max(axis=1) == 1.0).all())

    def rows(self, table: Rows) -> Floats:
        """[L, columns] of a table [N, columns]."""
        if self.exact:
            return table[self.node]
        return np.asarray(np.einsum("pn,pnc->pc", self.weights, table[self.nodes]))

    @property
    def node(self) -> Ints:
        """[L], of places that are nodes."""
        return np.asarray(self.nodes[np.arange(len(self.nodes)), self.weights.argmax(axis=1)])


def _picked(axis: Axis, places: Mapping[str, object] | None) -> Picked:
    mesh = axis.mesh
    assert mesh is not None
    named: Mapping[str, object] = mesh.probes if places is None else places
    if not named:
        raise InputError(
            f"input {axis.name!r} is the nodes of a part, and no probe names a place on it; name"
            " some by `sna-edge probes MODEL --at NAME=X,Y -o NEW`, or by probes= of mesh_space"
        )
    if any(not isinstance(n, str) or not n.strip() for n in named):
        raise InputError("a place needs a name that is text; give {name: node or point}")
    found = [_place(axis, mesh, name, value) for name, value in named.items()]
    width = max(len(nodes) for nodes, _ in found)
    nodes, weights = np.zeros((len(found), width), np.int64), np.zeros((len(found), width))
    for row, (of, by) in enumerate(found):
        nodes[row, : len(of)], weights[row, : len(of)] = of, by
    return Picked(tuple(named), nodes, weights)


def _place(axis: Axis, mesh: Mesh, name: str, value: object) -> tuple[Any, Any]:
    """Nodes and weights of a place: one node, or those of the cell that a point lies in."""
    if not np.ndim(value):  # type: ignore[arg-type]
        node = axis.coordinate(value)
        if not np.isfinite(node):
            raise InputError(f"place {name!r} is {value!r}, no node; {axis.describe()}")
        return [int(node)], [1.0]
    try:
        point = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        point = np.empty(0)
    if point.shape != (mesh.dimension,) or not np.isfinite(point).all():
        where = ", ".join(mesh.coordinates)
        raise InputError(f"place {name!r} is no point {where}: give {mesh.dimension} numbers")
    nodes, weights, distance = (found[0] for found in mesh.located(point[None]))
    if distance > 0:
        raise DomainError(
            f"place {name!r} lies {float(distance):g} outside {axis.name!r}; name one inside",
            row=0,
            axis=axis.name,
            excess=float(distance),
        )
    if np.abs(weights).max() > 1.0 - WEIGHT:  # on a node
        return [int(nodes[np.abs(weights).argmax()])], [1.0]
    return nodes, weights


def _with_levels(model: Record, d: int, picked: Picked) -> Record:
    beside, calibration = _beside(model, d, picked)
    if not picked.exact:
        _need_averages(model, d)
    dtypes = list(model.dtypes)
    if not picked.exact and dtypes[d].startswith("int"):
        dtypes[d] = "float32"  # a mean of rows is no multiple of their unit
    axes = list(model.axes)
    axes[d] = level_axis(axes[d].name, picked.names)
    work = model.interaction
    tables = [picked.rows(work.rows(d)) if i == d else work.rows(i)[:] for i in range(work.n_axes)]
    outputs = [replace(o, range=None) for o in model.outputs]
    return model.replace(
        axes=axes,
        interaction=_of(work, tables),
        outputs=outputs,
        dtypes=dtypes,
        certificate={},
        companions=beside,
        calibration=calibration,
    )


def _of(work: Interaction, tables: list[Floats]) -> Interaction:
    """The same modes or ranks with other tables [n_d, columns]."""
    if isinstance(work, CP):
        return CP(tuple(tables), work.modes, work.weights)
    ranks = work.ranks
    cores = [t.reshape(len(t), ranks[d], ranks[d + 1]) for d, t in enumerate(tables)]
    return TT(tuple(cores), work.weights)


def _need_averages(model: ModelRecord, d: int) -> None:
    """Raises InputError where the value at a point is not that of the mean row."""
    behind = [o.name for o in model.outputs if o.link != "identity"]
    name = model.axes[d].name
    if behind or model.companions:
        why = f"output {behind[0]!r} has a link" if behind else "companions stand beside it"
        raise InputError(f"a place of {name!r} lies between nodes and {why}; name nodes alone")


def _beside(
    model: ModelRecord, d: int, picked: Picked
) -> tuple[list[Companion[Any]], Calibration | None]:
    """Companions and calibration, of the nodes only those that are levels."""
    found = model.calibration
    if found is not None and found.pairs:
        found = replace(found, pairs=tuple(_pair(p, d, picked) for p in found.pairs))
    return [_companion(c, model, d, picked) for c in model.companions], found


def _pair(pair: LevelPair, d: int, picked: Picked) -> LevelPair:
    if d not in (pair.a, pair.b):
        return pair
    seen = pair.seen[picked.node] if pair.a == d else pair.seen[:, picked.node]
    return LevelPair.of(pair.a, pair.b, seen)


def _companion(one: Companion[Any], model: ModelRecord, d: int, picked: Picked) -> Companion[Any]:
    """Its features lose the columns of the other nodes, its own axis of nodes their rows."""
    before = sum(a.basis.n_spans if a.kind == "categorical" else 1 for a in model.axes[:d])
    after = before + model.axes[d].basis.n_spans
    function, coordinates = one.model, list(one.coordinates)
    for i, c in enumerate(coordinates):
        if c.source == CoordinateSource.FEATURE:
            w = c.weights
            kept = np.concatenate([w[:before], w[before:after][picked.node], w[after:]])
            coordinates[i] = Coordinate(c.source, c.index, kept, c.constant)
        elif c.source == CoordinateSource.INPUT and c.index == d:
            function = _with_levels(function, i, picked)
    return replace(one, model=function, coordinates=tuple(coordinates))
