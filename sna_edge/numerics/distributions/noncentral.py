"""The noncentral t distribution, by quadrature over the standard deviation.

T = (Z + delta) / s with s^2 = chi^2_v / v, so P(T <= t) = E Phi(t s - delta).
"""

from __future__ import annotations

from functools import cache
from math import erfc, lgamma, log, sqrt

import numpy as np
from numpy.typing import NDArray

from .root import rising_root

Floats = NDArray[np.float64]
NODES, REACH = 160, 9.0
"""Of the integral, over so many standard deviations of s on both sides of 1."""


def noncentral_t_below(t: float, freedom: float, delta: float) -> float:
    """P(T <= t) of the noncentral t distribution, to about 1e-12."""
    s, weight = _deviations(freedom)
    shares = [0.5 * erfc((delta - t * one) / sqrt(2.0)) for one in s.tolist()]
    return float(np.dot(shares, weight))


def noncentrality(t: float, freedom: float, p: float) -> float:
    """delta with P(T <= t) = p: the confidence bound of a standardised mean that was found t."""
    reach = 40.0 + 10.0 * abs(t)
    return rising_root(lambda d: 1.0 - noncentral_t_below(t, freedom, d), 1.0 - p, -reach, reach)


@cache
def _deviations(freedom: float) -> tuple[Floats, Floats]:
    """Nodes s and weights of the distribution of s with v degrees of freedom: density
    2 (v/2)^(v/2) / Gamma(v/2) s^(v-1) exp(-v s^2 / 2)."""
    half = REACH / sqrt(2.0 * freedom)
    lower, upper = max(1.0 - half, 0.0), 1.0 + half
    node, weight = np.polynomial.legendre.leggauss(NODES)
    s = 0.5 * (upper + lower) + 0.5 * (upper - lower) * node
    front = log(2.0) + 0.5 * freedom * log(0.5 * freedom) - lgamma(0.5 * freedom)
    density = np.exp(front + (freedom - 1.0) * np.log(s) - 0.5 * freedom * s * s)
    return s, 0.5 * (upper - lower) * weight * density
