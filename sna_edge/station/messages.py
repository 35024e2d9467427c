"""Messages of a line as arrivals: one JSON object for each part.

    {"part": "A17", "power": 200, "speed": 1.4}                the inputs beside the part
    {"part": "A17", "reading": {"power": 200, "speed": 1.4}}   or in a place of their own
    {"part": "A17", "measured": {"width": 118.2}}              what was measured of it, even later

`id` is another name of `part`; `sequence`, `recipe` and `time` (seconds since 1970, or ISO 8601
with an offset) may be left out. Whatever the bytes are, something comes out: arrivals, or the
sentence that says why there are none.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from ..learning.measured import KEY, identity_of
from ..quality.readings import LONGEST, parsed, said
from ..values.documents import Twice, once, shortened
from .parts import Arrival

READING = "reading"
LONGEST_ID = 200
NAME = f"a whole number or at most {LONGEST_ID} printable characters"
MOST = 10_000
"""Parts of one message."""
DEEPEST = 32
"""Objects and lists within each other in the message of a part."""
PLACES = 100_000
"""Objects and lists in one message."""
OBJECT, LIST, LINES, BROKEN, MANY = "object", "list", "lines", "broken", "many"
"""What a message is: BROKEN, a list that cannot be taken apart, so that nobody knows how many parts
were in it; MANY, of too many parts."""
SECOND = re.compile(rb"\n[ \t\r]*\{")
"""The begin of an object on another line. No second line end in it: a search would begin anew at
each of a million empty lines."""
_blank = re.compile(r"[ \t\r\n]*").match
_element = json.JSONDecoder(object_pairs_hook=once).raw_decode
_end = json.JSONDecoder(parse_int=str).raw_decode


def of_object(
    found: Mapping[str, Any] | str, station: str, door: str = "", recipe: str = ""
) -> Arrival:
    """The arrival of a message that was read, or of what is wrong with it. `recipe`: where the
    message names none."""
    if isinstance(found, str):
        return Arrival(station, found, recipe=recipe, door=door)
    given, sequence, wrong = identity_of(found), found.get("sequence", 0), ""
    part = _name(given.strip() if isinstance(given, str) else given)
    named = _name(found.get("recipe"))  # as it is: what chooses model and limits is not guessed
    if part is None:
        wrong = f"the id of the part is {said(given)}; give {NAME}"
    elif isinstance(sequence, bool) or not isinstance(sequence, int) or not 0 <= sequence < 2**53:
        wrong = f"sequence of {part} is {said(sequence)}; give a whole number from 0 on"
    elif named is None:
        wrong = f"recipe of {part} is {said(found['recipe'])}; give {NAME}"
    if part is None or wrong:  # a record of its own: the verdict of sequence 0 is no answer
        part, sequence = "", 0
    reading = wrong or _reading(found)
    return Arrival(station, reading, part, sequence, named or recipe, door, sent_at(found))


def _reading(found: Mapping[str, Any]) -> Mapping[str, Any] | str:
    inner = found.get(READING)
    if inner is None:
        return found
    if not isinstance(inner, Mapping):
        return f"reading is {said(inner)}; give an object of inputs"
    return {**inner, KEY: found[KEY]} if found.get(KEY) is not None else inner


def _name(given: object) -> str | None:
    """The id of a part or recipe as text, "" where there is none; None for what is no id."""
    if given is None:
        return ""
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        return None
    if isinstance(given, int) and abs(given) >= 10**100:
        return None
    text = str(given)
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
    if not 0 <= given < 1e14:  # NaN too
        return None
    return given / 1000.0 if given > 1e11 else float(given)


def of_line(text: bytes | str, station: str, door: str = "", recipe: str = "") -> Arrival:
    """The arrival of one JSON object."""
    opened = text.count(b"{") + text.count(b"[") if isinstance(text, bytes) else DEEPEST + 1
    found: Mapping[str, Any] | str = TOO_DEEP if opened > PLACES else parsed(text)
    if opened > DEEPEST and too_deep(found):
        found = TOO_DEEP
    return of_object(found, station, door, recipe)


TOO_DEEP = f"the message is nested deeper than {DEEPEST} levels; send inputs as plain values"


def too_deep(value: object, left: int = DEEPEST) -> bool:
    """Whether objects and lists lie within each other deeper than `left`."""
    if isinstance(value, dict):
        return not left or any(too_deep(one, left - 1) for one in value.values())
    return isinstance(value, list) and (not left or any(too_deep(one, left - 1) for one in value))


def of_list(text: bytes, station: str, door: str = "", recipe: str = "") -> list[Arrival]:
    """The arrivals of a JSON list of objects, each read for itself: what is wrong with one says
    nothing of the others; of too many the first MOST + 1. Raises ValueError with the sentence for
    what is no list of that kind."""
    try:
        told = text.removeprefix(BOM_UTF8).decode()
        return list(islice(_elements(told, station, door, recipe), MOST + 1))
    except UnicodeDecodeError:
        wrong = "it is not UTF-8"
    except RecursionError:
        wrong = "it is nested too deeply"
    except ValueError as error:
        wrong = shortened(str(error))
    raise ValueError(f"the list cannot be read ({wrong}); correct it and send it again")


def _elements(text: str, station: str, door: str, recipe: str) -> Iterator[Arrival]:
    at = _skipped(text, _skipped(text, 0) + 1)
    while text[at : at + 1] != "]":
        start = at
        try:
            found, at = _element(text, start)
        except (ValueError, RecursionError) as error:
            at = _end(text, start)[1] if isinstance(error, Twice) or "digits" in str(error) else -1
            if at < 0:
                raise
            yield of_line(text[start:at], station, door, recipe)
        else:
            plain = found if isinstance(found, dict) else "no JSON object"
            plain = TOO_DEEP if too_deep(plain) else plain
            yield of_object(plain, station, door, recipe)
        at = _skipped(text, at)
        if text[at : at + 1] == ",":
            at = _skipped(text, at + 1)
            if text[at : at + 1] == "]":
                raise ValueError("a comma before its end")
        elif text[at : at + 1] != "]":
            raise ValueError(f"no comma or end at {at}")
    if _skipped(text, at + 1) != len(text):
        raise ValueError(f"more behind its end at {at + 1}")


def _skipped(text: str, at: int) -> int:
    found = _blank(text, at)
    assert found is not None
    return found.end()


def of_lines(text: bytes, station: str, door: str = "", recipe: str = "") -> list[Arrival]:
    """The arrivals of lines of JSON; empty lines count for nothing."""
    return [of_line(line, station, door, recipe) for line in text.split(b"\n") if line.strip()]


def of_message(
    data: bytes, station: str, door: str = "", recipe: str = "", *, lines: bool = False
) -> tuple[list[Arrival], str]:
    """The parts of a message, and what it is; `lines`: its sender says that it is lines. BROKEN and
    MANY have one arrival, with the sentence that says what is wrong."""
    text = data.removeprefix(BOM_UTF8).strip()
    if not lines and text.startswith(b"["):
        if text.count(b"{") + text.count(b"[") > PLACES:
            return [Arrival(station, TOO_MANY, recipe=recipe, door=door)], MANY
        try:
            found, form = of_list(text, station, door, recipe), LIST
        except ValueError as error:
            return [Arrival(station, str(error), recipe=recipe, door=door)], BROKEN
    elif lines or _is_lines(text):
        if text.count(b"\n") >= MOST:
            return [Arrival(station, TOO_MANY, recipe=recipe, door=door)], MANY
        found, form = of_lines(data, station, door, recipe), LINES
    else:
        return [of_line(data, station, door, recipe)], OBJECT
    if len(found) > MOST:
        return [Arrival(station, TOO_MANY, recipe=recipe, door=door)], MANY
    return found, form


TOO_MANY = f"more than {MOST} parts in one message; send fewer"


def _is_lines(text: bytes) -> bool:
    """Whether what is no object as a whole may be objects on lines of their own."""
    return SECOND.search(text) is not None and isinstance(parsed(text), str)


def in_turns(arrivals: Sequence[Arrival], most: int) -> Iterator[Sequence[Arrival]]:
    """At most `most` of them at a time."""
    for start in range(0, len(arrivals), most):
        yield arrivals[start : start + most]


__all__ = [
    "BROKEN", "LINES", "LIST", "LONGEST", "MANY", "OBJECT", "in_turns", "of_line", "of_lines",
    "of_list", "of_message", "of_object", "sent_at",
]  # fmt: skip
