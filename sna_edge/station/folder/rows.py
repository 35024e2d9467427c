"""Rows of a table as arrivals, and their answers as a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from ...learning.measured import COLUMN, identity_of
from ...quality.echo import ECHOED
from ...quality.readings import Reading, table_readings
from ...table import Dialect, Marks, Record, Source, open_table
from ..messages import of_object
from ..parts import Answer, Arrival

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
            if isinstance(reading, str):
                found = Arrival(station, reading, f"{named}:{line}", 0, recipe, "folder")
            yield line, found


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


def verdicts(lines: Sequence[int], answers: Sequence[Answer]) -> bytes:
    """The table of what became of the rows."""
    told = [json.loads(answer.text) for answer in answers]
    outputs = list(dict.fromkeys(name for one in told for name in one.get("outputs", {})))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*FIRST, *(f"{n}.{k}" for n in outputs for k in ("value", "lower", "upper"))])
    for line, one in zip(lines, told, strict=True):
        found = one.get("outputs", {})
        numbers = [
            found.get(n, {}).get(k, "") for n in outputs for k in ("value", "lower", "upper")
        ]
        table.writerow([line, *(_plain(one.get(key, "")) for key in FIRST[1:]), *numbers])
    return text.getvalue().encode()


def _plain(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
