"""Batched, damped Newton and Levenberg-Marquardt steps inside the unit box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .deadline import Deadline

Floats = NDArray[np.float64]
Local = Callable[[Floats], tuple[Floats, Floats, Floats]]

FIRST = 1e-3  # damping of the first step, as a share of the curvature's diagonal
LEAST, MOST = 1e-9, 1e9
PRUNE = 3  # rounds between looks at which walks to give up
HOPE = 20.0  # times the predicted fall is what a walk may still fall
NEAR = 2e-3  # of the box: walks this close to a lower one have joined it
GAIN = 1e-9  # a predicted fall of E below this (in units of log density) ends a descent


@dataclass(frozen=True)
class Descent:
    """Ends z [M, U] of the walks, E there [M], slope [M, U], curvature [M, U, U], converged [M]."""

    z: Floats
    energy: Floats
    slope: Floats
    curvature: Floats
    converged: NDArray[np.bool_]


def descend(
    local: Local, z: Floats, *, rounds: int, deadline: Deadline, gain: float = GAIN, band: float = np.inf, thin: bool = False,
    best: float = np.inf,
) -> Descent:
    """dz = -(H + damping diag H)^-1 g over the free unknowns, clipped to the box, accepted where E falls.

    A bound is held while the slope pushes against it. Converged: the predicted fall is below `gain`. Walks that cannot be expected
    to end within `band` of the lowest (or of `best`) are given up, and with `thin` those that have joined a lower one too.
    Source: More, The Levenberg-Marquardt algorithm (1978); Bertsekas (1982) for the two-metric projection.
    """
    energy, slope, curvature = local(z)
    z = z.copy()
    damping = np.full(len(z), FIRST)
    done = np.zeros(len(z), dtype=bool)
    stuck = np.zeros(len(z), dtype=bool)
    deadline.restart()
    lost = np.zeros(len(z), dtype=bool)
    for turn in range(rounds):
        busy = np.flatnonzero(~done & ~stuck & ~lost)
        if not len(busy) or not deadline.allows():
            break
        dz, fall = step(z[busy], slope[busy], curvature[busy], damping[busy])
        done[busy] = fall < gain
        if turn % PRUNE == PRUNE - 1:
            lost[busy] = energy[busy] - HOPE * fall > min(best, energy.min()) + band
            if thin:
                lost[busy] |= joined(z, energy, busy)
        go = (fall >= gain) & ~lost[busy]
        if not go.all():
            busy, dz = busy[go], dz[go]
            if not len(busy):
                continue
        moved = np.clip(z[busy] + dz, 0.0, 1.0)
        e, g, h = local(moved)
        better = e < energy[busy]
        taken = busy[better]
        z[taken], energy[taken], slope[taken], curvature[taken] = moved[better], e[better], g[better], h[better]
        damping[busy] = np.clip(np.where(better, damping[busy] * 0.1, damping[busy] * 8.0), LEAST, None)
        stuck[busy] = damping[busy] > MOST
    return Descent(z, energy, slope, curvature, (done | stuck) & ~lost)


def together(a: Descent, b: Descent) -> Descent:
    """Two sets of walks as one."""
    names = ("z", "energy", "slope", "curvature", "converged")
    return Descent(*(np.concatenate([getattr(a, n), getattr(b, n)]) for n in names))


def joined(z: Floats, energy: Floats, busy: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the walks `busy` are within NEAR of a walk that is lower."""
    near = np.abs(z[busy, None] - z[None]).max(axis=2) < NEAR
    lower = (energy[None] < energy[busy, None]) | ((energy[None] == energy[busy, None]) & (np.arange(len(z)) < busy[:, None]))
    return np.asarray((near & lower).any(axis=1))


def step(z: Floats, slope: Floats, curvature: Floats, damping: Floats) -> tuple[Floats, Floats]:
    """The damped step [M, U] and the fall of E that the undamped quadratic model predicts [M].

    Along negative curvature the sign is turned, so that every step descends. An unknown whose bound the step would cross at once is
    held and the step taken without it.
    """
    held = ((z <= 0.0) & (slope > 0.0)) | ((z >= 1.0) & (slope < 0.0))
    for _ in range(2):
        dz, fall = _inner(slope, curvature, damping, held)
        leaving = ((z <= 0.0) & (dz < 0.0)) | ((z >= 1.0) & (dz > 0.0))
        if not (leaving & ~held).any():
            break
        held = held | leaving
    return np.where(held, 0.0, dz), fall


def _inner(slope: Floats, curvature: Floats, damping: Floats, held: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    g = np.where(held, 0.0, slope)
    h = curvature
    if held.any():
        h = np.where(held[:, :, None] | held[:, None, :], 0.0, h)
    size, vectors = np.linalg.eigh(h)
    size = np.abs(size)
    largest = size.max(axis=1, keepdims=True).clip(1e-100)
    along = np.matmul(g[:, None, :], vectors)[:, 0]
    strength = np.maximum(size, 1e-13 * largest)
    fall = 0.5 * (along * along / strength).sum(axis=1)
    inverse = 1.0 / (strength + damping[:, None] * largest)
    dz = -np.matmul(vectors, (along * inverse)[:, :, None])[:, :, 0]
    return dz, fall
