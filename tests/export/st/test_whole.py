"""Ends of intervals and familiarity in whole numbers: blocks by both routes against the rule, the
rule against float64, companions against the C library."""

from __future__ import annotations

from pathlib import Path

import pytest

from sna_export.integers.share import ONE_P
from sna_export.st.command import integer_blocks
from sna_export.st.run import machine
from sna_export.st.whole import counted

from ...sna_edge.beside_models import companions
from ..integers.whole_kinds import WHOLE, everything, whole_of
from .through_c import Compiled


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
