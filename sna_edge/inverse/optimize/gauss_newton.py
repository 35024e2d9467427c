"""Batched damped Gauss-Newton inside bounds: many starts walk to the target together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...numerics.time_budget import TimeBudget

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Evaluate = Callable[[Floats, Ints], tuple[Floats, Floats]]

LONGEST_STEP = 0.5
"""Of the axes' widths."""
HANDOVER = 1e-5
"""Of the unit of residuals: where a search on the backend goes on in double precision."""


@dataclass
class Solved:
    """z [M, U] in unit coordinates, residual r [M, T] in units of `size`, slope [M, T, U] of r,
    done [M]."""

    z: Floats
    r: Floats
    slope: Floats
    done: Bools


def gauss_newton(
    residual: Evaluate,
    z: Floats,
    movable: Bools,
    tolerance: Floats,
    *,
    rounds: int,
    budget: TimeBudget,
    enough: int | None = None,
    first: tuple[Floats, Floats] | None = None,
) -> Solved:
    """dz = -J^T (J J^T + damping)^-1 r over the free unknowns, clipped to [0, 1]; accepted where
    |r| falls.

    `residual(z, rows)` gives r [m, T] and J [m, T, U] of the starts `rows` [m] at z [m, U]; a start
    is done when |r| <= tolerance [T]. `movable` [U] leaves out categorical unknowns. Stops after
    `rounds`, at the deadline, when all starts are done or stuck, or when `enough` are done. `first`
    is the residual of all starts where it is known already.
    """
    r, slope = first or residual(z, np.arange(len(z)))
    state = Solved(z, r, slope, np.asarray((np.abs(r) <= tolerance).all(axis=1)))
    damping = np.full(len(z), 1e-10)
    stuck = np.zeros(len(z), dtype=bool)
    for _ in range(rounds):
        busy = np.flatnonzero(~state.done & ~stuck)
        if (
            not len(busy)
            or (enough is not None and state.done.sum() >= enough)
            or not budget.allows()
        ):
            break
        moved = np.clip(state.z[busy] + step(state, busy, movable, damping[busy]), 0.0, 1.0)
        r, slope = residual(moved, busy)
        before, after = np.square(state.r[busy]).sum(axis=1), np.square(r).sum(axis=1)
        better = after < before
        taken = busy[better]
        state.z[taken], state.r[taken], state.slope[taken] = moved[better], r[better], slope[better]
        state.done[taken] = (np.abs(r[better]) <= tolerance).all(axis=1)
        damping[busy] = np.where(
            better, damping[busy] * 0.1, np.maximum(damping[busy], 1e-3 * _strength(slope)) * 10.0
        )
        stuck[busy] = np.where(
            better, before - after < 1e-12 * before, damping[busy] > 1e8 * _strength(slope) + 1e-300
        )
    return state


def _strength(slope: Floats) -> Floats:
    return np.asarray(np.square(slope).sum(axis=(1, 2)))


def step(state: Solved, rows: NDArray[np.int64], movable: Bools, damping: Floats) -> Floats:
    """The damped step [n, U]; an unknown at a bound that would leave it is held and the step taken
    without it."""
    z, r = state.z[rows], state.r[rows]
    free = np.repeat(movable[None], len(rows), axis=0)
    for _ in range(2):
        j = np.where(free[:, None, :], state.slope[rows], 0.0)
        dz = -normal_step(j, r, damping)
        leaving = ((z <= 0.0) & (dz < 0.0)) | ((z >= 1.0) & (dz > 0.0))
        if not leaving.any():
            break
        free &= ~leaving
    length = np.abs(dz).max(axis=1, keepdims=True)
    return np.asarray(dz * np.minimum(1.0, LONGEST_STEP / np.maximum(length, 1e-300)))


def normal_step(j: Floats, r: Floats, damping: Floats) -> Floats:
    """J^T (J J^T + damping I)^-1 r, [n, U]; the pseudo-inverse step where damping vanishes."""
    if r.shape[1] == 1:
        j0 = j[:, 0]
        return np.asarray(
            j0 * (r / (np.square(j0).sum(axis=1, keepdims=True) + damping[:, None] + 1e-300))
        )
    gram = j @ j.transpose(0, 2, 1)
    floor = damping + 1e-14 * np.trace(gram, axis1=1, axis2=2) + 1e-300
    gram[:, np.arange(r.shape[1]), np.arange(r.shape[1])] += floor[:, None]
    return np.asarray((j.transpose(0, 2, 1) @ np.linalg.solve(gram, r[:, :, None]))[:, :, 0])
