"""Statements of the ends of intervals."""

from __future__ import annotations

from ...integers.ends import Back, Ends, Move
from ..text import Block, long
from .companion import write_asked
from .function import Room, floored, looked_up


def write_ends(
    block: Block, room: Room, ends: Ends, k: int, x: list[str], y: list[str], names: tuple[str, str]
) -> None:
    """Sets both ends of output k; linear[k] holds the place of its link. `x` and `y` name the
    inputs and the outputs."""
    if ends.back is not None:
        block.table(f"link{k + 1}_ends", "DINT", ends.back.table)
    if ends.scale is not None:
        write_asked(block, room, ends.scale, x, y)
    else:
        block.say(f"prod := {long(1)};")
    for name, move, upper in zip(names, ends.moves, (False, True), strict=True):
        _moved(block, move, move is ends.upper)
        if ends.back is None:
            _whole(block, "v", y[k], ends.drop, upper)
            block.say("v := v + u;")
        else:
            _place(block, ends.back, k, upper)
        block.say(f"v := v {'+' if upper else '-'} {long(ends.error)};")
        if ends.holds:
            _whole(block, "u", y[k], ends.drop, upper)
            block.say(f"IF v {'<' if upper else '>'} u THEN v := u; END_IF;")
        for sign, end in zip("<>", ends.cut, strict=True):
            if end is not None:
                block.say(f"IF v {sign} {long(end)} THEN v := {long(end)}; END_IF;")
        block.say(f"{name} := LINT_TO_DINT(v);")


def _moved(block: Block, move: Move, up: bool) -> None:
    """Sets u to how far an end lies from the value; prod holds the scale."""
    factor = -move.factor if up else move.factor
    floored(block, "u", f"prod * {long(factor)}", move.bits)
    block.say(f"u := {long(move.more)} - u;" if up else f"u := u - {long(move.more)};")


def _whole(block: Block, name: str, y: str, drop: int, up: bool) -> None:
    """Sets `name` to y without its last bits, rounded outwards."""
    value = f"DINT_TO_LINT({y})"
    floored(block, name, f"{long(0)} - {value}" if up and drop else value, drop)
    if up and drop:
        block.say(f"{name} := {long(0)} - {name};")


def _place(block: Block, back: Back, k: int, upper: bool) -> None:
    """Sets v to no less, or no more, than the output where the place has moved by u."""
    block.say(f"v := linear[{k}];")
    for sign, end in (("<", back.low), (">", back.high)):
        block.say(f"IF v {sign} {long(end)} THEN v := {long(end)}; END_IF;")
    block.say(f"gap := v + u - {long(back.first)};")
    name = f"link{k + 1}_ends"
    looked_up(block, name, len(back.table), back.step)
    block.say(
        f"gap := DINT_TO_LINT({name}[j + 1]) - DINT_TO_LINT({name}[j]);",
        f"IF gap < {long(0)} THEN gap := {long(0)} - gap; END_IF;",
        f"gap := gap / {long(1 << back.bend)} + {long(1)};",
        f"v := v {'+' if upper else '-'} gap;",
    )
