"""Raw readings among the fixed inputs stand for what is computed from them."""

from __future__ import annotations

import json

import pytest

from sna_edge import InputError, Status
from sna_edge.cli.main import main
from sna_edge.inverse import advise, interval_set, level_set

from ... import beside_models as made

FIXED = {"power": 150.0, "alloy": "A", "machine": "M1"}
BAND = {"depth": (-100.0, 100.0)}


def test_fixed_raw_readings_are_the_input_computed_from_them() -> None:
    model = made.whole()
    read, given = (
        interval_set(model, "angle", BAND, {**FIXED, **one})
        for one in ({"hatch": 20}, {"density": 30})
    )
    assert read.intervals.tolist() == given.intervals.tolist() and len(read.intervals)
    far = interval_set(model, "angle", BAND, {**FIXED, "hatch": 100.0})
    assert far.status == Status.OUT_OF_DOMAIN and "reading 'hatch' lies 20 mm" in far.message
    with pytest.raises(InputError, match="'density' is neither unknown nor fixed"):
        interval_set(model, "angle", BAND, FIXED)


def test_an_unknown_input_is_not_computed() -> None:
    model = made.whole()
    y = float(model({**FIXED, "angle": 30.0, "density": 40.0})[0])
    at = {**FIXED, "hatch": 20.0}
    found = level_set(model, {"depth": y}, ["angle", "density"], at=at, n=4)
    assert len(found) and found.names == ["angle", "density"]


def test_a_part_may_come_as_read() -> None:
    model = made.whole()
    part = {**FIXED, "angle": 30.0}
    read, given = (
        advise(model, {**part, **one}, BAND, ["angle"])
        for one in ({"hatch": 20.0}, {"density": 30.0})
    )
    assert read.before == given.before and read.status == given.status


def test_a_raw_reading_is_not_sought_and_the_next_step_is_said() -> None:
    model, said = made.whole(), "'hatch' is a raw reading, from which the model computes 'density'"
    at = {**FIXED, "angle": 30.0}
    with pytest.raises(InputError, match=said):
        level_set(model, {"depth": 1.0}, ["hatch"], at=at)
    with pytest.raises(InputError, match=said):
        advise(model, {**at, "hatch": 20.0}, BAND, ["hatch"])
    with pytest.raises(InputError, match=said):
        interval_set(model, "hatch", BAND, at)


def test_on_the_command_line(tmp_path, capsys) -> None:
    path = tmp_path / "m.sna"
    made.whole().save(path)
    ask = ["inverse", str(path), "--target", "depth=-100:100", "--unknown", "angle", "--json"]
    at = ["--at", "power=150", "alloy=A", "machine=M1"]
    found = []
    for one in ("hatch=20", "density=30"):
        assert main([*ask, *at, one]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1]
