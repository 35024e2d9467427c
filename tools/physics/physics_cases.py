"""Problems as engineers write them: the files of ../shared/cases/physics where these are, and
others of the same kinds. What is sound has its estimate beside the true
error, what is not is refused."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from physics_conductivity import laser_conductivity
from physics_estimates import beside, layers_error, refused
from physics_nonlinear import differences, kirchhoff
from physics_rows import Section
from scipy.interpolate import RegularGridInterpolator
from scipy.optimize import brentq

from sna_export.solve import (
    Problem,
    d,
    expression,
    function_of,
    on,
    parameter,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)

Floats = NDArray[np.float64]
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "cases" / "physics"
UNSOUND = ("eigen", "helmholtz_resonance", "not_coercive")
u, v = unknown(), test_function()


def cases() -> Section:
    """The files, each against a reference of its own; skipped where they are not there."""
    section = Section("Problems as they were brought")
    if not FOLDER.is_dir():
        section.notes.append("the files of ../shared/cases/physics are not there: nothing measured")
        return section
    for name, reference in SOUND.items():
        problem = replace(_file(name), reference=reference)
        solution = solve(problem)
        beside(section, name, problem, solution)
    _layers(section)
    laser_conductivity(section, FOLDER / "laser_conductivity.py")
    for name in UNSOUND:
        section.add(name, "refused (1: yes)", float(refused(_file(name))), least=1)
    return section


def _file(name: str) -> Problem:
    found = runpy.run_path(str(FOLDER / f"{name}.py"))["problem"]
    assert isinstance(found, Problem)
    return found


def _advection(points: Floats) -> Floats:
    x = points[:, 0]
    return np.asarray(x - np.exp((x - 1) / 1e-4))


def _allen_cahn(points: Floats) -> Floats:
    """Finite differences at the few values of e that the points have, or at 9 between which they
    are splined."""
    known = np.unique(points[:, 2])
    values = known if len(known) < 5 else np.linspace(0.01, 0.05, 9)
    grid, times = np.linspace(0, 1, 401), np.linspace(0.0, 3.0, 121)
    table = np.stack([differences(grid, times, e) for e in values], axis=2)
    if len(values) == 1:
        return RegularGridInterpolator((grid, times), table[..., 0], method="cubic")(points[:, :2])
    return RegularGridInterpolator((grid, times, values), table, method="cubic")(points)


def _conductivity(points: Floats) -> Floats:
    problem = _file("conductivity_of_temperature")
    more = np.hstack([points, np.zeros((len(points), 1)), np.ones((len(points), 1))])
    return kirchhoff(problem)(more)


def _radiation(points: Floats) -> Floats:
    """T = 1 - (1 - T1) x with T1 + eps T1^4 = 1."""
    end = np.array([brentq(lambda T, e=e: T + e * T**4 - 1, 0.0, 1.0) for e in points[:, 1]])
    return np.asarray(1 - (1 - end) * points[:, 0])


TABLE = np.array([[0, 1.0, 0], [0.2, 1.4, 3], [0.5, 2.2, 9], [0.8, 1.1, 4], [1, 1.0, 0]])


def _table(points: Floats) -> Floats:
    """u from two integrals: k u' = c - int q."""
    s = np.linspace(0, 1, 200_001)
    k, q = (np.interp(s, TABLE[:, 0], TABLE[:, i]) for i in (1, 2))
    source = _integral(s, q)
    flux = _integral(s, source / k)[-1] / _integral(s, 1 / k)[-1]
    return np.interp(points[:, 0], s, _integral(s, (flux - source) / k))


def _integral(s: Floats, f: Floats) -> Floats:
    return np.r_[0.0, np.cumsum((f[1:] + f[:-1]) / 2 * np.diff(s))]


SOUND: dict[str, Callable[[Floats], Floats]] = {
    "advection_under_resolved": _advection,
    "allen_cahn": _allen_cahn,
    "conductivity_of_temperature": _conductivity,
    "radiation": _radiation,
    "table_coefficients": _table,
}


def _layers(section: Section) -> None:
    """On the mesh of the file, which misses the kink: the estimate says by how much."""
    solution = solve(_file("layers"))
    estimate = solution.estimate
    assert estimate is not None
    ratio = estimate.worst / layers_error(solution.model, 20.0)
    section.add("layers", "doubted on its own mesh (1: yes)", len(solution.doubts), least=1)
    section.add("layers", "worst estimate over true error there", ratio, least=0.5, most=5)


def _breaks_at_rows(section: Section) -> None:
    """The table of the file on a mesh that the solve chooses, to 1e-7."""
    x, u, v = space("x", zero="both"), unknown(), test_function()
    k, q = (x.function((TABLE[:, 0], TABLE[:, i])) for i in (1, 2))
    solution = solve(Problem("table", (x,), k * d(u, x) * d(v, x), q * v), tolerance=1e-7)
    s = np.linspace(0, 1, 2001)
    wanted = _table(s[:, None])
    miss = solution.model.grid({"x": s})[:, 0] - wanted
    error = float(np.linalg.norm(miss) / np.linalg.norm(wanted))
    case = "k(x) and q(x) from a table, mesh chosen"
    section.add(case, "relative L2 error, two integrals", error, most=1e-7)
    section.add(case, "spans", solution.model.axes[0].basis.n_spans, most=100)


def kinds() -> Section:
    """Others of the same kinds."""
    section = Section("Problems of the same kinds")
    _breaks_at_rows(section)
    for problem in (three_layers(), helmholtz(3.3, 6.0), reaction(), exponential(), ignition(3.0)):
        solution = solve(problem, tolerance=1e-3)
        section.add(problem.name, "doubts", len(solution.doubts), most=0)
        if solution.estimate is not None:
            beside(section, problem.name, problem, solution)
    for problem in (helmholtz(2.0, 4.0), ignition(4.5), part_backwards(), source_only()):
        section.add(problem.name, "refused (1: yes)", float(_undelivered(problem)), least=1)
    return section


def _undelivered(problem: Problem) -> bool:
    """Refused, or with a doubt that the command line refuses."""
    return refused(problem) or bool(solve(problem, tolerance=1e-3, accept=True).doubts)


def three_layers() -> Problem:
    """-(k u')' = 1 with k = 1, k2, 5 that meet at 1/3 and 0.71; a film at the end."""
    x, k = space("x", zero="lower"), parameter("k2", 0.1, 10.0)
    parts = [
        x.function(lambda s, i=i: (np.digitize(s, (1 / 3, 0.71)) == i) * 1.0) for i in range(3)
    ]
    weak = (parts[0] + k * parts[1] + 5.0 * parts[2]) * d(u, x) * d(v, x)

    def exact(points: Floats) -> Floats:
        found = np.empty(len(points))
        s = np.unique(np.r_[np.linspace(0, 1, 20_001), 1 / 3, 0.71])
        for i, (at, k2) in enumerate(points):
            layer = np.digitize((s[1:] + s[:-1]) / 2, (1 / 3, 0.71))
            value = np.array([1.0, k2, 5.0])[layer]
            rest = 1 - (s[1:] + s[:-1]) / 2  # flux where u' = 0 at the end, exact in every cell
            film = (np.sum(rest * np.diff(s) / value)) / (1 / 2.0 + np.sum(np.diff(s) / value))
            found[i] = np.interp(at, s, np.r_[0, np.cumsum((rest - film) * np.diff(s) / value)])
        return found

    return Problem(
        "three layers and a film", (x, k), weak + 2.0 * u * v * on(x, "upper"), 1.0 * v,
        reference=exact,
    )  # fmt: skip


def helmholtz(low: float, high: float) -> Problem:
    """-u'' - k^2 u = 1, resonant at odd multiples of pi."""
    x, k = space("x", zero="both"), parameter("k", low, high)

    def exact(points: Floats) -> Floats:
        s, w = points.T
        return np.asarray((np.cos(w * (s - 0.5)) / np.cos(w / 2) - 1) / w**2)

    weak = d(u, x) * d(v, x) - k * k * u * v
    return Problem(f"Helmholtz, k from {low:g} to {high:g}", (x, k), weak, 1.0 * v, reference=exact)


def reaction() -> Problem:
    """-eps u'' + u = 1: layers at both ends that are thin at one corner of the parameters."""
    x, eps = space("x", zero="both"), parameter("eps", 1e-4, 1.0)

    def exact(points: Floats) -> Floats:
        s, root = points[:, 0], np.sqrt(points[:, 1])
        edge = np.exp(-s / root) + np.exp((s - 1) / root)
        return np.asarray(1 - edge / (1 + np.exp(-1 / root)))

    weak = eps * d(u, x) * d(v, x) + u * v
    return Problem("layers of reaction", (x, eps), weak, 1.0 * v, reference=exact)


def exponential() -> Problem:
    """-(exp(b T) T')' = q: (exp(b T) - 1) / b = q x (1 - x) / 2."""
    x, b = space("x", zero="both"), parameter("b", 0.2, 2.0)
    q = parameter("q", 1.0, 8.0)
    k = function_of(u, lambda T, b: np.exp(b * T), b)

    def exact(points: Floats) -> Floats:
        s, slope, source = points.T
        return np.asarray(np.log1p(slope * source * s * (1 - s) / 2) / slope)

    weak = k * d(u, x) * d(v, x)
    return Problem("conductivity exp(b T)", (x, b, q), weak, q * v, reference=exact)


def ignition(most: float) -> Problem:
    """-u'' = c exp(u), which has no solution above c = 3.514 (Bratu)."""
    x, c = space("x", zero="both"), parameter("c", 0.5, most)

    def exact(points: Floats) -> Floats:
        found = []
        for s, strength in points:
            root = brentq(lambda a, c=strength: np.sqrt(2 * c) * np.cosh(a / 4) - a, 0.0, 4.8)
            found.append(-2 * np.log(np.cosh((s - 0.5) * root / 2) / np.cosh(root / 4)))
        return np.array(found)

    weak = d(u, x) * d(v, x)
    heat = function_of(u, np.exp)
    return Problem(f"ignition, c to {most:g}", (x, c), weak, c * heat * v, reference=exact)


def part_backwards() -> Problem:
    """A heat equation whose diffusivity is negative at one end of its range."""
    x, t, k = space("x", zero="both"), time_axis("t", 0.0, 0.1), parameter("k", -0.2, 1.0)
    weak = d(u, t) * v + k * d(u, x) * d(v, x)
    return Problem("heat, backwards in part", (x, t, k), weak, 1.0 * v)


def source_only() -> Problem:
    """Nothing drives it but a lift of 0."""
    x, t = space("x", zero="both"), time_axis("t", 0.0, 1.0)
    weak = d(u, t) * v + d(u, x) * d(v, x)
    return Problem("heat without a start", (x, t), weak, 0.0 * v, lift=expression(0.0))
