"""The standard normal quantile by sums, products, quotients and roots alone, which every processor
rounds alike: C and numpy give the same bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477: numerator, denominator of
# the centre |p - 1/2| <= 0.425, of sqrt(-log r) <= 5, of the far tails; highest power first
CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
TAIL = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
     1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
     0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187,
     1.0),
)  # fmt: skip
FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
     0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358,
     5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531,
     0.59983220655588793769, 1.0),
)  # fmt: skip
LN2 = 0.6931471805599453
ROOT_HALF = 0.7071067811865476
TERMS = 9
"""Of the series 2 atanh(s) = 2 (s + s^3 / 3 + ..), |s| < 0.172: 1e-15 of the logarithm."""


def quantile(p: Floats) -> Floats:
    """z [N] with Phi(z) = p for 0 < p < 1, to 1e-13 or better."""
    q = p - 0.5
    r = 0.180625 - q * q
    t = np.sqrt(-log(np.where(p < 1.0 - p, p, 1.0 - p)))
    tail = np.where(t <= 5.0, _ratio(TAIL, t - 1.6), _ratio(FAR, t - 5.0))
    tail = np.where(q < 0.0, -tail, tail)
    return np.where(r >= 0.0, q * _ratio(CENTRE, r), tail)


def log(x: Floats) -> Floats:
    """Natural logarithm of x = m 2^e, sqrt(1/2) <= m < sqrt 2: e ln 2 + 2 atanh((m - 1) / (m + 1));
    for normal positive numbers."""
    m, e = np.frexp(x)
    low = m < ROOT_HALF
    m, e = np.where(low, m + m, m), np.where(low, e - 1, e).astype(float)
    s = (m - 1.0) / (m + 1.0)
    square, series = s * s, np.full_like(s, 1.0 / (2 * TERMS + 1))
    for k in range(TERMS - 1, -1, -1):
        series = series * square + 1.0 / (2 * k + 1)
    return e * LN2 + (s + s) * series


def _ratio(of: tuple[tuple[float, ...], tuple[float, ...]], x: Floats) -> Floats:
    return _polynomial(of[0], x) / _polynomial(of[1], x)


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    value = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        value = value * x + c
    return value
