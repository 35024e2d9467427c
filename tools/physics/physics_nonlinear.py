"""Problems that are not linear, against what is known of them in closed form or from finite
differences: conductivity of temperature, radiation, Allen-Cahn, melting."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np
from numpy.typing import NDArray
from physics_rows import Section
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import erf, erfc

from sna_export.solve import (
    Problem,
    Solution,
    d,
    expression,
    function_of,
    on,
    parameter,
    separate,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)
from sna_export.solve.accuracy import random_points

Floats = NDArray[np.float64]
u, v = unknown(), test_function()


def nonlinear() -> Section:
    """Errors and processor times of the problems below."""
    section = Section("Problems that are not linear")
    times = {}
    for axes in (4, 6):
        problem = square(axes)
        solution, times[axes] = timed(problem, rank_max=16, tolerance=1e-4)
        name = f"conductivity of temperature, {axes} axes"
        wanted, points = kirchhoff(problem), random_points(problem, 500)
        miss = np.linalg.norm(solution.model.value(points)[:, 0] - wanted(points))
        section.add(
            name,
            "relative L2 error, Kirchhoff transform",
            miss / np.linalg.norm(wanted(points)),
            most=1e-3,
        )
        section.add(name, "processor time", times[axes], most=60, unit="s")
    section.add("conductivity of temperature", "time, 6 over 4 axes", times[6] / times[4], most=3)
    _radiation(section)
    _allen_cahn(section)
    _stefan(section)
    return section


def timed(problem: Problem, **how: float) -> tuple[Solution, float]:
    """The solution without its estimate, and processor seconds."""
    began = process_time()
    solution = solve(problem, estimate=False, **how)  # type: ignore[arg-type]
    return solution, process_time() - began


def square(axes: int) -> Problem:
    """-div(k0 (1 + b T) grad T) = q + 20 p x on the unit square; with 4 axes k0 = 1, p = 1/2."""
    x = space("x", spans=12, degree=4, zero="both")
    y = space("y", spans=12, degree=4, zero="both")
    b, q = parameter("b", 0.0, 1.0, spans=3, degree=4), parameter("q", 1.0, 20.0, spans=3, degree=4)
    k = function_of(u, lambda T, b: 1.0 + b * T, b)
    weak, load = k * (d(u, x) * d(v, x) + d(u, y) * d(v, y)), q * v
    if axes == 4:
        return Problem("square", (x, y, b, q), weak, load + 10.0 * x * v)
    p, k0 = parameter("p", 0.0, 1.0, spans=2), parameter("k0", 0.5, 1.5, spans=3, degree=4)
    return Problem("square", (x, y, b, q, p, k0), k0 * weak, load + 20.0 * p * x * v)


def kirchhoff(problem: Problem) -> Callable[[Floats], Floats]:
    """T from theta = T + b T^2 / 2 with -lap theta = source / k0, a sine series in x."""
    n = np.pi * np.arange(1, 400)
    flat, sloped = 2 * (1 - np.cos(n)) / n, -2 * np.cos(n) / n

    def at(points: Floats) -> Floats:
        x, y, b, q, *rest = points.T
        p, k0 = rest if rest else (0.5, 1.0)
        near = np.exp(-np.outer(np.minimum(y, 1 - y), n))
        far = 1 + np.exp(-np.outer(np.abs(2 * y - 1), n))
        modes = np.sin(np.outer(x, n)) * (1 - near * far / (1 + np.exp(-n))) / n**2
        theta = (q * (modes @ flat) + 20 * p * (modes @ sloped)) / k0
        return 2 * theta / (1 + np.sqrt(1 + 2 * b * theta))

    return at


def _radiation(section: Section) -> None:
    """A rod held at T = 1 that radiates eps T^4 at its end: T + eps T^4 = 1 there."""
    x = space("x", spans=3, degree=2, zero="lower")
    eps = parameter("eps", 0.1, 2.0, breaks=0.1 * 20.0 ** np.linspace(0, 1, 13), degree=6)
    weak = d(u, x) * d(v, x) + eps * function_of(u, lambda T: T**4) * v * on(x, "upper")
    problem = Problem("radiation", (x, eps), weak, 0.0 * v, lift=expression(1.0))
    solution, _ = timed(problem, tolerance=1e-8)
    e = np.linspace(0.1, 2.0, 400)
    T = solution.model.value(np.stack([np.ones(400), e], axis=1))[:, 0]
    section.add(
        "radiation, eps 0.1 to 2",
        "largest residual of T + eps T^4 = 1",
        np.abs(T + e * T**4 - 1).max(),
        most=1e-6,
    )


def _allen_cahn(section: Section) -> None:
    """u_t = e u_xx + u - u^3 against finite differences in x and an implicit method in t."""
    x = space("x", spans=16, zero="both")
    t, e = time_axis("t", 0.0, 3.0, spans=12), parameter("e", 0.01, 0.05, spans=3)
    source = function_of(u, lambda w: w - w**3)
    weak = d(u, t) * v + e * d(u, x) * d(v, x)
    problem = Problem("allen-cahn", (x, t, e), weak, source * v, lift=x.function(_start))
    solution, seconds = timed(problem, tolerance=1e-4, rank_max=16)
    grid, times = np.linspace(0, 1, 801), np.linspace(0.3, 3.0, 10)
    miss, size = 0.0, 0.0
    for value in (0.01, 0.02, 0.035, 0.05):
        wanted = differences(grid, times, value)
        found = solution.model.grid({"x": grid, "t": times}, at={"e": value})[..., 0]
        miss, size = miss + np.sum((found - wanted) ** 2), size + np.sum(wanted**2)
    section.add(
        "Allen-Cahn, 3 axes",
        "relative L2 error, finite differences",
        np.sqrt(miss / size),
        most=1e-3,
    )
    section.add("Allen-Cahn, 3 axes", "processor time", seconds, most=30, unit="s")


def _start(x: Floats) -> Floats:
    return 0.6 * np.sin(np.pi * x) + 0.4 * np.sin(2 * np.pi * x)


def differences(grid: Floats, times: Floats, e: float) -> Floats:
    """[x, t] by second differences and BDF."""
    h = grid[1] - grid[0]

    def rate(_: float, w: Floats) -> Floats:
        wide = np.pad(w, 1)
        return e * (wide[2:] - 2 * w + wide[:-2]) / h**2 + w - w**3

    inner = grid[1:-1]
    found = solve_ivp(
        rate,
        (0.0, times[-1]),
        _start(inner),
        method="LSODA",
        t_eval=times,
        rtol=1e-8,
        atol=1e-10,
        lband=1,
        uband=1,
    )
    return np.pad(found.y, ((1, 1), (0, 0)))


COLD, BEGIN, MUSHY = -0.5, 0.1, 0.04  # where it is solid, first time, half the melting range


def _stefan(section: Section) -> None:
    """Melting from a wall at T = 1 into a solid at -0.5, melting at 0, with the latent heat L as an
    axis: the front against the Neumann solution, from which the problem starts at t = 0.1."""
    x = space("x", breaks=3 * np.linspace(0, 1, 73) ** 1.3, zero="lower")
    t = time_axis("t", BEGIN, 1.0, breaks=np.geomspace(BEGIN, 1.0, 15))
    latent = parameter("L", 0.5, 2.0, spans=2, degree=4)
    start = separate(lambda s, h: neumann(s, BEGIN, h), (x, latent), 1e-3)
    melted = function_of(u, _liquid, derivative=_liquid_slope)
    stored = latent * melted * (v * on(t, "upper") - d(v, t))
    problem = Problem(
        "stefan",
        (x, t, latent),
        d(u, t) * v + d(u, x) * d(v, x) + stored,
        0.0 * v,
        lift=start,
        defaults={"continuation": (0.1, 0.3, 0.6)},
    )
    solution, seconds = timed(problem, tolerance=2e-3, rank_max=20)
    grid, worst = np.linspace(0, 3, 6001), 0.0
    for h in (0.5, 1.0, 2.0):
        for when in (0.5, 1.0):
            T = solution.model.grid({"x": grid}, at={"t": when, "L": h})[:, 0]
            i = int(np.argmax(T < 0))
            front = np.interp(0.0, -T[i - 1 : i + 1], grid[i - 1 : i + 1])
            worst = max(worst, abs(front / (2 * _speed(h) * np.sqrt(when)) - 1))
    name = "Stefan, latent heat an axis"
    section.add(name, "front, worst of 6, Neumann solution", worst, most=0.01)
    section.add(name, "processor time", seconds, unit="s")


def _share(T: Floats) -> Floats:
    return np.asarray(np.clip((T / MUSHY + 1) / 2, 0, 1))


def _liquid(T: Floats) -> Floats:
    s = _share(T)
    return s * s * (3 - 2 * s)


def _liquid_slope(T: Floats) -> Floats:
    s = _share(T)
    return 3 * s * (1 - s) / MUSHY


def _speed(h: float) -> float:
    """lambda of the front 2 lambda sqrt(t)."""

    def excess(s: float) -> float:
        flux = np.exp(-s * s) * (1 / erf(s) + COLD / erfc(s))
        return float(flux - s * np.sqrt(np.pi) * h)

    return float(brentq(excess, 1e-6, 3.0))


def neumann(x: Floats, t: float, latent: Floats) -> Floats:
    """T of the two-phase problem: Carslaw & Jaeger, Conduction of Heat in Solids (1959), 11.2."""
    s, front = x / (2 * np.sqrt(t)), np.vectorize(_speed)(latent)
    return np.where(s < front, 1 - erf(s) / erf(front), COLD * (1 - erfc(s) / erfc(front)))
