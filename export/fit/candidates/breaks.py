"""Bases of the direct candidates, from the rows alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, bspline, levels, uniform_breaks

from ..data.samples import Samples

Floats = NDArray[np.float64]
EVEN_GAP = 0.05
"""Largest distance between the empirical and the uniform distribution for which breaks stay
even."""


def data_bases(samples: Samples, degree: int, spans: int | Sequence[int]) -> list[SpanBasis]:
    """A basis per axis: even breaks on evenly spread inputs, else half way between even and
    quantile breaks.

    `spans`: of all axes or of each. An axis with few distinct values gets at most as many rows as
    values.
    """
    each = [spans] * samples.x.shape[1] if isinstance(spans, int) else spans
    return [
        _basis(samples.x[:, d], samples.bounds(d), int(n), degree, each[d])
        for d, n in enumerate(samples.n_levels)
    ]


def _basis(
    x: Floats, bounds: tuple[float, float], n_levels: int, degree: int, spans: int
) -> SpanBasis:
    if n_levels:
        return levels(n_levels)
    lower, upper = bounds
    some = x if len(x) <= 100_000 else x[:: len(x) // 100_000]
    distinct = len(np.unique(some))
    degree = max(1, min(degree, distinct - 1))
    spans = max(1, min(spans, distinct - degree))
    even = uniform_breaks(lower, upper, spans)
    quantile = np.quantile(
        np.unique(some) if distinct < 200 else some, np.linspace(0.0, 1.0, spans + 1)
    )
    if np.abs(quantile - even).max() <= EVEN_GAP * (upper - lower):
        return bspline(even, degree)
    breaks = np.unique(0.5 * (even + quantile))
    breaks[0], breaks[-1] = lower, upper
    return bspline(breaks, degree)
