"""Smooth, kinked and interacting test functions on unit cubes, scaled to the ranges of their
sources.

Sources: Surjanovic and Bingham, Virtual Library of Simulation Experiments (borehole, OTL circuit,
piston, wing weight, robot arm, Ishigami, Friedman, environmental model, Sobol G, Franke); each line
of bounds is an input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TestFunction:
    """value(x) [N] of x [N, D] inside bounds [D, 2]; `smooth` tells whether it is analytic."""

    name: str
    bounds: Floats
    value: Callable[[Floats], Floats]
    smooth: bool = True

    def rows(self, count: int, seed: int) -> tuple[Floats, Floats]:
        """A Latin hypercube of `count` rows and its values."""
        unit = latin_hypercube(count, len(self.bounds), np.random.default_rng(seed))
        x = self.bounds[:, 0] + unit * np.ptp(self.bounds, axis=1)
        return x, self.value(x)

    def uniform(self, count: int, seed: int) -> tuple[Floats, Floats]:
        """Uniform rows for scoring."""
        unit = np.random.default_rng(seed).random((count, len(self.bounds)))
        x = self.bounds[:, 0] + unit * np.ptp(self.bounds, axis=1)
        return x, self.value(x)


def latin_hypercube(count: int, n_axes: int, rng: np.random.Generator) -> Floats:
    return np.asarray(
        (np.argsort(rng.random((n_axes, count)), axis=1).T + rng.random((count, n_axes))) / count
    )


def borehole(x: Floats) -> Floats:
    rw, r, tu, hu, tl, hl, length, kw = x.T
    log = np.log(r / rw)
    return np.asarray(
        2 * np.pi * tu * (hu - hl) / (log * (1 + 2 * length * tu / (log * rw**2 * kw) + tu / tl))
    )


def otl_circuit(x: Floats) -> Floats:
    rb1, rb2, rf, rc1, rc2, beta = x.T
    vb1, gain = 12 * rb2 / (rb1 + rb2), beta * (rc2 + 9)
    total = gain + rf
    return np.asarray(
        (vb1 + 0.74) * gain / total + 11.35 * rf / total + 0.74 * rf * gain / (total * rc1)
    )


def piston(x: Floats) -> Floats:
    m, s, v0, k, p0, ta, t0 = x.T
    a = p0 * s + 19.62 * m - k * v0 / s
    v = s / (2 * k) * (np.sqrt(a**2 + 4 * k * p0 * v0 / t0 * ta) - a)
    return np.asarray(2 * np.pi * np.sqrt(m / (k + s**2 * p0 * v0 / t0 * ta / v**2)))


def wing_weight(x: Floats) -> Floats:
    sw, wfw, a, sweep, q, taper, tc, nz, wdg, wp = x.T
    cos = np.cos(np.deg2rad(sweep))
    power = sw**0.758 * wfw**0.0035 * (a / cos**2) ** 0.6 * q**0.006 * taper**0.04
    return np.asarray(0.036 * power * (100 * tc / cos) ** -0.3 * (nz * wdg) ** 0.49 + sw * wp)


def robot_arm(x: Floats) -> Floats:
    angles, lengths = np.cumsum(x[:, :4], axis=1), x[:, 4:]
    return np.asarray(
        np.hypot((lengths * np.cos(angles)).sum(axis=1), (lengths * np.sin(angles)).sum(axis=1))
    )


def ishigami(x: Floats) -> Floats:
    return np.asarray(
        np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    )


def friedman(x: Floats) -> Floats:
    return np.asarray(
        10 * np.sin(np.pi * x[:, 0] * x[:, 1])
        + 20 * (x[:, 2] - 0.5) ** 2
        + 10 * x[:, 3]
        + 5 * x[:, 4]
    )


def environmental(x: Floats) -> Floats:
    """Concentration at s = 1.5, t = 50 after two spills."""
    m, d, length, tau = x.T
    s, t = 1.5, 50.0
    first = m / np.sqrt(4 * np.pi * d * t) * np.exp(-(s**2) / (4 * d * t))
    second = (
        m / np.sqrt(4 * np.pi * d * (t - tau)) * np.exp(-((s - length) ** 2) / (4 * d * (t - tau)))
    )
    return np.asarray(np.sqrt(4 * np.pi) * (first + second))


def sobol_g(x: Floats) -> Floats:
    """Product with a kink at 1/2 on every axis."""
    a = (np.arange(1, x.shape[1] + 1) - 2) / 2
    return np.asarray(np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1))


def franke_ridge(x: Floats) -> Floats:
    """A ridge across the axes: no low rank."""
    return np.asarray(np.tanh(3 * (x[:, 0] + x[:, 1] - x[:, 2] - 0.5)) + np.abs(x[:, 0] - x[:, 1]))


def _bounds(*pairs: tuple[float, float]) -> Floats:
    return np.array(pairs, dtype=float)


def _unit(n: int) -> Floats:
    return _bounds(*[(0.0, 1.0)] * n)


FUNCTIONS = (
    TestFunction(
        "borehole",
        _bounds(
            (0.05, 0.15),
            (100, 50000),
            (63070, 115600),
            (990, 1110),
            (63.1, 116),
            (700, 820),
            (1120, 1680),
            (9855, 12045),
        ),
        borehole,
    ),
    TestFunction(
        "otl circuit",
        _bounds((50, 150), (25, 70), (0.5, 3), (1.2, 2.5), (0.25, 1.2), (50, 300)),
        otl_circuit,
    ),
    TestFunction(
        "piston",
        _bounds(
            (30, 60),
            (0.005, 0.02),
            (0.002, 0.01),
            (1000, 5000),
            (90000, 110000),
            (290, 296),
            (340, 360),
        ),
        piston,
    ),
    TestFunction(
        "wing weight",
        _bounds(
            (150, 200),
            (220, 300),
            (6, 10),
            (-10, 10),
            (16, 45),
            (0.5, 1),
            (0.08, 0.18),
            (2.5, 6),
            (1700, 2500),
            (0.025, 0.08),
        ),
        wing_weight,
    ),
    TestFunction(
        "robot arm", _bounds(*[(0, 2 * np.pi)] * 4, *[(0, 1)] * 4), robot_arm, smooth=False
    ),
    TestFunction("ishigami", _bounds(*[(-np.pi, np.pi)] * 3), ishigami),
    TestFunction("friedman", _unit(5), friedman),
    TestFunction(
        "environmental", _bounds((7, 13), (0.02, 0.12), (0.01, 3), (30.01, 30.295)), environmental
    ),
    TestFunction("sobol g", _unit(5), sobol_g, smooth=False),
    TestFunction("ridge", _unit(3), franke_ridge, smooth=False),
)
