"""u_t + a u_x + b u_y = k lap u + q: a plume over two space axes, time, two velocities and the
diffusivity.

Reference, independent of the solver: both factors of u = int_0^t X(x, s) Y(y, s) ds solve
one-dimensional problems, by the method of images after the substitution X = exp(a x / 2k) w.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf, erfcx

from ..weak_form.axes import ProblemAxis, parameter, space, time_axis
from ..weak_form.forms import Expression, d, test_function, unknown
from ..weak_form.problem import Problem

Floats = NDArray[np.float64]
CENTRE = (0.35, 0.5)  # of the source, m
WIDTH = 0.12  # standard deviation of the source, m
IMAGES = 4  # on either side: what lies farther away is below 1e-16 at all parameters


def advection_diffusion(*, spans: int = 14, degree: int = 4, time_spans: int = 8) -> Problem:
    """int u_t v + a u_x v + b u_y v + k grad u . grad v = int q v, u = 0 at the border and at t =
    0.

    The axes stand so that those which couple most are neighbours: ranks of the train stay small.
    """
    x = space("x", 0.0, 1.0, spans=spans, degree=degree, zero="both")
    y = space("y", 0.0, 1.0, spans=spans, degree=degree, zero="both")
    t = time_axis("t", 0.0, 0.5, spans=time_spans, degree=degree)
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
    t = time_axis("t", 0.0, 0.5, spans=spans, degree=degree)
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
    u, v = unknown(), test_function()
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
    """The independent solution at points [N, 6]: images in space, 80-point Gauss quadrature in the
    root of time."""
    nodes, weights = leggauss(80)
    out = []
    for a, x, t, k, y, b in np.asarray(points, dtype=float):
        root = (nodes + 1) / 2
        s = t * root * root
        values = _line(x, s, a, k, CENTRE[0]) * _line(y, s, b, k, CENTRE[1])
        out.append(t * (weights * root) @ values)
    return np.array(out)


def _line(x: float, s: Floats, a: float, k: float, centre: float) -> Floats:
    """X(x, s) of X_s + a X_x = k X_xx, X = 0 at 0 and 1, X(., 0) = bump: sources and sinks mirrored
    at the ends, each a Gaussian whose integral over the bump is an error function."""
    found = np.zeros_like(s)
    for shift in 2.0 * np.arange(-IMAGES, IMAGES + 1):
        found += _image(x + shift, -1.0, x, s, a, k, centre)
        found -= _image(x + shift, 1.0, x, s, a, k, centre)
    return found


def _image(
    place: float, sign: float, x: float, s: Floats, a: float, k: float, centre: float
) -> Floats:
    """int_0^1 bump(z) exp(a (x - z) / 2k - a^2 s / 4k - (place + sign z)^2 / 4ks) dz / sqrt(4 pi k
    s)."""
    spread = 4 * k * s

    def exponent(z: Floats | float) -> Floats:
        bent = -0.5 * ((z - centre) / WIDTH) ** 2 - (place + sign * z) ** 2 / spread
        return np.asarray(bent + a * (x - z) / (2 * k) - a * a * s / (4 * k))

    curved = 0.5 / WIDTH**2 + 1 / spread
    top = (0.5 * centre / WIDTH**2 - sign * place / spread - a / (4 * k)) / curved
    root = np.sqrt(curved)
    left, right = exponent(0.0), exponent(1.0)
    below = np.exp(left) * erfcx(root * np.abs(top)), np.exp(right) * erfcx(root * np.abs(1 - top))
    inside = np.exp(exponent(np.clip(top, 0.0, 1.0))) * (erf(root * (1 - top)) + erf(root * top))
    whole = np.where(top < 0, below[0] - below[1], below[1] - below[0])
    within = (top >= 0) & (top <= 1)
    return np.asarray(np.where(within, inside, whole) / (2 * root * np.sqrt(spread)))
