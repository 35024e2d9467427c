"""A train through solutions at chosen points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..trains.cores import Cores, rounded, truncated

Floats = NDArray[np.float64]
KEPT = 1e-6  # of the surpluses' singular values: what the Gram matrix still resolves
SHARE = 0.1  # of the tolerance: what single bonds may lose before the whole train is rounded


def train_through(
    surpluses: Floats,
    sizes: tuple[int, ...],
    indices: Sequence[tuple[int, ...]],
    functions: Sequence[Floats],
    tolerance: float,
    rank_max: int,
) -> Cores:
    """Cores over the axes of the solutions, then over the parameters.

    surpluses [P, n_1 .. n_D flattened], indices [P, H] of the functions that multiply them,
    `functions` [n_d, m] of each parameter in coefficients of about the L2 norm. `tolerance` is
    relative, in that norm.
    """
    norms = [np.linalg.norm(f, axis=0) for f in functions]
    at = np.array(indices).reshape(len(indices), len(functions))
    weight = np.prod([n[at[:, d]] for d, n in enumerate(norms)], axis=0) * np.ones(len(at))
    squares, turn = np.linalg.eigh((surpluses @ surpluses.T) * np.outer(weight, weight))
    tails = np.cumsum(np.maximum(squares, 0.0))
    lost = max((SHARE * tolerance) ** 2, KEPT**2) * tails[-1]
    kept = np.flatnonzero(tails > lost)[::-1]
    turn = turn[:, kept] if len(kept) else turn[:, -1:]
    fields = (turn * weight[:, None]).T @ surpluses  # [R, N]
    share = SHARE * tolerance
    cores = split(fields.T.reshape(1, *sizes, -1), share)
    if not functions:
        return [*cores[:-1], np.tensordot(cores[-1], turn.T / weight, 1)]
    shares = np.zeros((turn.shape[1], *(f.shape[1] for f in functions)))
    shares[(slice(None), *at.T)] = turn.T / weight
    for d, f in enumerate(functions):
        shares = np.moveaxis(np.tensordot(f, shares, ([1], [d + 1])), 0, d + 1)
    return rounded([*cores, *split(shares[..., None], share)], tolerance, rank_max)


def split(tensor: Floats, share: float) -> Cores:
    """[a, n_1, .., n_k, b] as k cores with the ends a and b, by singular value decompositions."""
    cores: Cores = []
    left, *sizes, right = tensor.shape
    rest = tensor
    for n in sizes[:-1]:
        basis, rest = truncated(rest.reshape(left * n, -1), share)
        cores.append(basis.reshape(left, n, -1))
        left = basis.shape[1]
    return [*cores, rest.reshape(left, sizes[-1], right)]
