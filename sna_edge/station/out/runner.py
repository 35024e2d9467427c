"""Store and forward: a thread for each destination, which follows the records.

In order, each record at least once; after a failure a pause that doubles from `first` to `longest`
seconds. What was on the disk when the receiver came back is sent as historical.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Any

from .destination import Away, Destination, Outbox, Sent

BATCH = 200
"""Records handed over at once."""
IDLE = 0.2
"""Seconds between two looks for new records where nobody wakes the runner."""


class Runner:
    """A way out as a `Door`: `destination` gets the records of `outbox`. `heard(sentence)` is told
    when the receiver goes away, `heard("")` when it is back."""

    outward = True

    def __init__(
        self,
        destination: Destination,
        outbox: Outbox,
        *,
        heard: Callable[[str], None] = lambda sentence: None,
        first: float = 0.5,
        longest: float = 60.0,
        batch: int = BATCH,
    ) -> None:
        self.name, self.destination, self.outbox = destination.name, destination, outbox
        self._heard, self._first, self._longest, self._batch = heard, first, longest, batch
        self._wake, self._stopping, self._end = Event(), Event(), 0.0
        self._thread = Thread(target=self._run, name=f"out {self.name}", daemon=True)
        self._read = self._final = 0  # records up to these were handed over; are with the receiver
        self._away, self._words = True, "has not begun"
        self._records, self._losses, self._told = 0, 0, False

    def start(self) -> None:
        """Begin to send."""
        self.outbox.join(self.name)
        self._thread.start()

    def wake(self) -> None:
        """There is a new record: do not wait for the next look."""
        self._wake.set()

    def stop(self, seconds: float) -> None:
        """Send what is there within these seconds, then close; what is left waits for a start."""
        self._end = time.monotonic() + seconds
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(seconds + 1.0)

    def state(self) -> Mapping[str, Any]:
        """Whether the receiver takes records, and how many wait for it."""
        joined = self._thread.ident is not None
        return {
            "up": not self._away,
            "words": self._words if self._away else "sends",
            "waiting": self.outbox.waiting(self.name) if joined else 0,
            "sent": self._records,
            "losses": self._losses,
        }

    def _run(self) -> None:
        pause = self._first
        while True:
            try:
                idle = not self._turn()
                pause = self._first
            except Exception as error:  # whatever it is, the records wait and are tried again
                self._lost(error)
                if self._stopping.wait(pause):
                    break
                pause = min(2.0 * pause, self._longest)
                continue
            if self._stopping.is_set() and (idle or time.monotonic() > self._end):
                break
            if idle:
                self._wake.wait(IDLE)
                self._wake.clear()
        self._close()

    def _turn(self) -> bool:
        """Hand over what waits; whether there was anything."""
        if self._away:
            self._read = self._final
            self.outbox.connected(self.name)
        found = self.outbox.unsent(self.name, self._batch, self._read)
        records = [Sent(one.number, one.text, one.is_historical) for one in found]
        final = self.destination.send(records)
        self._back()
        if records:
            self._read = records[-1].number
        self._records += len(records)
        if final > self._final:
            self.outbox.sent(self.name, final)
            self._final = final
        return bool(records)

    def _lost(self, error: Exception) -> None:
        known = isinstance(error, Away)
        words = str(error) if known else f"{type(error).__name__}: {error}"
        if not self._told:
            self._losses, self._told = self._losses + 1, True
            if not self._stopping.is_set():  # the last record is written; the next start tells it
                self._heard(words)
        self._away, self._words = True, words
        self._close()

    def _back(self) -> None:
        if self._told:
            self._heard("")
        self._away, self._words, self._told = False, "", False

    def _close(self) -> None:
        try:
            self.destination.close()
        except Exception as error:  # it is gone either way
            self._words = f"{type(error).__name__}: {error}"
