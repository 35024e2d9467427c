"""Points that stand for a domain: evenly spread ones, and ones in every span of every axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from .low_discrepancy import points

Floats = NDArray[np.float64]

LEAST, MOST = 8, 65536  # points that touch every span
NODES = 64  # of a mesh that are touched


def domain_points(axes: tuple[Axis, ...], count: int) -> Floats:
    """Low-discrepancy points [count, D] of the domain."""
    u = points(count, len(axes), seed=None)
    columns = [
        (
            np.minimum(np.floor(u[:, d] * a.basis.n_spans), a.basis.n_spans - 1)
            if a.kind == "categorical"
            else a.lower + u[:, d] * a.width
        )
        for d, a in enumerate(axes)
    ]
    return np.stack(columns, axis=1)


def span_points(axes: tuple[Axis, ...]) -> Floats:
    """Points [G, D], G = max(8, largest number of spans): point g lies in span (g * stride) mod S
    of each axis; of the nodes of a mesh 64 are enough.

    Local coordinates stay in [1/16, 15/16]; inputs are float32 numbers wherever that keeps them in
    their span.
    """
    touched = [min(a.basis.n_spans, NODES if a.mesh else MOST) for a in axes]
    count = min(max([LEAST, *touched]), MOST)
    u = points(count, len(axes), seed=None)
    columns = []
    for d, axis in enumerate(axes):
        spans = axis.basis.n_spans
        step = _stride(spans, d if axis.mesh is None else spans // count)
        span = (np.arange(count) * step) % spans
        if axis.kind == "categorical":
            columns.append(span.astype(float))
            continue
        breaks = axis.basis.breaks
        x = breaks[span] + (breaks[span + 1] - breaks[span]) * (1 / 16 + u[:, d] * 14 / 16)
        with np.errstate(over="ignore"):
            rounded = x.astype(np.float32).astype(float)
        inside = (rounded > breaks[span]) & (rounded < breaks[span + 1])
        columns.append(np.where(inside, rounded, x))
    return np.stack(columns, axis=1)


def _stride(spans: int, d: int) -> int:
    """A step coprime to the number of spans, different from axis to axis."""
    step = 1 + 2 * d
    while np.gcd(step, spans) != 1:
        step += 1
    return step
