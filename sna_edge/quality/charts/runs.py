"""Patterns of the points so far, in a few numbers: each point costs the same, however many came
before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from .point import Signal
from .rules import RULES

ZONES = 5
"""Points that `2of3` and `4of5` look back."""
LONG = {
    "alternating14": (
        "turns", 13, 1,
        "{n} points in a row up and down in turn: two machines, lots or gauges may alternate, or a"
        " setting is corrected too often",
    ),
    "inside15": (
        "inside", 15, 0,
        "{n} points in a row near the centre line: the scatter is smaller than the limits say, or"
        " the gauge does not follow",
    ),
    "outside8": (
        "outside", 8, 0,
        "{n} points in a row away from the centre line: the scatter has grown, or two levels are"
        " mixed",
    ),
}  # fmt: skip
"""{rule: (what is counted, from how many on, points before the first that counts, sentence)}."""


@dataclass
class Runs:
    """How long the patterns are that the last point belongs to.

    side: points in a row on one side, negative below; steps: differences in a row that rise,
    negative that fall; turns: differences in a row that alternate; inside, outside: points in a row
    within, beyond 1 sigma; zones: how many sigma the last points are beyond, -2 to 2, newest last;
    last: the value before. Missing points are passed over: they neither go on with a pattern nor
    end it."""

    side: int = 0
    steps: int = 0
    turns: int = 0
    inside: int = 0
    outside: int = 0
    zones: list[int] = field(default_factory=list)
    last: float | None = None

    def add(self, value: float, z: float, rules: Collection[str]) -> tuple[Signal, ...]:
        """The signals of a point, z standard deviations from the centre line: of each rule that it
        completes, or goes on with."""
        self._count(value, z)
        return tuple(Signal(RULES[key], says) for key, says in self._found() if key in rules)

    def _count(self, value: float, z: float) -> None:
        sign = (z > 0) - (z < 0)
        self.side = self.side + sign if sign * self.side > 0 else sign
        size = abs(z)
        self.inside = self.inside + 1 if size < 1 else 0
        self.outside = self.outside + 1 if size > 1 else 0
        self.zones = [*self.zones[1 - ZONES :], sign * (2 if size > 2 else 1 if size > 1 else 0)]
        if self.last is not None:
            step = (value > self.last) - (value < self.last)
            before = (self.steps > 0) - (self.steps < 0)
            self.turns = 0 if step == 0 else self.turns + 1 if step == -before else 1
            self.steps = self.steps + step if step * before > 0 else step
        self.last = value

    def _found(self) -> list[tuple[str, str]]:
        """(key of a rule, a sentence) of all patterns there are."""
        found: list[tuple[str, str]] = []
        if self.zones[-1]:
            found += self._in_zones()
        if abs(self.side) >= 8:
            found += self._on_a_side()
        if abs(self.steps) >= 5:
            way = "rising" if self.steps > 0 else "falling"
            says = (
                f"{abs(self.steps) + 1} points in a row {way}: something wears, warms up or drifts"
            )
            found.append(("trend6", says))
        for key, (counted, least, before, says) in LONG.items():
            n = getattr(self, counted)
            if n >= least:
                found.append((key, says.format(n=n + before)))
        return found

    def _in_zones(self) -> Iterator[tuple[str, str]]:
        """Most of the last few points far on one side."""
        for key, size, among in (("2of3", 2, 3), ("4of5", 1, 5)):
            count, up = self._beyond(size, among)
            if count >= among - 1:
                where, level = ("above", "higher") if up else ("below", "lower")
                yield (
                    key,
                    f"{count} of the last {among} points are more than {size} sigma {where} the"
                    f" centre line: the level is probably {level} now",
                )

    def _on_a_side(self) -> Iterator[tuple[str, str]]:
        """Points in a row on one side."""
        n = abs(self.side)
        where, way = ("above", "up") if self.side > 0 else ("below", "down")
        for key, least in (("run8", 8), ("run9", 9)):
            if n >= least:
                yield (
                    key,
                    f"{n} points in a row {where} the centre line: the level has moved {way}",
                )

    def _beyond(self, size: int, among: int) -> tuple[int, bool]:
        """How many of the last points are beyond `size` sigma on the side of the last one, 0 where
        that is not; whether above."""
        last = self.zones[-1]
        if abs(last) < size:
            return 0, False
        up = last > 0
        return sum(z >= size if up else z <= -size for z in self.zones[-among:]), up
