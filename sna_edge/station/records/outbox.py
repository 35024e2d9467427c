"""Where records go: each destination has a place up to which it has them, and what lies behind it
waits, however long the destination is away."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...errors import InputError
from .schema import KINDS

UNSENT = "SELECT number, kind, text FROM records WHERE number > ? ORDER BY number LIMIT ?"
KEEP = "INSERT OR REPLACE INTO destinations (name, sent, dropped) VALUES (?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A record on its way; `is_historical`: it was written before the destination was there."""

    number: int
    kind: str
    text: str
    is_historical: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A destination has all records up to `sent`, but for those that were `dropped`: taken away by
    retention before they were sent. Up to `live` they are historical."""

    sent: int
    dropped: int = 0
    live: int = 0


class Outbox:
    """The destinations of the records of a station; every method may be called from any thread.

    A place is brought to the disk with the next records, a second later where there are none: after
    a power cut a destination gets the last ones again, and knows them by their number. Methods that
    name a destination raise InputError where it has not joined.
    """

    def __init__(
        self, reader: sqlite3.Connection, reading: threading.Lock, last: Callable[[], int]
    ) -> None:
        self._reader, self._reading, self._last = reader, reading, last
        self._lock = threading.Lock()
        with reading:
            rows = reader.execute("SELECT name, sent, dropped FROM destinations").fetchall()
        self._places = {name: Place(sent, dropped, last()) for name, sent, dropped in rows}
        self._written = dict(self._places)

    def join(self, name: str, *, everything: bool = False) -> None:
        """Begin to keep records for a destination: those from now on, or `everything` that is
        there. One that has joined before goes on where it was."""
        with self._lock:
            last = self._last()
            self._places.setdefault(name, Place(0 if everything else last, live=last))

    def leave(self, name: str) -> None:
        """Forget a destination."""
        with self._lock:
            self._places.pop(name, None)

    def connected(self, name: str) -> None:
        """A destination is there (again): what was written until now is historical for it."""
        with self._lock:
            self._places[name] = replace(self._place(name), live=self._last())

    def unsent(self, name: str, most: int = 500, after: int = 0) -> list[Parcel]:
        """The next records for a destination that follow the record `after`, the oldest first."""
        with self._lock:
            place = self._place(name)
        with self._reading:
            rows = self._reader.execute(UNSENT, (max(place.sent, after), most)).fetchall()
        return [Parcel(n, KINDS[kind], text, n <= place.live) for n, kind, text in rows]

    def sent(self, name: str, number: int) -> None:
        """A destination has, and has acknowledged, all records up to a number."""
        with self._lock:
            place = self._place(name)
            if number > place.sent:
                self._places[name] = replace(place, sent=min(number, self._last()))

    def waiting(self, name: str) -> int:
        """How many records a destination has not got yet."""
        with self._lock:
            return self._last() - self._place(name).sent

    def places(self) -> Mapping[str, Place]:
        """Destination -> its place."""
        with self._lock:
            return dict(self._places)

    def changed(self) -> bool:
        """Whether there is something to `write`."""
        return self._places != self._written

    def write(self, db: sqlite3.Connection) -> Mapping[str, Place]:
        """Bring places into a transaction; give what comes back to `committed` afterwards."""
        now = self.places()
        if now != self._written:
            for name in self._written.keys() - now.keys():
                db.execute("DELETE FROM destinations WHERE name = ?", (name,))
            db.executemany(KEEP, [(name, p.sent, p.dropped) for name, p in now.items()])
        return now

    def committed(self, places: Mapping[str, Place]) -> None:
        """These are on the disk."""
        self._written = dict(places)

    def lost(self, last: int) -> dict[str, tuple[int, int]]:
        """Destination -> the first and the last record that it loses where all up to `last` go."""
        return {n: (p.sent + 1, last) for n, p in self.places().items() if p.sent < last}

    def cut(self, last: int) -> None:
        """All records up to `last` are gone."""
        with self._lock:
            for name, place in self._places.items():
                if (lost := last - place.sent) > 0:
                    self._places[name] = replace(place, sent=last, dropped=place.dropped + lost)

    def _place(self, name: str) -> Place:
        try:
            return self._places[name]
        except KeyError:
            raise InputError(f"destination {name!r} has not joined the outbox") from None
