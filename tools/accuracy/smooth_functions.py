"""More functions of 3 to 20 inputs on unit cubes: polynomials, exponentials, kinks, ridges,
products, quotients."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement

import numpy as np
from functions import FUNCTIONS, Floats, TestFunction


def cube(n: int) -> Floats:
    return np.tile([0.0, 1.0], (n, 1))


def polynomial(axes: int, degree: int, terms: int, seed: int) -> Callable[[Floats], Floats]:
    """`terms` monomials of 2 x - 1 up to a total degree, normal coefficients."""
    rng = np.random.default_rng(seed)
    every = [t for d in range(degree + 1) for t in combinations_with_replacement(range(axes), d)]
    chosen = [every[j] for j in rng.permutation(len(every))[:terms]]
    c = rng.standard_normal(len(chosen))

    def value(x: Floats) -> Floats:
        t = 2.0 * x - 1.0
        return np.asarray(
            sum(a * np.prod(t[:, list(m)], axis=1) for a, m in zip(c, chosen, strict=True))
        )

    return value


def pairs(x: Floats) -> Floats:
    """A sum of functions of two inputs each."""
    first = np.sin(3.0 * x[:, 0] * x[:, 1]) + np.exp(x[:, 2] - x[:, 3])
    return np.asarray(first + x[:, 4] / (1.0 + x[:, 5]) + np.sqrt(0.1 + x[:, 0] + x[:, 4]))


def exponential(x: Floats) -> Floats:
    return np.asarray(np.exp(0.8 * x.sum(axis=1) - x[:, 0] * x[:, 1]))


def arrhenius(x: Floats) -> Floats:
    """A rate of a reaction times a saturating time."""
    rate = np.exp(4.0 - 5.0 / (0.8 + x[:, 0])) * (0.2 + x[:, 1]) ** 1.5
    return np.asarray((1.0 - np.exp(-rate * (0.2 + x[:, 2]))) * (1.0 + 0.5 * x[:, 3]))


def rational(x: Floats) -> Floats:
    top = 1.0 + x[:, 0] + 2.0 * x[:, 1] * x[:, 2]
    return np.asarray(top / (1.0 + x[:, 3] ** 2 + x[:, 4] * x[:, 0]))


def ridges(x: Floats) -> Floats:
    """Two smooth ridges across all inputs."""
    first = np.linspace(1.0, -0.5, x.shape[1])
    second = np.linspace(-0.3, 0.8, x.shape[1])
    return np.asarray(np.tanh(x @ first - 0.5) + 0.5 * np.cos(2.0 * x @ second))


def product(x: Floats) -> Floats:
    return np.asarray(np.prod(1.0 + np.linspace(0.2, 1.0, x.shape[1]) * x, axis=1))


def welding(x: Floats) -> Floats:
    """Depth from power, speed, spot, absorptivity and preheating."""
    power, speed, spot, share, heat = (0.5 + x).T
    return np.asarray(power * share / np.sqrt(speed * spot) + 0.3 * heat * power / (spot + speed))


def bends(x: Floats) -> Floats:
    """Kinks at unlike places."""
    bent = np.maximum(x[:, 0] - 0.3, 0.0) * (1.0 + x[:, 1]) + np.abs(x[:, 2] - 0.6)
    return np.asarray(bent + 0.5 * np.minimum(x[:, 3], 0.7))


def few_of_many(x: Floats) -> Floats:
    """Five inputs of twenty matter."""
    waves = 10.0 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20.0 * (x[:, 2] - 0.5) ** 2
    return np.asarray(waves + 10.0 * x[:, 3] + 5.0 * x[:, 4])


def step(x: Floats) -> Floats:
    return np.asarray(1.0 * (x[:, 0] + 0.3 * x[:, 1] > 0.6) + 0.5 * x[:, 2])


def waves(x: Floats) -> Floats:
    return np.asarray(np.sin(6.0 * x[:, 0]) * np.cos(4.0 * x[:, 1]) + x[:, 2] * np.sin(5 * x[:, 3]))


MORE = (
    TestFunction("cubic, 12 inputs", cube(12), polynomial(12, 3, 455, 1)),
    TestFunction("200 terms of 20 inputs", cube(20), polynomial(20, 3, 200, 2)),
    TestFunction("quartic, 5 inputs", cube(5), polynomial(5, 4, 60, 3)),
    TestFunction("sum of pairs", cube(6), pairs),
    TestFunction("exponential", cube(6), exponential),
    TestFunction("arrhenius", cube(4), arrhenius),
    TestFunction("rational", cube(5), rational),
    TestFunction("two ridges", cube(6), ridges),
    TestFunction("product", cube(8), product),
    TestFunction("welding", cube(5), welding),
    TestFunction("bends", cube(4), bends, smooth=False),
    TestFunction("5 of 20 inputs", cube(20), few_of_many),
    TestFunction("step", cube(3), step, smooth=False),
    TestFunction("waves", cube(4), waves),
)
EVERY = (*FUNCTIONS, *MORE)
