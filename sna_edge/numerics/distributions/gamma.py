"""The regularised incomplete gamma function, and the chi-square distribution.

Source: Press, Teukolsky, Vetterling and Flannery, Numerical Recipes (2007), section 6.2: a series
below a + 1, a continued fraction (Lentz) above.
"""

from __future__ import annotations

from math import exp, lgamma, log

from .root import above, rising_root

TERMS, LAST = 100_000, 1e-16
TINY = 1e-300


def gamma_below(a: float, x: float) -> float:
    """P(a, x) = int_0^x t^(a-1) e^-t dt / Gamma(a), for a > 0."""
    if x <= 0.0:
        return 0.0
    if x == float("inf"):
        return 1.0
    front = exp(a * log(x) - x - lgamma(a))
    return _series(a, x) * front if x < a + 1.0 else 1.0 - front * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    for i in range(1, TERMS):
        term *= x / (a + i)
        total += term
        if term < total * LAST:
            break
    return total


def _fraction(a: float, x: float) -> float:
    b = x + 1.0 - a
    c, d = 1.0 / TINY, 1.0 / b
    found = d
    for i in range(1, TERMS):
        step = -i * (i - a)
        b += 2.0
        d = step * d + b
        c = b + step / c
        d, c = 1.0 / (d if abs(d) > TINY else TINY), (c if abs(c) > TINY else TINY)
        found *= d * c
        if abs(d * c - 1.0) < LAST:
            break
    return found


def chi_square_below(x: float, freedom: float) -> float:
    """P(X <= x) with so many degrees of freedom."""
    return gamma_below(0.5 * freedom, 0.5 * x)


def chi_square_quantile(p: float, freedom: float) -> float:
    """x with P(X <= x) = p, for 0 < p < 1."""

    def below(x: float) -> float:
        return chi_square_below(x, freedom)

    return rising_root(below, p, 0.0, above(below, p, freedom))
