"""Shapley values of a sum of products, exactly.

    v(S) = sum_r w_r prod_{d in S} a_dr prod_{d not in S} b_dr
    contribution_d = int_0^1 sum_r w_r (a_dr - b_dr) prod_{e != d} ((1 - t) b_er + t a_er) dt

The integrand is the derivative of the multilinear extension of v along the diagonal, a polynomial
of degree D - 1 in t: ceil(D / 2) Gauss nodes are exact. The same for a chain of matrices. No
division, so atoms that are 0 do no harm. Source: Owen, Management Science 18 (1972).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...core.record import ModelRecord
from ..axis_profile import sides

Floats = NDArray[np.float64]


@cache
def gauss(players: int) -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1], exact for polynomials of degree `players` - 1."""
    t, w = np.polynomial.legendre.leggauss((players + 1) // 2)
    return (t + 1.0) / 2.0, w / 2.0


def of_products(a: Floats, b: Floats, change: Floats, weights: Floats) -> Floats:
    """Contributions [N, P, K] to the linear parts. Atoms a at the point and b at the reference
    [P, N, R], `change` their difference; weights W [R, K]."""
    t, w = gauss(len(a))
    atoms = b + t[:, None, None, None] * change  # [T, P, N, R]
    ones = np.ones((len(t), 1, *atoms.shape[2:]))
    before = np.multiply.accumulate(np.concatenate([ones, atoms[:, :-1]], axis=1), axis=1)
    after = np.multiply.accumulate(np.concatenate([ones, atoms[:, :0:-1]], axis=1), axis=1)
    others = np.tensordot(w, before * after[:, ::-1], 1)
    return np.asarray(((others * change) @ weights).transpose(1, 0, 2))


def of_train(
    model: ModelRecord, b: Sequence[Floats], change: Sequence[Floats], rows: int
) -> Floats:
    """Contributions [N, D, K] to the linear parts of a tensor train: matrices b at the reference
    and their `change` up to the point, [1 or N, l, r] an axis."""
    out = np.zeros((rows, len(b), len(model.outputs)))
    for t, w in zip(*gauss(len(b)), strict=True):
        drawn = [
            np.broadcast_to(q + t * c, (rows, *q.shape[1:])) for q, c in zip(b, change, strict=True)
        ]
        left, right = sides(model, drawn)
        for d, c in enumerate(change):
            moved = np.broadcast_to(c, (rows, *c.shape[1:]))
            out[:, d] += w * np.einsum("nl,nlr,nrk->nk", left[d], moved, right[d])
    return out
