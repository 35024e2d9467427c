"""From many starts to the distinct minima."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .quasi import points

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAME = 1e-5  # of the box: ends closer than this are one minimum
RIDGE = 0.05  # a path between two ends that rises less than this above the higher one (log density) stays in one valley


@lru_cache(maxsize=32)
def scan_points(count: int, dimensions: int, seed: int) -> tuple[Floats, Ints]:
    """Quasi-random points [n, U] and the indices [n, 2 U + 2] of the nearest of each, itself included."""
    z = points(count, dimensions, seed)
    square = np.square(z).sum(axis=1)
    distance = square[:, None] + square - 2.0 * (z @ z.T)
    near = np.argpartition(distance, 2 * dimensions + 1, axis=1)[:, : 2 * dimensions + 2]
    z.setflags(write=False)
    near.setflags(write=False)
    return z, near


def starts(value: Callable[[Floats], Floats], scan: int, levels: Ints, seed: int) -> Floats:
    """Quasi-random points [n, U] in the order of promise: first those lowest among their neighbours, then the lowest.

    `levels` [U] is the number of levels of a categorical unknown, 0 for others.
    """
    z, near = scan_points(scan, len(levels), seed)
    if levels.any():
        z = z.copy()
        for u in np.flatnonzero(levels):
            z[:, u] = np.floor(z[:, u] * levels[u]) / max(levels[u] - 1, 1)
    energy = value(z)
    valley = energy <= energy[near].min(axis=1)
    return np.asarray(z[np.lexsort((energy, ~valley))])


def enough(starts: int, modes: int) -> bool:
    """True when fewer than half a mode is expected to be undiscovered: modes (starts - 1) / (starts - modes - 2) < modes + 1/2.

    Source: Boender and Rinnooy Kan, Math. Programming 37 (1987).
    """
    return starts >= 2 * modes * modes + 3 * modes + 2


def distinct(value: Callable[[Floats], Floats], z: Floats, energy: Floats, converged: NDArray[np.bool_], band: float) -> Ints:
    """Indices of the distinct minima within `band` of the lowest, lowest first; the lowest end alone if none has converged.

    Two ends are one when they coincide or when the straight way between them does not climb: a valley floor.
    """
    order = np.argsort(energy, kind="stable")
    order = order[(energy[order] <= energy[order[0]] + band) & (converged[order] | ~converged.any())]
    if not converged.any():
        order = order[:1]
    kept: list[int] = []
    for i in order:
        if kept and (np.abs(z[kept] - z[i]).max(axis=1) < SAME).any():
            continue
        if kept and _joined(value, z[kept], z[i], energy[i]):
            continue
        kept.append(int(i))
    return np.array(kept)


def _joined(value: Callable[[Floats], Floats], others: Floats, z: Floats, energy: float) -> bool:
    """True when the way from z to one of `others` (all lower) stays below the energy at z."""
    t = np.linspace(0.0, 1.0, 9)[1:-1, None]
    way = z + t * (others[:, None, :] - z)
    climb = value(way.reshape(-1, len(z))).reshape(len(others), -1).max(axis=1)
    return bool((climb <= energy + RIDGE).any())
