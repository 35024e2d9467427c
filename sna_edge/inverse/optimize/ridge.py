"""Ridges of a posterior: where it is highest across its narrow directions, however far it runs
along the wide ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .trust_region import Local

Floats = NDArray[np.float64]

STIFF = 0.08
"""Of the box: directions with a smaller standard deviation are narrow."""
STEPS, LONGEST_RIDGE_STEP = 4, 0.2
"""Gauss-Newton steps across the ridge, and the longest of them (of the box)."""


def onto_ridge(local: Local, z: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Newton steps across the narrow directions only: points stay apart along the wide ones. z, E,
    slope, curvature there."""
    if getattr(local, "compiled", None) is not None:  # an Objective that the C library serves
        return local.onto_ridge(z)  # type: ignore[attr-defined,no-any-return]
    energy, slope, curvature = local(z)
    for _ in range(STEPS):
        size, vectors = np.linalg.eigh(curvature)
        stiff = np.abs(size) > STIFF**-2
        along = np.matmul(slope[:, None, :], vectors)[:, 0]
        pull = np.where(stiff, -along / np.maximum(np.abs(size), 1e-300), 0.0)
        step = np.matmul(vectors, pull[:, :, None])[:, :, 0]
        length = np.abs(step).max(axis=1, keepdims=True)
        moved = np.clip(
            z + step * np.minimum(1.0, LONGEST_RIDGE_STEP / np.maximum(length, 1e-300)), 0.0, 1.0
        )
        e, g, h = local(moved)
        better = e < energy + 1.0
        z, energy = np.where(better[:, None], moved, z), np.where(better, e, energy)
        slope = np.where(better[:, None], g, slope)
        curvature = np.where(better[:, None, None], h, curvature)
    return z, energy, slope, curvature


def walled(z: Floats, slope: Floats, curvature: Floats) -> Floats:
    """Curvature [M, U, U] with that of an exponential decay, slope^2, where a bound holds the point
    against its slope."""
    held = ((z <= 0.0) & (slope > 0.0)) | ((z >= 1.0) & (slope < 0.0))
    out = curvature.copy()
    u = np.arange(z.shape[1])
    out[:, u, u] += np.where(held, slope**2, 0.0)
    return out


def connected(local: Local, a: Floats, b: Floats, highest: float) -> bool:
    """True when a bent way from a to b [U] stays below `highest`: the straight way moved onto the
    ridge, twice as fine again.

    The moved points must stay in line (no gap much longer than before), else they have fallen into
    separate minima.
    """
    way = a + np.linspace(0.0, 1.0, 9)[:, None] * (b - a)
    gap = float(np.linalg.norm(b - a)) / 8.0
    for _ in range(2):
        inner, energy, _, _ = onto_ridge(local, way[1:-1])
        way = np.concatenate([way[:1], inner, way[-1:]])
        between = np.linalg.norm(np.diff(way, axis=0), axis=1)
        if energy.max() > highest or between.max() > 2.5 * gap:
            return False
        finer = np.empty((2 * len(way) - 1, way.shape[1]))
        finer[::2], finer[1::2] = way, 0.5 * (way[:-1] + way[1:])
        way, gap = finer, 0.5 * max(gap, float(between.max()))
    return True
