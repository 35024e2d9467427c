"""Figures of capability, and how sure they are.

Of a distribution, with a share of l below LSL and u above USL (z: quantiles of the normal one):

    Ppk = min(z(1 - l), z(1 - u)) / 3,   Pp = (z(1 - l) + z(1 - u)) / 6,   ppm = 1e6 (l + u)

which are (mean - LSL) / 3 s and so on where it is normal. Of measured values, m their mean:

    Ppk = min(USL - m, m - LSL) / 3 s,   Pp = (USL - LSL) / 6 s,   s their standard deviation
    Cpk, Cp: the same with the deviation within subgroups, or of one value to the next: the mean
             moving range over 2 / sqrt(pi), in place of s
    Cpm = (USL - LSL) / (6 sqrt(s^2 + (m - target)^2))

and where they are not normal, by the percentiles X of 0.135, 50 and 99.865 %:

    Pp = (USL - LSL) / (X99 - X0),   Ppk = min((USL - X50) / (X99 - X50), (X50 - LSL) / (X50 - X0))

Sources: ISO 22514-2; AIAG, Statistical Process Control (2005); NIST/SEMATECH e-Handbook, section
6.1.6; Wilson, J. Am. Stat. Assoc. 22 (1927), for shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...numerics import normal
from ..charts.constants import d2
from .bounds import (
    Z95,
    moving_range_freedom,
    of_nearest,
    of_one_limit,
    of_spread,
    of_target,
)
from .by_percentiles import by_percentiles
from .normality import normality

Floats = NDArray[np.float64]

FEWEST = 10
"""Measured values below which no figure is given."""
HUGE = 1e150
"""Measured values from which on a square is no number."""


def of_shares(low: float | None, high: float | None, rows: int = 0) -> dict[str, Any]:
    """Of shares below LSL and above USL, None where there is no such limit; with the 95 % interval
    that a share found among so many `rows` leaves to Ppk."""
    shares = [share for share in (low, high) if share is not None]
    z = _quantiles(shares)
    found: dict[str, Any] = {"Ppk": min(z) / 3.0, "ppm": 1e6 * ((low or 0.0) + (high or 0.0))}
    if rows:
        ends = [end / 1e6 for end in wilson(max(shares), rows)]
        found |= {"rows": rows, "Ppk_95": [z / 3.0 for z in reversed(_quantiles(ends))]}
    return found if len(z) < 2 else {"Pp": sum(z) / 6.0, **found}


def _quantiles(shares: Sequence[float]) -> list[float]:
    return [float(-normal.quantile(np.array(share))) for share in shares]


def of_values(
    y: Floats,
    lsl: float,
    usl: float,
    target: float | None = None,
    groups: Sequence[Floats] = (),
) -> dict[str, Any]:
    """Of measured values y [N] in their order, `groups` the subgroups that they came in; empty with
    fewer than FEWEST, where they are all the same, and where one is so large that they have no
    deviation. Each index has its interval beside it, `NAME_95`."""
    n = len(y)
    if n < FEWEST or not (np.abs(y).max() < HUGE and np.ptp(y) > 0):
        return {}
    mean, total = float(y.mean()), float(y.std(ddof=1))
    within, freedom = _within(y, groups)
    found: dict[str, Any] = {"parts": n, "mean": mean, "deviation": total}
    for names, s, v in ((("Pp", "Ppk"), total, n - 1.0), (("Cp", "Cpk"), within, freedom)):
        if s > 0:
            found |= _indices(names, (mean, s), lsl, usl, n, v)
    if within > 0:
        found["deviation_within"] = within
    if target is not None and isfinite(lsl) and isfinite(usl):
        off = (mean - target) / total
        cpm = (usl - lsl) / (6.0 * total * sqrt(1.0 + off * off))
        found |= {"Cpm": cpm, "Cpm_95": of_target(cpm, n, off)}
    return found | _shape(y, lsl, usl)


def _within(y: Floats, groups: Sequence[Floats]) -> tuple[float, float]:
    """Deviation within subgroups, pooled, or from one value to the next; its degrees of freedom."""
    told = [group for group in groups if len(group) >= 2]
    if not told:
        return float(np.abs(np.diff(y)).mean()) / d2(2), moving_range_freedom(len(y))
    freedom = sum(len(group) - 1 for group in told)
    squares = sum((len(group) - 1) * float(np.var(group, ddof=1)) for group in told)
    return sqrt(squares / freedom), float(freedom)


def _indices(
    names: tuple[str, str],
    normal_of: tuple[float, float],
    lsl: float,
    usl: float,
    n: int,
    freedom: float,
) -> dict[str, Any]:
    """Both indices of a mean and deviation, the first one only between two limits."""
    (mean, s), (spread, nearest) = normal_of, names
    sides = [(usl - mean) / (3.0 * s), (mean - lsl) / (3.0 * s)]
    index = min(sides)
    if not (isfinite(lsl) and isfinite(usl)):
        ends, by = of_one_limit(index, n, freedom)
        return {nearest: index, f"{nearest}_95": ends, f"{nearest}_95_by": by}
    both = sum(sides) / 2.0
    return {
        spread: both, f"{spread}_95": of_spread(both, freedom),
        nearest: index, f"{nearest}_95": of_nearest(index, n, freedom),
        f"{nearest}_95_by": "Bissell",
    }  # fmt: skip


def _shape(y: Floats, lsl: float, usl: float) -> dict[str, Any]:
    """Whether the values look normal; where not, indices by percentiles, or that there are none."""
    told = normality(y)
    if not told or told["normal"]:
        return {"normality": told} if told else {}
    return {"normality": told, "by_percentiles": by_percentiles(y, lsl, usl)}


def share(bad: int, count: int) -> dict[str, Any]:
    """A share with its 95 % confidence interval, in parts per million."""
    p = bad / count
    return {"parts": count, "bad": bad, "ppm": 1e6 * p, "ppm_95": wilson(p, count)}


def wilson(p: float, count: int) -> list[float]:
    """The 95 % confidence interval of a share p found among `count`, in parts per million."""
    spread = Z95 * Z95 / count
    middle = (p + spread / 2.0) / (1.0 + spread)
    half = Z95 * sqrt(p * (1.0 - p) / count + spread / (4.0 * count)) / (1.0 + spread)
    return [1e6 * max(middle - half, 0.0), 1e6 * min(middle + half, 1.0)]


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
