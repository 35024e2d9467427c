"""-lap u = f on [-1, 1]^D with u = 0 on the boundary, against manufactured solutions."""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import NDArray

from ..weak_form.axes import space
from ..weak_form.forms import d, expression, test_function, total, unknown
from ..weak_form.problem import Problem
from ..weak_form.separate import separate

Floats = NDArray[np.float64]


def poisson(dimension: int = 4, *, spans: int = 12, degree: int = 5) -> Problem:
    """u = prod_d sin(pi x_d), f = D pi^2 u: one mode solves it in any dimension."""
    axes = tuple(
        space(f"x{i + 1}", -1.0, 1.0, spans=spans, degree=degree, unit="", zero="both")
        for i in range(dimension)
    )
    u, v = unknown(), test_function()
    load = expression(dimension * pi**2)
    for x in axes:
        load = load * x.function(lambda s: np.sin(pi * s))
    return Problem(
        "poisson",
        axes,
        total(d(u, x) * d(v, x) for x in axes),
        load * v,
        title=f"Poisson equation in {dimension} dimensions",
        reference=lambda points: np.prod(np.sin(pi * np.asarray(points)), axis=1),
        defaults={"method": "modes", "rank_max": 8, "tolerance": 1e-7},
    )


def coupled_poisson(*, spans: int = 16, degree: int = 5) -> Problem:
    """u = (1-x^2)(1-y^2) exp(-(x-y)^2): no product; the load is compressed to a sum of products
    first."""
    x, y = (space(n, -1.0, 1.0, spans=spans, degree=degree, unit="", zero="both") for n in "xy")
    u, v = unknown(), test_function()
    load = separate(_coupled_load, (x, y), 1e-10)
    return Problem(
        "coupled-poisson",
        (x, y),
        d(u, x) * d(v, x) + d(u, y) * d(v, y),
        load * v,
        title="Poisson equation with a solution that is no product",
        reference=lambda points: coupled_solution(*np.asarray(points).T),
        defaults={"method": "modes", "rank_max": 16, "tolerance": 1e-8},
    )


def coupled_solution(x: Floats, y: Floats) -> Floats:
    """u of `coupled_poisson`."""
    return np.asarray((1 - x * x) * (1 - y * y) * np.exp(-((x - y) ** 2)))


def _coupled_load(x: Floats, y: Floats) -> Floats:
    """-lap u, from (A g)'' = A'' g + 2 A' g' + A g'' with A = 1 - x^2, g = exp(-(x-y)^2)."""
    s, g = x - y, np.exp(-((x - y) ** 2))
    along_x = (1 - y * y) * (-2 + 8 * x * s + (1 - x * x) * (4 * s * s - 2))
    along_y = (1 - x * x) * (-2 - 8 * y * s + (1 - y * y) * (4 * s * s - 2))
    return np.asarray(-(along_x + along_y) * g)
