"""Round numbers for the axes of a plot."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10


def linear(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` multiples of 1, 2 or 5 times a power of ten inside [low, high]."""
    if not (isfinite(low) and isfinite(high)) or high <= low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-12))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def decades(low: float, high: float, count: int = 6) -> list[float]:
    """Powers of ten inside [low, high], every n-th where there are many."""
    first, last = ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9)
    every = max(1, ceil((last - first + 1) / count))
    return [10.0**e for e in range(first, last + 1, every)]


def label(value: float) -> str:
    """Short text: '0.25', '1500', '1e-6'."""
    if value == 0 or abs(value) < 1e-12:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.6g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return (
        f"{'' if mantissa == '1' else mantissa + '·'}10<tspan dy='-4'"
        f" font-size='75%'>{int(exponent)}</tspan>"
    )
