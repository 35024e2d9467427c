"""Kronecker sums of many coefficients: in pieces, as scaled solutions, with an estimate by axes."""

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    d,
    on,
    parameter,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)
from sna_export.solve.direct import factor
from sna_export.solve.direct.factor import assembled, direct_solution, load_of
from sna_export.solve.pointwise.scales import scales_of
from sna_export.solve.solvers.assembly import assemble
from sna_export.solve.trust import held

u, v = unknown(), test_function()


def heated(spans=5, extra=()):
    """A box heated at its upper side by two products of functions."""
    x, y = (space(n, spans=spans, zero="both") for n in "xy")
    t = time_axis("t", 0.0, 0.1, spans=spans)
    weak = d(u, t) * v + d(u, x) * d(v, x) + 0.5 * d(u, y) * d(v, y)
    load = (np.exp(-x) * np.sin(t) + np.cos(y) * t) * v
    return Problem("box", (x, t, y, *extra), weak, load, output="rise", unit="K")


@pytest.mark.parametrize("at_once", [1, 40, 10**6])
def test_a_sum_solved_in_pieces_is_the_assembled_system_solved(monkeypatch, at_once):
    monkeypatch.setattr(factor, "AT_ONCE", at_once)
    system, _ = assemble(heated())
    found = direct_solution(system)
    load = load_of(system)
    assert (assembled(system) @ found.reshape(-1)).reshape(load.shape) == pytest.approx(
        load, abs=1e-9 * np.abs(load).max()
    )
    wanted = np.einsum("as,bs,cs->abc", *system.loads)
    assert load == pytest.approx(wanted, abs=1e-13)


def test_a_parameter_that_scales_the_load_takes_no_points():
    power = parameter("power", 1.0, 3.0, spans=1, degree=2)
    problem = heated(extra=(power,))
    problem = Problem("box", problem.axes, problem.operator, power**2 * problem.load)
    (scale,) = scales_of(problem)
    assert scale.axis is power
    solution = solve(problem, method="points", tolerance=1e-6, estimate=False)
    assert len(solution.history) == 1 and not solution.doubts
    at = {"x": 0.4, "t": 0.08, "y": 0.6}
    one, three = solution.model(**at, power=1.0)[0], solution.model(**at, power=3.0)[0]
    assert three == pytest.approx(9 * one, rel=1e-6)
    train = solve(problem, tolerance=1e-8, estimate=False).model
    assert one == pytest.approx(train(**at, power=1.0)[0], rel=1e-5)


def test_a_parameter_in_one_term_of_the_load_scales_nothing():
    power = parameter("power", 1.0, 3.0)
    problem = heated(extra=(power,))
    x = problem.axes[0]
    mixed = power * problem.load + v * on(x, 0.5)
    assert not scales_of(Problem("box", problem.axes, problem.operator, mixed))
    both = power * problem.load + power**2 * v
    assert not scales_of(Problem("box", problem.axes, problem.operator, both))
    moving = problem.operator + power * u * v
    assert not scales_of(Problem("box", problem.axes, moving, power * problem.load))


def test_a_sum_too_large_for_halved_spans_is_estimated_axis_by_axis(monkeypatch):
    problem = heated(6)
    whole = solve(problem, method="points", tolerance=1e-4, accept=True)
    monkeypatch.setattr(held, "MOST_OF_A_SUM", 700)
    assert held.is_wide(problem)
    found = solve(problem, method="points", tolerance=1e-4, accept=True).estimate
    assert 0.5 * whole.estimate.worst <= found.worst <= 5 * whole.estimate.worst
    assert found.discretisation > 0.5 * found.worst


def test_a_conductivity_takes_points_and_the_power_beside_it_none():
    power = parameter("power", 1.0, 3.0, spans=1, degree=1)
    k = parameter("conductivity", 0.5, 1.5, spans=1, degree=4)
    base = heated(extra=(k, power))
    x, t, y = base.axes[:3]
    weak = d(u, t) * v + k * (d(u, x) * d(v, x) + d(u, y) * d(v, y))
    problem = Problem("box", base.axes, weak, power * base.load)
    solution = solve(problem, method="points", tolerance=1e-4, estimate=False, accept=True)
    assert {n for s in solution.history for n in s.point.at} == {"conductivity"}
    train = solve(problem, tolerance=1e-7, estimate=False).model
    at = {"x": 0.4, "t": 0.08, "y": 0.6, "conductivity": 0.7, "power": 2.5}
    assert solution.model(**at)[0] == pytest.approx(train(**at)[0], rel=1e-3)
