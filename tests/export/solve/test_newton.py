"""Newton steps: told, damped, continued from weaker functions, given up in a sentence."""

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    expression,
    function_of,
    parameter,
    solve,
    space,
    test_function,
    unknown,
)
from sna_export.solve.newton import by_newton
from sna_export.solve.runs import by_train
from sna_export.solve.solvers.progress import Progress
from sna_export.solve.trust.doubts import Doubtful
from sna_export.solve.weak_form.linearised import with_strength

u, v = unknown(), test_function()
OPTIONS = {"method": "train", "form": "galerkin", "rank_max": 8, "tolerance": 1e-5, "modes": 0}


def flat(f, **more):
    """f(u) = k at every k: no derivative, so that single values tell what Newton steps do."""
    k = parameter("k", 0.5, 1.5, spans=2, degree=3)
    x = space("x", spans=1, degree=1)
    return Problem("flat", (x, k), function_of(u, f) * v, k * v, **more)


def test_every_step_is_told_with_what_it_moved_and_how_well_functions_are_met():
    seen = []
    solution = solve(flat(lambda T: T + T**3), listener=lambda s, left: seen.append(s.newton))
    steps = [s.newton for s in solution.history if s.newton]
    assert [s for s in seen if s] == steps
    assert steps[-1].moved <= 1e-4
    assert all(s.damping == 1.0 == s.strength for s in steps)
    assert 0 <= max(s.functions for s in steps) <= 1e-2
    T = solution.model(x=0.5, k=1.0)[0]
    assert abs(T + T**3 - 1.0) <= 1e-3


def test_steps_that_grow_are_shortened():
    problem = flat(lambda T: np.arctan(T) + 0.7, lift=expression(3.0))
    progress = Progress()
    by_newton(problem, dict(OPTIONS), 0, None, progress)
    assert min(s.newton.damping for s in progress.history if s.newton) < 1.0
    found = solve(problem, tolerance=1e-5, estimate=False).model(x=0.5, k=1.0)[0]
    assert np.arctan(found) == pytest.approx(0.3, abs=1e-3)


def test_functions_of_less_strength_lead_to_those_that_are_meant():
    problem = flat(lambda T: T + T**3, defaults={"continuation": (0.2, 0.6)})
    solution = solve(problem, tolerance=1e-5, estimate=False)
    strengths = [s.newton.strength for s in solution.history if s.newton]
    assert strengths == sorted(strengths)
    assert {0.2, 0.6, 1.0} == set(strengths)
    T = solution.model(x=0.5, k=1.0)[0]
    assert abs(T + T**3 - 1.0) <= 1e-3


def test_a_weakened_function_keeps_its_value_at_zero():
    problem = flat(lambda T: 2.0 + T**2)
    weak = with_strength(problem, 0.25).operator.products[0].function
    T = np.array([0.0, 1.0, -2.0])
    assert np.allclose(weak.value(T), 2.0 + 0.25 * T**2)
    assert np.allclose(weak.slope(T), 0.5 * T)


def test_steps_that_never_converge_are_a_doubt():
    problem = flat(lambda T: np.sqrt(1.0 + T**2) + 1.0, lift=expression(1.0))
    with pytest.raises(Doubtful, match="do not converge"):
        solve(problem, estimate=False)
    assert "do not converge" in solve(problem, accept=True, estimate=False).doubts[0]


@pytest.mark.parametrize("tolerance", [0.01, 0.03, 0.1, 0.3])
def test_a_loose_tolerance_takes_no_cycle_for_a_solution(tolerance):
    """Newton steps of T^3 - 2 T + 2 go from 0 to 1 and back; its only zero is -1.769."""
    k, x = parameter("k", 0.5, 1.5), space("x", spans=1, degree=1)
    cubic = function_of(u, lambda T: T**3 - 2.0 * T + 2.0)
    problem = Problem("cycle", (x, k), cubic * v, 0.0 * k * v)
    found = solve(problem, tolerance=tolerance, accept=True, estimate=False)
    T = float(found.model(x=0.5, k=1.0)[0])
    assert found.doubts or abs(T + 1.7693) <= 2 * tolerance


def test_time_that_is_up_on_the_way_of_a_continuation_is_a_doubt():
    problem = flat(lambda T: T + T**3, defaults={"continuation": (0.2, 0.6)})
    found = solve(problem, time_limit=1e-6, estimate=False)
    assert found.stopped and "0.2 of their strength" in found.doubts[0]


def test_no_step_is_begun_after_one_that_grew_when_time_was_up(monkeypatch):
    taken = []

    class Late(Progress):
        expired = property(lambda self: len(taken) >= 2)

    def counted(*arguments):
        taken.append(1)
        return by_train(*arguments)

    monkeypatch.setattr("sna_export.solve.newton.by_train", counted)
    problem = flat(lambda T: np.arctan(T) + 0.7, lift=expression(3.0))
    found = by_newton(problem, dict(OPTIONS), 0, None, Late())
    assert len(taken) == 2 and found.doubts == []


def test_rod_of_radiation_far_from_its_start():
    x = space("x", spans=4, degree=3, zero="lower")
    f = function_of(u, lambda T: 1e3 * np.abs(T) ** 3 * T)
    problem = Problem("sink", (x,), d(u, x) * d(v, x) + f * v, 0.0 * v, lift=expression(3.0))
    solution = solve(problem, tolerance=1e-5, estimate=False)
    assert solution.model(x=0.0)[0] == pytest.approx(3.0, abs=1e-6)
    assert [s.newton.moved for s in solution.history if s.newton][-1] <= 1e-5


@pytest.mark.parametrize("strengths", ["x", (2.0,), (0.1, "1"), -0.1, (float("nan"),)])
def test_strengths_that_are_none_are_refused(strengths):
    with pytest.raises(ProblemError, match="strengths between 0 and 1"):
        solve(flat(lambda T: T, defaults={"continuation": strengths}))


def test_one_strength_may_stand_alone():
    solution = solve(flat(lambda T: T + T**3, defaults={"continuation": 0.5}))
    assert {s.newton.strength for s in solution.history if s.newton} == {0.5, 1.0}


def test_what_is_no_axis_and_what_gives_no_numbers_is_refused():
    with pytest.raises(ProblemError, match="'k' behind the function, no axis"):
        function_of(u, lambda T, k: k * T, "k")
    with pytest.raises(ProblemError, match="does not give real numbers"):
        solve(flat(lambda T: "steel"))
