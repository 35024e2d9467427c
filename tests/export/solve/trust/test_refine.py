"""Axes whose mesh nobody stated refine themselves, also along parameters and at interfaces."""

import numpy as np
import pytest

from sna_export.solve import Problem, d, parameter, solve, space, test_function, unknown
from sna_export.solve.trust.interfaces import with_interfaces

u, v = unknown(), test_function()


def layers(x, k):
    left, right = (x.function(lambda s, r=r: ((s >= 0.4) == r) * 1.0) for r in (False, True))
    return Problem("layers", (x, k), (left + k * right) * d(u, x) * d(v, x), 1.0 * v)


def exact(s, k):
    """-(c u')' = 1, c = 1 left of 0.4 and k right of it."""
    flux = (0.08 + (0.5 - 0.08) / k) / (0.4 + 0.6 / k)
    beyond = flux * 0.4 - 0.08 + (flux * (s - 0.4) - (s * s - 0.16) / 2) / k
    return np.where(s < 0.4, flux * s - s * s / 2, beyond)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-5])
def test_two_layers_are_solved_to_the_tolerance_for_every_conductivity(tolerance):
    x, k = space("x", zero="both"), parameter("k", 1.0, 20.0)
    solution = solve(layers(x, k), tolerance=tolerance)
    s = np.linspace(0, 1, 301)
    for value in (1.0, 5.0, 20.0):
        wanted = exact(s, value)
        found = solution.model.grid({"x": s}, at={"k": value})[:, 0]
        assert np.linalg.norm(found - wanted) <= tolerance * np.linalg.norm(wanted)
    assert not solution.doubts and 0.4 in solution.model.axes[0].basis.breaks


def test_a_boundary_layer_is_found():
    x = space("x", zero="both")
    problem = Problem("a", (x,), d(u, x) * v + 1e-4 * d(u, x) * d(v, x), 1.0 * v)
    model = solve(problem).model
    s = np.linspace(0, 1, 5001)
    wanted = s - np.exp((s - 1) / 1e-4)
    miss = model.grid({"x": s})[:, 0] - wanted
    assert np.linalg.norm(miss) <= 1e-2 * np.linalg.norm(wanted)
    assert np.abs(miss).max() <= 0.05, "the L2 norm hardly sees a layer that thin"


def test_a_stated_mesh_stays():
    x, k = space("x", spans=8, zero="both"), parameter("k", 1.0, 20.0, spans=2)
    solution = solve(layers(x, k), tolerance=1e-4)
    assert [a.basis.n_spans for a in solution.model.axes] == [8, 2] and solution.doubts
    solution = solve(layers(x, k), tolerance=1e-3, refine=True)
    assert not solution.doubts


def test_a_jump_becomes_a_break_that_counts_often_enough():
    x = space("x", zero="both")
    y = x.function
    problem = Problem(
        "p", (x,), y(lambda s: 1.0 + (s > 1 / 3)) * d(u, x) * d(v, x), y(lambda s: s > 0.7) * v
    )
    found = with_interfaces(problem, x)
    (one, often), (other, less) = sorted(found.repeated.items())
    assert one == pytest.approx(1 / 3, abs=1e-12) and often == 3
    assert other == pytest.approx(0.7, abs=1e-12) and less == 2
    smooth = Problem("p", (x,), y(lambda s: 1 + s * s) * d(u, x) * d(v, x), y(np.sin) * v)
    assert with_interfaces(smooth, x) is x


ROWS = np.array([0.0, 0.23, 0.51, 0.787, 1.0])
CONDUCTIVITY, SOURCE = np.array([1.0, 1.4, 2.2, 1.1, 1.0]), np.array([0.0, 3.0, 9.0, 4.0, 0.0])


def heated(s):
    """u of -(k u')' = q, 0 at both ends, k and q straight between the rows: three Gauss-Legendre
    points a cell and three inside each integrate both quotients to rounding."""
    grid = np.unique(np.r_[np.linspace(0, 1, 4001), ROWS, s])
    h, middle = np.diff(grid), (grid[1:] + grid[:-1]) / 2
    k, q = (lambda x, y=y: np.interp(x, ROWS, y) for y in (CONDUCTIVITY, SOURCE))
    flow = np.r_[0, np.cumsum(h * (q(grid[1:]) + q(grid[:-1])) / 2)]
    half = flow[:-1] + h * (q(grid[:-1]) + q(middle)) / 4

    def total(at, between):
        return np.r_[0, np.cumsum(h * (at[:-1] + 4 * between + at[1:]) / 6)]

    resistance, heat = total(1 / k(grid), 1 / k(middle)), total(flow / k(grid), half / k(middle))
    u = heat[-1] / resistance[-1] * resistance - heat
    return u[np.searchsorted(grid, s)]


@pytest.mark.parametrize("given", ["table", "function"])
def test_a_measured_table_is_solved_to_the_tolerance_with_breaks_at_its_rows(given):
    x, s = space("x", zero="both"), np.linspace(0, 1, 301)
    k, q = (
        x.function((ROWS, y) if given == "table" else lambda t, y=y: np.interp(t, ROWS, y))
        for y in (CONDUCTIVITY, SOURCE)
    )
    solution = solve(Problem("table", (x,), k * d(u, x) * d(v, x), q * v), tolerance=1e-6)
    found = solution.model.grid({"x": s})[:, 0]
    assert np.linalg.norm(found - heated(s)) <= 1e-6 * np.linalg.norm(heated(s))
    breaks = solution.model.axes[0].basis.breaks
    assert np.abs(breaks[:, None] - ROWS).min(axis=0).max() < 1e-9
    assert not solution.doubts and len(breaks) < 80, "without breaks at the rows it takes 300"


def test_a_table_on_a_stated_mesh_names_the_rows_in_its_doubt():
    x = space("x", spans=20, zero="both")
    k = x.function((ROWS, CONDUCTIVITY))
    doubts = solve(Problem("t", (x,), k * d(u, x) * d(v, x), 1.0 * v), tolerance=1e-6).doubts
    assert "(x = 0.23, x = 0.51, x = 0.787)" in doubts[0]


def test_a_bend_counts_by_what_stands_on_it():
    """Cubic: twice under d(u, x), once in a load, three times along a parameter; and a smooth peak
    is none."""
    x, b = space("x", zero="both"), parameter("b", 0.0, 1.0)
    bent = [np.array([0.0, 0.3, 1.0]), np.array([1.0, 2.0, 1.5])]
    problem = Problem(
        "p",
        (x, b),
        x.function(tuple(bent)) * b.function(lambda s: 1 + abs(s - 0.6)) * d(u, x) * d(v, x),
        x.function(lambda s: np.maximum(s - 0.7, 0) + np.exp(-200 * (s - 0.5) ** 2)) * v,
    )
    assert with_interfaces(problem, x).repeated == {0.3: 2, 0.7: 1}
    assert with_interfaces(problem, b).repeated == {0.6: 3}
    assert with_interfaces(problem, with_interfaces(problem, x)).repeated == {0.3: 2, 0.7: 1}
