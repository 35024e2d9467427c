"""The engine: Jacobians, normal equations, alternating and joint steps, evidence, leave-one-out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sna_edge.core.basis import (
    bspline,
    graded_breaks,
    hat,
    levels,
    periodic_bspline,
    uniform_breaks,
)
from sna_export.fit import als
from sna_export.fit.data.folds import Folds
from sna_export.fit.data.row_blocks import Rows
from sna_export.fit.engine.als import Passage, axis_equations, sweep
from sna_export.fit.engine.factors import SeparableFunction
from sna_export.fit.engine.gauss_newton import levenberg_marquardt
from sna_export.fit.engine.initialization import grown, mode_sets, random_start
from sna_export.fit.engine.linearisation import left_out_by_fold
from sna_export.fit.engine.normal_equations import jacobian, loss, normal_equations
from sna_export.fit.engine.penalty import components

BASES = {
    "cubic": bspline(uniform_breaks(0.0, 1.0, 4), 3),
    "graded quintic": bspline(graded_breaks(0.0, 1.0, 5, 0.0), 5),
    "hat": hat(uniform_breaks(0.0, 1.0, 5)),
    "periodic": periodic_bspline(uniform_breaks(0.0, 1.0, 6), 3),
    "levels": levels(3),
}


def random_rows(bases: list, count: int, rng: np.random.Generator) -> np.ndarray:
    columns = [
        rng.integers(0, b.n_rows, count) if b.kind == "levels" else rng.random(count) for b in bases
    ]
    return np.stack(columns, axis=1).astype(float)


@pytest.fixture(params=[1, 2], ids=["one output", "two outputs"])
def problem(request: pytest.FixtureRequest) -> tuple[SeparableFunction, Rows]:
    rng = np.random.default_rng(3)
    bases = list(BASES.values())
    uses = mode_sets(len(bases), 2, additive=True, pairs=[(0, 3)])
    f = random_start(bases, uses, request.param, rng)
    x = random_rows(bases, 300, rng)
    return f, Rows(f.bases, x, rng.standard_normal((300, request.param)), rng.random(300) + 0.5)


def test_jacobian_is_the_derivative_of_f(problem: tuple[SeparableFunction, Rows]) -> None:
    f, rows = problem
    block = next(rows.blocks())
    axes = list(range(len(f.tables)))
    j, _ = jacobian(f, block, axes)
    rng = np.random.default_rng(0)
    step = [1e-6 * rng.standard_normal(t.shape) for t in f.tables]
    ahead, behind = (
        jacobian(
            f.with_tables([t + s * d for t, d in zip(f.tables, step, strict=True)]), block, axes
        )[1]
        for s in (1, -1)
    )
    vector = np.concatenate([s.reshape(-1) for s in step])
    np.testing.assert_allclose(j @ vector, 0.5 * (ahead - behind), rtol=1e-5, atol=1e-11)


def test_periodic_and_stored_tables_give_the_same_function(
    problem: tuple[SeparableFunction, Rows],
) -> None:
    f, rows = problem
    cp, bias = f.to_cp()
    value = np.ones((len(rows.x), cp.rank))
    for d, basis in enumerate(f.bases[:-1]):
        value[:, cp.modes[d]] *= basis.design(rows.x[:, d]) @ cp.tables[d]
    np.testing.assert_allclose(value @ cp.weights + bias, f.predict(rows.x), rtol=1e-12, atol=1e-12)
    back = SeparableFunction.from_cp(cp, f.bases[:-1], bias)
    np.testing.assert_allclose(back.predict(rows.x), f.predict(rows.x), rtol=1e-12, atol=1e-12)


def test_normal_equations_do_not_depend_on_blocks(problem: tuple[SeparableFunction, Rows]) -> None:
    f, rows = problem
    small = Rows(f.bases, rows.x, rows.y, rows.weight)
    small.size = 37
    small._cache = None
    whole, split = (normal_equations(f, r, range(len(f.tables))) for r in (rows, small))
    np.testing.assert_allclose(split.a, whole.a, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(split.g, whole.g, rtol=1e-12, atol=1e-13)
    assert abs(split.loss - whole.loss) < 1e-13
    assert abs(loss(f, rows) - whole.loss) < 1e-13


@pytest.mark.parametrize("axis", range(5))
def test_axis_equations_are_the_normal_equations_of_one_axis(
    problem: tuple[SeparableFunction, Rows], axis: int
) -> None:
    f, rows = problem
    by_span, plain = axis_equations(f, rows, axis), normal_equations(f, rows, [axis])
    np.testing.assert_allclose(by_span.a, plain.a, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(by_span.g, plain.g, rtol=1e-11, atol=1e-13)


def test_a_passage_keeps_the_products_of_a_sweep(problem: tuple[SeparableFunction, Rows]) -> None:
    """Products kept from the start of a sweep are those made anew, while the tables behind it
    change."""
    f, rows = problem
    passage = Passage(f, rows)
    for d in (0, 1, 3, 4):
        kept, anew = axis_equations(f, rows, d, passage), axis_equations(f, rows, d)
        np.testing.assert_allclose(kept.a, anew.a, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(kept.residual, anew.residual, rtol=1e-11, atol=1e-12)
        f = f.with_tables([1.1 * t + 0.01 if e == d else t for e, t in enumerate(f.tables)])
    assert passage.kept
    again = axis_equations(f, rows, 1, passage)
    assert not passage.kept
    np.testing.assert_allclose(again.a, axis_equations(f, rows, 1).a, rtol=1e-11, atol=1e-13)


def test_sweeps_never_raise_the_objective(problem: tuple[SeparableFunction, Rows]) -> None:
    f, rows = problem
    losses = [loss(f, rows)]
    for _ in range(5):
        f = sweep(f, rows, range(len(f.tables)), sweeps=1)
        losses.append(loss(f, rows))
    assert all(b <= a * (1 + 1e-12) for a, b in pairwise(losses)), losses
    assert losses[-1] < 0.95 * losses[0]


def test_frozen_axes_and_weights_stay(problem: tuple[SeparableFunction, Rows]) -> None:
    f, rows = problem
    cp, bias = f.to_cp()
    before = np.mean((rows.y - f.predict(rows.x)) ** 2)
    moved, biases = als(cp, f.bases[:-1], rows.x, rows.y, bias=bias, frozen=[0, 3], sweeps=4)
    for d in (0, 3):
        np.testing.assert_array_equal(moved.tables[d], cp.tables[d])
    np.testing.assert_array_equal(moved.weights, cp.weights)
    assert np.abs(moved.tables[1] - cp.tables[1]).max() > 0
    after = np.mean(
        (rows.y - SeparableFunction.from_cp(moved, f.bases[:-1], biases).predict(rows.x)) ** 2
    )
    assert after < before


def test_growing_keeps_the_function_nearly(problem: tuple[SeparableFunction, Rows]) -> None:
    f, rows = problem
    wider = grown(f, mode_sets(5, 3), np.random.default_rng(1), 1e-3)
    assert wider.rank == f.rank + 3
    assert np.abs(wider.predict(rows.x) - f.predict(rows.x)).max() < 0.1


def small_truth(seed: int) -> tuple[list, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    bases = [bspline([0.0, 1.0], 3)] * 4
    tables = [rng.uniform(0.5, 1.5, (4, 2)) for _ in bases]
    x = rng.random((640, 4))
    modes = np.ones((len(x), 2))
    for d, table in enumerate(tables):
        modes *= bases[d].design(x[:, d]) @ table
    return bases, x, modes.sum(axis=1)


@pytest.mark.parametrize("seed", range(3))
def test_joint_steps_recover_a_known_rank(seed: int) -> None:
    bases, x, y = small_truth(seed)
    f = random_start(bases, mode_sets(4, 2), 1, np.random.default_rng(seed))
    y = (y - y.mean()) / y.std()
    rows = Rows(f.bases, x, y)
    for strength in (1e-8, 1e-12, 1e-16):
        f = levenberg_marquardt(f, rows, strengths=strength, adapt=False, steps=80).f
    assert np.sqrt(loss(f, rows)) < 1e-7


def test_evidence_finds_the_noise_and_leave_one_out_the_error() -> None:
    bases, x, y = small_truth(1)
    y = (y - y.mean()) / y.std()
    rng = np.random.default_rng(5)
    noisy = y + 0.1 * rng.standard_normal(len(y))
    f = random_start(bases, mode_sets(4, 4), 1, np.random.default_rng(0))
    solution = levenberg_marquardt(f, Rows(f.bases, x, noisy), strengths=1e-6)
    assert abs(np.sqrt(solution.noise) - 0.1) < 0.012
    assert 5 < solution.dof < 65
    assert 0.097 < solution.loo < 0.125
    assert np.sqrt(np.mean((solution.f.predict(x)[:, 0] - y) ** 2)) < 0.045


def test_more_numbers_than_rows_have_no_leave_one_out_error() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((20, 2)), rng.standard_normal(20)
    f = random_start([bspline(uniform_breaks(0.0, 1.0, 4), 3)] * 2, mode_sets(2, 6), 1, rng)
    assert levenberg_marquardt(f, Rows(f.bases, x, y), strengths=1e-12, adapt=False).loo == np.inf


def test_folds_left_out_of_the_linearisation_are_as_if_refitted() -> None:
    """On one axis, where the model is linear in its numbers."""
    rng = np.random.default_rng(3)
    x = rng.random((90, 1))
    y, folds = (
        np.column_stack([np.sin(5 * x[:, 0]), x[:, 0] ** 2]) + 0.1 * rng.standard_normal((90, 2)),
        np.arange(90) % 6,
    )
    f = random_start([bspline(uniform_breaks(0.0, 1.0, 5), 3)], mode_sets(1, 2), 2, rng)

    def fitted(weight: np.ndarray) -> SeparableFunction:
        return levenberg_marquardt(
            f,
            Rows(f.bases, x, y, weight),
            strengths=1e-9,
            adapt=False,
            tolerance=1e-12,
            leverages=False,
        ).f

    solution = levenberg_marquardt(
        f, Rows(f.bases, x, y), strengths=1e-9, adapt=False, tolerance=1e-12
    )
    found = left_out_by_fold(solution, Rows(f.bases, x, y), Folds(folds))
    for fold in range(6):
        refit = fitted((folds != fold).astype(float))
        held = folds == fold
        np.testing.assert_allclose(found[held], (y - refit.predict(x))[held], atol=2e-4)
        assert np.abs(found[held] - solution.residual[held]).max() > 0.01


def test_penalties_vanish_on_straight_lines_only() -> None:
    f = random_start([BASES["cubic"]], mode_sets(1, 1), 1, np.random.default_rng(0))
    rough, ridge = components(f)
    greville = np.linspace(0.0, 1.0, 7)[:, None]
    straight = np.array([0.0, 1 / 12, 0.25, 0.5, 0.75, 11 / 12, 1.0])[:, None]
    assert abs((straight.T @ rough.gram @ straight).item()) < 1e-12
    assert (greville.T @ rough.gram @ greville).item() > 1e-4
    assert np.linalg.eigvalsh(ridge.gram).min() > 0
