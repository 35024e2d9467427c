"""Measured values from a table of their own, joined to the parts of a line by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .learner import Learner
from .measured import KEY, identity_of
from .parts import NOBODY, key_of

MOST = 100_000
"""Rows that wait for their part, and values that are known to have been given."""


@dataclass(frozen=True)
class Row:
    """Row number `line` of the table: the id of a part as it stands there, `values` {output:
    number, in the unit of the model}, `wrong` {output: why none}, `reason`: why it is no row."""

    line: int
    identity: str
    values: Mapping[str, float]
    wrong: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


Mixed = list[tuple[Row | None, Mapping[str, Any] | str]]


class Joined:
    """A row is learned from at once where its part is remembered, else right after its part, which
    may come later. A value that was given before says nothing again, so that the table may be
    written anew or read again from its begin."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._fresh: list[Row] = []
        self._waiting: dict[int, list[Row]] = {}
        self._given: dict[tuple[int, str], float] = {}

    def add(self, rows: Sequence[Row], *, silent: bool = False) -> None:
        """Rows that have come. `silent`: they may be of parts long gone, or learned from before
        the last restart, and are not worth a word then."""
        for row in rows:
            key = key_of(row.identity)
            if key == NOBODY:
                self._fresh.append(row)
                continue
            values = {n: v for n, v in row.values.items() if self._given.get((key, n)) != v}
            if not values and not row.wrong:
                continue
            self._given |= {(key, name): v for name, v in values.items()}
            row = Row(row.line, row.identity, values, row.wrong)
            awaited = self._learner.awaited(row.identity)
            if awaited is None and values:
                self._waiting.setdefault(key, []).append(row)
            if row.wrong or not silent or (awaited and not awaited.isdisjoint(values)):
                self._fresh.append(row)
        for kept in (self._given, self._waiting):
            while len(kept) > MOST:
                kept.pop(next(iter(kept)))  # type: ignore[call-overload]

    @property
    def waiting(self) -> list[str]:
        """The ids whose part has not come, as they stand in the table."""
        return [rows[0].identity for rows in self._waiting.values()]

    def mixed(self, readings: Sequence[Mapping[str, Any] | str]) -> Mixed:
        """Readings of parts with the rows between them that are to be learned from now."""
        found: Mixed = [(row, _reading(row)) for row in self._fresh]
        self._fresh = []
        for reading in readings:
            found.append((None, reading))
            if self._waiting and not isinstance(reading, str):
                rows = self._waiting.pop(key_of(identity_of(reading)), [])
                found += [(row, _reading(row)) for row in rows]
        return found


def _reading(row: Row) -> dict[str, Any]:
    named = {"id": row.identity} if row.identity else {}
    return {**named, KEY: dict(row.values)}


def answered(mixed: Mixed, answers: Sequence[dict[str, Any]], first: int) -> list[dict[str, Any]]:
    """Answers to `mixed`: parts are numbered from `first` on, rows of the table have the number of
    their line there instead."""
    found = list[dict[str, Any]]()
    for (row, _), answer in zip(mixed, answers, strict=True):
        del answer["line"]
        if row is None:
            found.append({"line": first, **answer})
            first += 1
            continue
        wrong = {name: {"learned": False, "reason": why} for name, why in row.wrong.items()}
        answer[KEY] = {**answer[KEY], **wrong}
        reason = {"reason": row.reason} if row.reason else {}
        found.append({"measured_line": row.line, **answer, **reason})
    return found
