"""Which record each part has got, followed while the station runs: what retention takes is in the
records no more, and may be excused only where it is known to have been there."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

EVERY = 0.1
"""Seconds between two looks. A cap never takes the newest 1,000 records: none goes unseen."""
ROWS = "SELECT number, kind, part, text FROM records WHERE number > ? ORDER BY number"


def read(data: Path) -> sqlite3.Connection:
    """The database of a station, to read."""
    return sqlite3.connect(f"file:{data}/records.sqlite?mode=ro", uri=True, timeout=60)


def has_record(data: Path, part: str) -> bool:
    """Whether a part has its verdict on the disk."""
    try:
        with closing(read(data)) as db:
            query = "SELECT 1 FROM records WHERE part = ? AND kind = 0"
            return db.execute(query, (part,)).fetchone() is not None
    except sqlite3.Error:
        return False


class Followed:
    """`numbers` {part: record of its verdict}, `cut`: the last record that a `retention cut` has
    told of; `wrong`: what no station may do, and what was gone before it was seen."""

    def __init__(self, data: Path) -> None:
        self.data, self.numbers, self.cut = data, dict[str, int](), 0
        self.wrong: list[str] = []
        self._seen, self._lock, self._stopping = 0, threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Take in what has been recorded until now."""
        with self._lock:
            try:
                with closing(read(self.data)) as db:
                    rows = db.execute(ROWS, (self._seen,)).fetchall()
            except sqlite3.OperationalError:  # there is none yet, or it starts
                return
            for row in rows:
                self._taken(*row)

    def took(self, part: str) -> bool:
        """Whether a part had its record, and a cut has taken it."""
        return self.numbers.get(part, self.cut + 1) <= self.cut

    def lost(self, there: Mapping[str, int]) -> Iterator[str]:
        """What is wrong with the records of verdicts that are left: all behind the last cut have to
        be `there`, and none before it."""
        behind = {part: number for part, number in self.numbers.items() if number > self.cut}
        if lost := [part for part, number in behind.items() if there.get(part) != number]:
            yield f"{len(lost)} records behind the cut at {self.cut} are gone, as of {lost[0]}"
        if left := [part for part, number in there.items() if number <= self.cut]:
            yield f"{len(left)} records before the cut at {self.cut} are left, as of {left[0]}"

    def stop(self) -> None:
        """Follow no more."""
        self._stopping.set()
        self._thread.join()

    def ended(self) -> list[str]:
        """What is `wrong` up to here, once."""
        with self._lock:
            wrong, self.wrong = self.wrong, []
        return wrong

    def _run(self) -> None:
        while not self._stopping.wait(EVERY):
            self.look()

    def _taken(self, number: int, kind: int, part: str, text: str) -> None:
        if number > self._seen + 1:
            self.wrong.append(f"records {self._seen + 1} to {number - 1} were gone before a look")
        self._seen = number
        if kind == 0:
            if self.numbers.get(part, 0) > self.cut:
                self.wrong.append(f"{part} has the records {self.numbers[part]} and {number}")
            self.numbers[part] = number
        elif kind == 2:
            self._told(json.loads(text))

    def _told(self, event: dict[str, Any]) -> None:
        if event["event"] == "retention cut":
            self.cut = max(self.cut, int(event["last"]))
