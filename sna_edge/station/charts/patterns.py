"""What the readings and verdicts of a line show without any model: a sensor that stands still, a
burst of rejects, parts without a verdict."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STUCK = 25
"""Equal readings in a row of an input that moved before."""
WINDOW, MANY, FEW = 20, 5, 1
"""Parts looked at, of which so many not accepted are a burst, and so few its end."""
INPUTS = 200
"""Names of numbers in readings that are looked at; where more come, those go that came once, and
what came often stays."""
Found = tuple[str, bool, str]
"""Rule, whether it stands, one sentence."""
RULE_STUCK = "a sensor stands still"
RULE_BURST = "many rejects"
RULE_BLIND = "many parts without a verdict"
WORDS = (RULE_BURST, "REJECT", "rejected"), (RULE_BLIND, "NO VERDICT", "without a verdict")
"""Rule, the verdict that it counts, and how its sentence ends."""


@dataclass
class Still:
    """One input: the last reading, how often in a row, how often it has moved before. `over`: that
    it stands still no longer was told."""

    last: Any = None
    times: int = 0
    moves: int = 0
    over: bool = field(default=False, init=False)

    def add(self, value: Any) -> bool:
        """Whether it stands still now though it used to move from part to part."""
        if value == self.last:
            self.times += 1
            return self.times >= STUCK and self.moves >= STUCK
        self.times, self.last = 1, value
        if self.moves < STUCK:
            self.moves += 1
        return False


@dataclass
class Patterns:
    """Looks at parts in their order. `over`: rules of verdicts whose end was told."""

    inputs: dict[str, Still] = field(default_factory=dict)
    verdicts: deque[str] = field(default_factory=lambda: deque(maxlen=WINDOW))
    over: set[str] = field(default_factory=set)

    def add(self, verdict: str, reading: Mapping[str, Any] | None) -> Iterator[Found]:
        """What stands with this part; what stands no longer, once."""
        self.verdicts.append(verdict)
        for rule, word, says in WORDS:
            count = self.verdicts.count(word)
            if count >= MANY:
                self.over.discard(rule)
                yield rule, True, f"{count} of the last {len(self.verdicts)} parts {says}"
            elif count <= FEW and rule not in self.over:
                self.over.add(rule)
                yield rule, False, ""
        for name, value in (reading or {}).items():
            if type(value) is not float and (type(value) is bool or not isinstance(value, int)):
                continue
            still = self.inputs.get(name) or self._new(name)
            if still.add(value):
                still.over = False
                says = f"{name} reads {value:.6g} for {still.times} parts in a row"
                yield f"{RULE_STUCK}: {name}", True, says
            elif still.times == 1 and not still.over:
                still.over = True
                yield f"{RULE_STUCK}: {name}", False, ""

    def _new(self, name: str) -> Still:
        """A name that was not looked at before; kept where there is room."""
        if len(self.inputs) >= INPUTS:
            self.inputs = {n: one for n, one in self.inputs.items() if one.moves + one.times > 2}
        found = Still()
        if len(self.inputs) < INPUTS:
            self.inputs[name] = found
        return found
