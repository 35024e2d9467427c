"""Ends of intervals in whole numbers: the rule, and its statements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..text import Block, long
from .companion import Asked
from .function import Room, floored, looked_up

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Move:
    """How far an end lies from the value where the scale is sigma: floor(sigma factor / 2^bits) -
    more of a lower end, ceil(..) + more of an upper one."""

    factor: int
    bits: int
    more: int

    def down(self, sigma: Ints) -> Ints:
        """Of a lower end."""
        return np.asarray((sigma * self.factor >> self.bits) - self.more)

    def up(self, sigma: Ints) -> Ints:
        """Of an upper end."""
        return np.asarray(self.more - (sigma * -self.factor >> self.bits))


@dataclass(frozen=True, eq=False)
class Back:
    """From the place of a link to the output, beyond the table of the value too: `low` and `high`
    are the ends of that one, `first` the place of entry 0, entries are 2^step apart. Between two
    the output lies within their difference / 2^bend, and one, of their line. `falling`: a negative
    scale swaps both ends."""

    low: int
    high: int
    first: int
    step: int
    table: Ints
    bend: int
    falling: bool

    def at(self, v: Ints, move: Ints, side: int) -> Ints:
        """No less (`side` 1) or no more (-1) than the output where place v has moved."""
        last = len(self.table) - 1
        place = np.clip(v, self.low, self.high) + move
        z = np.clip(place - self.first, 0, last << self.step)
        j = np.minimum(z >> self.step, last - 1)
        rise = self.table[j + 1] - self.table[j]
        moved = (rise * (z - (j << self.step)) + (1 << self.step >> 1)) >> self.step
        return np.asarray(self.table[j] + moved + side * ((np.abs(rise) >> self.bend) + 1))


@dataclass(frozen=True, eq=False)
class Ends:
    """Both ends of the interval of one output, times 2^-exponent: the value without its last `drop`
    bits moved (with a `back` the place of its link), then `error` further outwards, then kept
    within `cut`; `holds`: the value lies between them whatever is rounded."""

    scale: Asked | None
    lower: Move
    upper: Move
    back: Back | None
    exponent: int
    drop: int
    error: int
    cut: tuple[int | None, int | None]
    holds: bool

    @property
    def moves(self) -> tuple[Move, Move]:
        """That of the lower end, then that of the upper one; the other way round in the space of a
        falling link."""
        swapped = self.back is not None and self.back.falling
        return (self.upper, self.lower) if swapped else (self.lower, self.upper)

    def both(self, y: Ints, v: Ints, sigma: Ints) -> tuple[Ints, Ints]:
        """[N] each at values y, their places v before the link, and scales (1 without one)."""
        below, above = y >> self.drop, -(-y >> self.drop)
        down, up = self.lower.down(sigma), self.upper.up(sigma)
        if self.back is None:
            low, high = below + down, above + up
        else:
            first, last = (up, down) if self.back.falling else (down, up)
            low, high = self.back.at(v, first, -1), self.back.at(v, last, 1)
        low, high = low - self.error, high + self.error
        if self.holds:
            low, high = np.minimum(low, below), np.maximum(high, above)
        return self._kept(low), self._kept(high)

    def _kept(self, end: Ints) -> Ints:
        least, most = self.cut
        end = end if least is None else np.maximum(end, least)
        return end if most is None else np.minimum(end, most)


def write_ends(
    block: Block, room: Room, ends: Ends, k: int, x: list[str], y: list[str], names: tuple[str, str]
) -> None:
    """Sets both ends of output k; linear[k] holds the place of its link. `x` and `y` name the
    inputs and the outputs."""
    if ends.back is not None:
        block.table(f"link{k + 1}_ends", "DINT", ends.back.table)
    if ends.scale is not None:
        ends.scale.write(block, room, x, y)
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
