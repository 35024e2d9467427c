"""Blocks executed by two routes, the interpreter of `sna_export.st` and a C compiler, against numpy
in float64 and against the integer path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge import Interval, Model
from sna_export.integers import Whole, path_of
from sna_export.st.block import Plan, function_block, results
from sna_export.st.command import integer_blocks, real_blocks
from sna_export.st.run import Machine, machine
from sna_export.st.syntax import read
from sna_export.st.testing import answered, somewhere
from sna_export.st.text import Block
from sna_export.st.whole import counted
from sna_export.st.whole.function import output_of, rounded

from ...c_library import KEPT_1_1
from ...c_models import cp_model, mixed, zoo
from ...model_kinds import KINDS
from .through_c import Compiled

KEPT = {f"kept {path.stem}": path for path in KEPT_1_1}
COMPILED = ("cp int8", "cp 3 outputs", "sparse", "train", "mixed axes", "link logistic",
            "kept everything", "kept pairs")  # fmt: skip
WHOLE = ("uniform-0-int16", "uniform-3-int8", "uniform-7-int16", "graded-3-int16", "hat-1-int8",
         "bernstein-3-int16", "periodic-3-int8", "levels-0-int8", "sparse-int16", "exp",
         "logistic")  # fmt: skip


def plan_of(name: str) -> Plan:
    data = KEPT[name].read_bytes() if name in KEPT else KINDS[name]().to_bytes()
    return Plan(sna_edge.from_bytes(data, backend="numpy"), data, "sna_m")


def whole(model: Model) -> Plan:
    data = model.to_bytes()
    return Plan(sna_edge.from_bytes(data, backend="numpy"), data, "sna_m")


@dataclass
class Off:
    """Largest difference of values over the range, and of all outputs over what is allowed."""

    values: float
    share: float


def off(plan: Plan, told: dict[str, np.ndarray], x: np.ndarray) -> Off:
    """Also asserts that every status is that of the model."""
    points = answered(plan, x)
    found = np.array([told[n] for n in results(plan)]).T
    assert (told["status"] == points.status).all() and told["valid"].all()
    count = len(plan.outputs)
    spans = np.array([np.ptp(o.range) for o in plan.model.outputs])
    error = np.abs(found - points.y)
    assert np.isfinite(error).all()
    return Off(float((error[:, :count] / spans).max()), float((error / points.allowed).max()))


def interpreted(found: Machine, plan: Plan, x: np.ndarray) -> dict[str, np.ndarray]:
    rows = [found.call(**dict(zip(plan.inputs, row, strict=True))) for row in x]
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("name", [*KINDS, *KEPT])
def test_values_are_within_a_millionth_of_the_range(name: str) -> None:
    plan = plan_of(name)
    found = machine(read(function_block(plan).text()), plan.name)
    x = somewhere(plan, 200)
    told = off(plan, interpreted(found, plan, x), x)
    assert told.values <= 1e-6
    assert told.share <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPILED)
def test_a_c_compiler_finds_the_same(name: str, compiler: str, tmp_path: Path) -> None:
    """Equal in every bit to the interpreter where no function of the C library is asked."""
    plan = plan_of(name)
    made = real_blocks(plan)
    program = Compiled(compiler, made.text, tmp_path)
    x = somewhere(plan, 500)
    told = program.call(plan.name, x)
    assert off(plan, told, x).share <= 1.0
    passed = program.test(f"{plan.name}_test")
    assert (passed["done"], passed["passed"], passed["failed"]) == (1, 1, 0)
    if "EXP(" in made.text or "LN(" in made.text:
        return
    here = interpreted(machine(made.units, plan.name), plan, x[:100])
    for output in plan.outputs:
        assert (np.float32(here[output]) == np.float32(told[output][:100])).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_equal_in_every_bit(name: str, compiler: str, tmp_path: Path) -> None:
    plan = whole(zoo()[name])
    path = path_of(plan.artifact)
    assert path is not None
    made = integer_blocks(plan)
    points = counted(Whole(plan, path), 2000)
    program = Compiled(compiler, made.text, tmp_path)
    told = program.call(f"{plan.name}_int", points.x)
    here = interpreted(machine(made.units, f"{plan.name}_int"), plan, points.x[:200])
    for k, output in enumerate(plan.outputs):
        assert (told[output] == points.y[:, k]).all()
        assert (here[output] == points.y[:200, k]).all()
    assert (told["status"] == points.status).all() and told["valid"].all()
    assert program.test(f"{plan.name}_int_test")["passed"] == 1


@pytest.mark.parametrize("bits", [0, 1, 15, 20])
def test_quotients_are_those_of_a_shift(bits: int) -> None:
    """Up to 2^51, what a step of a link's table may reach."""
    text = rounded("k", bits)
    asked = machine(
        read(
            "FUNCTION_BLOCK m\nVAR_INPUT\nk : LINT;\nEND_VAR\nVAR_OUTPUT\nv : LINT;\nEND_VAR\n"
            f"v := {text};\nEND_FUNCTION_BLOCK"
        ),
        "m",
    )
    half = 1 << bits >> 1
    near = [sign * (edge + off) for edge in (0, 1 << 20, 1 << 46, 1 << 51) for sign in (-1, 1)
            for off in (-half - 1, -half, -1, 0, 1, half - 1, half)]  # fmt: skip
    assert [asked.call(k=k)["v"] for k in near] == [(k + half) >> bits for k in near]


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_sums_beyond_the_table_of_a_link_take_its_ends(link: str) -> None:
    path = path_of(whole(zoo()[link]).artifact)
    assert path is not None
    block = Block("m", "")
    block.declare("VAR_INPUT", "k", "LINT")
    block.declare("VAR_OUTPUT", "y", "DINT")
    block.declare("VAR", "j", "DINT")
    for name in ("gap", "v"):
        block.declare("VAR", name, "LINT")
    block.work("f", "LINT", 1)
    block.say("f[0] := k;")
    output_of(block, 0, path.outputs[0], "link")
    block.say("y := LINT_TO_DINT(v);")
    asked = machine(read(block.text()), "m")
    sums = [-(1 << 61), -(1 << 50), -1, 0, 1, 1 << 50, 1 << 61]
    wanted = path.outputs[0].value(np.array(sums))
    assert [asked.call(k=k)["y"] for k in sums] == wanted.tolist()
    assert {wanted[0], wanted[-1]} == {path.outputs[0].table[0], path.outputs[0].table[-1]}


def test_spans_without_rows_are_said_in_both_arithmetics() -> None:
    plan = whole(cp_model(mixed(), rank=9, outputs=2, dtype="int16", sparse=True))
    path = path_of(plan.artifact)
    assert path is not None
    points = counted(Whole(plan, path), 200)
    assert set(points.status) == {0, 4}
    found = machine(integer_blocks(plan).units, f"{plan.name}_int")
    told = interpreted(found, plan, points.x)
    assert (told["status"] == points.status).all()
    x = somewhere(plan, 200)
    assert set(answered(plan, x).status) == {0, 4}
    assert off(plan, interpreted(machine(real_blocks(plan).units, plan.name), plan, x), x)


@pytest.mark.parametrize("space", ["output", "link"])
def test_intervals_of_the_file_itself(space: str) -> None:
    """A negative scale turns the ends in the space of the link."""
    made = cp_model(mixed(), rank=9, outputs=2, link="logistic")
    own = Interval(0.9, 0.25, 0.125, space=space)
    plan = whole(made.replace(outputs=[replace(o, interval=own) for o in made.outputs]))
    assert len(plan.intervals) == 2
    found = machine(read(function_block(plan).text()), plan.name)
    x = somewhere(plan, 200)
    assert off(plan, interpreted(found, plan, x), x).share <= 1.0


def test_an_interval_at_a_level_moves_its_ends() -> None:
    told = {}
    for level in (0.5, 0.95):
        plan = plan_of("kept everything")
        plan.level = level
        found = machine(read(function_block(plan).text()), plan.name)
        x = somewhere(plan, 100)
        told[level] = interpreted(found, plan, x)
        assert off(plan, told[level], x).share <= 1.0
    upper = plan.intervals[0][1]
    assert (told[0.95][upper] > told[0.5][upper]).all()


@pytest.mark.parametrize("space", ["output", "link"])
def test_a_large_constant_costs_one_rounding(space: str) -> None:
    """Of a value, halfway between two numbers of REAL; two more of an end, one of them outwards."""
    made = cp_model(mixed(), rank=9, outputs=2)
    half = float(np.spacing(np.float32(50.0))) / 2.0
    outputs = [
        replace(o, bias=0.0, offset=50.0 + half, interval=Interval(0.9, 0.25, 0.125, space=space))
        for o in made.outputs
    ]
    plan = whole(made.replace(outputs=outputs))
    x = somewhere(plan, 200)
    points = answered(plan, x)
    told = interpreted(machine(read(function_block(plan).text()), plan.name), plan, x)
    roundings = [1.0, 1.0, 3.0, 3.0, 3.0, 3.0]
    spans = [np.ptp(o.range) for o in plan.model.outputs]
    for v, name in enumerate(results(plan)):
        span = spans[v if v < 2 else (v - 2) // 2]
        error = np.abs(told[name] - points.y[:, v])
        assert (error <= roundings[v] * 2.0**-24 * np.abs(points.y[:, v]) + 4e-7 * span).all()


def test_a_falling_logistic_does_not_cancel() -> None:
    """1 - 1 / (1 + exp(-f)) near 0 keeps its digits."""
    made = cp_model(mixed(), rank=9, outputs=1, link="logistic")
    low = replace(made.outputs[0], scale=-1.0, offset=1.0, bias=12.0)
    plan = whole(made.replace(outputs=[low]))
    x = somewhere(plan, 200)
    y = answered(plan, x).y[:, 0]
    told = interpreted(machine(read(function_block(plan).text()), plan.name), plan, x)
    assert y.max() < 1e-3
    assert (np.abs(told[plan.outputs[0]] - y) <= 1e-5 * y).all()
