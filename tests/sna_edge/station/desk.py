"""A desk in memory: one record a part, written by a thread, as the station's desk does."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from sna_edge.station.parts import Answer, Arrival, Done


class Desk:
    """`records`: {(station, part, sequence): arrival}; `again` counts parts that had one. `full`:
    takes nothing; `wrong`: a sentence instead of records; `pause` before each write, in s."""

    def __init__(self, write: Callable[[Arrival], None] = lambda arrival: None) -> None:
        self.records: dict[tuple[str, str, int], Arrival] = {}
        self.order: list[str] = []
        self.again, self.offers = 0, 0
        self.full, self.wrong, self.pause = False, "", 0.0
        self._write = write
        self._queue: queue.Queue[tuple[Sequence[Arrival], Done]] = queue.Queue(50)
        threading.Thread(target=self._run, daemon=True).start()

    def submit(self, arrivals: Sequence[Arrival], done: Done) -> bool:
        self.offers += 1
        if self.full:
            return False
        try:
            self._queue.put_nowait((arrivals, done))
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        while True:
            arrivals, done = self._queue.get()
            time.sleep(self.pause)
            if self.wrong:
                done([], self.wrong)
                continue
            done([self._answer(one) for one in arrivals], "")

    def _answer(self, one: Arrival) -> Answer:
        part = one.part or f"#{len(self.records)}"
        key = (one.station, part, one.sequence)
        again = key in self.records
        self.again += again
        if not again:
            self._write(one)
            self.records[key] = one
            self.order.append(part)
        return Answer(self.order.index(part) + 1 if again else len(self.order), "{}", "", again)

    @property
    def parts(self) -> set[str]:
        return {part for _, part, _ in self.records}

    def readings(self) -> list[object]:
        return [one.reading for one in self.records.values()]
