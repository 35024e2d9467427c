"""Tensor trains as lists of cores [a, n, b]: orthogonalise, truncate, add, reorder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cores = list[Floats]  # [a, n_d, b]


def random_train(sizes: tuple[int, ...], rank: int, rng: np.random.Generator) -> Cores:
    """Random cores of rank `rank`, never above what the sizes allow."""
    count = len(sizes)
    widest = [
        min(np.prod(sizes[:d], dtype=float), np.prod(sizes[d:], dtype=float))
        for d in range(1, count)
    ]
    ranks = [1, *(int(min(rank, w)) for w in widest), 1]
    return [rng.standard_normal((ranks[d], sizes[d], ranks[d + 1])) for d in range(count)]


def mirrored(cores: Cores) -> Cores:
    """The train read from the last axis to the first."""
    return [np.ascontiguousarray(c.transpose(2, 1, 0)) for c in reversed(cores)]


def left_orthogonal(cores: Cores) -> Cores:
    """The same train with orthonormal columns in every core but the last."""
    cores = list(cores)
    for d in range(len(cores) - 1):
        a, n, _ = cores[d].shape
        q, r = np.linalg.qr(cores[d].reshape(a * n, -1))
        cores[d] = q.reshape(a, n, -1)
        cores[d + 1] = np.tensordot(r, cores[d + 1], 1)
    return cores


def right_orthogonal(cores: Cores) -> Cores:
    """The same train with orthonormal rows in every core but the first."""
    return mirrored(left_orthogonal(mirrored(cores)))


def rounded(cores: Cores, tolerance: float, rank_max: int = 10**6) -> Cores:
    """Rank compression: truncated to a relative error of `tolerance` in the norm of the
    coefficients.

    Source: Oseledets, Tensor-train decomposition, SIAM J. Sci. Comput. 33 (2011), algorithm 2.
    """
    cores = mirrored(left_orthogonal(cores))
    share = tolerance / np.sqrt(max(len(cores) - 1, 1))
    for d in range(len(cores) - 1):
        a, n, _ = cores[d].shape
        basis, rest = truncated(cores[d].reshape(a * n, -1), share, rank_max)
        cores[d] = basis.reshape(a, n, -1)
        cores[d + 1] = np.tensordot(rest, cores[d + 1], 1)
    return mirrored(cores)


def truncated(matrix: Floats, share: float, rank_max: int = 10**6) -> tuple[Floats, Floats]:
    """Orthonormal Q and Q^T matrix with the least rank that keeps all but `share` of the Frobenius
    norm."""
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    tail = np.sqrt(np.cumsum(s[::-1] ** 2))[::-1]
    rank = int(np.clip(np.count_nonzero(tail > share * tail[0]), 1, rank_max))
    return u[:, :rank], s[:rank, None] * vt[:rank]


def from_columns(tables: list[Floats]) -> Cores:
    """A sum of products, tables [n_d, S], as a train with diagonal cores."""
    last, cores = len(tables) - 1, []
    for d, table in enumerate(tables):
        core = np.einsum("is,st->sit", table, np.eye(table.shape[1]))
        core = core.sum(axis=0, keepdims=True) if d == 0 else core
        cores.append(core.sum(axis=2, keepdims=True) if d == last else core)
    return cores


def summed(left: Cores, right: Cores) -> Cores:
    """left + right, ranks added."""
    last, cores = len(left) - 1, []
    if last == 0:
        return [left[0] + right[0]]
    for d, (p, q) in enumerate(zip(left, right, strict=True)):
        if d in (0, last):
            cores.append(np.concatenate([p, q], axis=2 if d == 0 else 0))
            continue
        core = np.zeros((p.shape[0] + q.shape[0], p.shape[1], p.shape[2] + q.shape[2]))
        core[: p.shape[0], :, : p.shape[2]] = p
        core[p.shape[0] :, :, p.shape[2] :] = q
        cores.append(core)
    return cores


def permuted(cores: Cores, order: list[int], tolerance: float) -> Cores:
    """The train whose core i belongs to axis order[i], reordered to axes 0 .. D-1 by swapping
    neighbours."""
    cores, order = right_orthogonal(cores), list(order)
    for _ in range(len(order)):
        for i in range(len(order) - 1):
            if order[i] > order[i + 1]:
                cores[i], cores[i + 1] = _swapped(cores[i], cores[i + 1], tolerance)
                order[i], order[i + 1] = order[i + 1], order[i]
    return cores


def _swapped(left: Floats, right: Floats, tolerance: float) -> tuple[Floats, Floats]:
    (a, n, _), (_, m, c) = left.shape, right.shape
    pair = np.tensordot(left, right, 1).transpose(0, 2, 1, 3).reshape(a * m, n * c)
    basis, rest = truncated(pair, tolerance)
    return basis.reshape(a, m, -1), rest.reshape(-1, n, c)
