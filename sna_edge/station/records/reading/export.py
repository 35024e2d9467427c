"""Verdicts as a table: one row each, with what was measured of the part later."""

from __future__ import annotations

import csv
import json
from collections.abc import Container, Iterator
from datetime import datetime, timezone, tzinfo
from typing import Any, TextIO

from ....errors import InputError
from ...drafts import WRONG as EVENT
from ..schema import VERDICTS
from .history import History

ROWS = 1000
"""Records that are read at once."""
NUMBERS = ("value", "lower", "upper", "p_in_spec", "measured")
RECORDS = (
    "SELECT number, station, recipe, part, sequence, verdict, time FROM records"
    " WHERE number BETWEEN ? AND ? AND kind = 0 ORDER BY number LIMIT ?"
)
LATER = (
    "SELECT m.number, p.measured FROM records m JOIN points p ON p.record = m.number"
    " WHERE m.station = ? AND m.part = ? AND m.kind = 1 AND p.series = ? ORDER BY m.number"
)
WRONG = f"SELECT text FROM records WHERE kind = 2 AND instr(text, '\"{EVENT}\"')"
"""Events by which people say so of a measured value."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula."""


def zone_of(name: str) -> tzinfo | None:
    """The time zone "UTC", "local" (None: that of this machine) or one by its name such as
    Europe/Vienna. Raises InputError where this machine does not know it."""
    if name.lower() in ("utc", "local"):
        return timezone.utc if name.lower() == "utc" else None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"no time zone {name!r} on this machine; give UTC, local, or a name as Europe/Vienna"
        ) from None


def seconds_of(text: str, zone: tzinfo | None) -> float:
    """Seconds since 1970 of a day or a time; one without an offset is of the zone, None that of
    this machine. Raises InputError."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        said = f"no time {text[:40]!r}; give it as 2026-03-01 or 2026-03-01T06:00"
        raise InputError(said) from None


def write_csv(
    history: History,
    file: TextIO,
    *,
    station: str | None = None,
    start: float = 0.0,
    end: float = 1e11,
    zone: str = "UTC",
    decimal: str = ".",
) -> int:
    """Write the verdicts from `start` to before `end` (seconds since 1970), in the order of their
    numbers, and give their count. Times are of `zone` with their offset to UTC; `decimal` is "." or
    ",", and columns are parted by ";" then. Measured values that somebody has called wrong are left
    out. Text that a spreadsheet would take for a formula begins
    with an apostrophe. Open the file with newline="". Raises InputError for an unknown zone."""
    count = -1
    for line in csv_lines(
        history, station=station, start=start, end=end, zone=zone, decimal=decimal
    ):
        file.write(line)
        count += 1
    return count


def csv_lines(
    history: History, *, station: str | None = None, start: float = 0.0, end: float = 1e11,
    zone: str = "UTC", decimal: str = ".",
) -> Iterator[str]:  # fmt: skip
    """The lines that `write_csv` writes, the names of the columns first, read as they are asked
    for. Raises InputError at the first one."""
    place = zone_of(zone)
    if decimal not in (".", ","):
        raise InputError(f"decimal = {decimal!r}: one of . and ,")
    outputs = _outputs(history, station)
    line = Line()
    writer = csv.writer(line, delimiter=";" if decimal == "," else ",", lineterminator="\r\n")
    names = list(dict.fromkeys(output for _, _, _, output in outputs.values()))
    columns = [f"{name} {number}" for name in names for number in NUMBERS]
    writer.writerow(
        ["record", "time", "station", "recipe", "part", "sequence", "verdict", *map(_cell, columns)]
    )
    yield line.text
    for head, points in _rows(history, station, outputs, start, end):
        number, at, *texts, sequence, verdict = head
        told = datetime.fromtimestamp(at, timezone.utc).astimezone(place)
        values = [_number(x, decimal) for name in names for x in points.get(name, _EMPTY)]
        text = told.isoformat(timespec="milliseconds")
        writer.writerow([number, text, *map(_cell, texts), sequence, verdict, *values])
        yield line.text


class Line:
    """A file that holds what was written last: one row of a csv.writer."""

    text = ""

    def write(self, text: str) -> None:
        """In place of what was there."""
        self.text = text


_EMPTY = (None,) * len(NUMBERS)


def _outputs(history: History, station: str | None) -> dict[int, tuple[int, int, str, str]]:
    """Series -> station and recipe by number, name of the station, output."""
    rows = history.rows(
        "SELECT series.id, station, recipe, s.name, output FROM series"
        " JOIN names s ON s.id = station ORDER BY series.id"
    )
    return {row[0]: row[1:] for row in rows if station in (None, row[3])}


def _rows(
    history: History,
    station: str | None,
    outputs: dict[int, tuple[int, int, str, str]],
    start: float,
    end: float,
) -> Iterator[tuple[list[Any], dict[str, tuple[Any, ...]]]]:
    """Of each verdict what it is, and output -> its numbers."""
    names = dict(history.rows("SELECT id, name FROM names"))
    first, last = history.between(start, end, station)
    wrong = _wrong(history)
    while first <= last:
        with history.at_once():
            rows = history.rows(RECORDS, (first, last, ROWS))
            page = _page(history, outputs, rows, wrong)
        for head, points in page:
            name = names.get(head[2], "")
            if station in (None, name) and start <= head[1] < end:
                yield [*head[:2], name, names.get(head[3], ""), *head[4:]], points
        first = rows[-1][0] + 1 if rows else last + 1


def _page(
    history: History, outputs: dict[int, Any], rows: list[tuple[Any, ...]], wrong: Container[int]
) -> list[tuple[list[Any], dict[str, tuple[Any, ...]]]]:
    """Of the rows of RECORDS what each is, and output -> its numbers."""
    found = _points(history, outputs, rows[0][0], rows[-1][0]) if rows else {}
    page = []
    for number, at, recipe, part, sequence, verdict, time in rows:
        points = {}
        for series, values in found.get(number, {}).items():
            late = None if number in wrong else values[-1]
            if late is None:
                late = _late(history, at, part, series, wrong)
            points[outputs[series][3]] = (*values[:-1], late)
        page.append(([number, time / 1000, at, recipe, part, sequence, VERDICTS[verdict]], points))
    return page


def _points(
    history: History, outputs: dict[int, Any], first: int, last: int
) -> dict[int, dict[int, tuple[Any, ...]]]:
    """Record -> series -> its numbers."""
    query = (
        "SELECT record, value, lower, upper, chance, measured FROM points"
        " WHERE series = ? AND record BETWEEN ? AND ?"
    )
    found: dict[int, dict[int, tuple[Any, ...]]] = {}
    for series in outputs:
        for record, *values in history.rows(query, (series, first, last)):
            found.setdefault(record, {})[series] = tuple(values)
    return found


def _late(
    history: History, station: int, part: str, series: int, wrong: Container[int]
) -> float | None:
    """The last value that was measured of a part in a message of its own, and is not wrong."""
    rows = history.rows(LATER, (station, part, series)) if part else []
    return next((value for number, value in reversed(rows) if number not in wrong), None)


def _wrong(history: History) -> set[int]:
    """Numbers of records whose measured values somebody has called wrong."""
    told = (json.loads(text) for (text,) in history.rows(WRONG))
    return {one["about"] for one in told if one.get("event") == EVENT}


def _number(value: float | None, decimal: str) -> str:
    return "" if value is None else repr(value).replace(".", decimal)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
