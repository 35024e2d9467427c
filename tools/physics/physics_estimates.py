"""Estimated errors beside true ones: analytic solutions, and finite volumes for the layers; meshes
that refine themselves; what must be refused."""

from __future__ import annotations

from time import process_time

import numpy as np
from physics_rows import Section
from scipy import sparse
from scipy.sparse.linalg import spsolve

from sna_edge import Model
from sna_export.solve import (
    Problem,
    ProblemError,
    Solution,
    d,
    parameter,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)
from sna_export.solve.accuracy import measured_error
from sna_export.solve.problems import SHIPPED
from sna_export.solve.trust.points import corners
from sna_export.solve.weak_form.restated import parameters

u, v = unknown(), test_function()


def estimates() -> Section:
    """Estimate over true error: 1/2 to 5."""
    section = Section("Estimated errors, and what is refused")
    for make in SHIPPED.values():
        problem = make()
        found = solve(problem, accept=True)
        section.add(
            problem.name, "error estimated (1: yes)", float(found.estimate is not None), least=1
        )
        if found.estimate is None:
            section.notes += [f"{problem.name}: {doubt}" for doubt in found.doubts]
            continue
        beside(section, f"{problem.name}, {len(problem.axes)} axes", problem, found)
        if problem.name == "lpbf":
            section.add(
                problem.name,
                "true error at the worst corner",
                worst_of(problem, found.model),
                most=5e-3,
            )
    _layers(section)
    _advection(section)
    for name, problem in unsound().items():
        section.add(name, "refused (1: yes)", float(refused(problem)), least=1)
    return section


def beside(section: Section, case: str, problem: Problem, solution: Solution) -> None:
    """Estimated over true error, against the problem's reference: in all and at the worst
    corner."""
    found = solution.estimate
    assert found is not None
    count = 1000 if len(problem.axes) > 1 else 100_000  # a layer of 1e-4 of the axis has ten
    true = measured_error(solution.model, problem, count)
    worst = worst_of(problem, solution.model, count // 2)
    section.add(case, "true error", true)
    section.add(case, "true error at the worst corner", worst)
    section.add(case, "estimate over true error", found.relative / true, least=0.5, most=5)
    section.add(
        case, "worst estimate over true error there", found.worst / worst, least=0.5, most=5
    )


def worst_of(problem: Problem, model: Model, count: int = 500) -> float:
    """The largest relative error at one corner of the parameter box."""
    windows = [{n: (a, a) for n, a in at.items()} for at in corners(parameters(problem))]
    return max(measured_error(model, problem, count, window=w) for w in windows)


def _layers(section: Section) -> None:
    """Conductivities 1 and k that meet at x = 0.4 on the unit square, no mesh stated."""
    x, y, k = space("x", zero="both"), space("y", zero="both"), parameter("k2", 1.0, 20.0)
    g = d(u, x) * d(v, x) + d(u, y) * d(v, y)
    left, right = (x.function(lambda s, r=r: ((s >= 0.4) == r) * 1.0) for r in (False, True))
    began = process_time()
    solution = solve(
        Problem("layers", (x, y, k), left * g + k * right * g, 1.0 * v), tolerance=1e-3
    )
    section.add("layers, 1e-3", "processor time", process_time() - began, most=20, unit="s")
    for value in (1.0, 5.0, 20.0):
        error = layers_error(solution.model, value)
        section.add(
            f"layers, k2 = {value:g}", "relative L2 error, finite volumes", error, most=1e-3
        )


def layers_error(model: Model, k: float, cells: int = 200) -> float:
    """Relative L2 distance to finite volumes on square cells whose faces meet the interface, with
    harmonic means of the conductivity between cells."""
    h = 1.0 / cells
    centre = (np.arange(cells) + 0.5) * h
    value = np.where(centre < 0.4, 1.0, k)
    inner = 2 / (1 / value[:-1] + 1 / value[1:])
    faces = np.r_[2 * value[0], inner, 2 * value[-1]] / h**2
    along = sparse.diags([-faces[1:-1], faces[:-1] + faces[1:], -faces[1:-1]], [-1, 0, 1])
    even = np.r_[2.0, np.ones(cells - 1), 2.0] / h**2
    across = sparse.diags([-even[1:-1], even[:-1] + even[1:], -even[1:-1]], [-1, 0, 1])
    matrix = sparse.kron(along, sparse.eye(cells)) + sparse.kron(sparse.diags(value), across)
    wanted = spsolve(sparse.csc_matrix(matrix), np.ones(cells * cells)).reshape(cells, cells)
    found = model.grid({"x": centre, "y": centre}, at={"k2": k})[..., 0]
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def _advection(section: Section) -> None:
    """u' - 1e-4 u'' = 1: Peclet number 1e4, no mesh stated."""
    x = space("x", zero="both")
    problem = Problem("a", (x,), d(u, x) * v + 1e-4 * d(u, x) * d(v, x), 1.0 * v)
    model, s = solve(problem).model, np.linspace(0, 1, 20001)
    wanted = s - np.exp((s - 1) / 1e-4)
    error = np.linalg.norm(model.grid({"x": s})[:, 0] - wanted) / np.linalg.norm(wanted)
    section.add("advection, Peclet number 1e4", "relative L2 error, analytic", error, most=1e-2)


def unsound() -> dict[str, Problem]:
    """Problems without one stable solution."""
    x, y = space("x", zero="both"), space("y", zero="both")
    t, q, k = time_axis("t", 0.0, 0.1), parameter("q", -1.0, 1.0), parameter("k", 7.5, 9.2)
    heat_flow, plane = d(u, x) * d(v, x), d(u, x) * d(v, x) + d(u, y) * d(v, y)
    return {
        "diffusivity from -1 to 1": Problem("a", (x, q), q * heat_flow, 1.0 * v),
        "Helmholtz, resonance inside": Problem("b", (x, y, k), plane - k * k * u * v, 1.0 * v),
        "no load": Problem("c", (x, y), plane, 0.0 * v),
        "heat backwards": Problem("d", (x, t), d(u, t) * v - heat_flow, 1.0 * v),
    }


def refused(problem: Problem) -> bool:
    """Whether no solve delivers it."""
    try:
        solve(problem)
    except ProblemError:
        return True
    return False
