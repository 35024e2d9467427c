"""Block-banded systems sum_k (M_k (x) G_k) x = b, solved as block-tridiagonal: cost linear in n,
never dense in n."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import reverse_cuthill_mckee

from ..weak_form.errors import ProblemError
from .fields.operators import OperatorCore
from .pencil import Pencil

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Between = tuple[OperatorCore, Floats, Floats]  # an operator, its states left and right
# relative to the largest diagonal entry: keeps singular Gram blocks of nearly parallel modes
# solvable
PIVOT_RIDGE = 1e-13


class BandedFamily:
    """The distinct matrices M_k [n, n] of one axis, cut into chunks no shorter than their common
    bandwidth b.

    Chunk i couples to chunks i-1, i, i+1 only; the couplings are kept as small dense arrays (3 n b
    numbers each).
    """

    def __init__(self, matrices: Sequence[sparse.csr_array]) -> None:
        self.matrices = list(matrices)
        self.order, self.edges = _chunks(self.matrices)
        ordered = [sparse.csr_array(m[self.order][:, self.order]) for m in self.matrices]
        spans = list(zip(self.edges[:-1], self.edges[1:], strict=True))
        self.couplings = {
            (i, j): np.stack([m[a:b][:, spans[j][0] : spans[j][1]].toarray() for m in ordered])
            for i, (a, b) in enumerate(spans)
            for j in (i - 1, i, i + 1)
            if 0 <= j < len(spans)
        }
        self.diagonals = np.stack([m.diagonal() for m in self.matrices])
        self._pencils: dict[tuple[int, ...], Pencil | None] = {}

    @property
    def count(self) -> int:
        """Number of chunks."""
        return len(self.edges) - 1

    def blocks_held(self, operators: bool = False) -> int:
        """Blocks [B, B] that a solve, with `operators` or without, holds at once: rows times
        bandwidth of an elimination."""
        if not operators and self.pencil(tuple(range(len(self.matrices)))) is not None:
            return len(self.matrices) + 2
        return len(self.matrices) + 2 * int(self.edges[-1] * np.diff(self.edges).max())

    def pencil(self, used: tuple[int, ...]) -> Pencil | None:
        """The matrices `used`, one or two, in diagonal form; None where they have none."""
        if used not in self._pencils:
            dense = [self.matrices[k].toarray() for k in used[:2]]
            fits = 0 < len(used) <= 2
            self._pencils[used] = Pencil.of(dense[0], *(dense[1:] or [None])) if fits else None
        return self._pencils[used]

    def solve(
        self,
        blocks: Floats,
        rhs: Floats,
        *,
        device: str | None = None,
        watch: Callable[[], None] | None = None,
        operators: Sequence[Between] = (),
    ) -> Floats:
        """x [n, B] with sum_k M_k x G_k^T = rhs [n, B]; blocks G [K, B, B]; to the sum on the left
        every one of `operators` adds its train of matrices between two states.

        One or two symmetric matrices with G_k that are not 0: one system of B unknowns per row, 2/3
        n B^3 operations. Others: block elimination with pivoting inside chunks, stable for the
        coercive forms of this package, about 5 n b^2 B^3 operations. `device` ("cuda", "cpu"): the
        same steps on torch. `watch` is called before every piece and may raise.
        """
        library = _library(device)
        used = np.flatnonzero(np.abs(blocks).max(axis=(1, 2), initial=0.0) > 0)
        diagonal = self.diagonals[used].T @ np.diagonal(blocks[used], axis1=1, axis2=2)
        ridge = PIVOT_RIDGE * float(np.abs(diagonal).max(initial=0.0))
        pencil = None if operators else self.pencil(tuple(int(k) for k in used))
        try:
            if pencil is not None:
                return pencil.solve(list(blocks[used]), rhs, ridge, watch, library)
            return self._eliminated(blocks, used, rhs, ridge, watch, library, operators)
        except library[0].linalg.LinAlgError as error:
            raise ProblemError(
                "the form is singular on this mesh; check that its terms and conditions hold the"
                " unknown"
            ) from error

    def _eliminated(
        self,
        blocks: Floats,
        used: Ints,
        rhs: Floats,
        ridge: float,
        watch: Callable[[], None] | None,
        library: tuple[Any, Any, Any],
        operators: Sequence[Between],
    ) -> Floats:
        xp, put, get = library
        flat = blocks[used].reshape(len(used), blocks.shape[1] ** 2)

        place = np.empty_like(self.order)
        place[self.order] = np.arange(len(place))
        between = [(o.permuted(place), left, right) for o, left, right in operators]

        def coupling(i: int, j: int) -> Any:
            if watch is not None and i == j:
                watch()
            found = _kron_sum(self.couplings[i, j][used], flat, ridge if i == j else 0.0)
            if between:
                rows, columns = (slice(*self.edges[e : e + 2]) for e in (i, j))
                found += _between(between, rows, columns)
            return put(found)

        ordered = rhs[self.order]
        spans = zip(self.edges[:-1], self.edges[1:], strict=True)
        parts = _eliminate(xp, coupling, [put(ordered[a:b].reshape(-1)) for a, b in spans])
        out = np.empty_like(ordered)
        out[self.order] = np.concatenate([get(p).reshape(-1, rhs.shape[1]) for p in parts])
        return out


def _between(operators: Sequence[Between], rows: slice, columns: slice) -> Floats:
    """[a B, b B] of a block of rows and columns: sum over operators and their ranks s, t of
    M[s, t] (x) left[s] (x) right[t]."""
    parts, rights = [], []
    for core, left, right in operators:
        parts.append(np.tensordot(left, core.dense(rows, columns), ([0], [0])))
        rights.append(right)
    a, a2, i, j, _ = parts[0].shape
    b, b2 = rights[0].shape[1:]
    flat = np.concatenate([p.reshape(a * a2 * i * j, -1) for p in parts], axis=1)
    found = flat @ np.concatenate([r.reshape(len(r), b * b2) for r in rights])
    out = found.reshape(a, a2, i, j, b, b2).transpose(2, 0, 4, 3, 1, 5)
    return np.ascontiguousarray(out).reshape(i * a * b, j * a2 * b2)


def _chunks(matrices: Sequence[sparse.csr_array]) -> tuple[Ints, Ints]:
    """Order of the rows and edges of the chunks; a periodic band (corner entries) is folded into a
    plain one."""
    pattern = sparse.csr_array(sum(abs(m) for m in matrices))
    n = pattern.shape[0]
    order, width = _ordered(pattern)
    edges = np.arange(0, n, max(width, 1))
    if len(edges) > 1 and n - edges[-1] < width:
        edges = edges[:-1]
    return order, np.r_[edges, n]


def _ordered(pattern: sparse.csr_array) -> tuple[Ints, int]:
    n = pattern.shape[0]
    order, width = np.arange(n), _bandwidth(pattern)
    if width > n // 2 and n > 8:
        folded = np.asarray(
            reverse_cuthill_mckee(sparse.csr_matrix(pattern), symmetric_mode=False), dtype=np.int64
        )
        narrower = _bandwidth(sparse.csr_array(pattern[folded][:, folded]))
        if narrower < width:
            order, width = folded, narrower
    return order, width


def bandwidth_of(matrices: Sequence[sparse.csr_array]) -> int:
    """The width of the band that holds all of them, in the order in which it is narrowest."""
    return _ordered(sparse.csr_array(sum(abs(m) for m in matrices)))[1]


def _bandwidth(pattern: sparse.csr_array) -> int:
    entries = pattern.tocoo()
    return int(np.max(np.abs(entries.row - entries.col), initial=0))


def _eliminate(xp: ModuleType, coupling: Any, sides: list[Any]) -> list[Any]:
    """Forward elimination and back substitution over the chunks."""
    ahead: list[Any] = []
    carry: list[Any] = []
    for i, side in enumerate(sides):
        pivot = coupling(i, i)
        if i:
            below = coupling(i, i - 1)
            pivot = pivot - below @ ahead[-1]
            side = side - below @ carry[-1]
        if i + 1 == len(sides):
            carry.append(xp.linalg.solve(pivot, side))
            break
        both = xp.linalg.solve(pivot, xp.hstack([coupling(i, i + 1), side[:, None]]))
        ahead.append(both[:, :-1])
        carry.append(both[:, -1])
    for i in range(len(sides) - 2, -1, -1):
        carry[i] = carry[i] - ahead[i] @ carry[i + 1]
    return carry


def _kron_sum(local: Floats, blocks: Floats, ridge: float) -> Floats:
    """sum_k local[k] (x) blocks[k]: [a B, b B] from local [K, a, b] and blocks [K, B B]."""
    terms, a, b = local.shape
    size = round(blocks.shape[1] ** 0.5)
    summed = (local.reshape(terms, a * b).T @ blocks).reshape(a, b, size, size)
    out = np.ascontiguousarray(summed.transpose(0, 2, 1, 3)).reshape(a * size, b * size)
    if ridge:
        out[np.diag_indices(len(out))] += ridge
    return out


def _library(device: str | None) -> tuple[ModuleType, Any, Any]:
    """(array library, to it, back to numpy); numpy when `device` is None."""
    if device is None:
        return np, lambda a: a, lambda a: a
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ProblemError(
            f"torch cannot use device {device!r}; leave the device out to solve with numpy"
        ) from error

    def put(a: Floats) -> Any:
        return torch.as_tensor(np.ascontiguousarray(a), dtype=torch.float64, device=device)

    return torch, put, lambda a: a.cpu().numpy()
