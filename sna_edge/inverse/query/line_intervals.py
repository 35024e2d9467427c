"""Where a piecewise polynomial lies inside limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...numerics.piecewise_polynomial import JOIN, PiecewisePolynomial, RootSet

Floats = NDArray[np.float64]


def inside_intervals(
    line: PiecewisePolynomial,
    low: float,
    high: float,
    roots: Callable[[float], RootSet] | None = None,
) -> tuple[Floats, Floats]:
    """Isolated points [n] and intervals [m, 2] with low <= f <= high, from the places where f may
    enter or leave; `roots` in place of `line.roots`."""
    cuts = [line.breaks[[0, -1]]]
    ends, starts = line.coefficients.sum(axis=1)[:-1], line.coefficients[1:, 0]
    cuts.append(line.breaks[1:-1][np.abs(ends - starts) > JOIN * line.size])
    touching = []
    for level in (low, high):
        if np.isfinite(level):
            found = (roots or line.roots)(level)
            cuts += [found.x, found.intervals.reshape(-1)]
            touching += [found.x, found.intervals.reshape(-1)]
    x = np.unique(np.concatenate(cuts))
    middle = line(0.5 * (x[:-1] + x[1:]))
    inside = (middle >= low) & (middle <= high)
    intervals = _joined(x, inside)
    points = np.unique(np.concatenate([*touching, np.empty(0)]))
    covered = ((points[:, None] >= intervals[:, 0]) & (points[:, None] <= intervals[:, 1])).any(
        axis=1
    )
    return points[~covered], intervals


def _joined(x: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Neighbouring inside intervals [x_i, x_{i+1}] as one interval, [m, 2]."""
    change = np.diff(np.r_[False, inside, False].astype(int))
    return np.stack([x[np.flatnonzero(change == 1)], x[np.flatnonzero(change == -1)]], axis=1)
