"""An outbox in memory, as the records are one; records of a part as the station writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
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


class Kept:
    """Records and the cursors of destinations, in memory."""

    def __init__(self, count: int = 0) -> None:
        self.texts = {n: record(n) for n in range(1, count + 1)}
        self.cursors: dict[str, int] = {}
        self._lock = Lock()

    def add(self, count: int = 1, **more: Any) -> None:
        with self._lock:
            first = self.newest() + 1
            self.texts |= {n: record(n, **more) for n in range(first, first + count)}

    def join(self, destination: str) -> None:
        self.cursors.setdefault(destination, 0)

    def unsent(self, destination: str, most: int, after: int = 0) -> Sequence[tuple[int, str]]:
        with self._lock:
            start = max(self.cursors[destination], after) + 1
            end = min(start + most, self.newest() + 1)
            return [(n, self.texts[n]) for n in range(start, end)]

    def sent(self, destination: str, number: int) -> None:
        assert number >= self.cursors[destination], "a cursor goes back"
        self.cursors[destination] = number

    def newest(self) -> int:
        return max(self.texts, default=0)
