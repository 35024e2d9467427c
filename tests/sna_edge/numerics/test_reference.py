"""Values and gradients of CP and TT models against plain sums and differences."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, TT, InputError, Model, Output, spline_axis
from sna_edge.core.basis import bspline, uniform_breaks

KINDS = ["cp", "tt"]


@pytest.fixture(scope="module", params=KINDS)
def model(request, build):
    return getattr(build, request.param)(build.mixed_axes(), seed=4)


def test_value_is_the_plain_sum(model, build) -> None:
    x = build.points(model, 60)
    slow = np.stack([build.slow_value(model, row) for row in x])
    fast = model.value(x, level_index=True)
    assert np.abs(fast - slow).max() <= 1e-12 * np.abs(slow).max()
    single = np.stack([model.value(row, level_index=True) for row in x])
    assert np.abs(single - slow).max() <= 1e-12 * np.abs(slow).max()


def test_batches_of_any_size_agree(model, build) -> None:
    x = build.points(model, 5000)
    whole = model.value(x, level_index=True)
    parts = np.concatenate([model.value(part, level_index=True) for part in np.array_split(x, 7)])
    assert np.abs(parts - whole).max() <= 1e-12 * np.abs(whole).max()


def test_gradient_is_the_difference_quotient(model, build) -> None:
    """Central differences with a step of 1e-6 of the axis, at points a step away from every
    break."""
    x = build.points(model, 300)
    for d, axis in enumerate(model.axes):
        if axis.kind == "categorical":
            assert np.isnan(model.gradient(x, level_index=True)[:, :, d]).all()
            continue
        h = 1e-6 * axis.width
        _, u = axis.basis.locate(x[:, d])
        rows = x[(u > 1e-3) & (u < 1 - 1e-3)]
        step = np.zeros(len(model.axes))
        step[d] = h
        quotient = (
            model.value(rows + step, level_index=True) - model.value(rows - step, level_index=True)
        ) / (2 * h)
        gradient = model.gradient(rows, level_index=True)[:, :, d]
        assert np.abs(gradient - quotient).max() <= 1e-6 * np.abs(gradient).max()


def test_single_gradients_equal_those_of_batches(model, build) -> None:
    x = build.points(model, 20)
    value, gradient = model.value_and_gradient(x, level_index=True)
    for i, row in enumerate(x):
        one_value, one = model.value_and_gradient(row, level_index=True)
        assert one.shape == (2, 5) and np.abs(one_value - value[i]).max() < 1e-11
        assert np.nanmax(np.abs(one - gradient[i])) <= 1e-11 * np.nanmax(np.abs(gradient))


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_gradients_go_through_links(build, link: str) -> None:
    model = build.linked(link)
    x = build.points(model, 50)
    for d, axis in enumerate(model.axes):
        step = np.zeros(3)
        step[d] = 1e-6 * axis.width
        inner = np.clip(
            x,
            [a.lower + 2e-6 * a.width for a in model.axes],
            [a.upper - 2e-6 * a.width for a in model.axes],
        )
        _, u = axis.basis.locate(inner[:, d])
        inner = inner[(u > 1e-3) & (u < 1 - 1e-3)]
        quotient = (model.value(inner + step) - model.value(inner - step)) / (2 * step[d])
        assert np.abs(model.gradient(inner)[:, :, d] - quotient).max() <= 1e-6 * max(
            np.abs(quotient).max(), 1.0
        )


def test_modes_of_any_axis_set_are_products_of_their_atoms() -> None:
    """Additive x + pairwise y z + full x y z with linear atoms: f = x + 2 y z + 3 x y z."""
    axes = [spline_axis(n, "", 0.0, 1.0, spans=2, degree=1) for n in "xyz"]
    nodes = np.array([0.0, 0.5, 1.0])
    column = nodes[:, None]
    cp = CP(
        (np.hstack([column, column]), np.hstack([column, column]), np.hstack([column, column])),
        (np.array([0, 2]), np.array([1, 2]), np.array([1, 2])),
        np.array([[1.0], [2.0], [3.0]]),
    )
    model = Model(axes, cp, [Output("f")])
    x = np.random.default_rng(0).random((100, 3))
    truth = x[:, 0] + 2 * x[:, 1] * x[:, 2] + 3 * x.prod(axis=1)
    assert np.abs(model.value(x)[:, 0] - truth).max() < 1e-14 * 10
    assert np.abs(model.gradient(x)[:, 0, 1] - (2 * x[:, 2] + 3 * x[:, 0] * x[:, 2])).max() < 1e-13
    assert cp.masks == [0b001, 0b110, 0b111]


def test_sorting_modes_keeps_the_function(build) -> None:
    model = build.cp(build.mixed_axes(), rank=9)
    x = build.points(model, 50)
    ordered = model.interaction.sorted()
    assert ordered.masks == sorted(ordered.masks)
    assert (
        np.abs(
            model.replace(interaction=ordered).value(x, level_index=True)
            - model.value(x, level_index=True)
        ).max()
        < 1e-11
    )


@pytest.mark.parametrize("p", range(8))
def test_every_degree_evaluates_and_differentiates(build, p: int) -> None:
    axes = (build.smooth_axes()[0], spline_axis("w", "", -2.0, 1.0, spans=3, degree=p))
    model = build.cp(axes, rank=4, outputs=1)
    x = build.points(model, 80)
    slow = np.stack([build.slow_value(model, row) for row in x])
    assert np.abs(model.value(x) - slow).max() <= 1e-12 * np.abs(slow).max()
    values, gradient = model.value_and_gradient(x)
    assert (
        gradient.shape == (80, 1, 2) and np.abs(values - slow).max() <= 1e-12 * np.abs(slow).max()
    )


def test_cp_and_tt_check_their_shapes() -> None:
    table = np.ones((4, 2))
    with pytest.raises(InputError, match="column"):
        CP((table,), (np.array([0]),), np.ones((2, 1)))
    with pytest.raises(InputError, match="increase"):
        CP((table,), (np.array([1, 0]),), np.ones((2, 1)))
    with pytest.raises(InputError, match="at least one axis"):
        CP((table,), (np.array([0, 1]),), np.ones((3, 1)))
    with pytest.raises(InputError, match="core 1"):
        TT((np.ones((4, 1, 2)), np.ones((4, 3, 2))), np.ones((2, 1)))
    with pytest.raises(InputError, match="weights"):
        TT((np.ones((4, 1, 2)),), np.ones((3, 1)))


def test_large_tables_take_the_gathering_path(build) -> None:
    axes = (
        spline_axis("x", "", 0.0, 1.0, spans=400, degree=3),
        spline_axis("y", "", 0.0, 1.0, spans=3, degree=3),
    )
    model = build.cp(axes, outputs=1)
    x = build.points(model, 300)
    slow = np.stack([build.slow_value(model, row) for row in x])
    assert np.abs(model.value(x) - slow).max() <= 1e-12 * np.abs(slow).max()
    tables = model.interaction.tables
    assert bspline(uniform_breaks(0.0, 1.0, 400), 3).n_rows == len(tables[0]) == 403
