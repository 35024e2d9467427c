"""Readings of a part from a line of JSON or a row of a table, or the sentence that says why there
are none."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..learning.measured import COLUMN, KEY, of_cells
from ..table import Record
from ..values.documents import DIGITS, Twice, once, shortened
from ..values.naming import NUMBER
from .echo import ECHOED

Reading = Mapping[str, Any]

LONGEST = 1 << 20  # bytes of a line; longer ones are answered as bad input
PLAIN = re.compile(rf"[ \t]*{NUMBER.pattern}[ \t]*")
COMMA = re.compile(r"\s*[+-]?[0-9]+,[0-9]+\s*")
_quick, _strict = json.JSONDecoder().raw_decode, json.JSONDecoder(object_pairs_hook=once).decode
_decode_long = json.JSONDecoder(
    object_pairs_hook=once, parse_int=float
).decode  # where a whole number has thousands of digits


def plain_number(text: str) -> float:
    """A number with a decimal point and nothing else, NaN where it is none; float() also takes 0_1,
    nan and the digits of other scripts."""
    return float(text) if PLAIN.fullmatch(text) else float("nan")


def no_number(text: str) -> str:
    """What is wrong with a text that is none.

    >>> no_number("210,5")
    'not a number; write a decimal point'
    """
    return "not a number; write a decimal point" if COMMA.fullmatch(text) else "not a number"


def table_readings(names: Sequence[str], records: Iterable[Record]) -> list[Reading | str]:
    """Records of a table (or what is wrong with one) as readings; an empty cell is a missing
    reading, columns `measured.NAME` are measured values."""
    echoed = [name for name in names if name in ECHOED]
    measured = [name for name in names if name.startswith(COLUMN)]
    return [record.wrong or _reading(names, record.cells, echoed, measured) for record in records]


def _reading(
    names: Sequence[str], cells: Sequence[str], echoed: Sequence[str], measured: Sequence[str]
) -> Reading:
    reading: dict[str, Any] = {
        name: cell.strip() or None for name, cell in zip(names, cells, strict=True)
    }
    if measured and (found := of_cells(measured, reading)):
        reading[KEY] = found
    for name in echoed:
        text = reading[name]
        if text and not text.isascii():
            reading[name] = text.encode("utf-8", "replace").decode()  # bytes that were no text
    return reading


def parsed(text: bytes | str) -> Reading | str:
    """A JSON object, or what is wrong with the line."""
    if len(text) > LONGEST:
        return f"the line is longer than {LONGEST} bytes"
    try:
        found = _object(text.removeprefix(BOM_UTF8).decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError:
        return "the line is not UTF-8"
    except Twice as error:
        return str(error)
    except (ValueError, RecursionError) as error:
        return (
            "the line is empty"
            if not text.strip()
            else f"the line is not JSON ({shortened(str(error))})"
        )
    return found if isinstance(found, dict) else "the line is not a JSON object"


def _object(text: str) -> Any:
    try:
        if text.startswith("{") and text.endswith(
            "}"
        ):  # the usual line: with a colon for each key that was kept, none stands twice
            found, end = _quick(text)
            if end == len(text) and text.count(":") == len(found):
                return found
        return _strict(text)
    except ValueError as error:
        if DIGITS not in str(error):
            raise
    return _decode_long(text)


def said(value: object) -> str:
    """A value of a reading in a sentence, shortly, on one line, ? for what cannot be shown."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) >= 10**300:
        return "a whole number of more than 300 digits"
    text = shortened(value if isinstance(value, str) else repr(value))
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
