"""Where a rising function reaches a number, by halving."""

from __future__ import annotations

from collections.abc import Callable

HALVINGS = 400
"""From the widest bracket of doubles down to neighbours."""


def rising_root(f: Callable[[float], float], target: float, lower: float, upper: float) -> float:
    """x in [lower, upper] where the rising f reaches `target`, to the last digits of x."""
    for _ in range(HALVINGS):
        middle = 0.5 * (lower + upper)
        if not lower < middle < upper or upper - lower <= 1e-15 * abs(middle):
            break
        if f(middle) < target:
            lower = middle
        else:
            upper = middle
    return 0.5 * (lower + upper)


def above(f: Callable[[float], float], target: float, start: float) -> float:
    """The first of start, 2 start, 4 start, .. where the rising f is at least `target`."""
    end = start
    while f(end) < target and end < 1e300:
        end *= 2.0
    return end
