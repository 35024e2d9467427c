"""Problems stated again: finer meshes, parameters held at a value, coefficients asked anew."""

import numpy as np
import pytest

from sna_export.solve import Problem, d, parameter, separate, solve, space, test_function, unknown
from sna_export.solve.problems import beam, burgers
from sna_export.solve.weak_form.restated import halved, restated

u, v = unknown(), test_function()


def test_a_held_problem_is_a_slice_of_the_whole():
    x, k = space("x", zero="both"), parameter("k", 1.0, 2.0, spans=6, degree=5)
    f = separate(lambda s, q: np.exp(-s * q), (x, k), 1e-9)
    problem = Problem("p", (x, k), k * d(u, x) * d(v, x), f * v)
    asked = (problem, restated(problem, {"k": 1.3}))
    whole, held = (solve(p, tolerance=1e-9).model for p in asked)
    points = np.linspace(0, 1, 9)
    assert held(points[:, None]) == pytest.approx(whole.at(k=1.3)(points[:, None]), abs=1e-8)


def test_a_coefficient_with_a_jump_is_asked_at_the_new_nodes():
    x = space("x", spans=5, zero="both")
    problem = Problem("p", (x,), d(u, x) * d(v, x), x.function(lambda s: (s > 0.4) * 1.0) * v)
    fine = halved(x, 2)
    found = restated(problem, {"x": fine}).load.products[0].factors[fine].coefficient
    assert np.array_equal(found.at(fine.nodes), (fine.nodes > 0.4) * 1.0)


def test_values_at_nodes_are_interpolated_span_by_span():
    x = space("x", spans=5)
    form = x.function(np.sin) * 1.0
    from sna_export.solve import coefficient

    at_nodes = coefficient(x, np.sin(x.nodes)).products[0].factors[x].coefficient
    points = np.linspace(0, 1, 77)
    assert at_nodes.at(points) == pytest.approx(np.sin(points), abs=1e-10)
    assert np.array_equal(at_nodes.at(x.nodes), form.products[0].factors[x].coefficient.at(x.nodes))


@pytest.mark.parametrize("place", [0.7, "halved"])
def test_a_point_load_moves_with_its_axis(place):
    problem = beam(spans=12)
    position = halved(problem.axis("position")) if place == "halved" else place
    model = solve(restated(problem, {"position": position, "modulus": 100e9})).model
    at = {"component": "deflection", "x": 0.9, "position": 0.7}
    value = model({n: a for n, a in at.items() if n in [x.name for x in model.axes]})[0]
    assert value == pytest.approx(problem.reference([[0, 0.9, 0.7, 100e9]])[0], rel=2e-4)


def test_a_nonlinear_problem_is_held_and_refined():
    problem = burgers(spans=16, time_spans=8)
    held = restated(problem, {"viscosity": 0.1, "x": halved(problem.axis("x"))})
    model = solve(held).model
    assert model(x=0.3, t=0.5)[0] == pytest.approx(
        problem.reference([[0.3, 0.5, 0.1]])[0], abs=2e-4
    )
