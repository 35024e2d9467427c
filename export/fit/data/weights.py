"""What rows weigh: means over rows that do not all count alike.

A row of weight w enters every sum of squares w times and its measurement has the variance
noise / w. Weights are kept with a mean of one: only their ratios count. None stands for equal ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def mean(values: Floats, weight: Floats | None) -> Floats:
    """Over the first axis of values [n, ...], with weights [n] or None."""
    return np.asarray(values.mean(axis=0) if weight is None else np.average(values, 0, weight))


def variance(values: Floats, weight: Floats | None) -> Floats:
    """Of values [n, K] about their mean."""
    if weight is None:
        return np.asarray(np.var(values, axis=0))
    return mean((values - mean(values, weight)) ** 2, weight)


def deviation(values: Floats, weight: Floats | None) -> Floats:
    """Standard deviation of values [n, K]."""
    return np.asarray(values.std(axis=0)) if weight is None else np.sqrt(variance(values, weight))


def rooted(values: Floats, weight: Floats | None) -> Floats:
    """values [n, ...] times the roots of the weights: sums of their squares are then weighted."""
    if weight is None:
        return values
    return np.asarray(values * np.sqrt(weight).reshape(-1, *([1] * (values.ndim - 1))))


def worth(weight: Floats) -> float:
    """How many rows of equal weight say as much as rows of weights [n]: (sum w)^2 / sum w^2.

    Source: Kish, Survey Sampling (1965), section 11.7.

    >>> worth(np.array([1.0, 1.0, 0.0]))
    2.0
    """
    return float(weight.sum() ** 2 / np.sum(weight**2))


def as_often_as_they_weigh(weight: Floats) -> Ints:
    """Rows [m], ascending, each about as often as it weighs; m is what the weights [n] are `worth`.

    For what knows no weights, quantiles of residuals among it. No draw: the rows are taken at equal
    steps of the sum of weights.

    >>> as_often_as_they_weigh(np.array([2.0, 1.0, 1.0, 0.0]))
    array([0, 1, 2])
    """
    ends = np.cumsum(weight)
    count = max(round(worth(weight)), 1)
    places = (np.arange(count) + 0.5) / count * ends[-1]
    return np.searchsorted(ends, places, side="right").astype(np.int64)


def as_typical(
    measured: Floats, predicted: Floats, noise: Floats | None, weight: Floats | None
) -> tuple[Floats, Floats | None]:
    """What would have been measured [n, K] were the error of every row the typical one, and how
    often each row counts [n] (None: once).

    noise [n]: error of a row over that of a typical one. It is a part of the weight, which is left
    without it.
    """
    if noise is None:
        return measured, weight
    count = None if weight is None else weight * noise**2
    alike = count is None or bool(np.ptp(count) <= 1e-9 * count.mean())
    return predicted + (measured - predicted) / noise[:, None], None if alike else count
