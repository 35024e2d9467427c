"""The constants of a form, computed: coercivity, continuity, inf-sup; stability and
quasi-optimality measured.

V-norm: ||u||_V^2 = sum over space axes of L_d^2 ||du/dx_d||^2 + ||u||^2, L_d the length of axis d;
parameter and time axes enter by their L2 norm. With c the inf-sup and C the continuity constant of
the discrete form in that norm, ||du||_V <= ||dl||_V' / c and ||u - u_h||_V <= (C / c) min_w ||u -
w||_V. Source: Babuska, Error bounds for finite element method, Numer. Math. 16 (1971); Xu &
Zikatanov (2003) for C / c.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from sna_edge import TT, Model

from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.iterate import Iterate
from ..weak_form.linearised import linearised as around
from ..weak_form.problem import Problem
from .assembly import assemble
from .fields.operators import assembled_operator
from .tensor_system import Matrix, TensorSystem

Floats = NDArray[np.float64]
MAX_SIZE = 3000  # dense eigenvalue problems up to here: state the problem on a coarse mesh


@dataclass(frozen=True)
class Constants:
    """coercivity = min a(u,u)/||u||^2, inf_sup = min_u max_v a(u,v)/(||u|| ||v||), continuity = max
    over both."""

    coercivity: float
    inf_sup: float
    continuity: float

    @property
    def ratio(self) -> float:
        """C / c, the factor of quasi-optimality."""
        return self.continuity / self.inf_sup


def constants(problem: Problem) -> Constants:
    """Constants of the form on the problem's own mesh; exact over the whole range of the parameter
    axes.

    Parameter axes with one coefficient are diagonalised, so that only its extreme values need a
    problem each. Raises ProblemError when the remaining problem is larger than `MAX_SIZE`.
    """
    found = [_of(form, norm) for form, norm in _frozen_forms(problem)]
    return Constants(
        min(f.coercivity for f in found),
        min(f.inf_sup for f in found),
        max(f.continuity for f in found),
    )


def _of(form: Floats, norm: Floats) -> Constants:
    scaled = whitened(form, norm)
    singular = linalg.svdvals(scaled)
    symmetric = linalg.eigvalsh((scaled + scaled.T) / 2, subset_by_index=[0, 0])
    return Constants(float(symmetric[0]), float(singular[-1]), float(singular[0]))


def whitened(form: Floats, norm: Floats) -> Floats:
    """L^-1 A L^-T with N = L L^T."""
    factor = linalg.cholesky(norm, lower=True)
    half = linalg.solve_triangular(factor, form, lower=True)
    return np.asarray(linalg.solve_triangular(factor, half.T, lower=True).T)


def _frozen_forms(problem: Problem) -> list[tuple[Floats, Floats]]:
    """(A, N) dense on the axes that are not frozen, for every combination of extreme parameter
    values."""
    system, _ = assemble(problem)
    frozen = [
        d
        for d, a in enumerate(problem.axes)
        if a.role == "parameter" and not system.operators and len(system.families[d].matrices) <= 2
    ]
    kept = [d for d in range(system.dimension) if d not in frozen]
    size = int(np.prod([system.sizes[d] for d in kept]))
    if size > MAX_SIZE:
        raise ProblemError(
            f"constants() would need {size} coefficients; state {problem.name!r} with fewer spans"
            f" (at most {MAX_SIZE})"
        )
    norm = v_norm(problem, system, kept)
    return [
        (dense_form(system, kept, values), norm)
        for values in product(*(_extremes(system, d) for d in frozen))
    ]


def _extremes(system: TensorSystem, d: int) -> list[tuple[int, float]]:
    """(axis, value) at the ends of the spectrum of the axis's one coefficient; (axis, 1) without a
    coefficient."""
    matrices = system.families[d].matrices
    if len(matrices) == 1:
        return [(d, 1.0)]
    spectrum = linalg.eigh(matrices[1].toarray(), matrices[0].toarray(), eigvals_only=True)
    return [(d, float(spectrum[0])), (d, float(spectrum[-1]))]


def dense_form(
    system: TensorSystem, kept: list[int], values: tuple[tuple[int, float], ...]
) -> Floats:
    """The form on the kept axes, dense; the others enter by their values."""
    total = sparse.csr_array((1, 1))
    for k, term in enumerate(system.terms):
        factor = np.prod([v for d, v in values if d in term])
        part = reduce(sparse.kron, (system.matrix(k, d) for d in kept)) * float(factor)
        total = part if k == 0 else total + part
    if system.operators:
        trains = reduce(lambda a, b: a + b, map(assembled_operator, system.operators))
        total = trains if not system.terms else total + trains
    return np.asarray(total.toarray())


def v_norm(problem: Problem, system: TensorSystem, kept: list[int]) -> Floats:
    """The matrix of ||u||_V^2 on the kept axes, dense."""
    total = reduce(sparse.kron, (system.background[d] for d in kept))
    for d in kept:
        axis = problem.axes[d]
        if axis.role == "space":
            parts = [
                _stiffness(axis, system.maps[e]) if e == d else system.background[e] for e in kept
            ]
            total = total + reduce(sparse.kron, parts)
    return np.asarray(total.toarray())


def _stiffness(axis: ProblemAxis, free: Matrix) -> Matrix:
    slope = axis.sparse_design(1) @ free
    length = axis.basis.upper - axis.basis.lower
    return sparse.csr_array(slope.T @ sparse.diags_array(axis.weights * length**2) @ slope)


def linearised(problem: Problem, model: Model) -> Problem:
    """The linear problem of the last Newton step around a solved train on the problem's own
    mesh."""
    if not problem.nonlinear or not isinstance(model.interaction, TT):
        raise ProblemError(
            f"linearised() takes a non-linear problem and its solved train; {problem.name!r} is"
            " not one"
        )
    cores = [c.transpose(1, 0, 2) for c in model.interaction.cores]
    return around(problem, Iterate(problem.axes, cores))


def stability(problem: Problem, trials: int = 20, seed: int = 0) -> tuple[float, float]:
    """(largest measured ||du||_V / ||dl||_V', the bound 1 / c) under random load perturbations."""
    rng = np.random.default_rng(seed)
    worst, bound = 0.0, 0.0
    for form, norm in _frozen_forms(problem):
        loads = rng.standard_normal((len(form), trials))
        moved = np.linalg.solve(form, loads)
        dual = np.sqrt(np.einsum("is,is->s", loads, linalg.solve(norm, loads, assume_a="pos")))
        size = np.sqrt(np.einsum("is,is->s", moved, norm @ moved))
        worst, bound = (
            max(worst, float((size / dual).max())),
            max(bound, 1.0 / _of(form, norm).inf_sup),
        )
    return worst, bound


def quasi_optimality(coarse: Problem, fine: Problem) -> tuple[float, float]:
    """(measured error / best approximation error in the V-norm, its bound C / c on the fine space).

    `fine` is the same problem on a refined mesh that contains the coarse one; its solution stands
    for the exact one.
    """
    small, large = assemble(coarse)[0], assemble(fine)[0]
    axes = list(range(small.dimension))
    norm, form = v_norm(fine, large, axes), dense_form(large, axes, ())
    inject: Floats = reduce(
        _kron,
        (
            _injection(*pair)
            for pair in zip(coarse.axes, fine.axes, small.maps, large.maps, strict=True)
        ),
    )
    load = reduce(np.multiply.outer, (f[:, 0] for f in large.loads)).reshape(-1)
    exact = np.linalg.solve(form, load)
    galerkin = inject @ np.linalg.solve(inject.T @ form @ inject, inject.T @ load)
    best = inject @ np.linalg.solve(inject.T @ norm @ inject, inject.T @ norm @ exact)
    error, least = (float(np.sqrt((exact - w) @ norm @ (exact - w))) for w in (galerkin, best))
    return error / least, _of(form, norm).ratio


def _injection(coarse: ProblemAxis, fine: ProblemAxis, small: Matrix, large: Matrix) -> Floats:
    """Coarse free coefficients as fine ones, exact for nested splines."""
    if not np.isin(np.round(coarse.basis.breaks, 12), np.round(fine.basis.breaks, 12)).all():
        raise ProblemError(
            f"the fine mesh of {fine.name!r} does not contain the coarse one; multiply the spans by"
            " a whole number"
        )
    wide = fine.sparse_design() @ large
    narrow = coarse.sparse_design(0, fine.nodes) @ small
    weights = sparse.diags_array(fine.weights)
    return np.asarray(
        linalg.solve(
            (wide.T @ weights @ wide).toarray(),
            (wide.T @ weights @ narrow).toarray(),
            assume_a="pos",
        )
    )


def _kron(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.kron(a, b), dtype=float)
