"""The one thread that writes records: whole groups in a transaction, answered when it is on the
disk."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from os import PathLike
from typing import Any

from ...durable import DISK
from ...errors import InputError
from ..drafts import VERDICT, Draft, Key
from ..parts import Answer, Done
from .chain import EVERY, SECONDS, Anchors, Head, Mark
from .failures import no_room, sentence
from .ready import iso, key_of, made, ready, storable
from .schema import FILE, to_read, to_write
from .transaction import Transaction, seen

TICK = 1.0
"""Seconds between looks at what is to do besides records."""
STOPPED = "the station stops and takes no more records; send it again when it runs"
LAST = (
    "SELECT text FROM records WHERE station = (SELECT id FROM names WHERE name = ?) AND part = ?"
    " AND kind = 0 ORDER BY sequence DESC, number DESC LIMIT 1"
)


@dataclass(slots=True)
class Request:
    """Drafts that become records together, or none of them."""

    drafts: Sequence[Draft]
    done: Done


class Records:
    """The records of the station in `folder`; a `Recorder`.

    `room`: drafts that may wait for the disk; beyond them `append` refuses. `most`: records after
    which a group is committed although more wait. `busy`: seconds to wait for a program that holds
    the database. `told`: what the events of the records themselves say of the station (clock,
    config, version). `heard(sentence)` is called when nothing can be recorded, and with "" when it
    can again. `fail(step)` may raise, for tests: at begin, write, commit, committed.
    Raises InputError where the folder can never serve: another station writes there, a newer
    version wrote it, or it is no database.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        *,
        room: int = 4000,
        most: int = 500,
        busy: float = 2.0,
        told: Callable[[], Mapping[str, Any]] = dict,
        heard: Callable[[str], object] = lambda words: None,
        clock: Callable[[], float] = time.time,
        fail: Callable[[str], object] = lambda step: None,
    ) -> None:
        self.folder = os.fspath(folder)
        self._room, self._most, self._busy = room, most, busy
        self._told, self._heard, self._clock, self._fail = told, heard, clock, fail
        self._queue: deque[Request] = deque()
        self._change = threading.Condition()
        self._waiting, self._stopping = 0, False
        self._judging: dict[tuple[str, str], str] = {}
        self._words, self._remark, self._since, self._refused = "", "", 0.0, 0
        self._events: list[Draft] = []
        self._held = ExitStack()
        try:
            self._start()
        except BaseException:
            self._held.close()
            raise
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)
        self._thread.start()

    def append(self, drafts: Sequence[Draft], done: Done) -> None:
        """Take drafts; `done` hears of them when they are on the disk, or at once that there is no
        room. Returns without waiting for the disk."""
        with self._change:
            words = STOPPED if self._stopping else ""
            if self._waiting and self._waiting + len(drafts) > self._room:
                words = no_room(self._waiting)
            if not words:
                self._queue.append(Request(drafts, done))
                self._waiting += len(drafts)
                for draft in drafts:
                    if draft.kind == VERDICT:
                        self._judging[draft.station, draft.part] = draft.text
                self._change.notify()
        if words:
            done([], words)

    def seen(self, keys: Iterable[Key]) -> dict[Key, Answer]:
        """The records, on the disk, of those keys that have one (`again`)."""
        asked = list(keys)
        with self._reading:
            found = seen(self._reader, [key_of(key) for key in asked])
        return {asked[i]: answer for i, answer in found.items()}

    def judged(self, station: str, part: str) -> str | None:
        """The text of the last verdict of a part, without number where it is on its way to the
        disk; None where there is none."""
        with self._change:
            if (text := self._judging.get((station, part))) is not None:
                return text
        with self._reading:
            row = self._reader.execute(LAST, (storable(station), storable(part))).fetchone()
        return row[0] if row else None

    def waiting(self) -> int:
        """Drafts that are not on the disk yet."""
        return self._waiting

    def state(self) -> dict[str, Any]:
        """{"up", "words", "waiting", "last": number of the last record, "remark"}."""
        return {
            "up": not self._words, "words": self._words, "waiting": self._waiting,
            "last": self._known.number, "remark": self._remark,
        }  # fmt: skip

    def stop(self, seconds: float = 10.0) -> bool:
        """Take nothing new, write what waits, close; whether that was done within the seconds."""
        with self._change:
            self._stopping = True
            self._change.notify()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._next():
            pass
        self._anchor(now=True)
        with suppress(OSError):
            self._head.sync()
        if self._transaction is not None:
            _close(self._transaction.db)
        with self._reading:
            self._held.close()

    def _next(self) -> bool:
        """One turn; False after the last."""
        group = self._taken()
        if group or self._events or self._words:
            self._turn(group)
        self._anchor()
        return not self._stopping or bool(self._queue)

    def _start(self) -> None:
        try:
            DISK.make_folder(self.folder)
            lock = os.path.join(self.folder, "lock")
            if not self._held.enter_context(DISK.locked(lock)):
                raise InputError(f"another station writes records in {self.folder}; stop it first")
            head = Head(self.folder)
            self._held.callback(head.close)
            self._head, self._anchors = head, Anchors(self.folder)
            marks = [Mark(), *self._anchors.marks, head.mark]
            self._known = max(marks, key=lambda mark: mark.number)
            self._transaction: Transaction | None = self._opened()
            self._reader, self._reading = to_read(self.folder), threading.Lock()
            self._held.callback(self._reader.close)
        except (sqlite3.Error, OSError) as error:
            raise InputError(sentence(error, self.folder)) from error
        self._anchored, self._anchored_at = 0, 0.0
        self._anchor(now=True)

    def _opened(self) -> Transaction:
        """A new connection; where the database ends before what is known of it, an event says so
        and no number is given twice."""
        db = to_write(self.folder, self._busy)
        try:
            found = Transaction(db, self._known.number)
            if found.mark.number < self._known.number:
                missing = [found.mark.number + 1, self._known.number]
                why = f"{FILE} ends before the last record that was acknowledged"
                digest = self._known.digest.hex()
                self._say("records missing", missing=missing, digest=digest, why=why)
        except BaseException:
            db.close()
            raise
        return found

    def _say(self, event: str, **told: Any) -> None:
        """An event of the records themselves, written with what comes next."""
        told = {"who": "station", **told, **self._told()}
        self._events.append(made(event, self._clock(), told))

    def _taken(self) -> list[Request]:
        """Requests of up to `most` records, as soon as there is one."""
        with self._change:
            if not (self._queue or self._stopping or self._events):
                self._change.wait(TICK)
            group: list[Request] = []
            size = 0
            while self._queue and (not group or size + len(self._queue[0].drafts) <= self._most):
                group.append(self._queue.popleft())
                size += len(group[-1].drafts)
        return group

    def _turn(self, group: list[Request]) -> None:
        try:
            answers = self._committed(group)
        except Exception as error:  # whatever it is: nothing is acknowledged, the thread goes on
            words = sentence(error, self.folder)
            self._failed(words, sum(len(request.drafts) for request in group))
            answers = [words for _ in group]
        else:
            self._went_well()
        self._forget(group)
        for request, found in zip(group, answers, strict=True):
            with suppress(Exception):  # of one who asked; the others are told all the same
                request.done(*(([], found) if isinstance(found, str) else (found, "")))

    def _committed(self, group: list[Request]) -> list[list[Answer] | str]:
        self._fail("begin")
        if self._transaction is None:
            self._transaction = self._opened()
        transaction, own = self._transaction, len(self._events)
        transaction.begin()
        answers = [_added(transaction, request) for request in group]
        transaction.add(map(ready, [*self._events, *self._after_failure()]))
        self._fail("write")
        transaction.write()
        self._fail("commit")
        transaction.commit()
        del self._events[:own]
        self._known = transaction.mark
        with suppress(OSError):  # anchors and the database say it too
            self._head.set(self._known)
        self._fail("committed")
        return answers

    def _failed(self, words: str, drafts: int) -> None:
        """Away with a connection of which nobody knows what it holds; the next turn makes one."""
        if self._transaction is not None:
            _close(self._transaction.db)
            self._transaction = None
        if not self._words:
            self._since = self._clock()
        self._refused += drafts
        if words != self._words:
            self._words = words
            self._hear(words)

    def _after_failure(self) -> list[Draft]:
        """The event that tells, as soon as there is a disk again, what it cost."""
        if not self._words:
            return []
        told = {"who": "station", "why": self._words, "since": iso(self._since),
                "not_recorded": self._refused, **self._told()}  # fmt: skip
        return [made("records not written", self._clock(), told)]

    def _went_well(self) -> None:
        if self._words:
            self._words, self._refused = "", 0
            self._hear("")

    def _hear(self, words: str) -> None:
        with suppress(Exception):  # of the one who hears
            self._heard(words)

    def _forget(self, group: list[Request]) -> None:
        with self._change:
            for request in group:
                self._waiting -= len(request.drafts)
                for draft in request.drafts:
                    key = draft.station, draft.part
                    if self._judging.get(key) is draft.text:
                        del self._judging[key]

    def _anchor(self, *, now: bool = False) -> None:
        """Set a mark that lasts, now and then and in the end."""
        new, at = self._known.number - self._anchored, time.monotonic()
        due = new >= EVERY or (new and at - self._anchored_at >= SECONDS)
        if not (due or (now and new)):
            return
        self._anchored_at = at
        try:
            self._anchors.set(self._known, round(self._clock() * 1000))
        except OSError as error:
            self._remark = f"no anchor was set ({error}); the station tries again"
            return
        self._anchored, self._remark = self._known.number, ""


def _added(transaction: Transaction, request: Request) -> list[Answer] | str:
    """Answers, or why these drafts can be no records: nothing of them is written."""
    try:
        records = [ready(draft) for draft in request.drafts]
    except InputError as error:
        return str(error)
    return transaction.add(records)


def _close(db: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        if db.in_transaction:
            db.execute("ROLLBACK")
    with suppress(sqlite3.Error):
        db.close()
