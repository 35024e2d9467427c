"""Is one function better than another by more than chance? Their left-out errors row by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_GAIN, CLEAR_GAIN = 0.99, 0.7
"""A richer function's error is below the first times the simpler one's, and above the second only
where the gain is more than its standard error."""


def certainty(
    measured: Floats,
    before: Floats,
    after: Floats,
    group: Ints | None = None,
    weight: Floats | None = None,
) -> Floats:
    """[K]: the mean gain in squared error of the predictions `after` [n, K] over those `before`, in
    standard errors of that mean; rows of a group [n] count as one, rows of a weight [n] as much."""
    with np.errstate(over="ignore", invalid="ignore"):
        gain = (measured - before) ** 2 - (measured - after) ** 2
        if weight is not None:
            gain = gain * weight.reshape(-1, *([1] * (gain.ndim - 1)))
        if group is not None:
            gain = np.stack([np.bincount(group, g) for g in gain.T], axis=1)
            gain = gain[np.bincount(group, minlength=len(gain)) > 0]
        mean, error = gain.mean(axis=0), gain.std(axis=0) / np.sqrt(len(gain))
    some = error > 0
    alike = np.where(mean > 0, np.inf, 0.0)
    return np.where(some, mean / np.where(some, error, 1.0), alike)


def better(
    error: float,
    least: float,
    measured: Floats,
    before: Floats,
    after: Floats,
    weight: Floats | None = None,
) -> bool:
    """Whether the richer of two functions is taken, by their errors and their predictions [n] of
    one output."""
    if not error < LEAST_GAIN * least:
        return False
    return error < CLEAR_GAIN * least or bool(
        certainty(measured, before, after, weight=weight) > 1.0
    )
