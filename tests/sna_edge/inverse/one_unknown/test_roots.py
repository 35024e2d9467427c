"""Roots: every one that a dense scan finds, to 1e-10 of the axis; tangents, flat spans, unreachable
targets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from sna_edge import CP, Axis, InputError, Model, Output, Status, level_axis, spline_axis
from sna_edge.core.basis import bernstein, bspline, hat, uniform_breaks
from sna_edge.inverse import roots
from sna_edge.numerics.piecewise_polynomial import PiecewisePolynomial, monotone_nodes


def one_dimensional(axis: Axis, coefficients: np.ndarray, **output: object) -> Model:
    return Model(
        [axis], CP.full([np.asarray(coefficients, float)[:, None]]), [Output("y", **output)]
    )  # type: ignore[arg-type]


def polynomial(*zeros: float, degree: int = 4, shift: float = 0.0) -> Model:
    """prod (x - zero) + shift on [0, 1] as one Bernstein span."""
    basis = bernstein([0.0, 1.0], degree)
    x = np.linspace(0, 1, degree + 1)
    y = np.prod([x - z for z in zeros], axis=0) + shift
    return one_dimensional(Axis("x", "", basis), np.linalg.solve(basis.design(x), y))


def line_of(
    model: Model, d: int, at: dict[str, float], x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points [n, D] along axis d and the model's first output there."""
    points = np.empty((len(x), len(model.axes)))
    for e, axis in enumerate(model.axes):
        points[:, e] = x if e == d else at[axis.name]
    return points, model.backend.value(points)[:, 0]


def bisect(
    model: Model, d: int, at: dict[str, float], low: float, high: float, target: float
) -> float:
    """Slow and obvious."""
    sign = np.sign(line_of(model, d, at, np.array([low]))[1][0] - target)
    for _ in range(70):
        middle = 0.5 * (low + high)
        same = np.sign(line_of(model, d, at, np.array([middle]))[1][0] - target) == sign
        low, high = (middle, high) if same else (low, middle)
    return 0.5 * (low + high)


@pytest.mark.parametrize("block", range(6))
def test_every_root_of_a_dense_scan_is_returned(
    random_model: Callable[..., Model], block: int
) -> None:
    for seed in range(50 * block, 50 * block + 50):
        model, rng = random_model(seed), np.random.default_rng(seed + 10**6)
        d = int(rng.integers(3))
        axis = model.axes[d]
        at = {a.name: rng.uniform(a.lower, a.upper) for e, a in enumerate(model.axes) if e != d}
        scan = np.linspace(axis.lower, axis.upper, 1001)
        _, y = line_of(model, d, at, scan)
        size = np.ptp(y)
        if size < 1e-11 * np.abs(y).max():
            continue  # saturated link: nothing but rounding is left
        target = rng.uniform(y.min(), y.max())
        found = roots(model, axis.name, target, at)
        sign = np.sign(y - target)
        for i in np.flatnonzero(sign[:-1] * sign[1:] < 0):
            truth = bisect(model, d, at, scan[i], scan[i + 1], target)
            slope = model.backend.value_and_gradient(line_of(model, d, at, np.array([truth]))[0])[
                1
            ][0, 0, d]
            error = np.abs(found.values - truth).min() / axis.width
            assert error <= (1e-10 if abs(slope) * axis.width >= 1e-3 * size else 1e-6), seed
        _, back = line_of(model, d, at, found.values)
        assert np.abs(back - target).max() <= 1e-9 * size, seed


@pytest.mark.parametrize("degree", range(2, 8))
def test_planted_roots_down_to_a_separation_of_1e_6(degree: int) -> None:
    zeros = [0.3, 0.3 + 2e-6]
    away = np.linspace(1.5, 2.5, degree - 2)
    found = roots(polynomial(*zeros, *away, degree=degree), "x", 0.0)
    assert found.values == pytest.approx(zeros, abs=1e-8)
    assert found.status == Status.SEVERAL


def test_roots_closer_than_1e_6_are_tangent() -> None:
    found = roots(polynomial(0.3, 0.3 + 5e-7, 0.8), "x", 0.0)
    assert found.status == Status.TANGENT
    assert list(found.tangent) == [True] * (len(found.values) - 1) + [False]
    assert found.values[0] == pytest.approx(0.3, abs=1e-6)


@pytest.mark.parametrize("zeros", [(0.4, 0.4), (0.4, 0.4, 0.4), (0.25, 0.25, 0.75, 0.75)])
def test_touching_roots_are_tangent(zeros: tuple[float, ...]) -> None:
    found = roots(polynomial(*zeros), "x", 0.0)
    assert found.status == Status.TANGENT
    assert found.values == pytest.approx(sorted(set(zeros)), abs=1e-4)


def test_an_extreme_just_missed_is_unreachable_and_says_where() -> None:
    found = roots(polynomial(0.4, 0.4, shift=1e-9), "x", 0.0)
    assert found.status == Status.UNREACHABLE
    assert found.nearest is not None
    assert found.nearest.at["x"] == pytest.approx(0.4, abs=1e-5)
    assert found.nearest.value["y"] == pytest.approx(1e-9, rel=1e-4)


def test_flat_spans_are_intervals() -> None:
    model = one_dimensional(
        Axis("x", "mm", hat(uniform_breaks(0, 6, 6))), np.array([0.0, 1, 1, 1, 0, 2, 0])
    )
    found = roots(model, "x", 1.0)
    assert found.intervals.tolist() == [[1.0, 3.0]]
    assert found.values == pytest.approx([4.5, 5.5])
    assert found.status == Status.SEVERAL
    assert found.to_dict()["intervals"] == [{"x": [1.0, 3.0]}]


def test_roots_on_breaks_are_found_once() -> None:
    model = one_dimensional(
        Axis("x", "", bspline(uniform_breaks(0, 1, 7), 3)), np.linspace(-1, 1, 10)
    )
    for x in model.axes[0].basis.breaks:
        found = roots(model, "x", float(model.value([x])[0]))
        assert found.values == pytest.approx([x], abs=1e-12)
        assert found.status == Status.OK


def test_a_jump_is_no_root() -> None:
    model = one_dimensional(
        Axis("x", "", bernstein([0.0, 1.0, 2.0], 1)), np.array([0.0, 1.0, 3.0, 4.0])
    )
    assert roots(model, "x", 2.0).status == Status.UNREACHABLE
    assert roots(model, "x", 1.0).status == Status.UNREACHABLE  # the left limit is not attained
    assert roots(model, "x", 3.0).values == pytest.approx([1.0])


def test_float32_span_matrices_neither_lose_nor_double_a_root() -> None:
    basis = bspline(uniform_breaks(0, 1, 9), 3)
    rounded = type(basis)(
        basis.breaks,
        3,
        basis.first_row,
        basis.matrix_id,
        basis.matrices.astype(np.float32),
        basis.n_rows,
        basis.kind,
    )
    rng = np.random.default_rng(5)
    for _ in range(50):
        model = one_dimensional(Axis("x", "", rounded), np.sort(rng.normal(size=12)))
        for x in basis.breaks[1:-1]:
            for nudge in (-1e-8, 0.0, 1e-8):
                y = float(model.value([x])[0]) + nudge
                assert len(roots(model, "x", y)) == 1


@pytest.mark.parametrize("degree", range(1, 8))
def test_between_monotone_nodes_the_polynomial_is_monotone(degree: int) -> None:
    rng = np.random.default_rng(degree)
    for a in rng.normal(size=(50, 1, degree + 1)):
        nodes = monotone_nodes(a)[0]
        assert np.all(np.diff(nodes) >= 0) and nodes[0] == 0 and nodes[-1] == 1
        f = PiecewisePolynomial(np.array([0.0, 1.0]), a)
        for low, high in pairwise(nodes):
            step = np.diff(f(np.linspace(low, high, 40)))
            assert step.min() > -1e-12 or step.max() < 1e-12


@pytest.mark.parametrize(
    ("link", "target"), [("exp", -0.5), ("exp", 0.0), ("logistic", 1.0), ("logistic", -1e-3)]
)
def test_targets_outside_the_link_are_unreachable(link: str, target: float) -> None:
    model = one_dimensional(spline_axis("x", "", 0, 1), np.linspace(-2, 2, 11), link=link)
    found = roots(model, "x", target)
    assert found.status == Status.UNREACHABLE
    assert found.nearest is not None and found.nearest.at["x"] == (1.0 if target == 1.0 else 0.0)


def test_levels_are_roots_of_a_categorical_unknown() -> None:
    model = one_dimensional(level_axis("alloy", ("a", "b", "c")), np.array([1.0, 2.0, 1.0]))
    assert roots(model, "alloy", 1.0).solutions == [{"alloy": "a"}, {"alloy": "c"}]
    nearest = roots(model, "alloy", 1.9).nearest
    assert nearest is not None and nearest.at == {"alloy": "b"} and nearest.value == {"y": 2.0}


def test_statuses_of_bad_values_and_errors_of_bad_names(tracks: Model) -> None:
    at = {"speed": 1.0, "alloy": "316L"}
    assert roots(tracks, "power", {"width": np.nan}, at).status == Status.BAD_INPUT
    assert (
        roots(tracks, "power", {"width": 90.0}, at | {"speed": np.inf}).status == Status.BAD_INPUT
    )
    assert (
        roots(tracks, "power", {"width": 90.0}, at | {"speed": 2.5}).status == Status.OUT_OF_DOMAIN
    )
    assert (
        roots(tracks, "power", {"width": 90.0}, at | {"alloy": "Ti64"}).status
        == Status.OUT_OF_DOMAIN
    )
    for call in (
        lambda: roots(tracks, "laser", {"width": 90.0}, at),
        lambda: roots(tracks, "power", {"height": 90.0}, at),
        lambda: roots(tracks, "power", 90.0, at),
        lambda: roots(tracks, "power", {"width": 90.0}, {"speed": 1.0}),
        lambda: roots(tracks, "power", {"width": 90.0}, at | {"power": 200.0}),
    ):
        with pytest.raises(InputError):
            call()
