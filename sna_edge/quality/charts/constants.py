"""What ranges and standard deviations of n independent normal numbers are on average.

    d2 = E R,  d3 = standard deviation of R,  c4 = E s           (in standard deviations)

The factors of printed tables follow: A2 = 3 / (d2 sqrt(n)), D3, D4 = 1 -+ 3 d3 / d2,
A3 = 3 / (c4 sqrt(n)), B3, B4 = 1 -+ 3 sqrt(1 - c4^2) / c4, none below 0.
"""

from __future__ import annotations

from functools import cache
from math import erfc, exp, lgamma, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NODES, REACH = 96, 8.5
"""Of the integrals over one number, within so many deviations."""


def c4(n: int) -> float:
    """sqrt(2 / (n - 1)) Gamma(n / 2) / Gamma((n - 1) / 2), for n >= 2.

    >>> round(c4(5), 4)
    0.94
    """
    return sqrt(2.0 / (n - 1)) * exp(lgamma(0.5 * n) - lgamma(0.5 * (n - 1)))


def d2(n: int) -> float:
    """int 1 - (1 - Phi(x))^n - Phi(x)^n dx, for n >= 2.

    >>> round(d2(5), 3)
    2.326
    """
    return _range(n)[0]


def d3(n: int) -> float:
    """sqrt(E R^2 - d2^2), for n >= 2.

    >>> round(d3(5), 3)
    0.864
    """
    return _range(n)[1]


@cache
def _range(n: int) -> tuple[float, float]:
    """Mean and standard deviation of the range: E R = int P(R > w) dw, E R^2 = 2 int w P(R > w) dw,
    P(R <= w) = n int phi(x) (Phi(x + w) - Phi(x))^(n-1) dx."""
    node, weight = np.polynomial.legendre.leggauss(NODES)
    x, wx = REACH * node, REACH * weight
    w, ww = REACH * (node + 1.0), REACH * weight
    density = n * np.exp(-0.5 * x * x) / sqrt(2.0 * np.pi) * wx
    between = _below(x[None, :] + w[:, None]) - _below(x)[None, :]
    over = 1.0 - between ** (n - 1) @ density
    mean, square = float(ww @ over), 2.0 * float(ww @ (w * over))
    return mean, sqrt(square - mean * mean)


def _below(x: Floats) -> Floats:
    found = [0.5 * erfc(-one / sqrt(2.0)) for one in x.ravel().tolist()]
    return np.array(found).reshape(x.shape)
