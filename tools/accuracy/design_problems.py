"""Functions whose smallest value is known, on their usual boxes.

Source: Surjanovic and Bingham, Virtual Library of Simulation Experiments (Branin, Hartmann,
Goldstein-Price, Ackley).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
A3 = np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]])
P3 = 1e-4 * np.array(
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
)
A6 = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
P6 = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


@dataclass(frozen=True)
class Problem:
    """value(x) [N] of x [N, D] inside bounds [D, 2]; its least value."""

    name: str
    bounds: Floats
    value: Callable[[Floats], Floats]
    least: float

    def range(self) -> float:
        """Largest less smallest value, the largest over 100,000 random settings."""
        unit = np.random.default_rng(0).random((100_000, len(self.bounds)))
        x = self.bounds[:, 0] + unit * np.ptp(self.bounds, axis=1)
        return float(self.value(x).max()) - self.least


def branin(x: Floats) -> Floats:
    a, b = x.T
    bend = b - 5.1 / (4 * np.pi**2) * a * a + 5 / np.pi * a - 6
    return np.asarray(bend**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10)


def hartmann(a: Floats, p: Floats) -> Callable[[Floats], Floats]:
    def value(x: Floats) -> Floats:
        square = np.einsum("id,nid->ni", a, (x[:, None, :] - p) ** 2)
        return np.asarray(-np.exp(-square) @ ALPHA)

    return value


def goldstein_price(x: Floats) -> Floats:
    a, b = x.T
    one = 19 - 14 * a + 3 * a * a - 14 * b + 6 * a * b + 3 * b * b
    two = 18 - 32 * a + 12 * a * a + 48 * b - 36 * a * b + 27 * b * b
    return np.asarray((1 + (a + b + 1) ** 2 * one) * (30 + (2 * a - 3 * b) ** 2 * two))


def ackley(x: Floats) -> Floats:
    far = np.sqrt(np.mean(x * x, axis=1))
    waves = np.mean(np.cos(2 * np.pi * x), axis=1)
    return np.asarray(-20 * np.exp(-0.2 * far) - np.exp(waves) + 20 + np.e)


def box(low: float, high: float, dimensions: int) -> Floats:
    return np.tile([low, high], (dimensions, 1)).astype(float)


PROBLEMS = (
    Problem("Branin", np.array([[-5.0, 10.0], [0.0, 15.0]]), branin, 0.39788736),
    Problem("Goldstein-Price", box(-2, 2, 2), goldstein_price, 3.0),
    Problem("Ackley on [-5, 10]", box(-5, 10, 2), ackley, 0.0),
    Problem("Hartmann 3", box(0, 1, 3), hartmann(A3, P3), -3.86278215),
    Problem("Hartmann 6", box(0, 1, 6), hartmann(A6, P6), -3.32236801),
)
