"""One station from its start to its graceful end."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from threading import Event
from typing import Any

from .. import __version__
from ..errors import InputError, SnaError
from . import interpreter
from .bus import EVENT, Bus
from .config import Configuration
from .doors import full_name, made
from .judging import Clock, JudgingDesk, Served, learner, served
from .judging.desk import Cell
from .judging.renewal import Renewal, learned_path
from .judging.since import since
from .plant import Plant, Written
from .records import History, Keep, Records
from .stopping import JUDGED, RECORDED, SENT, TAKEN, Shares, closed, ways
from .systemd import Watchdog, notify

GIVEN_UP = 2.0
"""Seconds more in which those who still wait are told that they have no record, and what is on its
way to the disk gets there."""
MakeRecords = Callable[..., Written]


def loaded(config: Configuration) -> dict[Cell, Served]:
    """What every recipe is judged with. Raises InputError that names the recipe."""
    found: dict[Cell, Served] = {}
    for station in config.stations.values():
        for recipe in station.recipes.values():
            try:
                found[station.name, recipe.name] = served(recipe, config)
            except (SnaError, OSError) as error:
                raise InputError(
                    f"[stations.{station.name}.recipes.{recipe.name}]: {_said(error)}"
                ) from None
    return found


class Process:
    """Everything of a configuration, made in the order in which one needs the other; nothing has
    started. `end` is set where it is to end, also while it starts. Raises InputError where
    something can never work."""

    def __init__(
        self, config: Configuration, records: MakeRecords = Records, end: Event | None = None
    ) -> None:
        self.config, self.bus, self.clock = config, Bus(), Clock()
        cells = loaded(config)
        self._watchdog = Watchdog()
        told = {"config": config.digest, "version": __version__}
        kept = records(
            config.data,
            keep=Keep(config.records.keep_days, config.records.cap, config.records.when_full),
            room=3 * config.queue,
            told=lambda: {"clock": self.clock.state, **told},
            heard=self._heard,
        )
        self.desk = JudgingDesk(
            config, cells, kept, self.bus, self.clock, self._watchdog.feed, kept.state()["last"]
        )
        ending = end or Event()
        self.plant = Plant(config, self.desk, self.bus, kept, self.clock, time.time(), ending)
        self._renewal = self.plant.renewal = Renewal(config, self.desk)
        try:
            for (station, recipe), one in cells.items():
                path = learned_path(config, (station, recipe))
                one.line.learner = learner(one, path, lambda sentence: None)
            for settings in config.doors:
                self.plant.doors[full_name(settings)] = made(settings, self.plant)
        except BaseException:
            self._close(1.0)
            raise

    def start(self) -> None:
        """Judge, then open the doors, as long as it is not to end. Raises InputError where one
        cannot be opened; nothing runs then."""
        self.desk.start()
        self._renewal.start()
        for event, told in self._since():
            self.desk.note(event, **told)
        cells = {"/".join(cell): one for cell, one in self.desk.cells.items()}
        self.desk.note(
            "started", why=f"sna-edge {__version__}, {self.config.path}",
            models={name: one.trust.sha256 for name, one in cells.items()},
            limits={name: one.limits for name, one in cells.items()},
        )  # fmt: skip
        for cell, one in self.desk.cells.items():
            for sentence in one.said:
                self.desk.note("remark", why=sentence, station=cell[0], recipe=cell[1])
        try:
            for door in self.plant.doors.values():
                if not self.plant.ending.is_set():
                    door.start()
        except BaseException:
            self.stop("a door could not be opened")
            raise

    def _since(self) -> list[tuple[str, dict[str, Any]]]:
        """What was changed while no station ran; nothing where no records can be read."""
        try:
            with closing(History(self.config.data)) as past:
                return list(since(past, self.desk.cells))
        except (InputError, sqlite3.Error):
            return []

    def stop(self, why: str = "asked to") -> bool:
        """Ways in take nothing new, what waits is judged and recorded, ways out send it,
        within the seconds of the configuration; whether all that was taken has its record, or its
        sender has heard that it has none."""
        shares = Shares(self.config.stop_seconds)
        inward, outward = ways(self.plant.doors.values())
        closed([self._renewal, *inward], shares.left(TAKEN))
        judged, told = self.desk.stop(shares.left(JUDGED)), Event()
        self.desk.note("stopped", lambda *_: told.set(), why=why)
        told.wait(shares.left(RECORDED))
        closed(outward, shares.left(SENT))
        judged = judged or self.desk.stop(shares.left(SENT)) or self.desk.give_up(GIVEN_UP)
        return self._close(max(shares.left(1.0), GIVEN_UP)) and judged

    def _close(self, seconds: float) -> bool:
        done = self.plant.records.stop(seconds)
        for one in self.desk.cells.values():
            if one.line.learner is not None:
                one.line.learner.close()
        return done

    def _heard(self, sentence: str) -> None:
        """The records cannot be written, or can be again."""
        say(sentence or "records are written again")
        self.bus.publish("state", "{}")


def run(config: Configuration, end: Event, records: MakeRecords = Records) -> bool:
    """Run until `end` is set; whether everything that was taken has its record."""
    interpreter.begin()
    process = Process(config, records, end)
    listener = process.bus.subscribe({EVENT}, 100)
    process.start()
    interpreter.settle()
    for name, state in process.plant.states().items():
        say(f"{name}: {state.get('words', '')}")
    say(f"ready: {len(process.desk.cells)} recipes, records in {config.data}")
    notify("READY=1")
    while not end.wait(0.5):
        for _, text in listener.all():
            _told(text)
    notify("STOPPING=1")
    done = process.stop()
    interpreter.leave()
    say("stopped" if done else "stopped in the middle of a part; senders send it again")
    return done


def _told(text: str) -> None:
    found = json.loads(text)
    if found.get("event") not in ("started", "stopped"):
        say(f"{found.get('station') or 'station'}: {found.get('event')}: {found.get('why')}")


def say(what: str) -> None:
    """One line on stderr, for the journal: nothing that a message said begins another one, or moves
    the cursor of a terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in what)
    print(f"sna-edge station: {plain}", file=sys.stderr, flush=True)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())
