"""Advice for rejects, in a thread beside the one that judges: a search takes many times as long as
a verdict, and the parts behind do not wait for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Lock, Thread
from typing import Any

from ...quality import Line

ROOM = 64
"""Rejects that may wait for advice; beyond them they go on without."""
BUSY = {
    "status": "deadline",
    "message": "too many parts were rejected at once to search for advice",
}


@dataclass(slots=True)
class Asked:
    """A reject: what advises, its reading, its answer, and what to do with it then."""

    advisor: Line
    reading: Mapping[str, Any]
    answer: dict[str, Any]
    then: Callable[[dict[str, Any]], None]


class Advising:
    """Rejects in, the same with advice out, in their order."""

    def __init__(self) -> None:
        self._waiting: deque[Asked] = deque()
        self._some, self._ended = Condition(Lock()), False
        self._hurry = False
        self._thread = Thread(target=self._run, name="advice", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask(self, asked: Asked) -> None:
        """Advise, then go on; without advice where too many wait."""
        with self._some:
            full = len(self._waiting) >= ROOM
            if not full:
                self._waiting.append(asked)
                self._some.notify()
        if full:
            asked.answer["advice"] = BUSY
            asked.then(asked.answer)

    def hurry(self) -> None:
        """Go on without advice from now on."""
        self._hurry = True

    def stop(self, seconds: float) -> bool:
        """Advise what waits; whether that was done in time."""
        with self._some:
            self._ended = True
            self._some.notify()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._some:
                while not self._waiting and not self._ended:
                    self._some.wait()
                if not self._waiting:
                    return
                asked = self._waiting.popleft()
            try:
                found = BUSY if self._hurry else asked.advisor.advice(asked.reading)
            except Exception as error:  # a part without advice, not a station without verdicts
                found = {"status": "not_converged", "message": f"{type(error).__name__}: {error}"}
            if found is not None:
                asked.answer["advice"] = found
            with suppress(Exception):  # nothing is acknowledged then; the others go on
                asked.then(asked.answer)
