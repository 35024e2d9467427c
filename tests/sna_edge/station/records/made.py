"""Drafts and waiting for tests of records."""

from __future__ import annotations

import json
import threading

from sna_edge.station.drafts import Draft
from sna_edge.station.parts import Answer
from sna_edge.station.records import Records
from sna_edge.station.records.ready import iso

START = 1_790_000_000.0


def verdict(
    part: str,
    value: float = 1.0,
    *,
    time: float = START,
    station: str = "press-1",
    verdict: str = "ACCEPT",
    sequence: int = 0,
    measured: float | None = None,
) -> Draft:
    """A draft as the judging thread makes it."""
    outputs = {"width": {"value": value, "lower": value - 1, "upper": value + 1, "p_in_spec": 0.9}}
    told = {
        "kind": "verdict", "station": station, "part": part, "sequence": sequence,
        "recipe": "default", "time": iso(time), "verdict": verdict, "outputs": outputs,
    }  # fmt: skip
    found = {} if measured is None else {"width": measured}
    return Draft("verdict", station, json.dumps(told), time, part, sequence, "", "default",
                 verdict, outputs, found)  # fmt: skip


def measurement(part: str, value: float, predicted: float, *, time: float = START) -> Draft:
    """Measured values of a part that come alone."""
    outputs = {"width": {"value": predicted, "lower": predicted - 1, "upper": predicted + 1}}
    told = {"kind": "measured", "station": "press-1", "part": part, "measured": value,
            "time": iso(time)}  # fmt: skip
    return Draft("measured", "press-1", json.dumps(told), time, part, 0, str(value), "default",
                 "", outputs, {"width": value})  # fmt: skip


class Heard:
    """A `done` that can be waited for."""

    def __init__(self) -> None:
        self._called = threading.Event()
        self.answers: list[Answer] = []
        self.words = ""

    def __call__(self, answers: list[Answer], words: str) -> None:
        self.answers, self.words = answers, words
        self._called.set()

    def wait(self) -> Heard:
        assert self._called.wait(60.0), "nobody was told"
        return self


def appended(records: Records, *drafts: Draft) -> Heard:
    """What was heard of drafts, when it was."""
    heard = Heard()
    records.append(drafts, heard)
    return heard.wait()


def event(part: str = "", word: str = "acknowledged", time: float = START) -> Draft:
    """What somebody did."""
    told = {"kind": "event", "station": "press-1", "part": part, "event": word, "who": "mia"}
    return Draft("event", "press-1", json.dumps(told), time, part)
