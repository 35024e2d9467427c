"""Exact root mean square of a difference of models over the domain, without cancellation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.interaction import CP, TT
from sna_edge.model import Model

from ..l2.axis_space import AxisSpace, spaces
from ..l2.cp_factors import CPFactors, difference, squared_norm

Floats = NDArray[np.float64]
QR_RANK = 300
"""Above this many modes the QR sweep (R^3 n_d flops per axis) gives way to Gram products."""


def exact_rms(model: Model, reference: Model) -> Floats:
    """sqrt(mean over the domain of (f_k - f^ref_k)^2) [K] of the linear parts, in units of f.

    The difference is one chain of cores; QR sweeps push its norm to the right, so rounding enters
    once and not squared. Both models have the same axes (bases may differ by the rounding of their
    matrices only).
    """
    work = spaces(reference.axes)
    if isinstance(model.interaction, CP) and isinstance(reference.interaction, CP):
        delta = difference(CPFactors.of(model, work), CPFactors.of(reference, work))
        if delta.rank > QR_RANK:
            return np.sqrt(squared_norm(delta, work))
        return _cp_norm(delta, work)
    return _tt_norm(model, reference, work)


def _cp_norm(f: CPFactors, work: Sequence[AxisSpace]) -> Floats:
    """Diagonal cores: carry [q, R], next = R factor of the stack over rows i of carry * (factor_d
    C_d)[i]."""
    carry = np.ones((1, f.rank))
    for table, space in zip(f.tables, work, strict=True):
        weighted = space.factor @ table
        carry = _triangle((carry[:, None, :] * weighted[None]).reshape(-1, f.rank))
    return np.asarray(np.linalg.norm(carry @ f.weights, axis=0))


def _triangle(matrix: Floats) -> Floats:
    """R of matrix = Q R."""
    return np.asarray(np.linalg.qr(matrix)[1], dtype=float)


def _tt_norm(model: Model, reference: Model, work: Sequence[AxisSpace]) -> Floats:
    left, right = _chain(model, work), _chain(reference, work)
    carry: Floats = np.ones((1, 2))
    for a, b, space in zip(left[0], right[0], work, strict=True):
        stacked = np.concatenate(
            [
                np.einsum(
                    "ql,ilr->qir", carry[:, : a.shape[1]], np.einsum("ij,jlr->ilr", space.factor, a)
                ),
                np.einsum(
                    "ql,ilr->qir", carry[:, a.shape[1] :], np.einsum("ij,jlr->ilr", space.factor, b)
                ),
            ],
            axis=2,
        )
        carry = _triangle(stacked.reshape(-1, stacked.shape[2]))
    return np.asarray(np.linalg.norm(carry @ np.vstack([left[1], -right[1]]), axis=0))


def _chain(model: Model, work: Sequence[AxisSpace]) -> tuple[list[Floats], Floats]:
    """Cores over free rows and weights of the linear part; the bias is one bond more that carries
    the constant 1."""
    tt = model.interaction
    if isinstance(tt, CP):
        from sna_edge.calculus.sums import to_tt

        tt = to_tt(model).interaction
        assert isinstance(tt, TT)
    cores = []
    for d, (core, space) in enumerate(zip(tt.cores, work, strict=True)):
        free = space.free(core)
        left = 1 if d == 0 else free.shape[1] + 1
        wide = np.zeros((len(free), left, free.shape[2] + 1))
        wide[:, : free.shape[1], : free.shape[2]] = free
        wide[:, -1, -1] = space.ones
        cores.append(wide)
    bias = np.array([o.bias for o in model.outputs])
    return cores, np.vstack([tt.weights, bias])
