"""What the records of a minute come to, kept as they are written: a day is drawn from these."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from math import inf

from .ready import Ready
from .schema import EVENT, KINDS

OPEN = 4096
"""Minutes held in memory."""
JUDGED = KINDS.index("verdict")
OFF = (
    "SELECT measured - value FROM points WHERE series = ? AND record BETWEEN ? AND ?"
    " AND time / 60000 = ? AND measured - value IS NOT NULL ORDER BY record"
)
"""Measured less predicted, of all records of a minute."""
COUNTED = ("accept", "reject", "none", "measured", "events")
CELL = (0, 0.0, 0.0, inf, -inf, 0, 0.0, 0.0)
"""n, mean, spread, low, high, and n, mean and spread of measured less predicted."""


class Tally:
    """Counts and minutes that the records of a transaction change. It is thrown away where the
    transaction fails."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._counts: dict[tuple[int, int, int], list[int]] = {}
        self._cells: dict[tuple[int, int], list[float]] = {}
        self._series: dict[tuple[int, int, str], int] = {}
        self._changed_counts: set[tuple[int, int, int]] = set()
        self._last: dict[tuple[int, int], int] = {}
        self._changed_cells: set[tuple[int, int]] = set()

    def count(self, one: Ready, station: int, recipe: int, number: int) -> None:
        """Count a record in its minute."""
        key = station, recipe, one.time // 60_000
        row = self._counts.get(key) or self._count_before(key, number)
        row[_column(one)] += 1
        row[5], row[6] = min(row[5], number), max(row[6], number)
        self._changed_counts.add(key)
        self._last[station, recipe] = number

    def add(self, series: int, one: Ready, value: float | None, measured: float | None) -> None:
        """Add a point to the minute of its output; a value predicted counts with its verdict, not
        again when the part is measured."""
        key = series, one.time // 60_000
        cell = self._cells.get(key) or self._cell_before(key)
        if value is not None:
            if one.kind == JUDGED:
                _merge(cell, 0, value)
                cell[3], cell[4] = min(cell[3], value), max(cell[4], value)
            if measured is not None:
                _merge(cell, 5, measured - value)
        self._changed_cells.add(key)

    def without(self, number: int) -> None:
        """Take what was measured in a record out of the points, and out of the minute that it was
        in, which is added up anew: values that are far off cannot be subtracted. Call it when all
        points are in their table."""
        query = "SELECT station, recipe, time / 60000, kind FROM records WHERE number = ?"
        for station, recipe, minute, kind in self._db.execute(query, (number,)).fetchall():
            counted = self._counts.get((station, recipe, minute)) or self._count_before(
                (station, recipe, minute), number
            )
            where = "station = ? AND recipe = ?"
            series = self._db.execute(f"SELECT id FROM series WHERE {where}", (station, recipe))
            for (one,) in series.fetchall():
                if kind == JUDGED:
                    taken = "UPDATE points SET measured = NULL WHERE series = ? AND record = ?"
                else:
                    taken = "DELETE FROM points WHERE series = ? AND record = ?"
                self._db.execute(taken, (one, number))
                self._again((one, minute), counted[5], counted[6])

    def _again(self, key: tuple[int, int], first: int, last: int) -> None:
        """Add the measured values of a minute up anew."""
        cell = self._cells.get(key) or self._cell_before(key)
        cell[5:8] = CELL[5:8]
        for (off,) in self._db.execute(OFF, (key[0], first, last, key[1])):
            _merge(cell, 5, off)
        self._changed_cells.add(key)

    def series(self, station: int, recipe: int, output: str) -> int:
        """The number of an output of a recipe at a station."""
        key = station, recipe, output
        found = self._series.get(key)
        if found is None:
            where = "station = ? AND recipe = ? AND output = ?"
            row = self._db.execute(f"SELECT id FROM series WHERE {where}", key).fetchone()
            if row is None:
                new = "INSERT INTO series (station, recipe, output) VALUES (?, ?, ?)"
                found = int(self._db.execute(new, key).lastrowid or 0)
            else:
                found = int(row[0])
            self._series[key] = found
        return found

    def write(self) -> None:
        """Bring what changed into the tables."""
        self._db.executemany(
            "INSERT OR REPLACE INTO counts VALUES (?,?,?,?,?,?,?,?,?,?)",
            [(*key, *self._counts[key]) for key in self._changed_counts],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO minutes VALUES (?,?,?,?,?,?,?,?,?,?)",
            [(*key, *_stored(self._cells[key])) for key in self._changed_cells],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO places VALUES (?,?,?)",
            [(*key, last) for key, last in self._last.items()],
        )
        self._last.clear()
        self._changed_counts.clear()
        self._changed_cells.clear()
        for kept in (self._counts, self._cells, self._series):
            if len(kept) > OPEN:
                kept.clear()

    def _count_before(self, key: tuple[int, int, int], number: int) -> list[int]:
        where = "station = ? AND recipe = ? AND minute = ?"
        columns = f"{', '.join(COUNTED)}, first, last"
        row = self._db.execute(f"SELECT {columns} FROM counts WHERE {where}", key).fetchone()
        self._counts[key] = found = list(row) if row else [0, 0, 0, 0, 0, number, number]
        return found

    def _cell_before(self, key: tuple[int, int]) -> list[float]:
        columns = "n, mean, spread, low, high, off_n, off_mean, off_spread"
        where = "series = ? AND minute = ?"
        row = self._db.execute(f"SELECT {columns} FROM minutes WHERE {where}", key).fetchone()
        found: list[float] = list(CELL)
        if row:
            found = [default if x is None else x for x, default in zip(row, CELL, strict=True)]
        self._cells[key] = found
        return found


def _column(one: Ready) -> int:
    if one.kind == EVENT:
        return 4
    return 3 if one.verdict == 0 else one.verdict - 1


def _merge(cell: list[float], at: int, value: float) -> None:
    """n + 1, mean + (x - mean)/n, spread + (x - old mean)(x - new mean)."""
    cell[at] += 1
    off = value - cell[at + 1]
    cell[at + 1] += off / cell[at]
    cell[at + 2] += off * (value - cell[at + 1])


def _stored(cell: Sequence[float]) -> list[float | None]:
    return [x if -inf < x < inf else None for x in cell]
