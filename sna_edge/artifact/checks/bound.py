"""What the reader itself knows of |y| before it evaluates: tolerances, range and expected values
keep to it (FORMAT.md section 7).

    |phi_d| <= b_d t_d
    b_d = max over matrices and j of sum_i |Bernstein coefficient j of B_i|
    t_d = max |T| (TT: of the row sums)
    |f_k| <= F_k = |bias_k| + sum_r |W[r][k]| prod_d b_d t_d,   |y_k - offset_k| <= |scale_k| g(F_k)
"""

from __future__ import annotations

from functools import cache
from math import comb, exp, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layout import LARGEST, REACH
from ..raw_views import Raw

Floats = NDArray[np.float64]
TOLERANCE64, TOLERANCE32 = 2.0**-36, 2.0**-13
"""Widest tolerances, over F G + 2 L: G = largest |dy/df| (exp: over the stored range), L = largest
|y| of the stored range."""
ROUNDING = 1.0 + 2.0**-7
AT_ONCE = 1 << 18  # entries of a table looked at together
FIELDS = ["link", "scale", "offset", "range_low", "range_high", "kappa"]


@cache
def _bernstein(n: int) -> Floats:
    """[k, j] = C(j, k) / C(n - 1, k): coefficients of powers -> Bernstein coefficients."""
    return np.array([[comb(j, k) / comb(n - 1, k) for j in range(n)] for k in range(n)])


def basis_bound(matrices: NDArray[Any]) -> float:
    """b of the span matrices [M, p+1, p+1] of an axis; not finite where one of them is not."""
    return float(np.abs(matrices @ _bernstein(matrices.shape[1])).sum(axis=1).max())


def table_bound(table: NDArray[Any], left: int) -> float:
    """t of a table [n_rows, n_columns], of a core with `left` ranks on its left; not finite where
    the table is not."""
    if not table.size:
        return 1.0
    if left <= 1:
        return _largest(table)
    step = max(AT_ONCE // table.shape[1], 1)
    parts = (table[i : i + step].astype(float) for i in range(0, len(table), step))
    return float(np.max([np.abs(p.reshape(len(p), left, -1)).sum(axis=1).max() for p in parts]))


def _largest(table: NDArray[Any]) -> float:
    """max |T|; not finite where an entry is not."""
    if table.dtype == np.float16:  # without the sign their bits are in the order of the numbers
        return float((table.view(np.uint16) & 0x7FFF).max().view(np.float16))
    return max(float(table.max()), -float(table.min()))


def linear_bound(raw: Raw) -> Floats:
    """F [K]."""
    with np.errstate(over="ignore", invalid="ignore"):
        products = np.where(raw.uses, raw.peaks, 1.0).prod(axis=1)
        modes = (
            np.full(len(raw.weights), products[0]) if raw.is_tt else np.repeat(products, raw.sizes)
        )
        return np.asarray(np.abs(raw.outputs["bias"]) + modes @ np.abs(raw.weights))


def broken(raw: Raw) -> str:
    """What range, tolerances or expected values say beyond the bound, in words; empty where they
    keep to it."""
    d, k = len(raw.axes), len(raw.outputs)
    numbers = np.frombuffer(raw.sections["golden"], "<f8", offset=8)
    expected = numbers[2 * k + (len(numbers) - 2 * k) // (d + k) * d :].reshape(-1, k)
    rows = zip(
        linear_bound(raw).tolist(),
        raw.outputs[FIELDS].tolist(),
        numbers[: 2 * k].reshape(2, k).T.tolist(),
        strict=True,
    )
    ends = zip(expected.min(axis=0).tolist(), expected.max(axis=0).tolist(), strict=True)
    return next(filter(None, (_broken(*row, end) for row, end in zip(rows, ends, strict=True))), "")


def _broken(
    f: float, output: tuple[Any, ...], tolerances: list[float], expected: tuple[float, float]
) -> str:
    """`broken` of one output with the bound f."""
    link, scale, offset, low, high, kappa = output
    if not f < REACH:
        return "its tables and weights may give numbers beyond 2^500"
    scale, far = abs(scale), max(abs(low - offset), abs(high - offset))
    reach = (exp(f) if f < 709.0 else inf) if link == 1 else 1.0 if link == 2 else f
    limit = ROUNDING * scale * reach + 2.0**-20 * abs(offset)
    if far > limit:
        return "the stored range of an output lies beyond what its tables and weights can give"
    if max(abs(expected[0] - offset), abs(expected[1] - offset)) > limit:
        return "the expected values of an output lie beyond what its tables and weights can give"
    size = ROUNDING * f * (far if link == 1 else 0.25 * scale if link == 2 else scale)
    if kappa * (high - low) > size:
        return "kappa is larger than tables and weights allow"
    size += 2.0 * max(abs(low), abs(high))
    wide = tolerances[0] > TOLERANCE64 * size or tolerances[1] > TOLERANCE32 * size
    return (
        "a tolerance is wider than rounding explains: the golden vectors would prove nothing"
        if wide
        else ""
    )


def held(value: float) -> bool:
    """Whether a number lies below 2^1000; NaN does not."""
    return abs(value) < LARGEST


def span_fits(low: float, high: float) -> bool:
    """Bounds of an axis: below 2^1000 and at least 2^-1000 apart."""
    return max(abs(low), abs(high)) < LARGEST and high - low >= 1.0 / LARGEST
