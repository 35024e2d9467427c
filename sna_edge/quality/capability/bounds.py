"""How sure an index of capability is: the interval that holds the true one at a confidence of 95 %.

With v degrees of freedom of the deviation s, n values, z the normal quantile of 97.5 % and
a = (mean - target) / s:

    Cp, Pp     C sqrt(chi^2_v / v) at 2.5 and 97.5 %
    Cpk, Ppk   C +- z sqrt(1 / (9 n) + C^2 / (2 v))            two limits: Bissell
               3 C sqrt(n) is noncentral t with v, delta / (3 sqrt(n))   one limit: exact
    Cpm        C sqrt(chi^2_w / w),  w = n (1 + a^2)^2 / (1 + 2 a^2)       Boyles

Sources: Bissell, Appl. Stat. 39 (1990); Boyles, J. Qual. Technol. 23 (1991); Kushler and Hurley, J.
Qual. Technol. 24 (1992), for one limit; ISO 22514-2.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt

from ...numerics.distributions import chi_square_quantile, noncentrality

Z95 = 1.959963984540054
TAILS = 0.025, 0.975
MOST_EXACT = 5000
"""Values from which on the exact interval of one limit is that of Bissell, to 1e-4."""
FIRST, NEXT = 2.0 - 4.0 / pi, 4.0 / pi * (sqrt(0.75) + pi / 12.0 - 1.0)
"""Variance of a moving range of two normal numbers, and covariance with the next one, in
variances."""


@lru_cache(maxsize=64)
def of_spread(index: float, freedom: float) -> list[float]:
    """The interval of Cp or Pp."""
    return [index * sqrt(chi_square_quantile(p, freedom) / freedom) for p in TAILS]


def of_nearest(index: float, n: int, freedom: float) -> list[float]:
    """The interval of Cpk or Ppk between two limits."""
    error = sqrt(1.0 / (9.0 * n) + index * index / (2.0 * freedom))
    return [index - Z95 * error, index + Z95 * error]


@lru_cache(maxsize=64)
def of_one_limit(index: float, n: int, freedom: float) -> tuple[list[float], str]:
    """The interval of Cpk or Ppk with one limit, and whose it is."""
    if n > MOST_EXACT:
        return of_nearest(index, n, freedom), "Bissell"
    scale = 3.0 * sqrt(n)
    ends = [noncentrality(scale * index, freedom, p) / scale for p in reversed(TAILS)]
    return ends, "noncentral t"


def of_target(index: float, n: int, off: float) -> list[float]:
    """The interval of Cpm, `off` the distance of mean and target in deviations."""
    return of_spread(index, n * (1.0 + off * off) ** 2 / (1.0 + 2.0 * off * off))


def moving_range_freedom(n: int) -> float:
    """Degrees of freedom of a deviation from the mean moving range of n values: 1 / (2 times the
    variance of its logarithm), about 0.605 n."""
    mean_square = 4.0 / pi
    variance = ((n - 1) * FIRST + 2.0 * (n - 2) * NEXT) / (n - 1) ** 2
    return 0.5 * mean_square / variance
