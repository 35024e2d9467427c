"""Verdicts counted against what was measured of the same parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ...learning.measured import KEY, identity_of
from ...quality import ACCEPT, REJECT, LineLimits
from ...quality.capability.figures import share
from ..console import table

GOOD, BAD, OPEN = "good", "bad", ""
"""Measured inside all limits, outside one, not measured."""
SHARES = ((ACCEPT, BAD, "accepted parts were outside their limits"),
          (REJECT, GOOD, "rejected parts were inside"))  # fmt: skip
KEPT = 100_000
"""Parts whose measured values may still come."""
Found = Mapping[tuple[str, str], int]
"""{(verdict, truth): parts}."""


def counts(found: Found) -> dict[str, dict[str, int]]:
    """{verdict: {truth: parts}}, for JSON.

    >>> counts({("ACCEPT", "good"): 2, ("ACCEPT", ""): 1})
    {'ACCEPT': {'not measured': 1, 'good': 2}}
    """
    told: dict[str, dict[str, int]] = {}
    for (verdict, truth), n in sorted(found.items()):
        if n:
            told.setdefault(verdict, {})[truth or "not measured"] = n
    return told


def wrong(found: Found) -> list[tuple[dict[str, Any], str]]:
    """Of measured accepted parts those outside, and of rejected ones those inside, each with its
    95 % interval (Wilson) and in words."""
    told = []
    for verdict, truth, words in SHARES:
        count = found.get((verdict, GOOD), 0) + found.get((verdict, BAD), 0)
        if count:
            told.append((share(found.get((verdict, truth), 0), count), words))
    return told


def lines(found: Found) -> list[str]:
    """A table, and the shares that matter."""
    words = sorted({verdict for (verdict, _), n in found.items() if n})
    rows = [
        [word, *(str(found.get((word, truth), 0)) for truth in (GOOD, BAD, OPEN))] for word in words
    ]
    told = table(["verdict", "measured good", "measured bad", "not measured"], rows)
    for one, said in wrong(found):
        low, high = (f"{round(end / 1e4, 6):.3g}" for end in one["ppm_95"])
        told.append(
            f"{one['bad']} of {one['parts']} measured {said} ({one['ppm'] / 1e4:.3g} %, 95 %: {low}"
            f" to {high} %)"
        )
    return told


class Against:
    """Answers of `watch` in their order: measured values come with their part or, by its id, later.
    A part is bad with the first value outside, good while all that came were inside."""

    def __init__(self) -> None:
        self.found: Counter[tuple[str, str]] = Counter()
        self._parts: dict[object, tuple[str, str]] = {}

    def look(self, answers: Iterable[Mapping[str, Any]], limits: LineLimits) -> None:
        """Count answers, or move what was counted before."""
        ends = {o.name: (o.lsl, o.usl) for o in limits.outputs}
        for answer in answers:
            truth, identity = _truth(answer.get(KEY), ends), identity_of(answer)
            key = None if identity is None else str(identity)
            if "verdict" in answer:
                self._count(key, str(answer["verdict"]), truth)
            elif truth and key in self._parts:
                verdict, before = self._parts[key]
                self.found[verdict, before] -= 1
                self._count(key, verdict, BAD if BAD in (before, truth) else truth)

    def _count(self, key: str | None, verdict: str, truth: str) -> None:
        self.found[verdict, truth] += 1
        if key is not None:
            self._parts.pop(key, None)
            self._parts[key] = verdict, truth
            if len(self._parts) > KEPT:
                del self._parts[next(iter(self._parts))]


def _truth(measured: Any, ends: Mapping[str, tuple[float, float]]) -> str:
    if not isinstance(measured, Mapping):
        return OPEN
    values = {name: told.get("value") for name, told in measured.items() if name in ends}
    inside = [ends[n][0] <= v <= ends[n][1] for n, v in values.items() if v is not None]
    return OPEN if not inside else GOOD if all(inside) else BAD
