"""Problems solved at points of their parameters: functions, points, the train, the whole way."""

import numpy as np
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
    unknown,
)
from sna_export.solve.pointwise.chosen import Chosen
from sna_export.solve.pointwise.nested import nested
from sna_export.solve.pointwise.train import train_through
from sna_export.solve.trust.doubts import Doubtful

u, v = unknown(), test_function()


@pytest.mark.parametrize(("spans", "degree"), [(1, 5), (3, 3), (4, 1), (1, 1)])
def test_functions_stand_in_order_each_with_its_point(spans, degree):
    axis = parameter("k", 2.0, 5.0, spans=spans, degree=degree)
    found = nested(axis)
    assert np.allclose(np.tril(found.values, -1), 0.0, atol=1e-9)
    assert np.allclose(np.diag(found.values), 1.0)
    assert np.linalg.matrix_rank(found.rows) == spans + degree
    assert len(set(found.points)) == spans + degree
    places = np.linspace(2.0, 5.0, 97)
    values = axis.sparse_design(0, places) @ found.rows
    assert np.abs(values).max() <= 1.0 + 5e-3  # places are sought in steps of 1/64
    for k in range(degree):  # polynomials first
        left = np.polyfit(places, values[:, k], k, full=True)[1]
        assert left.size == 0 or left[0] <= 1e-16


def chosen_for(function, axes, count):
    found = Chosen([nested(a) for a in axes], lambda p, guess: function(*p))
    more = [(0,) * len(axes)]
    while more and len(found.indices) < count:
        for index in more:
            found.add(index)
        more = found.next()
    return found


def test_a_polynomial_needs_as_many_points_as_it_has_products_and_few_more():
    axes = [parameter("a", 0.0, 1.0, spans=1, degree=5), parameter("b", -1.0, 1.0, spans=2)]
    found = chosen_for(lambda a, b: np.array([1 + a**3, a * b, 2.0]), axes, 14)
    sizes = found.sizes
    assert max(sizes[i] for i in sizes if i[0] + i[1] > 3 or (i[0] > 1 and i[1])) <= 1e-12
    assert found.missing <= 1e-9


def test_the_train_is_the_sum_over_the_points():
    axes = [parameter("a", 0.0, 1.0, spans=1, degree=4), parameter("b", 1.0, 2.0, spans=2)]

    def field(a, b):
        x = np.linspace(0, 1, 12)
        return np.exp(-a * x) / (b + x)

    found = chosen_for(field, axes, 18)
    functions = [n.rows for n in found.axes]
    cores = train_through(found.surpluses, (3, 4), found.indices, functions, 1e-9, 50)
    assert [c.shape[1] for c in cores] == [3, 4, 5, 5]
    for index in found.indices[:6]:
        a, b = found.point(index)
        lines = [axis.sparse_design(0, np.array([p])).toarray()[0] for axis, p in zip(axes, (a, b))]
        value = cores[0]
        for core in cores[1:2]:
            value = np.tensordot(value, core, 1)
        for core, line in zip(cores[2:], lines, strict=True):
            value = np.tensordot(value, np.tensordot(line, core, ([0], [1])), 1)
        assert np.allclose(value.reshape(-1), field(a, b), atol=1e-8)


def square(**more):
    x, y = (space(n, spans=10, zero="both") for n in "xy")
    b, q = parameter("b", 0.0, 1.0, spans=1, degree=5), parameter("q", 1.0, 20.0, spans=1, degree=5)
    k = function_of(u, lambda T, b: 1.0 + b * T, b)
    weak = k * (d(u, x) * d(v, x) + d(u, y) * d(v, y))
    return Problem("square", (b, x, y, q), weak, q * v, **more)


def test_a_problem_is_solved_at_points_and_every_one_is_told():
    seen = []
    solution = solve(
        square(), method="points", tolerance=1e-3, listener=lambda s, left: seen.append(s.point)
    )
    assert [s.point for s in solution.history] == seen
    assert solution.doubts == ()
    assert solution.estimate is not None
    assert solution.estimate.worst <= 1e-3
    n, m = np.meshgrid(np.arange(1, 200, 2), np.arange(1, 200, 2))
    theta = 16 / np.pi**4 * np.sum((-1.0) ** ((n + m) / 2 - 1) / (n * m * (n**2 + m**2)))
    for b, q in ((0.3, 7.0), (0.9, 19.0)):
        T = solution.model(b=b, x=0.5, y=0.5, q=q)[0]
        assert T + b * T**2 / 2 == pytest.approx(q * theta, rel=1e-3)
    assert seen[-1].missing <= 1e-3 < seen[3].missing
    assert set(seen[0].at) == {"b", "q"}


def test_points_that_are_too_few_are_a_doubt():
    with pytest.raises(Doubtful, match="points of the parameters still miss"):
        solve(square(defaults={"points": 4}), method="points", tolerance=1e-5)


def rod_of(k):
    x = space("x", spans=8, zero="both")
    return Problem("rod", (x, k), k * d(u, x) * d(v, x), 1.0 * v)


def test_splines_that_are_too_few_are_a_doubt_where_nobody_refines_them():
    stated = rod_of(parameter("k", 1.0, 20.0, spans=1, degree=2))
    with pytest.raises(Doubtful, match=r"3 points of .* miss about 9\.5e-01 .* a higher degree"):
        solve(stated, method="points", tolerance=1e-3)
    free = solve(rod_of(parameter("k", 1.0, 20.0)), method="points", tolerance=1e-3)
    assert free.doubts == () and free.estimate.worst <= 1e-3
    assert free.problem.axes[1].basis.n_spans > parameter("k", 1.0, 20.0).basis.n_spans


def test_what_the_point_to_be_built_upon_added_is_missing_until_it_is():
    seen = []
    with pytest.raises(Doubtful, match="still miss") as raised:
        solve(
            square(defaults={"points": 4}), method="points", tolerance=1e-5,
            listener=lambda s, left: seen.append(s.point.missing),
        )  # fmt: skip
    assert f"miss about {seen[-1]:.1e} of" in str(raised.value)


def test_a_stream_is_stabilised_at_every_point():
    x, a = space("x", spans=16, zero="both"), parameter("a", 0.5, 2.0, spans=1, degree=4)
    weak = a * d(u, x) * v + 1e-4 * d(u, x) * d(v, x)
    problem = Problem("stream", (x, a), weak, 1.0 * v, stabilise="supg", defaults={"accuracy": 0.3})
    found = solve(problem, method="points", tolerance=1e-4, accept=True).model
    s = np.linspace(0.0, 0.8, 81)
    assert np.abs(found.grid({"x": s}, at={"a": 1.3})[:, 0] - s / 1.3).max() < 5e-3


def test_a_linear_problem_and_one_without_parameters_go_the_same_way():
    x = space("x", spans=8, zero="both")
    k = parameter("k", 1.0, 2.0, spans=1, degree=7)
    rod = Problem("rod", (x, k), k * d(u, x) * d(v, x), 1.0 * v)
    found = solve(rod, method="points", tolerance=1e-5).model
    assert found(x=0.5, k=1.4)[0] == pytest.approx(1 / (8 * 1.4), rel=1e-4)
    hot = Problem("hot", (x,), d(u, x) * d(v, x), function_of(u, lambda T: 1 + T * T) * v)
    alone = solve(hot, method="points", tolerance=1e-6).model(x=0.5)[0]
    assert alone == pytest.approx(solve(hot, tolerance=1e-6).model(x=0.5)[0], rel=1e-4)


def test_the_time_limit_leaves_what_was_solved():
    solution = solve(square(), method="points", tolerance=1e-9, time_limit=1e-3, accept=True)
    assert solution.stopped


def test_parameters_alone_have_nothing_to_solve_for():
    k = parameter("k", 1.0, 2.0)
    with pytest.raises(ProblemError, match="parameters only"):
        solve(Problem("flat", (k,), function_of(u, np.tanh) * v, k * v), method="points")
