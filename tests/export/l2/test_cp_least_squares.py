"""Least squares in L2 of the domain: one axis or the weights with everything else fixed."""

from __future__ import annotations

import numpy as np
import pytest

from sna_export.l2.axis_space import spaces
from sna_export.l2.cp_factors import CPFactors, difference, products, squared_norm
from sna_export.l2.cp_least_squares import CPLeastSquares


@pytest.fixture(scope="module")
def problem(models) -> tuple[CPLeastSquares, CPFactors]:
    model = models.cp(models.mixed_axes(), full=False, outputs=2)
    work = spaces(model.axes)
    start = CPFactors.of(model, work)
    rng = np.random.default_rng(2)
    tables = tuple(
        np.where(start.uses[d], t + 0.05 * rng.standard_normal(t.shape), t)
        for d, t in enumerate(start.tables)
    )
    moved = CPFactors(tables, start.uses, start.weights + 0.05)
    return CPLeastSquares(start, work, np.array([1.0, 0.5])), moved


def test_loss_is_the_norm_of_the_difference(problem) -> None:
    p, f = problem
    norms = squared_norm(difference(f, p.target), p.spaces)
    assert abs(p.loss(f) / float(norms @ np.square(p.output)) - 1) < 1e-9


def test_axis_solutions_are_stationary(problem) -> None:
    """No small change of the columns of any axis lowers the loss."""
    p, f = problem
    rng = np.random.default_rng(0)
    for d in range(len(f.tables)):
        table = f.tables[d].copy()
        table[:, f.uses[d]] = p.solve_axis(f, d, p.metric(f, d))
        best = p.loss(f.with_table(d, table))
        assert best <= p.loss(f) * (1 + 1e-12)
        for _ in range(5):
            step = np.where(f.uses[d], 1e-3 * rng.standard_normal(table.shape), 0.0)
            assert p.loss(f.with_table(d, table + step)) > best


def test_weight_solutions_are_stationary(problem) -> None:
    p, f = problem
    solved = p.solve_weights(f)
    best = p.loss(solved)
    rng = np.random.default_rng(0)
    for _ in range(5):
        assert (
            p.loss(
                solved.with_weights(
                    solved.weights + 1e-3 * rng.standard_normal(solved.weights.shape)
                )
            )
            > best
        )


def test_metric_is_the_loss_of_a_table_error(problem) -> None:
    p, f = problem
    rng = np.random.default_rng(4)
    for d in range(len(f.tables)):
        error = np.where(f.uses[d], rng.standard_normal(f.tables[d].shape), 0.0)
        own = CPLeastSquares(f, p.spaces, p.output)
        quadratic = float(np.trace(p.metric(f, d) @ error.T @ p.spaces[d].gram @ error))
        assert abs(own.loss(f.with_table(d, f.tables[d] + error)) / quadratic - 1) < 1e-9


def test_products_skip_one_axis(problem) -> None:
    p, f = problem
    whole = products(f, f, p.spaces)
    for d in range(len(f.tables)):
        single = f.tables[d].T @ p.spaces[d].gram @ f.tables[d]
        assert np.abs(products(f, f, p.spaces, skip=d) * single - whole).max() < 1e-12


@pytest.mark.parametrize("faint", [0.0, 1e-323, 1e-310, 1e-301, 1e-200])
def test_a_mode_that_the_loss_does_not_see_harms_no_other(problem, faint: float) -> None:
    """Its scale overflowed, with a warning."""
    work, moved = problem
    d = 0
    metric = work.metric(moved, d)
    used = np.flatnonzero(moved.uses[d])
    metric[used[0], :] = metric[:, used[0]] = 0.0
    metric[used[0], used[0]] = faint
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        columns = work.solve_axis(moved, d, metric)
    assert np.isfinite(columns).all()
