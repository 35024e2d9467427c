"""A part whose matrices another code wrote, as one axis: no mesh is needed, nor scikit-fem.

    a(u, v) = sum_k c_k(p) v^T K_k u,   l(v) = sum_s d_s(p) v^T f_s

Row node * components + component of a matrix belongs to a node, as finite-element codes write them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sna_edge.core.axis import Axis
from sna_edge.core.basis import levels
from sna_edge.core.mesh import MOST_NODES, Mesh
from sna_edge.errors import InputError

from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.forms import Expression, Factor, Product
from .axis import NAMES, held_on, need_free
from .matrix_files import matrices_in, need_symmetric, set_in, table_in, vector_in
from .rigid import need_held, need_joined

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Matrix = Any  # sparse.csr_array: scipy has no types
MASS = "mass"
MOST_LEVELS = 65_535  # nodes without cells: they are levels of the model


@dataclass(frozen=True, eq=False)
class MatrixAxis(ProblemAxis):
    """Nodes known by matrices [n_rows, n_rows] and vectors [n_rows] of given names; `points`
    [dim, N] and `cells` [M, corners] where these are known."""

    matrices: Mapping[str, Matrix] = field(default_factory=dict)
    vectors: Mapping[str, Floats] = field(default_factory=dict)
    components: int = 1
    held_rows: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    points: Floats | None = None
    cells: Ints | None = None
    probes: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Rows of its table: nodes times components."""
        return self.basis.n_rows * self.components

    @cached_property
    def free(self) -> Matrix:  # type: ignore[override]
        """E [n_rows, n_d]: without the rows that are held."""
        kept = np.setdiff1d(np.arange(self.n_rows), self.held_rows)
        place = (kept, np.arange(len(kept)))
        return sparse.csr_array((np.ones(len(kept)), place), shape=(self.n_rows, len(kept)))

    @cached_property
    def size(self) -> Floats:
        """What part of the whole each node stands for [N]: of a lumped mass, else equal shares."""
        count = self.basis.n_rows
        if MASS not in self.matrices:
            return np.full(count, 1.0 / count)
        share = np.abs(self.matrices[MASS].diagonal()).reshape(count, -1).sum(axis=1)
        return np.asarray(share / share.sum())

    @property
    def nodes(self) -> Floats:  # type: ignore[override]
        """The numbers of the nodes [N]."""
        return np.arange(self.basis.n_rows, dtype=float)

    @property
    def weights(self) -> Floats:  # type: ignore[override]
        """`size`."""
        return self.size

    def form(self, name: str) -> Expression:
        """The matrix `name` as a factor: form("stiffness") * u * v."""
        return self._named(name, self.matrices, "matrix")

    def load(self, name: str) -> Expression:
        """The vector `name` as a factor: load("gravity") * v; of a lift, values at the nodes."""
        return self._named(name, self.vectors, "vector")

    def _named(self, name: str, known: Mapping[str, Any], what: str) -> Expression:
        if name not in known:
            raise ProblemError(
                f"{self.name!r} has no {what} {name!r}, it has {', '.join(known) or 'none'}; give"
                " it to matrix_space()"
            )
        return Expression((Product(factors={self: Factor(form=name)}),))

    def matrix(self, factor: Factor) -> Matrix:
        """The matrix of a factor; without a name the mass, which is the identity where there is
        none."""
        if factor.form:
            return self.matrices[factor.form]
        self._need_plain(factor)
        return self.matrices.get(MASS, self._identity)

    @cached_property
    def _identity(self) -> Matrix:
        return sparse.eye_array(self.n_rows, format="csr")

    def vector(self, factor: Factor) -> Floats:
        """The vector of a factor. Raises ProblemError where a load names none."""
        if factor.form not in self.vectors:
            raise ProblemError(
                f"a load on {self.name!r} names no vector; write {self.name}.load(name) * v"
            )
        return self.vectors[factor.form]

    def _need_plain(self, factor: Factor) -> None:
        if factor.pick != (None, None) or factor.coefficient is not None:
            raise ProblemError(
                f"a term on {self.name!r} picks a component or has a coefficient, which its"
                f" matrices do not tell; write {self.name}.form(name) * u * v"
            )

    def projected(self, factors: Sequence[Factor], mass: Matrix) -> Floats:
        """Values at the nodes of every factor of a lift, [n_rows, L]."""
        ones = np.ones(self.n_rows)
        return np.stack([self.vectors[f.form] if f.form else ones for f in factors], axis=1)

    def sparse_design(self, nu: int = 0, points: ArrayLike | None = None) -> Matrix:
        """Rows of the table at node numbers [P], all by default: [P * components, n_rows]."""
        nodes = self.nodes if points is None else np.asarray(points)
        rows = nodes.astype(np.int64)[:, None] * self.components + np.arange(self.components)
        return self._identity[rows.reshape(-1)]

    def spread(self) -> tuple[Floats, Floats]:
        """All nodes, and what part of the whole each stands for."""
        return self.nodes, np.repeat(self.size, self.components)

    def metric(self) -> Floats:
        """Rows times it have about the L2 norm of the function."""
        return np.sqrt(np.repeat(self.size, self.components))

    def need_held(self, matrices: Sequence[Matrix]) -> None:
        """Raises ProblemError where a motion of the whole part costs nothing in any of them."""
        need_joined(self, matrices)
        if self.components > 1:
            need_held(self, matrices)

    def halved(self) -> MatrixAxis:
        """Itself: nobody knows the matrices of a finer mesh."""
        return self

    def exported(self) -> Axis:
        """The nodes as an axis of a Model: of a mesh where cells are known, else as levels."""
        count = self.basis.n_rows
        if self.points is not None and self.cells is not None:
            names = NAMES[: len(self.points)]
            mesh = Mesh(self.points.T, self.cells, names, dict(self.probes))
            return Axis(self.name, self.unit, levels(count), mesh=mesh)
        return Axis(self.name, self.unit, levels(count), tuple(map(str, range(count))))

    def on(self, where: str | float) -> Expression:
        """Matrices know no boundaries: ProblemError says what to write."""
        raise ProblemError(
            f"on({self.name!r}, {where!r}): its matrices have no boundaries; write what acts there"
            f" as a matrix or vector of its own, {self.name}.form(name) or .load(name)"
        )

    def derivative(self, order: int | str) -> int:
        """Matrices know no derivatives: ProblemError says what to write."""
        raise ProblemError(
            f"d(u, {self.name}): its matrices hold the derivatives; write {self.name}.form(name)"
            " * u * v"
        )

    @property
    def coordinate(self) -> Expression:
        """A part has no single coordinate: ProblemError says what to write."""
        raise ProblemError(f"{self.name!r} has no one coordinate; use {self.name}.form(name)")


def matrix_space(
    name: str,
    matrices: Mapping[str, Any],
    vectors: Mapping[str, Any] | None = None,
    *,
    components: int = 1,
    sets: Mapping[str, Any] | None = None,
    held: Sequence[str] | Mapping[str, Any] = (),
    first: int = 0,
    points: Any = None,
    cells: Any = None,
    probes: Mapping[str, int] | None = None,
    symmetric: bool = True,
) -> MatrixAxis:
    """A part known by its matrices as one axis: {name: Matrix Market file, or a scipy matrix}, one
    named "mass" measures the nodes. `vectors` {name: file or numbers} are loads, `sets` {name: file
    or numbers of nodes}, counted from `first` on as those in `cells` and `probes`; `held` as in
    `mesh_space`. With coordinates `points` [N, dim] and `cells` [M, 3, 4, 6 or 10] of triangles or
    tetrahedra the model is asked by point too. Raises ProblemError for files that cannot be read,
    sizes that do not fit, matrices that are not symmetric (but `symmetric=False`).

        part = matrix_space("part", {"stiffness": "K.mtx", "film": "H.mtx"}, {"heat": "f.mtx"})
        weak = part.form("stiffness") * u * v + film * part.form("film") * u * v
    """
    if components not in (1, 2, 3):
        raise ProblemError(f"components={components!r} of {name!r} is not taken; use 1, 2 or 3")
    found = matrices_in(matrices, components)
    if symmetric:
        need_symmetric(found)
    rows = next(iter(found.values())).shape[0]
    count = rows // components
    labels = NAMES[:components] if components > 1 else ()
    known = {n: set_in(s, n, count, first) for n, s in (sets or {}).items()}
    kept = held_on(name, lambda n: _need_set(n, known), labels, held)
    none = np.zeros(0, dtype=np.int64)
    every = tuple(range(components))
    fixed = [known[n][:, None] * components + np.array(c or every) for n, c in kept.items()]
    named = {n: int(set_in(i, f"probe {n}", count, first)[0]) for n, i in (probes or {}).items()}
    axis = MatrixAxis(
        name, "", levels(count), "mesh", frozenset(kept), labels,
        matrices=found, components=components, probes=named,
        vectors={n: vector_in(s, n, rows) for n, s in (vectors or {}).items()},
        held_rows=np.unique(np.concatenate([none, *(f.reshape(-1) for f in fixed)])),
        points=None if points is None else _points(points, count),
        cells=None if cells is None else table_in(cells, "cells").astype(np.int64) - first,
    )  # fmt: skip
    need_free(axis)
    _need_exported(axis)
    return axis


def _need_set(name: str, known: Mapping[str, Ints]) -> None:
    if name not in known:
        raise ProblemError(
            f"there is no set {name!r}, there is {', '.join(known) or 'none'}; name it in sets="
        )


def _points(source: Any, count: int) -> Floats:
    found = table_in(source, "points").astype(float)
    if found.shape[0] != count or found.shape[1] not in (2, 3):
        raise ProblemError(
            f"points are {found.shape[0]} x {found.shape[1]}; give {count} rows, one a node, of 2"
            " or 3 coordinates"
        )
    return np.ascontiguousarray(found.T)


def _need_exported(axis: MatrixAxis) -> None:
    """Raises ProblemError for a part that no model can hold."""
    count = axis.basis.n_rows
    meshed = axis.points is not None and axis.cells is not None
    if axis.probes and not meshed:
        raise ProblemError(
            f"probes of {axis.name!r} need points= and cells=; without them ask by node number"
        )
    most = MOST_NODES if meshed else MOST_LEVELS
    if count > most:
        more = "" if meshed else " without points and cells"
        raise ProblemError(f"{axis.name!r} has {count} nodes, at most {most} are taken{more}")
    try:
        axis.exported()
    except InputError as error:
        raise ProblemError(f"points and cells of {axis.name!r}: {error}") from error
