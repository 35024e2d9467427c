"""What comes back with a verdict as it was sent: the id and the time of a reading, to the last
digit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json import decoder as json_decoder
from typing import Any

ECHOED = ("id", "part", "time", "timestamp")  # keys of a reading that come back with its verdict
AS_WRITTEN = frozenset((str, int, bool, type(None)))  # types that JSON writes as it has read them
_keys = frozenset(ECHOED)
_blank = re.compile(r"[ \t\r\n]*").match
_foreign = re.compile(r"[^\x20-\x7e]")


def echo(reading: Mapping[str, Any] | str) -> dict[str, Any]:
    """The entries of a reading that come back."""
    if isinstance(reading, str) or _keys.isdisjoint(reading):
        return {}
    return {key: value for key, value in reading.items() if key in _keys}


def altered(answer: Mapping[str, Any]) -> bool:
    """Whether an echoed value could look otherwise when written again: 1.10, 1e3, forty digits, or
    a list of them."""
    return not AS_WRITTEN.issuperset(map(type, map(answer.get, ECHOED)))


def sent(text: str) -> dict[str, str]:
    """The JSON text of the echoed entries in `text`, a line that has been read as a JSON object; in
    ASCII, null for NaN and infinity."""
    found, wrong = dict[str, str](), list[str]()
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=wrong.append)
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        wrong.clear()
        key, at = json_decoder.scanstring(text, at + 1, True)  # type: ignore[attr-defined]
        start = _skip(text, _skip(text, at) + 1)  # past the colon
        _, end = decoder.raw_decode(text, start)
        if key in _keys:
            found[key] = "null" if wrong else _foreign.sub(_escaped, text[start:end])
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    found = _blank(text, at)
    assert found is not None
    return found.end()


def _escaped(found: re.Match[str]) -> str:
    return " " if found[0] in "\t\r\n" else json.dumps(found[0])[1:-1]
