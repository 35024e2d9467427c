"""Smaller ranks for a tensor train: singular values in L2 of the domain, cut where the error
allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.interaction import TT
from sna_edge.model import Model

from ..l2.axis_space import spaces
from ..l2.train_gauge import right_orthogonal

Floats = NDArray[np.float64]


def compress_tt(model: Model, output: Floats, tolerance: float, rank: int) -> TT:
    """Ranks such that sum_k (output_k rms_k)^2 <= tolerance^2, none above `rank`.

    The train is made right-orthogonal; from the left each core is cut by its singular values in the
    Gram metric. The cuts are orthogonal: their squares add, each bond gets an equal share. Source:
    Oseledets (2011), algorithm 2.
    """
    tt = model.interaction
    assert isinstance(tt, TT)
    work = spaces(model.axes)
    cores, weights, _ = right_orthogonal(
        [s.free(c) for s, c in zip(work, tt.cores, strict=True)], tt.weights, work, output
    )
    share = tolerance / np.sqrt(max(len(cores) - 1, 1))
    for d in range(len(cores) - 1):
        core = cores[d]
        weighted = np.einsum("ij,jlr->ilr", work[d].factor, core)
        u, s, v = np.linalg.svd(weighted.reshape(-1, core.shape[2]), full_matrices=False)
        keep = min(_kept(s, share), rank)
        left = u[:, :keep].reshape(len(core), core.shape[1], keep)
        cores[d] = np.linalg.solve(work[d].factor, left.reshape(len(core), -1)).reshape(left.shape)
        cores[d + 1] = np.einsum("sr,irq->isq", s[:keep, None] * v[:keep], cores[d + 1])
    return TT(tuple(space.stored(c) for space, c in zip(work, cores, strict=True)), weights)


def _kept(singular: Floats, share: float) -> int:
    """The least number of singular values whose tail has norm <= share; at least 1."""
    tail = np.sqrt(np.cumsum(np.square(singular[::-1])))[::-1]
    return max(int(np.sum(tail > share)), 1)
