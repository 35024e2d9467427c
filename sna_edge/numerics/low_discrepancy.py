"""The one low-discrepancy sequence: points that fill a box evenly, however many are taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 64
"""Fixed-point steps for the root: each divides the error by more than three."""


def points(count: int, dimensions: int, seed: int | None = 0, first: int = 0) -> Floats:
    """z_i = frac(shift + i a), a_j = g^-(j+1), g the positive root of g^(U+1) = g + 1: points
    [count, U] in [0, 1), i = first + 1, first + 2, ..

    `seed` draws the shift; without one (None) it is 1/2. Source: Roberts, The unreasonable
    effectiveness of quasirandom sequences (2018).

    >>> points(3, 2, seed=None).round(3)
    array([[0.255, 0.07 ],
           [0.01 , 0.64 ],
           [0.765, 0.21 ]])
    """
    root = 2.0
    for _ in range(ROUNDS):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))
    rates = (1.0 / root) ** np.arange(1, dimensions + 1)
    shift = 0.5 if seed is None else np.random.default_rng(seed).random(dimensions)
    return np.asarray((shift + np.outer(np.arange(first + 1, first + count + 1), rates)) % 1.0)
