"""The chart of one number per part: a control chart whose limits come from the first parts."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError
from ...quality.charts import RULES, Individuals

REFERENCE = 50
"""Parts that set centre line and limits."""
KEYS = ("beyond", "run9", "trend6", "2of3")
WINDOW = 50
NEEDED = {RULES["beyond"]: 3}
USUALLY = 8
"""Of the last WINDOW parts so many signal by a rule before it is an alarm. In control single
signals are common: one part in 370 lies beyond the limits; three of 50 come once in 40,000. The
alarm is gone when no more than a third of that is left."""
Alarming = tuple[str, bool, str]
"""Rule, whether it stands, what it means here."""


@dataclass
class Curve:
    """`what`: the words of its signals, "value of strength". Limits are set by the first REFERENCE
    numbers and then stay; they do not move with a drift that they are there to show."""

    what: str
    rules: Sequence[str] = KEYS
    chart: Individuals | None = None
    reference: list[float] = field(default_factory=list)
    recent: dict[str, deque[int]] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)

    def add(self, number: float) -> list[str]:
        """The rules that this number signals by; `says` has what each means here."""
        if self.chart is None:
            self.reference.append(number)
            if len(self.reference) >= REFERENCE:
                self._begin()
            return []
        signals = self.chart.add(number)[0].signals
        for signal in signals:
            self.says[signal.rule] = f"{self.what}: {signal.says}"
            self.recent.setdefault(signal.rule, deque()).append(self.chart.count)
        return [signal.rule for signal in signals]

    def alarming(self) -> list[Alarming]:
        """Rules that signal often enough to be an alarm, and those that signal no more."""
        found: list[Alarming] = []
        for rule, at in list(self.recent.items()):
            while at and self.chart and at[0] <= self.chart.count - WINDOW:
                at.popleft()
            needed = NEEDED.get(rule, USUALLY)
            if len(at) >= needed:
                found.append((rule, True, self.says[rule]))
            elif len(at) <= needed // 3:
                found.append((rule, False, ""))
            if not at:
                del self.recent[rule]
        return found

    def again(self) -> None:
        """New limits from the next parts: another batch, another tool, another model."""
        self.chart, self.reference = None, []

    def told(self) -> dict[str, Any]:
        """{"center", "lower", "upper", "n"}, or how many parts are still to come."""
        if self.chart is None:
            return {"wait": REFERENCE - len(self.reference)}
        center, half = self.chart.center, 3.0 * self.chart.sigma
        return {
            "center": center, "lower": center - half, "upper": center + half, "n": self.chart.count,
        }  # fmt: skip

    def _begin(self) -> None:
        try:
            self.chart = Individuals.of(self.reference, rules=tuple(self.rules))
        except InputError:  # all the same: no limits follow from them, the next part may differ
            self.reference = self.reference[1:]
