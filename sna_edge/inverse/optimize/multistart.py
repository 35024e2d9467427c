"""From many starts to the distinct minima."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...numerics.low_discrepancy import points
from ...numerics.time_budget import OutOfTime
from .ridge import connected
from .trust_region import Local

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Value = Callable[[Floats], Floats]

SAME = 1e-5
"""Of the box: ends closer than this are one optimum."""
RISE = 0.05
"""Log density: a path between two ends that rises less than this above the higher one stays in one
valley."""
LEVEL, NEIGHBOURS = 0.1, 3
"""Log density: ends this close in height may share a flat valley; so many of the nearest are
tried."""
NEAR_OFFSETS = 6
"""Times the number of unknowns and one more: offsets looked at for near points."""


@lru_cache(maxsize=32)
def scan_points(count: int, dimensions: int, seed: int) -> tuple[Floats, Ints]:
    """Low-discrepancy points [n, U] and the indices [n, 2 U + 2] of near ones of each, itself
    included.

    Points i and i + k of the sequence differ by k a (mod 1) for every i, so the offsets k that stay
    near are the same for all.
    """
    z = points(count, dimensions, seed)
    offset = np.arange(1 - count, count)
    ahead = points(count, dimensions, seed) - z[0]  # z_k - z_0
    away = np.concatenate([-ahead[:0:-1], ahead])
    order = np.argsort(np.square(away - np.rint(away)).sum(axis=1))[
        : NEAR_OFFSETS * (dimensions + 1) + 1
    ]
    other = np.arange(count)[:, None] + offset[order]
    inside = (other >= 0) & (other < count)
    other = np.where(inside, other, np.arange(count)[:, None])
    distance = np.where(inside, np.square(z[other] - z[:, None]).sum(axis=2), np.inf)
    wanted = min(2 * dimensions + 2, distance.shape[1])
    near = np.take_along_axis(
        other, np.argpartition(distance, wanted - 1, axis=1)[:, :wanted], axis=1
    )
    z.setflags(write=False)
    near.setflags(write=False)
    return z, near


def starts(value: Value, scan: int, levels: Ints, seed: int) -> tuple[Floats, int]:
    """Low-discrepancy points [n, U] in the order of promise, first those lowest among their
    neighbours, then the lowest; and the number of combinations of levels among them, which take
    turns.

    `levels` [U] is the number of levels of a categorical unknown, 0 for others.
    """
    z, near = scan_points(scan, len(levels), seed)
    if not levels.any():
        energy = value(z)
        return np.asarray(z[np.lexsort((energy, energy > energy[near].min(axis=1)))]), 1
    z = z.copy()
    discrete = np.flatnonzero(levels)
    for u in discrete:
        z[:, u] = np.floor(z[:, u] * levels[u]) / max(levels[u] - 1, 1)
    energy = value(z)
    _, group = np.unique(z[:, discrete], axis=0, return_inverse=True)
    group = group.reshape(-1)
    same = group[near] == group[:, None]
    slope = energy > np.where(same, energy[near], np.inf).min(axis=1)
    order = np.lexsort((energy, slope, group))
    turn = np.arange(len(z)) - np.searchsorted(group[order], group[order])
    return np.asarray(z[order[np.lexsort((energy[order], turn))]]), int(group.max()) + 1


def enough(starts: int, optima: int) -> bool:
    """True when fewer than half an optimum is expected to be undiscovered: for m optima from n
    starts, m (n - 1) / (n - m - 2) < m + 1/2.

    Source: Boender and Rinnooy Kan, Math. Programming 37 (1987).
    """
    return starts >= 2 * optima * optima + 3 * optima + 2


def distinct(
    local: Local,
    value: Value,
    z: Floats,
    energy: Floats,
    converged: NDArray[np.bool_],
    band: float,
    movable: NDArray[np.bool_],
) -> Ints:
    """Indices of the distinct minima within `band` of the lowest, lowest first; the lowest end
    alone if none of them has converged.

    Two ends are one when they coincide or when a way between them does not climb, straight or,
    between ends of nearly the same height, along the ridge: they lie on one valley floor. Ends that
    differ in a level (not `movable`) are never one. What no time is left for is not looked at.
    """
    order = np.argsort(energy, kind="stable")
    sure = (energy[order] <= energy[order[0]] + band) & converged[order]
    order = order[sure] if sure.any() else order[:1]
    kept: list[int] = []
    for i in order:
        level = (np.abs(z[kept] - z[i])[:, ~movable] < SAME).all(axis=1)
        others, heights = z[kept][level], energy[kept][level]
        if len(others) and (np.abs(others - z[i]).max(axis=1) < SAME).any():
            continue
        try:
            if len(others) and (
                _straight(value, others, z[i], energy[i])
                or _bent(local, others, heights, z[i], energy[i])
            ):
                continue
        except OutOfTime:
            break
        kept.append(int(i))
    return np.array(kept)


def _straight(value: Value, others: Floats, z: Floats, energy: float) -> bool:
    """True when the way from z to one of `others` (all lower) stays below the energy at z."""
    t = np.linspace(0.0, 1.0, 9)[1:-1, None]
    way = z + t * (others[:, None, :] - z)
    climb = value(way.reshape(-1, len(z))).reshape(len(others), -1).max(axis=1)
    return bool((climb <= energy + RISE).any())


def _bent(local: Local, others: Floats, heights: Floats, z: Floats, energy: float) -> bool:
    """The same along the ridge, for the nearest of the ends that are level with z."""
    level = np.flatnonzero(energy - heights <= LEVEL)
    near = level[np.argsort(np.abs(others[level] - z).max(axis=1))[:NEIGHBOURS]]
    return any(connected(local, z, others[k], energy + RISE) for k in near)
