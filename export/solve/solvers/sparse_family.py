"""Systems sum_k (M_k (x) G_k) x = b whose matrices no narrow band holds, as those of a mesh.

In the basis V of the ranks in which two of the G_k are diagonal the others nearly are: with
d_k = diag(V^T G_k V), sum_k M_k (x) diag(d_k) is one sparse matrix for every rank, which is
factorised, and conjugate gradients (GMRES, where something is not symmetric) do the rest. Ranks
with nearly the same d share a factorisation, and so do the sweeps of a solve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, gmres, splu

from ..weak_form.errors import ProblemError
from .banded import BandedFamily, bandwidth_of

Floats = NDArray[np.float64]
Matrix = Any  # sparse.csr_array: scipy has no types
WIDE, MANY = 16, 400  # a band as wide in as many rows and more is factorised as it is
NEAR = 1.7  # times: weights that differ by no more share a factorisation
MOST_FILLED = 60_000_000  # numbers in the factorisations that are kept
EXACT = 1e-9  # relative residual at which iterations end
ITERATIONS = 200
SYMMETRIC = 1e-12  # of the largest entry
SINGULAR = "the form is singular on this mesh; check that its terms and conditions hold the unknown"


def family_of(matrices: Sequence[Matrix]) -> BandedFamily | SparseFamily:
    """The matrices of one axis, cut into chunks, or as they are where their band is wide."""
    n = matrices[0].shape[0]
    if n < MANY or bandwidth_of(matrices) < WIDE:
        return BandedFamily(matrices)
    return SparseFamily(matrices)


class SparseFamily:
    """The distinct matrices M_k [n, n] of one axis, and the factorisations of their sums."""

    def __init__(self, matrices: Sequence[Matrix]) -> None:
        self.matrices = [sparse.csr_array(m) for m in matrices]
        self.symmetric = all(_symmetric(m) for m in self.matrices)
        self.sizes = np.array([abs(m).sum() / m.shape[0] for m in self.matrices])
        self._kept: list[tuple[Floats, Any]] = []

    def blocks_held(self, operators: bool = False) -> int:
        """Blocks [B, B] that a solve holds at once."""
        return len(self.matrices) + 4

    def solve(
        self,
        blocks: Floats,
        rhs: Floats,
        *,
        device: str | None = None,
        watch: Callable[[], None] | None = None,
        operators: Sequence[Any] = (),
    ) -> Floats:
        """x [n, B] with sum_k M_k x G_k^T = rhs [n, B]; blocks G [K, B, B]. `watch` is called
        before every factorisation and every iteration and may raise."""
        if operators:
            raise ProblemError(
                "a function of the unknown does not work on a mesh; linearise the term, or leave"
                " the function out"
            )
        used = np.flatnonzero(np.abs(blocks).max(axis=(1, 2), initial=0.0) > 0)
        turn, back, turned = _turned(blocks[used], self.sizes[used])
        even = self.symmetric and np.abs(turned - turned.transpose(0, 2, 1)).max(initial=0.0) <= (
            1e-8 * np.abs(turned).max(initial=0.0)
        )
        system = _Turned(self, used, turned, watch)
        side = rhs @ back
        found = _conjugate(system, side) if even else _minimal(system, side)
        return np.asarray(found @ turn.T)

    def inverse(self, weights: Floats, used: NDArray[np.int64]) -> tuple[float, Any]:
        """(factor, factorisation) whose product is about (sum_k weights_k M_k)^-1, k in `used`."""
        full = np.zeros(len(self.matrices))
        full[used] = weights
        scale = float(np.abs(full * self.sizes).sum())
        if not scale > 0.0:
            raise ProblemError(SINGULAR)
        wanted = full / scale
        for place, (known, factor) in enumerate(self._kept):
            if _near(known, wanted, self.sizes):
                self._kept.append(self._kept.pop(place))
                return 1.0 / scale, factor
        total = sum(w * m for w, m in zip(wanted, self.matrices, strict=True) if w != 0.0)
        try:
            factor = splu(
                sparse.csc_matrix(total),
                permc_spec="MMD_AT_PLUS_A",
                diag_pivot_thresh=0.0 if self.symmetric else 0.1,
                options={"SymmetricMode": self.symmetric},
            )
        except RuntimeError as error:
            raise ProblemError(SINGULAR) from error
        self._kept.append((wanted, factor))
        while sum(f.nnz for _, f in self._kept) > MOST_FILLED and len(self._kept) > 1:
            self._kept.pop(0)
        return 1.0 / scale, factor


def _near(known: Floats, wanted: Floats, sizes: Floats) -> bool:
    """Whether no weight that counts differs by more than `NEAR` times."""
    least = 1e-3 / np.maximum(sizes, 1e-300)
    if np.any(known * wanted < 0.0):
        return False
    high, low = np.abs(known) + least, np.abs(wanted) + least
    ratio = high / low
    return bool(ratio.max() <= NEAR * max(ratio.min(), 1.0 / NEAR))


def _turned(blocks: Floats, sizes: Floats) -> tuple[Floats, Floats, Floats]:
    """V, V (for x = y V^T and the right side) and V^T G_k V, with V from the weighted sum of the
    blocks and the one that differs most from it; the identity where the sum is not definite."""
    count, rank = len(blocks), blocks.shape[1]
    total = np.tensordot(sizes, blocks, 1)
    identity = np.eye(rank)
    if rank == 1:
        return identity, identity, blocks
    half = (total + total.T) / 2
    try:
        lower = linalg.cholesky(half, lower=True)
    except linalg.LinAlgError:
        return identity, identity, blocks
    inverse = linalg.solve_triangular(lower, identity, lower=True)
    inner = [inverse @ ((g + g.T) / 2) @ inverse.T for g in blocks]
    spread = [np.ptp(linalg.eigvalsh(g)) * s for g, s in zip(inner, sizes, strict=True)]
    turn = inverse.T @ linalg.eigh(inner[int(np.argmax(spread))])[1]
    return turn, turn, np.stack([turn.T @ blocks[k] @ turn for k in range(count)])


class _Turned:
    """The system in the basis in which it is nearly one of single ranks."""

    def __init__(
        self,
        family: SparseFamily,
        used: NDArray[np.int64],
        turned: Floats,
        watch: Callable[[], None] | None,
    ) -> None:
        self.matrices = [family.matrices[k] for k in used]
        self.turned, self.watch = turned, watch
        self.groups: list[tuple[Any, list[int], list[float]]] = []
        for rank, weights in enumerate(np.diagonal(turned, axis1=1, axis2=2).T):
            self.look()
            factor, inverse = family.inverse(weights, used)
            for known, ranks, factors in self.groups:
                if known is inverse:
                    ranks.append(rank)
                    factors.append(factor)
                    break
            else:
                self.groups.append((inverse, [rank], [factor]))

    def look(self) -> None:
        """Ask whether there is time."""
        if self.watch is not None:
            self.watch()

    def times(self, x: Floats) -> Floats:
        """sum_k M_k x G_k^T, [n, B]."""
        self.look()
        return sum(m @ (x @ g.T) for m, g in zip(self.matrices, self.turned, strict=True))  # type: ignore[return-value]

    def divided(self, x: Floats) -> Floats:
        """The single ranks solved, [n, B]."""
        out = np.empty_like(x)
        for inverse, ranks, factors in self.groups:
            out[:, ranks] = inverse.solve(np.ascontiguousarray(x[:, ranks])) * np.array(factors)
        return out


def _conjugate(system: _Turned, side: Floats) -> Floats:
    """Preconditioned conjugate gradients."""
    size = float(np.linalg.norm(side))
    found, rest = np.zeros_like(side), side.copy()
    if size == 0.0:
        return found
    better = system.divided(rest)
    way, slope = better, float(np.vdot(rest, better))
    for _ in range(ITERATIONS):
        image = system.times(way)
        bend = float(np.vdot(way, image))
        if not bend > 0.0:
            if not slope > 0.0:
                break
            return _minimal(system, side)
        found += (slope / bend) * way
        rest -= (slope / bend) * image
        if float(np.linalg.norm(rest)) <= EXACT * size:
            break
        better = system.divided(rest)
        before, slope = slope, float(np.vdot(rest, better))
        way = better + (slope / before) * way
    return found


def _minimal(system: _Turned, side: Floats) -> Floats:
    """GMRES, preconditioned from the left."""
    shape = side.shape

    def product(flat: Floats) -> Floats:
        return system.times(flat.reshape(shape)).reshape(-1)

    def near(flat: Floats) -> Floats:
        return system.divided(flat.reshape(shape)).reshape(-1)

    operator, before = (
        LinearOperator((side.size, side.size), matvec=f, dtype=float) for f in (product, near)
    )
    found, _ = gmres(
        operator, side.reshape(-1), rtol=EXACT, restart=40, maxiter=ITERATIONS // 40, M=before
    )
    return np.asarray(found).reshape(shape)


def _symmetric(matrix: Matrix) -> bool:
    gap = abs(matrix - matrix.T)
    return bool(gap.nnz == 0 or gap.max() <= SYMMETRIC * abs(matrix).max())
