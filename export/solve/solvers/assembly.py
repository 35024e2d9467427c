"""From a problem to its algebraic system: matrices of the terms, loads, lift; refused where nothing
holds the unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.forms import Expression, Factor, Product
from ..weak_form.linearised import of_move
from ..weak_form.problem import Problem
from ..weak_form.upwind.supg import stabilised
from .fields.assembled import FieldTerms
from .tensor_system import Matrix, TensorSystem

Floats = NDArray[np.float64]
KERNEL_TOLERANCE = 1e-9  # ||A 1|| below this share of its terms: constants are in the kernel


FIELDS = 1e-6  # relative error of fields in terms, where nothing else is asked for


def assemble(
    problem: Problem, fields: float = FIELDS, moves: bool = False, whole: bool = True
) -> tuple[TensorSystem, list[Floats]]:
    """The system of the homogeneous part and the lift's table rows [n_rows, L] per axis; `fields`
    is the relative error to which fields in the terms are approximated. With `moves`, terms in
    derivatives of functions act on moves, not on the lift (`TensorSystem.moving`). `whole`: there
    are no other terms, so that what holds the unknown must be among these."""
    builder = _Builder(stabilised(problem))
    lift = builder.lift()
    terms, loads = builder.terms(), builder.loads()
    if lift[0].shape[1]:
        loads = [np.hstack(pair) for pair in zip(loads, builder.lifted(lift), strict=True)]
    system = TensorSystem.of(tuple(builder.maps), tuple(builder.mass), terms, tuple(loads))
    if whole and not builder.field_terms:
        _check_kernel(problem, builder)
    if builder.full_of_fields:
        system = builder.with_fields(system, lift, fields, moves)
    return system, lift


class _Builder:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.axes = problem.axes
        self._known: dict[tuple[object, ...], Matrix] = {}
        self.full_mass = [self._full(i, Factor()) for i in range(len(self.axes))]
        self.maps = [_scaled(a.free, m) for a, m in zip(self.axes, self.full_mass, strict=True)]
        self.mass = [self.reduce(i, m) for i, m in enumerate(self.full_mass)]
        self.operator, self.field_terms = _split(problem.operator)
        self.load, self.field_loads = _split(problem.load)
        self.full_terms = [self._full_term(p) for p in self.operator]

    @property
    def full_of_fields(self) -> bool:
        """Whether a term holds a function of all axes."""
        return bool(self.field_terms or self.field_loads)

    def with_fields(
        self, system: TensorSystem, lift: list[Floats], tolerance: float, moves: bool
    ) -> TensorSystem:
        """The system with its terms that hold fields, and their part of the lift."""
        terms = FieldTerms(self.axes, self.maps, tolerance)
        loads = [terms.load(p) for p in self.field_loads]
        moving = [moves and of_move(p) for p in self.field_terms]
        if lift[0].shape[1]:
            still = [p for p, m in zip(self.field_terms, moving, strict=True) if not m]
            loads += [terms.lifted(p, lift) for p in still]
        operators = tuple(terms.operator(p) for p in self.field_terms)
        return replace(
            system,
            operators=operators,
            train_load=terms.summed(loads),
            field_error=terms.sampler.error,
            moving=tuple(k for k, m in enumerate(moving) if m),
        )

    def _full(self, i: int, factor: Factor) -> Matrix:
        """The matrix of a factor on all rows; equal factors share one object, which the solvers
        exploit."""
        key = (
            i, factor.trial, factor.test, factor.end, factor.pick, factor.form,
            factor.where, id(factor.coefficient),
        )  # fmt: skip
        if key not in self._known:
            self._known[key] = self.axes[i].matrix(factor)
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
        products = self.load
        out = []
        for i, axis in enumerate(self.axes):
            full = np.zeros((axis.n_rows, len(products)))
            for s, product in enumerate(products):
                full[:, s] = axis.vector(product.factors.get(axis, Factor()))
            scales = np.array([p.scale for p in products]) if i == 0 else 1.0
            out.append(np.asarray(self.maps[i].T @ (full * scales)))
        return out

    def lift(self) -> list[Floats]:
        """Rows of every product of the lift, [n_rows, L] per axis: L2 projections, on a part values
        at nodes; the ends' zero conditions do not apply."""
        expression = self.problem.lift or Expression(())
        return [self._project(i, axis, expression) for i, axis in enumerate(self.axes)]

    def _project(self, i: int, axis: ProblemAxis, lift: Expression) -> Floats:
        products = lift.products
        if not products:
            return np.zeros((axis.n_rows, 0))
        factors = [p.factors.get(axis, Factor()) for p in products]
        scales = np.array([p.scale for p in products]) if i == 0 else 1.0
        return np.asarray(axis.projected(factors, self.full_mass[i]) * scales)

    def lifted(self, lift: list[Floats]) -> list[Floats]:
        """-A lift as load columns."""
        out = []
        for i, rows in enumerate(lift):
            parts = [np.zeros((self.maps[i].shape[1], 0))]
            for scale, full in self.full_terms:
                sign = -scale if i == 0 else 1.0
                parts.append(
                    sign * np.asarray(self.maps[i].T @ (full.get(i, self.full_mass[i]) @ rows))
                )
            out.append(np.hstack(parts))
        return out


def _split(form: Expression) -> tuple[list[Product], list[Product]]:
    """Its products without fields, and those with."""
    plain = [p for p in form.products if not p.fields]
    return plain, [p for p in form.products if p.fields]


def _scaled(free: Matrix, mass: Matrix) -> Matrix:
    lumped = np.asarray(abs(free.T @ mass @ free).sum(axis=1)).reshape(-1)
    return sparse.csr_array(free @ sparse.diags_array(1.0 / np.sqrt(lumped)))


def _check_kernel(problem: Problem, builder: _Builder) -> None:
    """Raises ProblemError when constants solve the homogeneous problem: nothing holds the
    unknown."""
    for i, axis in enumerate(problem.axes):
        axis.need_held([full.get(i, builder.full_mass[i]) for _, full in builder.full_terms])
    if any(axis.zero for axis in problem.axes) or not builder.full_terms:
        return
    images = []
    for i, axis in enumerate(problem.axes):
        ones = np.ones(axis.n_rows)
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
    ones = np.ones(builder.axes[i].n_rows)
    sizes = []
    for scale, full in builder.full_terms:
        image = builder.maps[i].T @ (abs(full.get(i, builder.full_mass[i])) @ ones)
        sizes.append((scale if i == 0 else 1.0) ** 2 * float(image @ image))
    return max(sizes)
