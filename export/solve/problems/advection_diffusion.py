"""u_t + a u_x + b u_y = k lap u + q: a plume over two space axes, time, two velocities and the
diffusivity.

Reference, independent of the solver: both factors of u = int_0^t X(x, s) Y(y, s) ds solve
one-dimensional problems, whose sine series after the substitution X = exp(a x / 2k) w is exact.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike, NDArray

from ..weak_form.axes import ProblemAxis, parameter, space, time
from ..weak_form.forms import Expression, d, test, unknown
from ..weak_form.problem import Problem

Floats = NDArray[np.float64]
CENTRE = (0.35, 0.5)  # of the source, m
WIDTH = 0.12  # standard deviation of the source, m
SERIES = 160  # sine terms: the source's spectrum is below 1e-16 from n = 25 on


def advection_diffusion(*, spans: int = 14, degree: int = 4, time_spans: int = 8) -> Problem:
    """int u_t v + a u_x v + b u_y v + k grad u . grad v = int q v, u = 0 at the border and at t =
    0.

    The axes stand so that those which couple most are neighbours: ranks of the train stay small.
    """
    x = space("x", 0.0, 1.0, spans=spans, degree=degree, zero="both")
    y = space("y", 0.0, 1.0, spans=spans, degree=degree, zero="both")
    t = time("t", 0.0, 0.5, spans=time_spans, degree=degree)
    a = parameter("velocity_x", 0.2, 1.0, spans=3, degree=4, unit="m/s")
    b = parameter("velocity_y", -0.5, 0.5, spans=3, degree=4, unit="m/s")
    k = parameter("diffusivity", 0.03, 0.1, spans=3, degree=4, unit="m2/s")
    weak, load = _forms(x, y, t, a, b, k)
    return Problem(
        "advection-diffusion",
        (a, x, t, k, y, b),
        weak,
        load,
        output="concentration",
        unit="1",
        title="Advection and diffusion of a plume, six-dimensional",
        reference=reference,
        defaults={"tolerance": 3e-4, "rank_max": 24},
    )


def plume(a: float, b: float, k: float, *, spans: int = 6, degree: int = 3) -> Problem:
    """The same at one point of the parameters: axes x, y, t."""
    x, y = (space(n, 0.0, 1.0, spans=spans, degree=degree, zero="both") for n in "xy")
    t = time("t", 0.0, 0.5, spans=spans, degree=degree)
    weak, load = _forms(x, y, t, a, b, k)
    return Problem("plume", (x, y, t), weak, load, defaults={"tolerance": 1e-6, "rank_max": 30})


def _forms(
    x: ProblemAxis,
    y: ProblemAxis,
    t: ProblemAxis,
    a: ProblemAxis | float,
    b: ProblemAxis | float,
    k: ProblemAxis | float,
) -> tuple[Expression, Expression]:
    u, v = unknown(), test()
    weak = (
        d(u, t) * v
        + a * d(u, x) * v
        + b * d(u, y) * v
        + k * (d(u, x) * d(v, x) + d(u, y) * d(v, y))
    )
    source = x.function(lambda s: bump(s, CENTRE[0])) * y.function(lambda s: bump(s, CENTRE[1]))
    return weak, source * v


def bump(s: ArrayLike, centre: float) -> Floats:
    """exp(-(s - c)^2 / (2 width^2))."""
    return np.exp(-0.5 * ((np.asarray(s) - centre) / WIDTH) ** 2)


def reference(points: ArrayLike) -> Floats:
    """The independent solution at points [N, 6]: series in space, 80-point Gauss quadrature in
    time."""
    nodes, weights = leggauss(80)
    out = []
    for a, x, t, k, y, b in np.asarray(points, dtype=float):
        s = t * (nodes + 1) / 2
        out.append(t / 2 * weights @ (_line(x, s, a, k, CENTRE[0]) * _line(y, s, b, k, CENTRE[1])))
    return np.array(out)


def _line(x: float, s: Floats, a: float, k: float, centre: float) -> Floats:
    """X(x, s) of X_s + a X_x = k X_xx, X = 0 at 0 and 1, X(., 0) = bump."""
    z, w = leggauss(400)
    z, w = (z + 1) / 2, w / 2
    n = np.arange(1, SERIES + 1)
    start = bump(z, centre) * np.exp(-a * (z - x) / (2 * k))
    coefficients = 2 * (w * start) @ np.sin(pi * np.outer(z, n))
    decay = np.exp(-np.outer(s, k * (n * pi) ** 2 + a * a / (4 * k)))
    return np.asarray(decay @ (coefficients * np.sin(n * pi * x)))
