"""Advection that the mesh does not resolve: no oscillation, an honest estimate, the order kept."""

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    component,
    d,
    function_of,
    on,
    parameter,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)
from sna_export.solve.weak_form.upwind.intrinsic import intrinsic_time, largest_peclet
from sna_export.solve.weak_form.upwind.strong import strong
from sna_export.solve.weak_form.upwind.supg import stabilised, stream_of

u, v = unknown(), test_function()
S = np.linspace(0, 1, 2001)


def layer(k, a=1.0):
    """a u' - k u'' = 1, u = 0 at both ends."""
    with np.errstate(under="ignore"):
        edge = (np.exp((S - 1) * a / k) - np.exp(-a / k)) / (1 - np.exp(-a / k))
    return (S - edge) / a


def stream(k, spans=16, degree=3, **more):
    x = space("x", spans=spans, degree=degree, zero="both")
    return Problem("a", (x,), d(u, x) * v + k * d(u, x) * d(v, x), 1.0 * v, **more)


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("k", [1e-2, 1e-4, 1e-6])
def test_a_coarse_mesh_does_not_oscillate_and_its_estimate_is_honest(degree, k):
    solution = solve(stream(k, degree=degree, stabilise="supg"))
    found, wanted = solution.model.grid({"x": S})[:, 0], layer(k)
    assert found.min() >= -1e-3 and found.max() <= wanted.max() + 1e-3
    assert np.abs(found - wanted)[S < 0.8].max() < 5e-3
    true = np.linalg.norm(found - wanted) / np.linalg.norm(wanted)
    assert 0.5 * true <= solution.estimate.worst <= 2 * true
    plain = solve(stream(k, degree=degree)).model.grid({"x": S})[:, 0]
    assert np.abs(plain - wanted)[S < 0.8].max() > 5e-2  # red without


def test_straight_pieces_are_exact_at_the_breaks():
    found = solve(stream(1e-2, degree=1), stabilise="supg").model.grid({"x": S})[:, 0]
    assert found[:: 2000 // 16] == pytest.approx(layer(1e-2)[:: 2000 // 16], abs=1e-9)


def test_a_mesh_that_resolves_keeps_its_order():
    errors = []
    for spans in (12, 24, 48):
        found = solve(stream(0.1, spans, 2), stabilise="supg").model.grid({"x": S})[:, 0]
        errors.append(np.linalg.norm(found - layer(0.1)))
    assert np.diff(np.log2(errors)) == pytest.approx([-3.0, -3.0], abs=0.35)


def test_speed_and_diffusivity_are_axes_and_the_mesh_refines_itself():
    x, a = space("x", zero="both"), parameter("a", 0.5, 2.0, spans=3, degree=4)
    k = parameter("k", 1e-3, 1e-1, breaks=np.geomspace(1e-3, 1e-1, 7))
    weak = a * d(u, x) * v + k * d(u, x) * d(v, x)
    problem = Problem("a", (x, a, k), weak, 1.0 * v, stabilise="supg")
    solution = solve(problem, tolerance=2e-2)
    worst = 0.0
    for point in ({"a": 0.5, "k": 1e-3}, {"a": 2.0, "k": 1e-3}, {"a": 1.1, "k": 2e-2}):
        found, wanted = solution.model.grid({"x": S}, at=point)[:, 0], layer(point["k"], point["a"])
        worst = max(worst, np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
    assert worst <= 2e-2 and not solution.doubts
    assert solution.problem.axes[0].basis.n_spans < 40  # without, above 80


def test_the_time_of_a_span_is_a_short_sum_of_products_that_is_near_it():
    x = space("x", breaks=np.linspace(0, 1, 13) ** 2)
    a, k = parameter("a", 0.5, 2.0), parameter("k", 1e-4, 1e-1)
    problem = Problem("a", (x, a, k), a * d(u, x) * v + k * d(u, x) * d(v, x), 1.0 * v)
    terms = intrinsic_time(stream_of(problem))
    assert 2 <= len(terms) <= 8
    rng, h = np.random.default_rng(0), np.diff(x.basis.breaks)
    for _ in range(50):
        where = {x: rng.uniform(0, 1), a: rng.uniform(0.5, 2), k: 10 ** rng.uniform(-4, -1)}
        found = sum(
            p.scale * np.prod([f.coefficient.at(np.array([where[b]]))[0]
                               for b, f in p.factors.items()]) for p in terms
        )  # fmt: skip
        width = h[x.basis.locate(np.array([where[x]]))[0][0]]
        peclet = abs(where[a]) * width / (2 * where[k])
        lean = 1 / np.tanh(peclet) - 1 / peclet
        assert found == pytest.approx(width * lean / (2 * abs(where[a])), rel=0.5)
    assert largest_peclet(stream_of(problem)) == pytest.approx(2 * h[-1] / 2e-4, rel=1e-6)


def test_terms_stand_inside_spans_with_all_derivatives_on_the_unknown():
    x = space("x", degree=2)
    weak = (1 + x) * d(u, x) * d(v, x) + 3.0 * u * v * on(x, "upper")
    slope, bent = strong(weak - x**2 * u * d(v, x))[1::2][0], strong(d(u, x) * d(v, x))[0]
    assert bent.factors[x].trial == 2 and bent.scale == -1.0
    assert slope.factors[x].trial == 2
    (still,) = strong(-1.0 * x**2 * d(v, x))
    assert still.factors[x].coefficient.at(np.array([0.3]))[0] == pytest.approx(0.6, abs=1e-6)
    assert strong(4.0 * v * on(x, "lower")) == []
    straight = space("y", degree=1)
    assert strong(d(u, straight) * d(v, straight)) == []


def test_fronts_in_time_too():
    """A bump that moves with speed 1: u(x, t) = bump(x - t), on a coarse mesh in space and time."""
    x, t = space("x", 0.0, 2.0, spans=16, zero="lower"), time_axis("t", 0.0, 1.0, spans=8)
    weak = d(u, t) * v + d(u, x) * v + 1e-6 * d(u, x) * d(v, x)
    start = x.function(lambda s: np.where(np.abs(s - 0.5) < 0.25, 1.0, 0.0))
    problem = Problem("front", (x, t), weak, 0.0 * v, lift=start)
    grid = np.linspace(0, 2, 801)
    wanted = np.where(np.abs(grid - 1.5) < 0.25, 1.0, 0.0)
    miss = []
    for how in ("", "supg"):
        model = solve(problem, stabilise=how, accept=True).model
        found = model.grid({"x": grid}, at={"t": 1.0})[:, 0]
        far = np.abs(grid - 1.5) > 0.6
        miss.append(np.abs(found - wanted)[far].max())
    assert miss[1] < 0.5 * miss[0]


def test_what_cannot_be_stabilised_is_refused_with_a_sentence():
    x, c = space("x"), component("c", ("p", "q"))
    w, z = unknown(c), test_function(c)
    weak = d(u, x) * d(v, x)
    for make, words in (
        (lambda: Problem("a", (x,), weak, 1.0 * v, stabilise="upwind"), "use 'supg'"),
        (lambda: solve(Problem("a", (x,), weak + u * v, 1.0 * v), stabilise="supg"),
         "is to be stabilised and has no advection"),
        (lambda: Problem("a", (x,), function_of(u, np.sin) * v + weak, 1.0 * v, stabilise="supg"),
         "is not linear, which stabilise='supg' does not take"),
        (lambda: stabilised(Problem("a", (x,), d(u, x) * v + d(u, x, 2) * d(v, x, 2), 1.0 * v,
                                    stabilise="supg")), "first derivatives of the test function"),
        (lambda: strong(w["p"] * z["q"]), "one component"),
        (lambda: strong(function_of(u, np.sin) * v), "holds a function of the unknown"),
    ):  # fmt: skip
        with pytest.raises(ProblemError, match=words):
            make()


def test_a_mesh_that_oscillates_is_told_what_helps():
    (doubt,) = solve(stream(1e-4)).doubts
    assert "Peclet number of a span: up to 3.1e+02" in doubt and "--stabilise supg" in doubt
