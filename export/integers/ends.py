"""Ends of intervals in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .companion import Asked

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
