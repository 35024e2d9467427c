"""What callers may give, what they get when it is wrong, and the border of the domain."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sna_edge import (
    MEANING,
    Axis,
    DomainError,
    InputError,
    Interval,
    Output,
    Status,
    level_axis,
    spline_axis,
)
from sna_edge.core.basis import bspline, levels, uniform_breaks


@pytest.fixture(scope="module")
def model(build):
    return build.cp(build.mixed_axes())


INSIDE = np.array([200.0, 1.0, 90.0, 1.0, 80.0])


def moved(**changes: float) -> np.ndarray:
    names = ["power", "speed", "angle", "alloy", "spot"]
    x = INSIDE.copy()
    for name, value in changes.items():
        x[names.index(name)] = value
    return x


def test_statuses_have_unique_numbers_labels_and_meanings() -> None:
    assert [s.value for s in Status] == [0, 1, 2, 3, 4, 5, -1, -2, -3, -4, -5, -6, -7, -8, -9]
    assert set(MEANING) == set(Status) and all(s.label == s.name.lower() for s in Status)


def test_arrays_mappings_and_single_points_agree(model, build) -> None:
    x = build.points(model, 50)
    y = model.value(x, level_index=True)
    assert y.shape == (50, 2) and model.value(x[3], level_index=True).shape == (2,)
    assert (
        np.abs(
            model.value({n: x[:, d] for d, n in enumerate(model.input_names)}, level_index=True) - y
        ).max()
        < 1e-12
    )
    named = {
        **dict(zip(model.input_names, x[3], strict=True)),
        "alloy": model.axes[3].level_names[int(x[3, 3])],
    }
    assert np.abs(model(named) - y[3]).max() < 1e-12
    assert np.abs(model(**named) - y[3]).max() < 1e-12
    assert np.abs(model(list(named.values())) - y[3]).max() < 1e-12
    assert np.abs(np.stack([model.value(row, level_index=True) for row in x]) - y).max() < 1e-12
    assert np.abs(model.value(x.tolist(), level_index=True) - y).max() == 0.0


@pytest.mark.parametrize("kind", [float, int, np.float64, np.float32, np.int64, np.array, str])
def test_numbers_of_every_kind_mean_the_same(model, kind) -> None:
    named = {n: kind(int(v)) for n, v in zip(model.input_names, INSIDE, strict=True)}
    if kind is not str:
        np.testing.assert_array_equal(
            model.value(named, level_index=True), model.value(INSIDE, level_index=True)
        )
    named["alloy"] = model.axes[3].level_names[int(INSIDE[3])]
    np.testing.assert_array_equal(model.value(named), model.value(INSIDE, level_index=True))
    with pytest.raises(InputError, match="speed"):
        model.value({**named, "speed": None})


def test_scalars_broadcast_against_arrays(model) -> None:
    power = np.linspace(100, 300, 7)
    y = model.value({"power": power, "speed": 1.0, "angle": 90.0, "alloy": "IN718", "spot": 80.0})
    assert (
        np.abs(y - model.value(np.stack([moved(power=p) for p in power]), level_index=True)).max()
        < 1e-12
    )


def test_levels_by_name_and_by_index_agree(model) -> None:
    named = dict(zip(model.input_names, INSIDE, strict=True))
    assert np.array_equal(
        model.value({**named, "alloy": "Ti64"}),
        model.value({**named, "alloy": 2}, level_index=True),
    )
    both = model.value({**named, "alloy": np.array(["316L", "Ti64"])})
    assert (
        np.abs(
            both - model.value(np.stack([moved(alloy=0), moved(alloy=2)]), level_index=True)
        ).max()
        == 0.0
    )


def test_the_border_belongs_to_the_domain(model) -> None:
    for axis in model.axes:
        for edge, outwards in ((axis.lower, -np.inf), (axis.upper, np.inf)):
            x = moved(**{axis.name: edge})
            assert model.evaluate(x, level_index=True).status[0] == Status.OK
            assert np.isfinite(model.value(x, level_index=True)).all()
            x = moved(**{axis.name: np.nextafter(edge + np.sign(outwards) * axis.slack, outwards)})
            found = model.evaluate(x, level_index=True)
            assert found.status[0] == Status.OUT_OF_DOMAIN and np.isnan(found.value).all()
            assert model.axes[found.axis[0]].name == axis.name
            with pytest.raises(DomainError, match=axis.name):
                model.value(x, level_index=True)


def test_out_of_domain_says_which_input_and_how_far(model) -> None:
    found = model.evaluate(moved(speed=3.1), level_index=True)
    assert found.status[0] == Status.OUT_OF_DOMAIN
    assert found.axis[0] == 1 and abs(found.excess[0] - 0.6) < 1e-12
    with pytest.raises(DomainError) as error:
        model.value(np.stack([INSIDE, moved(speed=0.1)]), level_index=True)
    assert (error.value.row, error.value.axis) == (1, "speed") and abs(
        error.value.excess + 0.1
    ) < 1e-12
    assert "row 1" in str(error.value) and "mm/s" in str(error.value)
    assert error.value.status == Status.OUT_OF_DOMAIN


def test_the_worst_axis_is_named(model) -> None:
    found = model.evaluate(moved(power=401.0, spot=1000.0), level_index=True)
    assert found.axis[0] == 4 and abs(found.excess[0] - 860.0) < 1e-9


def test_extrapolation_is_linear_flagged_and_only_on_request(model) -> None:
    steps = np.array([400.0, 410.0, 430.0, 470.0])
    x = np.stack([moved(power=p) for p in steps])
    found = model.evaluate(x, extrapolate=True, level_index=True)
    assert found.status.tolist() == [0, 3, 3, 3]
    slope = np.diff(found.value, axis=0) / np.diff(steps)[:, None]
    assert np.abs(np.diff(slope, axis=0)).max() < 1e-9 * np.abs(slope).max()
    inside = model.gradient(x[0], level_index=True)[:, 0]
    assert np.abs(slope[0] - inside).max() < 1e-9 * np.abs(inside).max()


def test_periodic_inputs_wrap_when_extrapolating(model) -> None:
    found = model.evaluate(
        np.stack([moved(angle=30.0), moved(angle=390.0), moved(angle=-330.0)]),
        extrapolate=True,
        level_index=True,
    )
    assert found.status.tolist() == [0, 3, 3]
    assert np.abs(found.value - found.value[0]).max() < 1e-10


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("extrapolate", [False, True])
def test_nan_and_infinity_are_bad_input(model, bad: float, extrapolate: bool) -> None:
    x = np.stack([INSIDE, moved(spot=bad)])
    found = model.evaluate(x, extrapolate=extrapolate, level_index=True)
    assert found.status.tolist() == [Status.OK, Status.BAD_INPUT] and found.axis[1] == 4
    assert np.isfinite(found.value[0]).all() and np.isnan(found.value[1]).all()
    with pytest.raises(InputError, match="spot"):
        model.value(x, level_index=True)


@pytest.mark.parametrize("level", [-1.0, 3.0, 0.5, 1e9])
@pytest.mark.parametrize("extrapolate", [False, True])
def test_unseen_levels_never_get_a_value(model, level: float, extrapolate: bool) -> None:
    found = model.evaluate(moved(alloy=level), extrapolate=extrapolate, level_index=True)
    assert (
        found.status[0] == Status.OUT_OF_DOMAIN
        and found.axis[0] == 3
        and np.isnan(found.value).all()
    )


def test_unseen_level_names_are_out_of_domain(model) -> None:
    named = {**dict(zip(model.input_names, INSIDE, strict=True)), "alloy": "Inconel"}
    assert model.evaluate(named).status[0] == Status.OUT_OF_DOMAIN
    with pytest.raises(DomainError, match="316L, IN718, Ti64"):
        model.value(named)


def test_spans_without_rows_answer_with_status_edge(build) -> None:
    axis = Axis(
        "x",
        "",
        bspline(uniform_breaks(0.0, 4.0, 4), 2),
        support=np.array([9, 0, 255, 1], dtype=np.uint8),
    )
    model = build.cp((axis,), rank=2)
    found = model.evaluate(np.array([[0.5], [1.5], [2.5], [3.5]]))
    assert found.status.tolist() == [0, Status.EDGE, 0, 0] and np.isfinite(found.value).all()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"pwer": 1.0, "speed": 1, "angle": 0, "alloy": 0, "spot": 50}, "did you mean 'power'"),
        ({"power": 100.0, "speed": 1, "angle": 0, "alloy": 0}, "'spot' is missing"),
        (
            {"power": "hot", "speed": 1, "angle": 0, "alloy": 0, "spot": 50},
            "'power' = 'hot' is not a number",
        ),
        (
            {"power": [1.0, 2.0], "speed": [1.0, 2.0, 3.0], "angle": 0, "alloy": 0, "spot": 50},
            "matching length",
        ),
        (np.zeros(4), "power, speed, angle, alloy, spot"),
        (np.zeros((2, 6)), "power, speed, angle, alloy, spot"),
        (np.zeros((1, 2, 5)), "shape"),
    ],
)
def test_wrong_queries_say_what_is_right(model, query, words: str) -> None:
    with pytest.raises(InputError, match=words):
        model.value(query)


def test_empty_batches_give_empty_answers(model) -> None:
    assert model.value(np.zeros((0, 5))).shape == (0, 2)
    assert model.evaluate(np.zeros((0, 5))).status.shape == (0,)


def test_axes_check_what_they_are_given() -> None:
    with pytest.raises(InputError, match="name"):
        spline_axis("", "W", 0.0, 1.0)
    with pytest.raises(InputError, match="level names"):
        Axis("alloy", "", levels(3), ("a", "b"))
    with pytest.raises(InputError, match="support"):
        Axis("x", "", bspline([0.0, 1.0], 1), support=np.ones(2, dtype=np.uint8))
    assert level_axis("alloy", ("a", "b")).kind == "categorical"


@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
def test_links_invert_and_have_their_slope(link: str) -> None:
    output = Output("y", "", link, scale=-2.0, offset=3.0)
    f = np.linspace(-4.0, 4.0, 41)
    assert np.abs(output.linear_of(output.value(f)) - f).max() < 1e-12
    h = 1e-6
    assert (
        np.abs((output.value(f + h) - output.value(f - h)) / (2 * h) - output.slope(f)).max() < 1e-7
    )


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_link_intervals_stay_in_the_range_of_the_link(build, link: str) -> None:
    model = build.linked(link)
    found = model.evaluate(build.points(model, 200))
    assert (found.lower < found.value).all() and (found.value < found.upper).all()
    assert (found.lower > -0.5).all()
    if link == "logistic":
        assert (found.upper < 1.5).all()


def test_output_intervals_are_value_minus_below_plus_above(build) -> None:
    axes = build.smooth_axes()
    model = build.cp(axes)
    outputs = [Output("a", interval=Interval(0.9, 0.5, 0.25)), Output("b")]
    found = model.replace(outputs=outputs).evaluate(build.points(model, 20))
    assert np.abs(found.value[:, 0] - found.lower[:, 0] - 0.5).max() < 1e-12
    assert np.abs(found.upper[:, 0] - found.value[:, 0] - 0.25).max() < 1e-12
    assert np.isnan(found.lower[:, 1]).all() and np.isnan(found.upper[:, 1]).all()


@pytest.mark.parametrize(
    "bad", [{"link": "log"}, {"scale": 0.0}, {"offset": np.nan}, {"bias": np.inf}]
)
def test_bad_outputs_are_refused(bad: dict) -> None:
    with pytest.raises(InputError):
        Output("y", **bad)


@pytest.mark.parametrize("bad", [(1.0, 1.0, 1.0), (0.9, -1.0, 1.0), (0.9, 1.0, np.nan)])
def test_bad_intervals_are_refused(bad: tuple[float, float, float]) -> None:
    with pytest.raises(InputError):
        Interval(*bad)


def test_models_check_their_parts(build) -> None:
    model = build.cp(build.smooth_axes())
    twice = (model.axes[0], model.axes[0], model.axes[2])
    for change in ({"axes": twice}, {"outputs": [Output("a"), Output("a")]},
        {"outputs": [Output("a")]}, {"dtypes": ["int4"] * 3},
                   {"axes": model.axes[::-1]}):  # fmt: skip
        with pytest.raises(InputError):
            model.replace(**change)


@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
@pytest.mark.parametrize(
    ("scale", "offset", "y"),
    [(1e-300, 0.0, 1e306), (-1e-300, 0, 1e300), (1e-12, -1e308, 1e308), (1, 0, np.inf)],
)
def test_targets_beyond_every_float_before_the_link_are_silent(
    link: str, scale: float, offset: float, y: float
) -> None:
    """The quotient (target - offset) / scale overflows: infinite or NaN, without a warning of
    numpy."""
    with np.errstate(all="warn"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.isfinite(
            Output("y", link=link, scale=scale, offset=offset).linear_of(np.array([y]))[0]
        )
