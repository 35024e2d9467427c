"""Measured values of late, as charts are made anew from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .history import History

WALKED = 200_000
"""Records that one query looks back over."""
LATE = (
    "SELECT p.record, p.time, r.part, p.value, p.lower, p.upper, p.measured"
    " FROM points p JOIN records r ON r.number = p.record"
    " WHERE p.series = ? AND p.record BETWEEN ? AND ? AND p.measured IS NOT NULL"
    " ORDER BY p.record DESC LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured in one record: `at` in ms since 1970; `outputs`: {output: {"value",
    "predicted", "lower", "upper"}}, of the last three None where they are not known."""

    record: int
    at: int
    part: str
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def measured(
    history: History, station: str, recipe: str, before: int, most: int
) -> tuple[list[Measured], int]:
    """What was measured before record `before`, without values that were called wrong, the oldest
    first; and the record from which on that is all there is: at most `most` values of an output,
    from the last 200,000 records."""
    found, start = dict[int, Measured](), max(1, before - WALKED)
    first = start
    for output in [o for s, r, o in history.outputs() if (s, r) == (station, recipe)]:
        series = history.series(station, recipe, output)
        rows = history.rows(LATE, (series, first, before - 1, most))
        for record, at, part, value, lower, upper, y in rows:
            one = found.setdefault(record, Measured(record, at, part))
            one.outputs[output] = {"value": y, "predicted": value, "lower": lower, "upper": upper}
        if len(rows) == most:
            start = max(start, rows[-1][0])
    return [found[record] for record in sorted(found) if record >= start], start
