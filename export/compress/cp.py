"""Fewer modes for a CP model: leave out the least needed ones, re-solve the rest in L2 of the
domain, while the error allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import column_scale
from sna_edge.core.interaction import CP
from sna_edge.model import Model

from ..l2.axis_space import spaces
from ..l2.cp_factors import CPFactors, products
from ..l2.cp_least_squares import CPLeastSquares

Floats = NDArray[np.float64]
MOST_SWEEPS = 60
STALLED = 0.98
"""Two sweeps that leave more than this part of the loss: the modes at hand can do no better
soon."""
LARGEST_CUT = 4
"""At most a quarter of the modes is left out at once."""


def compress_cp(model: Model, output: Floats, tolerance: float, rank: int) -> tuple[CP, Floats]:
    """(interaction, biases [K]) with sum_k (output_k rms_k)^2 <= tolerance^2, or with `rank` modes
    whatever the error."""
    work = spaces(model.axes)
    start = CPFactors.of(model, work)
    least_squares = CPLeastSquares(start, work, output)
    best = reduced(least_squares, start, tolerance)
    while best.rank - 1 > max(rank, 1):
        best = _settle(least_squares, leave_out(least_squares, best, 1), 0.0)
    return best.to_cp(work)


def reduced(least_squares: CPLeastSquares, f: CPFactors, tolerance: float) -> CPFactors:
    """`f` without the modes that a loss of tolerance^2 allows to leave out."""
    step = max(1, (f.rank - 1) // LARGEST_CUT)
    while step and f.rank > 2:
        step = min(step, f.rank - 2)
        trial = _settle(least_squares, leave_out(least_squares, f, step), tolerance**2)
        if least_squares.loss(trial) <= tolerance**2:
            f = trial
        else:
            step //= 2
    return f


def leave_out(least_squares: CPLeastSquares, f: CPFactors, count: int) -> CPFactors:
    """`f` without `count` modes, one after another the one whose loss grows least: |w_r|^2 /
    (Gram^-1)_rr.

    Leaving out r moves the other weights by -(Gram^-1)_{:,r} w_r / (Gram^-1)_rr.
    Source: Hassibi and Stork, Optimal brain surgeon, NIPS (1992).
    """
    gram = products(f, f, least_squares.spaces)
    scale = 1.0 / np.sqrt(np.maximum(np.diag(gram), np.finfo(float).tiny))
    inverse = np.linalg.inv(gram * np.outer(scale, scale) + 1e-12 * np.eye(len(gram)))
    weights = f.weights * least_squares.output / scale[:, None]
    keep = np.arange(f.rank)
    for _ in range(count):
        cost = np.square(weights).sum(axis=1) / np.diag(inverse)
        r = int(np.argmin(cost[:-1]))  # the constant, the last one, stays
        column = inverse[:, r] / inverse[r, r]
        weights = np.delete(weights - np.outer(column, weights[r]), r, axis=0)
        inverse = np.delete(np.delete(inverse - np.outer(column, inverse[r]), r, axis=0), r, axis=1)
        keep = np.delete(keep, r)
    lean = CPFactors(
        tuple(t[:, keep] for t in f.tables),
        f.uses[:, keep],
        weights * scale[keep, None] / least_squares.output,
    )
    return least_squares.solve_weights(lean)


def _settle(least_squares: CPLeastSquares, f: CPFactors, goal: float) -> CPFactors:
    """ALS sweeps until the loss is at most `goal` or stops falling."""
    before = least_squares.loss(f)
    if before <= goal:
        return f
    for _ in range(MOST_SWEEPS // 2):
        for _ in range(2):
            f = _sweep(least_squares, f)
        loss = least_squares.loss(f)
        if loss <= goal or loss > STALLED * before:
            break
        before = loss
    return f


def _sweep(least_squares: CPLeastSquares, f: CPFactors) -> CPFactors:
    for d in range(len(f.tables)):
        used = f.uses[d]
        if used.any():
            columns = least_squares.solve_axis(f, d, least_squares.metric(f, d))
            scales = column_scale(columns)
            table, weights = f.tables[d].copy(), f.weights.copy()
            table[:, used], weights[used] = columns / scales, weights[used] * scales[:, None]
            f = f.with_table(d, table).with_weights(weights)
    return least_squares.solve_weights(f)
