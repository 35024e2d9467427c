"""The function block of a model in REAL arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

import numpy as np

from sna_edge.artifact.golden import ranges
from sna_edge.cli.beside import formula
from sna_edge.core.axis import Axis
from sna_edge.core.float32 import not_carried
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.values.naming import labelled

from ..integers import is_familiar, with_intervals
from ..integers.width import width_of
from .beside import Beside, constant, linked
from .function import Function, Room
from .names import Names
from .places import ends
from .text import Block, comment, real

NOTHING = -3.0e38
"""What outputs hold where there is no value: programmable controllers have no NaN."""
LARGEST = "3.4E38"
NARROWEST = 2.0**-96
"""Span of an axis: what halves of its ends leave stays a normal number of REAL."""
OWN_OUTPUTS = ("status", "valid", "outside", "familiarity")
STATUS = "0 ok, 4 edge, 5 unfamiliar; below 0 no value: -1 outside, -2 no number, -4 overflow"
UNRUN = "Not run on a PLC compiler: read again and executed by an interpreter of sna-edge."


@dataclass
class Plan:
    """A model (numpy backend) and its bytes, the level of intervals (None: that of the model), the
    name of its block; names of inputs and outputs follow."""

    model: Model
    artifact: bytes
    name: str
    level: float | None = None
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names((*OWN_OUTPUTS, self.name, f"{self.name}_int"))

    @cached_property
    def inputs(self) -> list[str]:
        """A name each, in order."""
        return [self.names.new(a.name, f"in{d + 1}") for d, a in enumerate(self.model.axes)]

    @cached_property
    def outputs(self) -> list[str]:
        """A name each, in order; those of inputs come first."""
        assert self.inputs
        return [self.names.new(o.name, f"out{k + 1}") for k, o in enumerate(self.model.outputs)]

    @cached_property
    def intervals(self) -> dict[int, tuple[str, str]]:
        """Outputs that have one, with the names of both ends."""
        return {
            k: (self.names.new(self.outputs[k], "", "_lower"),
                self.names.new(self.outputs[k], "", "_upper"))
            for k in with_intervals(self.model, self.level)
        }  # fmt: skip

    @property
    def formulas(self) -> dict[int, str]:
        """Of derived inputs, by index: the caller computes them."""
        found = self.model.readings
        return {d.axis: formula(self.model, d) for d in found.derived} if found else {}

    @property
    def shares(self) -> dict[str, str]:
        """Of outputs of several labels, by name: what the caller makes of them."""
        return {
            self.outputs[k]: f"; P({label}) is its share in the sum over the labels of {one.target}"
            for one in self.model.classes
            if one.kind == "several"
            for label, k in zip(one.labels, one.outputs, strict=True)
        }

    @property
    def familiar(self) -> bool:
        """Whether the model knows which inputs it has not seen."""
        return is_familiar(self.model)

    @property
    def digest(self) -> str:
        """Of the bytes of the model."""
        return sha256(self.artifact).hexdigest()[:16]


def need_float(model: Model) -> None:
    """InputError where REAL is too coarse for an input or output, or a span too narrow for it,
    naming it."""
    clauses = not_carried(model.axes, model.outputs, ranges(model))
    if clauses:
        raise InputError(
            f"REAL does not carry this model: {clauses[0]}; subtract the lower end or take another"
            " unit before fitting, or use --to c with double precision"
        )
    for axis in model.axes:
        narrow = float(np.diff(axis.basis.breaks).min())
        if narrow < NARROWEST:
            raise InputError(
                f"REAL does not carry this model: input {axis.name!r} has a span of {narrow:.3g}"
                f" {axis.unit}".rstrip()
                + "; fit it in a smaller unit, or use --to c"
            )


def function_block(plan: Plan) -> Block:
    """The block: inputs are checked in their order, then values, intervals, familiarity."""
    model, room = plan.model, Room()
    need_float(model)
    block = Block(plan.name, _title(plan))
    _declare(block, plan)
    block.say("status := 0; valid := FALSE; outside := 0;")
    block.say(*(f"{name} := {real(NOTHING)};" for name in results(plan)))
    x = [_checked(block, d, axis, plan.inputs[d]) for d, axis in enumerate(model.axes)]
    Function(block, room, model, x, edge=True).write()
    _values(block, plan)
    beside = Beside(block, room, model, x, [f"value[{k}]" for k in range(len(model.outputs))])
    for k, (lower, upper) in plan.intervals.items():
        beside.interval(k, width_of(model, k, plan.level), lower, upper)
    if plan.familiar:
        beside.familiarity("familiarity")
    block.say(*(f"{name} := value[{k}];" for k, name in enumerate(plan.outputs)), "valid := TRUE;")
    room.declare(block)
    return block


def results(plan: Plan) -> list[str]:
    """Names of the outputs that are REAL."""
    both = [name for pair in plan.intervals.values() for name in pair]
    return [*plan.outputs, *both, *(["familiarity"] if plan.familiar else [])]


def _title(plan: Plan) -> str:
    names = ", ".join(plan.model.output_names)
    return (
        f"{names} in REAL arithmetic, from model {plan.digest} by sna-edge. {UNRUN} Change the"
        " model instead and export it again."
    )


def _declare(block: Block, plan: Plan) -> None:
    for d, (axis, name) in enumerate(zip(plan.model.axes, plan.inputs, strict=True)):
        kind = "DINT" if axis.kind == "categorical" else "REAL"
        computed = f"; by the caller: {plan.formulas[d]}" if d in plan.formulas else ""
        block.declare("VAR_INPUT", name, kind, _told(axis) + computed)
    for output, name in zip(plan.model.outputs, plan.outputs, strict=True):
        note = labelled(output.name, output.unit) + plan.shares.get(name, "")
        block.declare("VAR_OUTPUT", name, "REAL", note)
    for k, pair in plan.intervals.items():
        for name in pair:
            block.declare("VAR_OUTPUT", name, "REAL", f"end of the interval of {plan.outputs[k]}")
    if plan.familiar:
        note = "share of the calibration rows that were as unfamiliar, or more"
        block.declare("VAR_OUTPUT", "familiarity", "REAL", note)
    block.declare("VAR_OUTPUT", "status", "INT", STATUS)
    block.declare("VAR_OUTPUT", "valid", "BOOL", "the outputs hold values")
    block.declare("VAR_OUTPUT", "outside", "INT", "the first input outside its domain, 0: none")
    block.work("value", "REAL", len(plan.outputs))
    block.work("linear", "REAL", len(plan.outputs))


def _told(axis: Axis) -> str:
    if axis.kind == "categorical":
        levels = ", ".join(f"{i} {level}" for i, level in enumerate(axis.level_names[:40]))
        return f"{axis.name}: {levels}{', ..' if len(axis.level_names) > 40 else ''}"
    return f"{labelled(axis.name, axis.unit)}, {axis.lower:g} .. {axis.upper:g}"


def _checked(block: Block, d: int, axis: Axis, name: str) -> str:
    """Ends the call where the input has no place on its axis; the name of the clipped input."""
    leave = f"outside := {d + 1}; RETURN; END_IF;"
    if axis.kind == "categorical":
        last = axis.basis.n_spans - 1
        block.say(f"IF {name} < 0 OR {name} > {last} THEN status := -1; {leave}")
        return name
    low, high = ends(axis)
    room = np.float32(axis.slack)
    below, above = real(float(np.float32(low) - room)), real(float(np.float32(high) + room))
    clipped = f"x{d + 1}"
    block.work(clipped, "REAL")
    block.say(
        f"IF NOT ({name} >= -{LARGEST} AND {name} <= {LARGEST}) THEN status := -2; {leave}",
        f"IF {name} < {below} OR {name} > {above} THEN status := -1; {leave}",
        f"{clipped} := {name};",
        f"IF {clipped} < {real(low)} THEN {clipped} := {real(low)}; END_IF;",
        f"IF {clipped} > {real(high)} THEN {clipped} := {real(high)}; END_IF;",
    )
    return clipped


def _values(block: Block, plan: Plan) -> None:
    """value[k] of f[k], and linear[k] for intervals: f[k] + bias, of an identity what comes before
    the larger part of its constant; a value that overflows ends the call."""
    for k, output in enumerate(plan.model.outputs):
        if output.link == "identity":
            far, rest = map(real, constant(output))
            block.say(f"linear[{k}] := f[{k}] * {real(output.scale)} + ({rest});")
            block.say(f"prod := linear[{k}] + ({far});")
        else:
            block.say(f"linear[{k}] := f[{k}] + ({real(output.bias)});")
            block.say(*linked(output, f"linear[{k}]"))
        block.say(
            f"value[{k}] := prod;",
            f"IF NOT (prod >= -{LARGEST} AND prod <= {LARGEST}) THEN status := -4; RETURN; END_IF;",
        )


def heading(plan: Plan, what: str) -> str:
    """First lines of a file."""
    return f"{comment(f'Generated by sna-edge: {what} of model {plan.digest}. {UNRUN}')}\n"
