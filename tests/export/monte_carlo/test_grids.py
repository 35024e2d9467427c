"""Sweeps over grids: every point once, the same digits for any partitions, no standard errors."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Axis, Model, Output, level_axis, spline_axis
from sna_edge.core.basis import periodic_bspline
from sna_edge.errors import InputError
from sna_export.monte_carlo import draws_of, sweep
from sna_export.monte_carlo.drawing import samples
from sna_export.monte_carlo.found import document
from sna_export.monte_carlo.job import BLOCK

A = spline_axis("a", "mm", 0.1, 0.7, spans=2)
GAS = level_axis("gas", ("Ar", "N2", "He"))
B = spline_axis("b", "", -3.0, 5.0, spans=2)


def model(*axes: Axis) -> Model:
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=(a.basis.n_rows, 2)) for a in axes]
    return Model(list(axes), CP.full(tables, [[1.0], [1.0]]), [Output("y")])


def points(given: dict[str, object], *axes: Axis, count: int = 60) -> list[tuple[float, ...]]:
    found = samples(draws_of(model(*axes), given), 0, 0, count)
    return [tuple(row) for row in found.tolist()]


def test_every_point_once_the_last_input_fastest() -> None:
    given = {"a": "grid(0.25, 0.5, 3)", "gas": "grid", "b": "grid(2)"}
    expected = list(product((0.25, 0.375, 0.5), (0.0, 1.0, 2.0), (-3.0, 5.0)))
    assert points(given, A, GAS, B, count=18) == expected


def test_ends_of_domains_are_inside_in_float32() -> None:
    found = sweep(model(A, GAS), {"a": "grid(11)", "gas": "grid"}, backend="numpy")
    assert found.samples == found.answered == 33  # 0.1 and 0.7 are none of float32


def test_the_end_of_a_period_comes_once() -> None:
    turn = Axis("turn", "deg", periodic_bspline(np.linspace(0, 360, 5), 3))
    found = points({"turn": "grid(4)"}, turn, count=4)
    assert [x for (x,) in found] == [0.0, 90.0, 180.0, 270.0]
    found = points({"turn": "grid(0, 90, 2)"}, turn, count=2)
    assert [x for (x,) in found] == [0.0, 90.0]


def rows(*sizes: tuple[float, float, int]) -> np.ndarray:
    """The full product, the last one fastest."""
    return np.array(list(product(*(np.linspace(*size) for size in sizes))))


def test_numbers_are_those_of_the_points() -> None:
    made, given = model(A, GAS, B), {"a": "grid(4)", "gas": "grid", "b": "grid(-3, 5, 9)"}
    y = made.backend.value(rows((0.1, 0.7, 4), (0, 2, 3), (-3, 5, 9)))[:, 0]
    found = sweep(made, given, specs=[("y", 0.0, np.inf)], backend="numpy")
    (one,) = found.outputs
    assert np.isclose(one.mean, y.mean()) and found.specs[0].below.p == (y < 0).mean()
    assert one.highest[0][1] == y.argmax() and one.lowest[0][1] == y.argmin()
    assert found.inputs[int(y.argmax())]["gas"] in GAS.level_names


def test_a_grid_has_no_standard_errors() -> None:
    found = sweep(model(A), {"a": "grid(9)"}, specs=[("y", -1e9, 1e9)], backend="numpy")
    (one,), (spec,) = found.outputs, found.specs
    assert found.design == "grid" and (one.mean_se, one.sd_se, spec.inside.se) == (None,) * 3
    assert all(q.se is None for q in one.quantiles) and spec.below.at_most is None
    assert sweep(model(A), {"a": "uniform"}, 9, backend="numpy").design == "random"


def test_other_inputs_are_drawn_anew_at_each_point() -> None:
    drawn, fixed = (
        np.array(points({"a": given, "b": "grid(4)"}, A, B)) for given in ("uniform", 0.5)
    )
    assert len(set(drawn[:, 0])) == 60 and (drawn[:, 1] == fixed[:, 1]).all()


def test_partitions_and_workers_give_the_same_digits() -> None:
    made = model(A, GAS, B)
    given = {"a": "grid(211)", "gas": "grid", "b": "grid(-3, 5, 503)"}
    told: list[Any] = [
        json.dumps(document(sweep(made, given, partitions=n, workers=w, backend="numpy")))
        for n, w in ((1, 1), (2, 1), (5, 2))
    ]
    assert told[1] == told[2] == told[0] and 4 * BLOCK < 211 * 3 * 503


def test_the_first_look_sees_the_whole_of_a_grid() -> None:
    """y = a: the first 16,384 of 250,000 points have but the lowest seven hundredths of it."""
    line = CP.full([np.array([[0.0], [1.0]]), np.ones((2, 1))], [[1.0]])
    axes = [spline_axis(name, "", 0.0, 1.0, spans=1, degree=1) for name in "ab"]
    given: dict[str, object] = {"a": "grid(500)", "b": "grid(500)"}
    (one,) = sweep(Model(axes, line, [Output("y")]), given, backend="numpy").outputs
    assert one.outside == (0, 0) and one.edges[-1] - one.edges[0] < 2.01
    assert abs(one.quantiles[-1].value - 0.999) < 3e-3


@pytest.mark.parametrize(
    ("axis", "text", "said"),
    [
        (A, "grid", "grid is no grid; write grid"),
        (A, "grid(1, 2)", r"grid\(1, 2\) is no grid"),
        (A, "grid(few)", "is no grid"),
        (A, "grid(1)", "a grid of 1 points from 0.1 to 0.7"),
        (A, "grid(2.5)", "2.5 points"),
        (A, "grid(0.5, 0.2, 3)", "low < high"),
        (A, "grid(0, 1, 2e6)", "1,000,000 points"),
        (A, "grid(0, inf, 3)", "is no grid"),
        (GAS, "grid(3)", "has levels; write grid"),
    ],
)
def test_what_is_no_grid_is_one_sentence(axis: Axis, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        points({axis.name: text}, axis)


def test_numbers_of_samples_that_no_grid_has() -> None:
    with pytest.raises(InputError, match="the grid has 9 points, each of them a sample, not 10;"):
        sweep(model(A), {"a": "grid(9)"}, 10)
    assert sweep(model(A), {"a": "grid(9)"}, 9, backend="numpy").samples == 9
    axes = [spline_axis(name, "", 0.0, 1.0, spans=1) for name in "abc"]
    with pytest.raises(InputError, match="1000000000000000000 samples"):
        sweep(model(*axes), {}, rest="grid(1000000)")
    many = [spline_axis(f"x{i}", "", 0.0, 1.0, spans=1) for i in range(60)]
    with pytest.raises(InputError, match="0000 samples; give 1 to"):  # beyond float64
        sweep(model(*many), {}, rest="grid(1000000)")
