"""Statements of a companion."""

from __future__ import annotations

from ...integers.companion import Asked, Straight
from ..text import Block, long
from .function import Function, Room, floored, output_of


def write_straight(block: Block, one: Straight, name: str, x: list[str], y: list[str]) -> None:
    """Sets DINT `name`."""
    block.say(f"v := {long(one.start)};")
    for d, lower, factor in one.inputs:
        if len(factor) > 1:
            block.table(f"{name}_{d + 1}", "LINT", factor)
            block.say(f"v := v + {name}_{d + 1}[{x[d]}];")
        else:
            count = f"(DINT_TO_LINT({x[d]}) - {long(lower)})"
            block.say(f"v := v + {count} * {long(int(factor[0]))};")
    for k, factor_y in one.outputs:
        block.say(f"v := v + DINT_TO_LINT({y[k]}) * {long(factor_y)};")
    floored(block, "u", "v", one.bits)
    for sign, end in zip("<>", one.ends, strict=True):
        block.say(f"IF u {sign} {long(end)} THEN u := {long(end)}; END_IF;")
    block.say(f"{name} := LINT_TO_DINT(u);")


def write_asked(block: Block, room: Room, asked: Asked, x: list[str], y: list[str]) -> None:
    """Sets prod to the value of a companion."""
    prefix, given = f"c{asked.index + 1}_", []
    for d, c in enumerate(asked.coordinates):
        given.append(f"{prefix}{d + 1}" if isinstance(c, Straight) else x[c])
        if isinstance(c, Straight):
            block.work(given[-1], "DINT")
            write_straight(block, c, given[-1], x, y)
    Function(block, room, asked.path, given, prefix).write()
    output_of(block, 0, asked.output, f"{prefix}link")
    block.say("prod := v;")
