"""Indices by percentiles of values that are not normal, and how sure they are at 95 %.

    Pp = (USL - LSL) / (X99 - X0),   Ppk = min((USL - X50) / (X99 - X50), (X50 - LSL) / (X50 - X0))

A percentile lies between two of the values in their order: X_p between the a-th and the b-th of n,
where a binomial B of n and p is below a, or not below b, in 0.05 / 6 of all cases each, so that all
three do at 95 %, whatever the values are distributed like. The interval of an index holds all that
it may be then: cautious. With fewer than 3,544 values nothing bounds X0 and X99 from outside: the
index is at most so much, and its lower end is 0. A power transform gives an index of fewer values,
and no sharper interval: drawing the values again (bootstrap) covers the indices of lognormal,
gamma and Weibull values in 0 to 96 % in place of 95, since the tail that it goes on with is its
own.

Sources: David and Nagaraja, Order Statistics (2003), section 7.1; ISO 22514-2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import inf, isfinite, log, log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .normality import percentiles

Floats = NDArray[np.float64]
SHARES = 0.00135, 0.5, 0.99865
MISSED = 0.05 / 3.0
"""Of the interval of each of three percentiles."""


def by_percentiles(y: Floats, lsl: float, usl: float) -> dict[str, Any]:
    """Of values y [N]: the indices with their intervals (`NAME_95`), and what the percentiles are
    of (`by`); empty where there are none."""
    found = percentiles(y)
    if found is None or not found[0][0] < found[0][1] < found[0][2]:
        return {}
    (low, middle, high), by = found
    told: dict[str, Any] = {}
    between = isfinite(lsl) and isfinite(usl)
    ends = _ordered(y, lsl, usl)
    if between:
        told |= {"Pp": (usl - lsl) / (high - low), "Pp_95": ends[0]}
    told |= {"Ppk": _nearest((low, middle, high), lsl, usl), "Ppk_95": ends[1], "by": by}
    return told


def _ordered(y: Floats, lsl: float, usl: float) -> tuple[list[float], list[float]]:
    """The intervals by values in their order."""
    known = np.concatenate([[-inf], np.sort(y), [inf]])
    between = [[float(known[i]) for i in ranks(len(y), p)] for p in SHARES]
    corners = [c for c in product(*between) if c[0] < c[1] < c[2]]
    nearest = [_nearest(c, lsl, usl) for c in corners]
    least, most = between[2][0] - between[0][1], between[2][1] - between[0][0]
    spread = [(usl - lsl) / most if isfinite(most) else 0.0, (usl - lsl) / max(least, 1e-300)]
    return spread, [min(nearest), max(nearest)]


def _nearest(corner: Sequence[float], lsl: float, usl: float) -> float:
    """Ppk where percentiles may be infinite: 0 on that side."""
    low, middle, high = corner
    sides = []
    if isfinite(usl):
        sides.append((usl - middle) / (high - middle) if isfinite(high) else 0.0)
    if isfinite(lsl):
        sides.append((middle - lsl) / (middle - low) if isfinite(low) else 0.0)
    return min(sides)


def ranks(n: int, p: float) -> tuple[int, int]:
    """The a-th and b-th of n values in their order, between which the percentile of the share p
    lies: P(B < a) and P(B >= b) are at most MISSED / 2; 0 and n + 1 where no value bounds it.

    >>> ranks(100, 0.5)
    (38, 63)
    """
    i = np.arange(n + 1)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, n + 1.0)))])
    ways = factorials[n] - factorials - factorials[::-1]
    cdf = np.cumsum(np.exp(ways + i * log(p) + (n - i) * log1p(-p)))
    a = int(np.searchsorted(cdf, MISSED / 2.0, side="right"))
    b = int(np.searchsorted(cdf, 1.0 - MISSED / 2.0, side="left")) + 1
    return a, min(b, n + 1)
