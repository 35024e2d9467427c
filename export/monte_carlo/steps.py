"""Whether float32 carries samples and answers: its steps must be small beside what the number of
samples leaves open, else they are computed in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.float32 import step32

from .drawing import Draw, looked_at

Floats = NDArray[np.float64]
LEAST, MOST = 1 << 8, 1 << 16
"""Steps that a standard deviation has at least, and how many are always enough."""


def wanted(samples: int, design: str) -> float:
    """Steps in a standard deviation so that rounding to one moves no mean and no probability by
    more than their errors: of n random samples 1 / sqrt(n), of points that fill the space 1 / n."""
    n = samples**0.5 if design == "random" else samples
    return min(max(float(n), LEAST), MOST)


def hidden(values: Floats, many: float) -> bool:
    """Whether one step of float32 at the largest of the values [N] is at most 1 / `many` of their
    standard deviation; a constant has no steps."""
    low, high, sd = float(values.min()), float(values.max()), float(values.std())
    return low == high or step32(low, high) * many <= sd


def too_close(draws: Sequence[Draw], many: float) -> int | None:
    """The first input whose samples lie too close together for float32: normal(101325, 0.01)."""
    found = map(looked_at, draws)
    return next((d for d, x in enumerate(found) if not (_exact(x) or hidden(x, many))), None)


def _exact(values: Floats) -> bool:
    """Whether float32 has all of these numbers, as whole ones."""
    with np.errstate(over="ignore"):
        return bool((values.astype(np.float32) == values).all())
