"""A point of a chart, and what it signals."""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple


class Signal(NamedTuple):
    """rule: which rule, in words; says: what it means here, for who stands at the machine."""

    rule: str
    says: str


class Point(NamedTuple):
    """A statistic of one part or subgroup: its value (None: there is none, and `remark` says why),
    centre line and limits (None: none on that side)."""

    statistic: str
    value: float | None
    center: float
    lower: float | None
    upper: float | None
    signals: tuple[Signal, ...] = ()
    remark: str = ""

    def told(self) -> dict[str, Any]:
        """As plain data: `signals` are the rules in words, `says` a sentence for each."""
        found = {
            "statistic": self.statistic, "value": self.value, "center": self.center,
            "lower": self.lower, "upper": self.upper,
            "signals": [s.rule for s in self.signals],
        }  # fmt: skip
        if self.signals:
            found["says"] = [s.says for s in self.signals]
        return found | {"remark": self.remark} if self.remark else found


def finite(value: object) -> float | None:
    """A number, or None for what is none: missing, NaN, infinite, no number at all."""
    if type(value) is float:
        return value if isfinite(value) else None
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isfinite(number) else None
