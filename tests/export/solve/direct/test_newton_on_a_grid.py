"""Newton's method at one point of the parameters, on the tensor grid of the splines."""

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    component,
    d,
    function_of,
    on,
    space,
    test_function,
    unknown,
)
from sna_export.solve.direct.newton import Direct, Unsettled, settled
from sna_export.solve.direct.quadrature import points_of

u, v = unknown(), test_function()


def nothing() -> None:
    """Never out of time."""


def rows_of(problem, found):
    for d_, free in enumerate(Direct(problem).system.maps):
        found = np.moveaxis(np.tensordot(free.toarray(), found, ([1], [d_])), 0, d_)
    return found


def value_at(problem, found, *point):
    rows = rows_of(problem, found)
    for axis, x in zip(problem.axes, point, strict=True):
        rows = np.tensordot(axis.sparse_design(0, np.array([x])).toarray()[0], rows, 1)
    return float(rows)


def hot_square(spans=12):
    x, y = (space(n, spans=spans, zero="both") for n in "xy")
    k = function_of(u, lambda T: 1.0 + 2.0 * T)
    return Problem("square", (x, y), k * (d(u, x) * d(v, x) + d(u, y) * d(v, y)), 10.0 * v)


def test_conductivity_of_temperature_meets_the_kirchhoff_transform():
    problem = hot_square()
    found = settled(problem, 1e-8, nothing)
    n, m = np.meshgrid(np.arange(1, 200, 2), np.arange(1, 200, 2))
    sign = (-1.0) ** ((n + m) / 2 - 1)  # sin(n pi / 2) sin(m pi / 2)
    theta = 160.0 / np.pi**4 * np.sum(sign / (n * m * (n**2 + m**2)))
    middle = value_at(problem, found.found, 0.5, 0.5)
    assert middle + middle**2 == pytest.approx(theta, rel=2e-4)
    assert 2 <= found.steps <= 8
    assert found.residual <= 1e-8


def test_radiation_at_an_end_and_a_linear_term_beside_it():
    x = space("x", spans=2, degree=1, zero="lower")
    radiated = function_of(u, lambda T: T**4) * v * on(x, "upper")
    rod = Problem("rod", (x,), d(u, x) * d(v, x) + radiated, 2.0 * v * on(x, "upper"))
    assert value_at(rod, settled(rod, 1e-10, nothing).found, 1.0) == pytest.approx(1.0, abs=1e-8)


def test_the_derivative_of_the_residual_is_that_of_differences():
    problem = hot_square(4)
    x, y = problem.axes
    source = function_of(u, lambda T, y: y * np.sin(T), y)
    direct = Direct(Problem("p", (x, y), problem.operator, source * v, lift=x.function(np.cos)))
    rng = np.random.default_rng(0)
    at, move = rng.standard_normal((2, *direct.sizes))
    h = 1e-6
    ahead, back = (direct.around(at + s * move)[0] for s in (h, -h))
    exact = sum(slope(move) for slope in direct.around(at)[1])
    assert np.abs((ahead - back) / (2 * h) - exact).max() <= 1e-6 * np.abs(exact).max()


def test_gathering_is_the_transpose_of_spreading():
    place = Direct(hot_square(5)).terms[0].place
    rng = np.random.default_rng(1)
    orders = [(0, 0), (1, 0), (0, 1)]
    found = rng.standard_normal([m.shape[1] for m in place.maps])
    spread = place.spread(found, orders)
    fluxes = {o: rng.standard_normal(s.shape) for o, s in spread.items()}
    one = sum(np.vdot(fluxes[o], spread[o]) for o in orders)
    assert np.vdot(place.gathered(fluxes), found) == pytest.approx(one, rel=1e-12)


def test_few_spans_and_rough_splines_keep_all_their_points():
    assert len(points_of(space("x", spans=10, degree=3))[0]) == 20
    assert len(points_of(space("x", spans=4, degree=3))[0]) == 16
    assert len(points_of(space("x", spans=10, degree=1))[0]) == 20


def test_what_has_no_solution_is_not_settled():
    x = space("x", spans=4, zero="both")
    explosive = function_of(u, lambda T: 8.0 * np.exp(np.minimum(T, 50.0)))
    with pytest.raises(Unsettled):
        settled(Problem("explosion", (x,), d(u, x) * d(v, x), explosive * v), 1e-8, nothing)


def test_vectors_are_refused_in_a_sentence():
    c = component("c", ("a", "b"))
    x, w, z = space("x", zero="both"), unknown(c), test_function(c)
    form = d(w["a"], x) * d(z["a"], x) + d(w["b"], x) * d(z["b"], x)
    with pytest.raises(ProblemError, match="several components"):
        Direct(Problem("two", (x, c), form, 1.0 * z["a"]))
