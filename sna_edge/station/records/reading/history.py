"""What the page, the doors and people ask of the records, beside the station that writes them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import Any

from ....errors import InputError
from ..ready import LARGEST, storable
from ..schema import KINDS, VERDICTS, to_read

COLUMNS = (
    "number, kind, (SELECT name FROM names WHERE id = records.station),"
    " (SELECT name FROM names WHERE id = records.recipe), part, sequence, verdict, time, text"
)
MINUTES = "FROM counts WHERE station = ? AND recipe = ? AND minute BETWEEN ? AND ?"
LOOKED = 20_000
"""Records of other stations that one query for the latest ones walks over."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record: `text` is the record itself, the rest is in it too; `time` in seconds."""

    number: int
    kind: str
    station: str
    recipe: str
    part: str
    sequence: int
    verdict: str
    time: float
    text: str


class History:
    """The records in `folder`, read only; every method may be called from any thread and sees what
    is on the disk by then. Raises InputError where there are no records that this version reads.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._db, self._lock = to_read(folder), threading.RLock()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, in one go: a reader that lingers would let the log of the database
        grow."""
        with self._lock:
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """All that is asked within sees one state of the records, whatever is written or cut
        meanwhile. For short work: it holds back the others who ask here."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def last(self) -> int:
        """The number of the newest record, 0 where there is none."""
        return int(self.rows("SELECT coalesce(max(number), 0) FROM records")[0][0])

    def record(self, number: int) -> Found | None:
        """One record by its number."""
        if not 0 < number < LARGEST:
            return None
        return next(self._found("WHERE number = ?", (number,)), None)

    def after(self, number: int, most: int = 500) -> list[Found]:
        """Records behind a number, the oldest first: what a client missed."""
        return list(self._found("WHERE number > ? ORDER BY number LIMIT ?", (number, most)))

    def latest(
        self,
        most: int = 50,
        *,
        station: str | None = None,
        kind: str | None = None,
        before: int | None = None,
    ) -> list[Found]:
        """The newest records, the newest first: of a station, of a kind, before a number. Looks
        back over 20,000 records, for events over all."""
        wanted, values = ["number < ?"], [before or 1 << 62]
        if station is not None:
            values.append(self._name(station))
            wanted.append("+station = ?")  # + : walk over numbers, not over all of the station
            ends = "SELECT coalesce(max(last), 0) + 1 FROM places WHERE station = ?"
            values[0] = min(values[0], self.rows(ends, values[1:])[0][0])
        if kind is not None:
            if kind not in KINDS:
                raise InputError(f"no kind of record {kind!r}; there are {', '.join(KINDS)}")
            wanted.append(f"kind = {KINDS.index(kind)}")
        if kind != "event":
            wanted.append("number >= ?")
            values.append(min(values[0], self.last()) - LOOKED)
        where = f"WHERE {' AND '.join(wanted)} ORDER BY number DESC LIMIT ?"
        return list(self._found(where, (*values, most)))

    def find(self, part: str, station: str | None = None, most: int = 100) -> list[Found]:
        """Verdicts, measured values and events of a part, the oldest first, at one station or at
        all."""
        ids = [self._name(station)] if station is not None else self._stations()
        marks = ", ".join("?" * len(ids))
        where = f"WHERE station IN ({marks}) AND part = ? ORDER BY number LIMIT ?"
        return list(self._found(where, (*ids, storable(part), most)))

    def stations(self) -> list[str]:
        """Names of all stations that records are of."""
        query = "SELECT name FROM names WHERE id IN (SELECT station FROM places) ORDER BY name"
        return [name for (name,) in self.rows(query) if name]

    def outputs(self) -> list[tuple[str, str, str]]:
        """(station, recipe, output) of everything that can be drawn."""
        return [
            (station, recipe, output)
            for station, recipe, output in self.rows(
                "SELECT s.name, r.name, output FROM series JOIN names s ON s.id = station"
                " JOIN names r ON r.id = recipe ORDER BY series.id"
            )
        ]

    def series(self, station: str, recipe: str, output: str) -> int:
        """The number of an output in the tables, 0 where it has no point."""
        found = self.rows(
            "SELECT id FROM series WHERE station = ? AND recipe = ? AND output = ?",
            (self._name(station), self._name(recipe), storable(output)),
        )
        return int(found[0][0]) if found else 0

    def counts(
        self,
        station: str | None = None,
        recipe: str | None = None,
        *,
        start: float = 0.0,
        end: float = 1e11,
    ) -> dict[str, int]:
        """How many records of each verdict, measured values and events there are from the minute
        of `start` to before that of `end`."""
        total = [0] * 5
        for place in self._places(station, recipe):
            sums = "sum(accept), sum(reject), sum(none), sum(measured), sum(events)"
            row = self.rows(f"SELECT {sums} {MINUTES}", (*place, _minute(start), _minute(end) - 1))
            total = [n + (more or 0) for n, more in zip(total, row[0], strict=True)]
        return dict(zip((*VERDICTS[1:], "measured", "events"), total, strict=True))

    def between(
        self, start: float, end: float, station: str | None = None, recipe: str | None = None
    ) -> tuple[int, int]:
        """The first and the last number of the records from the minute of `start` to that of `end`;
        (1, 0) where there are none. Where the clock jumped, others may stand between them."""
        firsts, lasts = [], []
        for place in self._places(station, recipe):
            ends = f"SELECT min(first), max(last) {MINUTES}"
            [(first, last)] = self.rows(ends, (*place, _minute(start), _minute(end)))
            if first is not None:
                firsts.append(int(first))
                lasts.append(int(last))
        return (min(firsts), max(lasts)) if firsts else (1, 0)

    def _places(self, station: str | None, recipe: str | None) -> list[tuple[Any, ...]]:
        """Station and recipe, by number, of all records or of some."""
        at = None if station is None else self._name(station)
        of = None if recipe is None else self._name(recipe)
        rows = self.rows("SELECT station, recipe FROM places")
        return [row for row in rows if at in (None, row[0]) and of in (None, row[1])]

    def _found(self, where: str, values: Any) -> Iterator[Found]:
        for number, kind, station, recipe, part, sequence, verdict, time, text in self.rows(
            f"SELECT {COLUMNS} FROM records {where}", values
        ):
            yield Found(number, KINDS[kind], station, recipe, part, sequence, VERDICTS[verdict],
                        time / 1000, text)  # fmt: skip

    def _name(self, name: str) -> int:
        found = self.rows("SELECT id FROM names WHERE name = ?", (storable(name),))
        return int(found[0][0]) if found else 0

    def _stations(self) -> list[int]:
        return [row[0] for row in self.rows("SELECT DISTINCT station FROM places")]


def _minute(seconds: float) -> int:
    return int(seconds // 60)
