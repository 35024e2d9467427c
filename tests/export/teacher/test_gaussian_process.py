"""The teacher: gradient of its evidence, held-out predictions in closed form, and what its student
keeps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from sna_edge.core.basis import bspline
from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit.data.folds import Folds
from sna_export.fit.data.samples import Samples
from sna_export.teacher.distil import TrainingPoints, distil, refits
from sna_export.teacher.gaussian_process import condition, fit_gaussian_process
from sna_export.teacher.kernel import KernelInputs
from sna_export.teacher.marginal_likelihood import MarginalLikelihood
from sna_export.teacher.resolution import teacher_bases
from sna_export.teacher.training_points import training_points

from ...clock import Clock

LEVELS = np.array([0, 0, 3])


def rows(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.c_[rng.random(count), rng.uniform(10.0, 20.0, count), rng.integers(0, 3, count)]
    return x, np.sin(4.0 * x[:, 0]) * x[:, 1] / 10.0 + 0.5 * x[:, 2]


def inputs_of(x: np.ndarray) -> KernelInputs:
    return KernelInputs.of(LEVELS, x.min(axis=0), x.max(axis=0))


@pytest.mark.parametrize(("tied", "laplace"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("n_products", [1, 2, 3])
def test_evidence_gradient(n_products: int, tied: bool, laplace: bool) -> None:
    x, y = rows(60)
    inputs = inputs_of(x)
    goal = MarginalLikelihood(
        inputs.columns(x), (y - y.mean()) / y.std(), inputs, n_products, tied, laplace
    )
    t = goal.start + 0.3 * np.random.default_rng(1).standard_normal(len(goal.start))
    value, gradient = goal(t)
    np.testing.assert_allclose(
        approx_fprime(t, lambda s: goal(s)[0], 1e-6), gradient, rtol=1e-3, atol=2e-4
    )


def test_only_short_lengths_of_a_second_product_must_be_spoken_for() -> None:
    """One row knows no length: what is left is the prior."""
    x, _ = rows(30)
    inputs = inputs_of(x)
    goal = MarginalLikelihood(inputs.columns(x)[:1], np.zeros(1), inputs, 2, False, False)
    step = np.zeros(len(goal.start))
    step[inputs.n_axes] = 1.0
    shorter, longer = (goal(goal.start + s)[0] - goal(goal.start)[0] for s in (-step, step))
    assert shorter == pytest.approx(0.5 / 0.7**2) and longer == pytest.approx(0.5 / 2.0**2)


@pytest.fixture(scope="module")
def process() -> tuple:
    x, y = rows(120)
    y = y + 0.05 * np.random.default_rng(2).standard_normal(len(y))
    return (
        fit_gaussian_process(inputs_of(x), x, y, np.random.default_rng(0), rows=np.arange(len(y))),
        x,
        y,
    )


@pytest.mark.filterwarnings("error")
def test_a_search_that_has_lost_its_way_is_told_without_overflow() -> None:
    x, y = rows(30)
    goal = MarginalLikelihood(inputs_of(x).columns(x), y - y.mean(), inputs_of(x), 1, False, False)
    assert goal(goal.start)[0] < 1e10
    for far in (900.0, -900.0, np.nan):
        assert goal(np.full_like(goal.start, far))[0] == 1e10


def test_held_out_is_what_a_process_without_the_rows_predicts(process: tuple) -> None:
    gp, x, y = process
    folds = np.arange(len(y)) % 4
    held = gp.held_out(Folds(folds))
    for fold in range(4):
        out, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        v = (y[rest] - gp.centre) / gp.spread
        other = condition(gp.inputs, gp.hyper, x[rest], v, gp.centre, gp.spread, gp.searched)
        np.testing.assert_allclose(y[out] - held[out], other.predict(x[out]), rtol=1e-6, atol=1e-7)
        fresh = rows(30, seed=7)[0]
        np.testing.assert_allclose(
            gp.predict(fresh, gp.alpha_without(out)[:, None])[:, 0],
            other.predict(fresh),
            rtol=1e-6,
            atol=1e-7,
        )


def test_it_learns_a_smooth_function() -> None:
    x, y = rows(200)
    gp = fit_gaussian_process(inputs_of(x), x, y, np.random.default_rng(0), rows=np.arange(len(y)))
    fresh, truth = rows(500, seed=5)
    assert np.sqrt(np.mean((gp.predict(fresh) - truth) ** 2)) < 2e-3 * truth.std()


def test_training_points_stay_in_the_box_and_on_the_levels() -> None:
    x, _ = rows(80)
    points, weight = training_points(x, LEVELS, 400, np.random.default_rng(0))
    assert points.shape == (480, 3) and weight.shape == (480,)
    assert np.all(points >= x.min(axis=0)) and np.all(points <= x.max(axis=0))
    assert set(points[:, 2]) == {0.0, 1.0, 2.0}
    assert weight[:80].sum() == pytest.approx(weight[80:].sum())


def test_mixtures_stay_in_the_box_and_keep_few_values() -> None:
    x, _ = rows(80)
    points, _ = training_points(x, LEVELS, 400, np.random.default_rng(0), mixed=True)
    assert np.all(points >= x.min(axis=0)) and np.all(points <= x.max(axis=0))
    assert set(points[:, 2]) == {0.0, 1.0, 2.0}
    assert len(np.unique(points[:, 0])) > 400


def test_a_search_out_of_time_keeps_the_best_it_has_seen() -> None:
    x, y = rows(200)
    clock = Clock()
    late = fit_gaussian_process(
        inputs_of(x),
        x,
        y,
        np.random.default_rng(0),
        rows=np.arange(len(y)),
        budget=TimeBudget(1e-9),
    )
    assert clock.seconds < 5.0
    fresh, truth = rows(500, seed=5)
    assert np.sqrt(np.mean((late.predict(fresh) - truth) ** 2)) < 0.1 * truth.std()


def test_an_axis_that_nearly_all_rows_share_stays_constant(process: tuple) -> None:
    gp, x, y = process
    samples = Samples.of(np.c_[x[:, :2], np.arange(len(x)) % 20 == 0], y)
    assert [b.n_rows for b in teacher_bases([gp], samples, 1e-5, linear=True)] == [2, 2, 1]


def test_bases_get_finer_with_the_tolerance(process: tuple) -> None:
    gp, x, y = process
    from sna_export.fit.data.samples import AxisSpec

    axes = (AxisSpec("a"), AxisSpec("b"), AxisSpec("m", levels=("u", "v", "w")))
    samples = Samples.of(x, y, axes, ["y"])
    coarse, fine = (teacher_bases([gp], samples, tolerance) for tolerance in (0.1, 1e-5))
    assert fine[0].n_rows > coarse[0].n_rows
    assert fine[2].kind == "levels" and fine[2].n_rows == 3
    assert all(b.n_rows == 2 for b in teacher_bases([gp], samples, 1e-5, linear=True)[:2])


@pytest.mark.parametrize("tolerance", [1e-4, 3e-2])
def test_a_student_comes_as_close_as_asked_and_follows_other_teachers(tolerance: float) -> None:
    rng = np.random.default_rng(0)
    x, check = rng.random((1500, 3)), rng.random((300, 3))

    def teacher(z: np.ndarray, shift: float = 0.0) -> np.ndarray:
        return (np.exp(z[:, 0] * z[:, 1] + shift * z[:, 0]) + np.sin(3.0 * z[:, 2]))[:, None]

    bases = [bspline(np.linspace(0.0, 1.0, 4), 5)] * 3
    training = TrainingPoints(x, np.ones(len(x)), check)
    student = distil(
        training, teacher(x), teacher(check), bases, rng, tolerance=tolerance, max_parameters=800
    )
    assert student.distance <= tolerance
    (other,) = refits(student, training, teacher(x, 0.05)[:, :, None])
    moved = np.sqrt(np.mean((other.predict(check) - teacher(check, 0.05)) ** 2))
    assert moved <= 3.0 * max(student.distance, tolerance)
    assert (
        moved < 0.5 * np.sqrt(np.mean((teacher(check) - teacher(check, 0.05)) ** 2))
        or tolerance > 1e-2
    )


def test_size_is_kept() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((400, 5))
    target = np.prod(1.0 + x, axis=1)[:, None]
    bases = [bspline([0.0, 1.0], 3)] * 5
    student = distil(
        TrainingPoints(x, np.ones(400), x[:50]),
        target,
        target[:50],
        bases,
        rng,
        tolerance=0.02,
        max_parameters=45,
    )
    assert student.f.parameters <= 45


def test_a_search_goes_on_from_the_best_of_its_starts() -> None:
    """Evidence of a second search is at least that of where it began, however short it is."""
    x, y = rows(60)
    every = np.arange(len(y))
    inputs, v = inputs_of(x), (y - y.mean()) / y.std()
    goal = MarginalLikelihood(inputs.columns(x), v, inputs, 1, False, False)

    def found(iterations: int, starts: tuple = ()) -> np.ndarray:
        rng = np.random.default_rng(0)
        return fit_gaussian_process(
            inputs, x, y, rng, rows=every, iterations=iterations, starts=starts
        ).searched

    far, near = found(2), found(60)
    assert goal(near)[0] < goal(far)[0] - 1.0
    assert goal(found(2, (far, near)))[0] <= goal(near)[0]
