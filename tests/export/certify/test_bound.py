"""Rigorous figures: exact norms against quadrature, bounds never below what is found."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, TT, Model
from sna_edge.core.basis import (
    bernstein,
    bspline,
    graded_breaks,
    hat,
    lagrange,
    levels,
    periodic_bspline,
    uniform_breaks,
)
from sna_export.certify import exact_rms, lebesgue, maximum_bound
from sna_export.certify.bound import bernstein_coefficients
from sna_export.certify.certificate import linear_span


def perturbed(model: Model, size: float, seed: int = 5) -> Model:
    rng = np.random.default_rng(seed)
    pairs = zip(model.axes, model.interaction.tables, strict=True)
    tables = tuple((t + size * rng.standard_normal(t.shape))[a.basis.tie] for a, t in pairs)
    return model.replace(interaction=model.interaction.with_tables(tables))


def product_quadrature(a: Model, b: Model) -> np.ndarray:
    """RMS of the linear parts' difference [K] by tensor Gauss points, exact for piecewise
    polynomials."""
    rules = [axis.basis.nodes(2 * axis.basis.degree + 1) for axis in a.axes]
    grid = {axis.name: axis.level_names or x for axis, (x, _) in zip(a.axes, rules, strict=True)}
    scale = np.array([o.scale for o in a.outputs])
    square = ((a.grid(grid) - b.grid(grid)) / scale) ** 2
    for _, w in rules:
        square = np.tensordot(w / w.sum(), square, axes=(0, 0))
    return np.sqrt(square)


@pytest.mark.parametrize("kind", ["cp", "tt"])
@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-9])
def test_exact_rms_equals_quadrature(models, kind: str, size: float) -> None:
    axes = models.mixed_axes()[:4]
    model = getattr(models, kind)(axes, outputs=2)
    other = perturbed(model, size)
    assert np.abs(exact_rms(other, model) / product_quadrature(other, model) - 1).max() < (
        1e-9 if size > 1e-6 else 1e-4
    )


def test_exact_rms_of_equal_models_is_rounding_only(models) -> None:
    for model in (models.cp(models.uniform_axes(5), rank=20), models.tt(models.uniform_axes(5))):
        assert (exact_rms(model, model) <= 1e-14 * linear_span(model)).all()


def test_exact_rms_of_a_train_against_its_modes(models) -> None:
    from sna_edge.calculus.sums import to_tt

    model = models.cp(models.mixed_axes(), full=False)
    assert (exact_rms(to_tt(model), model) <= 1e-13 * linear_span(model)).all()


def test_bias_counts(models) -> None:
    from dataclasses import replace

    model = models.cp(models.uniform_axes(3))
    moved = model.replace(outputs=[replace(o, bias=o.bias + 0.125) for o in model.outputs])
    assert np.abs(exact_rms(moved, model) - 0.125).max() < 1e-12


@pytest.mark.parametrize("kind", ["cp", "tt"])
@pytest.mark.parametrize("size", [0.3, 1e-2, 1e-5])
def test_bound_is_never_below_the_largest_difference(models, kind: str, size: float) -> None:
    for seed in range(5):
        model = getattr(models, kind)(models.mixed_axes(), outputs=2, seed=seed)
        other = perturbed(model, size, seed)
        x = models.points(model, 5000, seed)
        scale = np.abs([o.scale for o in model.outputs])
        found = np.abs(other.backend.value(x) - model.backend.value(x)).max(axis=0) / scale
        assert (maximum_bound(other, model.interaction) >= found).all()


def test_bound_is_reached_where_it_can_be() -> None:
    """One mode, positive tables, errors of one sign at one corner: the bound is the difference
    itself."""
    axes = (levels(3), levels(2))
    tables = (np.array([[1.0], [2.0], [3.0]]), np.array([[0.5], [4.0]]))
    moved = (tables[0] + np.array([[0.0], [0.0], [0.25]]), tables[1] + np.array([[0.0], [0.5]]))
    from sna_edge import Output, level_axis

    made = (level_axis("a", tuple("xyz")), level_axis("b", tuple("pq")))
    assert [a.basis.n_rows for a in made] == [b.n_rows for b in axes]
    model = Model(made, CP.full(moved, np.array([[-2.0]])), [Output("y")])
    bound = maximum_bound(model, CP.full(tables, np.array([[-2.0]])))
    assert abs(bound[0] - 2 * (3.25 * 4.5 - 3.0 * 4.0)) < 1e-6


def test_tt_bound_on_one_chain() -> None:
    """1 x 1 matrices: |a b - c d| <= |a - c| |d| + |a| |b - d|."""
    from sna_edge import Output, level_axis

    axes = (level_axis("a", ("x",)), level_axis("b", ("p",)))
    one = TT((np.full((1, 1, 1), 2.0), np.full((1, 1, 1), 3.0)), np.array([[5.0]]))
    two = TT((np.full((1, 1, 1), 2.5), np.full((1, 1, 1), 3.5)), np.array([[5.0]]))
    bound = maximum_bound(Model(axes, two, [Output("y")]), one)
    assert abs(bound[0] - 5 * (0.5 * 3.0 + 2.5 * 0.5)) < 1e-6


@pytest.mark.parametrize("p", range(8))
def test_control_points_enclose_the_atoms(p: int) -> None:
    rng = np.random.default_rng(p)
    breaks = graded_breaks(0.0, 1.0, 5, 0.3, 6.0)
    for basis in (
        bspline(breaks, p),
        periodic_bspline(uniform_breaks(0.0, 1.0, 9), p),
        lagrange(breaks, p),
        bernstein(breaks, p),
    ):
        table = rng.standard_normal((basis.n_rows, 3))
        points = bernstein_coefficients(basis, table)
        x = rng.random(500)
        span, _ = basis.locate(x)
        atoms = basis.design(x) @ table
        slack = 1e-9 * np.abs(points).max()
        assert (atoms <= points.max(axis=1)[span] + slack).all() and (
            atoms >= points.min(axis=1)[span] - slack
        ).all()
        if basis.kind in ("spline", "bernstein", "periodic"):
            assert np.abs(points).max() <= np.abs(table).max() * (1 + 1e-9)


@pytest.mark.parametrize("p", range(8))
def test_lebesgue_constants(p: int) -> None:
    """1 where the basis is non-negative; equidistant Lagrange: 1, 1.25, 1.63, 2.21, 3.11, 4.55,
    6.93 (p = 1 .. 7)."""
    breaks = graded_breaks(0.0, 1.0, 4, 0.0, 3.0)
    assert (
        abs(lebesgue(bspline(breaks, p)) - 1) < 1e-9
        and abs(lebesgue(bernstein(breaks, p)) - 1) < 1e-9
    )
    known = [1.0, 1.0, 1.25, 1.631, 2.208, 3.106, 4.549, 6.930]
    assert known[p] - 1e-3 <= lebesgue(lagrange(breaks, p)) <= 1.01 * known[p]
    assert lebesgue(hat(breaks)) == 1.0 == lebesgue(levels(3))
