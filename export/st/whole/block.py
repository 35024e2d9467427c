"""The function block of a model in whole numbers: sensor counts in, whole numbers out."""

from __future__ import annotations

import numpy as np

from sna_edge.values.naming import labelled

from ...integers import Whole
from ...integers.share import ONE_P
from ..block import STATUS, UNRUN, Plan
from ..text import Block
from .ends import write_ends
from .function import Function, Room, output_of
from .share import write_share

NOTHING = "-2147483647"


def integer_block(plan: Plan, whole: Whole) -> Block:
    """The block: places are checked in the order of the inputs, then values, intervals,
    familiarity."""
    path, room = whole.path, Room()
    block = Block(f"{plan.name}_int", _title(plan, whole))
    _declare(block, plan, whole)
    block.say("status := 0; valid := FALSE; outside := 0;")
    block.say(*(f"{name} := {NOTHING};" for name in whole.results))
    for d, (axis, name) in enumerate(zip(path.axes, plan.inputs, strict=True)):
        leave = f"status := -1; outside := {d + 1}; RETURN; END_IF;"
        block.say(f"IF {name} < {axis.count_lower} OR {name} > {axis.count_upper} THEN {leave}")
    seen = tuple(np.asarray(axis.support) > 0 for axis in plan.model.axes)
    Function(block, room, path, plan.inputs, seen=seen).write()
    for k, (output, name) in enumerate(zip(path.outputs, plan.outputs, strict=True)):
        output_of(block, k, output, f"link{k + 1}", f"linear[{k}]" if k in whole.placed else "")
        block.say(f"{name} := LINT_TO_DINT(v);")
    for k, ends in whole.ends.items():
        write_ends(block, room, ends, k, plan.inputs, plan.outputs, plan.intervals[k])
    if whole.share is not None:
        write_share(block, room, whole.share, plan.inputs, plan.outputs)
    block.say("valid := TRUE;")
    room.declare(block)
    return block


def _title(plan: Plan, whole: Whole) -> str:
    names = ", ".join(plan.model.output_names)
    lacking = "".join(f" Without {what}." for what in whole.lacking)
    return (
        f"{names} in whole numbers, from model {plan.digest} by sna-edge: FORMAT.md section"
        f" 13, equal in every bit.{lacking} {UNRUN} Needs LINT."
    )


def _declare(block: Block, plan: Plan, whole: Whole) -> None:
    path = whole.path
    for axis, fixed, name in zip(plan.model.axes, path.axes, plan.inputs, strict=True):
        counts = f"{fixed.count_lower} .. {fixed.count_upper}"
        meant = f"{axis.lower:g} .. {axis.upper:g} {axis.unit}"
        levels = ", ".join(axis.level_names[:40])
        note = f"{axis.name}: {levels}" if fixed.categorical else f"{axis.name} {meant} as {counts}"
        block.declare("VAR_INPUT", name, "DINT", note)
    for output, fixed_output, name in zip(
        plan.model.outputs, path.outputs, plan.outputs, strict=True
    ):
        note = f"{labelled(output.name, output.unit)}, times 2^{fixed_output.exponent}"
        block.declare("VAR_OUTPUT", name, "DINT", note + plan.shares.get(name, ""))
    for k, ends in whole.ends.items():
        note = f"end of the interval of {plan.outputs[k]}, times 2^{ends.exponent}"
        for name in plan.intervals[k]:
            block.declare("VAR_OUTPUT", name, "DINT", note)
    if whole.share is not None:
        note = "share of the calibration rows that were as unfamiliar, or more, times 2^"
        block.declare("VAR_OUTPUT", "familiarity", "DINT", f"{note}{ONE_P}")
    block.declare("VAR_OUTPUT", "status", "INT", _statuses(whole))
    block.declare("VAR_OUTPUT", "valid", "BOOL", "the outputs hold values")
    block.declare("VAR_OUTPUT", "outside", "INT", "the first input outside its domain, 0: none")
    if whole.placed:
        block.work("linear", "LINT", len(plan.outputs))


def _statuses(whole: Whole) -> str:
    told = STATUS.partition(";")[0] if whole.share is not None else "0 ok, 4 edge"
    return f"{told}; -1 no value: outside"
