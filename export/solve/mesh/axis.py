"""A part as one axis of a problem: its matrices are sparse, its coordinate is the number of a node.

    int_part c grad u . grad v = sum_ij v_i K_ij u_j,   K = sum_k D_k^T diag(w c) D_k

Vector unknowns have `components` coefficients a node, row node * components + component.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sna_edge.core.axis import Axis
from sna_edge.core.basis import levels
from sna_edge.core.mesh import Mesh

from ..weak_form.axes import ProblemAxis
from ..weak_form.coefficients import Coefficient
from ..weak_form.errors import ProblemError
from ..weak_form.forms import Expression, Factor, Product
from .cleaning import joined
from .integrals import matrix_of, tested_by, vector_of, weights_of
from .reading import mesh_of, with_sets
from .rigid import need_held, need_joined
from .space import FESpace

Floats = NDArray[np.float64]
Matrix = Any  # sparse.csr_array: scipy has no types
NAMES = ("x", "y", "z")
MOST_KEPT = 32  # matrices of one part
OUTSIDE = 0.01  # of the size of a part: so far outside it a probe is still taken


@dataclass(frozen=True, eq=False)
class MeshAxis(ProblemAxis):
    """The functions of an `FESpace`, `held` boundaries {name: components, () for all} at 0."""

    space: FESpace = field(default=None)  # type: ignore[assignment]
    components: int = 1
    held: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    probes: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Rows of its table: nodes times components."""
        return self.space.n_nodes * self.components

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the coordinates of a point."""
        return NAMES[: self.space.dimension]

    @cached_property
    def nodes(self) -> Floats:  # type: ignore[override]
        """The numbers of the quadrature points of the cells [Q]: coefficients are asked by them."""
        return self.space.places(0, len(self.weights))

    @property
    def weights(self) -> Floats:  # type: ignore[override]
        """Their weights [Q]."""
        return self.space.whole.weights

    @cached_property
    def free(self) -> Matrix:  # type: ignore[override]
        """E [n_rows, n_d]: without the rows that are held."""
        keep = np.ones(self.n_rows, dtype=bool)
        for name, held in self.held.items():
            rows = self.space.nodes_of(name) * self.components
            for component in held or range(self.components):
                keep[rows + component] = False
        kept = np.flatnonzero(keep)
        return sparse.csr_array(
            (np.ones(len(kept)), (kept, np.arange(len(kept)))), shape=(self.n_rows, len(kept))
        )

    def places(self, place: float | str | None) -> Floats:
        """The numbers of the quadrature points of the cells (None), or of a boundary."""
        region = self.space.region(str(place or ""))
        return self.space.places(region.first, len(region.weights))

    def weighed(self, factor: Factor) -> Floats:
        """Weights of the points of a factor's integral, times its coefficient."""
        return weights_of(self, factor)

    def tested(self, factor: Factor) -> Matrix:
        """What of the test function a load is multiplied with, at those points [Q, n_rows]."""
        return tested_by(self, factor)

    def matrix(self, factor: Factor) -> Matrix:
        """The bilinear form of a factor, [n_rows, n_rows]; the last ones are kept, since a problem
        at another value of its parameters has the same."""
        where = factor.form, factor.where, factor.coefficient
        key = (factor.trial, factor.test, factor.pick, *where)
        if key not in self._matrices:
            while len(self._matrices) >= MOST_KEPT:
                self._matrices.pop(next(iter(self._matrices)))
            self._matrices[key] = matrix_of(self, factor)
        return self._matrices[key]

    @cached_property
    def _matrices(self) -> dict[tuple[Any, ...], Matrix]:
        return {}

    def vector(self, factor: Factor) -> Floats:
        """The linear form of a factor, [n_rows]."""
        return vector_of(self, factor)

    def projected(self, factors: Sequence[Factor], mass: Matrix) -> Floats:
        """The values at the nodes of every factor of a lift, [n_rows, L]: what is held is met."""
        places = self.space.places(self.space.first_node, self.space.n_nodes)
        found = np.zeros((self.space.n_nodes, self.components, len(factors)))
        for i, factor in enumerate(factors):
            c = factor.coefficient
            values = np.ones(len(places)) if c is None else c.at(places)
            picked = factor.pick[0] if factor.pick[1] is None else factor.pick[1]
            found[:, slice(None) if picked is None else [picked], i] = values[:, None]
        return found.reshape(self.n_rows, -1)

    def sparse_design(self, nu: int = 0, points: ArrayLike | None = None) -> Matrix:
        """Rows of the table at node numbers [P]: [P * components, n_rows]; at the quadrature
        points where none are given."""
        if points is None:
            return self.space.whole.design(nu)
        rows = np.asarray(points, dtype=np.int64)[:, None] * self.components
        rows = (rows + np.arange(self.components)).reshape(-1)
        place = (np.arange(len(rows)), rows)
        return sparse.csr_array((np.ones(len(rows)), place), shape=(len(rows), self.n_rows))

    def spread(self) -> tuple[Floats, Floats]:
        """All nodes, and what part of the mesh each stands for."""
        return np.arange(self.space.n_nodes, dtype=float), np.repeat(self.size, self.components)

    @cached_property
    def size(self) -> Floats:
        """Lumped mass of every node [N]."""
        design = self.space.whole.design()
        mass = design.T @ sparse.diags_array(self.weights) @ design
        share = mass.diagonal()
        return np.asarray(share * self.weights.sum() / share.sum())

    def metric(self) -> Floats:
        """Rows times it have about the L2 norm of the function."""
        return np.sqrt(np.repeat(self.size, self.components))

    @property
    def points(self) -> Floats:
        """Coordinates of the nodes [dim, N]."""
        return self.space.nodes

    def need_held(self, matrices: Sequence[Matrix]) -> None:
        """Raises ProblemError where a motion of the whole part costs nothing in any of them."""
        need_joined(self, matrices)
        if self.components > 1:
            need_held(self, matrices)

    def halved(self) -> MeshAxis:
        """On cells cut into 2^dim."""
        fine = self.space.refined()
        return MeshAxis(
            self.name, self.unit, self.basis, self.role, self.zero, self.labels,
            space=fine, components=self.components, held=self.held, probes=self.probes,
        )  # fmt: skip

    def exported(self) -> Axis:
        """The nodes as an axis of a Model."""
        space = self.space
        mesh = Mesh(space.nodes.T, space.ordered_cells, self.coordinates, dict(self.probes))
        return Axis(self.name, self.unit, levels(space.n_nodes), mesh=mesh)

    def function(self, f: Callable[..., ArrayLike] | tuple[ArrayLike, ArrayLike]) -> Expression:
        """The coefficient f(x, y[, z]) on the part. Raises ProblemError for a table."""
        if isinstance(f, tuple):
            raise ProblemError(
                f"a table on {self.name!r} would need one coordinate; give a function of x, y and"
                " z, as lambda x, y: np.interp(x, places, values)"
            )
        return self._coefficient(lambda places: self._asked(f, places.coordinates))

    def _asked(self, f: Callable[..., ArrayLike], coordinates: Floats) -> ArrayLike:
        try:
            return f(*coordinates)
        except Exception as error:  # a user's function raises what it likes
            raise ProblemError(
                f"the function of {self.name!r} does not work on {len(coordinates)} arrays of"
                f" coordinates ({type(error).__name__}: {error}); write it as"
                f" lambda {', '.join(self.coordinates)}: .., with np.where in place of if"
            ) from error

    def only(self, region: str) -> Expression:
        """1 in a named region of cells, 0 elsewhere: materials are sums of such terms."""
        self.space.cells_of(region)
        return self._coefficient(lambda places: places.inside(region))

    def _coefficient(self, at: Callable[[Any], ArrayLike]) -> Expression:
        found = Coefficient(at)
        if not np.all(np.isfinite(found.at(self.nodes))):
            raise ProblemError(
                f"a coefficient on {self.name!r} is not finite at the quadrature points; move its"
                " singularity"
            )
        return Expression((Product(factors={self: Factor(coefficient=found)}),))

    def on(self, where: str | float) -> Expression:
        """Restricts the integral to a named boundary."""
        if not isinstance(where, str):
            raise ProblemError(
                f"on({self.name!r}, {where!r}) names no boundary; give one of"
                f" {', '.join(self.space.boundary_names)}"
            )
        self.space.facets(where)
        return Expression((Product(factors={self: Factor(where=where)}),))

    def derivative(self, order: int | str) -> int:
        """The number of the coordinate `order`, from 1 on. Raises ProblemError for another one."""
        if order not in self.coordinates:
            raise ProblemError(
                f"d(u, {self.name}, {order!r}) names no coordinate of the part; use"
                f" {', '.join(map(repr, self.coordinates))}"
            )
        return self.coordinates.index(str(order)) + 1

    @property
    def coordinate(self) -> Expression:
        """A part has no single coordinate: ProblemError says what to write."""
        raise ProblemError(
            f"{self.name!r} is a part and has no one coordinate; use"
            f" {self.name}.function(lambda {', '.join(self.coordinates)}: ..)"
        )


def mesh_space(
    name: str,
    source: Any,
    *,
    order: int = 1,
    components: int = 1,
    held: Sequence[str] | Mapping[str, Any] = (),
    sets: Mapping[str, Any] | None = None,
    regions: Mapping[str, Any] | None = None,
    probes: Mapping[str, Sequence[float]] | None = None,
    merge: bool | None = None,
) -> MeshAxis:
    """The part in a mesh file (any format of meshio), or a scikit-fem mesh, as one axis: piecewise
    polynomials of `order` 1 or 2 on its triangles or tetrahedra, with `components` numbers a node.

    `held` names boundaries at which the unknown is 0, or {boundary: components}, as
    {"left": "x", "foot": ("x", "y")}. `sets` and `regions` add boundaries and regions to those of
    the mesh {name: where(x, y[, z]) of midpoints, or numbers of facets or cells}. `probes` {name:
    point}: the nearest node gets a name by which a model can be asked. `merge`: points that lie on
    each other become one node (True) or are a slit (False). Raises ProblemError for
    meshes that cannot be used and names that the mesh does not have.
    """
    for what, said in (("sets", sets), ("regions", regions), ("probes", probes)):
        if said is not None and not isinstance(said, Mapping):
            raise ProblemError(f"{what} of {name!r} are {said!r:.60}; give {{name: ..}}")
    mesh = with_sets(joined(mesh_of(source), merge), sets or {}, regions or {})
    found = FESpace(mesh, order)
    if isinstance(components, bool) or components not in range(1, found.dimension + 1):
        raise ProblemError(
            f"components={components!r} of {name!r} is not taken; use 1 to {found.dimension}"
        )
    components = int(components)
    labels = NAMES[:components] if components > 1 else ()
    kept = held_on(name, found.facets, labels, held)
    whole = Mesh(found.nodes.T, found.ordered_cells, NAMES[: found.dimension]) if probes else None
    named = {n: nearest(whole, n, place) for n, place in (probes or {}).items() if whole}
    part = MeshAxis(
        name, "", levels(found.n_nodes), "mesh", frozenset(kept), labels,
        space=found, components=components, held=kept, probes=named,
    )  # fmt: skip
    need_free(part)
    return part


def need_free(part: ProblemAxis) -> None:
    """Raises ProblemError where every node is held."""
    if not part.free.shape[1]:
        raise ProblemError(f"every node of {part.name!r} is held, nothing is left to solve for")


def held_on(
    name: str,
    need: Callable[[str], object],
    labels: tuple[str, ...],
    held: Sequence[str] | Mapping[str, Any],
) -> dict[str, tuple[int, ...]]:
    """Components held by boundary; `need` raises ProblemError for a boundary that is not there."""
    named = {held: ()} if isinstance(held, str) else () if held is None else held
    if not isinstance(named, (Mapping, Sequence, set, frozenset)):
        raise ProblemError(
            f"held={held!r:.60} of {name!r} names no boundary; give [names] or {{name: components}}"
        )
    pairs = named.items() if isinstance(named, Mapping) else ((n, ()) for n in named)
    found = {}
    for boundary, said in pairs:
        need(boundary)
        words = said if isinstance(said, (tuple, list)) else () if said is None else (said,)
        wrong = [w for w in words if w not in labels]
        if wrong:
            raise ProblemError(
                f"{wrong[0]!r} is no component of {name!r}, held on {boundary!r}; use"
                f" {', '.join(labels) or 'held=[names] for an unknown of one component'}"
            )
        found[boundary] = tuple(labels.index(w) for w in words)
    return found


def nearest(mesh: Mesh, name: str, place: Sequence[float]) -> int:
    """The node that is nearest to a place on the part. Raises ProblemError for a place that is no
    point, or lies outside by more than a hundredth of the part."""
    dimension = mesh.points.shape[1]
    try:
        at = np.asarray(place, dtype=float)
    except (TypeError, ValueError):
        at = np.zeros(0)
    if at.shape != (dimension,) or not np.all(np.isfinite(at)):
        raise ProblemError(
            f"probe {name!r} is at {place!r}; give {dimension} numbers, its coordinates"
        )
    away = float(mesh.located(at[None])[2][0])
    if away > OUTSIDE * float(np.ptp(mesh.points, axis=0).max()):
        raise ProblemError(f"probe {name!r} lies {away:.3g} outside the part; name a place on it")
    return int(np.argmin(((mesh.points - at) ** 2).sum(axis=1)))
