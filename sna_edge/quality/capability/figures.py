"""Figures of capability, and how sure they are.

Of a distribution, with a share of l below LSL and u above USL (z: quantiles of the normal one):

    Ppk = min(z(1 - l), z(1 - u)) / 3,   Pp = (z(1 - l) + z(1 - u)) / 6,   ppm = 1e6 (l + u)

which are (mean - LSL) / 3 s and so on where it is normal. Of measured values, m their mean:

    Ppk = min(USL - m, m - LSL) / 3 s,   Pp = (USL - LSL) / 6 s,   s their standard deviation
    Cpk, Cp: the same with the mean difference of one value to the next over 1.128 in place of s

Sources: ISO 22514-2; AIAG, Statistical Process Control (2005); Bissell, Appl. Stat. 39 (1990), for
the confidence of Ppk; Wilson, J. Am. Stat. Assoc. 22 (1927), for that of shares.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...numerics import normal

Floats = NDArray[np.float64]

Z95 = 1.959963984540054
NEXT = 1.128
"""Mean difference of two independent normal numbers, in standard deviations."""
FEWEST = 10
"""Measured values below which no figure is given."""
HUGE = 1e150
"""Measured values from which on a square is no number."""


def of_shares(low: float | None, high: float | None) -> dict[str, float]:
    """Of shares below LSL and above USL, None where there is no such limit."""
    z = [float(-normal.quantile(np.array(share))) for share in (low, high) if share is not None]
    found = {"Ppk": min(z) / 3.0, "ppm": 1e6 * ((low or 0.0) + (high or 0.0))}
    return found if len(z) < 2 else {"Pp": sum(z) / 6.0, **found}


def of_values(y: Floats, lsl: float, usl: float) -> dict[str, Any]:
    """Of measured values y [N] in their order; empty with fewer than FEWEST, where they are all the
    same, and where one is so large that they have no deviation."""
    n = len(y)
    if n < FEWEST or not (np.abs(y).max() < HUGE and np.ptp(y) > 0):
        return {}
    mean, total = float(y.mean()), float(y.std(ddof=1))
    within = float(np.abs(np.diff(y)).mean()) / NEXT
    found: dict[str, Any] = {"parts": n, "mean": mean, "deviation": total}
    for names, s in ((("Pp", "Ppk"), total), (("Cp", "Cpk"), within)):
        if s > 0:
            found |= _indices(names, mean, s, lsl, usl)
    error = sqrt(1.0 / (9.0 * n) + found["Ppk"] ** 2 / (2.0 * (n - 1.0)))
    found["Ppk_95"] = [found["Ppk"] - Z95 * error, found["Ppk"] + Z95 * error]
    return found


def _indices(
    names: tuple[str, str], mean: float, s: float, lsl: float, usl: float
) -> dict[str, float]:
    sides = [(usl - mean) / (3.0 * s), (mean - lsl) / (3.0 * s)]
    found = {names[1]: min(sides)}
    return found if not (isfinite(lsl) and isfinite(usl)) else {names[0]: sum(sides) / 2.0, **found}


def share(bad: int, count: int) -> dict[str, Any]:
    """A share with its 95 % confidence interval, in parts per million."""
    p, spread = bad / count, Z95 * Z95 / count
    middle = (p + spread / 2.0) / (1.0 + spread)
    half = Z95 * sqrt(p * (1.0 - p) / count + spread / (4.0 * count)) / (1.0 + spread)
    ends = [1e6 * max(middle - half, 0.0), 1e6 * min(middle + half, 1.0)]
    return {"parts": count, "bad": bad, "ppm": 1e6 * p, "ppm_95": ends}


def corrected_share(all_parts: Floats, measured: Floats, bad: Floats) -> dict[str, Any]:
    """The share of bad parts by the predictions of all parts [N], put right by measured ones: the
    mean of the predictions, and of what was seen [M] less predicted [M] where it was measured. With
    its 95 % confidence interval, in parts per million.

    Source: Angelopoulos, Bates, Fannjiang, Jordan and Zrnic, Science 382 (2023)."""
    off = bad - measured
    middle = float(all_parts.mean() + off.mean())
    variance = all_parts.var(ddof=1) / len(all_parts) + off.var(ddof=1) / len(off)
    half = Z95 * sqrt(float(variance))
    ends = [1e6 * min(max(end, 0.0), 1.0) for end in (middle - half, middle + half)]
    return {"ppm": 1e6 * min(max(middle, 0.0), 1.0), "ppm_95": ends}
