"""Another model or other limits, while parts go on: made ready beside the line, checked, and taken
between two parts; what cannot judge here is refused, and the old one goes on. Files are watched;
what people ask for is a record before it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any

from ...durable import write_whole
from ...errors import InputError, SnaError
from ...serving import roll_back, same_inputs
from ..config import Configuration
from .desk import Cell, JudgingDesk
from .served import Marks, Served, learner, marks_of, served

LOOK = 0.5
"""Seconds between two looks at the files; a change is taken when two looks see the same."""
TAKEN = 30.0
"""Seconds that the thread that judges may take until it has another model."""
FILE = "file"
"""Who has made a change that nobody asked the station for."""
REMEDY = "give its recipe another name, and start the station again"


def learned_path(config: Configuration, cell: Cell) -> str:
    """Where what is learned of a recipe is kept."""
    return os.path.join(config.data, "learned", f"{cell[0]}.{cell[1]}")


def keep_limits(config: Configuration, cell: Cell, one: Served) -> None:
    """Keep the limits under their digest, as records name them. Raises InputError."""
    path = os.path.join(config.data, "limits", f"{cell[0]}.{cell[1]}", one.limits)
    if os.path.exists(path):
        return
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_whole(path, one.text)
    except OSError as error:
        raise InputError(f"the limits cannot be kept in {path}: {error.strerror}") from None


@dataclass(frozen=True)
class Change:
    """What somebody asks for: `made` gives what is to judge in place of what does; `record` writes
    the event, `write` and `undo` change the file of `place` (of the marks). All may raise
    InputError."""

    made: Callable[[Served], Served]
    record: Callable[[Served, Served], None]
    write: Callable[[], object]
    undo: Callable[[], object]
    place: int


class Renewal:
    """Looks at the files of every recipe, in a thread of its own."""

    def __init__(self, config: Configuration, desk: JudgingDesk) -> None:
        self._config, self._desk = config, desk
        self._seen = {cell: one.marks for cell, one in desk.cells.items()}
        self._before = dict(self._seen)
        self._end, self._lock = Event(), Lock()
        self._thread = Thread(target=self._run, name="renewal", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        for cell, one in self._desk.cells.items():
            try:
                keep_limits(self._config, cell, one)
            except InputError as error:
                self._alarm(cell, str(error))
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Look no more; a look that goes on is given these seconds."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._end.wait(LOOK):
            for cell in self._seen:
                with self._lock:
                    self.look(cell)

    def look(self, cell: Cell) -> None:
        """Take what has come for one recipe, if it has come whole."""
        old = self._desk.cells[cell]
        now = marks_of(old.recipe)
        settled, self._before[cell] = now == self._before[cell], now
        if now == self._seen[cell] or not settled:
            return
        self._seen[cell] = now
        try:
            new = served(old.recipe, self._config)
            same_inputs(old.line.model, new.line.model, REMEDY)
            keep_limits(self._config, cell, new)
        except (SnaError, OSError, ValueError) as error:
            self._refused(cell, old, now, error)
            return
        if (new.trust.sha256, new.limits) != (old.trust.sha256, old.limits):
            self._desk.turn(lambda: self._came(cell, new))

    def change(self, cell: Cell, asked: Change) -> None:
        """Do what somebody asks for: from the next part on when this returns. Raises InputError
        where it cannot be; all is as it was then, and what was recorded is taken back by an
        alarm."""
        with self._lock:
            old = self._desk.cells[cell]
            new = asked.made(old)
            same_inputs(old.line.model, new.line.model, REMEDY)
            keep_limits(self._config, cell, new)
            asked.record(old, new)
            try:
                asked.write()
                self._taken(cell, new)
            except (SnaError, OSError) as error:
                why = " ".join(str(error).split())
                self._alarm(
                    cell, f"what was just recorded was not done, the old one goes on: {why}"
                )
                asked.undo()
                raise InputError(why) from None
            finally:
                self._written(cell, new, asked.place)

    def _written(self, cell: Cell, new: Served, place: int) -> None:
        """The file of `place` was written here; what came of the other one since it was read is
        seen by the next look."""
        self._before[cell] = now = marks_of(new.recipe)
        self._seen[cell] = tuple(now[i] if i == place else new.marks[i] for i in range(len(now)))

    def _taken(self, cell: Cell, new: Served) -> None:
        """Wait until the thread that judges has it. Raises SnaError, OSError."""
        done, found = Event(), list[Exception]()

        def take() -> None:
            try:
                self._take(cell, new)
            except (SnaError, OSError) as error:
                found.append(error)
            finally:
                done.set()

        self._desk.turn(take)
        if not done.wait(TAKEN):
            raise InputError(f"the thread that judges has not taken it within {TAKEN:g} s")
        if found:
            raise found[0]

    # In the thread that judges.

    def _take(self, cell: Cell, new: Served) -> None:
        """From the next part on. Raises SnaError, OSError, and the old one goes on."""
        old = self._desk.cells[cell]
        try:
            new.line.learner = learner(new, learned_path(self._config, cell), _nothing, old)
        except (SnaError, OSError):
            if old.line.learner is not None:
                old.line.learner.resume()
            raise
        self._desk.cells[cell] = new
        for sentence in new.said:
            self._desk.note("remark", why=sentence, station=cell[0], recipe=cell[1])

    def _came(self, cell: Cell, new: Served) -> None:
        """A file has changed."""
        old = self._desk.cells[cell]
        try:
            self._take(cell, new)
        except (SnaError, OSError) as error:
            self._refused(cell, old, new.marks, error)
            return
        for event, told in changes(old, new).items():
            self._desk.note(event, who=FILE, station=cell[0], recipe=cell[1], **told)

    def _refused(self, cell: Cell, old: Served, marks: Marks, error: Exception) -> None:
        """The old one goes on; a store is rolled back to it."""
        reason = " ".join(str(error).split())
        self._alarm(
            cell,
            f"{old.recipe.source} or {old.recipe.limits} has changed and cannot judge here, the old"
            f" one goes on: {reason}",
        )
        if not old.recipe.store or marks[0] == old.marks[0]:
            return
        try:
            roll_back(old.recipe.store, old.trust.sha256, f"the station could not use it: {reason}")
        except (InputError, OSError):
            return
        self._seen[cell] = self._before[cell] = marks_of(old.recipe)

    def _alarm(self, cell: Cell, why: str) -> None:
        self._desk.note("alarm", station=cell[0], recipe=cell[1], source="renewal", why=why)


def changes(old: Served, new: Served) -> Mapping[str, Mapping[str, Any]]:
    """{event: its entries} of what differs."""
    found: dict[str, dict[str, Any]] = {}
    if new.trust.sha256 != old.trust.sha256:
        source = new.recipe.source
        found["model switched"] = {
            "why": f"{source} holds another model", "before": old.trust.said,
            "model": new.trust.said, "acceptance_rows": new.rows,
        }  # fmt: skip
    if new.limits != old.limits:
        found["limits changed"] = {
            "why": f"{new.recipe.limits} was changed", "before": old.limits, "limits": new.limits,
        }  # fmt: skip
    return found


def _nothing(sentence: str) -> None:
    """Alarms of a learner stand in the answer that has raised them."""
