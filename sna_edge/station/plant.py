"""The running station as its doors see it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol

from .. import __version__
from ..errors import InputError
from .bus import Bus
from .config import Configuration
from .drafts import Recorder
from .judging import Clock, JudgingDesk
from .judging.renewal import Renewal
from .parts import Answer, Done, Door

RECORDED = 30.0
"""Seconds that the record of what is done may take."""


class Unrecorded(InputError):
    """There is no record, so nothing was done."""


class Written(Recorder, Protocol):
    """The records of a process, beside what the desk asks of them."""

    def state(self) -> Mapping[str, Any]:
        """{"up", "words", "waiting", "last"}."""

    def stop(self, seconds: float = 10.0) -> bool:
        """Write what waits; whether that was done in time."""

    def cut(self, days: float) -> None:
        """Let records that are older go now."""


@dataclass
class Plant:
    """`desk` takes arrivals, `bus` tells what became of them, `records` keeps it; `doors` by
    'section' or 'section.name'; `renewal` takes other models and limits. `ending` is set where the
    station is to end: a door that takes long to open waits no longer."""

    config: Configuration
    desk: JudgingDesk
    bus: Bus
    records: Written
    clock: Clock
    began: float = 0.0
    ending: Event = field(default_factory=Event)
    doors: dict[str, Door] = field(default_factory=dict)
    renewal: Renewal | None = None

    def event(
        self, event: str, station: str, who: str, why: str, done: Done | None = None, **more: Any
    ) -> None:
        """Write what somebody has done, or what has happened, as a record."""
        self.desk.note(event, done, station=station, who=who, why=why, **more)

    def recorded(self, event: str, **told: Any) -> int:
        """The number of the record of what somebody is about to do, once it is on the disk. Raises
        Unrecorded, and nothing may be done then."""
        found, heard = list[Answer](), Event()
        sentence = ["there is no record yet"]

        def done(answers: list[Answer], why: str) -> None:
            found.extend(answers)
            sentence[0] = why
            heard.set()

        self.desk.note(event, done, **told)
        if not heard.wait(RECORDED) or not found:
            raise Unrecorded(f"nothing was done, for it cannot be recorded: {sentence[0]}")
        return found[0].number

    def states(self) -> dict[str, Mapping[str, Any]]:
        """{door: {"up", "words", ..}}; a door that cannot say how it is is not up."""
        found: dict[str, Mapping[str, Any]] = {}
        for name, door in list(self.doors.items()):
            try:
                found[name] = door.state()
            except Exception as error:  # of one door; the others are told all the same
                found[name] = {"up": False, "words": f"{type(error).__name__}: {error}"}
        return found

    def models(self) -> dict[str, dict[str, Any]]:
        """{'station/recipe': {"sha256", "version", "signature", "limits", "learn"}}."""
        return {
            "/".join(cell): {**one.trust.said, "limits": one.limits, "learn": one.recipe.learn}
            for cell, one in list(self.desk.cells.items())
        }

    def disk_free(self) -> int:
        """Bytes that are free where the records are; -1 where that cannot be asked."""
        try:
            return shutil.disk_usage(self.config.data).free
        except OSError:
            return -1

    def status(self) -> dict[str, Any]:
        """What people and monitors want to know, cheap to ask for."""
        p99 = self.desk.latency.quantile(0.99)
        records = self.records.state()
        return {
            "version": __version__,
            "clock": self.clock.state,
            "disk_free": self.disk_free(),
            "waiting": self.desk.waiting,
            "unwritten": self.records.waiting(),
            "p99_ms": None if p99 != p99 else 1000.0 * p99,
            "doors": self.states(),
            "models": self.models(),
            "records": records,
            "config": self.config.digest,
        }

    def health(self) -> str:
        """ "" where parts get verdicts and records, else the sentence that says why not."""
        if not self.desk.running:
            return "the thread that judges does not run; restart the station"
        state = self.records.state()
        return "" if state.get("up", True) else str(state.get("words", "no records are written"))
