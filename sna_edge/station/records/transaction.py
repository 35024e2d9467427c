"""Records numbered, chained and written in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from ..drafts import Key
from ..parts import Answer
from .chain import FIRST, Mark, linked
from .ready import Ready
from .retention import Cut, take_away
from .schema import VERDICTS
from .tally import Tally

NAMES = 4096
"""Names held in memory."""
ONE = (
    "SELECT number, text, verdict FROM records"
    " WHERE station = ? AND part = ? AND sequence = ? AND mark = ?"
)
NEW = "INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?)"
POINT = "INSERT INTO points VALUES (?,?,?,?,?,?,?,?,?)"


class Transaction:
    """What a connection writes; `mark` is where the chain ends. An object serves one transaction
    after the other until one fails: then it is thrown away with its connection."""

    def __init__(self, db: sqlite3.Connection, least: int = 0) -> None:
        """`least`: numbers up to it have been given, whatever the database holds."""
        self.db = db
        last = db.execute("SELECT number, digest FROM records ORDER BY number DESC LIMIT 1")
        self.mark = Mark(*row) if (row := last.fetchone()) else Mark(0, FIRST)
        self.numbered = max(least, self.mark.number)
        self._tally = Tally(db)
        self._names: dict[str, int] = {}
        self._rows: list[tuple[object, ...]] = []
        self._points: list[tuple[object, ...]] = []
        self._wrong: list[int] = []
        self._answers: dict[tuple[int, str, int, str], Answer] = {}

    def digest(self, number: int) -> bytes | None:
        """The digest of a record, None where it is not there."""
        found = self.db.execute("SELECT digest FROM records WHERE number = ?", (number,))
        return row[0] if (row := found.fetchone()) else None

    def begin(self) -> None:
        """Raises sqlite3.Error where another program holds the database."""
        self.db.execute("BEGIN IMMEDIATE")

    def add(self, records: Iterable[Ready]) -> list[Answer]:
        """The answers to records, in order."""
        return [self._one(one) for one in records]

    def write(self) -> None:
        """Bring what was added into the tables."""
        self.db.executemany(NEW, self._rows)
        self.db.executemany(POINT, self._points)
        for number in self._wrong:
            self._tally.without(number)
        self._tally.write()
        self._wrong.clear()
        self._rows.clear()
        self._points.clear()

    def cut(self, cut: Cut) -> None:
        """Take the oldest records away."""
        take_away(self.db, cut)
        self._tally = Tally(self.db)

    def commit(self) -> None:
        """On the disk when this returns."""
        self.db.execute("COMMIT")
        self._answers.clear()
        if len(self._names) > NAMES:
            self._names.clear()

    def _one(self, one: Ready) -> Answer:
        station, recipe = self._name(one.station), self._name(one.recipe)
        key = None if one.mark is None else (station, one.part, one.sequence, one.mark)
        if key is not None and (before := self._before(key)) is not None:
            return before
        number = self.numbered + 1
        text = f'{{"record": {number}{one.open}"previous": "{self.mark.digest.hex()}"}}'
        digest = linked(self.mark.digest, text)
        self._rows.append(
            (number, one.kind, station, recipe, one.part, one.sequence, one.mark, one.verdict,
             one.time, text, digest)
        )  # fmt: skip
        self._count(one, station, recipe, number)
        if one.wrong:
            self._wrong.append(one.wrong)
        self.mark, self.numbered = Mark(number, digest), number
        answer = Answer(number, text, VERDICTS[one.verdict])
        if key is not None:
            self._answers[key] = Answer(number, text, answer.verdict, again=True)
        return answer

    def _count(self, one: Ready, station: int, recipe: int, number: int) -> None:
        self._tally.count(one, station, recipe, number)
        for output, value, lower, upper, measured, chance in one.points:
            series = self._tally.series(station, recipe, output)
            self._points.append(
                (series, number, one.time, one.verdict, value, lower, upper, measured, chance)
            )
            self._tally.add(series, one, value, measured)

    def _before(self, key: tuple[int, str, int, str]) -> Answer | None:
        if (found := self._answers.get(key)) is None:
            row = self.db.execute(ONE, key).fetchone()
            found = row and Answer(row[0], row[1], VERDICTS[row[2]], again=True)
        return found

    def _name(self, name: str) -> int:
        found = self._names.get(name)
        if found is None:
            row = self.db.execute("SELECT id FROM names WHERE name = ?", (name,)).fetchone()
            if row is None:
                row = (self.db.execute("INSERT INTO names (name) VALUES (?)", (name,)).lastrowid,)
            self._names[name] = found = int(row[0])
        return found


def seen(db: sqlite3.Connection, keys: Sequence[Key]) -> dict[int, Answer]:
    """Place in `keys` -> the record of that key, of those that have one."""
    found = {}
    named = ONE.replace("station = ?", "station = (SELECT id FROM names WHERE name = ?)")
    for i, key in enumerate(keys):
        if (row := db.execute(named, key).fetchone()) is not None:
            found[i] = Answer(row[0], row[1], VERDICTS[row[2]], again=True)
    return found
