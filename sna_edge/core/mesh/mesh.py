"""The mesh behind a node axis: where its nodes are, which cells they make, what some are called.

u(x) = sum_i N_i(x) u_i,   N_i the Lagrange polynomials of the cell that x lies in
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .boxes import boxes, order
from .index import NodeIndex, NodeNames
from .search import Search

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
MOST_NODES = 200_000
CORNERS = {2: {3: 1, 6: 2}, 3: {4: 1, 10: 2}}
"""{dimension: {nodes of a cell: degree of its polynomials}}."""
EDGES = {2: ((0, 1), (1, 2), (0, 2)), 3: ((0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3))}
"""{dimension: corners between which the further nodes of a cell of degree 2 lie, in order}."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """points [N, dim], cells [M, nodes of a cell]: straight triangles or tetrahedra, corners first,
    of degree 2 the middles of edges after them. `coordinates` are the names by which a point is
    asked, `probes` {name: node}. Numbers keep their type where they are float32 or unsigned: those
    of a file are not copied. `boxes` of cells that stand in the order of boxes.py. Raises
    InputError where these do not fit."""

    points: NDArray[Any]
    cells: NDArray[Any]
    coordinates: tuple[str, ...]
    probes: Mapping[str, int] = field(default_factory=dict)
    boxes: Singles | None = None

    def __post_init__(self) -> None:
        for name, dtype, kept in (("points", float, "f4"), ("cells", np.int64, "u2 u4")):
            given = np.asarray(getattr(self, name))
            as_given = given.dtype in [np.dtype(k) for k in kept.split()]
            array = np.ascontiguousarray(given, dtype=None if as_given else dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        count, dim = self.points.shape
        if dim not in CORNERS or self.cells.shape[1] not in CORNERS[dim]:
            raise InputError("a mesh has triangles or tetrahedra of degree 1 or 2")
        if count > MOST_NODES:
            raise InputError(f"a mesh has {count} nodes, at most {MOST_NODES} are taken")
        if self.boxes is None:  # with boxes the numbers are those of a file, and checked
            self._need_numbers()
        if len(self.coordinates) != dim:
            raise InputError(f"a mesh of dimension {dim} needs as many coordinate names")
        wrong = [n for n, node in self.probes.items() if not 0 <= node < count]
        if wrong:
            raise InputError(f"probe {wrong[0]!r} is at a node that the mesh does not have")

    def _need_numbers(self) -> None:
        if not len(self.cells) or self.cells.min() < 0 or self.cells.max() >= len(self.points):
            raise InputError("a cell of a mesh names a node that it does not have")
        if not np.all(np.isfinite(self.points)):
            raise InputError("a mesh has a point that is no number")

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return int(self.points.shape[1])

    @property
    def degree(self) -> int:
        """Of the polynomials in a cell."""
        return CORNERS[self.dimension][self.cells.shape[1]]

    @cached_property
    def names(self) -> Sequence[str]:
        """Of every node: its probe, or its number."""
        return NodeNames(len(self.points), self.probes)

    @cached_property
    def index(self) -> NodeIndex:
        """Which node a value means."""
        return NodeIndex(len(self.points), self.probes)

    @cached_property
    def stored(self) -> Mesh:
        """The same mesh with cells in the order in which files have them, and their boxes."""
        if self.boxes is not None:
            return self
        cells = self.cells[order(self.points, self._corners)]
        found = boxes(self.points, cells[:, : self.dimension + 1])
        return replace(self, cells=cells, boxes=found)

    @property
    def _corners(self) -> NDArray[Any]:
        """[M, dim + 1]."""
        return self.cells[:, : self.dimension + 1]

    @cached_property
    def _search(self) -> Search:
        mesh = self.stored
        assert mesh.boxes is not None
        return Search(mesh.points, mesh._corners, mesh.boxes)

    def located(self, points: Floats) -> tuple[Ints, Floats, Floats]:
        """Of points [P, dim]: nodes [P, n] of the cell that each lies in, their weights [P, n]
        (NaN outside), and how far outside the mesh each is [P], 0 inside."""
        cell, shares, distance = self._search.find(np.asarray(points, dtype=float))
        nodes = self.stored.cells[cell].astype(np.int64)
        return nodes, self.weights(shares), distance

    def weights(self, shares: Floats) -> Floats:
        """N_i [P, n] from barycentric coordinates [P, dim + 1]."""
        if self.degree == 1:
            return shares
        middles = [4.0 * shares[:, i] * shares[:, j] for i, j in EDGES[self.dimension]]
        return np.concatenate([shares * (2.0 * shares - 1.0), np.stack(middles, axis=1)], axis=1)

    def describe(self) -> str:
        """What names a place on it, in words."""
        probes = f", a probe ({', '.join(self.probes)})" if self.probes else ""
        where = ", ".join(self.coordinates)
        return f"a node 0 .. {len(self.points) - 1}{probes} or a point {where}"
