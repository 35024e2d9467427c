"""How often the curves of a model turn: its slices through rows of the table, input by input."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..data.samples import Samples

Floats = NDArray[np.float64]
ROWS, PLACES = 40, 61
"""Rows that slices go through at most, and places along a slice."""
INSIDE = (5.0, 95.0)
"""Percentiles of an input's rows that its slices go between."""
AMPLITUDE = 0.01
"""Share of the range of the measured output that a curve must go up and down by to count."""


def turns(curves: Floats, amplitude: Floats | float) -> NDArray[np.int64]:
    """Turning points [M] of curves [M, n]: changes of direction before and after which a curve
    goes at least `amplitude` the other way.

    >>> turns(np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 0.95]]), 0.1).tolist()
    [1, 0]
    """
    low = high = curves[:, 0]
    way = np.zeros(len(curves), dtype=np.int64)
    count = np.zeros(len(curves), dtype=np.int64)
    for value in curves.T[1:]:
        low, high = np.minimum(low, value), np.maximum(high, value)
        up = (way <= 0) & (value - low >= amplitude)
        down = (way >= 0) & ~up & (high - value >= amplitude)
        count += (up | down) & (way != 0)
        way = np.where(up, 1, np.where(down, -1, way))
        low, high = np.where(up | down, value, low), np.where(up | down, value, high)
    return count


def turning_points(
    values: Callable[[Floats], Floats],
    x: Floats,
    y: Floats,
    smooth: Sequence[int] | NDArray[np.int64],
    seed: int = 0,
) -> Floats:
    """Mean turning points [K, len(smooth)] of the slices of `values` (y [n, K] of x [n, D]) along
    the inputs `smooth`, through at most ROWS of the rows x [N, D] with outputs y [N, K].

    A slice goes between the 5th and the 95th percentile of its input; what moves by less than 1 %
    of the range of the rows' output does not count.
    """
    amplitude = AMPLITUDE * np.ptp(y, axis=0)
    some = np.random.default_rng(seed).permutation(len(x))[:ROWS]
    out = np.zeros((y.shape[1], len(smooth)))
    for column, d in enumerate(smooth):
        low, high = np.percentile(x[:, d], INSIDE).tolist()
        places = np.linspace(low, high, PLACES)
        points = np.repeat(x[some], PLACES, axis=0)
        points[:, d] = np.tile(places, len(some))
        curves = values(points).reshape(len(some), PLACES, -1)
        for k, least in enumerate(amplitude):
            out[k, column] = turns(curves[:, :, k], least).mean()
    return out


def by_output_and_input(
    values: Callable[[Floats], Floats], samples: Samples, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Mean turning points of the slices of every output `names` [K], by input that has no levels;
    `values`: y [n, K] of the columns x [n, D] of `samples`."""
    smooth = np.flatnonzero(samples.n_levels == 0)
    found = turning_points(values, samples.x, samples.y, smooth)
    inputs = [samples.axes[d].name for d in smooth]
    return {
        name: dict(zip(inputs, row, strict=True))
        for name, row in zip(names, found.round(3).tolist(), strict=True)
    }
