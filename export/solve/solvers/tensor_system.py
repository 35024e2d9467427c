"""The algebraic system sum_k (x)_d M_{k,d} u = sum_s (x)_d f_{s,d}, one sparse banded matrix per
term and axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from ..weak_form.axes import ProblemAxis, ProblemError
from ..weak_form.forms import Expression, Factor, Product
from ..weak_form.problem import Problem
from .banded import BandedFamily

Floats = NDArray[np.float64]
Matrix = Any  # sparse.csr_array: scipy has no types
KERNEL_TOLERANCE = 1e-9  # ||A 1|| below this share of its terms: constants are in the kernel


@dataclass(frozen=True, eq=False)
class System:
    """A = sum_k scale-folded products; axes a term does not name carry the background matrix
    (mass).

    maps[d] E [n_rows, n_d]: rows = E @ coefficients, scaled so that coefficients have about the L2
    norm; background[d] [n_d, n_d]; terms[k] = {axis: matrix}; loads[d] [n_d, S].
    """

    maps: tuple[Matrix, ...]
    background: tuple[Matrix, ...]
    terms: tuple[dict[int, Matrix], ...]
    loads: tuple[Floats, ...]

    @property
    def dimension(self) -> int:
        return len(self.background)

    @property
    def sizes(self) -> tuple[int, ...]:
        """n_d, the free coefficients of each axis."""
        return tuple(m.shape[0] for m in self.background)

    def matrix(self, k: int, d: int) -> Matrix:
        return self.terms[k].get(d, self.background[d])

    @cached_property
    def _indexed(self) -> tuple[list[list[Matrix]], list[dict[int, int]]]:
        families, places = [], []
        for d, mass in enumerate(self.background):
            matrices, seen, place = [mass], {id(mass): 0}, {}
            for k, term in enumerate(self.terms):
                m = term.get(d, mass)
                if id(m) not in seen:
                    seen[id(m)] = len(matrices)
                    matrices.append(m)
                place[k] = seen[id(m)]
            families.append(matrices)
            places.append(place)
        return families, places

    @cached_property
    def families(self) -> list[BandedFamily]:
        """The distinct matrices of each axis, the background first."""
        return [BandedFamily(matrices) for matrices in self._indexed[0]]

    def index(self, k: int, d: int) -> int:
        """Place of term k's matrix in families[d]."""
        return self._indexed[1][d][k]

    @cached_property
    def extents(self) -> list[tuple[int, int, int]]:
        """(k, first axis, last axis) of every term; every term names at least one axis."""
        return [(k, min(t), max(t)) for k, t in enumerate(self.terms)]

    @cached_property
    def mirrored(self) -> System:
        """The same system with the axes in reverse order."""
        last = self.dimension - 1
        mirror = System(
            self.maps[::-1],
            self.background[::-1],
            tuple({last - d: m for d, m in t.items()} for t in self.terms),
            self.loads[::-1],
        )
        families, places = self._indexed
        mirror.__dict__.update(
            mirrored=self, _indexed=(families[::-1], places[::-1]), families=self.families[::-1]
        )
        return mirror

    def with_loads(self, loads: Sequence[Floats]) -> System:
        """The same operator with other loads [n_d, S]; what was prepared for the operator is
        kept."""
        other = System(self.maps, self.background, self.terms, tuple(loads))
        other.__dict__.update(_indexed=self._indexed, families=self.families)
        return other

    def rows(self, tables: Sequence[Floats]) -> list[Floats]:
        """Table rows of the basis from free coefficients: E_d @ table_d."""
        return [
            np.asarray(e @ t.reshape(t.shape[0], -1)).reshape(-1, *t.shape[1:])
            for e, t in zip(self.maps, tables, strict=True)
        ]

    @property
    def identity(self) -> System:
        """The mass operator alone: solving with it is the L2 projection (used to compress)."""
        return System(self.maps, self.background, ({0: self.background[0]},), self.loads)


def assemble(problem: Problem) -> tuple[System, list[Floats]]:
    """The system of the homogeneous part and the lift's table rows [n_rows, L] per axis."""
    builder = _Builder(problem)
    lift = builder.lift()
    terms, loads = builder.terms(), builder.loads()
    if lift[0].shape[1]:
        loads = [np.hstack(pair) for pair in zip(loads, builder.lifted(lift), strict=True)]
    system = System(tuple(builder.maps), tuple(builder.mass), terms, tuple(loads))
    _check_kernel(problem, builder)
    return system, lift


class _Builder:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.axes = problem.axes
        self._known: dict[tuple[object, ...], Matrix] = {}
        self.full_mass = [self._full(i, Factor()) for i in range(len(self.axes))]
        self.maps = [_scaled(a.free, m) for a, m in zip(self.axes, self.full_mass, strict=True)]
        self.mass = [self.reduce(i, m) for i, m in enumerate(self.full_mass)]
        self.full_terms = [self._full_term(p) for p in problem.operator.products]

    def _full(self, i: int, factor: Factor) -> Matrix:
        """The matrix of a factor on all rows; equal factors share one object, which the solvers
        exploit."""
        key = (i, factor.trial, factor.test, factor.end, factor.pick, id(factor.coefficient))
        if key not in self._known:
            self._known[key] = _matrix(self.axes[i], factor)
        return self._known[key]

    def reduce(self, i: int, full: Matrix) -> Matrix:
        """The same matrix on the free coefficients."""
        key = (i, "reduced", id(full))
        if key not in self._known:
            self._known[key] = sparse.csr_array(self.maps[i].T @ full @ self.maps[i])
        return self._known[key]

    def _full_term(self, product: Product) -> tuple[float, dict[int, Matrix]]:
        return product.scale, {
            i: self._full(i, product.factors[axis])
            for i, axis in enumerate(self.axes)
            if axis in product.factors
        }

    def terms(self) -> tuple[dict[int, Matrix], ...]:
        out = []
        for scale, full in self.full_terms:
            term = {i: self.reduce(i, m) for i, m in full.items()}
            if not term:
                term = {0: self.mass[0]}
            if scale != 1.0:
                first = min(term)
                term[first] = self._scaled_matrix(scale, term[first])
            out.append(term)
        return tuple(out)

    def _scaled_matrix(self, scale: float, matrix: Matrix) -> Matrix:
        key = (scale, "scaled", id(matrix))
        if key not in self._known:
            self._known[key] = scale * matrix
        return self._known[key]

    def loads(self) -> list[Floats]:
        """int f v of every product of the load, [n_d, S] per axis."""
        products = self.problem.load.products
        out = []
        for i, axis in enumerate(self.axes):
            full = np.zeros((axis.basis.n_rows, len(products)))
            for s, product in enumerate(products):
                full[:, s] = _vector(axis, product.factors.get(axis, Factor()))
            scales = np.array([p.scale for p in products]) if i == 0 else 1.0
            out.append(np.asarray(self.maps[i].T @ (full * scales)))
        return out

    def lift(self) -> list[Floats]:
        """L2 projection of every product of the lift, [n_rows, L] per axis; the ends' zero
        conditions do not apply."""
        expression = self.problem.lift or Expression(())
        return [self._project(i, axis, expression) for i, axis in enumerate(self.axes)]

    def _project(self, i: int, axis: ProblemAxis, lift: Expression) -> Floats:
        products = lift.products
        if not products:
            return np.zeros((axis.basis.n_rows, 0))
        columns = [
            _vector(axis, p.factors.get(axis, Factor())) * (p.scale if i == 0 else 1.0)
            for p in products
        ]
        tie = axis.basis.tie
        glue = sparse.csr_array((np.ones(len(tie)), (np.arange(len(tie)), tie)))
        mass = sparse.csc_matrix(glue.T @ self.full_mass[i] @ glue)
        return np.asarray(glue @ splu(mass).solve(np.asarray(glue.T @ np.stack(columns, axis=1))))

    def lifted(self, lift: list[Floats]) -> list[Floats]:
        """-A lift as load columns."""
        out = []
        for i, rows in enumerate(lift):
            parts = []
            for scale, full in self.full_terms:
                sign = -scale if i == 0 else 1.0
                parts.append(
                    sign * np.asarray(self.maps[i].T @ (full.get(i, self.full_mass[i]) @ rows))
                )
            out.append(np.hstack(parts))
        return out


def _scaled(free: Matrix, mass: Matrix) -> Matrix:
    lumped = np.asarray(abs(free.T @ mass @ free).sum(axis=1)).reshape(-1)
    return sparse.csr_array(free @ sparse.diags_array(1.0 / np.sqrt(lumped)))


def _weights(axis: ProblemAxis, factor: Factor) -> Floats:
    return axis.weights if factor.coefficient is None else axis.weights * factor.coefficient


def _points(axis: ProblemAxis, factor: Factor) -> tuple[Floats | None, Floats]:
    """Evaluation points (None: the nodes) and weights of the factor's integral."""
    if factor.end is None:
        return None, _weights(axis, factor)
    if factor.coefficient is not None:
        raise ProblemError(
            f"a coefficient of {axis.name!r} stands beside on({axis.name}, {factor.end:g}); put its"
            " number there instead"
        )
    return np.array([factor.end]), np.ones(1)


def _matrix(axis: ProblemAxis, factor: Factor) -> Matrix:
    """int c(x) B_i^(test)(x) B_j^(trial)(x) dx, or its value at an end; [n_rows, n_rows]."""
    if factor.pick != (None, None):
        trial, test = factor.pick
        if trial is None or test is None:
            raise ProblemError(
                "a term picks a component of one field only; write u[...] and v[...] both (axis"
                f" {axis.name!r})"
            )
        return sparse.csr_array(([1.0], ([test], [trial])), shape=(axis.basis.n_rows,) * 2)
    points, weights = _points(axis, factor)
    left, right = axis.sparse_design(factor.test, points), axis.sparse_design(factor.trial, points)
    return sparse.csr_array(left.T @ sparse.diags_array(weights) @ right)


def _vector(axis: ProblemAxis, factor: Factor) -> Floats:
    """int c(x) B_i^(test)(x) dx, or its value at an end; [n_rows]."""
    if factor.pick[1] is not None:
        return np.eye(axis.basis.n_rows)[factor.pick[1]]
    points, weights = _points(axis, factor)
    return np.asarray(axis.sparse_design(factor.test, points).T @ weights)


def _check_kernel(problem: Problem, builder: _Builder) -> None:
    """Raises ProblemError when constants solve the homogeneous problem: nothing holds the
    unknown."""
    if any(axis.zero for axis in problem.axes) or not builder.full_terms:
        return
    images = []
    for i, axis in enumerate(problem.axes):
        ones = np.ones(axis.basis.n_rows)
        columns = [
            (scale if i == 0 else 1.0) * (full.get(i, builder.full_mass[i]) @ ones)
            for scale, full in builder.full_terms
        ]
        images.append(builder.maps[i].T @ np.stack(columns, axis=1))
    gram = np.prod([g.T @ g for g in images], axis=0)
    if gram.sum() <= KERNEL_TOLERANCE**2 * np.prod(
        [_largest(builder, i) for i in range(len(problem.axes))]
    ):
        raise ProblemError(
            f"problem {problem.name!r} is under-determined: adding a constant changes nothing; "
            "hold an end with zero=..., or add a Robin term with on(axis, end)"
        )


def _largest(builder: _Builder, i: int) -> float:
    """max_k || |M_k| 1 ||^2 on axis i: what the image of constants would be without
    cancellation."""
    ones = np.ones(builder.axes[i].basis.n_rows)
    sizes = []
    for scale, full in builder.full_terms:
        image = builder.maps[i].T @ (abs(full.get(i, builder.full_mass[i])) @ ones)
        sizes.append((scale if i == 0 else 1.0) ** 2 * float(image @ image))
    return max(sizes)


def normal_equations(system: System) -> System:
    """A^T A u = A^T b: the minimal-residual variant, again a sum of products (K (K+1) / 2 pairs, S
    K loads)."""
    count, axes = len(system.terms), range(system.dimension)
    background = tuple(sparse.csr_array(m.T @ m) for m in system.background)
    terms = []
    for k in range(count):
        for m in range(count):
            named = set(system.terms[k]) | set(system.terms[m])
            terms.append(
                {i: sparse.csr_array(system.matrix(k, i).T @ system.matrix(m, i)) for i in named}
            )
    loads = tuple(
        np.hstack([system.matrix(k, i).T @ system.loads[i] for k in range(count)]) for i in axes
    )
    return System(system.maps, background, tuple(terms), loads)
