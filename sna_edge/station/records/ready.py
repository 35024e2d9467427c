"""A draft, checked and in the types of the tables, before anything of it is written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ..drafts import EVENT as EVENTS
from ..drafts import Draft, Key
from .schema import KINDS, VERDICTS

SCHEMA = 1
"""Of the text of a record."""
LARGEST = 2**63
LATEST = 253402300800  # 10000-01-01
Point = tuple[str, float | None, float | None, float | None, float | None, float | None]
"""Output, value, lower, upper, measured, probability in spec."""


@dataclass(frozen=True, slots=True)
class Ready:
    """`open`: the text behind `"record": n`, with a comma at both ends. `mark`: None where the
    record has no key. `time`: milliseconds since 1970."""

    kind: int
    station: str
    recipe: str
    part: str
    sequence: int
    mark: str | None
    verdict: int
    time: int
    open: str
    points: tuple[Point, ...]
    wrong: int = 0


def ready(draft: Draft) -> Ready:
    """Raises InputError for a draft that can be no record."""
    try:
        kind, verdict = KINDS.index(draft.kind), VERDICTS.index(draft.verdict)
    except ValueError:
        raise InputError(
            f"kind {draft.kind!r} with verdict {draft.verdict!r}: no such record"
        ) from None
    if not -LARGEST <= draft.sequence < LARGEST:
        raise InputError(f"sequence {draft.sequence} of a part has more than 64 bits")
    if not 0 <= draft.time < LATEST:
        raise InputError(f"time {draft.time} of a record is not between 1970 and 9999")
    has_key = draft.kind != EVENTS and draft.part != ""
    return Ready(
        kind, storable(draft.station), storable(draft.recipe), storable(draft.part),
        int(draft.sequence), storable(draft.mark) if has_key else None, verdict,
        round(draft.time * 1000), _opened(draft.text), tuple(_points(draft)), draft.wrong,
    )  # fmt: skip


def _opened(text: str) -> str:
    if not (text.startswith("{") and text.endswith("}") and text.isascii()) or "\n" in text:
        raise InputError("the text of a record is not one line of JSON in ASCII")
    body = text[1:-1].strip()
    return f", {body}, " if body else ", "


def _points(draft: Draft) -> Iterator[Point]:
    """One of each output that has a number."""
    outputs, measured = draft.outputs, draft.measured
    for name, told in outputs.items():
        value, found = _number(told.get("value")), None
        if measured:
            found = _number(measured.get(name))
        if value is not None or found is not None:
            lower, upper = _number(told.get("lower")), _number(told.get("upper"))
            yield storable(name), value, lower, upper, found, _number(told.get("p_in_spec"))
    for name in measured.keys() - outputs.keys():
        if (found := _number(measured[name])) is not None:
            yield storable(name), None, None, None, found, None


def _number(value: Any) -> float | None:
    if type(value) is not float:
        try:
            value = float(value)
        except (TypeError, ValueError, OverflowError):
            return None
    return value if -math.inf < value < math.inf else None


def storable(text: str) -> str:
    """Text that a table takes: half characters, which JSON can hold, written out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def key_of(key: Key) -> Key:
    """The key as the tables hold it."""
    station, part, sequence, mark = key
    return storable(station), storable(part), sequence, storable(mark)


def made(event: str, time: float, told: Mapping[str, Any], station: str = "") -> Draft:
    """The draft of an event that the records tell of themselves."""
    body = {"schema": SCHEMA, "kind": EVENTS, "time": iso(time), "station": station, "part": "",
            "recipe": "", "event": event, **told}  # fmt: skip
    return Draft(EVENTS, station, json.dumps(body), time)


def iso(seconds: float) -> str:
    """Seconds since 1970 as 2026-11-28T17:04:38.123Z."""
    from datetime import datetime, timezone

    moment = datetime.fromtimestamp(round(seconds * 1000) // 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{round(seconds * 1000) % 1000:03d}Z"
