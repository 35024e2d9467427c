"""The nearest point along one input: exact, from the intervals on which every output is inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..query.contraction import curve
from ..query.line_intervals import inside_intervals
from ..query.native import exact_roots
from .projection_problem import ProjectionProblem

Floats = NDArray[np.float64]

INNER = 1e-12
"""Of the box: how far inside an interval a second candidate lies, where its end is rounded out."""


def exact_projection(problem: ProjectionProblem) -> Floats:
    """Candidates [M, 1]: the nearest places and ends of the intervals that satisfy every bound;
    where there are none, the extremes of all curves."""
    moving, bounds = problem.adjustable, problem.bounds
    (d,) = moving.columns
    fixed = {e: float(v) for e, v in enumerate(problem.here) if e != d}
    intervals = np.array([[moving.lower[0], moving.upper[0]]])
    lines = [curve(problem.model, d, fixed, k) for k in bounds.outputs]
    for line, low, high in zip(lines, bounds.low, bounds.high, strict=True):
        roots = exact_roots(problem.model, line)
        single, inside = inside_intervals(line, low, high, roots)
        both = np.concatenate([inside, np.repeat(single[:, None], 2, axis=1)])
        intervals = intersections(intervals, both)
    if len(intervals):
        low, high = intervals.T
        nearest = np.clip(problem.here[d], low, high)
        inner = np.clip(nearest, low + INNER * moving.width, high - INNER * moving.width)
        return np.asarray(np.r_[nearest, inner, intervals.reshape(-1)][:, None])
    tries = np.concatenate([moving.lower, moving.upper, *(line.candidates[0] for line in lines)])
    return np.asarray(tries[(tries >= moving.lower[0]) & (tries <= moving.upper[0])][:, None])


def intersections(a: Floats, b: Floats) -> Floats:
    """Of two lists of closed intervals [n, 2]."""
    low = np.maximum(a[:, None, 0], b[None, :, 0]).reshape(-1)
    high = np.minimum(a[:, None, 1], b[None, :, 1]).reshape(-1)
    return np.stack([low, high], axis=1)[low <= high]
