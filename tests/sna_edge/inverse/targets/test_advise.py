"""Advice: inside the limits with the interval, no dearer than brute force finds, and honest when
nothing helps."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, InputError, Interval, Model, Output, Status, spline_axis
from sna_edge.inverse import advise
from sna_edge.inverse.targets.knob import Knob


def make(seed: int) -> Model:
    """Four inputs, two outputs with intervals, one of them behind an exponential."""
    rng = np.random.default_rng(seed)
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0 + d, spans=8) for d in range(4)]
    x = np.linspace(0, 1, 11)[:, None]
    tables = [
        1 + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.6, 6) * x + rng.uniform(size=6)))
        for _ in axes
    ]
    outputs = [
        Output("a", interval=Interval(0.9, 0.05, 0.08), scale=-1.5),
        Output("b", link="exp", interval=Interval(0.9, 0.05, 0.05, "link")),
    ]
    return Model(axes, CP.full(tables, rng.normal(size=(6, 2))), outputs)


def problem(
    seed: int,
) -> tuple[Model, np.ndarray, dict[str, float], dict[str, tuple[float, float]]]:
    model, rng = make(seed), np.random.default_rng(seed)
    x = rng.uniform(size=(3000, 4)) * np.arange(1, 5)
    y = model.value(x)
    limits = {
        "a": tuple(np.quantile(y[:, 0], [0.35, 0.65])),
        "b": tuple(np.quantile(y[:, 1], [0.3, 0.7])),
    }
    return model, x, {f"x{d}": float(x[0, d]) for d in range(4)}, limits  # type: ignore[return-value]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("knobs", [["x1"], ["x0", "x2"], ["x0", "x1", "x3"]])
def test_as_good_as_brute_force(seed: int, knobs: list[str]) -> None:
    model, x, part, limits = problem(seed)
    found = advise(model, part, limits, knobs)
    tries = np.repeat(x[:1], 20000, axis=0)
    rng = np.random.default_rng(99)
    for name in knobs:
        d = int(name[1])
        tries[:, d] = rng.uniform(0, 1 + d, len(tries))
    rows = model.evaluate(tries)
    low, high = (np.array([limits[n][i] for n in "ab"]) for i in (0, 1))
    good = ((rows.lower >= low) & (rows.upper <= high)).all(axis=1)
    cost = np.sqrt(sum(((tries[:, int(n[1])] - part[n]) / (1 + int(n[1]))) ** 2 for n in knobs))
    if good.any():
        assert found.status == Status.OK and found.cost <= cost[good].min() + 1e-6
    if found.status == Status.OK:
        for name in "ab":
            assert found.after[name]["lower"] >= limits[name][0] - 1e-7
            assert found.after[name]["upper"] <= limits[name][1] + 1e-7
    else:
        assert found.status == Status.UNREACHABLE and found.blocking and not good.any()


def test_a_part_inside_needs_no_change() -> None:
    model, _, part, _ = problem(0)
    found = advise(model, part, {"a": (None, 1e9)}, ["x0"])
    assert found.status == Status.OK and found.change == {} and found.cost == 0.0


def test_steps_bounds_and_costs_are_kept() -> None:
    model, _, part, limits = problem(2)
    knobs = {"x0": Knob(step=0.05), "x1": Knob(0.2, 1.9, step=0.1), "x2": Knob(step=0.01, cost=3.0)}
    found = advise(model, part, limits, knobs)
    assert found.status == Status.OK
    for name, step in (("x0", 0.05), ("x1", 0.1), ("x2", 0.01)):
        ticks = found.change.get(name, 0.0) / step
        assert ticks == pytest.approx(round(ticks), abs=1e-6)
    free = advise(model, part, limits, {"x0": Knob(), "x1": Knob(0.2, 1.9), "x2": Knob(cost=3.0)})
    assert free.cost <= found.cost + 1e-9
    dear = advise(model, part, limits, {"x0": Knob(cost=1000.0), "x2": Knob()})
    cheap = advise(model, part, limits, {"x0": Knob(), "x2": Knob(cost=1000.0)})
    assert abs(dear.change.get("x0", 0.0)) <= abs(cheap.change.get("x0", 0.0)) + 1e-9


def test_limits_narrower_than_the_interval_block() -> None:
    model, _, part, _ = problem(0)
    y = float(model.value(part)[0])
    found = advise(model, part, {"a": (y - 0.01, y + 0.01)}, ["x0", "x1"])
    assert (
        found.status == Status.UNREACHABLE and found.blocking == ("a",) and "wider" in found.message
    )
    other = advise(model, part, {"a": (y + 0.02, y + 0.03)}, ["x0", "x1"])
    assert other.status == Status.UNREACHABLE and "wider" in other.message
    middle = other.after["a"]
    assert middle["lower"] + middle["upper"] == pytest.approx(2 * y + 0.05, abs=1e-4)
    assert (
        advise(model, part, {"a": (y - 0.01, y + 0.01)}, ["x0", "x1"], with_interval=False).status
        == Status.OK
    )


def test_levels_are_tried(tracks: Model) -> None:
    part = {"power": 230.0, "speed": 0.9, "alloy": "316L"}
    wanted = tracks.value({**part, "alloy": "IN718"})
    found = advise(tracks, part, {"width": (wanted[0] - 0.5, wanted[0] + 0.5)}, ["alloy"])
    assert (
        found.status == Status.OK
        and found.settings == {"alloy": "IN718"}
        and found.change == {"alloy": "IN718"}
    )


def test_statuses_and_errors() -> None:
    model, _, part, limits = problem(0)
    assert advise(model, {**part, "x0": 7.0}, limits, ["x1"]).status == Status.OUT_OF_DOMAIN
    assert advise(model, {**part, "x0": np.nan}, limits, ["x1"]).status == Status.BAD_INPUT
    assert advise(model, part, limits, {"x1": Knob(5.0, 6.0)}).status == Status.BAD_INPUT
    for wrong in (
        lambda: advise(model, part, limits, []),
        lambda: advise(model, part, {}, ["x1"]),
        lambda: advise(model, part, {"c": (0, 1)}, ["x1"]),
        lambda: advise(model, part, {"a": (1, 0)}, ["x1"]),
        lambda: advise(model, {"x0": 0.1}, limits, ["x1"]),
        lambda: advise(model, part, limits, ["y1"]),
    ):
        with pytest.raises(InputError):
            wrong()


@pytest.mark.parametrize(
    "pair", [5.0, None, (1.0,), (1.0, 2.0, 3.0), "ab", (), {1.0}, np.float64(2)]
)
def test_limits_that_are_no_pair_are_one_sentence(pair: object) -> None:
    axis = spline_axis("a", "", 0.0, 1.0, spans=1, degree=1)
    model = Model(
        [axis], CP((np.array([[0.0], [1.0]]),), (np.array([0]),), np.ones((1, 1))), [Output("y")]
    )
    with pytest.raises(InputError, match="give a pair"):
        advise(model, {"a": 0.5}, {"y": pair}, ["a"])
