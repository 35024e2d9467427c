"""The oldest records go: after some days, or where their database has come to its cap."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ...errors import InputError
from .chain import Mark

GAP = 7.0
"""Days without a record (half of `keep_days` where that is less) after which days are not counted
before a day of records has come: the clock may have jumped."""
BLOCK = 500
"""Records that go at once; between two blocks others are written."""
NEWEST = 1000
"""Records that a cap never takes."""
SURE = 1_577_836_800_000
"""2020-01-01: a record that is older comes from a clock that was not set."""
DAY = 86_400_000
FREE = 0.02
"""Share of the cap that is made free at once."""
POLICIES = ("stop", "drop_oldest")


@dataclass(frozen=True, slots=True)
class Keep:
    """How long records are kept: `days`, None for ever; `cap`: bytes of the database, None for what
    the disk has; `when_full`, at the cap: "stop", nothing is recorded (nor acknowledged) until
    there is room, or "drop_oldest". Raises InputError for values that mean nothing."""

    days: float | None = None
    cap: int | None = None
    when_full: str = "stop"

    def __post_init__(self) -> None:
        if self.days is not None and not self.days > 0:
            raise InputError(f"keep_days = {self.days}: give a number of days above 0")
        if self.cap is not None and not self.cap > 0:
            raise InputError(f"cap = {self.cap}: give a number of bytes above 0")
        if self.when_full not in POLICIES:
            raise InputError(f"when_full = {self.when_full!r}: one of {', '.join(POLICIES)}")


@dataclass(frozen=True, slots=True)
class Cut:
    """All records from `first` to the `mark` are to go, and why."""

    first: int
    mark: Mark
    why: str


def size(db: sqlite3.Connection) -> int:
    """Bytes of a database that are in use."""
    pages, free, page = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * page


def refusal(db: sqlite3.Connection, keep: Keep) -> str:
    """Why nothing may be recorded now; "" where it may."""
    if keep.cap is None or (used := size(db)) < keep.cap:
        return ""
    if keep.when_full == "drop_oldest" and _ends(db)[1] - _ends(db)[0] >= NEWEST:
        return ""
    return (
        f"the records have come to their cap ({used / 1e6:.1f} of {keep.cap / 1e6:.1f} MB) and"
        ' nothing is recorded; raise cap, shorten keep_days, or set when_full = "drop_oldest"'
    )


def due(db: sqlite3.Connection, keep: Keep, now: int, dropping: bool = False) -> Cut | None:
    """What has to go at `now` (milliseconds since 1970); `dropping`: goes on below the cap until
    some room is free."""
    first, last = _ends(db)
    if keep.days is not None and calm(db, keep.days, now):
        old = _old(db, first, round(now - keep.days * DAY), now)
        if old >= first:
            return _cut(db, first, old, f"keep_days = {keep.days:g}")
    if keep.cap is not None and keep.when_full == "drop_oldest":
        limit = keep.cap * (1.0 - FREE) if dropping else keep.cap
        upto = min(first + BLOCK - 1, last - NEWEST)
        if upto >= first and size(db) >= limit:
            return _cut(db, first, upto, f"cap = {keep.cap} bytes, drop_oldest")
    return None


def calm(db: sqlite3.Connection, days: float, now: int) -> bool:
    """Whether `now` goes on where the records were a day ago: a clock that has just jumped forward,
    or a station that was long off, gives people a day before the oldest records go."""
    before = "SELECT max(minute) FROM counts WHERE station = ? AND recipe = ? AND minute < ?"
    places = db.execute("SELECT station, recipe FROM places").fetchall()
    ends = [db.execute(before, (*p, (now - DAY) // 60_000)).fetchone()[0] for p in places]
    newest = max((60_000 * end for end in ends if end is not None), default=now)
    return bool(now - newest <= DAY + min(GAP, days / 2) * DAY)


def take_away(db: sqlite3.Connection, cut: Cut) -> None:
    """Delete what a cut names, with the minutes that nothing is left of; in a transaction."""
    last = cut.mark.number
    minutes = "SELECT DISTINCT station, recipe, time / 60000 FROM records WHERE number <= ?"
    for station, recipe, minute in db.execute(minutes, (last,)).fetchall():
        where = "station = ? AND recipe = ? AND minute = ? AND last <= ?"
        gone = db.execute(f"DELETE FROM counts WHERE {where}", (station, recipe, minute, last))
        if gone.rowcount:
            series = "SELECT id FROM series WHERE station = ? AND recipe = ?"
            db.execute(
                f"DELETE FROM minutes WHERE minute = ? AND series IN ({series})",
                (minute, station, recipe),
            )
    for (series,) in db.execute("SELECT id FROM series").fetchall():
        db.execute("DELETE FROM points WHERE series = ? AND record <= ?", (series, last))
    db.execute("DELETE FROM records WHERE number <= ?", (last,))


def shrink(db: sqlite3.Connection, pages: int = 500) -> None:
    """Give pages back to the disk where a fifth of the database is free."""
    count = db.execute("PRAGMA page_count").fetchone()[0]
    if db.execute("PRAGMA freelist_count").fetchone()[0] > max(1000, count // 5):
        db.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()


def _ends(db: sqlite3.Connection) -> tuple[int, int]:
    first = db.execute("SELECT min(number) FROM records").fetchone()[0]
    last = db.execute("SELECT max(number) FROM records").fetchone()[0]
    return (int(first), int(last)) if first is not None else (1, 0)


def _old(db: sqlite3.Connection, first: int, limit: int, now: int) -> int:
    """The last record of the oldest block that is before `limit` in its order and by its time;
    times before 2020 or of tomorrow are of a clock that was wrong and say nothing. 0: none."""
    found, query = 0, "SELECT number, time FROM records WHERE number >= ? ORDER BY number LIMIT ?"
    while block := db.execute(query, (first, BLOCK)).fetchall():
        for number, time in block:
            if SURE <= time <= now + DAY:
                if time >= limit:
                    return found
                found = number
        if found:
            break
        first = block[-1][0] + 1  # no record of the block says when it was
    return found


def _cut(db: sqlite3.Connection, first: int, last: int, why: str) -> Cut:
    digest = db.execute("SELECT digest FROM records WHERE number = ?", (last,)).fetchone()[0]
    return Cut(first, Mark(last, digest), why)
