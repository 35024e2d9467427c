"""Whether values look normal, and the percentiles that indices go by where they do not.

Sources: Anderson and Darling, J. Am. Stat. Assoc. 49 (1954); D'Agostino and Stephens,
Goodness-of-Fit Techniques (1986), table 4.9, for p; Yeo and Johnson, Biometrika 87 (2000), for the
transform; ISO 22514-2 for indices by percentiles.
"""

from __future__ import annotations

from math import erfc, exp, inf, isfinite, log, log1p, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEWEST = 8
"""Values below which nothing is said."""
UNLIKELY = 0.005
"""p from which down values are called not normal."""
FITS = 0.05
"""p from which up a transform has made them normal."""
MANY = 1000
"""Values from which on the 0.135 % percentile is read from them."""
SIGMAS = 3.0
POWERS = np.linspace(-3.0, 5.0, 81)
LEAST = 1e-300


def normality(y: Floats) -> dict[str, Any]:
    """Anderson-Darling of y [N]: `statistic`, `p`, `normal` and `says`; empty for too few values.

    >>> normality(np.arange(5.0))
    {}
    """
    if len(y) < FEWEST:
        return {}
    found = anderson_darling(y)
    p = p_of(found, len(y))
    normal = p > UNLIKELY
    told = f"p = {p:.2g}" if p >= 1e-4 else "p below 0.0001"
    says = f"{'look' if normal else 'do not look'} normal (Anderson-Darling {found:.3g}, {told})"
    return {"statistic": found, "p": p, "normal": normal, "says": f"the values {says}"}


def anderson_darling(y: Floats) -> float:
    """A^2 = -n - sum (2 i - 1) / n (ln F(z_i) + ln(1 - F(z_(n+1-i)))) of the standardised values in
    their order."""
    n = len(y)
    z = ((np.sort(y) - y.mean()) / y.std(ddof=1)).tolist()
    below = np.array([log(max(0.5 * erfc(-one / sqrt(2.0)), LEAST)) for one in z])
    above = np.array([log(max(0.5 * erfc(one / sqrt(2.0)), LEAST)) for one in reversed(z)])
    return float(-n - np.sum((2.0 * np.arange(1, n + 1) - 1.0) / n * (below + above)))


def p_of(statistic: float, n: int) -> float:
    """How often normal values with mean and deviation estimated have a larger A^2."""
    a = statistic * (1.0 + 0.75 / n + 2.25 / n**2)
    if a >= 0.6:
        return exp(1.2937 - 5.709 * a + 0.0186 * a * a) if a < 13.0 else 0.0
    if a >= 0.34:
        return exp(0.9177 - 4.279 * a - 1.38 * a * a)
    if a >= 0.2:
        return 1.0 - exp(-8.318 + 42.796 * a - 59.938 * a * a)
    return 1.0 - exp(-13.436 + 101.14 * a - 223.73 * a * a)


def percentiles(y: Floats) -> tuple[list[float], str] | None:
    """The percentiles 0.135, 50 and 99.865 % of y [N] and what they are of: the values in their
    order from MANY on, else a power transform that makes them normal; None where none does."""
    if len(y) >= MANY:
        shares = [0.00135, 0.5, 0.99865]
        read = np.quantile(y, shares, method="median_unbiased")
        return read.tolist(), f"percentiles of {len(y)} values"
    if len(y) < FEWEST:
        return None
    middle, scale = float(np.median(y)), float(y.std(ddof=1))
    z = (y - middle) / scale
    power = float(POWERS[int(np.argmax([_likelihood(z, one) for one in POWERS]))])
    moved = _forward(z, power)
    if p_of(anderson_darling(moved), len(y)) < FITS:
        return None
    mean, s = float(moved.mean()), float(moved.std(ddof=1))
    ends = [middle + scale * _back(mean + k * s, power) for k in (-SIGMAS, 0.0, SIGMAS)]
    return (ends, f"a power transform, lambda {power:.1f}") if all(map(isfinite, ends)) else None


def _likelihood(z: Floats, power: float) -> float:
    spread = float(_forward(z, power).var())
    if not 0.0 < spread < inf:
        return -inf
    return -0.5 * len(z) * log(spread) + (power - 1.0) * float(
        np.sum(np.sign(z) * np.log1p(np.abs(z)))
    )


def _forward(z: Floats, power: float) -> Floats:
    """((1 + z)^L - 1) / L above 0, -((1 - z)^(2 - L) - 1) / (2 - L) below; logarithms at 0."""
    return np.where(z >= 0, _power(np.maximum(z, 0), power), -_power(np.maximum(-z, 0), 2 - power))


def _power(size: Floats, power: float) -> Floats:
    logs = np.log1p(size)
    return logs if abs(power) < 1e-9 else np.expm1(power * logs) / power


def _back(t: float, power: float) -> float:
    """z of a transformed number; infinite where none is."""
    own = power if t >= 0 else 2.0 - power
    size = abs(t)
    if abs(own) < 1e-9:
        found = exp(size) - 1.0 if size < 700 else inf
    else:
        found = exp(log1p(own * size) / own) - 1.0 if own * size > -1.0 else inf
    return found if t >= 0 else -found
