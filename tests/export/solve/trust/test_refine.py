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
