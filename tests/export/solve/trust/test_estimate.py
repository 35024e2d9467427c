"""Estimated errors against true ones, of problems whose solutions are known."""

import numpy as np
import pytest

from sna_edge import TT
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
from sna_export.solve.accuracy import measured_error
from sna_export.solve.direct.factor import assembled, direct_solution, load_of
from sna_export.solve.problems import beam, burgers, coupled_poisson, heat, poisson
from sna_export.solve.solvers.assembly import assemble
from sna_export.solve.solvers.progress import Progress
from sna_export.solve.trust.estimate import _Look, estimate_of, told
from sna_export.solve.trust.points import corners
from sna_export.solve.weak_form.restated import parameters

u, v = unknown(), test_function()

KNOWN = {
    "poisson": lambda: poisson(3, spans=6, degree=3),
    "coupled-poisson": lambda: coupled_poisson(spans=6, degree=3),
    "heat": heat,
    "beam": beam,
    "burgers": lambda: burgers(spans=24, time_spans=12, viscosity_spans=4),
}


def true_worst(problem, model):
    """The relative error against the reference at the corner where it is largest."""
    at = [{n: (a, a) for n, a in c.items()} for c in corners(parameters(problem))]
    return max(measured_error(model, problem, 1500, window=w) for w in at)


@pytest.mark.parametrize("name", KNOWN)
def test_estimates_lie_within_a_half_and_five_times_of_the_true_error(name):
    problem = KNOWN[name]()
    solution = solve(problem)
    found = solution.estimate
    for estimated, true in (
        (found.relative, measured_error(solution.model, problem, 1500)),
        (found.worst, true_worst(problem, solution.model)),
    ):
        assert 0.5 * true <= estimated <= 5 * true


def test_an_interval_of_a_solved_model_holds_the_error_where_it_says():
    problem = heat(spans=8, degree=3)
    model = solve(problem).model
    points = np.random.default_rng(3).uniform([0, 0, 0.5], [1, 0.2, 1.5], (4000, 3))
    found = model.evaluate(points)
    true = problem.reference(points)
    inside = (found.lower[:, 0] <= true) & (true <= found.upper[:, 0])
    assert inside.mean() > 0.99 and model.metadata["estimate"]["points"] == 11


def test_a_mesh_that_misses_an_interface_is_told():
    """Conductivities 1 and 20 that meet inside a span: x (1 - x) / 2 would be the answer for 1."""
    x, k = space("x", spans=8, zero="both"), parameter("k", 1.0, 20.0, spans=6, degree=5)
    left, right = (x.function(lambda s, r=r: ((s < 0.4) != r) * 1.0) for r in (False, True))
    solution = solve(Problem("layers", (x, k), (left + k * right) * d(u, x) * d(v, x), 1.0 * v))

    def exact(s):
        flux = (0.08 + (0.5 - 0.08) / 20) / (0.4 + 0.6 / 20)
        near = flux * s - s * s / 2
        return np.where(s < 0.4, near, near[0] * 0 + (flux * 0.4 - 0.08)
                        + (flux * (s - 0.4) - (s * s - 0.16) / 2) / 20)  # fmt: skip

    s = np.linspace(0, 1, 401)
    miss = solution.model.grid({"x": s}, at={"k": 20.0})[:, 0] - exact(s)
    true = float(np.linalg.norm(miss) / np.linalg.norm(exact(s)))
    assert true > 1e-2 and 0.5 * true <= solution.estimate.worst <= 5 * true
    assert solution.estimate.at["k"] == 20.0 and "(x = 0.4)" in solution.doubts[0]


def test_advection_that_no_span_resolves_is_told():
    x = space("x", spans=16, zero="both")
    problem = Problem("a", (x,), d(u, x) * v + 1e-4 * d(u, x) * d(v, x), 1.0 * v)
    solution = solve(problem)
    assert solution.estimate.worst > 1.0 and "above 1 %" in solution.doubts[0]


def test_a_stream_that_the_mesh_resolves_is_not_to_blame():
    """Spans of Peclet number 3 with a train cut to one product."""
    x, k = space("x", spans=16, zero="both"), parameter("k", 0.01, 1.0, spans=4)
    problem = Problem("a", (x, k), d(u, x) * v + k * d(u, x) * d(v, x), 1.0 * v)
    (doubt,) = solve(problem, rank_max=1).doubts
    assert "Peclet" not in doubt and "rank, sweeps or the spans of the parameters" in doubt


def test_a_model_that_is_compared_on_its_own_mesh_is_not_compared_with_itself(monkeypatch):
    """Its errors are below what Newton's method would leave without a step."""
    for place in ("held", "estimate"):
        monkeypatch.setattr(f"sna_export.solve.trust.{place}.is_dear", lambda held: True)
    x, b = space("x", spans=12, zero="both"), parameter("b", 0.0, 1.0, spans=1, degree=5)
    k = function_of(u, lambda T, b: 1.0 + b * T, b)
    problem = Problem("rod", (x, b), k * d(u, x) * d(v, x), 4.0 * v)
    model = solve(problem, method="points", tolerance=1e-6, estimate=False).model
    first, *rest = model.interaction.cores
    off = model.replace(interaction=TT((first * (1 + 5e-5), *rest), model.interaction.weights))
    seen = _Look(problem, off).at({"b": 0.5}, 0)
    assert seen.relative == pytest.approx(5e-5, rel=0.1)


def test_what_the_mesh_misses_is_added_where_it_is_not_halved_at_every_point(monkeypatch):
    for place in ("held", "estimate"):
        monkeypatch.setattr(f"sna_export.solve.trust.{place}.is_dear", lambda held: True)
    x, b = space("x", spans=4, degree=2, zero="both"), parameter("b", 0.5, 4.0, spans=1, degree=6)
    k = function_of(u, lambda T, b: 1.0 + b * T, b)

    def exact(points):
        s, slope = points.T
        return (np.sqrt(1.0 + slope * 20.0 * s * (1.0 - s)) - 1.0) / slope

    problem = Problem("rod", (x, b), k * d(u, x) * d(v, x), 20.0 * v, reference=exact)
    solution = solve(problem, method="points", accept=True)
    true = true_worst(problem, solution.model)
    assert true > 1e-3 and 0.5 * true <= solution.estimate.worst <= 5 * true


def test_a_model_whose_mesh_cannot_be_halved_has_no_estimate(monkeypatch):
    monkeypatch.setattr("sna_export.solve.trust.held.is_dear", lambda held: True)
    monkeypatch.setattr("sna_export.solve.trust.estimate.is_dear", lambda held: True)
    monkeypatch.setattr("sna_export.solve.direct.factor.MOST_FILLED", {1: 20})
    x = space("x", spans=12, zero="both")
    k = function_of(u, lambda T: 1.0 + T)
    rod = Problem("rod", (x,), k * d(u, x) * d(v, x), 4.0 * v)
    assert solve(rod, method="points").estimate is None


def test_a_value_below_the_range_of_the_solution_is_told():
    x = space("x", spans=5, zero="lower")
    load = 1.0 * v * x.function(lambda s: np.exp(-((s - 0.5) ** 2) * 100))
    found = solve(Problem("spike", (x,), 1e-3 * d(u, x) * d(v, x) + u * v, load)).estimate
    assert 0.05 < found.beyond[0] < 0.15
    assert "leave the range" in told(found, "K")[1]


@pytest.mark.parametrize("name", ["heat", "poisson"])
def test_triangular_forms_and_a_sparse_matrix_give_the_same(name):
    system, _ = assemble(KNOWN[name]() if name == "poisson" else heat(spans=3, degree=3))
    whole = assembled(system).toarray()
    wanted = np.linalg.solve(whole, load_of(system).reshape(-1))
    assert direct_solution(system).reshape(-1) == pytest.approx(wanted, rel=1e-7, abs=1e-10)


def test_what_is_asked_for_and_not_reached_is_a_doubt_and_no_error_in_python():
    solution = solve(heat(spans=6, degree=3), tolerance=1e-6)
    assert "above the tolerance 1e-06" in solution.doubts[0]
    assert solution.model.metadata["doubts"] == list(solution.doubts)
    assert solve(heat(), estimate=False).estimate is None


def test_a_deadline_inside_a_sweep_gives_a_model_that_says_it_is_doubtful():
    solution = solve(burgers(), time_limit=0.05)
    assert solution.stopped and solution.doubts
    assert solution.model.metadata["doubts"] == list(solution.doubts)
    assert np.isfinite(solution.model(x=0.3, t=0.5, viscosity=0.05)).all()


def test_memory_is_looked_at_before_it_is_taken(monkeypatch):
    monkeypatch.setattr("sna_export.solve.solvers.memory.available", lambda: 1e6)
    monkeypatch.setattr("sna_export.solve.solvers.memory.PLENTY", 1e3)
    with pytest.raises(ProblemError, match="rank-max"):
        solve(heat())


def test_no_point_is_begun_that_does_not_fit_into_the_time_left(monkeypatch):
    """Every look takes one second of a clock of its own; 3.5 seconds hold three of them."""
    problem = heat(spans=6, degree=3)
    model = solve(problem, estimate=False).model
    clock = [0.0]
    monkeypatch.setattr("sna_edge.numerics.time_budget.now", lambda: clock[0])
    progress = Progress(3.5)
    solved = _Look.solved

    def slow(look, at, halvings):
        clock[0] += 1.0
        return solved(look, at, halvings)

    monkeypatch.setattr(_Look, "solved", slow)
    found = estimate_of(problem, model, progress)
    assert found.points == 3 and progress.budget.stopped and clock[0] <= 3.5
