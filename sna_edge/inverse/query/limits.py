"""Limits on outputs, with the model's interval inside them, as bounds before the link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.output import Output
from ...errors import InputError
from ...model import Model
from ...uncertainty.typical import typical_outputs
from .question import output_index

Floats = NDArray[np.float64]
Limits = Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class Band:
    """low <= f <= high for output `index`, before its link; infinite where there is no limit."""

    index: int
    low: float
    high: float


def bands(
    model: Model, limits: Limits, *, with_interval: bool = True, level: float | None = None
) -> list[Band]:
    """The bounds that keep value and interval of every limited output inside its limits; an
    interval whose width follows the inputs, or one at a `level`, with its typical width.

    Raises InputError for a wrong name or limits that are not numbers in order.
    """
    outputs = typical_outputs(model, level) if with_interval else model.outputs
    return [
        _band(outputs[k], k, low, high, with_interval) for k, low, high in numbered(model, limits)
    ]


def numbered(model: Model, limits: Limits) -> list[tuple[int, float, float]]:
    """Output, low and high of every limit, infinite where there is none on that side. Raises
    InputError for a wrong name or limits that are not numbers in order."""
    if not limits:
        raise InputError("give limits for at least one output")
    found = []
    for name, pair in limits.items():
        k = output_index(model, name)
        if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 2:
            raise InputError(
                f"limits of {name!r} are {pair!r}; give a pair (low, high), None for no limit"
            )
        found.append((k, *ends(name, *pair)))
    return found


def ends(name: str, low: object, high: object) -> tuple[float, float]:
    """Limits as numbers, None as no limit. Raises InputError where they are not in order, not
    numbers, or no limits at all."""
    try:
        a, b = -np.inf if low is None else float(low), np.inf if high is None else float(high)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(
            f"limits of {name!r} are {low!r} and {high!r}; give numbers, or None for no limit"
        ) from None
    if not a <= b or a == np.inf or b == -np.inf:
        raise InputError(
            f"limits of {name!r} are {low} and {high}; give low <= high, or leave one out"
        )
    if np.isinf(a) and np.isinf(b):
        raise InputError(f"limits of {name!r} limit nothing; give low, high or both")
    return float(a), float(b)


def _band(output: Output, k: int, low: float, high: float, with_interval: bool) -> Band:
    below = above = 0.0
    interval = output.interval if with_interval else None
    if interval is not None and interval.space == "output":
        least, most = output.ends  # where the interval is cut: a limit at or past it asks nothing
        low = low + interval.below if low > least else -np.inf
        high = high - interval.above if high < most else np.inf
    elif interval is not None:
        below, above = interval.below, interval.above
    if output.scale < 0:
        low, high, below, above = high, low, below, above
    a, b = linear_end(output, low), linear_end(output, high)
    return Band(k, a + below, b - above)


def linear_end(output: Output, y: float) -> float:
    """f with value(f) = y; past the link's range, the infinity on that side."""
    if np.isinf(y):
        return float(y) if output.scale > 0 else -float(y)
    f = float(output.linear_of(np.array(y)))
    if not np.isnan(f):
        return f
    top = output.link == "logistic" and (y - output.offset) / output.scale >= 1.0
    return np.inf if top else -np.inf


def arrays(found: Sequence[Band]) -> tuple[list[int], Floats, Floats]:
    """Output indices, lower and upper bounds [T]."""
    return (
        [b.index for b in found],
        np.array([b.low for b in found]),
        np.array([b.high for b in found]),
    )
