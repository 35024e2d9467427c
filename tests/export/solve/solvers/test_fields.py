"""Functions of all axes in terms: cross approximation, operators in train form, Newton steps."""

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    expression,
    function_of,
    on,
    parameter,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)
from sna_export.solve.direct.factor import direct_solution
from sna_export.solve.solvers.assembly import assemble
from sna_export.solve.solvers.fields.cross import at, crossed
from sna_export.solve.solvers.fields.operators import (
    assembled_operator,
    full_load,
    mirrored_operator,
)
from sna_export.solve.solvers.fields.sampled import Sampler
from sna_export.solve.solvers.progress import Progress
from sna_export.solve.solvers.tt_als import TTSettings, solve_tt
from sna_export.solve.trains.cores import random_train
from sna_export.solve.weak_form.iterate import Iterate
from sna_export.solve.weak_form.linearised import linearised

u, v = unknown(), test_function()
SIZES = (14, 9, 12, 7)


def random_cores(seed, rank=3, sizes=SIZES):
    cores = random_train(sizes, rank, np.random.default_rng(seed))
    return [c / np.sqrt(c.shape[0]) for c in cores]


@pytest.mark.parametrize(
    "function",
    [
        lambda s: s,
        lambda s: s**3 - s,
        lambda s: np.exp(-0.3 * s),
        lambda s: 1.0 / (4.0 + s**2),
        lambda s: np.zeros_like(s),
    ],
)
def test_a_function_of_a_train_is_found_to_the_error_that_is_stated(function):
    smooth = [0.2 * np.cumsum(c, axis=1) for c in random_cores(3, rank=2)]
    found = crossed(function, [smooth], 1e-6)
    everywhere = np.stack(
        [g.reshape(-1) for g in np.meshgrid(*map(np.arange, SIZES), indexing="ij")], axis=1
    )
    wanted = function(at(smooth, everywhere))
    miss = np.linalg.norm(at(found.cores, everywhere) - wanted)
    assert found.error <= 1e-6
    assert miss <= 3e-6 * max(np.linalg.norm(wanted), 1e-300) or not wanted.any()


def test_a_product_of_trains_has_the_product_of_their_ranks_at_most():
    left, right = random_cores(0, rank=2), random_cores(1, rank=3)
    found = crossed(lambda p, q: p * q, [left, right], 1e-10)
    assert found.error <= 1e-9
    assert max(c.shape[0] for c in found.cores) <= 6


def test_a_function_that_is_not_finite_names_the_values():
    with pytest.raises(ProblemError, match="not finite where that lies between"):
        crossed(lambda s: np.log(s - 1e9), [random_cores(0)], 1e-6)


def bent(more=()):
    """-div((1 + b u) grad u) = q on the square."""
    x = space("x", spans=4, degree=3, zero="both")
    y = space("y", spans=4, degree=3, zero="both")
    b, q = parameter("b", 0.0, 1.0, spans=1), parameter("q", 1.0, 10.0, spans=1)
    k = function_of(u, lambda T, b: 1.0 + b * T, b)
    return Problem("kT", (x, y, b, q, *more), k * (d(u, x) * d(v, x) + d(u, y) * d(v, y)), q * v)


def test_operators_in_train_form_are_solved_as_their_assembled_matrix_is():
    problem = bent()
    cores = random_train(tuple(a.basis.n_rows for a in problem.axes), 2, np.random.default_rng(0))
    around = linearised(problem, Iterate(problem.axes, [0.3 * abs(c) for c in cores]))
    system, _ = assemble(around, 1e-10)
    exact = direct_solution(system)
    found = solve_tt(system, TTSettings(rank_max=30, tolerance=1e-9, sweeps=20), Progress())
    full = found[0]
    for core in found[1:]:
        full = np.tensordot(full, core, 1)
    assert np.linalg.norm(full.squeeze() - exact) <= 1e-6 * np.linalg.norm(exact)


def test_an_operator_read_backwards_is_the_transposed_order_of_the_same():
    problem = bent()
    cores = [np.ones((1, a.basis.n_rows, 1)) for a in problem.axes]
    system, _ = assemble(linearised(problem, Iterate(problem.axes, cores)), 1e-10)
    operator = system.operators[0]
    sizes = system.sizes
    forth = assembled_operator(operator).toarray().reshape(*sizes, *sizes)
    back = assembled_operator(mirrored_operator(operator)).toarray()
    back = back.reshape(*sizes[::-1], *sizes[::-1])
    assert np.allclose(back, forth.transpose(3, 2, 1, 0, 7, 6, 5, 4), atol=1e-14)


def test_conductivity_of_temperature_follows_the_kirchhoff_transform():
    x, b = space("x", zero="both", spans=12, degree=4), parameter("b", 0.0, 2.0, spans=4, degree=4)
    q, k0 = parameter("q", 1.0, 8.0, spans=2), parameter("k0", 0.5, 1.5, spans=4, degree=4)
    k = function_of(u, lambda T, b: 1.0 + b * T, b)
    problem = Problem("rod", (x, b, q, k0), k0 * k * d(u, x) * d(v, x), q * v)
    model = solve(problem, tolerance=1e-5, estimate=False).model
    rng = np.random.default_rng(0)
    points = np.stack([rng.uniform(a.basis.lower, a.basis.upper, 300) for a in problem.axes], 1)
    s, slope, load, conductivity = points.T
    theta = load * s * (1 - s) / 2 / conductivity
    wanted = 2 * theta / (1 + np.sqrt(1 + 2 * slope * theta))
    miss = model.value(points)[:, 0] - wanted
    assert np.linalg.norm(miss) <= 4e-4 * np.linalg.norm(wanted)


def test_radiation_at_an_end_with_a_lift_and_both_ways_of_saying_it():
    x = space("x", spans=3, degree=2, zero="lower")
    eps = parameter("eps", 0.1, 2.0, breaks=0.1 * 20.0 ** np.linspace(0, 1, 9), degree=6)
    told = d(u, x) * d(v, x) + eps * function_of(u, lambda T: T**4) * v * on(x, "upper")

    def newton(now):
        cube = now.of(lambda T: T**3)
        far = v * on(x, "upper")
        return 4.0 * eps * cube * u * far, 3.0 * eps * cube * now.value() * far

    functions = Problem("told", (x, eps), told, 0.0 * v, lift=expression(1.0))
    by_hand = Problem(
        "hand", (x, eps), d(u, x) * d(v, x), 0.0 * v, lift=expression(1.0), newton=newton
    )
    e = np.linspace(0.1, 2.0, 40)
    for problem in (functions, by_hand):
        model = solve(problem, tolerance=1e-8, estimate=False).model
        T = model.value(np.stack([np.ones(40), e], axis=1))[:, 0]
        assert np.abs(T + e * T**4 - 1.0).max() <= 1e-6


def test_every_term_of_a_lift_has_its_own_derivative():
    """-div(k grad u) on the unit cube, three terms at once against each alone."""
    axes = tuple(space(n, spans=3, degree=3, zero="both") for n in "xyz")
    lift = expression(1.0)
    for i, a in enumerate(axes):
        lift = lift * a.function(lambda p, i=i: np.sin(2.0 * (i + 1) * p) + 0.2 * i)
    k = function_of(u, lambda T: 1.0 + 0.3 * T)
    rng = np.random.default_rng(0)
    iterate = Iterate(axes, [rng.normal(size=(1, a.basis.n_rows, 1)) for a in axes])

    def load(*chosen):
        weak = sum(((1.0 + axes.index(a)) * d(u, a) * d(v, a) for a in chosen), 0.0 * u * v)
        problem = Problem("cube", axes, k * weak, 0.0 * v, lift=lift)
        return full_load(assemble(linearised(problem, iterate), 1e-9)[0].train_load)

    alone = sum(load(a) for a in axes)
    assert np.linalg.norm(load(*axes) - alone) <= 1e-7 * np.linalg.norm(alone)


def test_a_field_is_sampled_anew_for_every_derivative_and_every_end():
    x, y = space("x", spans=2, degree=2), space("y", spans=2, degree=2)
    rng = np.random.default_rng(1)
    now = Iterate((x, y), [rng.normal(size=(1, a.basis.n_rows, 1)) for a in (x, y)])
    sampler = Sampler((x, y), 1e-12)
    here = now.slope(())
    for field, ends in ((here, (None, None)), (here, (1.0, None)), (here, (0.0, None))):
        cores = sampler.one(field, ends)
        wanted = now.cores[0][0, :, 0]
        points = x.nodes if ends[0] is None else np.array([ends[0]])
        assert np.allclose(cores[0][0, :, 0], x.basis.design(points, 0) @ wanted)
    for axis, d_ in 20 * ((x, 0), (y, 1)):  # fields that live no longer than the call
        cores = sampler.one(now.slope(((axis, 1),)), (None, None))
        wanted = axis.basis.design(axis.nodes, 1) @ now.cores[d_][0, :, 0]
        assert np.allclose(cores[d_][0, :, 0], wanted)


def test_newton_steps_know_the_derivative_of_a_conductivity():
    """Conductivities that are frozen in every step take ten of them."""
    x, q = space("x", spans=8, degree=4, zero="both"), parameter("q", 1.0, 8.0, spans=3, degree=4)
    k = function_of(u, lambda T: 1.0 + 4.0 * T**2)
    problem = Problem("rod", (x, q), k * d(u, x) * d(v, x), q * v)
    steps = [s.newton for s in solve(problem, tolerance=1e-6, estimate=False).history if s.newton]
    assert len(steps) <= 8


def test_memory_of_an_elimination_with_operators_is_looked_at(monkeypatch):
    held = []
    monkeypatch.setattr(
        "sna_export.solve.solvers.tt_als.need_memory",
        lambda size, a, b: held.append(size / (8.0 * (a * b) ** 2)),
    )
    solve(bent(), estimate=False)
    assert max(held) > 20


def test_a_problem_may_be_held_by_a_function_of_the_unknown_alone():
    x, q = space("x", spans=4, degree=3), parameter("q", 0.5, 1.5, spans=4, degree=4)
    film = function_of(u, lambda T: T + T**4)
    problem = Problem("film", (x, q), d(u, x) * d(v, x) + film * v * on(x, "upper"), q * v)
    T = float(solve(problem, tolerance=1e-5).model(x=1.0, q=1.0)[0])
    assert abs(T + T**4 - 1.0) <= 1e-4


def test_a_load_in_train_form_is_not_dropped_by_normal_equations():
    x = space("x", spans=6, degree=3, zero="both")
    problem = Problem(
        "p", (x,), d(u, x) * d(v, x), 1.0 * v, newton=lambda now: (0.0 * u * v, now.value() * v)
    )
    with pytest.raises(ProblemError, match="form 'residual'"):
        solve(problem, form="residual")


def test_a_table_takes_no_axes():
    with pytest.raises(ProblemError, match="neither axes nor derivative"):
        function_of(u, ([0.0, 1.0], [1.0, 2.0]), parameter("k", 0.0, 1.0))
    with pytest.raises(ProblemError, match="neither axes nor derivative"):
        function_of(u, ([0.0, 1.0], [1.0, 2.0]), derivative=np.cos)


@pytest.mark.parametrize("plus", [0, 2])
def test_a_source_in_the_load_or_in_the_operator_is_the_same(plus):
    t, k = time_axis("t", 0.0, 1.0, spans=12), parameter("k", 0.5, 2.0, spans=4, degree=4)
    more = tuple(parameter(f"p{i}", 0.0, 1.0, spans=1) for i in range(plus))
    f = function_of(u, (np.linspace(-1, 3, 200), np.exp(-np.linspace(-1, 3, 200))))
    one = Problem("one", (t, k, *more), d(u, t) * v, k * f * v)
    other = Problem("other", (t, k, *more), d(u, t) * v - k * f * v, 0.0 * v)
    points = np.stack([np.full(20, 0.9), np.linspace(0.5, 2, 20), *[np.full(20, 0.3)] * plus], 1)
    values = [solve(p, tolerance=1e-7, estimate=False).model.value(points) for p in (one, other)]
    assert np.abs(values[0] - values[1]).max() <= 1e-6
    assert np.abs(values[0][:, 0] - np.log1p(points[:, 1] * 0.9)).max() <= 1e-5


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (3.0, "no function of the unknown"),
        (([0.0, 1.0], [1.0]), "two rows or more"),
        (([0.0, 0.0], [1.0, 2.0]), "must increase"),
        (([0.0, np.nan], [1.0, 2.0]), "holds a gap"),
        (([0.0, 1.0], [1.0, 2.0], [3.0, 4.0]), "no function of the unknown"),
    ],
)
def test_what_is_no_function_of_the_unknown_is_refused(f, words):
    with pytest.raises(ProblemError, match=words):
        function_of(u, f)


def test_functions_of_other_things_and_of_wrong_shape_are_refused():
    x = space("x", spans=4, zero="both")
    with pytest.raises(ProblemError, match="unknown first"):
        function_of(v, np.exp)
    wrong = Problem("w", (x,), function_of(u, lambda T: np.ones(3)) * d(u, x) * d(v, x), 1.0 * v)
    with pytest.raises(ProblemError, match="arrays of any shape"):
        solve(wrong)
    with pytest.raises(ProblemError, match="neither field"):
        Problem("w", (x,), u * v, 1.0 * v, lift=function_of(u, np.exp))


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (np.exp, np.exp),
        (lambda T: np.abs(T) ** 3 * T, lambda T: 4 * np.abs(T) ** 3),
        (lambda T: np.where(T > 0.3, T**2, 0.0), lambda T: np.where(T > 0.3, 2 * T, 0.0)),
        (lambda T: np.interp(T, [-1.0, 0.0, 2.0], [0.0, 3.0, 4.0]), None),
    ],
)
def test_derivatives_are_found_where_none_is_given(f, slope):
    T = np.linspace(-0.99, 1.99, 301)
    found = function_of(u, f).products[0].function.slope(T)
    wanted = np.where(T < 0, 3.0, 0.5) if slope is None else slope(T)
    kinks = (np.abs(T - 0.3) > 0.01) & (np.abs(T) > 0.01)
    assert np.abs(found - wanted)[kinks].max() <= 1e-6
