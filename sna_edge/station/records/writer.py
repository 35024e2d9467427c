"""The one thread that writes records: whole groups in a transaction, answered when it is on the
disk."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from os import PathLike
from typing import Any

from ...durable import DISK, sweep
from ...errors import InputError
from ..drafts import VERDICT, Draft, Key
from ..parts import Answer, Done
from .commits import Commits, Request, Setting
from .failures import no_room, sentence
from .outbox import Outbox
from .ready import key_of, storable
from .retention import Keep
from .schema import to_read
from .transaction import seen

TICK = 1.0
"""Seconds between looks at what is to do besides records."""
FOR_EVER = Keep()
STOPPED = "the station stops and takes no more records; send it again when it runs"
LAST = (
    "SELECT text FROM records WHERE station = (SELECT id FROM names WHERE name = ?) AND part = ?"
    " AND kind = 0 ORDER BY sequence DESC, number DESC LIMIT 1"
)


class Records:
    """The records of the station in `folder`; a `Recorder`.

    `keep`: how long and how much. `room`: drafts that may wait for the disk; beyond them `append`
    refuses. `most`: records after which a group is committed although more wait. `busy`: seconds to
    wait for a program that holds the database. `told`: what the events of the records themselves
    say of the station (clock, config, version). `heard(sentence)` is called when nothing can be
    recorded, and with "" when it can again. `fail(step)` may raise, for tests: at begin, write,
    commit, committed. `outbox`: where records go.

    Raises InputError where the folder can never serve: another station writes there, a newer
    version wrote it, or it is no database.
    """

    outbox: Outbox

    def __init__(
        self,
        folder: str | PathLike[str],
        keep: Keep = FOR_EVER,
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
        self._room, self._most, self._heard, self._clock = room, most, heard, clock
        self._queue: deque[Request] = deque()
        self._change = threading.Condition()
        self._waiting, self._stopping = 0, False
        self._judging: dict[tuple[str, str], str] = {}
        self._words, self._since, self._refused, self._said = "", 0.0, 0, ""
        self._held = ExitStack()
        self._reading, self._sending = threading.Lock(), threading.Lock()
        try:
            self._start(Setting(self.folder, keep, busy, told, clock, fail))
        except (sqlite3.Error, OSError) as error:
            self._held.close()
            raise InputError(sentence(error, self.folder)) from error
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
        """{"up", "words", "waiting", "last": number of the last record, "bytes" of the database in
        use, "free" bytes of the disk, "remark"}."""
        words = self._words or self._commits.full
        return {
            "up": not words, "words": words, "waiting": self._waiting,
            "last": self._commits.mark.number, "bytes": self._commits.bytes,
            "free": shutil.disk_usage(self.folder).free, "remark": self._commits.remark,
        }  # fmt: skip

    def cut(self, days: float) -> None:
        """Let records that are older go now, block by block between others; events tell. Raises
        InputError for days that are none."""
        Keep(days)
        with self._change:
            self._commits.asked = days
            self._change.notify()

    def stop(self, seconds: float = 10.0) -> bool:
        """Take nothing new, write what waits, close; whether that was done within the seconds."""
        with self._change:
            self._stopping = True
            self._change.notify()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _start(self, setting: Setting) -> None:
        DISK.make_folder(self.folder)
        lock = os.path.join(self.folder, "lock")
        if not self._held.enter_context(DISK.locked(lock)):
            raise InputError(f"another station writes records in {self.folder}; stop it first")
        sweep(self.folder, 0.0)  # nobody else writes here
        self._commits = commits = Commits(setting)
        self._held.callback(commits.close)
        self._reader = to_read(self.folder)
        self._held.callback(self._reader.close)
        sender = to_read(self.folder)  # of its own: no verdict waits for what is sent
        self._held.callback(sender.close)
        self.outbox = Outbox(sender, self._sending, lambda: commits.mark.number)
        commits.outbox = self.outbox

    def _run(self) -> None:
        while self._next():
            pass
        with self._reading, self._sending:
            self._held.close()

    def _next(self) -> bool:
        """One turn; False after the last: what was asked before the stop is done."""
        group, stopping = self._taken(), self._stopping
        if group or self._words or self._commits.due():
            self._turn(group)
        self._commits.anchor()
        return not stopping or bool(self._queue)

    def _taken(self) -> list[Request]:
        """Requests of up to `most` records, as soon as there is one."""
        with self._change:
            at_once = (self._commits.events or self._commits.cutting) and not self._words
            if not (self._queue or self._stopping or at_once):
                self._change.wait(TICK)
            group: list[Request] = []
            size = 0
            while self._queue and (not group or size + len(self._queue[0].drafts) <= self._most):
                group.append(self._queue.popleft())
                size += len(group[-1].drafts)
        return group

    def _turn(self, group: list[Request]) -> None:
        answers: list[list[Answer] | str]
        try:
            told = (self._words, self._since, self._refused)
            failure = self._commits.failure(*told) if self._words else None
            answers = self._commits.write(group, failure)
            self._words, self._refused = "", 0
        except Exception as error:  # whatever it is: nothing is acknowledged, the thread goes on
            self._failed(words := sentence(error, self.folder), group)
            answers = [words for _ in group]
        self._hear(self._words or self._commits.full)
        self._forget(group)
        for request, found in zip(group, answers, strict=True):
            with suppress(Exception):  # of one who asked; the others are told all the same
                request.done(*(([], found) if isinstance(found, str) else (found, "")))

    def _failed(self, words: str, group: list[Request]) -> None:
        self._commits.give_up()
        if not self._words:
            self._since = self._clock()
        self._words = words
        self._refused += sum(len(request.drafts) for request in group)

    def _hear(self, words: str) -> None:
        if words != self._said:
            self._said = words
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
