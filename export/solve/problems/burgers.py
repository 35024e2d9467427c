"""Burgers' equation u_t + (u^2 / 2)_x = nu u_xx in conservation form, solved by Newton steps around
the sweeps.

Viscous: viscosity is an axis; reference by the Cole-Hopf transformation. Inviscid: up to nine
tenths of the shock time, by vanishing viscosity: nu = `VANISHING` is kept in the form and said in
the model's title; reference by characteristics.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.polynomial.hermite import hermgauss
from numpy.typing import ArrayLike, NDArray

from ..weak_form.axes import ProblemAxis, parameter, space, time_axis
from ..weak_form.forms import Expression, d, expression, test_function, unknown
from ..weak_form.iterate import Iterate
from ..weak_form.problem import Problem

Floats = NDArray[np.float64]
VANISHING = 1e-5  # m2/s: diffuses the steepest profile, width 0.03 m, by 1e-3 m over the time axis
SHOCK = 1.0 / pi  # s: -1 / min u0' for u0 = -sin(pi x)


def burgers(
    *, spans: int = 40, degree: int = 3, time_spans: int = 20, viscosity_spans: int = 6
) -> Problem:
    """u(x, 0) = -sin(pi x) on [-1, 1], u = 0 at the ends, viscosity in [0.02, 0.1] m2/s, one
    second."""
    x = space("x", -1.0, 1.0, breaks=_graded(spans, 1.6), degree=degree, zero="both")
    t = time_axis("t", 0.0, 1.0, spans=time_spans, degree=degree)
    breaks = 0.02 * 5.0 ** np.linspace(0, 1, viscosity_spans + 1)
    nu = parameter("viscosity", 0.02, 0.1, breaks=breaks, degree=degree, unit="m2/s")
    u, v = unknown(), test_function()
    weak = d(u, t) * v + nu * d(u, x) * d(v, x)
    return _problem(
        "burgers", (x, t, nu), weak, "Viscous Burgers equation with viscosity as an axis", cole_hopf
    )


def inviscid_burgers(*, spans: int = 60, degree: int = 3) -> Problem:
    """The same initial value with vanishing viscosity, up to 0.9 of the shock time 1 / pi."""
    x = space("x", -1.0, 1.0, breaks=_graded(spans, 2.2), degree=degree, zero="both")
    t = time_axis("t", 0.0, 0.9 * SHOCK, spans=20, degree=degree)
    u, v = unknown(), test_function()
    weak = d(u, t) * v + VANISHING * d(u, x) * d(v, x)
    title = f"Inviscid Burgers equation before the shock (vanishing viscosity {VANISHING:g} m2/s)"
    return _problem("inviscid-burgers", (x, t), weak, title, characteristics)


def _graded(spans: int, strength: float) -> Floats:
    """Breaks on [-1, 1] that crowd where the profile steepens, at 0."""
    return np.asarray(np.sinh(strength * np.linspace(-1, 1, spans + 1)) / np.sinh(strength))


def _problem(
    name: str, axes: tuple[ProblemAxis, ...], weak: Expression, title: str, reference: object
) -> Problem:
    x = axes[0]
    u, v = unknown(), test_function()

    def newton(current: Iterate) -> tuple[Expression, Expression]:
        """u^2 / 2 ~ U u - U^2 / 2 around the iterate U."""
        value = current.value()
        return -1.0 * value * u * d(v, x), -0.5 * value * value * d(v, x)

    return Problem(
        name,
        axes,
        weak,
        expression(0.0) * v,
        lift=x.function(lambda s: -np.sin(pi * s)),
        newton=newton,
        output="velocity",
        unit="m/s",
        title=title,
        reference=reference,  # type: ignore[arg-type]
        defaults={"tolerance": 3e-4, "rank_max": 20},
    )


def cole_hopf(points: ArrayLike) -> Floats:
    """u at points [N, 3] by Gauss-Hermite quadrature of the heat kernel (Basdevant et al., Comput.
    Fluids 14 (1986))."""
    z, w = hermgauss(200)
    x, t, nu = (c[:, None] for c in np.asarray(points, dtype=float).T)
    s = x - z * np.sqrt(4 * nu * t)
    exponent = -np.cos(pi * s) / (2 * pi * nu)
    weight = w * np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return np.asarray(-(weight * np.sin(pi * s)).sum(axis=1) / weight.sum(axis=1))


def characteristics(points: ArrayLike) -> Floats:
    """u(x, t) = -sin(pi s) with s - t sin(pi s) = x at points [N, 2], by bisection; valid before
    the shock."""
    x, t = np.asarray(points, dtype=float).T
    low, high = np.full_like(x, -1.0), np.full_like(x, 1.0)
    for _ in range(60):
        middle = (low + high) / 2
        right = middle - t * np.sin(pi * middle) > x
        low, high = np.where(right, low, middle), np.where(right, middle, high)
    return np.asarray(-np.sin(pi * (low + high) / 2))
