"""Guaranteed bound of the largest difference between two models with the same modes (or ranks) and
equal weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis
from sna_edge.core.basis.nodal import bernstein_matrix
from sna_edge.core.interaction import CP, TT, Interaction
from sna_edge.model import Model

Floats = NDArray[np.float64]
BOUND_SLACK = 1.0 + 1e-9
"""Covers the float64 rounding of the bound itself."""


def bernstein_coefficients(basis: SpanBasis, table: Floats) -> Floats:
    """Control points [S, p+1, R] of every atom on every span: their hull holds the atom."""
    to_bernstein = np.linalg.inv(bernstein_matrix(basis.degree)).T
    return np.asarray(np.matmul(to_bernstein, basis.power_tables(table)))


def lebesgue(basis: SpanBasis) -> float:
    """L with |phi(x)| <= L max_i |C_i|: bound of max_x sum_i |B_i(x)| from the control points of
    subdivided spans.

    1 for B-splines, hats and levels (non-negative, partition of unity).
    """
    to_bernstein = np.linalg.inv(bernstein_matrix(basis.degree)).T
    points = np.einsum("kj,mij->mik", to_bernstein, basis.matrices)
    for _ in range(7):
        points = _subdivided(points)
    return float(np.abs(points).sum(axis=1).max())


def _subdivided(points: Floats) -> Floats:
    """de Casteljau at 1/2: control points [2M, p+1, p+1] of both halves."""
    left, right, work = [points[..., 0]], [points[..., -1]], points
    while work.shape[2] > 1:
        work = (work[..., :-1] + work[..., 1:]) / 2
        left.append(work[..., 0])
        right.append(work[..., -1])
    return np.concatenate([np.stack(left, axis=2), np.stack(right[::-1], axis=2)])


def maximum_bound(model: Model, unrounded: Interaction) -> Floats:
    """max over the domain of |f_k - f^unrounded_k| is at most this [K], in units of the linear
    part.

    `unrounded` has the shape of the model's interaction and the same weights; only its tables
    differ. CP: sum_r |W| (prod_d (|phi| + |dphi|) - prod_d |phi|); TT: products of operator norms.
    |phi|, |dphi| are the largest control points of a span, never more than L max |C|, L max |dC|.
    """
    bases = [a.basis for a in model.axes]
    if isinstance(model.interaction, CP):
        assert isinstance(unrounded, CP)
        return _cp_bound(bases, model.interaction, unrounded) * BOUND_SLACK
    assert isinstance(unrounded, TT)
    return _tt_bound(bases, model.interaction, unrounded) * BOUND_SLACK


def _cp_bound(bases: Sequence[SpanBasis], cp: CP, unrounded: CP) -> Floats:
    """Telescoped: sum_d prod_{e<d} |phi_e| |dphi_d| prod_{e>d} |psi_e|, atom by atom."""
    size, total = np.ones(cp.rank), np.zeros(cp.rank)
    for basis, modes, table, exact in zip(
        bases, cp.modes, cp.tables, unrounded.tables, strict=True
    ):
        if not len(modes):
            continue
        phi, psi, step = np.ones(cp.rank), np.ones(cp.rank), np.zeros(cp.rank)
        phi[modes] = np.abs(bernstein_coefficients(basis, table)).max(axis=(0, 1))
        psi[modes] = np.abs(bernstein_coefficients(basis, exact)).max(axis=(0, 1))
        step[modes] = np.abs(bernstein_coefficients(basis, table - exact)).max(axis=(0, 1))
        total = total * psi + size * step
        size = size * phi
    return np.asarray(total @ np.abs(cp.weights))


def _tt_bound(bases: Sequence[SpanBasis], tt: TT, unrounded: TT) -> Floats:
    size, total = 1.0, 0.0
    for basis, core, exact in zip(bases, tt.cores, unrounded.cores, strict=True):
        phi, psi, step = (_operator_norm(basis, c) for c in (core, exact, core - exact))
        total = total * psi + size * step
        size *= phi
    return np.asarray(total * np.linalg.norm(tt.weights, axis=0))


def _operator_norm(basis: SpanBasis, core: Floats) -> float:
    """max over the axis of ||Phi(x)||_2: a point of a span is a convex combination of its control
    matrices."""
    points = bernstein_coefficients(basis, core.reshape(len(core), -1))
    return float(np.linalg.norm(points.reshape(-1, *core.shape[1:]), ord=2, axis=(1, 2)).max())
