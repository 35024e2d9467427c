"""What the page shows of one part, and of one output."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, sqrt
from typing import Any, TypeGuard, TypeVar

WINDOW = 1000
"""Numbers that capability is told of."""


CHECKED = 200
"""Measured values that coverage is told of."""
T = TypeVar("T")
Z95 = 1.959964
"""Standard deviations that hold 95 % of a normal distribution."""


def number(value: object) -> TypeGuard[float]:
    """Whether it is a finite number."""
    if type(value) is float:
        return isfinite(value)
    return isinstance(value, float | int) and not isinstance(value, bool) and isfinite(value)


@dataclass
class Shown:
    """One part on the charts: record, ms since 1970, part, verdict, per output [value, lower,
    upper, measured or None, rules of signals]."""

    record: int
    at: int
    part: str
    verdict: str
    outputs: dict[str, list[Any]]
    changed: int = 0
    reading: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> list[Any]:
        """For JSON."""
        return [self.record, self.at, self.part, self.verdict, self.outputs]


@dataclass
class Kept:
    """One output: its last numbers, its limits, its coverage."""

    numbers: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    measured: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    limits: tuple[float | None, float | None, float | None] = (None, None, None)
    became: Mapping[str, Any] = field(default_factory=dict)
    inside: deque[bool] = field(default_factory=lambda: deque(maxlen=CHECKED))
    """Whether each of the last measured values lay within the interval that was predicted."""
    of: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW))
    inside_of: deque[int] = field(default_factory=lambda: deque(maxlen=CHECKED))
    """Of which records `measured` and `inside` are."""

    def add(self, record: int, value: float, lower: object, upper: object) -> None:
        """What was measured in a record, and the interval that was predicted."""
        self.measured.append(value)
        self.of.append(record)
        if number(lower) and number(upper):
            self.inside.append(lower <= value <= upper)
            self.inside_of.append(record)

    def without(self, record: int) -> None:
        """As if nothing had been measured in this record."""
        _drop(self.measured, self.of, record)
        _drop(self.inside, self.inside_of, record)

    @property
    def covered(self) -> Mapping[str, Any] | None:
        """{"parts", "share", "lower", "upper"} of `inside`, with the 95 % bounds of the share by
        Wilson (J. Am. Stat. Assoc. 22, 1927); where nothing is known of it what the learner says.
        """
        n, k = len(self.inside), sum(self.inside)
        if not n:
            return self.became.get("covered")
        square = Z95 * Z95
        middle, root = k + square / 2.0, Z95 * sqrt(k * (n - k) / n + square / 4.0)
        ends = {"lower": (middle - root) / (n + square), "upper": (middle + root) / (n + square)}
        return {"parts": n, "share": k / n, **ends}


def _drop(values: deque[T], of: deque[int], record: int) -> None:
    """What is of one record, from both."""
    left = [pair for pair in zip(values, of, strict=True) if pair[1] != record]
    values.clear()
    of.clear()
    values.extend(value for value, _ in left)
    of.extend(one for _, one in left)
