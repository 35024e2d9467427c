"""The regularised incomplete beta function, and the beta and F distributions.

Source: Press, Teukolsky, Vetterling and Flannery, Numerical Recipes (2007), section 6.4.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p

from .gamma import LAST, TERMS, TINY
from .root import rising_root


def beta_below(x: float, a: float, b: float) -> float:
    """I_x(a, b) = int_0^x t^(a-1) (1-t)^(b-1) dt / B(a, b), for a, b > 0."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1.0 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, _away(1.0 - (a + b) * x / (a + 1.0))
    d = 1.0 / d
    found = d
    for m in range(1, TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for step in (even, odd):
            d, c = 1.0 / _away(1.0 + step * d), _away(1.0 + step / c)
            found *= d * c
        if abs(d * c - 1.0) < LAST:
            break
    return found


def _away(value: float) -> float:
    """The value, kept from 0."""
    return value if abs(value) > TINY else TINY


def beta_quantile(p: float, a: float, b: float) -> float:
    """x with I_x(a, b) = p, for 0 < p < 1."""
    return rising_root(lambda x: beta_below(x, a, b), p, 0.0, 1.0)


def f_above(x: float, d1: float, d2: float) -> float:
    """P(F > x) with d1 and d2 degrees of freedom."""
    return beta_below(d2 / (d2 + d1 * x), 0.5 * d2, 0.5 * d1) if x > 0.0 else 1.0


def f_quantile(p: float, d1: float, d2: float) -> float:
    """x with P(F <= x) = p, for 0 < p < 1: the share 1 / (1 + d1 x / d2) is beta distributed."""
    share = beta_quantile(1.0 - p, 0.5 * d2, 0.5 * d1)
    return d2 * (1.0 - share) / (d1 * share)
