"""Eigenvalues over parameters, against closed forms and dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

import sna_edge
from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    eigenmodes,
    on,
    parameter,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)
from sna_export.solve.eigen.branches import Branches
from sna_export.solve.eigen.pencil import Pairs, Pencil
from sna_export.solve.trust.doubts import Doubtful

u, v = unknown(), test_function()


def string(**given: object) -> Problem:
    """-tension u'' = lambda u, 0 at both ends of a string of length 1."""
    x, tension = space("x", zero="both"), parameter("tension", 1.0, 4.0)
    weak = tension * d(u, x) * d(v, x)
    return Problem("string", (x, tension), weak, mass=u * v, **given)  # type: ignore[arg-type]


def membrane(spans: int | None = None) -> Problem:
    """A rectangle of sides a and 1: branches cross where a goes through 1."""
    x, y = space("x", zero="both", spans=spans), space("y", zero="both", spans=spans)
    a = parameter("a", 0.8, 1.25)
    weak = d(u, x) * d(v, x) / a**2 + d(u, y) * d(v, y)
    return Problem("membrane", (x, y, a), weak, mass=u * v)


def square() -> Problem:
    """More coefficients than are solved as dense matrices."""
    x, y = space("x", zero="both", spans=30), space("y", zero="both", spans=30)
    return Problem("square", (x, y), d(u, x) * d(v, x) + d(u, y) * d(v, y), mass=u * v)


def of_a_membrane(a: float, count: int) -> np.ndarray:
    i, j = np.mgrid[1:8, 1:8]
    return np.sort(np.pi**2 * ((i / a) ** 2 + j**2).reshape(-1))[:count]


def test_eigenvalues_of_a_string():
    found = eigenmodes(string(), modes=3)
    for tension in (1.0, 1.7, 4.0):
        wanted = tension * (np.pi * np.arange(1, 4)) ** 2
        assert np.allclose(found(tension=tension), wanted, rtol=2e-6)
    assert found.estimate.worst <= 1e-6
    assert not found.doubts


def test_shapes_have_length_one_and_the_right_form():
    found = eigenmodes(string(), modes=2)
    places = np.linspace(0.0, 1.0, 41)
    for tension in (1.0, 2.9):
        values = found.shapes.grid({"x": places}, at={"tension": tension})
        for k in (0, 1):
            wanted = np.sqrt(2) * np.sin((k + 1) * np.pi * places)
            signed = np.sign(values[3, k]) * values[:, k]
            assert np.allclose(signed, wanted, atol=3e-3)


def test_branches_cross_and_the_lowest_are_among_them():
    found = eigenmodes(membrane(), modes=3)
    assert len(found.shapes.outputs) >= 3
    for a in (0.8, 0.93, 1.0, 1.02, 1.25):
        assert np.allclose(found(a=a), of_a_membrane(a, 3), rtol=2e-6), a


def test_eigenvalues_that_coincide_are_all_found():
    pairs = Pencil(square()).pairs({}, 6)
    assert np.allclose(pairs.values / np.pi**2, [2, 5, 5, 8, 10, 10], rtol=1e-5)
    gram = pairs.vectors.T @ (pairs.mass @ pairs.vectors)
    assert np.allclose(gram, np.eye(6), atol=1e-9)


def test_a_shape_that_lanczos_misses_is_found_beside_the_others(monkeypatch):
    """It misses one of several that coincide, at times; here it always does."""
    beside = Pencil._beside

    def missing(self, operator, mass, inverse, known, count):
        if known.shape[1]:
            return beside(self, operator, mass, inverse, known, count)
        values, vectors = beside(self, operator, mass, inverse, known, count + 1)
        left = np.argsort(values) != 1
        return values[left], vectors[:, left]

    monkeypatch.setattr(Pencil, "_beside", missing)
    pairs = Pencil(square()).pairs({}, 6)
    assert np.allclose(pairs.values / np.pi**2, [2, 5, 5, 8, 10, 10], rtol=1e-5)


def test_an_operator_that_is_not_positive():
    """-u'' - 30 u: eigenvalues are those of the string less 30; with free ends the lowest is 0."""
    x = space("x", zero="both", spans=12)
    lower = Problem("lower", (x,), d(u, x) * d(v, x) - 30.0 * u * v, mass=u * v)
    assert np.allclose(eigenmodes(lower, 2)(), np.pi**2 * np.array([1, 4]) - 30, rtol=1e-5)
    wide = space("x", spans=450)
    free = Problem("free", (wide,), d(u, wide) * d(v, wide), mass=u * v)
    found = Pencil(free).pairs({}, 3).values
    assert np.allclose(found, np.pi**2 * np.array([0, 1, 4]), atol=1e-5)


def test_mass_and_spring_at_an_end():
    """A Robin term and a density that is a parameter: tan w = -w for a spring of 1."""
    x, density = space("x", zero="lower"), parameter("density", 1.0, 2.0)
    weak = d(u, x) * d(v, x) + u * v * on(x, "upper")
    found = eigenmodes(Problem("rod", (x, density), weak, mass=density * u * v), modes=1)
    assert found(density=1.5)[0] == pytest.approx(2.028757838110434**2 / 1.5, rel=1e-5)


def test_solve_and_the_case_without_parameters():
    x, y = space("x", zero="both"), space("y", zero="both")
    weak = d(u, x) * d(v, x) + d(u, y) * d(v, y)
    solution = solve(Problem("membrane", (x, y), weak, 0.0 * v), modes=6)
    assert solution.eigen is not None
    wanted = np.pi**2 * np.array([2, 5, 5, 8, 10, 10])
    assert np.allclose(solution.eigen(), wanted, rtol=1e-6)
    assert np.allclose(solution.model.metadata["eigenvalues"], wanted, rtol=1e-6)
    assert [o.name for o in solution.model.outputs] == [f"u_{k}" for k in range(1, 7)]


def test_a_model_of_eigenvalues_is_one_like_others(tmp_path):
    solution = solve(string(), modes=2)
    solution.model.save(tmp_path / "string.sna")
    model = sna_edge.load(tmp_path / "string.sna")
    assert [o.name for o in model.outputs] == ["eigenvalue_1", "eigenvalue_2"]
    assert float(model(tension=2.0)[0]) == pytest.approx(2 * np.pi**2, rel=1e-6)
    assert model.outputs[0].interval is not None


def test_a_stated_mesh_that_is_too_coarse_is_a_doubt():
    x = space("x", zero="both", spans=3)
    problem = Problem("coarse", (x,), d(u, x) * d(v, x), mass=u * v)
    found = eigenmodes(problem, modes=3)
    assert "more spans" in found.doubts[0]
    error = abs(found()[2] / (9 * np.pi**2) - 1)
    assert 0.5 * error <= found.estimate.worst <= 5 * error
    with pytest.raises(Doubtful, match="more spans"):
        solve(problem, modes=3)
    assert solve(problem, modes=3, accept=True).doubts == found.doubts


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: {"load": 1.0 * v}, "has a load"),
        (lambda x: {"operator": d(u, x) * v}, "is not symmetric"),
        (lambda x: {"mass": -1.0 * u * v}, "mass of 'wrong' is not positive"),
        (lambda x: {"mass": d(u, x) * v + u * v}, "mass of 'wrong' is not symmetric"),
        (lambda x: {"mass": 0.0 * u * v}, "has no terms"),
        (lambda x: {"axes": (x, time_axis("t", 0.0, 1.0))}, "is a time"),
        (lambda x: {"bounds": (0.0, None)}, "bounds, which eigenvalues do not take"),
    ],
)
def test_what_has_no_eigenvalues_is_refused(change, said):
    x = space("x", zero="both", spans=5)
    given = {"axes": (x,), "operator": d(u, x) * d(v, x), "mass": u * v, **change(x)}
    with pytest.raises(ProblemError, match=said):
        eigenmodes(Problem("wrong", **given), modes=2)


def test_no_modes_and_no_space():
    for count in (0, 2.5):
        with pytest.raises(ProblemError, match="whole number, 1 or more"):
            eigenmodes(string(), modes=count)
    k = parameter("k", 1.0, 2.0)
    with pytest.raises(ProblemError, match="parameters only"):
        eigenmodes(Problem("none", (k,), k * u * v, mass=u * v))


def turned(angle: float, gap: float) -> np.ndarray:
    """[[angle, gap], [gap, -angle]], beside a third far above."""
    found = np.diag([angle, -angle, 9.0])
    found[0, 1] = found[1, 0] = gap
    return found


@pytest.mark.parametrize(("gap", "crossed"), [(0.0, True), (0.3, False)])
def test_branches_go_through_a_crossing_and_turn_where_there_is_none(gap, crossed):
    def pairs(point: np.ndarray, count: int) -> Pairs:
        values, vectors = np.linalg.eigh(turned(2 * float(point[0]) - 1, gap))
        return Pairs(values[:count], vectors[:, :count], np.eye(3))

    branches = Branches(pairs, 1, 2)
    low, high = (branches.to(np.array([p])).values for p in (0.0, 1.0))
    assert (np.sign(low[0] - low[1]) != np.sign(high[0] - high[1])) == crossed


def test_shapes_of_eigenvalues_that_coincide_are_turned_to_those_before():
    """An eigenvalue that is double everywhere, whose shapes come as they like at every point."""
    rng = np.random.default_rng(0)

    def pairs(point: np.ndarray, count: int) -> Pairs:
        mixed = np.eye(4)
        mixed[:2, :2] = np.linalg.qr(rng.normal(size=(2, 2)))[0]
        value = 1.0 + float(point[0])
        values = np.array([value, value * (1 + 1e-13), 9.0, 10.0])
        return Pairs(values[:count], mixed[:, :count], np.eye(4))

    branches = Branches(pairs, 1, 2)
    first = branches.known[0].vectors
    for p in (0.0, 1.0, 0.3):
        found = branches.to(np.array([p]))
        assert np.allclose(found.vectors, first) and not found.sharp
    assert len(branches.known) == 4


def test_a_time_limit_that_comes_first_is_one_sentence():
    with pytest.raises(ProblemError, match="time limit came before") as caught:
        solve(string(), modes=2, time_limit=1e-6)
    assert caught.value.status == sna_edge.Status.DEADLINE
