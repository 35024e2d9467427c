"""The mesh behind a node axis: where its nodes are, which cells they make, what some are called.

u(x) = sum_i N_i(x) u_i,   N_i the Lagrange polynomials of the cell that x lies in
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .index import NodeIndex
from .search import Search

Floats = NDArray[np.float64]
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
    asked, `probes` {name: node}. Raises InputError where these do not fit."""

    points: Floats
    cells: Ints
    coordinates: tuple[str, ...]
    probes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, dtype in (("points", np.float64), ("cells", np.int64)):
            array = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        count, dim = self.points.shape
        if dim not in CORNERS or self.cells.shape[1] not in CORNERS[dim]:
            raise InputError("a mesh has triangles or tetrahedra of degree 1 or 2")
        if count > MOST_NODES:
            raise InputError(f"a mesh has {count} nodes, at most {MOST_NODES} are taken")
        if not len(self.cells) or self.cells.min() < 0 or self.cells.max() >= count:
            raise InputError("a cell of a mesh names a node that it does not have")
        if not np.all(np.isfinite(self.points)) or len(self.coordinates) != dim:
            raise InputError("a mesh has a point that is no number, or too few coordinate names")
        wrong = [n for n, node in self.probes.items() if not 0 <= node < count]
        if wrong:
            raise InputError(f"probe {wrong[0]!r} is at a node that the mesh does not have")

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return int(self.points.shape[1])

    @property
    def degree(self) -> int:
        """Of the polynomials in a cell."""
        return CORNERS[self.dimension][self.cells.shape[1]]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of every node: its probe, or its number."""
        found = list(map(str, range(len(self.points))))
        for name, node in self.probes.items():
            found[node] = name
        return tuple(found)

    @cached_property
    def index(self) -> NodeIndex:
        """Which node a value means."""
        return NodeIndex(len(self.points), self.probes)

    @cached_property
    def _search(self) -> Search:
        corners = self.cells[:, : self.dimension + 1]
        return Search(self.points, corners)

    def located(self, points: Floats) -> tuple[Ints, Floats, Floats]:
        """Of points [P, dim]: nodes [P, n] of the cell that each lies in, their weights [P, n]
        (NaN outside), and how far outside the mesh each is [P], 0 inside."""
        cell, shares, distance = self._search.find(np.asarray(points, dtype=float))
        return self.cells[cell], self._weights(shares), distance

    def _weights(self, shares: Floats) -> Floats:
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
