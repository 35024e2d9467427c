"""Advice does not lead where inputs are unlike the training rows, unless nothing else is found; its
interval is that of its own setting."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import Status
from sna_edge.core.beside import Readings
from sna_edge.inverse import Knob, advise, estimate, invert_batch, roots

from ..worth_models import plane, tent

HALF = 0.02 * np.log(19)
PART = {"x": 1.15, "y": 0.5}


def test_the_cheapest_change_is_left_for_a_familiar_one() -> None:
    """a = x + y: half of the change in each would take x to 1.36; p is 0.5 % at 1.1693, where the
    rest is left to y."""
    limits = {"a": (2.0, None)}
    free = advise(plane(told=False), PART, limits, ["x", "y"])
    kept = advise(plane(), PART, limits, ["x", "y"])
    assert free.settings["x"] > 1.3 and free.familiarity is None
    assert kept.status == Status.OK and not kept.message
    assert kept.settings["x"] == pytest.approx(1.1693, abs=1e-3)
    assert kept.after["a"]["lower"] >= 2.0 and kept.familiarity > 0.005
    assert kept.after["a"]["lower"] == pytest.approx(2.0, abs=2e-3)
    assert kept.probability == pytest.approx(0.95, abs=5e-3)
    assert kept.to_dict()["familiarity"] == kept.familiarity


def test_an_unfamiliar_setting_is_advised_where_there_is_no_other_and_says_so() -> None:
    found = advise(plane(), PART, {"a": (2.0, None)}, ["x"])
    assert found.status == Status.UNFAMILIAR and found.settings["x"] == pytest.approx(1.5 + HALF)
    assert found.message == (
        "no familiar setting inside the limits was found: this one is unlike the training rows"
    )


def test_steps_are_kept() -> None:
    knobs = {"x": Knob(step=0.1), "y": Knob(step=0.25)}
    found = advise(plane(), PART, {"a": (2.0, None)}, knobs)
    assert found.status == Status.OK and found.settings == pytest.approx({"x": 1.15, "y": 1.0})


def test_the_level_moves_the_setting() -> None:
    for level in (0.5, 0.9, 0.99):
        found = advise(plane(), {"x": 0.5, "y": 0.5}, {"a": (1.5, None)}, ["y"], level=level)
        half = 0.02 * np.log((1 + level) / (1 - level))
        assert found.settings["y"] == pytest.approx(1.0 + half, abs=1e-3)
        assert found.after["a"]["lower"] == pytest.approx(1.5, abs=1e-3)


def test_a_part_that_is_inside_stays_and_says_that_it_is_unfamiliar() -> None:
    found = advise(plane(), {"x": 1.6, "y": 1.0}, {"a": (2.0, None)}, ["x", "y"])
    assert not found.change and found.status == Status.UNFAMILIAR
    assert found.message == (
        "already inside its limits; but its inputs are unlike the training rows"
    )


def test_where_no_interval_fits_the_setting_that_reaches_outside_least_is_given() -> None:
    narrow = (1.5 - HALF / 2, 1.5 + HALF / 2)
    found = advise(plane(), {"x": 0.5, "y": 0.5}, {"a": narrow}, ["y"])
    assert found.status == Status.UNREACHABLE and found.blocking == ("a",)
    assert found.settings["y"] == pytest.approx(1.0, abs=1e-9)
    local = advise(tent(wide=True), {"x": 0.1}, {"y": (0.8 - HALF / 2, 0.8 + HALF / 2)}, ["x"])
    assert local.status == Status.NOT_CONVERGED and local.blocking == ("y",)
    assert local.settings["x"] == pytest.approx(0.8, abs=2e-3)


def test_a_reading_within_the_tolerance_of_its_sensor_counts_as_the_border() -> None:
    model = plane().replace(readings=Readings([0.0, 0.2]))
    low = model.axes[1].lower
    part = {"x": 1.0, "y": low - 0.2}
    at_border = advise(model, {**part, "y": low}, {"a": (1.5, None)}, ["x"])
    found = advise(model, part, {"a": (1.5, None)}, ["x"])
    assert found.status == at_border.status and found.settings == at_border.settings
    assert (
        roots(model, "x", {"a": 1.0}, {"y": low - 0.2}).values
        == roots(model, "x", {"a": 1.0}, {"y": low}).values
    )
    beyond = advise(model, {**part, "y": low - 0.21}, {"a": (1.5, None)}, ["x"])
    assert beyond.status == Status.OUT_OF_DOMAIN


def test_readings_of_rows_within_the_tolerance_count_as_the_border() -> None:
    model = plane().replace(readings=Readings([0.0, 0.2]))
    rows = np.array([-0.2, 0.0, -0.21])
    found = invert_batch(model, {"a": [1.0] * 3}, ["x"], {"y": rows})
    assert found.status.tolist() == [0, 0, Status.OUT_OF_DOMAIN]
    assert found.x[0] == found.x[1]
    one, other = (estimate(model, {"a": [1.0], "y": [y]}, ["x"], 0.1) for y in (-0.2, 0.0))
    assert one.x.tolist() == other.x.tolist()
