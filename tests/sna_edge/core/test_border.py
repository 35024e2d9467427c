"""A value that is the end of the domain but for rounding is inside, by one rule in Python and in
the native library."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from sna_edge import (
    CP,
    Axis,
    BackendError,
    DomainError,
    Model,
    Output,
    Status,
    from_bytes,
    inverse,
    level_axis,
    spline_axis,
)
from sna_edge.core.basis import bspline, graded_breaks, periodic_bspline, uniform_breaks
from sna_edge.core.border import slack

F32 = np.float32
#: name -> lower, upper, what was computed or measured, the end it means
ROUNDED = {
    "0.1 + 0.2 at 0.3": (0.0, 0.3, 0.1 + 0.2, 0.3),
    "40 * 1e-6 at 4e-5": (1e-5, 4e-5, np.nextafter(40 * 1e-6, 1.0), 4e-5),
    "ten steps of 0.1 from 1": (1.0 - 1e-16, 5.0, 0.1 * 9.999999999999998, 1.0 - 1e-16),
    "a float32 sensor at 0.3": (0.1, 0.3, float(F32(0.3)), 0.3),
    "a float32 sensor at the lower end": (0.7, 0.9, float(F32(0.7)), 0.7),
    "a float32 sensor in kelvin": (
        273.15,
        293.15,
        float(np.nextafter(F32(293.15), F32(400))),
        293.15,
    ),
    "negative bounds": (-0.3, -0.1, -0.1 - 0.2, -0.3),
    "zero above": (-1.0, 0.0, 1e-17, 0.0),
    "zero below": (0.0, 2.0, -1e-17, 0.0),
    "zero below in float32": (0.0, 1.0, float(F32(0.3) - F32(0.1) - F32(0.2)) - 3e-8, 0.0),
    "seconds since 1970": (1.6e9, 1.6e9 + 60, 1.6e9 + 60 + 2.4e-7, 1.6e9 + 60),
    "a tiny range far out": (1e9, 1e9 + 1e-3, 1e9 + 1e-3 + 2.4e-7, 1e9 + 1e-3),
    "tiny numbers": (1e-140, 3e-140, float(np.nextafter(3e-140, 1.0)), 3e-140),
    "large numbers": (-1e140, 3e140, float(np.nextafter(3e140, np.inf)), 3e140),
}
#: name -> lower, upper, a place of its own beyond the end
BEYOND = {
    "a thousandth of a second": (1.6e9, 1.6e9 + 60, 1.6e9 + 60.001),
    "one float32 step of unix seconds": (1.6e9, 1.6e9 + 60, 1.6e9 + 128),
    "a hundred-thousandth": (0.0, 1.0, 1.00001),
    "a hundred-thousandth below": (0.0, 1.0, -1e-5),
    "zero is not a million": (0.0, 1e6, -1.0),
    "0.3001": (0.1, 0.3, 0.3001),
    "far": (-1.0, 1.0, 2.0),
    "a narrow band far out": (101324.0, 101326.0, 101326.001),
    "not a number": (0.0, 1.0, float("nan")),
    "infinity": (0.0, 1.0, float("inf")),
}


def model_on(axis: Axis) -> Model:
    """y = a smooth function of the axis and of a second, native where it is built."""
    rng = np.random.default_rng(0)
    axes = (axis, spline_axis("b", "", 0.0, 1.0))
    tables = [rng.uniform(-0.9, 0.9, (a.basis.n_rows, 4))[a.basis.tie] for a in axes]
    made = Model(
        axes, CP.full(tables, rng.normal(size=(4, 1))), [Output("y")], dtypes=["float32"] * 2
    )
    return from_bytes(made.to_bytes(), backend="numpy")


def axis_of(kind: str, lower: float, upper: float) -> Axis:
    if kind == "periodic":
        return Axis("a", "", periodic_bspline(uniform_breaks(lower, upper, 6), 3))
    if kind == "graded":
        return Axis("a", "", bspline(lower + (upper - lower) * graded_breaks(0.0, 1.0, 6, 0.2), 3))
    return spline_axis("a", "", lower, upper)


def backends(model: Model) -> list[Model]:
    """On numpy, and on the C library where it is built and can hold the axis."""
    found = [model]
    with contextlib.suppress(BackendError):
        native = model.with_backend("native")
        assert native.backend.name == "native"
        found.append(native)
    return found


@pytest.mark.parametrize("kind", ["uniform", "periodic"])
@pytest.mark.parametrize("name", ROUNDED)
def test_rounding_at_an_end_is_inside_and_answers_as_the_end(name: str, kind: str) -> None:
    lower, upper, x, end = ROUNDED[name]
    assert not lower <= x <= upper or name in ("40 * 1e-6 at 4e-5", "ten steps of 0.1 from 1")
    for model in backends(model_on(axis_of(kind, lower, upper))):
        there, given = np.array([end, 0.4]), np.array([x, 0.4])
        want = model.value(there)
        np.testing.assert_array_equal(model.value(given), want)
        np.testing.assert_array_equal(model.value({"a": x, "b": 0.4}), want)
        np.testing.assert_array_equal(
            model.value_and_gradient(given)[1], model.value_and_gradient(there)[1]
        )
        for extrapolate in (False, True):
            found = model.evaluate(given[None], extrapolate=extrapolate)
            assert found.status[0] == Status.OK and found.axis[0] == -1
            np.testing.assert_array_equal(found.value[0], want)
        many = model.evaluate(np.tile(given, (700, 1)))
        assert (many.status == 0).all() and np.ptp(many.value) == 0
        np.testing.assert_array_equal(model.at(a=x).value([0.4]), model.at(a=end).value([0.4]))
        assert inverse.roots(model, "b", float(want[0]), at={"a": x}).status >= 0


@pytest.mark.parametrize("name", BEYOND)
def test_what_rounding_does_not_explain_stays_outside(name: str) -> None:
    lower, upper, x = BEYOND[name]
    for model in backends(model_on(axis_of("uniform", lower, upper))):
        assert model.evaluate(np.array([[x, 0.4]])).status[0] < 0
        with pytest.raises((DomainError, ValueError)):
            model.value(np.array([x, 0.4]))
        with pytest.raises((DomainError, ValueError)):
            model.at(a=x)


def test_graded_axes_and_levels() -> None:
    model = model_on(axis_of("graded", 0.1, 0.3))
    np.testing.assert_array_equal(model.value([float(F32(0.3)), 0.5]), model.value([0.3, 0.5]))
    levels = level_axis("lot", ("a", "b", "c"))
    assert levels.slack == 0 and np.isinf(levels.excess(2 + 4e-15))


def test_the_slack_is_far_below_what_anybody_means() -> None:
    assert slack(1.6e9, 1.6e9 + 60) < 1e-3
    assert slack(0.0, 1.0) < 1e-6 < 1e-5
    assert slack(-1e308, 1e308) <= 2.0**-22 * 1e308
    assert (
        slack(1e9, 1e9 + 1e-6) <= 4e-6
    )  # a few units in the last place, where the range has no more
    assert slack(5e-324, 1e-323) == 0
