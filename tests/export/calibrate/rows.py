"""Rows with known sizes of their residuals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, Model, Output, level_axis, spline_axis

Floats = NDArray[np.float64]


def plane(names: str = "ab", link: str = "identity", levels: tuple[str, ...] = ()) -> Model:
    """y = g(sum of the inputs in 0..1); with `levels` one more input that changes nothing."""
    axes = [spline_axis(n, "m", 0, 1, spans=1, degree=1) for n in names]
    tables, modes = [np.array([[0.0], [1.0]])] * len(axes), list(np.arange(len(axes))[:, None])
    if levels:
        axes.append(level_axis("machine", levels))
        tables.append(np.zeros((len(levels), 0)))
        modes.append(np.zeros(0, int))
    work = CP(tuple(tables), tuple(modes), np.ones((len(names), 1)))
    return Model(axes, work, [Output("y", "m", link)])


def inputs(n: int, d: int, seed: int) -> Floats:
    return np.random.default_rng(seed).uniform(size=(n, d))


def noise(n: int, seed: int) -> Floats:
    return np.random.default_rng(1000 + seed).normal(size=n)
