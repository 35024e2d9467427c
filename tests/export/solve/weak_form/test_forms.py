"""The language of problems: algebra of forms, and an error for everything that is not well
stated."""

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    component,
    d,
    on,
    parameter,
    separate,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)

u, v = unknown(), test_function()


def line(**options):
    return space("x", 0.0, 1.0, spans=6, degree=3, **options)


def test_products_expand_like_on_paper():
    x, k = line(zero="both"), parameter("k", 1.0, 2.0)
    form = k * (d(u, x) - 2.0 * u) * (d(v, x) + v)
    assert len(form.products) == 4
    assert sorted(p.scale for p in form.products) == [-2.0, -2.0, 1.0, 1.0]
    assert all(set(p.factors) == ({x, k} if p.factors.get(x) else {k}) for p in form.products)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (lambda x: d(u, "x"), "names no axis"),
        (lambda x: x.function(lambda s, t: s * t), "separate"),
        (lambda x: u * u * v, "twice"),
        (lambda x: d(u * v, x), "before multiplying"),
        (lambda x: d(u, x, 4), "degree"),
        (lambda x: on(x, "left"), "no end"),
        (lambda x: on(x, 2.0), "outside"),
        (lambda x: x.function(lambda s: 1 / (s - s)), "not finite"),
        (lambda x: u["w"], "not a component"),
        (lambda x: "1" * u, "not a term"),
        (lambda x: space("y", zero="left"), "names no end"),
        (lambda x: space("y", zero="both", periodic=True), "periodic"),
        (lambda x: Problem("p", (x,), u * v, u * v), "test function only"),
        (lambda x: Problem("p", (x,), d(u, x) * d(v, x), line() * v), "does not have"),
        (lambda x: Problem("p", (x, x), u * v, v), "unique"),
        (lambda x: Problem("p", (x,), u * v, 1.0), r"load of 'p' is 1.0, no form; multiply"),
        (lambda x: Problem("p", (x,), u * v, x), "load of 'p' is the axis x, no form"),
        (lambda x: Problem("p", (x,), None, 1.0 * v), "operator of 'p' is None"),
        (lambda x: Problem("p", (x,), u * v, 1.0 * v, lift=2.0), r"lift of 'p' is 2.0"),
        (lambda x: space("y", spans=0), "spans=0"),
        (lambda x: parameter("k", 2.0, 1.0), "from 2 to 1"),
        (lambda x: np.sin(u), "np.sin of the unknown"),
        (lambda x: u**2, "linearise"),
        (lambda x: np.sin(x + parameter("k", 1.0, 2.0)), "separate"),
        (lambda x: 1 / x.function(lambda s: 0 * s), "not finite"),
        (lambda x: u / 0, "divided by 0"),
        (lambda x: np.hypot(x, x), "np.hypot does not work"),
        (lambda x: x.function(lambda s: np.ones(3)), "3 numbers at"),
        (lambda x: x.function(lambda s: 1j * s), "a coefficient does not give real numbers"),
        (lambda x: x.function(([0, 1], [1.0, 2.0, 3.0])), "2 places and 3 values"),
        (lambda x: x.function(([0, 0.5, 0.5, 1], [1.0] * 4)), "must increase along it"),
        (lambda x: x.function(([0.0, 0.9], [1.0, 2.0])), "from 0 to 0.9, the axis from 0 to 1"),
        (lambda x: x.function(([0.0, 1.0], [1.0, np.nan])), "holds a gap"),
        (lambda x: x.function(lambda s: "steel"), "a coefficient does not give real numbers"),
        (
            lambda x: solve(Problem("p", (x,), u * v, 1.0 * v), method="magic"),
            "use 'train' or 'modes'",
        ),
        (lambda x: solve(Problem("p", (x,), u * v, 1.0 * v), form="magic"), "is 'magic'; use"),
    ],
)
def test_wrong_statements_name_cause_and_next_step(state, words):
    with np.errstate(all="ignore"), pytest.raises(ProblemError, match=words):
        state(line())


@pytest.mark.parametrize("more", [0.0, 1.0])
def test_a_pure_neumann_problem_is_under_determined(more):
    x, k = line(), parameter("k", 1.0, 2.0)
    cancelled = more * (3.0 * u * v - u * v - 2.0 * u * v)
    with pytest.raises(ProblemError, match="under-determined"):
        solve(Problem("p", (x, k), k * d(u, x) * d(v, x) + cancelled, 1.0 * v))


@pytest.mark.parametrize("held", [{"zero": "upper"}, {}])
def test_a_held_end_or_a_robin_end_determines_it(held):
    x = line(**held)
    weak = d(u, x) * d(v, x) + (0.0 if held else 1.0) * u * v * on(x, "upper")
    assert np.isfinite(solve(Problem("p", (x,), weak, 1.0 * v)).model({"x": 0.3})).all()


def test_a_component_of_one_side_only_is_refused():
    c, x = component("c", ("a", "b")), line(zero="both")
    w = unknown(c)
    with pytest.raises(ProblemError, match="both"):
        solve(Problem("p", (c, x), d(w["a"], x) * d(v, x), 1.0 * v))


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-8])
def test_separate_states_the_error_it_makes(tolerance):
    axes = (line(), space("y", 0.0, 2.0, spans=5), parameter("r", 1.0, 2.0))
    found = separate(lambda x, y, r: np.exp(-((x - y) ** 2) / r), axes, tolerance)
    assert found.error <= tolerance
    assert found.error >= tolerance * 1e-3, "more products than the tolerance asks for"
    summed = sum(
        np.prod([p.factors[a].coefficient.at(a.nodes)[i] for a, i in zip(axes, (3, 8, 11))])
        for p in found.products
    )
    exact = np.exp(-((axes[0].nodes[3] - axes[1].nodes[8]) ** 2) / axes[2].nodes[11])
    assert abs(summed - exact) <= 50 * tolerance


def test_separate_takes_grids_too_large_to_sample_and_refuses_what_is_not_finite():
    x = line()
    found = separate(lambda *a: sum(a), [x] * 6, 1e-8)
    assert found.error <= 2e-8
    assert found.rank <= 2**5  # two functions between every two axes
    with np.errstate(all="ignore"), pytest.raises(ProblemError, match="not finite"):
        separate(lambda a, b: 1 / (0 * a * b), (x, x))


def test_time_starts_at_zero_and_takes_a_lift():
    x, t = line(zero="both"), time_axis("t", 0.0, 0.1, spans=6)
    problem = Problem(
        "p",
        (x, t),
        d(u, t) * v + d(u, x) * d(v, x),
        0.0 * v,
        lift=x.function(lambda s: np.sin(np.pi * s)),
    )
    model = solve(problem, tolerance=1e-7).model
    assert model({"x": 0.4, "t": 0.0})[0] == pytest.approx(np.sin(0.4 * np.pi), abs=1e-4)
    assert model({"x": 0.4, "t": 0.1})[0] == pytest.approx(
        np.sin(0.4 * np.pi) * np.exp(-(np.pi**2) * 0.1), abs=1e-4
    )


def test_axes_and_numpy_scalars_take_part_in_the_arithmetic():
    x, k = line(zero="both"), parameter("k", 1.0, 2.0)
    load = np.float64(2.0) * ((1.0 + k) * v - (k - 3.0) * v + (1 - x) * v * np.float64(0.0))
    assert len(load.products) == 6
    points = np.random.default_rng(0).uniform([0, 1], [1, 2], (20, 2))
    weak = np.float64(1.0) * d(u, x) * d(v, x)
    found = solve(Problem("p", (x, k), weak, load), tolerance=1e-8).model(points)[:, 0]
    assert np.allclose(found, 4 * points[:, 0] * (1 - points[:, 0]), atol=1e-9)


def test_a_form_that_vanishes_is_singular_and_says_so():
    x = line(zero="both")
    with pytest.raises(ProblemError, match="singular"):
        solve(Problem("p", (x,), 0.0 * u * v, 1.0 * v))


def test_functions_of_a_coordinate_are_coefficients():
    """sin, powers and quotients of axes: as `axis.function` gives them."""
    x, k = line(zero="both"), parameter("k", 1.0, 2.0)
    pairs = [
        (np.sin(k), k.function(np.sin)),
        (k**2, k.function(lambda s: s**2)),
        (1 / k, k.function(lambda s: 1 / s)),
        (u / (2 * k + 1), u * k.function(lambda s: 1 / (2 * s + 1))),
        (np.exp(-2.0 * x / 3), x.function(lambda s: np.exp(-2 * s / 3))),
        (np.float64(2.0) / k, k.function(lambda s: 2 / s)),
        (np.multiply(2.0, k), k.function(lambda s: 2 * s)),
    ]
    for found, wanted in pairs:
        (p,), (q,) = found.products, wanted.products
        axis = next(iter(found.axes))
        a, b = (f.factors[axis].coefficient.at(axis.nodes) * f.scale for f in (p, q))
        assert np.allclose(a, b, rtol=1e-14) and p.has_trial == q.has_trial


def test_a_field_beside_a_point_takes_its_value_there():
    x, k = line(zero="lower"), parameter("k", 1.0, 2.0)
    weak = d(u, x) * d(v, x) + k * x.function(lambda s: 3 * s) * u * v * on(x, "upper")
    model = solve(Problem("p", (x, k), weak, 0.0 * v, lift=x.function(lambda s: s**0))).model
    assert model(x=1.0, k=1.5)[0] == pytest.approx(1 / (1 + 4.5), abs=1e-4)


def test_a_point_that_rounding_put_outside_is_the_end():
    x = line(zero="lower")
    assert on(x, -7e-21).products[0].factors[x].end == 0.0
    with pytest.raises(ProblemError, match="outside"):
        on(x, -1e-6)
