"""Eigenvalues over parameters, against closed forms and against dense matrices."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np
from numpy.typing import NDArray
from physics_rows import Section

from sna_export.solve import (
    Eigenmodes,
    Problem,
    d,
    eigenmodes,
    parameter,
    space,
    test_function,
    unknown,
)
from sna_export.solve.eigen.pencil import Pencil
from sna_export.solve.trust.points import corners

Floats = NDArray[np.float64]
MODES, POINTS = 6, 200
u, v = unknown(), test_function()


def eigenvalues() -> Section:
    """Errors and processor times of the first six eigenvalues, at 200 settings and corners."""
    section = Section("Eigenvalues")
    _judged(section, "membrane, sides and tension", membrane(), _of_a_membrane)
    _judged(section, "hinged beam, thickness and density", beam(), _of_a_beam)
    problem = lumped()
    pencil = Pencil(problem)
    _judged(
        section,
        "membrane with a heavy spot, its mass and tension (same mesh)",
        problem,
        lambda at: pencil.pairs(at, MODES).values,
    )
    return section


def membrane() -> Problem:
    """-tension (u_xx / a^2 + u_yy) = lambda u on the unit square, a rectangle of sides a and 1."""
    x, y = space("x", zero="both"), space("y", zero="both")
    a, tension = parameter("a", 0.5, 1.5), parameter("tension", 1.0, 4.0)
    weak = tension * (d(u, x) * d(v, x) / a**2 + d(u, y) * d(v, y))
    return Problem("membrane", (x, y, a, tension), weak, mass=u * v)


def _of_a_membrane(at: dict[str, float]) -> Floats:
    i, j = np.mgrid[1:12, 1:12]
    return at["tension"] * np.pi**2 * ((i / at["a"]) ** 2 + j**2).reshape(-1)


def beam() -> Problem:
    """h^3 u'''' = lambda density h u with hinged ends: lambda = h^2 (k pi)^4 / density."""
    x = space("x", zero="both")
    h, density = parameter("thickness", 0.5, 2.0), parameter("density", 1.0, 3.0)
    weak = h**3 * d(u, x, 2) * d(v, x, 2)
    return Problem("beam", (x, h, density), weak, mass=density * h * u * v)


def _of_a_beam(at: dict[str, float]) -> Floats:
    return at["thickness"] ** 2 * (np.arange(1, 9) * np.pi) ** 4 / at["density"]


def lumped() -> Problem:
    """A membrane with a heavy spot aside of its middle: no product of functions of x and y."""
    x, y = space("x", 0.0, 1.0, spans=12, zero="both"), space("y", 0.0, 0.84, spans=12, zero="both")
    heavy, tension = parameter("heavy", 0.0, 1.0), parameter("tension", 0.85, 1.0)
    spot = x.function(lambda s: np.exp(-30 * (s - 0.3) ** 2))
    spot = spot * y.function(lambda s: np.exp(-30 * (s - 0.5) ** 2))
    weak = d(u, x) * d(v, x) + tension * d(u, y) * d(v, y)
    return Problem("lumped", (x, y, heavy, tension), weak, mass=u * v + heavy * spot * u * v)


def _judged(
    section: Section,
    case: str,
    problem: Problem,
    true: Callable[[dict[str, float]], Floats],
) -> None:
    start = process_time()
    found = eigenmodes(problem, MODES)
    seconds = process_time() - start
    error = _error(found, true)
    section.add(case, "largest relative error of six", error, most=1e-6)
    if "same mesh" not in case:
        share = found.estimate.worst / error
        section.add(case, "estimate over true error", share, least=0.5, most=5.0)
    section.add(case, "processor time", seconds, most=60.0, unit="s")
    section.add(case, "branches", len(found.shapes.outputs))


def _error(found: Eigenmodes, true: Callable[[dict[str, float]], Floats]) -> float:
    draw, worst = np.random.default_rng(1), 0.0
    held = [a for a in found.problem.axes if a.role == "parameter"]
    drawn = [
        {a.name: float(draw.uniform(a.basis.lower, a.basis.upper)) for a in held}
        for _ in range(POINTS)
    ]
    for at in drawn + corners(held):
        wanted = np.sort(true(at))[:MODES]
        worst = max(worst, float(np.abs(found(**at) / wanted - 1).max()))
    return worst
