"""Outputs seen before their link, where a search takes straighter ways."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.output import Output, inverse_link

Floats = NDArray[np.float64]

SATURATED = 1e-12
"""Of the link's range: nearer to its ends the link has no usable inverse."""
TINY = 1e-150
"""Smallest exponential looked at: its slope and the square of it are still finite."""
BEYOND = 3.0
"""Spreads beyond the best start: where a target that the link cannot give is looked for."""


def linearised(outputs: Sequence[Output], y: Floats) -> tuple[Floats, Floats]:
    """f [M, K] with value(f) = y and df/dy [M, K], kept finite where the link is saturated."""
    if all(o.link == "identity" for o in outputs):
        scale = np.array([o.scale for o in outputs])
        return (y - np.array([o.offset for o in outputs])) / scale, np.broadcast_to(
            1.0 / scale, y.shape
        )
    f, per_y = np.empty_like(y), np.empty_like(y)
    for k, o in enumerate(outputs):
        g = (y[:, k] - o.offset) / o.scale
        if o.link == "exp":
            g = np.maximum(g, TINY)
        elif o.link == "logistic":
            g = np.clip(g, SATURATED, 1.0 - SATURATED)
        f[:, k] = inverse_link(o.link, g)
        per_y[:, k] = 1.0 / o.slope(f[:, k])
    return f, per_y


def goals(outputs: Sequence[Output], values: Floats, slack: Floats) -> tuple[Floats, Floats]:
    """Targets [T] before the link (NaN where it cannot give them) and the distance from them that
    stays within `slack`."""
    goal, half = np.empty(len(values)), np.zeros(len(values))
    for k, o in enumerate(outputs):
        around = o.linear_of(np.array([values[k], values[k] - slack[k], values[k] + slack[k]]))
        goal[k] = around[0]
        if slack[k] > 0 and np.isfinite(around[0]):
            half[k] = np.nanmin(np.abs(around[1:] - around[0]))
    return goal, half


def spread(f: Floats) -> Floats:
    """Range of f [M, K] over the starts: the unit of residuals; never 0."""
    size = np.maximum(np.ptp(f, axis=0), 1e-12 * np.abs(f).max(axis=0))
    return np.asarray(np.where(size > 0, size, 1.0))


def beyond(outputs: Sequence[Output], values: Floats, f: Floats) -> Floats:
    """Stand-ins [T] for targets outside a link's range: past the extreme start on the target's
    side."""
    y = np.stack([o.value(f[:, k]) for k, o in enumerate(outputs)], axis=1)
    rising = np.array([o.scale > 0 for o in outputs])
    up = (values > y.mean(axis=0)) == rising
    far = BEYOND * spread(f)
    return np.asarray(np.where(up, f.max(axis=0) + far, f.min(axis=0) - far))
