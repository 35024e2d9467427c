"""Convergence orders, cost against dimension, and every shipped problem but the laser against its
reference."""

from __future__ import annotations

from math import pi
from time import perf_counter, process_time

import numpy as np
from physics_rows import Section

from sna_edge import Model
from sna_export.report import Plot, ends
from sna_export.solve import Problem, solve
from sna_export.solve.accuracy import measured_error
from sna_export.solve.problems import (
    advection_diffusion,
    beam,
    burgers,
    coupled_poisson,
    heat,
    inviscid_burgers,
    poisson,
)
from sna_export.solve.solvers.assembly import assemble
from sna_export.solve.solvers.cp_als import CPSettings, alternate, random_tables
from sna_export.solve.solvers.progress import Progress

DIMENSIONS = np.array([2, 5, 8, 11, 14, 17, 20])
SPANS = np.array([20, 28, 40])


def orders() -> Section:
    """Squared error against degrees of freedom; slopes of L2 and energy error; raising the
    degree."""
    section = Section("Poisson: convergence")
    for dofs, most in ((16, 1e-9), (32, 1e-15), (64, 1e-19)):
        problem = poisson(2, spans=dofs // 2 - 5, degree=7)
        section.add(
            f"{dofs} degrees of freedom",
            "squared L2 error",
            squared_error(problem, solved(problem)),
            most=most,
        )
    plot = Plot(
        (1.5 / 40, 2.2 / 20),
        (1e-12, 1.0),
        log="xy",
        title="L2 error against mesh width",
        xlabel="h",
        ylabel="L2 error",
        width=520,
    )
    for degree in range(1, 6):
        found = np.array([both_errors(degree, n) for n in SPANS])
        slopes = np.polyfit(np.log(1.0 / SPANS), np.log(found), 1)[0]
        section.add(
            f"degree {degree}",
            "order of the L2 error",
            slopes[0],
            least=degree + 0.85,
            most=degree + 1.15,
        )
        section.add(
            f"degree {degree}",
            "order of the energy error",
            slopes[1],
            least=degree - 0.15,
            most=degree + 0.15,
        )
        plot.line(2.0 / SPANS, found[:, 0], degree - 1, name=f"p={degree}").dots(
            2.0 / SPANS, found[:, 0], degree - 1
        )
    section.plots = [plot.render(), _spectral()]
    return section


def _spectral() -> str:
    degrees = np.arange(1, 8)
    found = [
        squared_error(p, solved(p)) for p in (poisson(2, spans=4, degree=int(n)) for n in degrees)
    ]
    room = (min(found) / 10, 1.0)
    plot = Plot(
        (0.5, 7.5),
        room,
        log="y",
        title="raising the degree on 4 spans",
        xlabel="degree",
        ylabel="squared L2 error",
    )
    return plot.line(degrees, found).dots(degrees, found).render()


def solved(problem: Problem) -> Model:
    return solve(problem, rank_max=1, tolerance=1e-13).model


def squared_error(problem: Problem, model: Model) -> float:
    """int (u_h - u)^2 over [-1, 1]^2 by 12-point Gauss quadrature per span."""
    (x, wx), (y, wy) = (axis.basis.nodes(12) for axis in problem.axes)
    field = model.grid({"x1": x, "x2": y})[..., 0]
    return float(wx @ (field - np.multiply.outer(np.sin(pi * x), np.sin(pi * y))) ** 2 @ wy)


def both_errors(degree: int, spans: int) -> tuple[float, float]:
    """L2 and energy error of the 2-D problem."""
    problem = poisson(2, spans=int(spans), degree=degree)
    model, energy = solved(problem), 0.0
    (x, wx), (y, wy) = (axis.basis.nodes(10) for axis in problem.axes)
    for name, wanted in (
        ("x1", (pi * np.cos(pi * x), np.sin(pi * y))),
        ("x2", (np.sin(pi * x), pi * np.cos(pi * y))),
    ):
        slope = model.derivative(name).grid({"x1": x, "x2": y})[..., 0]
        energy += float(wx @ (slope - np.multiply.outer(*wanted)) ** 2 @ wy)
    return float(np.sqrt(squared_error(problem, model))), float(np.sqrt(energy))


def costs() -> Section:
    """Time per half sweep of D-dimensional Poisson at rank 4: a line in D."""
    section = Section("Cost against dimension")
    settings = CPSettings(rank_max=4, tolerance=1e-300, sweeps=4)
    systems = [assemble(poisson(int(dimension), spans=24, degree=3))[0] for dimension in DIMENSIONS]
    starts = [random_tables(system, 4, np.random.default_rng(0)) for system in systems]
    times = np.full(len(DIMENSIONS), np.inf)
    for _ in range(
        12
    ):  # rounds over all dimensions: a busy machine slows all of them alike, the least time is kept
        for i, (system, start) in enumerate(zip(systems, starts, strict=True)):
            began = process_time()
            alternate(system, start, settings, Progress())
            times[i] = min(times[i], (process_time() - began) / settings.sweeps)
    section.add(
        "D = 2..20, rank 4",
        "r2 of a line through the times",
        np.corrcoef(DIMENSIONS, times)[0, 1] ** 2,
        least=0.98,
    )
    section.add("D = 20", "time per half sweep", 1e3 * times[-1], unit="ms")
    problem = poisson(20, spans=24, degree=5)
    began = perf_counter()
    model = solve(problem).model
    section.add("D = 20", "time to solve", perf_counter() - began, most=60, unit="s")
    section.add(
        "D = 20", "relative L2 error, 2,000 points", measured_error(model, problem), most=1e-4
    )
    plot = Plot(
        (0, 21),
        (0, 1100 * max(times)),
        title="half sweep, rank 4, 27 rows per axis",
        xlabel="dimension",
        ylabel="milliseconds",
    )
    fit = np.polyfit(DIMENSIONS, times, 1)
    plot.line([0, 21], 1e3 * np.polyval(fit, [0, 21]), 5, dashed=True).dots(
        DIMENSIONS, 1e3 * np.array(times), radius=4
    )
    section.plots = [plot.render()]
    return section


def problems() -> Section:
    """Relative L2 error against the reference, time and size of each."""
    section = Section("Shipped problems against their references")
    cases = [(poisson(d), 500, 1e-4, 60.0) for d in (2, 4, 7, 10)] + [
        (coupled_poisson(), 2000, 1e-4, 60.0),
        (heat(), 2000, 1e-4, 60.0),
        (burgers(), 2000, 1e-2, 60.0),
        (inviscid_burgers(), 2000, 1e-2, 60.0),
        (beam(), 2000, 1e-4, 60.0),
        (advection_diffusion(), 50, 1e-3, 60.0),
    ]
    for problem, points, most, limit in cases:
        solution = solve(problem)
        name = f"{problem.name}, {len(problem.axes)} axes"
        section.add(
            name,
            f"relative L2 error, {points} points",
            measured_error(solution.model, problem, points),
            most=most,
        )
        section.add(name, "time to solve", solution.seconds, most=limit, unit="s")
        section.add(name, "numbers stored", solution.model.parameters)
        if problem.name == "burgers":
            section.plots.append(_profiles(solution.model))
    section.notes.append(
        f"{inviscid_burgers().title}: compared with characteristics up to 0.9 of the shock time."
    )
    return section


def _profiles(model: Model) -> str:
    x = np.linspace(-1, 1, 241)
    plot = Plot(
        (-1, 1),
        ends([-1.05, 1.05]),
        title="Burgers, viscosity 0.02",
        xlabel="x [m]",
        ylabel="u [m/s]",
        width=560,
    )
    for s, t in enumerate((0.0, 0.25, 0.5, 1.0)):
        plot.line(x, model.grid({"x": x}, at={"t": t, "viscosity": 0.02})[:, 0], s, name=f"t={t:g}")
    return plot.render()
