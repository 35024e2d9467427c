"""From the records of the process to the pages that are open: one thread reads what was committed,
keeps the board, and tells all pages the same few times a second, however fast parts come."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from threading import Event, Lock, Thread
from time import monotonic, sleep, time
from typing import Any, Protocol

from ..charts import Alarm, Alarms, Board
from ..charts.withdrawn import Late
from ..interpreter import give_way
from ..records import measured
from . import kept
from .sources import Sources

TICK = 0.25
"""Seconds from one message to open pages to the next: they paint at most four times a second."""
BEAT = 1.0
"""Seconds after which a message comes though nothing has changed."""
SHARE = 0.25
"""Of one core at most, when parts come faster than they can be followed; the verdicts go first."""
REST, LOOK = 0.0005, 0.05
"""Seconds of the shortest rest, and from one look at what has come to the next. On one core a part
waits for what is being charted: one record or two, not a row of them."""
GIVE, TIMES = 0.0003, 10
"""Seconds that a record waits while a part is being judged, and how often at most."""
WAITING = 8
"""Messages that a slow page may be behind before it is told everything anew."""
KNOWN = 300
"""Records read back when the process starts and nothing was kept of an earlier one."""
KEEP = 30.0
"""Seconds from one time that limits and charts are kept to the next."""


class Subscribed(Protocol):
    """What a subscription to the bus gives: kind and text of what happens, in order."""

    lost: int

    def get(self, seconds: float | None = None) -> tuple[str, str] | None:
        """The next message; None where none comes within `seconds`."""


class Reader:
    """One open page: messages that wait for it, told anew where it is too slow."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(WAITING)
        self.lost = False

    def give(self, text: str | None) -> None:
        """From any thread; None ends it."""
        with suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._put, text)

    def _put(self, text: str | None) -> None:
        if self.queue.full():
            self.lost = True
            while not self.queue.empty():
                self.queue.get_nowait()
        self.queue.put_nowait(text)


class Feed:
    """`start` reads back what the board showed before; `stop` ends all open pages."""

    def __init__(self, sources: Sources, subscribed: Subscribed) -> None:
        self.sources, self.subscribed = sources, subscribed
        known = frozenset((line.station, line.recipe) for line in sources.lines())
        self.board = Board(Alarms(self._changed, self._plan), sources.charting, known)
        self.board.measured = self._measured
        self.readers: set[Reader] = set()
        self._lock, self._end = Lock(), Event()
        self._thread = Thread(target=self._run, name="page", daemon=True)
        self._told, self._spoke, self._owed = -1, 0.0, 0.0
        self._state = -1, -1
        self._last, self._saved = "", ""

    def start(self) -> None:
        """Begin to follow the records."""
        self.recall()
        self._thread.start()

    def recall(self) -> None:
        """What an earlier run has left: the last parts, and alarms that stand."""
        past = self.sources.past()
        if past is None:
            return
        shelf = self.sources.shelf()
        if shelf is None or not kept.recall(shelf, self.board, past):
            for station in {line.station for line in self.sources.lines()}:
                found = past.latest(KNOWN, station=station)
                self.board.recall(one.text for one in reversed(found))
        events = past.latest(KNOWN, kind="event")
        self.board.recall_alarms(one.text for one in reversed(events))

    def stop(self) -> None:
        """End; pages are told so and connect again by themselves."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self.keep()
        with self._lock:
            for reader in self.readers:
                reader.give(None)

    def keep(self) -> None:
        """Write what the board knows beside the records, where there is something new."""
        shelf, last = self.sources.shelf(), self._last
        if shelf is None or not last or last is self._saved:
            return
        try:
            kept.save(shelf, self.board, last)
        except OSError as error:  # the disk is full, say: the records have an alarm of their own
            self.board.fault("charts", f"limits of charts are not kept: {error}", now_ms())
            return
        self._saved = last
        self.board.fault("charts", "", now_ms())

    def again(self) -> None:
        """End all open pages, which connect again by themselves: who may see them has changed."""
        with self._lock:
            for reader in self.readers:
                reader.give(None)

    async def messages(self) -> AsyncIterator[str]:
        """Server-sent events of one page: everything, then what changes."""
        reader = Reader()
        with self._lock:
            self.readers.add(reader)
        try:
            yield f"retry: 1000\n{await asyncio.to_thread(self.hello)}"
            while not self._end.is_set():
                text = await reader.queue.get()
                if text is None:
                    return
                if reader.lost:
                    reader.lost = False
                    text = await asyncio.to_thread(self.hello)
                yield text
        finally:
            with self._lock:
                self.readers.discard(reader)

    def hello(self) -> str:
        """Everything that a page that has just opened shows."""
        told = self.board.told() | {
            "facts": [line.told() for line in self.sources.lines()],
            "status": self._status(),
        }
        return event("hello", told)

    def _run(self) -> None:
        give_way()
        due, looked = monotonic() + TICK, 0.0
        save = monotonic() + KEEP
        while not self._end.is_set():
            if (found := self.subscribed.get(0.0)) is not None:
                self._take(*found)
            else:  # no part wakes it: that would cost the next verdict more than the chart
                self._owed = 0.0
                self._end.wait(max(min(due - monotonic(), LOOK), 0.001))
            now = monotonic()
            if now - looked >= BEAT:
                looked = now
                self.board.fault("records", str(self.sources.status().get("health", "")), now_ms())
            if now >= save:
                self.keep()
                save = now + KEEP
            if now >= due:
                self._tell(now)
                due = max(due + TICK, now)

    def _take(self, kind: str, text: str) -> None:
        """One record; after some of them a rest, so that charts take no more than their share."""
        if kind == "state":
            return
        self._let_pass()
        began = monotonic()
        try:
            self.board.text(text)
            self._last = text
        except Exception as error:  # one record of a kind that is not known must not end the page
            self.board.fault("page", f"the page cannot read a record: {error}", now_ms())
        self._owed += (monotonic() - began) * (1.0 / SHARE - 1.0)
        if self._owed >= REST:
            sleep(self._owed)
            self._owed = 0.0

    def _let_pass(self) -> None:
        """Verdicts first: both need the interpreter."""
        for _ in range(TIMES):
            if not self.sources.busy():
                return
            sleep(GIVE)

    def _tell(self, now: float) -> None:
        """All open pages hear what has changed; nothing is gathered where none is open."""
        with self._lock:
            readers = list(self.readers)
        if not readers:
            return
        state = self.board.taken, self.board.alarms.version
        if state == self._state and now - self._spoke < BEAT:
            return
        self._let_pass()
        told = self.board.told(self._told, step=True)
        self._state, self._told, self._spoke = state, told["tick"], now
        text = event("patch", told | {"status": self._status()})
        for reader in readers:
            reader.give(text)

    def _status(self) -> Mapping[str, Any]:
        left_out = self.subscribed.lost
        return {**self.sources.status(), "now": now_ms(), "left_out": left_out}

    def _plan(self, station: str, rule: str) -> str:
        for line in self.sources.lines():
            if line.station == station or not station:
                return line.plan(rule)
        return ""

    def _measured(self, station: str, recipe: str, before: int, most: int) -> Late | None:
        """Measured values of late, from the records; None where these cannot be read."""
        past = self.sources.past()
        return None if past is None else measured(past, station, recipe, before, most)

    def _changed(self, what: str, alarm: Alarm) -> None:
        """What becomes of an alarm is a record."""
        told = {"rule": alarm.rule, "alarm": alarm.told()}
        self.sources.event(what, alarm.station, "", alarm.words, **told)


def event(name: str, told: Mapping[str, Any]) -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(told, separators=(',', ':'))}\n\n"


def now_ms() -> int:
    """ms since 1970."""
    return round(time() * 1000)
