"""Non-linear problems are looked at around their solution, those of many axes on few splines."""

import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    function_of,
    parameter,
    solve,
    space,
    test_function,
    time_axis,
    total,
    unknown,
)
from sna_export.solve.solvers.progress import Progress
from sna_export.solve.trust.spot import spot_of
from sna_export.solve.trust.stability import stability_of

u, v = unknown(), test_function()
x = space("x", zero="both")


def cubic(iterate):
    w = iterate.value()
    return 3.0 * w * w * u * v, 2.0 * w * w * w * v


def steady(low, high, newton=cubic):
    q = parameter("q", low, high)
    return Problem("s", (x, q), d(u, x) * d(v, x) - q * u * v, 1e-3 * v, newton=newton)


def evolving(sign, whole=1.0):
    t, q = time_axis("t", 0.0, 0.1), parameter("q", 0.5, 1.0)
    weak = whole * (d(u, t) * v + sign * q * d(u, x) * d(v, x))
    return Problem("e", (x, t, q), weak, whole * 1e-3 * v, newton=cubic)


def near_zero(problem):
    """A model of almost 0 on the axes of the problem."""
    mass = Problem("m", problem.axes, u * v, 1e-6 * v)
    return solve(mass, estimate=False, accept=True).model


def looked(problem):
    return spot_of(problem, near_zero(problem), Progress())


def test_an_eigenvalue_that_changes_its_sign_between_corners_is_named():
    found = looked(steady(8.0, 12.0))
    assert "between q = 8 and q = 12" in found.fault and "branch" in found.fault
    assert looked(steady(2.0, 5.0)).fault == ""


def test_a_non_linear_heat_equation_that_runs_backwards_is_named():
    for whole in (1.0, -1.0):
        assert "backwards" in looked(evolving(-1.0, whole)).fault
        assert looked(evolving(1.0, whole)).fault == ""


def test_a_look_that_fails_says_why(monkeypatch):
    def failing(*_):
        raise ProblemError("a function is not finite")

    monkeypatch.setattr("sna_export.solve.trust.spot.dense_around", failing)
    assert "a function is not finite" in looked(steady(2.0, 5.0)).said


def test_what_was_looked_at_is_said():
    solution = solve(steady(2.0, 5.0), accept=True)
    assert solution.stability.startswith("looked for at 3 parameter points around the solution")
    assert solve(steady(2.0, 5.0, None)).stability == ""


def test_time_that_is_up_is_said():
    problem = steady(2.0, 5.0)
    assert "time was up" in spot_of(problem, near_zero(problem), Progress(1e-9)).said


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_seven_axes_of_space_are_looked_at_on_splines_of_degree_two(sign):
    axes = tuple(space(f"x{i}", spans=6, degree=4, zero="both") for i in range(7))
    q = parameter("q", -30.0 if sign < 0 else 0.5, 1.0)
    weak = total(d(u, a) * d(v, a) for a in axes[1:]) + q * d(u, axes[0]) * d(v, axes[0])
    found = stability_of(Problem("many", (*axes, q), weak, 1.0 * v))
    assert "functions per axis" in found.said
    assert found.checked and (found.fault != "") == (sign < 0)


def test_a_conductivity_that_is_constant_at_one_corner_raises_no_doubt():
    """The linearisation is symmetric there and nowhere else: the two are counted alike."""
    slope = parameter("slope", 0.0, 1.0, spans=2, degree=3)
    end = space("x", zero="lower", spans=6, degree=3)
    conductivity = function_of(u, lambda T, b: 1.0 + b * T, slope)
    rod = Problem("rod", (end, slope), conductivity * d(u, end) * d(v, end), 2.0 * v)
    solution = solve(rod)
    assert solution.doubts == ()
    exact = (2.0**0.5 - 1.0) / 0.5  # u + u^2 / 4 = 1 at the free end, slope 0.5
    assert abs(float(solution.model(x=1.0, slope=0.5)[0]) - exact) < 1e-3
