"""Outputs that are stated to stay within bounds do, at a cost that is told."""

import numpy as np
import pytest

import sna_edge
from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    parameter,
    solve,
    space,
    test_function,
    unknown,
)
from sna_export.solve.accuracy import measured_error
from sna_export.solve.problems import heat
from sna_export.solve.solvers.progress import Progress
from sna_export.solve.trust.bounds import kept, kept_within, told

u, v = unknown(), test_function()


def spikes(**more):
    """A peak of 1 and width 0.1 that moves with p, on spans of 0.1: splines fall below 0."""
    x, y, p = space("x", spans=10), space("y", spans=10), parameter("p", 0.5, 1.0, spans=2)
    peak = [a.function(lambda s: np.exp(-((s - 0.5) ** 2) * 200)) for a in (x, y)]
    defaults = {"accuracy": 0.2}
    weak = u * v + 1e-6 * d(u, x) * d(v, x)
    return Problem("spikes", (x, y, p), weak, p * peak[0] * peak[1] * v, defaults=defaults, **more)


def test_values_stay_within_their_bounds_as_they_are_stored(tmp_path):
    free = solve(spikes())
    assert free.kept is None and free.model.grid({"x": [0.35], "y": [0.5]}, at={"p": 1.0})[0] < 0
    solution = solve(spikes(bounds=(0.0, None)))
    found = solution.kept
    assert found.before[0] > 1e-3 and found.after == [0.0, 0.0] and found.places > 1000
    model = solution.model.replace(dtypes=["float32"] * 3)
    model.save(tmp_path / "spikes.sna")
    stored = sna_edge.load(tmp_path / "spikes.sna")
    points = np.random.default_rng(5).uniform([0, 0, 0.5], [1, 1, 1], (50_000, 3))
    assert stored.value(points).min() >= 0.0
    change = stored.value(points) - free.model.value(points)
    size = np.linalg.norm(free.model.value(points))
    assert np.linalg.norm(change) / size == pytest.approx(found.moved, rel=0.3)
    assert found.moved < 0.05 and solution.estimate.relative < free.estimate.relative
    assert told(found)[0].startswith("at least 0: no value outside at")


def test_both_ends():
    solution = solve(spikes(), bounds=(0.0, 0.9), accept=True)
    points = np.random.default_rng(5).uniform([0, 0, 0.5], [1, 1, 1], (20_000, 3))
    values = solution.model.value(points)
    assert values.min() >= 0.0 and values.max() <= 0.9
    assert solution.kept.high == 0.9 and "at most 0.9" in told(solution.kept)[0]


def test_what_is_inside_already_is_not_moved():
    free, kept = solve(heat()), solve(heat(), bounds=(-5.0, 5.0))
    assert kept.kept.moved == 0.0 == max(kept.kept.before)
    point = {"x": 0.3, "t": 0.1, "diffusivity": 1.0}
    assert kept.model(point) == free.model(point)


def test_a_small_miss_costs_no_more_than_itself():
    solution = solve(heat(), bounds=(0.0, None))
    assert 0 < solution.kept.before[0] < 1e-5 and solution.kept.moved < 1e-5
    assert measured_error(solution.model, heat(), 1000) < 5e-5


def test_bounds_that_the_solution_leaves_are_a_doubt():
    error, bounds = solve(heat(), bounds=(0.5, None)).doubts
    assert "its solution itself leaves them" in bounds
    assert "the solution itself leaves the bounds there; check bounds=" in error


def test_bounds_that_cut_the_solution_at_a_corner_alone_are_named():
    x, q = space("x", spans=8, zero="both"), parameter("q", 1.0, 20.0)
    problem = Problem("rod", (x, q), d(u, x) * d(v, x), q * v, bounds=(None, 2.3))
    doubts = solve(problem).doubts
    assert "q = 20" in doubts[0] and "the solution itself leaves the bounds" in doubts[0]


def test_values_that_are_outside_even_so_are_a_doubt(monkeypatch):
    monkeypatch.setattr("sna_export.solve.trust.bounds.SAFE", 0.5)
    monkeypatch.setattr("sna_export.solve.trust.bounds.ERRORS", ())
    solution = solve(spikes(bounds=(0.0, None)))
    assert solution.kept.after[0] > 0.0
    assert any("still leave its bounds" in doubt for doubt in solution.doubts)


def test_a_doubtful_solution_that_is_accepted_is_kept_within_them_too():
    x, b = space("x", spans=10), parameter("b", 1.0, 20.0, spans=1, degree=4)
    load = x.function(lambda s: np.exp(-((s - 0.5) ** 2) * 200)) * v
    few = Problem("few", (x, b), b * u * v, load, bounds=(0.0, None), defaults={"points": 2})
    solution = solve(few, method="points", tolerance=1e-4, accept=True)
    assert "points of the parameters still miss" in solution.doubts[0]
    assert solution.kept.before[0] > 0.0
    grid = np.linspace(0.0, 1.0, 101)
    assert solution.model.grid({"x": grid, "b": np.linspace(1.0, 20.0, 21)}).min() >= 0.0


def test_without_time_values_are_moved_and_nothing_better_is_looked_for():
    problem = spikes(bounds=(0.0, None))
    free = solve(spikes(), estimate=False).model
    late, early = Progress(1e-9), Progress(None)
    rough, fine = (kept(kept_within(problem, free, 0.0, p)) for p in (late, early))
    assert late.budget.stopped and not early.budget.stopped
    assert max(rough.after) == max(fine.after) == 0.0 and rough.moved > 1.5 * fine.moved


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (None, None), (0.0, 0.0), 3.0, ("a", 1.0), (0.0,)])
def test_what_is_no_bound_is_refused(bounds):
    with pytest.raises(ProblemError, match="give the least and the most value"):
        spikes(bounds=bounds)
