"""Conformal intervals from out-of-fold residuals.

    P(|y - f(x)| <= q) >= level

with q the ceil(level (n + 1))-th smallest of the n out-of-fold |residuals|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.core.output import Interval, Output

from ...calibrate.between_groups import components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVEL = 0.9
ROUNDING = 2.0**-50
"""Least width over the largest value: residuals of an exact fit can be 0, its float64 evaluation
still rounds."""


def conformal_quantile(
    residuals: ArrayLike, level: float = LEVEL, weight: Floats | None = None
) -> float:
    """q of the formula above; the largest residual when n is too small for the level. Of residuals
    with weights [n], the least whose own and all smaller ones weigh as much.

    Source: Barber, Candes, Ramdas and Tibshirani, Predictive inference with the jackknife+, Ann.
    Stat. 49 (2021), CV+.

    >>> conformal_quantile([0.1, -0.2, 0.3, -0.4], level=0.5)
    0.3
    """
    size = np.abs(np.asarray(residuals, dtype=float))
    if weight is not None:
        order = np.argsort(size, kind="stable")
        below = np.cumsum(weight[order])
        wanted = level * (below[-1] + weight.mean()) * (1.0 - 1e-12)
        return float(size[order][min(np.searchsorted(below, wanted), len(size) - 1)])
    size = np.sort(size)
    rank = int(np.ceil(level * (len(size) + 1)))
    return float(size[min(rank, len(size)) - 1])


def with_intervals(
    outputs: Sequence[Output],
    measured: Floats,
    predicted: Floats,
    level: float = LEVEL,
    group: Ints | None = None,
    weight: Floats | None = None,
) -> tuple[Output, ...]:
    """`outputs` with intervals from out-of-fold predictions; measured, predicted [N, K] in output
    units.

    Constant width in output units, or in the space of the link (so that the width follows the
    value) where that covers with a smaller mean width. Where `two_values` has the output, the
    interval holds single outcomes. With the group [N] of every row it is that of a new group, as
    wide as so few groups ask for; weight [N] of the rows. Call it again with the residuals of a
    quantized model to recompute.
    """
    return tuple(
        replace(o, interval=_interval(o, measured[:, k], predicted[:, k], level, group, weight))
        for k, o in enumerate(outputs)
    )


def widened(outputs: Sequence[Output], extra: ArrayLike) -> tuple[Output, ...]:
    """Intervals made wider by `extra` [K] (output units) on both sides: for a known bound of a
    later change."""
    by = np.broadcast_to(np.asarray(extra, dtype=float), (len(outputs),))
    return tuple(_widened(o, float(e)) for o, e in zip(outputs, by, strict=True))


def _widened(output: Output, extra: float) -> Output:
    interval = output.interval
    if interval is None:
        return output
    if interval.space == "link":
        extra = extra / abs(output.scale)
    return replace(
        output,
        interval=replace(interval, below=interval.below + extra, above=interval.above + extra),
    )


def _interval(
    output: Output,
    measured: Floats,
    predicted: Floats,
    level: float,
    group: Ints | None,
    weight: Floats | None,
) -> Interval:
    q = max(_half_width(measured - predicted, level, group, weight), _rounding(measured))
    plain = Interval(level, q, q)
    if output.link == "identity":
        return plain
    f, g = output.linear_of(measured), output.linear_of(predicted)
    if not (np.isfinite(f).all() and np.isfinite(g).all()):
        return plain
    linked = max(_half_width(f - g, level, group, weight), _rounding(f))
    candidate = Interval(level, linked, linked, "link")
    return (
        candidate
        if _width(output, candidate, predicted) < _width(output, plain, predicted)
        else plain
    )


def _half_width(residual: Floats, level: float, group: Ints | None, weight: Floats | None) -> float:
    q = conformal_quantile(residual, level, weight)
    if group is None:
        return q
    return q * float(components(residual, group).widening(0.5 + 0.5 * level))


def _rounding(values: Floats) -> float:
    return ROUNDING * float(np.abs(values).max())


def _width(output: Output, interval: Interval, predicted: Floats) -> float:
    """Mean width of the interval as it is answered."""
    lower, upper = replace(output, interval=interval).bounds(predicted)
    return float(np.mean(upper - lower))


def two_values(outputs: Sequence[Output], measured: Floats) -> dict[str, list[float]]:
    """Outputs that were only ever measured at two values (pass and fail), and these: the model's
    value is then a share between them, and its interval holds the single outcomes, not the
    share."""
    found = {o.name: np.unique(measured[:, k], return_counts=True) for k, o in enumerate(outputs)}
    return {
        name: values.tolist()
        for name, (values, count) in found.items()
        if len(values) == 2 and count.min() > 1
    }
