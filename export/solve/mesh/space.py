"""The piecewise polynomials of order 1 or 2 on the cells of a mesh, with its boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sna_edge.core.mesh.mesh import EDGES, MOST_NODES

from ..weak_form.errors import ProblemError
from .reading import scikit_fem
from .refining import refined
from .regions import Region

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EXTRA_ORDER = 2  # of quadrature beyond phi_i phi_j: coefficients of degree 2 exactly beside them


class Places(np.ndarray):  # type: ignore[type-arg]
    """Numbers of points of a part, which know where they are: what its coefficients are asked at,
    so that a problem can be stated again on a finer mesh."""

    space: FESpace

    @property
    def coordinates(self) -> Floats:
        """[dim, Q]."""
        return self.space.points[:, self.astype(np.int64)]

    def inside(self, region: str) -> Floats:
        """1 where a point lies in a cell of the region, 0 elsewhere [Q]."""
        cells = np.zeros(self.space.mesh.t.shape[1] + 1)
        cells[self.space.cells_of(region)] = 1.0
        return np.asarray(cells[self.space.cell_of_points[self.astype(np.int64)]])


@dataclass(frozen=True, eq=False)
class FESpace:
    """Nodes [N]: those of the mesh, with order 2 the middles of its edges after them. All points
    of the part have one numbering: quadrature of the cells, then the nodes, then quadrature of
    every boundary. Raises ProblemError for too many nodes."""

    mesh: Any
    order: int = 1

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise ProblemError(f"order={self.order!r} of a mesh is not taken; use 1 or 2")
        if self.n_nodes > MOST_NODES:
            raise ProblemError(
                f"the mesh has {self.n_nodes} nodes, at most {MOST_NODES} are taken; use a coarser"
                " one"
            )

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return int(self.mesh.p.shape[0])

    @cached_property
    def element(self) -> Any:
        """The Lagrange element of scikit-fem."""
        name = {2: "Tri", 3: "Tet"}[self.dimension]
        return getattr(scikit_fem(), f"Element{name}P{self.order}")()

    @cached_property
    def basis(self) -> Any:
        """That of scikit-fem over all cells."""
        order = 2 * self.order + EXTRA_ORDER
        return scikit_fem().Basis(self.mesh, self.element, intorder=order)

    @property
    def n_nodes(self) -> int:
        """N."""
        return int(self.basis.N)

    @cached_property
    def nodes(self) -> Floats:
        """Coordinates of the nodes [dim, N]."""
        return np.asarray(self.basis.doflocs, dtype=float)

    @cached_property
    def cells(self) -> Ints:
        """Nodes of every cell [M, vertices, then with order 2 the middles of edges]."""
        return np.asarray(self.basis.element_dofs, dtype=np.int64).T

    @cached_property
    def ordered_cells(self) -> Ints:
        """`cells` with the middles of edges in the order of `sna_edge.core.mesh.EDGES`."""
        corners = self.dimension + 1
        if self.order == 1:
            return self.cells
        points = self.nodes[:, self.cells[0]]
        middles = np.stack([points[:, [i, j]].mean(axis=1) for i, j in EDGES[self.dimension]])
        away = ((middles[:, None] - points[:, corners:].T[None]) ** 2).sum(axis=2)
        return self.cells[:, [*range(corners), *(corners + away.argmin(axis=1))]]

    @cached_property
    def whole(self) -> Region:
        """All cells."""
        return Region(self.basis, 0, self.n_nodes)

    @property
    def first_node(self) -> int:
        """The number of node 0 among all points of the part."""
        return len(self.whole.weights)

    @property
    def boundary_names(self) -> list[str]:
        """Named sets of facets."""
        return list(self.mesh.boundaries or {})

    def facets(self, name: str) -> Ints:
        """The facets of a boundary. Raises ProblemError where the mesh has none of that name."""
        if name not in self.boundary_names:
            known = ", ".join(self.boundary_names) or "none"
            raise ProblemError(
                f"the mesh has no boundary {name!r}, it has {known}; name it in sets="
            )
        return np.asarray(self.mesh.boundaries[name], dtype=np.int64)

    def cells_of(self, name: str) -> Ints:
        """The cells of a region. Raises ProblemError where the mesh has none of that name."""
        found = self.mesh.subdomains or {}
        if name not in found:
            raise ProblemError(
                f"the mesh has no region {name!r}, it has {', '.join(found) or 'none'}; name it in"
                " regions="
            )
        return np.asarray(found[name], dtype=np.int64)

    def nodes_of(self, name: str) -> Ints:
        """The nodes on a boundary."""
        return np.asarray(self.basis.get_dofs(self.facets(name)).flatten(), dtype=np.int64)

    @cached_property
    def boundaries(self) -> dict[str, Region]:
        """Every named boundary."""
        order = 2 * self.order + EXTRA_ORDER
        first, found = self.first_node + self.n_nodes, {}
        for name in self.boundary_names:
            basis = scikit_fem().FacetBasis(
                self.mesh, self.element, facets=self.facets(name), intorder=order
            )
            found[name] = Region(basis, first, self.n_nodes)
            first += len(found[name].weights)
        return found

    def region(self, name: str) -> Region:
        """Quadrature on a boundary, on all cells for "". Raises ProblemError where the mesh has no
        boundary of that name."""
        if not name:
            return self.whole
        self.facets(name)
        return self.boundaries[name]

    def design_at(self, places: Places) -> Any:
        """phi_i at points that are all those of the cells, the nodes, or those of a boundary, as
        `places` gives them: [Q, nodes]."""
        first, count = int(places[0]), len(places)
        if first == self.first_node:
            return sparse.eye_array(self.n_nodes, format="csr")
        regions = [self.whole, *self.boundaries.values()]
        return next(r for r in regions if (r.first, len(r.weights)) == (first, count)).design()

    @cached_property
    def points(self) -> Floats:
        """All points of the part [dim, ..], as numbered."""
        parts = [self.whole.points, self.nodes, *(b.points for b in self.boundaries.values())]
        return np.concatenate(parts, axis=1)

    @cached_property
    def cell_of_points(self) -> Ints:
        """The cell of every quadrature point of the cells and of the boundaries, -1 of nodes."""
        per = self.basis.dx.shape[1]
        found = [np.repeat(np.arange(self.mesh.t.shape[1]), per), np.full(self.n_nodes, -1)]
        for region in self.boundaries.values():
            found.append(np.repeat(np.asarray(region.basis.tind), region.basis.dx.shape[1]))
        return np.concatenate(found)

    def places(self, first: int, count: int) -> Any:
        """The points from number `first` on."""
        found = np.arange(first, first + count, dtype=float).view(Places)
        found.space = self
        return found

    def refined(self) -> FESpace:
        """On cells cut into 2^dim: node i of this space is node i there."""
        return FESpace(refined(self.mesh), self.order)
