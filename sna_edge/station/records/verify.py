"""Is every record there, as it was written, in its order?"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from typing import Any

from .chain import CUT, FIRST, Mark, known, linked
from .schema import EVENT, KINDS, VERDICTS, to_read

ROWS = (
    "SELECT number, kind, s.name, r.name, part, sequence, verdict, time, text, digest"
    " FROM records LEFT JOIN names s ON s.id = station LEFT JOIN names r ON r.id = recipe"
    " ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class Verified:
    """`records` were looked at, from number `first` to `last`; `digest` is that of the last one.
    `broken`: the first number at which the chain is not whole, None where it is; `words` say how.
    """

    records: int
    first: int
    last: int
    digest: str
    broken: int | None = None
    words: str = ""


def verify(folder: str | PathLike[str]) -> Verified:
    """Go through all records; also while a station writes. Raises InputError where there are none
    to read."""
    marks = known(folder)  # read before the records, which only grow
    with closing(to_read(folder)) as db:
        db.execute("BEGIN")
        walk = _Walk(db, marks)
        broken = next(walk.breaks(), None)
        for _ in walk.rest:
            pass
    number, words = broken or (None, "")
    last = walk.last
    return Verified(walk.count, walk.first, last.number, last.digest.hex(), number, words)


class _Walk:
    """The records of a database in their order, and what is wrong with them."""

    def __init__(self, db: sqlite3.Connection, marks: list[Mark]) -> None:
        self._marks = {mark.number: mark.digest for mark in marks}
        self._told = marks[-1].number if marks else 0
        self.last = _cut(db)
        self.count, self.first = 0, self.last.number + 1
        self.rest: Iterator[Any] = iter(db.execute(ROWS))

    def breaks(self) -> Iterator[tuple[int, str]]:
        """(number, what is wrong there)."""
        for row in self.rest:
            number, digest = row[0], row[-1]
            if not self.count and number > self.first:
                self.first = number
            self.count += 1
            yield from self._wrong(row)
            self.last = Mark(number, digest)
        if self._told > self.last.number:
            missing = f"records {self.last.number + 1} to {self._told}"
            yield self.last.number + 1, f"{missing} are missing at the end"

    def _wrong(self, row: tuple[Any, ...]) -> Iterator[tuple[int, str]]:
        number, text, digest = row[0], row[-2], row[-1]
        expected = self.last.number + 1
        if number < expected:
            yield number, f"record {number} stands before the place where the records were cut"
        if number > expected:
            yield expected, f"records {expected} to {number - 1} are missing"
        if not isinstance(text, str) or not text.isascii():
            yield number, f"record {number} was changed: it is no text"
        elif linked(self.last.digest, text) != digest:
            yield number, f"record {number} was changed, or the one before it"
        else:
            yield from _columns(row)
        if self._marks.get(number, digest) != digest:
            yield number, f"record {number} is not the one that an anchor names"


def _columns(row: tuple[Any, ...]) -> Iterator[tuple[int, str]]:
    """What the columns say beside the text."""
    number, kind, station, recipe, part, sequence, verdict, time, text, _ = row
    try:
        told = json.loads(text)
        same = told["record"] == number
    except (ValueError, TypeError, KeyError, RecursionError):
        yield number, f"record {number} is no JSON"
        return
    has = {"kind": KINDS[kind], "station": station, "recipe": recipe, "part": part,
           "sequence": sequence, "verdict": VERDICTS[verdict]}  # fmt: skip
    differ = [name for name, value in has.items() if name in told and told[name] != value]
    if "time" in told and _milliseconds(told["time"]) not in (None, time):
        differ.append("time")
    if not same or differ:
        what = ", ".join(differ) or "number"
        yield number, f"record {number} has another {what} in its columns than in its text"


def _milliseconds(text: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)


def _cut(db: sqlite3.Connection) -> Mark:
    """Where the chain begins: behind the last record that retention took away, as the newest event
    of it says."""
    first = db.execute("SELECT min(number) FROM records").fetchone()[0]
    if first is None or first == 1:
        return Mark(0, FIRST)
    newest = f"SELECT text FROM records WHERE kind = {EVENT} ORDER BY number DESC"
    for (text,) in db.execute(newest):
        try:
            told = json.loads(text)
            if told.get("event") == CUT:
                return Mark(int(told["last"]), bytes.fromhex(told["digest"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return Mark(0, FIRST)
