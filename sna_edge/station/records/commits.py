"""What the thread that writes does in a transaction: records, events of its own, places of the
outbox, the oldest records away; and the marks beside the database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ...errors import InputError
from ..drafts import EVENT, Draft
from ..parts import Answer, Done
from .chain import CUT, EVERY, SECONDS, Anchors, Head
from .outbox import Outbox, Place
from .ready import iso, made, ready
from .retention import Cut, Keep, due, refusal, shrink, size
from .schema import FILE, to_write
from .transaction import Transaction

LOOK, MEASURE = 60.0, 0.5
"""Seconds between looks at which records are old, and at how many bytes they take."""


@dataclass(frozen=True, slots=True)
class Request:
    """Drafts that become records together, or none of them."""

    drafts: Sequence[Draft]
    done: Done


@dataclass(frozen=True, slots=True)
class Setting:
    """What `Records` was made with."""

    folder: str
    keep: Keep
    busy: float
    told: Callable[[], Mapping[str, Any]]
    clock: Callable[[], float]
    fail: Callable[[str], object]


class Commits:
    """One transaction after the other into the database of a folder; not for two threads. `mark`:
    the last record that is on the disk; `full`: why records are refused though the disk works;
    `remark`: what else went wrong; `asked`: days that are to be kept, once. Raises InputError,
    sqlite3.Error and OSError where it cannot begin."""

    def __init__(self, setting: Setting) -> None:
        self._set = setting
        self._anchors, self._head = Anchors(setting.folder), Head(setting.folder)
        self.events: list[Draft] = []
        self.full, self.remark, self.bytes, self.cutting = "", "", 0, False
        self._looked, self._anchored, self._anchored_at = 0.0, 0, 0.0
        self._measured = 0.0
        self.outbox: Outbox | None = None
        self.mark = max([*self._anchors.marks, self._head.mark], key=lambda mark: mark.number)
        self.asked: float | None = None
        self._open: Transaction | None = None
        try:
            self._open = self._opened()
        except BaseException:
            self._head.close()
            raise
        if not self.events:
            self.mark = self._open.mark
            self.anchor(now=True)

    def due(self) -> bool:
        """Whether there is something to do without a request."""
        waits = self.outbox is not None and self.outbox.changed()
        if self.events or self.full or self.cutting or waits or self.asked is not None:
            return True
        return time.monotonic() >= self._looked + LOOK

    def write(self, group: Sequence[Request], failure: Draft | None) -> list[list[Answer] | str]:
        """The answers to requests, or why one can be no records, when they are on the disk; with
        them the event of a `failure` that is over. Raises what the disk says, and nothing is
        acknowledged then."""
        self._set.fail("begin")
        if self._open is None:
            self._open = self._opened()
        transaction, own = self._open, len(self.events)
        full, cut = refusal(transaction.db, self._set.keep), self._cut(transaction.db)
        transaction.begin()
        answers = [_added(transaction, request, full) for request in group]
        events = [*self.events, *([failure] if failure else []), *self._told_now(full, cut)]
        transaction.add(map(ready, events))
        places = self.outbox.write(transaction.db) if self.outbox else {}
        self._set.fail("write")
        transaction.write()
        if cut:
            transaction.cut(cut)
        self._set.fail("commit")
        transaction.commit()
        del self.events[:own]
        self.mark, self.full = transaction.mark, full
        self._after(transaction.db, places, cut)
        self._set.fail("committed")
        return answers

    def give_up(self) -> None:
        """Away with a connection of which nobody knows what it holds; `write` makes a new one."""
        if self._open is not None:
            _close(self._open.db)
            self._open = None

    def event(self, event: str, **told: Any) -> Draft:
        """An event of the records themselves."""
        return made(event, self._set.clock(), {"who": "station", **told, **self._set.told()})

    def failure(self, words: str, since: float, drafts: int) -> Draft:
        """The event that tells, when there is a disk again, what it cost."""
        told = {"why": words, "since": iso(since), "not_recorded": drafts}
        return self.event("records not written", **told)

    def anchor(self, *, now: bool = False) -> None:
        """Set a mark that lasts, now and then, at the beginning and in the end."""
        new, at = self.mark.number - self._anchored, time.monotonic()
        due = new >= EVERY or (new and at - self._anchored_at >= SECONDS)
        if not (due or (now and new)):
            return
        self._anchored_at = at
        try:
            self._anchors.set(self.mark, round(self._set.clock() * 1000))
        except OSError as error:
            self.remark = f"no anchor was set ({error}); the station tries again"
            return
        self._anchored, self.remark = self.mark.number, ""

    def close(self) -> None:
        """Set the last marks, close the files."""
        self.anchor(now=True)
        with suppress(OSError):
            self._head.sync()
        self._head.close()
        self.give_up()

    def _opened(self) -> Transaction:
        """A new connection; where the database does not hold what is known of it, an event says
        so, and no number is given twice."""
        db = to_write(self._set.folder, self._set.busy)
        try:
            found = Transaction(db, self.mark.number)
        except BaseException:
            db.close()
            raise
        if found.mark.number < self.mark.number:
            missing = [found.mark.number + 1, self.mark.number]
            why = f"{FILE} ends before the last record that was acknowledged"
            self._wrong("records missing", why, missing=missing)
        elif found.digest(self.mark.number) not in (None, self.mark.digest):
            why = f"record {self.mark.number} is not the one that was acknowledged"
            self._wrong("records changed", why, record=self.mark.number)
        return found

    def _wrong(self, event: str, why: str, **told: Any) -> None:
        """Say once, in the chain itself, what does not fit what is known of it."""
        digest = self.mark.digest.hex()
        self.events.append(self.event(event, **told, digest=digest, why=why))

    def _cut(self, db: sqlite3.Connection) -> Cut | None:
        """The next records that have to go: looked for now and then, and above the cap."""
        keep, now = self._set.keep, time.monotonic()
        above = keep.cap is not None and keep.when_full == "drop_oldest" and size(db) >= keep.cap
        asked = self.asked
        if not (above or self.cutting or asked is not None or now >= self._looked + LOOK):
            return None
        self._looked = now
        shrink(db)
        if asked is not None and (keep.days is None or asked < keep.days):
            keep = replace(keep, days=asked)
        found = due(db, keep, round(self._set.clock() * 1000), self.cutting)
        if found is None:
            self.asked = None
        return found

    def _told_now(self, full: str, cut: Cut | None) -> list[Draft]:
        """Events of what happens in this very transaction."""
        told = []
        if full and not self.full:
            told.append(self.event("cap reached", why=full))
        if cut:
            last, why = cut.mark.number, cut.why
            digest = cut.mark.digest.hex()
            told.append(self.event(CUT, first=cut.first, last=last, digest=digest, why=why))
            lost = self.outbox.lost(last) if self.outbox else {}
            for name, (first, upto) in lost.items():
                gone = {"destination": name, "first": first, "last": upto, "why": why}
                told.append(self.event("outbox dropped", **gone))
        return told

    def _after(self, db: sqlite3.Connection, places: Mapping[str, Place], cut: Cut | None) -> None:
        """What is known once a transaction is on the disk."""
        with suppress(OSError):  # anchors and the database say it too
            self._head.set(self.mark)
        if self.outbox:
            self.outbox.committed(places)
            if cut:
                self.outbox.cut(cut.mark.number)
        self.cutting, now = cut is not None, time.monotonic()
        if cut or now >= self._measured + MEASURE:
            self.bytes, self._measured = size(db), now


def _added(transaction: Transaction, request: Request, full: str) -> list[Answer] | str:
    """Answers, or why these drafts can be no records: nothing of them is written. Events are
    recorded above the cap too."""
    if full and any(draft.kind != EVENT for draft in request.drafts):
        return full
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
