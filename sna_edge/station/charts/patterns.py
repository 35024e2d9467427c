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
Found = tuple[str, bool, str]
"""Rule, whether it stands, one sentence."""
RULE_STUCK = "a sensor stands still"
RULE_BURST = "many rejects"
RULE_BLIND = "many parts without a verdict"


@dataclass
class Still:
    """One input: the last reading, how often in a row, how often it has moved before."""

    last: Any = None
    times: int = 0
    moves: int = 0

    def add(self, value: Any) -> bool:
        """Whether it stands still now though it used to move from part to part."""
        if value == self.last:
            self.times += 1
        else:
            self.moves, self.times = min(self.moves + 1, STUCK), 1
            self.last = value
        return self.times >= STUCK and self.moves >= STUCK


@dataclass
class Patterns:
    """Looks at parts in their order; `unmoved` have moved too rarely to say anything of them."""

    inputs: dict[str, Still] = field(default_factory=dict)
    verdicts: deque[str] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def add(self, verdict: str, reading: Mapping[str, Any] | None) -> Iterator[Found]:
        """What stands or stands no longer after this part."""
        self.verdicts.append(verdict)
        for rule, word, says in (
            (RULE_BURST, "REJECT", "rejected"),
            (RULE_BLIND, "NO VERDICT", "without a verdict"),
        ):
            count = sum(one == word for one in self.verdicts)
            if count >= MANY or count <= FEW:
                yield rule, count >= MANY, f"{count} of the last {len(self.verdicts)} parts {says}"
        for name, value in (reading or {}).items():
            if isinstance(value, float | int) and not isinstance(value, bool):
                still = self.inputs.setdefault(name, Still())
                stuck = still.add(value)
                if stuck or still.times == 1:
                    says = f"{name} reads {value:.6g} for {still.times} parts in a row"
                    yield f"{RULE_STUCK}: {name}", stuck, says
