"""Advection on meshes that do and do not resolve it, with speed and diffusivity as axes, against
analytic solutions; values that stay within bounds, and what that costs."""

from __future__ import annotations

from dataclasses import replace
from time import process_time

import numpy as np
from numpy.typing import NDArray
from physics_rows import Section

from sna_export.solve import Problem, d, parameter, solve, space, test_function, time_axis, unknown
from sna_export.solve.accuracy import measured_error, random_points
from sna_export.solve.problems import SHIPPED
from sna_export.solve.problems.advection_diffusion import CENTRE, bump, reference
from sna_export.solve.trust.bounds import Look

Floats = NDArray[np.float64]
u, v = unknown(), test_function()
S = np.linspace(0, 1, 20_001)
SPEEDS = (0.5, 1.0, 2.0)


def advection() -> Section:
    """Coarse meshes, meshes that refine themselves, a stream across two axes, a plume in time."""
    section = Section("Advection, test functions that lean into the stream")
    for least in (1e-2, 1e-4, 1e-6):
        _coarse(section, least)
    _refined(section)
    _skew(section)
    _plume(section)
    return section


def layer(least: float, stated: bool, how: str) -> Problem:
    """a u' - k u'' = 1 with u = 0 at both ends: a rises, and falls in a layer of k / a."""
    x = space("x", spans=16, zero="both") if stated else space("x", zero="both")
    a = parameter("speed", 0.5, 2.0, spans=3, degree=4, unit="m/s")
    k = parameter(
        "diffusivity", least, 100 * least, breaks=np.geomspace(least, 100 * least, 9), unit="m2/s"
    )
    weak = a * d(u, x) * v + k * d(u, x) * d(v, x)
    return Problem("layer", (x, a, k), weak, 1.0 * v, stabilise=how, reference=_layer)


def _layer(points: Floats) -> Floats:
    x, a, k = points.T
    edge = (np.exp((x - 1) * a / k) - np.exp(-a / k)) / (1 - np.exp(-a / k))
    return np.asarray((x - edge) / a)


def _coarse(section: Section, least: float) -> None:
    """16 even spans: nothing oscillates, and before the layer the answer is right."""
    case = f"16 spans, Peclet number of the axis to {2.0 / least:.0e}"
    for how in ("", "supg"):
        solution = solve(layer(least, True, how), accept=True)
        over, before = 0.0, 0.0
        for a in SPEEDS:
            for k in (least, 10 * least, 100 * least):
                found = solution.model.grid({"x": S}, at={"speed": a, "diffusivity": k})[:, 0]
                wanted = _layer(np.stack([S, np.full_like(S, a), np.full_like(S, k)], axis=1))
                top = wanted.max()
                over = max(over, (found.max() - top) / top, -found.min() / top)
                before = max(before, np.abs(found - wanted)[S < 0.8].max() / top)
        word = "SUPG" if how else "Galerkin"
        target = {"most": 5e-3} if how else {}
        section.add(case, f"{word}: values beyond those of the solution", over, **target)
        section.add(case, f"{word}: largest error before the layer", before, **target)
        if how:
            assert solution.estimate is not None
            true = _worst(solution.model)
            section.add(
                case, "worst estimate over true error", solution.estimate.worst / true,
                least=0.5, most=5,
            )  # fmt: skip


def _worst(model: object) -> float:
    """The largest relative L2 error at the corners of the parameters."""
    worst = 0.0
    for a in (SPEEDS[0], SPEEDS[-1]):
        for k in (model.axes[2].lower, model.axes[2].upper):  # type: ignore[attr-defined]
            at = {"speed": a, "diffusivity": k}
            found = model.grid({"x": S}, at=at)[:, 0]  # type: ignore[attr-defined]
            wanted = _layer(np.stack([S, np.full_like(S, a), np.full_like(S, k)], axis=1))
            worst = max(worst, np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
    return float(worst)


def _refined(section: Section) -> None:
    """Meshes that refine themselves to 1 %."""
    for how in ("", "supg"):
        began = process_time()
        solution = solve(layer(1e-4, False, how), tolerance=1e-2, accept=True)
        word = "SUPG" if how else "Galerkin"
        case = "refined to 1 %, Peclet number to 2e+04"
        target = {"most": 1e-2} if how else {}
        section.add(case, f"{word}: worst relative L2 error", _worst(solution.model), **target)
        section.add(case, f"{word}: spans of x", solution.problem.axes[0].basis.n_spans)
        section.add(case, f"{word}: processor time", process_time() - began, unit="s")


def _skew(section: Section) -> None:
    """A stream across both axes of a square, 16 by 16 spans: the solution lies between 0 and the
    longest way through the square."""
    x, y = space("x", spans=16, zero="both"), space("y", spans=16, zero="both")
    for angle in (0.3, np.pi / 4):
        stream = np.cos(angle) * d(u, x) * v + np.sin(angle) * d(u, y) * v
        weak = stream + 1e-4 * (d(u, x) * d(v, x) + d(u, y) * d(v, y))
        model = solve(Problem("skew", (x, y), weak, 1.0 * v), stabilise="supg", accept=True).model
        found, most = model.grid({"x": S[::50], "y": S[::50]}), 1 / np.cos(angle)
        over = max(found.max() - most, -found.min(), 0.0) / most
        case = f"stream at {np.degrees(angle):.0f} degrees, Peclet number 1e+04"
        section.add(case, "SUPG: values beyond those of the solution", over, most=0.02)


def _plume(section: Section) -> None:
    """The shipped plume with a thirtieth of its diffusivity, five axes."""
    x, y = (space(n, spans=14, degree=4, zero="both") for n in "xy")
    t, b = time_axis("t", 0.0, 0.5, spans=8, degree=4), 0.3
    a = parameter("velocity_x", 0.2, 1.0, spans=3, degree=4)
    k = parameter("diffusivity", 1e-3, 4e-3, spans=3, degree=4)
    weak = d(u, t) * v + a * d(u, x) * v + b * d(u, y) * v
    weak = weak + k * (d(u, x) * d(v, x) + d(u, y) * d(v, y))
    load = x.function(lambda s: bump(s, CENTRE[0])) * y.function(lambda s: bump(s, CENTRE[1])) * v
    plume = Problem(
        "plume", (a, x, t, k, y), weak, load, defaults={"tolerance": 3e-4, "rank_max": 30},
        reference=lambda points: reference(np.insert(points, 5, b, axis=1)),
    )  # fmt: skip
    for how in ("", "supg"):
        solution = solve(plume, stabilise=how, estimate=False)
        target = {"most": 1e-2} if how else {}
        section.add(
            "plume, diffusivity 1e-3 to 4e-3",
            f"{'SUPG' if how else 'Galerkin'}: relative L2 error, 200 points",
            measured_error(solution.model, plume, 200),
            **target,
        )


def bounds() -> Section:
    """Values below zero, before and after they are stated to be none."""
    section = Section("Values within bounds")
    for name in ("lpbf", "heat", "advection-diffusion"):
        problem = SHIPPED[name]()
        _kept(section, name, problem)
    _kept(section, "peaks on coarse spans", peaks())
    return section


def peaks() -> Problem:
    """A peak of width 0.1 on spans of 0.1 whose height is a parameter."""
    x, y = space("x", spans=10), space("y", spans=10)
    p = parameter("height", 0.5, 1.0, spans=1, degree=1)
    peak = [a.function(lambda s: np.exp(-200 * (s - 0.5) ** 2)) for a in (x, y)]

    def exact(points: Floats) -> Floats:
        s, z, h = points.T
        return np.asarray(h * np.exp(-200 * ((s - 0.5) ** 2 + (z - 0.5) ** 2)))

    return Problem(
        "peaks", (x, y, p), u * v, p * peak[0] * peak[1] * v, defaults={"accuracy": 0.2},
        reference=exact,
    )  # fmt: skip


def _kept(section: Section, name: str, problem: Problem) -> None:
    free = solve(problem, estimate=False, accept=True)
    solution = solve(replace(problem, bounds=(0.0, None)), estimate=False, accept=True)
    assert solution.kept is not None
    stored = solution.model.replace(dtypes=["float32"] * len(problem.axes))
    values = stored.value(random_points(problem, 100_000, 7))
    count = 200 if name == "advection-diffusion" else 2000
    before, after = (measured_error(m, problem, count) for m in (free.model, solution.model))
    lowest = free.model.value(random_points(problem, 100_000, 7)).min()
    section.add(name, "values below zero without bounds, 100,000 points", max(-lowest, 0.0))
    looked = Look(solution.problem).left(free.model)[0]
    section.add(name, "values below zero without bounds, searched for", looked)
    section.add(
        name, "values below zero with bounds, 100,000 points", max(-values.min(), 0), most=0
    )
    section.add(name, "relative L2 error without bounds", before)
    section.add(name, "relative L2 error with bounds", after, most=max(2 * before, 5e-3))
    section.add(name, "parameters of the model, with over without bounds",
                solution.model.parameters / free.model.parameters)  # fmt: skip
