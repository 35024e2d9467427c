"""Rows of a table as arrivals, and their answers as a table."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from math import isfinite
from typing import Any

from ...learning.measured import COLUMN, identity_of
from ...quality.echo import ECHOED
from ...quality.readings import Reading, table_readings
from ...table import Dialect, Marks, Record, Source, open_table
from ..messages import of_object
from ..parts import Answer, Arrival

LONGEST_NAME = 100
NUMBERS = ("value", "lower", "upper")
FIRST = ("line", "part", "verdict", "status", "reason", "record", "time")
TEXTS = frozenset((*ECHOED, "recipe"))


def rows(
    path: str,
    named: str,
    station: str,
    recipe: str,
    levels: Sequence[str],
    numbers: Sequence[str] | None,
) -> Iterator[tuple[int, Arrival]]:
    """(line, arrival) of every row of the table at `path`, of whose columns `levels` hold names and
    `numbers` (None: those that look like it) numbers. A row without an id is the part
    'NAMED:LINE', so that a file that is read again gives the same parts; `named` tells files apart,
    those of one name too. Raises InputError, OSError for what is
    no table."""
    source = open_table(path, Dialect(), categorical=levels)
    if numbers is None:
        marks = source.marks()
    else:
        known = [n for n in source.names if n in numbers or n.removeprefix(COLUMN) in numbers]
        marks = source.settle([n for n in known if n not in levels])
    for block in source.blocks():
        records = [
            Record(at, row, block.wrong.get(i, ""))
            for i, (at, row) in enumerate(zip(block.lines, block.rows, strict=True))
        ]
        readings = table_readings(source.names, records)
        for line, reading in zip(block.lines, readings, strict=True):
            if not isinstance(reading, str):
                reading = _told(reading, source, marks, levels)
                if identity_of(reading) is None:
                    reading["id"] = f"{named}:{line}"
            found = of_object(reading, station, "folder", recipe)
            yield line, found if found.part else replace(found, part=f"{named}:{line}")


def _told(reading: Reading, source: Source, marks: Marks, levels: Sequence[str]) -> dict[str, Any]:
    """Cells as numbers, with the unit of their column where it has one; others as they stand."""
    return {
        name: {k: _cell(f"{COLUMN}{k}", v, source, marks, levels) for k, v in value.items()}
        if isinstance(value, dict)
        else _cell(name, value, source, marks, levels)
        for name, value in reading.items()
    }


def _cell(name: str, value: Any, source: Source, marks: Marks, levels: Sequence[str]) -> Any:
    if not isinstance(value, str) or name in TEXTS or name in levels:
        return value
    if name == "sequence":
        return int(value) if value.isdigit() and value.isascii() and len(value) < 17 else value
    number = marks.number(value)
    if not isfinite(number):
        return value
    unit = source.units.get(name, "")
    return f"{number!r} {unit}" if unit else number


def names_of(outputs: Sequence[str]) -> bytes:
    """The first line of the table of what became of the rows."""
    return _text([[*FIRST, *(f"{n}.{k}" for n in outputs for k in NUMBERS)]])


def verdicts(lines: Sequence[int], answers: Sequence[Answer], outputs: Sequence[str]) -> bytes:
    """Lines of that table."""
    return _text(
        [
            line, *(_plain(one.get(key, "")) for key in FIRST[1:]),
            *((one.get("outputs") or {}).get(n, {}).get(k, "") for n in outputs for k in NUMBERS),
        ]
        for line, one in zip(lines, [json.loads(a.text) for a in answers], strict=True)
    )  # fmt: skip


def _text(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def shown(name: str) -> str:
    """A name of a file on one line."""
    return "".join(c if c.isprintable() else "?" for c in name)


def named_by(name: str, when: str) -> str:
    """What ids of rows begin with: the name of a file and its time, printable and not long, so that
    they are ids whatever the file is called.

    >>> named_by("a.csv", "2026"), named_by("a" + chr(10), "2026")
    ('a.csv@2026', 'a?~19d8f3@2026')
    """
    plain = shown(name)[:LONGEST_NAME]
    if plain != name:
        plain += "~" + blake2b(os.fsencode(name), digest_size=3).hexdigest()
    return f"{plain}@{when}"


def _plain(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
