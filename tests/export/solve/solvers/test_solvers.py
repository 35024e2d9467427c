"""Block-banded solves, interfaces and both alternations against dense Kronecker algebra."""

from functools import reduce

import numpy as np
import pytest
from scipy import sparse

from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    on,
    parameter,
    space,
    test_function,
    time_axis,
    total,
    unknown,
)
from sna_export.solve.solvers import cp_als, tt_als
from sna_export.solve.solvers.assembly import assemble
from sna_export.solve.solvers.banded import BandedFamily
from sna_export.solve.solvers.cp_als import (
    CPSettings,
    balanced,
    fewest_modes,
    random_tables,
    reduced_rank,
    solve_cp,
)
from sna_export.solve.solvers.progress import Progress
from sna_export.solve.solvers.tensor_system import normal_equations
from sna_export.solve.solvers.train_to_cp import cp_of_train
from sna_export.solve.solvers.tt_als import TTSettings, solve_tt
from sna_export.solve.trains.cores import from_columns, permuted, random_train, rounded, summed

u, v = unknown(), test_function()


def full(cores):
    out = np.ones((1, 1))
    for core in cores:
        out = np.tensordot(out, core, 1).reshape(-1, core.shape[2])
    return out[:, 0]


def dense(system):
    return sum(
        reduce(np.kron, [system.matrix(k, i).toarray() for i in range(system.dimension)])
        for k in range(len(system.terms))
    )


def dense_load(system):
    return sum(
        reduce(np.kron, [f[:, s] for f in system.loads]) for s in range(system.loads[0].shape[1])
    )


def advection(p=3, periodic=False):
    """Not symmetric, a Robin end, two parameters, two load terms, one term that names no axis."""
    x = space(
        "x", 0.0, 1.0, spans=7, degree=p, zero=None if periodic else "lower", periodic=periodic
    )
    t, k, w = (
        time_axis("t", 0.0, 1.0, spans=3, degree=2),
        parameter("k", 1.0, 2.0, spans=2),
        parameter("w", 0.5, 1.5, spans=1, degree=2),
    )
    weak = d(u, t) * v + w * d(u, x) * v + k * d(u, x) * d(v, x) + 0.5 * u * v
    if not periodic:
        weak = weak + 2.0 * u * v * on(x, "upper")
    load = x.function(np.sin) * v + 3.0 * k * t * v
    return Problem("p", (x, t, k, w), weak, load)


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("block", [1, 3])
def test_block_elimination_equals_the_dense_solve(degree, periodic, block):
    axis = space("x", 0.0, 1.0, spans=17, degree=degree, periodic=periodic)
    problem = Problem(
        "p",
        (axis, parameter("k", 1.0, 2.0)),
        d(u, axis) * d(v, axis) + d(u, axis) * v + u * v,
        1.0 * v,
    )
    matrices = assemble(problem)[0].families[0].matrices
    rng = np.random.default_rng(degree)
    blocks = np.stack([np.eye(block) + 0.3 * rng.standard_normal((block, block)) for _ in matrices])
    rhs = rng.standard_normal((matrices[0].shape[0], block))
    family = BandedFamily(matrices)
    found = family.solve(blocks, rhs)
    whole = sum(np.kron(m.toarray(), g) for m, g in zip(matrices, blocks))
    assert np.allclose(
        found.reshape(-1),
        np.linalg.solve(whole, rhs.reshape(-1)),
        rtol=1e-8,
        atol=1e-10 * np.abs(found).max(),
    )
    assert family.count >= (17 if not periodic else 8) // max(degree, 1) - 1, (
        "the band was not cut into chunks"
    )


def test_storage_of_the_couplings_is_linear_in_the_rows():
    def numbers(n):
        band = sparse.diags_array(
            [np.ones(n - 1), 2 * np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1]
        ).tocsr()
        return sum(c.size for c in BandedFamily([sparse.csr_array(band)]).couplings.values())

    assert numbers(4000) < 2.1 * numbers(2000)


@pytest.mark.parametrize("periodic", [False, True])
def test_system_equals_the_assembled_weak_form(periodic):
    problem = advection(periodic=periodic)
    system, _ = assemble(problem)
    a, b = dense(system), dense_load(system)
    rng = np.random.default_rng(1)
    grids = [axis.nodes for axis in problem.axes]
    coefficients, tests = ([rng.standard_normal(n) for n in system.sizes] for _ in range(2))

    def sampled(vectors, along=None):
        return [
            axis.sparse_design(int(i == along)) @ (e @ c)
            for i, (axis, e, c) in enumerate(zip(problem.axes, system.maps, vectors))
        ]

    weights = reduce(np.multiply.outer, [axis.weights for axis in problem.axes])
    xs = np.meshgrid(*grids, indexing="ij")
    field = lambda values: reduce(np.multiply.outer, values)  # noqa: E731
    w = field(sampled(tests))
    integrand = field(sampled(coefficients, 1)) * w + xs[3] * field(sampled(coefficients, 0)) * w
    integrand = (
        integrand
        + xs[2] * field(sampled(coefficients, 0)) * field(sampled(tests, 0))
        + 0.5 * field(sampled(coefficients)) * w
    )
    value = (integrand * weights).sum()
    if not periodic:
        end = [
            axis.sparse_design(0, [1.0]) if i == 0 else axis.sparse_design()
            for i, axis in enumerate(problem.axes)
        ]
        both = [
            [m @ (e @ c) for m, e, c in zip(end, system.maps, vectors)]
            for vectors in (coefficients, tests)
        ]
        inner = weights[0] / problem.axes[0].weights[0]
        value += 2.0 * (field(both[0]) * field(both[1]) * inner).sum()
    flat = [reduce(np.kron, vectors) for vectors in (coefficients, tests)]
    assert flat[1] @ a @ flat[0] == pytest.approx(value, rel=1e-11)
    load = ((np.sin(xs[0]) + 3 * xs[2] * xs[1]) * w * weights).sum()
    assert flat[1] @ b == pytest.approx(load, rel=1e-11)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("form", ["galerkin", "residual"])
def test_train_solver_equals_the_dense_solve(form, periodic):
    system, _ = assemble(advection(periodic=periodic))
    exact = np.linalg.solve(dense(system), dense_load(system))
    target = system if form == "galerkin" else normal_equations(system)
    cores = solve_tt(target, TTSettings(tolerance=1e-8), Progress())
    assert np.linalg.norm(full(cores) - exact) <= 1e-6 * np.linalg.norm(exact)


@pytest.mark.parametrize("form", ["galerkin", "residual"])
def test_mode_solver_equals_the_dense_solve(form):
    xs = [space(f"x{i}", 0.0, 1.0, spans=5, degree=2, zero="both") for i in range(3)]
    weak = total(d(u, x) * d(v, x) for x in xs) + d(u, xs[0]) * v
    system, _ = assemble(Problem("p", tuple(xs), weak, 1.0 * v))
    exact = np.linalg.solve(dense(system), dense_load(system))
    target = system if form == "galerkin" else normal_equations(system)
    tables = solve_cp(target, CPSettings(rank_max=14, tolerance=1e-6, sweeps=60), Progress())
    assert np.linalg.norm(full(from_columns(tables)) - exact) <= 1e-4 * np.linalg.norm(exact)


def test_residual_norms_are_those_of_the_dense_system():
    system, _ = assemble(advection())
    a, b = dense(system), dense_load(system)
    rng = np.random.default_rng(3)
    tables = [rng.standard_normal((n, 3)) for n in system.sizes]
    wanted = np.linalg.norm(a @ full(from_columns(tables)) - b) / np.linalg.norm(b)
    assert cp_als.residual_norm(system, tables) == pytest.approx(wanted, rel=1e-10)
    assert tt_als.residual_norm(system, from_columns(tables)) == pytest.approx(wanted, rel=1e-10)


def test_rank_grows_from_the_residual_and_lowers_it():
    xs = [space(f"x{i}", 0.0, 1.0, spans=8, degree=2, zero="both") for i in range(3)]
    system, _ = assemble(Problem("p", tuple(xs), total(d(u, x) * d(v, x) for x in xs), 1.0 * v))
    progress = Progress()
    solve_cp(system, CPSettings(rank_max=6, tolerance=1e-12), progress)
    residuals = [s.residual for s in progress.history]
    assert [s.rank for s in progress.history] == list(range(1, 7))
    assert residuals[-1] < 0.1 * residuals[0]


def test_solves_are_deterministic():
    system, _ = assemble(advection())
    first, second = (
        solve_tt(system, TTSettings(tolerance=1e-5, seed=4), Progress()) for _ in range(2)
    )
    assert all(np.array_equal(p, q) for p, q in zip(first, second))


def test_a_time_limit_stops_the_growth_and_is_reported():
    seen = []
    progress = Progress(time_limit=1e-9, listener=lambda step, left: seen.append(left))
    xs = [space(f"x{i}", 0.0, 1.0, spans=8, zero="both") for i in range(3)]
    system, _ = assemble(Problem("p", tuple(xs), total(d(u, x) * d(v, x) for x in xs), 1.0 * v))
    tables = solve_cp(system, CPSettings(rank_max=50, tolerance=1e-12), progress)
    assert tables[0].shape[1] == 1 and seen == [0.0]


def test_balanced_modes_are_the_same_function_with_equal_lengths():
    rng = np.random.default_rng(0)
    tables = [10.0**i * rng.standard_normal((6, 4)) for i in range(3)]
    even = balanced(tables)
    assert np.allclose(full(from_columns(even)), full(from_columns(tables)))
    lengths = np.array([np.linalg.norm(t, axis=0) for t in even])
    assert np.allclose(lengths, lengths[0]) and np.all(np.diff(lengths[0]) <= 0)


def test_compression_finds_a_known_rank():
    system, _ = assemble(advection())
    few = random_tables(system, 2, np.random.default_rng(5))
    doubled = [np.hstack([t, t if i else 0.5 * t]) for i, t in enumerate(few)]
    less = reduced_rank(system, doubled, 2, CPSettings(tolerance=1e-10, sweeps=200), Progress())
    wanted = full(from_columns(doubled))
    assert np.linalg.norm(full(from_columns(less)) - wanted) <= 1e-6 * np.linalg.norm(wanted)


def test_modes_that_are_not_needed_are_dropped():
    system, _ = assemble(advection())
    few = random_tables(system, 2, np.random.default_rng(5))
    more = [np.hstack([t, t + 0.01 * i]) for i, t in enumerate(few)]
    settings = CPSettings(tolerance=1e-2, sweeps=100)
    less = fewest_modes(system, more, settings, Progress())
    assert less[0].shape[1] < 4
    assert cp_als.distance(system, less, more) <= 0.3e-2 * cp_als.norm(system, more)


@pytest.mark.parametrize("tolerance", [1e-1, 1e-3, 1e-12])
def test_rounding_keeps_its_promise_and_finds_known_ranks(tolerance):
    rng = np.random.default_rng(2)
    train = random_train((6, 5, 7, 4), 3, rng)
    twice = summed(train, [0.5 * c if i == 0 else c for i, c in enumerate(train)])
    less = rounded(twice, tolerance)
    assert (
        np.linalg.norm(full(less) - full(twice)) <= tolerance * np.linalg.norm(full(twice)) + 1e-12
    )
    if tolerance == 1e-12:
        assert [c.shape[2] for c in less] == [c.shape[2] for c in train]


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
def test_reordering_axes_keeps_the_function(order):
    train = random_train((2, 3, 4, 5), 3, np.random.default_rng(7))
    sizes = [c.shape[1] for c in train]
    moved = permuted(train, order, 1e-12)
    tensor = full(train).reshape(sizes)
    assert np.allclose(
        full(moved).reshape([c.shape[1] for c in moved]), tensor.transpose(np.argsort(order))
    )


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_modes_of_a_train_of_known_rank_are_found(rank):
    rng = np.random.default_rng(rank)
    tables = [rng.standard_normal((n, rank)) for n in (8, 7, 6, 9)]
    train = from_columns(tables)
    found = full(from_columns(cp_of_train(train, rank + 2, tolerance=1e-6)))
    assert np.linalg.norm(found - full(train)) <= 1e-5 * np.linalg.norm(full(train))


def test_modes_report_the_error_they_keep():
    train = random_train((6, 5, 7), 4, np.random.default_rng(0))
    progress = Progress()
    found = full(from_columns(cp_of_train(train, 2, progress=progress)))
    error = np.linalg.norm(found - full(train)) / np.linalg.norm(full(train))
    assert 0.05 < error < 1 and progress.history[-1].change == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])
def test_eliminations_on_torch_are_the_same(device):
    torch = pytest.importorskip("torch")
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    system, _ = assemble(advection())
    rng = np.random.default_rng(0)
    family = system.families[0]
    blocks = np.stack([np.eye(4) + 0.2 * rng.standard_normal((4, 4)) for _ in family.matrices])
    rhs = rng.standard_normal((system.sizes[0], 4))
    assert np.allclose(
        family.solve(blocks, rhs, device=device), family.solve(blocks, rhs), rtol=1e-9, atol=1e-11
    )
    plain, other = (
        solve_tt(system, TTSettings(tolerance=1e-7, device=name), Progress())
        for name in (None, device)
    )
    assert np.linalg.norm(full(plain) - full(other)) <= 1e-5 * np.linalg.norm(full(plain))


def test_a_device_that_torch_does_not_have_is_refused():
    pytest.importorskip("torch")
    system, _ = assemble(advection())
    with pytest.raises(ProblemError, match="cannot use device"):
        solve_tt(system, TTSettings(device="abacus"), Progress())


def test_the_residual_stops_the_train_solver_and_is_in_the_history():
    system, _ = assemble(advection())
    progress = Progress()
    cores = solve_tt(system, TTSettings(tolerance=1e-4), progress)
    assert progress.history[-1].residual <= 1e-4 or [s.change <= 1e-4 for s in progress.history][
        -2:
    ] == [True, True]
    assert tt_als.residual_norm(system, cores) <= 10 * max(progress.history[-1].residual, 1e-4)
