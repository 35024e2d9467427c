"""The difference of two models on the domain that they share: exact where the algebra allows, and
enclosed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Axis, Model, Output, level_axis, spline_axis
from sna_edge.basis import bspline, periodic_bspline, uniform_breaks
from sna_edge.calculus.difference import differences
from sna_edge.calculus.shared_domain import as_coordinates, shared_axes
from sna_edge.calculus.sums import to_tt
from sna_edge.errors import InputError


def drawn(axes: list[Axis], seed: int, outputs: list[Output] | None = None, rank: int = 3) -> Model:
    rng = np.random.default_rng(seed)
    tables = [rng.normal(size=(a.basis.n_rows, rank)) for a in axes]
    made = outputs or [Output("y", "um", scale=2.0, offset=1.0, bias=0.3)]
    return Model(axes, CP.full(tables, rng.normal(size=(rank, len(made)))), made)


def by_sampling(old: Model, new: Model, n: int = 200_000) -> tuple[np.ndarray, np.ndarray]:
    """Points of the shared domain, and new - old there."""
    axes = shared_axes(old, new)
    rng = np.random.default_rng(3)
    columns = [
        rng.integers(0, a.basis.n_spans, n).astype(float)
        if a.kind == "categorical"
        else rng.uniform(a.lower, a.upper, n)
        for a in axes
    ]
    x = np.stack(columns, axis=1)
    a, b = (m.value(as_coordinates(m, axes, x), level_index=True) for m in (old, new))
    return x, (b - a)[:, 0]


OLD = [spline_axis("p", "W", 0, 4, spans=5), spline_axis("v", "", -1, 1, spans=3, degree=2)]
CASES = {
    "equal domains": (OLD, OLD),
    "another domain": (OLD, [spline_axis("p", "W", 1.3, 6, spans=4), OLD[1]]),
    "an input more": (OLD, [*OLD, spline_axis("w", "", 0, 1, spans=2)]),
    "an input less": (OLD, OLD[:1]),
    "another order": (OLD, OLD[::-1]),
    "levels": (
        [OLD[0], level_axis("m", ("A", "B", "C"))],
        [OLD[0], level_axis("m", ("D", "C", "A"))],
    ),
    "periodic": (
        [Axis("a", "deg", periodic_bspline(uniform_breaks(0.0, 360.0, 6), 3))],
        [Axis("a", "deg", bspline(uniform_breaks(30.0, 360.0, 4), 3))],
    ),
    "periodic and not": (
        [Axis("a", "deg", periodic_bspline(uniform_breaks(0.0, 360.0, 6), 3))],
        [Axis("a", "deg", bspline(uniform_breaks(0.0, 360.0, 4), 3))],
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("train", [False, True])
def test_moments_are_exact_and_the_largest_is_enclosed(name: str, train: bool) -> None:
    old, new = drawn(list(CASES[name][0]), 1), drawn(list(CASES[name][1]), 2)
    _, change = by_sampling(old, new)
    if train:
        old = to_tt(old)
        if name == "another order":
            with pytest.raises(InputError, match="another order"):
                differences(old, new, ["y"])
            return
    _, (found,) = differences(old, new, ["y"])
    assert found.exact
    error = 5 * change.std() / np.sqrt(len(change))
    assert abs(found.mean - change.mean()) < error
    squared = change**2
    assert abs(found.rms**2 - squared.mean()) < 5 * squared.std() / np.sqrt(len(change))
    largest = np.abs(change).max()
    assert largest * (1 - 1e-3) <= found.largest <= found.bound, "the search comes within 1e-3"
    assert found.bound < 1.1 * found.largest


def test_the_place_of_the_largest_is_where_it_is() -> None:
    old, new = drawn(OLD, 1), drawn(OLD, 2)
    axes, (found,) = differences(old, new, ["y"])
    x = found.place[None]
    a, b = (m.value(as_coordinates(m, axes, x))[0, 0] for m in (old, new))
    assert abs(abs(b - a) - found.largest) < 1e-9


def test_a_known_difference() -> None:
    """2 x on [0, 2] against 0: mean 2, rms sqrt(16 / 3), largest 4 at 2."""
    axis = spline_axis("x", "m", 0, 2, spans=1, degree=1)
    line = Model([axis], CP.full([[[0], [2]]]), [Output("y")])
    (found,) = differences(line * 0.0, line * 2.0, ["y"])[1]
    assert found.mean == pytest.approx(2.0, abs=1e-14)
    assert found.rms == pytest.approx(np.sqrt(16 / 3), abs=1e-14)
    assert (found.largest, found.place.tolist()) == (4.0, [2.0])
    assert found.bound == pytest.approx(4.0, rel=1e-9)


def test_no_difference_is_none_at_all_and_a_tiny_one_is_told() -> None:
    old = drawn(OLD, 1)
    (same,) = differences(old, old, ["y"])[1]
    assert (same.mean, same.rms, same.largest, same.bound) == (0.0, 0.0, 0.0, 0.0)
    output = old.outputs[0]
    moved = old.replace(outputs=[replace(output, offset=output.offset + 1e-7)])
    (tiny,) = differences(old, moved, ["y"])[1]
    assert not tiny.exact, "rounding would be what is told"
    assert tiny.rms == pytest.approx(1e-7, rel=1e-4)
    assert 1e-7 * (1 - 1e-6) <= tiny.bound < 2e-7


@pytest.mark.parametrize("links", [("exp", "exp"), ("logistic", "logistic"), ("identity", "exp")])
def test_behind_a_link_the_largest_is_enclosed(links: tuple[str, str]) -> None:
    old, new = (
        drawn(OLD, seed, [Output("y", "", link, 2.0, 0.5, 0.1)])
        for seed, link in zip((1, 2), links, strict=True)
    )
    _, change = by_sampling(old, new)
    (found,) = differences(old, new, ["y"])[1]
    assert not found.exact
    assert abs(found.mean - change.mean()) < 0.02 * change.std()
    assert abs(found.rms / np.sqrt((change**2).mean()) - 1) < 0.05
    assert np.abs(change).max() * (1 - 1e-3) <= found.largest <= found.bound


def test_a_small_change_before_a_link_has_a_small_bound() -> None:
    """|exp a - exp b| <= max exp |a - b|, and not the two ranges against each other."""
    old = drawn(OLD, 1, [Output("y", "", "exp", bias=0.1)])
    moved = old.replace(outputs=[replace(old.outputs[0], bias=0.1 + 1e-3)])
    (found,) = differences(old, moved, ["y"])[1]
    assert found.largest <= found.bound < 3 * found.largest


def test_several_outputs_each_for_itself() -> None:
    outputs = [Output("a"), Output("b", link="exp"), Output("c")]
    old, new = drawn(OLD, 1, outputs), drawn(OLD, 2, outputs[::-1])
    _, found = differences(old, new, ["c", "b"])
    assert [f.output for f in found] == ["c", "b"]
    alone = [differences(*(m for m in (old, new)), [name])[1][0] for name in ("c", "b")]
    assert [f.rms for f in alone] == [f.rms for f in found]


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (spline_axis("p", "W", 9, 12), "do not meet"),
        (spline_axis("p", "kW", 0, 4), "in W in the old"),
        (level_axis("p", ("0", "1")), "levels in one model and numbers"),
    ],
)
def test_what_cannot_be_compared_is_said(other: Axis, word: str) -> None:
    with pytest.raises(InputError, match=word):
        differences(drawn(OLD, 1), drawn([other, OLD[1]], 2), ["y"])


def test_models_from_files_too(tmp_path) -> None:
    model = drawn(OLD, 1)
    model.save(tmp_path / "a.sna")
    (found,) = differences(model, sna_edge.load(tmp_path / "a.sna"), ["y"])[1]
    assert 0 < found.rms < 1e-6 * found.spread * 10


def test_a_level_of_no_index_has_no_value_in_the_other_model() -> None:
    old = drawn([level_axis("spot", ("A", "B", "C"))], 1)
    new = drawn([level_axis("spot", ("C", "A"))], 2)
    x = np.array([[0.0], [1.0], [2.0], [np.inf], [np.nan], [-1.0], [3.0]])
    found = as_coordinates(new, old.axes, x)[:, 0]
    assert found.tolist() == [1.0, np.inf, 0.0, np.inf, np.inf, np.inf, np.inf]
