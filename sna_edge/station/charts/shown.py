"""What the page shows of one part, and of one output."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WINDOW = 1000
"""Numbers that capability is told of."""


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
