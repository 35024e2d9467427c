"""All stations and recipes of a process: records in, the state of the page out. One thread feeds
it; every thread may ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from ...errors import InputError
from ..config.charting import Charting
from ..drafts import WRONG
from .alarms import Alarm, Alarms
from .keeping import kept, restore
from .running import Running, milliseconds
from .withdrawn import MOST, Asked, Late, withdraw

Name = tuple[str, str]
ANEW = "new control limits"
"""The event by which somebody has a chart begin anew."""
OTHER = "other recipes"
"""Where parts are shown whose recipe no station has; no recipe can be called so."""


class Board:
    """`take` a record, `told` what has changed. Alarms of the learner and of the process come by
    `take` too, as events called "alarm". Where stations and recipes are `known`, parts of all
    others are one line: what senders call their recipes does not grow it.

    >>> board = Board()
    >>> board.take({"kind": "verdict", "record": 1, "station": "press-1", "recipe": "default",
    ...             "part": "A1", "time": "2026-01-01T00:00:00.000Z", "verdict": "ACCEPT",
    ...             "outputs": {"width": {"value": 1.0, "lower": 0.9, "upper": 1.1}}})
    >>> board.told()["lines"][0]["counts"]
    {'ACCEPT': 1}
    """

    def __init__(
        self, alarms: Alarms | None = None,
        settings: Callable[[str, str], Charting] = lambda station, recipe: Charting(),
        known: Container[Name] | None = None,
    ) -> None:  # fmt: skip
        self.alarms, self.settings, self._known = alarms or Alarms(), settings, known
        self.running: dict[Name, Running] = {}
        self.measured: Asked = lambda station, recipe, before, most: None
        self.tick = 0
        self.taken = 0
        self._lock = Lock()

    def text(self, text: str) -> None:
        """Take a record as its line of JSON."""
        self.take(json.loads(text))

    def take(self, record: Mapping[str, Any]) -> None:
        """Take a record; of other kinds than verdicts, measured values and events nothing."""
        kind = record.get("kind")
        withdrawn = self._withdrawn(record) if kind == "event" else None
        with self._lock:
            self.taken += 1
            if withdrawn is not None:
                withdraw(*withdrawn)
            elif kind == "event":
                self._event(record)
            elif kind in ("verdict", "measured"):
                name = (str(record.get("station", "")), str(record.get("recipe", "")))
                running = self._running(name)
                (running.verdict if kind == "verdict" else running.measured)(record, self.tick)

    def recall(self, texts: Iterable[str]) -> None:
        """Take verdicts, measured values and what people did to charts of an earlier run, in their
        order; no alarm of them is told again."""
        own, self.alarms.changed = self.alarms.changed, lambda what, alarm: None
        for text in texts:
            record = json.loads(text)
            if record.get("kind") != "event" or record.get("event") == WRONG:
                self.take(record)
            elif record.get("event") == ANEW:
                with suppress(InputError):  # there is no such chart any more
                    place = str(record.get("station", "")), str(record.get("recipe", ""))
                    self.again(*place, record, now=True)
        self.alarms.changed = own
        self.alarms.standing.clear()

    def recall_alarms(self, texts: Iterable[str]) -> None:
        """Take the events of an earlier run, in their order: which alarms stood at its end."""
        for text in texts:
            record = json.loads(text)
            if isinstance(record.get("alarm"), Mapping):
                self.alarms.recall(record)
            else:
                self._event(record)

    def fault(self, rule: str, words: str, at: int) -> None:
        """Something of the station itself is wrong; no words: it no longer is."""
        with self._lock:
            if words:
                self.alarms.rise(f"station/{rule}", rule, words, at)
            else:
                self.alarms.fall(f"station/{rule}")

    def seen(self, name: str, who: str, at: int, why: str = "") -> Alarm:
        """An alarm as it is once a person has seen it, for the record. Raises InputError."""
        with self._lock:
            return self.alarms.seen(name, who, at, why)

    def acknowledge(self, alarm: Alarm) -> None:
        """A person has seen an alarm, and that is recorded."""
        with self._lock:
            self.alarms.acknowledge(alarm.name, alarm.seen or {})

    def told(self, since: int = -1, *, step: bool = False) -> dict[str, Any]:
        """Everything, of points those that changed after tick `since`; with `step` the next tick
        begins, so that `told(since=this tick)` gives what comes from now on."""
        with self._lock:
            found = {
                "tick": self.tick,
                "lines": [running.told(since) for running in self.running.values()],
                "alarms": self.alarms.told(),
            }
            self.tick += step
            return found

    def capability(self, station: str, recipe: str) -> dict[str, Any]:
        """Bars and figures of one station and recipe; empty for one without parts."""
        with self._lock:
            running = self.running.get((station, recipe))
            return running.capability() if running else {}

    def charts(self, station: str, recipe: str) -> list[dict[str, Any]]:
        """All control charts of one station and recipe, without their points."""
        with self._lock:
            running = self.running.get((station, recipe))
            return running.curves.listed() if running else []

    def chart(self, station: str, recipe: str, name: tuple[str, str, str]) -> dict[str, Any]:
        """One control chart with its last points; empty where there is none."""
        with self._lock:
            running = self.running.get((station, recipe))
            found = running.curves.by_name.get(name) if running else None
            return found.drawn() if found else {}

    def again(
        self, station: str, recipe: str, wanted: Mapping[str, Any], *, now: bool = True
    ) -> None:
        """New limits of a chart from the next parts; without `now` only whether there can be any.
        Raises InputError."""
        with self._lock:
            running = self.running.get((station, recipe))
            if running is None:
                raise InputError("nothing has been judged there yet; look at the list again")
            running.curves.wanted(wanted)
            if now:
                running.again(wanted)

    def kept(self) -> list[dict[str, Any]]:
        """What `restore` goes on from: charts, the last parts, figures of every line."""
        with self._lock:
            return [kept(running) for running in self.running.values()]

    def restore(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Go on where `kept` was. Raises KeyError, TypeError, ValueError, InputError for what is
        none, and nothing has changed then."""
        found = {}
        for told in lines:
            name = str(told["station"]), str(told["recipe"])
            if name != self._place(name):
                continue
            found[name] = Running(*name, self.alarms, self.settings(*name))
            restore(found[name], told)
        with self._lock:
            self.running = found

    def _place(self, name: Name) -> Name:
        known = self._known is None or name in self._known
        return name if known or name[1] == OTHER else (name[0], OTHER)

    def _running(self, name: Name) -> Running:
        name = self._place(name)
        if name not in self.running:
            self.running[name] = Running(*name, self.alarms, self.settings(*name))
        return self.running[name]

    def readings(self, station: str, recipe: str) -> list[dict[str, Any]]:
        """Readings of the last parts of one station and recipe."""
        with self._lock:
            running = self.running.get((station, recipe))
            return running.readings() if running else []

    def _withdrawn(self, record: Mapping[str, Any]) -> tuple[Running, int, str, Late | None] | None:
        """Of an event that calls a measured value wrong what `withdraw` takes; None of others. Read
        without holding up those who ask."""
        name = str(record.get("station", "")), str(record.get("recipe", ""))
        running = self.running.get(self._place(name))
        if record.get("event") != WRONG or running is None:
            return None
        running.tick = self.tick
        late = self.measured(*name, int(record["record"]), MOST)
        return running, int(record["about"]), str(record.get("part", "")), late

    def _event(self, record: Mapping[str, Any]) -> None:
        """What others call an alarm is one until somebody has seen it; it has its record."""
        if record.get("event") != "alarm" or isinstance(record.get("alarm"), Mapping):
            return
        words, rule = str(record.get("why", "")), str(record.get("source", "station"))
        where = {key: str(record.get(key, "")) for key in ("station", "recipe")}
        name = "/".join((rule, *where.values(), words))
        self.alarms.note(name, rule, words, milliseconds(record.get("time")), **where)
