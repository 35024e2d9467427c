"""a(u, v) = lambda m(u, v) at any point of the parameters: matrices that are summed there, and the
lowest eigenpairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh, splu

from ..direct.factor import assembled, fits
from ..solvers.assembly import assemble
from ..solvers.tensor_system import TensorSystem
from ..trust.points import Point
from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.forms import NOTHING, Expression, Factor, FormAxis, Product, test_function, unknown
from ..weak_form.problem import Problem
from ..weak_form.restated import parameters

Floats = NDArray[np.float64]
DENSE = 400  # coefficients up to which all eigenvalues are computed at once
ASYMMETRIC = 1e-9  # of the largest entry
SPREAD = 0.3  # of the spread of the wanted eigenvalues: how far below the lowest one is looked
TRIES = 12
EXACT = 1e-11  # relative, of an eigenvalue
TOGETHER = 1e-9  # relative: eigenvalues that need not be told apart
AGAIN = 3


@dataclass(frozen=True)
class Pairs:
    """values [K] from the lowest on; vectors [N, K] with vectors^T M vectors = 1; mass M [N, N]."""

    values: Floats
    vectors: Floats
    mass: Any


def unit_mass() -> Expression:
    """m(u, v) = int u v."""
    return unknown() * test_function()


@dataclass(frozen=True)
class Sum:
    """sum_k theta_k(p) A_k: `products` say theta_k, `matrices` are A_k."""

    products: Sequence[Product]
    held: Sequence[ProblemAxis]
    matrices: Any

    def shares(self, at: Mapping[str, float]) -> Floats:
        """theta_k at a point."""
        found = []
        for product in self.products:
            share = product.scale
            for axis in self.held:
                part = product.factors[axis].coefficient if axis in product.factors else None
                share *= 1.0 if part is None else float(part.at(np.array([at[axis.name]]))[0])
            found.append(share)
        return np.array(found)

    def at(self, at: Mapping[str, float]) -> Any:
        """The matrix at a point."""
        shares = self.shares(at)
        if isinstance(self.matrices, np.ndarray):
            return np.tensordot(shares, self.matrices, 1)
        return sum(s * m for s, m in zip(shares, self.matrices, strict=True))

    def projected(self, basis: Floats) -> Sum:
        """The same between columns of `basis` [N, r] alone."""
        small = np.stack([basis.T @ (m @ basis) for m in self.matrices])
        return Sum(self.products, self.held, small)


class Pencil:
    """The two forms of a problem on its axes of space. Raises ProblemError for forms that are not
    symmetric and for too many coefficients."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.name = problem, problem.name
        self.held = parameters(problem)
        self.space = [a for a in problem.axes if a not in self.held]
        self.system = _system(problem, self.space, unit_mass())
        self.sizes = self.system.sizes
        if not fits(self.sizes):
            raise ProblemError(
                f"problem {self.name!r} has {np.prod(self.sizes):,} coefficients, too many for its"
                " eigenvalues; take fewer spans"
            )
        mass = problem.mass if problem.mass is not None else unit_mass()
        self.operator, self.mass = self._sum("operator", problem.operator), self._sum("mass", mass)
        self._shift: float | None = None

    def _sum(self, what: str, form: Expression) -> Sum:
        products = [p for p in form.products if p.scale]
        matrices = []
        for product in products:
            factors: dict[FormAxis, Factor] = {
                a: f for a, f in product.factors.items() if a in self.space
            }
            bare = Expression((replace(product, scale=1.0, factors=factors),))
            matrices.append(sparse.csc_array(assembled(_system(self.problem, self.space, bare))))
        return Sum(products, self.held, _symmetric(matrices, what, self.name))

    def pairs(self, at: Point, count: int) -> Pairs:
        """The `count` lowest pairs at a point."""
        operator, mass = self.operator.at(at), self.mass.at(at)
        size = operator.shape[0]
        count = min(count, size)
        if size <= DENSE or count > size // 3:
            return dense_pairs(operator.toarray(), mass.toarray(), count, self.name)
        if self._shift is None:
            if _factor(mass) is None:
                raise _not_positive(self.name)
            self._shift = self._first_shift(operator, mass)
        return self._nearest(operator, mass, count)

    def _first_shift(self, operator: Any, mass: Any) -> float:
        """A number that may lie below all eigenvalues: 0, or what the diagonals say."""
        ratio = operator.diagonal() / mass.diagonal()
        return float(min(0.0, ratio.min()) - 1e-3 * np.abs(ratio).min())

    def _nearest(self, operator: Any, mass: Any, count: int) -> Pairs:
        """By the inverse of operator - shift mass, shifted until it is definite, so that the lowest
        are the nearest."""
        assert self._shift is not None
        down = max(abs(self._shift), 1e-12)
        for _ in range(TRIES):
            inverse = _factor(operator - self._shift * mass)
            if inverse is not None:
                break
            self._shift, down = self._shift - down, 4.0 * down
        else:
            raise ProblemError(
                f"problem {self.name!r} has no lowest eigenvalue that could be found; check that"
                " its operator is bounded from below"
            )
        return self._all_of_them(operator, mass, inverse, count)

    def _all_of_them(self, operator: Any, mass: Any, inverse: LinearOperator, count: int) -> Pairs:
        """Lanczos' method finds one shape of eigenvalues that coincide, at times: it is asked again
        beside the shapes that are known until nothing is lower than these."""
        values, vectors = np.zeros(0), np.zeros((operator.shape[0], 0))
        wanted = count
        while True:
            more = self._beside(operator, mass, inverse, vectors, wanted)
            last = np.inf if len(values) < count else np.sort(values)[count - 1]
            values, vectors = np.append(values, more[0]), np.hstack([vectors, more[1]])
            if more[0].min() >= last * (1 - np.sign(last) * TOGETHER):
                order = np.argsort(values)[:count]
                return Pairs(values[order], _orthonormal(vectors[:, order], mass), mass)
            wanted = AGAIN

    def _beside(
        self, operator: Any, mass: Any, inverse: LinearOperator, known: Floats, count: int
    ) -> tuple[Floats, Floats]:
        """The lowest pairs orthogonal to known shapes [N, K]."""
        held = mass @ known

        def image(side: Floats) -> Floats:
            found = inverse @ side
            return np.asarray(found - known @ (held.T @ found))

        start = np.random.default_rng(known.shape[1]).standard_normal(operator.shape[0])
        start -= known @ (held.T @ start)
        inner = LinearOperator(operator.shape, image, dtype=float)
        try:
            return eigsh(operator, count, mass, sigma=self._shift, OPinv=inner, v0=start, tol=EXACT)  # type: ignore[no-any-return]
        except ArpackError as error:
            raise ProblemError(
                f"the eigenvalues of {self.name!r} do not converge; ask for fewer modes"
            ) from error


def _factor(matrix: Any) -> LinearOperator | None:
    """The inverse of a symmetric matrix; None where it is not positive definite."""
    try:
        factor = splu(
            sparse.csc_matrix(matrix),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError:
        return None
    if factor.U.diagonal().min() <= 0.0:
        return None
    return LinearOperator(matrix.shape, factor.solve, dtype=float)


def _orthonormal(vectors: Floats, mass: Any) -> Floats:
    gram = vectors.T @ (mass @ vectors)
    return np.asarray(linalg.solve_triangular(np.linalg.cholesky(gram), vectors.T, lower=True).T)


def dense_pairs(operator: Floats, mass: Floats, count: int, name: str) -> Pairs:
    """The `count` lowest pairs of dense matrices. Raises ProblemError for a mass that is not
    positive."""
    size = len(operator)
    try:
        np.linalg.cholesky(mass)
    except np.linalg.LinAlgError as error:
        raise _not_positive(name) from error
    try:  # lambda_1 by 1 / lambda: else it errs by rounding of the largest, 1e12 times it for beams
        shares, vectors = linalg.eigh(mass, operator, subset_by_index=[size - count, size - 1])
    except linalg.LinAlgError:  # an operator that is not positive
        values, vectors = linalg.eigh(operator, mass, subset_by_index=[0, count - 1])
        return Pairs(values, vectors, mass)
    values = 1.0 / shares[::-1]
    return Pairs(values, vectors[:, ::-1] * np.sqrt(values), mass)


def _not_positive(name: str) -> ProblemError:
    return ProblemError(
        f"the mass of {name!r} is not positive for every function; give mass=density * u * v with a"
        " density above 0"
    )


def _symmetric(matrices: list[Any], what: str, name: str) -> list[Any]:
    """The matrices, halves of them and their transposes. A sum may be symmetric where its terms are
    not."""
    whole = sum(matrices, sparse.csc_array(matrices[0].shape)) if matrices else None
    if whole is None:
        raise ProblemError(f"the {what} of {name!r} has no terms; write it with u and v")
    if abs(whole - whole.T).max() > ASYMMETRIC * max(abs(m).max() for m in matrices):
        raise ProblemError(
            f"the {what} of {name!r} is not symmetric, so that its eigenvalues need not be real;"
            " write its terms so that u and v can change places"
        )
    return [(m + m.T) / 2 for m in matrices]


def _system(problem: Problem, space: Sequence[ProblemAxis], form: Expression) -> TensorSystem:
    bare = replace(
        problem, axes=tuple(space), operator=form, load=NOTHING, lift=None, mass=None, bounds=None,
        computed={}, readings={},
    )  # fmt: skip
    return assemble(bare, whole=False)[0]
