"""Batched Newton and Gauss-Newton steps inside a trust radius and the unit box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...numerics.time_budget import OutOfTime, TimeBudget

Floats = NDArray[np.float64]
Local = Callable[[Floats], tuple[Floats, Floats, Floats]]

FIRST_RADIUS, SHORTEST = 0.25, 1e-12
"""Of the box: the radius within which the quadratic model is trusted at first, and at which a
search is stuck."""
SECULAR = 6
"""Newton steps for the damping that keeps a step inside the radius."""
PRUNING, HOPE, JOINED = 3, 20.0, 2e-3
"""Rounds between looks at which searches to give up; times the predicted fall that one may still
fall; distance (of the box) from a lower one at which it has joined it."""
GAIN = 1e-9
"""Of the log density: a predicted fall below this ends a search."""


@dataclass(frozen=True)
class Minima:
    """Ends z [M, U] of the walks, E there [M], slope [M, U], curvature [M, U, U], converged [M]."""

    z: Floats
    energy: Floats
    slope: Floats
    curvature: Floats
    converged: NDArray[np.bool_]


def minimized(
    local: Local,
    z: Floats,
    *,
    rounds: int,
    budget: TimeBudget,
    gain: float = GAIN,
    band: float = np.inf,
    thin: bool = False,
    best: float = np.inf,
) -> Minima:
    """dz = -(|H| + damping I)^-1 g over the free unknowns, no longer than a trust radius, clipped
    to the box, accepted where E falls.

    A bound is held while the slope pushes against it. Converged: the predicted fall is below
    `gain`. Walks that cannot be expected to end within `band` of the lowest (or of `best`) are
    given up, and with `thin` those that have joined a lower one too. Source: More and Sorensen,
    Computing a trust region step (1983); Bertsekas (1982) for the projection.
    """
    compiled = getattr(local, "compiled", None)  # an Objective that the C library serves
    if compiled is not None:
        return Minima(*compiled.descend(z, rounds, budget, gain, band, thin, best))
    energy, slope, curvature = local(z)
    z = z.copy()
    radius = np.full(len(z), FIRST_RADIUS)
    done = np.zeros(len(z), dtype=bool)
    stuck = np.zeros(len(z), dtype=bool)
    budget.restart()
    lost = np.zeros(len(z), dtype=bool)
    for turn in range(rounds):
        busy = np.flatnonzero(~done & ~stuck & ~lost)
        if not len(busy) or not budget.allows():
            break
        dz, fall, promised = step(z[busy], slope[busy], curvature[busy], radius[busy])
        done[busy] = fall < gain
        if turn % PRUNING == PRUNING - 1:
            lost[busy] = energy[busy] - HOPE * fall > min(best, energy.min()) + band
            if thin:
                lost[busy] |= joined(z, energy, busy)
        go = (fall >= gain) & ~lost[busy]
        if not go.all():
            busy, dz, promised = busy[go], dz[go], promised[go]
            if not len(busy):
                continue
        moved = np.clip(z[busy] + dz, 0.0, 1.0)
        try:
            e, g, h = local(moved)
        except OutOfTime:
            break
        gained = energy[busy] - e
        better = gained > 0.0
        taken = busy[better]
        z[taken], energy[taken], slope[taken], curvature[taken] = (
            moved[better],
            e[better],
            g[better],
            h[better],
        )
        radius[busy] = resized(
            radius[busy], np.linalg.norm(dz, axis=1), gained / np.maximum(promised, 1e-300)
        )
        stuck[busy] = radius[busy] < SHORTEST
    return Minima(z, energy, slope, curvature, (done | stuck) & ~lost)


def together(a: Minima, b: Minima) -> Minima:
    """Two sets of walks as one."""
    names = ("z", "energy", "slope", "curvature", "converged")
    return Minima(*(np.concatenate([getattr(a, n), getattr(b, n)]) for n in names))


def joined(z: Floats, energy: Floats, busy: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the walks `busy` are within NEAR of a walk that is lower."""
    near = np.abs(z[busy, None] - z[None]).max(axis=2) < JOINED
    lower = (energy[None] < energy[busy, None]) | (
        (energy[None] == energy[busy, None]) & (np.arange(len(z)) < busy[:, None])
    )
    return np.asarray((near & lower).any(axis=1))


def resized(radius: Floats, length: Floats, ratio: Floats) -> Floats:
    """Trust radius after a step that kept `ratio` of its promise: shorter below a quarter, longer
    above three quarters."""
    grown = np.where(ratio > 0.75, np.maximum(radius, 2.5 * length), radius)
    return np.asarray(np.where(ratio > 0.25, grown, np.where(ratio > 0.0, 0.5, 0.25) * length))


def step(
    z: Floats, slope: Floats, curvature: Floats, radius: Floats
) -> tuple[Floats, Floats, Floats]:
    """The step [M, U] of at most `radius`, the fall of E that the quadratic model predicts for the
    full step, and for this one.

    Along negative curvature the sign is turned, so that every step descends. An unknown whose bound
    the step would cross at once is held and the step taken without it.
    """
    held = ((z <= 0.0) & (slope > 0.0)) | ((z >= 1.0) & (slope < 0.0))
    for _ in range(2):
        dz, fall, promised = _inner(slope, curvature, radius, held)
        leaving = ((z <= 0.0) & (dz < 0.0)) | ((z >= 1.0) & (dz > 0.0))
        if not (leaving & ~held).any():
            break
        held = held | leaving
    return np.where(held, 0.0, dz), fall, promised


def _inner(
    slope: Floats, curvature: Floats, radius: Floats, held: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    g = np.where(held, 0.0, slope)
    h = curvature
    if held.any():
        h = np.where(held[:, :, None] | held[:, None, :], 0.0, h)
    size, vectors = np.linalg.eigh(h)
    size = np.abs(size)
    largest = size.max(axis=1, keepdims=True).clip(1e-100)
    along = np.matmul(g[:, None, :], vectors)[:, 0]
    strength = np.maximum(size, 1e-13 * largest)
    part = along / strength
    fall = 0.5 * (along * part).sum(axis=1)
    damping = np.zeros((len(g), 1))
    for _ in range(SECULAR):
        length = np.sqrt(np.square(part).sum(axis=1))
        long = length > 1.05 * radius
        if not long.any():
            break
        bend = np.maximum((np.square(part) / (strength + damping)).sum(axis=1), 1e-300)
        damping += np.where(long, length**2 / bend * (length - radius) / radius, 0.0)[:, None]
        part = along / (strength + damping)
    promised = (along * part - 0.5 * strength * np.square(part)).sum(axis=1)
    return -np.matmul(vectors, part[:, :, None])[:, :, 0], fall, promised
