"""Ends of intervals and familiarity in whole numbers: blocks by both routes against the rule, the
rule against float64, companions against the C library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge.core.beside import Role
from sna_edge.uncertainty.familiarity import share_of as share_in_float
from sna_export.st.command import integer_blocks
from sna_export.st.run import machine
from sna_export.st.whole import counted
from sna_export.st.whole.companion import Straight, asked
from sna_export.st.whole.share import ONE_P, logarithm

from ...sna_edge.beside_models import companions
from .through_c import Compiled
from .whole_kinds import WHOLE, everything, in_float, inputs_of, whole_of


@pytest.mark.parametrize("name", WHOLE)
def test_the_interpreter_finds_every_bit(name: str) -> None:
    whole = whole_of(WHOLE[name]())
    assert whole.lacking == []
    points = counted(whole, 100)
    found = machine(integer_blocks(whole.plan).units, "sna_m_int")
    for x, y, status in zip(points.x, points.y, points.status, strict=True):
        told = found.call(**dict(zip(whole.plan.inputs, x, strict=True)))
        assert [told[n] for n in whole.results] == y.tolist()
        assert (told["status"], told["valid"]) == (status, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_a_c_compiler_finds_every_bit(name: str, compiler: str, tmp_path: Path) -> None:
    whole = whole_of(WHOLE[name]())
    points = counted(whole, 2000)
    program = Compiled(compiler, integer_blocks(whole.plan).text, tmp_path)
    told = program.call("sna_m_int", points.x)
    for v, output in enumerate(whole.results):
        assert (told[output] == points.y[:, v]).all()
    assert (told["status"] == points.status).all() and told["valid"].all()
    assert program.test("sna_m_int_test")["passed"] == 1


@pytest.mark.parametrize("name", WHOLE)
def test_the_rule_says_what_the_model_says(name: str) -> None:
    """Within a thousandth of range and width: what sensors of 16 bits and Q15 leave."""
    whole = whole_of(WHOLE[name]())
    points = counted(whole, 400)
    wanted = in_float(whole, inputs_of(whole, points.x.astype(np.int64)))
    found = dict(zip(whole.results, points.y.T, strict=True))
    for k, ends in whole.ends.items():
        lower, upper = (wanted[n] for n in whole.plan.intervals[k])
        room = 1e-3 * (np.ptp(wanted[whole.plan.outputs[k]]) + upper - lower)
        for end, column in zip((lower, upper), whole.plan.intervals[k], strict=True):
            assert (np.abs(found[column] * 2.0**-ends.exponent - end) <= room).all()
    if whole.share is not None:
        assert np.abs(found["familiarity"] / 2.0**ONE_P - wanted["familiarity"]).max() < 0.005


@pytest.mark.parametrize("name", WHOLE)
def test_the_error_of_the_integer_path_is_inside(name: str) -> None:
    """Ends are moved outwards by it: a value of float64 at the same place lies between them, where
    the interval holds the value at all."""
    whole = whole_of(WHOLE[name]())
    if not whole.ends:
        return
    points = counted(whole, 400)
    wanted = in_float(whole, inputs_of(whole, points.x.astype(np.int64)))
    found = dict(zip(whole.results, points.y.T, strict=True))
    for k, ends in whole.ends.items():
        value = wanted[whole.plan.outputs[k]]
        low, high = (found[n] * 2.0**-ends.exponent for n in whole.plan.intervals[k])
        sensor = 1e-4 * np.ptp(value)
        width = [wanted[n] for n in whole.plan.intervals[k]]
        holds = (width[0] <= value) & (value <= width[1])
        assert (low[holds] <= value[holds] + sensor).all()
        assert (value[holds] <= high[holds] + sensor).all()


@pytest.mark.parametrize("dtype", ["int16", "int8"])
def test_companions_are_those_of_the_c_library(dtype: str, c_double: Any) -> None:
    """Of features, levels and predictions, in a file that holds their integer paths: every bit."""
    model = everything(dtype)
    inside = [replace(c, model=c.model.replace(integer_path=True)) for c in model.companions]
    whole = whole_of(model.replace(companions=inside))
    file = c_double.open(whole.plan.artifact)
    assert (file.status, file.rule, file.verify()) == (0, "", 0)
    x = counted(whole, 200).x.astype(np.int64)
    y = whole.path.evaluate(whole.path.locate(x)[0]).astype(np.int64)
    seen = 0
    for i, companion in enumerate(whole.plan.model.companions):
        if companion.role in (Role.SCALE, Role.FAMILIARITY):
            here = asked(whole.plan.model, whole.path, i)
            there = file.companion(i)
            assert there.fixed_verify() == 0
            given = [
                c if isinstance(c, np.ndarray) else x[:, c]
                for c in (c.counts(x, y) if isinstance(c, Straight) else c
                          for c in here.coordinates)
            ]  # fmt: skip
            found, status = there.fixed_value(here.path.locate(np.stack(given, axis=1))[0])
            assert (status >= 0).all()
            assert (found[:, 0] == here.value(x, y)).all()
            seen += 1
    assert seen == 3


def test_what_has_no_integer_path_is_left_out_and_said() -> None:
    """Companions in float: the values stay, what they tell goes."""
    model = everything(companions=companions("float32"), readings=None)
    whole = whole_of(model)
    made = integer_blocks(whole.plan)
    assert whole.results == [*whole.plan.outputs, *whole.plan.intervals[0]]  # width everywhere
    for what in ("the interval of x_share", "familiarity"):
        told = f"{what}: axis 'z1' is stored as float32; quantize the model to int16 or int8"
        assert f"in DINT without {told}" in made.said
        assert f"Without {told}" in made.text
    assert "x_share_lower" not in made.text and "familiarity :" not in made.text


def test_inputs_are_unfamiliar_in_whole_numbers_too() -> None:
    whole = whole_of(WHOLE["familiarity of 7 inputs, int8"]())
    points = counted(whole, 200)
    found = machine(integer_blocks(whole.plan).units, "sna_m_int")
    told = [found.call(**dict(zip(whole.plan.inputs, x, strict=True))) for x in points.x]
    assert {t["status"] for t in told} == {0, 5}
    limit = whole.plan.model.calibration.least_p * 2**ONE_P
    assert all((t["status"] == 5) == (t["familiarity"] <= limit) for t in told)
    assert not any(name.endswith("_lower") for name in told[0])


def test_the_test_block_finds_a_wrong_end() -> None:
    whole = whole_of(WHOLE["everything, int16"]())
    units = integer_blocks(whole.plan).units
    for v in range(len(whole.results)):
        bad = machine(units, "sna_m_int_test")
        bad.values[f"y{v + 1}"][7] += 1
        told = bad.call()
        while not told["done"]:
            told = bad.call()
        assert (told["passed"], told["failed"]) == (False, 1)


def test_without_a_value_nothing_is_told() -> None:
    whole = whole_of(WHOLE["everything, int16"]())
    found = machine(integer_blocks(whole.plan).units, "sna_m_int")
    told = found.call(**dict.fromkeys(whole.plan.inputs, 70000))
    assert (told["status"], told["valid"], told["outside"]) == (-1, False, 1)
    assert {told[n] for n in whole.results} == {-2147483647}


def test_logarithms() -> None:
    """To the base 2 within 3e-6: chords of 256 pieces."""
    value = np.unique(np.geomspace(1, 2**31 - 1, 5000).astype(np.int64))
    assert np.abs(logarithm(value, 20) / 2.0**26 - (np.log2(value) - 20)).max() < 3e-6
    assert (logarithm(np.array([0, -5]), 20) == -126 << 26).all()


def test_shares_of_scores() -> None:
    """As in float64, equal scores among them, within 1e-5: they are rounded to 2^-20."""
    model = WHOLE["familiarity of 7 inputs, int8"]()
    scores = model.calibration.scores
    told = replace(model.calibration, scores=np.maximum(scores, scores[5]))
    whole = whole_of(model.replace(calibration=told))
    share = whole.share
    assert share is not None
    unit = share.scores[-1] / told.scores[-1]
    score = np.linspace(told.scores[0] - 1, told.scores[-1] + 1, 3001)
    found = share.of_score(np.rint(score * unit).astype(np.int64)) / 2.0**ONE_P
    assert np.abs(found - share_in_float(told, np.rint(score * unit) / unit)).max() < 1e-5
