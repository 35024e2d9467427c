"""The end of a domain after rounding: a coordinate that rounding alone put beyond it counts as the
end (FORMAT.md section 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FLOAT32 = 2.0**-22
"""Of the larger bound: what a float32 sensor, or float32 arithmetic of a step or two, may be
off."""
RANGE = 2.0**-16
"""Of the range: more than that is a place of its own, whatever number format wrote it."""
FLOAT64 = 2.0**-50
"""Of the larger bound: four units in the last place of the float64 number itself."""


def slack(lower: float, upper: float) -> float:
    """min(2^-22 M, max(2^-16 (upper - lower), 2^-50 M)), M = max(|lower|, |upper|); nothing
    overflows on the way."""
    most = max(abs(lower), abs(upper))
    return min(FLOAT32 * most, max(RANGE * upper - RANGE * lower, FLOAT64 * most))


def settled(x: ArrayLike, lower: float, upper: float) -> NDArray[np.float64]:
    """x with those that lie within `slack` beyond an end moved to it, all others as they are; x
    itself where none does."""
    x, room = np.asarray(x, dtype=float), slack(lower, upper)
    near = ((x < lower) & (x >= lower - room)) | ((x > upper) & (x <= upper + room))
    return np.asarray(np.where(near, np.clip(x, lower, upper), x)) if near.any() else x
