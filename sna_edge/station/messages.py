"""Messages of a line as arrivals: one JSON object for each part.

    {"part": "A17", "power": 200, "speed": 1.4}                the inputs beside the part
    {"part": "A17", "reading": {"power": 200, "speed": 1.4}}   or in a place of their own
    {"part": "A17", "measured": {"width": 118.2}}              what was measured of it, even later

`id` is another name of `part`; `sequence`, `recipe` and `time` (seconds since 1970, or ISO 8601
with an offset) may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from ..learning.measured import KEY, identity_of
from ..quality.readings import LONGEST, parsed, said
from ..values.documents import Twice, once, shortened
from .parts import Arrival

READING = "reading"
LONGEST_ID = 200


def of_object(
    found: Mapping[str, Any] | str, station: str, door: str = "", recipe: str = ""
) -> Arrival:
    """The arrival of a message that was read, or of what is wrong with it. `recipe`: where the
    message names none."""
    if isinstance(found, str):
        return Arrival(station, found, recipe=recipe, door=door)
    part, sequence = _part(identity_of(found)), found.get("sequence", 0)
    named = found.get("recipe") or recipe
    wrong = ""
    if part is None:
        wrong, part = f"the id of the part is {said(identity_of(found))}; give text", ""
    elif isinstance(sequence, bool) or not isinstance(sequence, int) or not 0 <= sequence < 2**53:
        wrong = f"sequence of {part} is {said(sequence)}; give a whole number from 0 on"
        sequence = 0
        part = ""  # a record of its own: the verdict of sequence 0 is no answer
    elif not isinstance(named, str) or len(named) > LONGEST_ID or not named.isprintable():
        wrong, named = f"recipe of {part} is {said(named)}; give text", recipe
        part = ""
    reading = _reading(found)
    if isinstance(sequence, bool) or not isinstance(sequence, int):
        sequence = 0
    if not isinstance(named, str):
        named = recipe
    return Arrival(station, wrong or reading, part, sequence, named, door, sent_at(found))


def _reading(found: Mapping[str, Any]) -> Mapping[str, Any] | str:
    inner = found.get(READING)
    if inner is None:
        return found
    if not isinstance(inner, Mapping):
        return f"reading is {said(inner)}; give an object of inputs"
    return {**inner, KEY: found[KEY]} if found.get(KEY) is not None else inner


def _part(given: object) -> str | None:
    """The id as text, "" where there is none; None for what is no id."""
    if given is None:
        return ""
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        return None
    if isinstance(given, int) and abs(given) >= 10**100:
        return None
    text = str(given).strip()
    plain = len(text) <= LONGEST_ID and text.isprintable()
    return text if plain else None


def sent_at(found: Mapping[str, Any]) -> float | None:
    """Seconds since 1970 that a message says as its time; None where it says none."""
    given = found.get("time", found.get("timestamp"))
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given.replace("Z", "+00:00"))
        except ValueError:
            return None
        return moment.timestamp() if moment.tzinfo is not None else None
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        return None
    if not isfinite(given) or not 0 <= given < 1e14:
        return None
    return given / 1000.0 if given > 1e11 else float(given)


def of_line(text: bytes | str, station: str, door: str = "", recipe: str = "") -> Arrival:
    """The arrival of one JSON object."""
    return of_object(parsed(text), station, door, recipe)


def of_list(text: bytes, station: str, door: str = "", recipe: str = "") -> list[Arrival]:
    """The arrivals of a JSON list of objects; one with a sentence where it cannot be read."""
    try:
        found = json.loads(text, object_pairs_hook=once)
    except Twice as error:
        found = str(error)
    except (ValueError, RecursionError) as error:
        found = f"the message is not JSON ({shortened(str(error))})"
    if not isinstance(found, list):
        return [of_object(found if isinstance(found, str) else "no list", station, door, recipe)]
    return [
        of_object(one if isinstance(one, dict) else "no JSON object", station, door, recipe)
        for one in found
    ]


def of_lines(text: bytes, station: str, door: str = "", recipe: str = "") -> list[Arrival]:
    """The arrivals of lines of JSON; empty lines count for nothing."""
    return [of_line(line, station, door, recipe) for line in text.split(b"\n") if line.strip()]


def in_turns(arrivals: Sequence[Arrival], most: int) -> Iterator[Sequence[Arrival]]:
    """At most `most` of them at a time."""
    for start in range(0, len(arrivals), most):
        yield arrivals[start : start + most]


__all__ = ["LONGEST", "in_turns", "of_line", "of_lines", "of_list", "of_object", "sent_at"]
