"""An outbox in memory, as the records are one; records of a part as the station writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any


def record(number: int, **more: Any) -> str:
    """The text of a verdict's record."""
    output = {"value": 100.25 + number, "lower": 99.5, "upper": 101.0, "LSL": 90.0, "USL": None,
              "margin": 9.5, "p_in_spec": 0.99}  # fmt: skip
    entries = {
        "record": number, "schema": 1, "kind": "verdict", "station": "press-1",
        "part": f"P{number}", "sequence": 0, "recipe": "default", "door": "http",
        "time": f"2026-03-0{1 + number // 1000}T10:00:{number % 60:02d}.{number % 1000:03d}Z",
        "clock": "synchronised", "verdict": "ACCEPT", "status": "ok", "outputs": {"width": output},
    }  # fmt: skip
    return json.dumps(entries | more)


@dataclass(frozen=True)
class Parcel:
    number: int
    text: str
    is_historical: bool


class Kept:
    """Records and the places of destinations, in memory."""

    def __init__(self, count: int = 0) -> None:
        self.texts = {n: record(n) for n in range(1, count + 1)}
        self.cursors: dict[str, int] = {}
        self._live: dict[str, int] = {}
        self._lock = Lock()

    def add(self, count: int = 1, **more: Any) -> None:
        with self._lock:
            first = self._newest() + 1
            self.texts |= {n: record(n, **more) for n in range(first, first + count)}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is handed over meanwhile."""
        with self._lock:
            yield

    def join(self, name: str) -> None:
        self.cursors.setdefault(name, 0)

    def connected(self, name: str) -> None:
        self._live[name] = self._newest()

    def unsent(self, name: str, most: int = 500, after: int = 0) -> Sequence[Parcel]:
        with self._lock:
            start = max(self.cursors[name], after) + 1
            end = min(start + most, self._newest() + 1)
            return [Parcel(n, self.texts[n], n <= self._live[name]) for n in range(start, end)]

    def sent(self, name: str, number: int) -> None:
        assert number >= self.cursors[name], "a cursor goes back"
        self.cursors[name] = number

    def waiting(self, name: str) -> int:
        return self._newest() - self.cursors[name]

    def _newest(self) -> int:
        return max(self.texts, default=0)
