"""Exact answers over one unknown in chunks of its axis, so that a deadline can end them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...numerics.piecewise_polynomial import PiecewisePolynomial, RootSet
from ...numerics.time_budget import TimeBudget

Floats = NDArray[np.float64]

SPANS = 128
"""Of a chunk: about a tenth of a millisecond."""
SAME_ROOT = 1e-12
"""Of the axis: a root at the border of two chunks is found by both."""


def chunks(
    line: PiecewisePolynomial, budget: TimeBudget, overlap: int = 0
) -> Iterator[tuple[PiecewisePolynomial, float, float]]:
    """Parts of `line` from left to right while there is time, the first one always, `overlap` spans
    longer than the [low, high] they are meant for; the whole line without a deadline."""
    spans = len(line.coefficients)
    size = spans if budget.endless else SPANS
    budget.restart()
    for first in range(0, spans, size):
        last = min(first + size, spans)
        if first and not budget.allows():
            return
        a, b = max(first - overlap, 0), min(last + overlap, spans)
        yield (
            PiecewisePolynomial(line.breaks[a : b + 1], line.coefficients[a:b]),
            float(line.breaks[first]),
            float(line.breaks[last]),
        )


def all_roots(line: PiecewisePolynomial, target: float, budget: TimeBudget) -> RootSet:
    """`line.roots(target)`, or those of the chunks there was time for (`deadline.stopped`)."""
    if budget.endless or len(line.coefficients) <= SPANS:
        return line.roots(target)
    x, tangent, intervals = [], [], []
    for part, low, high in chunks(line, budget, 1):
        found = part.roots(target)
        own = (found.x >= low) & (found.x <= high)
        x.append(found.x[own])
        tangent.append(found.tangent[own])
        cut = np.clip(found.intervals, low, high)
        intervals.append(cut[cut[:, 0] < cut[:, 1]])
    every, flags = np.concatenate(x), np.concatenate(tangent)
    fresh = np.diff(every, prepend=-np.inf) > SAME_ROOT * line.width
    return RootSet(every[fresh], flags[fresh], touching_joined(np.concatenate(intervals)))


def touching_joined(intervals: Floats) -> Floats:
    """Intervals [m, 2] in order; one that begins where another ends continues it."""
    if len(intervals) < 2:
        return intervals
    begins = np.r_[True, intervals[1:, 0] > intervals[:-1, 1]]
    return np.stack([intervals[begins, 0], intervals[np.r_[begins[1:], True], 1]], axis=1)
