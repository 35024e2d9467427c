"""u_t = k u_xx in space, time and diffusivity at once, against the analytic solution."""

from __future__ import annotations

from math import pi

import numpy as np

from ..weak_form.axes import parameter, space, time_axis
from ..weak_form.forms import d, test_function, unknown
from ..weak_form.problem import Problem

AMPLITUDES = {1: 1.0, 3: 0.5}  # initial value: sum_n a_n sin(n pi x)


def heat(*, spans: int = 20, degree: int = 4) -> Problem:
    """int u_t v + k u_x v_x = 0, u(x, 0) = sin(pi x) + sin(3 pi x) / 2, u = 0 at both ends, k in
    [0.5, 1.5] m2/s."""
    x = space("x", 0.0, 1.0, spans=spans, degree=degree, zero="both")
    t = time_axis("t", 0.0, 0.2, spans=spans, degree=degree)
    k = parameter("diffusivity", 0.5, 1.5, spans=3, degree=4, unit="m2/s")
    u, v = unknown(), test_function()
    return Problem(
        "heat",
        (x, t, k),
        d(u, t) * v + k * d(u, x) * d(v, x),
        0.0 * v,
        lift=x.function(lambda s: sum(a * np.sin(n * pi * s) for n, a in AMPLITUDES.items())),
        output="temperature",
        unit="K",
        title="Heat equation in space, time and diffusivity",
        reference=reference,
        defaults={"tolerance": 1e-6, "rank_max": 16},
    )


def reference(points: object) -> object:
    """sum_n a_n exp(-k n^2 pi^2 t) sin(n pi x)."""
    x, t, k = np.asarray(points).T
    return sum(
        a * np.exp(-k * (n * pi) ** 2 * t) * np.sin(n * pi * x) for n, a in AMPLITUDES.items()
    )
