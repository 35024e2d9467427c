"""What the reader itself knows of |y| before it evaluates: tolerances, range and expected values keep to it (FORMAT.md section 7).

    |phi_d| <= b_d t_d,   b_d = max over matrices and j of sum_i |Bernstein coefficient j of B_i|,   t_d = max |T| (TT: of the row sums)
    |f_k| <= F_k = |bias_k| + sum_r |W[r][k]| prod_d b_d t_d,   |y_k - offset_k| <= |scale_k| g(F_k)
"""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LARGEST = 2.0**1000
"""Numbers of axes and outputs lie below it, and what divides above 1 / it: sums, differences and quotients by a width stay finite."""
REACH = 2.0**500
"""Linear parts, and targets in units of the linear part, lie below it: their squares and products are finite."""
TOLERANCE64, TOLERANCE32 = 2.0**-36, 2.0**-13
"""Widest tolerances, over F G + 2 L: G = largest |dy/df| (exp: over the stored range), L = largest |y| of the stored range."""
ROUNDING = 1.0 + 2.0**-7


def linear_bound(raw: Any) -> Floats:
    """F [K]."""
    from .checks import matrix_array, table_array

    peak = np.empty(len(raw.axes))
    with np.errstate(over="ignore", invalid="ignore"):
        for d, a in enumerate(raw.axes):
            peak[d] = _basis(matrix_array(a, raw.sections).astype(float)) * _table(a, table_array(a, raw.sections))
        weights = np.abs(raw.weights).astype(float)
        modes = np.full(len(weights), np.prod(peak)) if raw.is_tt else _modes(raw, peak)
        return np.asarray(np.abs(raw.outputs["bias"]) + modes @ weights)


def _basis(matrices: Floats) -> float:
    """max over matrices and j of sum_i |sum_{k <= j} M[i][k] C(j, k) / C(p, k)|."""
    n = matrices.shape[1]
    bernstein = np.array([[comb(j, k) / comb(n - 1, k) for k in range(n)] for j in range(n)])
    return float(np.abs(matrices @ bernstein.T).sum(axis=1).max())


def _table(a: Any, table: NDArray[Any]) -> float:
    if not table.size:
        return 1.0
    if not a["left"]:
        return float(max(table.max(), -float(table.min())))
    core = table.reshape(len(table), int(a["left"]), int(a["right"]))
    return float(np.abs(core.astype(float)).sum(axis=1).max())


def _modes(raw: Any, peak: Floats) -> Floats:
    """prod of the peaks of its axes for every row of W."""
    modes = np.zeros(len(raw.weights))
    for mask, count, first in raw.groups.tolist():
        modes[first : first + count] = np.prod([p for d, p in enumerate(peak) if mask >> d & 1])
    return modes


def broken(raw: Any) -> str:
    """What range, tolerances or expected values say beyond the bound, in words; empty where they keep to it."""
    f = linear_bound(raw)
    if not (f < REACH).all():
        return "its tables and weights may give numbers beyond 2^500"
    o, link = raw.outputs, raw.outputs["link"]
    with np.errstate(over="ignore"):
        reach = np.abs(o["scale"]) * np.where(link == 1, np.exp(np.minimum(f, 710.0)), np.where(link == 2, 1.0, f))
    low, high = o["range_low"], o["range_high"]
    limit = ROUNDING * reach + 2.0**-20 * np.abs(o["offset"])
    expected = _expected(raw)
    for what, values in (("stored range", np.stack([low, high])), ("expected values", expected)):
        if not (np.abs(values - o["offset"]) <= limit).all():
            return f"the {what} of an output lies beyond what its tables and weights can give"
    far = np.maximum(np.abs(low - o["offset"]), np.abs(high - o["offset"]))
    slope = np.where(link == 1, far, np.where(link == 2, 0.25, 1.0) * np.abs(o["scale"]))
    size = ROUNDING * f * slope
    if not (o["kappa"] * (high - low) <= size).all():
        return "kappa is larger than tables and weights allow"
    size = size + 2.0 * np.maximum(np.abs(low), np.abs(high))
    wide = (_tolerances(raw) > np.stack([TOLERANCE64 * size, TOLERANCE32 * size])).any()
    return "a tolerance is wider than rounding explains: the golden vectors would prove nothing" if wide else ""


def _tolerances(raw: Any) -> Floats:
    return np.frombuffer(raw.sections["golden"], "<f8", 2 * len(raw.outputs), 8).reshape(2, -1)


def _expected(raw: Any) -> Floats:
    block, d, k = raw.sections["golden"], len(raw.axes), len(raw.outputs)
    count = int(np.frombuffer(block, "<u4", 1)[0])
    return np.frombuffer(block, "<f8", count * k, 8 + 16 * k + 8 * count * d).reshape(count, k)


def outside(values: Any) -> NDArray[np.bool_]:
    """Which numbers lie at or beyond 2^1000; NaN does not."""
    return np.asarray(np.abs(np.asarray(values, dtype=float)) >= LARGEST)


def span_fits(low: float, high: float) -> bool:
    """Bounds of an axis: below 2^1000 and at least 2^-1000 apart."""
    return max(abs(low), abs(high)) < LARGEST and high - low >= 1.0 / LARGEST
