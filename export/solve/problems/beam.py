"""A cantilever under a point load: Timoshenko elasticity with deflection w and rotation as
components.

Parameters: place of the load and Young's modulus. Weak form, F at x = a: int E I phi' psi' + kappa
G A (w' - phi)(v' - psi) dx = F v(a). Analytic: w = F/(E I) (x^2 (3 a - x) / 6 for x <= a, a^2 (3 x
- a) / 6 beyond) + F min(x, a) / (kappa G A).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..weak_form.axes import component, parameter, space
from ..weak_form.forms import coincide, d, test_function, unknown
from ..weak_form.problem import Problem

LENGTH, WIDTH, HEIGHT = 1.0, 0.03, 0.05  # m
FORCE = 1000.0  # N
POISSON_RATIO, SHEAR_FACTOR = 0.3, 5.0 / 6.0
INERTIA = WIDTH * HEIGHT**3 / 12  # m4
SHEAR = SHEAR_FACTOR * WIDTH * HEIGHT / (2 * (1 + POISSON_RATIO))  # kappa A G / E, m2


def beam(*, spans: int = 24, degree: int = 4) -> Problem:
    """Clamped at x = 0; load position a in [0.2, 1] m, modulus E in [70e9, 210e9] Pa."""
    c = component("component", ("deflection", "rotation"))
    x = space("x", 0.0, LENGTH, spans=spans, degree=degree, zero="lower")
    a = parameter("position", 0.2, LENGTH, spans=16, degree=degree, unit="m")
    modulus = parameter("modulus", 70e9, 210e9, spans=6, degree=4, unit="Pa")
    u, v = unknown(c), test_function(c)
    w, phi, dw, psi = u["deflection"], u["rotation"], v["deflection"], v["rotation"]
    shear = d(w, x) * d(dw, x) - d(w, x) * psi - phi * d(dw, x) + phi * psi
    weak = modulus * (INERTIA * d(phi, x) * d(psi, x) + SHEAR * shear)
    return Problem(
        "beam",
        (c, x, a, modulus),
        weak,
        FORCE * coincide(x, a) * dw,
        output="displacement",
        unit="m or rad",
        title="Cantilever with load position and modulus as parameters",
        quantities={"tip deflection, load at the tip, 210 GPa (m)": tip},
        reference=reference,
        defaults={"tolerance": 1e-5, "rank_max": 24},
    )


def tip(model: object) -> float:
    """Deflection of the loaded tip for 210 GPa."""
    value = model({"component": "deflection", "x": LENGTH, "position": LENGTH, "modulus": 210e9})  # type: ignore[operator]
    return float(value[0])


def reference(points: ArrayLike) -> NDArray[np.float64]:
    """Deflection (component 0) and rotation (1) at points [N, 4]."""
    c, x, a, modulus = np.asarray(points, dtype=float).T
    near = np.minimum(x, a)
    bending = FORCE / (modulus * INERTIA)
    w = (
        bending * near**2 * (3 * a - near) / 6
        + bending * a**2 / 2 * np.maximum(x - a, 0.0)
        + FORCE * near / (modulus * SHEAR)
    )
    return np.where(c == 0, w, bending * (a * near - near**2 / 2))
