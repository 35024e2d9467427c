"""Direct solution of a system with few axes, for reference: no rank, no iteration.

Where every term names one axis (a Kronecker sum, as of a Laplacian with constant coefficients on a
box) all axes are brought to triangular form: sum_d T_d x = f by back substitution, vectorised over
the symmetric axes. Source: Bartels & Stewart, Commun. ACM 15 (1972); Lynch, Rice & Thomas, Numer.
Math. 6 (1964). Other systems are assembled as one sparse matrix and factorised.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.linalg import cg, splu

from ..solvers.fields.operators import assembled_operator, full_load
from ..solvers.tensor_system import Matrix, TensorSystem

Floats = NDArray[np.float64]
MOST_OF_A_SUM = 1_500_000  # coefficients of a Kronecker sum, where many of them are solved
MOST_OF_ONE_SUM = 24_000_000  # and where few are: 192 MB per array
AT_ONCE = 2_000_000  # complex numbers in triangular form, and terms of a load, held at once
WIDEST_AXIS = 400  # coefficients of one axis in triangular form
LARGE = 30_000  # unknowns of a symmetric matrix above which conjugate gradients are tried first
ENDED, STEPS = 1e-8, 4000  # relative residual that ends them, and steps at most
SYMMETRIC = 1e-12  # of the largest entry
PLAIN_ENOUGH = 1e-9  # relative residual of a factorisation without pivots that is taken
BLOCK = 16  # rows of a triangle that are eliminated together
MOST_ENTRIES = 8_000_000  # of an assembled matrix
MOST_FILLED = {1: 200_000, 2: 20_000, 3: 3_000}  # coefficients, by axes with more than 4 of them


def direct_solution(system: TensorSystem, most: int = MOST_OF_A_SUM) -> Floats | None:
    """The coefficients [n_1, .., n_D], None where the system is too large to solve so. Raises
    LinAlgError where it is singular."""
    inverse = factorised(system, most)
    return None if inverse is None else inverse(load_of(system))


def factorised(
    system: TensorSystem, most: int = MOST_OF_A_SUM
) -> Callable[[Floats], Floats] | None:
    """The inverse of the operator: load [n_1, .., n_D] to coefficients; None where it is too large,
    a Kronecker sum where it has more than `most` of them. Raises LinAlgError where it is
    singular."""
    if is_sum(system) and sum_fits(system.sizes, most):
        return _OfASum(system)
    entries = np.prod([_pattern(system, d).nnz for d in range(system.dimension)], dtype=float)
    if not fits(system.sizes) or entries > MOST_ENTRIES:
        return None
    solve = inverse_of(sparse.csc_matrix(assembled(system)))
    return lambda load: solve(load.reshape(-1)).reshape(system.sizes)


def inverse_of(matrix: Matrix) -> Callable[[Floats], Floats]:
    """x of A x = b by one factorisation; a symmetric A without pivots, which fills half as much,
    and with them where that is not exact enough; a large symmetric one by conjugate gradients
    where these end. Raises LinAlgError where A is singular."""
    gap = abs(matrix - matrix.T)
    if gap.nnz and gap.max() > SYMMETRIC * abs(matrix).max():
        return _factor(matrix).solve  # type: ignore[no-any-return]
    if matrix.shape[0] > LARGE:
        return lambda load: _conjugate(matrix, load)
    return _factored(matrix)


def _conjugate(matrix: Matrix, load: Floats) -> Floats:
    """By conjugate gradients with the diagonal before them, else by a factorisation."""
    diagonal = matrix.diagonal()
    if diagonal.min() > 0.0:
        before = sparse.diags_array(1.0 / diagonal)
        found, left = cg(matrix, load, rtol=ENDED, maxiter=STEPS, M=before)
        if not left:
            return np.asarray(found)
    return _factored(matrix)(load)


def _factored(matrix: Matrix) -> Callable[[Floats], Floats]:
    plain = _factor(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    with_pivots: list[Any] = []

    def solve(load: Floats) -> Floats:
        found = np.asarray(plain.solve(load))
        miss = np.linalg.norm(matrix @ found - load)
        if miss <= PLAIN_ENOUGH * np.linalg.norm(load):
            return found
        with_pivots[:] = with_pivots or [_factor(matrix)]
        return np.asarray(with_pivots[0].solve(load))

    return solve


def _factor(matrix: Matrix, **settings: Any) -> Any:
    try:
        return splu(matrix, **settings)
    except RuntimeError as error:
        raise np.linalg.LinAlgError(str(error)) from error


def fits(sizes: tuple[int, ...]) -> bool:
    """Whether a matrix of all coefficients may be filled by a factorisation."""
    wide = sum(n > 4 for n in sizes)
    return bool(np.prod(sizes, dtype=float) <= MOST_FILLED.get(max(wide, 1), 0))


def sum_fits(sizes: tuple[int, ...], most: int) -> bool:
    """Whether a Kronecker sum of these coefficients is solved, at most `most` of them."""
    return bool(np.prod(sizes, dtype=float) <= most and max(sizes) <= WIDEST_AXIS)


def load_of(system: TensorSystem) -> Floats:
    """The load as a full tensor [n_1, .., n_D], a slab of the first axis after the other."""
    head, *rest = system.loads
    slab = max(int(AT_ONCE / max(np.prod([len(f) for f in rest[:-1]]) * head.shape[1], 1)), 1)
    found = np.empty(system.sizes)
    for start in range(0, len(head), slab):
        *first, last = [head[start : start + slab], *rest]
        rows = reduce(_all_pairs, first, np.ones((1, last.shape[1])))
        found[start : start + slab] = (rows @ last.T).reshape(-1, *system.sizes[1:])
    return found if system.train_load is None else found + full_load(system.train_load)


def _all_pairs(left: Floats, right: Floats) -> Floats:
    """[A B, S] from [A, S] and [B, S]."""
    return (left[:, None, :] * right[None, :, :]).reshape(len(left) * len(right), left.shape[1])


def is_sum(system: TensorSystem) -> bool:
    """Whether every term names one axis, and there are several of them."""
    wide = [d for d, n in enumerate(system.sizes) if n > 1]
    return len(wide) > 1 and not system.operators and all(len(t) == 1 for t in system.terms)


class _OfASum:
    """The inverse of a Kronecker sum: every axis in triangular form."""

    def __init__(self, system: TensorSystem) -> None:
        self.forths, self.backs, triangles = [], [], []
        for d in range(system.dimension):
            forms = [t[d] for t in system.terms if d in t]
            form = sum(f.toarray() for f in forms) if forms else np.zeros((system.sizes[d],) * 2)
            lower = linalg.cholesky(system.background[d].toarray(), lower=True)
            half = linalg.solve_triangular(lower, np.asarray(form), lower=True)
            inner = linalg.solve_triangular(lower, half.T, lower=True).T
            triangle, turn = _triangular(inner)
            triangles.append(triangle)
            self.forths.append(np.asarray(turn.conj().T @ linalg.inv(lower)))
            self.backs.append(np.asarray(linalg.solve_triangular(lower.T, turn, lower=False)))
        slanted = [d for d, t in enumerate(triangles) if t.ndim == 2]
        straight = [d for d in range(system.dimension) if d not in slanted]
        self.order = slanted + straight
        self.triangles = [triangles[d] for d in slanted]
        values = np.zeros([system.sizes[d] for d in straight], dtype=complex)
        for i, d in enumerate(straight):
            shape = [-1 if i == j else 1 for j in range(len(straight))]
            values = values + triangles[d].reshape(shape)
        self.values = values

    def __call__(self, load: Floats) -> Floats:
        slanted, straight = self.order[: len(self.triangles)], self.order[len(self.triangles) :]
        found: Any = load
        for d in straight:
            found = along(self.forths[d], found, d)
        found = found.transpose(self.order)
        shape = found.shape
        if straight:
            found = found.reshape(*shape[: len(slanted)], -1)
        found = self._through(found).reshape(shape).transpose(np.argsort(self.order))
        for d in straight:
            found = along(self.backs[d], found, d)
        return np.ascontiguousarray(found)

    def _through(self, load: Floats) -> Floats:
        """The slanted axes, which come first, of so many of the others at once that their complex
        numbers stay few."""
        if len(self.order) == len(self.triangles):
            return self._slanted(load, self.values)
        found, values = np.empty_like(load), self.values.reshape(-1)
        step = max(AT_ONCE // int(np.prod(load.shape[:-1])), 1)
        for start in range(0, len(values), step):
            part = slice(start, start + step)
            found[..., part] = self._slanted(load[..., part], values[part])
        return found

    def _slanted(self, load: Floats, values: NDArray[np.complex128]) -> Floats:
        found: Any = load
        slanted = self.order[: len(self.triangles)]
        for i, d in enumerate(slanted):
            found = along(self.forths[d], found, i)
        found = _back_substituted(self.triangles, values, found)
        for i, d in enumerate(slanted):
            found = along(self.backs[d], found, i)
        return np.asarray(found.real)


def _triangular(form: Floats) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """(T, Q) with form = Q T Q^H: of a symmetric form its eigenvalues [n], else [n, n]."""
    if np.abs(form - form.T).max() <= 1e-12 * max(np.abs(form).max(), 1e-300):
        return linalg.eigh((form + form.T) / 2)  # type: ignore[no-any-return]
    triangle, turn = linalg.schur(form, output="complex")
    return triangle, turn


def along(matrix: Any, tensor: Any, d: int) -> Any:
    """The matrix [m, n], dense (sparse for d = 0), applied to axis d of a tensor."""
    shape = tensor.shape
    if d == 0:
        return np.asarray(matrix @ tensor.reshape(shape[0], -1)).reshape(-1, *shape[1:])
    if d == len(shape) - 1:
        return tensor @ matrix.T
    sheets = tensor.reshape(int(np.prod(shape[:d])), shape[d], -1)
    return np.matmul(matrix, sheets).reshape(*shape[:d], -1, *shape[d + 1 :])


def _back_substituted(
    triangles: list[NDArray[np.complex128]],
    diagonal: NDArray[np.complex128],
    load: NDArray[np.complex128],
) -> NDArray[np.complex128]:
    """x [n_1, .., batch] of (sum_d T_d + diagonal) x = load, T_d upper triangular on axis d."""
    if not triangles:
        return np.asarray(load / diagonal)
    first, rest = triangles[0], triangles[1:]
    if not rest and diagonal.ndim == 0:
        return np.asarray(
            linalg.solve_triangular(first + diagonal * np.eye(len(first)), load, check_finite=False)
        )
    if not rest:
        return _by_blocks(first, diagonal, load)
    found = np.empty_like(load)
    for i in range(len(first) - 1, -1, -1):
        side = load[i] - np.tensordot(first[i, i + 1 :], found[i + 1 :], 1)
        found[i] = _back_substituted(rest, diagonal + first[i, i], side)
    return found


def _by_blocks(
    triangle: NDArray[np.complex128],
    diagonal: NDArray[np.complex128],
    load: NDArray[np.complex128],
) -> NDArray[np.complex128]:
    """x [n, batch] of (T + diagonal) x = load: rows of a block one by one, then all above it."""
    found, shift = load.reshape(len(load), -1).copy(), diagonal.reshape(-1)
    for stop in range(len(load), 0, -BLOCK):
        start = max(stop - BLOCK, 0)
        for i in range(stop - 1, start - 1, -1):
            side = found[i] - triangle[i, i + 1 : stop] @ found[i + 1 : stop]
            found[i] = side / (triangle[i, i] + shift)
        found[:start] -= triangle[:start, start:stop] @ found[start:stop]
    return found.reshape(load.shape)


def _pattern(system: TensorSystem, d: int) -> Matrix:
    found = sparse.csr_array(sum(abs(m) for m in system.matrices[d].matrices))
    return found.tocoo()


def assembled(system: TensorSystem) -> Matrix:
    """sum_k (x)_d M_{k,d} as one matrix: entries of all terms at once, a product of [K, entries]
    per axis."""
    places, data = [], []
    for d in range(system.dimension):
        pattern = _pattern(system, d)
        places.append((pattern.row, pattern.col))
        distinct = np.stack(
            [
                np.asarray(m[pattern.row, pattern.col]).reshape(-1)
                for m in (sparse.csr_array(m) for m in system.matrices[d].matrices)
            ]
        )
        data.append(distinct[list(system.matrices[d].index)])
    *first, last = [np.ascontiguousarray(x.T) for x in data]
    values = reduce(_all_pairs, first, np.ones((1, len(system.terms)))) @ last.T
    row, column = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for n, (r, c) in zip(system.sizes, places, strict=True):
        row = (row[:, None] * n + r[None, :]).reshape(-1)
        column = (column[:, None] * n + c[None, :]).reshape(-1)
    size = int(np.prod(system.sizes))
    found = sparse.coo_array((values.reshape(-1), (row, column)), shape=(size, size))
    return reduce(lambda a, b: a + b, (assembled_operator(o) for o in system.operators), found)
