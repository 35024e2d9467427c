"""Closed operations: each result is a model whose values are what the operation says, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import (
    Axis,
    DomainError,
    InputError,
    Interval,
    Model,
    NotClosed,
    Output,
    Uniform,
    from_bytes,
)
from sna_edge.core.basis import bspline, lagrange, uniform_breaks

KINDS = ["cp", "tt"]


@pytest.fixture(scope="module", params=KINDS)
def model(request, build):
    return getattr(build, request.param)(build.mixed_axes(), seed=7)


@pytest.fixture(scope="module", params=KINDS)
def smooth(request, build):
    return getattr(build, request.param)(build.smooth_axes(), seed=8)


def close(a: np.ndarray, b: np.ndarray, tolerance: float = 1e-11) -> bool:
    return bool(np.abs(a - b).max() <= tolerance * max(1.0, np.abs(b).max()))


def without(model: Model, x: np.ndarray, *names: str) -> np.ndarray:
    return np.delete(x, [model.axis_index(n) for n in names], axis=1)


def test_at_fixes_inputs(model, build) -> None:
    x = build.points(model, 30)
    x[:, 0], x[:, 3] = 222.0, 2.0
    part = model.at(power=222.0, alloy="Ti64")
    assert part.input_names == ["speed", "angle", "spot"]
    assert close(
        part.value(without(model, x, "power", "alloy"), level_index=True),
        model.value(x, level_index=True),
    )


def test_at_in_steps_equals_at_once(model, build) -> None:
    x = build.points(model, 20)
    at_once = model.at({"power": 100.0, "spot": 55.0})
    in_steps = model.at(spot=55.0).at(power=100.0)
    assert close(
        at_once.value(x[:, 1:4], level_index=True), in_steps.value(x[:, 1:4], level_index=True)
    )


def test_at_every_input_gives_the_value(model, build) -> None:
    x = build.points(model, 1)[0]
    named = {
        **dict(zip(model.input_names, x, strict=True)),
        "alloy": model.axes[3].level_names[int(x[3])],
    }
    assert close(model.at(named), model.value(x, level_index=True))


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_at_survives_links(build, link: str) -> None:
    model = build.linked(link)
    x = build.points(model, 20)
    x[:, 1] = 0.4
    part = model.at(y=0.4)
    assert close(part.value(x[:, [0, 2]]), model.value(x))
    assert part.outputs[0].interval is None and not part.certificate


def test_at_outside_the_domain_is_refused(model) -> None:
    with pytest.raises(DomainError, match="power"):
        model.at(power=79.0)
    with pytest.raises(DomainError):
        model.at(alloy="gold")
    with pytest.raises(InputError, match="did you mean"):
        model.at(powr=100.0)
    with pytest.raises(InputError, match="one number"):
        model.at(power=np.array([100.0, 110.0]))


@pytest.mark.parametrize("name", ["x", "y", "z"])
def test_derivative_model_equals_the_gradient(smooth, build, name: str) -> None:
    d = smooth.axis_index(name)
    x = build.points(smooth, 100)
    slope = smooth.derivative(name)
    assert slope.axes[d].basis.degree == smooth.axes[d].basis.degree - 1
    assert close(slope.value(x), smooth.gradient(x)[:, :, d], 1e-10)
    assert "/" in slope.outputs[0].unit


def test_mixed_derivatives_commute(smooth, build) -> None:
    x = build.points(smooth, 100)
    assert close(
        smooth.derivative("x").derivative("y").value(x),
        smooth.derivative("y").derivative("x").value(x),
        1e-9,
    )


@pytest.mark.parametrize("p", range(8))
def test_derivatives_of_every_degree_end_in_zero(build, p: int) -> None:
    model = build.cp((Axis("x", "", bspline(uniform_breaks(0.0, 1.0, 4), p)),), outputs=1, rank=2)
    x = build.points(model, 60)
    step = model
    for nu in range(1, p + 1):
        step = step.derivative("x")
        truth = (
            1.5
            * model.axes[0].basis.design(x[:, 0], nu)
            @ model.interaction.tables[0]
            @ model.interaction.weights
        )
        assert close(step.value(x), truth, 1e-9)
    assert not np.abs(step.derivative("x").value(x)).max() > 0


def test_derivative_of_hats_has_degree_zero_and_is_right_continuous(build) -> None:
    model = build.cp((Axis("x", "", bspline(uniform_breaks(0.0, 4.0, 4), 1)),), outputs=1, rank=1)
    values = (model.interaction.tables[0] @ model.interaction.weights)[:, 0] * 1.5
    assert close(model.derivative("x").value(np.arange(4.0)[:, None])[:, 0], np.diff(values))


def test_integral_is_the_antiderivative(smooth, build) -> None:
    """int_a^b df/dx dx = f(b) - f(a) on every numeric axis."""
    x = build.points(smooth, 40)
    for axis in smooth.axes:
        a, b = axis.lower + 0.21 * axis.width, axis.lower + 0.83 * axis.width
        rest = without(smooth, x, axis.name)
        difference = smooth.at({axis.name: b}).value(rest) - smooth.at({axis.name: a}).value(rest)
        assert close(
            smooth.derivative(axis.name).integrate(axis.name, a, b).value(rest), difference, 1e-9
        )


def test_integral_equals_quadrature_and_flips_with_its_ends(smooth, build) -> None:
    x = build.points(smooth, 10)
    t, w = np.polynomial.legendre.leggauss(64)
    a, b = 0.2, 0.9
    nodes = a + (b - a) * (t + 1) / 2
    grid = smooth.grid({"y": nodes}, at={"x": x[0, 0], "z": x[0, 2]})
    integral = smooth.integrate("y", a, b)
    truth = (w * (b - a) / 2) @ grid
    assert np.abs(integral.value(x[0, [0, 2]]) - truth).max() < 1e-4 * np.abs(truth).max()
    assert close(smooth.integrate("y", b, a).value(x[:, [0, 2]]), -integral.value(x[:, [0, 2]]))
    halves = smooth.integrate("y", 0.2, 0.5) + smooth.integrate("y", 0.5, 0.9)
    assert close(halves.value(x[:, [0, 2]]), integral.value(x[:, [0, 2]]))


def test_integrating_every_input_gives_numbers(smooth) -> None:
    numbers = smooth.integrate("x").integrate("y").integrate("z")
    volume = np.prod([a.width for a in smooth.axes])
    assert numbers.shape == (2,) and close(numbers / volume, smooth.mean())


def test_integral_over_levels_is_their_sum(model, build) -> None:
    x = build.points(model, 20)
    total = sum(
        model.at(alloy=name).value(without(model, x, "alloy")) for name in ("316L", "IN718", "Ti64")
    )
    assert close(model.integrate("alloy").value(without(model, x, "alloy")), total)


def test_sums_on_equal_axes(model, build) -> None:
    x = build.points(model, 40)
    assert close((model + model).value(x, level_index=True), 2 * model.value(x, level_index=True))
    assert (
        np.abs((model - model).value(x, level_index=True)).max()
        <= 1e-11 * np.abs(model.value(x, level_index=True)).max()
    )
    assert close((-2.5 * model).value(x, level_index=True), -2.5 * model.value(x, level_index=True))


@pytest.mark.parametrize("right_kind", KINDS)
def test_sums_refine_breaks_exactly(smooth, build, right_kind: str) -> None:
    other_axes = (
        Axis("x", "m", lagrange(np.array([-1.0, 0.123, 2.0]), 2)),
        Axis("y", "s", bspline(uniform_breaks(0.0, 1.0, 3), 1)),
        Axis("z", "", bspline(np.array([10.0, 10.31, 11.0]), 5)),
    )
    other = getattr(build, right_kind)(other_axes, seed=9)
    x = build.points(smooth, 200)
    both = smooth + other
    assert close(both.value(x), smooth.value(x) + other.value(x), 1e-10)
    assert set(smooth.axes[0].basis.breaks) | {0.123} <= set(both.axes[0].basis.breaks)
    assert both.axes[2].basis.degree == 5


def test_sums_of_different_domains_or_inputs_are_refused(smooth, build) -> None:
    shifted = (Axis("x", "m", bspline(uniform_breaks(-1.0, 2.5, 4), 3)), *smooth.axes[1:])
    with pytest.raises(InputError, match="domain"):
        smooth + build.cp(shifted)
    with pytest.raises(InputError, match="inputs"):
        smooth + build.cp(smooth.axes[:2])


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_links_are_not_closed_but_their_linear_part_is(build, link: str) -> None:
    model = build.linked(link)
    x = build.points(model, 30)
    work = [lambda m: m.derivative("x"), lambda m: m.integrate("x"), lambda m: m + m,
        lambda m: 2 * m,
            lambda m: m.mean(), lambda m: m.variance(), lambda m: m.sobol()]  # fmt: skip
    for operation in work:
        with pytest.raises(NotClosed, match="linear"):
            operation(model)
        operation(model.linear())
    assert close(model.outputs[0].value(model.linear().value(x)), model.value(x))


def test_categorical_derivative_is_refused(model) -> None:
    with pytest.raises(NotClosed, match="categorical"):
        model.derivative("alloy")


def test_results_drop_interval_and_certificate(smooth) -> None:
    outputs = [Output("a", interval=Interval(0.9, 1.0, 1.0), range=(0.0, 1.0)), Output("b")]
    marked = smooth.replace(outputs=outputs, certificate={"max": 1e-3})
    mean = marked.mean({"x": Uniform()})
    for result in (
        marked.at(x=0.0),
        marked.derivative("x"),
        marked.integrate("x"),
        marked + marked,
        2 * marked,
        mean,
    ):
        assert all(o.interval is None for o in result.outputs) and not result.certificate


def test_results_are_saved_and_read_like_any_model(smooth, build) -> None:
    x = build.points(smooth, 30)
    for result in (smooth.derivative("y"), smooth + smooth, smooth.at(z=10.5)):
        again = from_bytes(result.to_bytes(), backend="numpy")
        rows = x[:, : len(result.axes)]
        truth = result.value(rows)
        assert np.abs(again.value(rows) - truth).max() <= 1e-4 * np.abs(truth).max()


def test_grid_equals_point_by_point(model) -> None:
    points = {
        "spot": np.linspace(40, 140, 4),
        "power": np.linspace(80, 400, 5),
        "alloy": ["IN718", "316L"],
    }
    grid = model.grid(points, at={"speed": 0.7, "angle": 12.0})
    assert grid.shape == (4, 5, 2, 2)
    for i, spot in enumerate(points["spot"]):
        for j, power in enumerate(points["power"]):
            for k, alloy in enumerate(points["alloy"]):
                assert close(
                    grid[i, j, k], model(power=power, speed=0.7, angle=12.0, alloy=alloy, spot=spot)
                )


def test_grid_asks_for_what_is_missing(model) -> None:
    with pytest.raises(InputError, match="angle"):
        model.grid({"power": [100.0]}, at={"speed": 1.0, "alloy": "316L", "spot": 50.0})
    with pytest.raises(DomainError, match="power"):
        model.grid(
            {"power": [10.0]}, at={"speed": 1.0, "alloy": "316L", "spot": 50.0, "angle": 0.0}
        )


def test_sums_keep_the_emptier_support(build) -> None:
    """A span of the sum has training rows only where both models have some."""
    left = Axis(
        "x",
        "",
        bspline(uniform_breaks(0.0, 4.0, 4), 2),
        support=np.array([5, 0, 7, 9], dtype=np.uint8),
    )
    right = Axis(
        "x",
        "",
        bspline(uniform_breaks(0.0, 4.0, 8), 2),
        support=np.array([1, 1, 1, 1, 0, 3, 9, 255], dtype=np.uint8),
    )
    both = build.cp((left,), rank=1) + build.cp((right,), rank=1)
    assert both.axes[0].support.tolist() == [1, 1, 0, 0, 0, 3, 9, 9]
