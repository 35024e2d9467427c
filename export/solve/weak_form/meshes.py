"""Breaks that crowd around a point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from .errors import ProblemError

Floats = NDArray[np.float64]


def sinh_breaks(lower: float, upper: float, spans: int, focus: float, smallest: float) -> Floats:
    """x = focus + L sinh(s) on equal steps of s, [S+1]: spans of width about `smallest` at the
    focus, growing smoothly.

    L is chosen so that `spans` of them reach both ends. Raises ProblemError where equal spans are
    already smaller.
    """
    if smallest * spans >= upper - lower:
        raise ProblemError(
            f"{spans} spans of {smallest:g} already fill [{lower:g}, {upper:g}]; use fewer or"
            " smaller ones"
        )

    def excess(scale: float) -> float:
        reach = np.arcsinh((upper - focus) / scale) - np.arcsinh((lower - focus) / scale)
        return float(reach * scale / smallest - spans)

    width = upper - lower
    scale = brentq(excess, 1e-6 * smallest, 1e3 * width)
    s = np.linspace(
        np.arcsinh((lower - focus) / scale), np.arcsinh((upper - focus) / scale), spans + 1
    )
    breaks = focus + scale * np.sinh(s)
    breaks[0], breaks[-1] = lower, upper
    return np.asarray(breaks)
