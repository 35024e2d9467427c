"""A submission on its way: which of its arrivals have an answer, and whom to tell."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from ...quality import NO_VERDICT
from ..drafts import Draft, Key
from ..parts import Answer, Arrival, Done

STOPS = "the station stops and this was not judged in time; send it again when it runs"


class Request:
    """Arrivals that were submitted together are answered together."""

    __slots__ = ("_left", "answers", "arrivals", "at", "done", "failed")

    def __init__(self, arrivals: Sequence[Arrival], done: Done, at: int = 0) -> None:
        self.arrivals, self.done, self.at = arrivals, done, at or time.perf_counter_ns()
        self.answers: list[Answer | None] = [None] * len(arrivals)
        self._left, self.failed = len(arrivals), False

    def answer(self, place: int, answer: Answer) -> bool:
        """Whether this was the last one that it waited for."""
        self.answers[place] = answer
        self._left -= 1
        return self._left == 0 and not self.failed

    def refuse(self, sentence: str) -> None:
        """Tell who has submitted it why it has no record."""
        self.failed = True
        self.done([], sentence)

    def finish(self) -> None:
        """Tell who has submitted it."""
        self.done([a for a in self.answers if a is not None], "")


Place = tuple[Request, int]


def key_of(arrival: Arrival, mark: str) -> Key:
    """What its record is found by."""
    return arrival.station, arrival.part, arrival.sequence, mark


def unjudged(arrival: Arrival, recipe: str, recipes: Iterable[str]) -> dict[str, Any]:
    """The answer where the station has no such recipe, but these."""
    why = f"{arrival.station} has no recipe {recipe!r}; its recipes are {', '.join(recipes)}"
    answer = {"verdict": NO_VERDICT, "status": "bad_input", "reason": why}
    reading = arrival.reading
    return answer if isinstance(reading, str) else {**answer, "reading": reading}


class Flight:
    """Drafts that were handed to the writer and are not on the disk yet: whoever sends the same
    part again meanwhile gets the same record. `landed` is called by the writer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owners: dict[Key, list[Place]] = {}

    def join(self, key: Key, place: Place) -> bool:
        """Whether the key is in flight; then the place is answered with it."""
        with self._lock:
            owners = self._owners.get(key)
            if owners is not None:
                owners.append(place)
            return owners is not None

    def first(self, key: Key) -> Arrival | None:
        """What is in flight under the key."""
        with self._lock:
            owners = self._owners.get(key)
            return owners[0][0].arrivals[owners[0][1]] if owners else None

    def start(self, key: Key, place: Place) -> None:
        """The key is handed over."""
        with self._lock:
            self._owners[key] = [place]

    def abandon(self, keys: Iterable[Key]) -> None:
        """They are not handed over after all."""
        with self._lock:
            for key in keys:
                self._owners.pop(key, None)

    def landed(
        self, drafts: Sequence[Draft], answers: Sequence[Answer], sentence: str
    ) -> list[Request]:
        """Answer everybody who waits for these drafts; the requests that are whole now, and where
        `sentence` says why there are no records, those that have failed."""
        found = []
        with self._lock:
            for i, draft in enumerate(drafts):
                owners = self._owners.pop(draft.key, [])
                for n, (request, place) in enumerate(owners):
                    if sentence:
                        if not request.failed:
                            request.failed = True
                            found.append(request)
                        continue
                    answer = replace(answers[i], again=True) if n else answers[i]
                    if request.answer(place, answer):
                        found.append(request)
        return found

    def known(self, place: Place, answer: Answer) -> bool:
        """Answer with a record that was there; whether the request is whole."""
        with self._lock:
            return place[0].answer(place[1], answer)
