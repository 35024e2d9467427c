"""Another model or other limits, while parts go on: made ready beside the line, checked, and taken
between two parts; what cannot judge here is refused, and the old one goes on."""

from __future__ import annotations

import os
from threading import Event, Thread
from typing import Any

from ...errors import InputError, SnaError
from ...store import Store
from ..config import Configuration
from .desk import Cell, JudgingDesk
from .served import Marks, Served, learner, marks_of, same_inputs, served

LOOK = 0.5
"""Seconds between two looks at the files; a change is taken when two looks see the same."""


def learned_path(config: Configuration, cell: Cell) -> str:
    """Where what is learned of a recipe is kept."""
    return os.path.join(config.data, "learned", f"{cell[0]}.{cell[1]}")


class Renewal:
    """Looks at the files of every recipe, in a thread of its own."""

    def __init__(self, config: Configuration, desk: JudgingDesk) -> None:
        self._config, self._desk = config, desk
        self._seen = {cell: one.marks for cell, one in desk.cells.items()}
        self._before = dict(self._seen)
        self._end = Event()
        self._thread = Thread(target=self._run, name="renewal", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    def _run(self) -> None:
        while not self._end.wait(LOOK):
            for cell in self._seen:
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
            same_inputs(old.line.model, new.line.model)
        except (SnaError, OSError, ValueError) as error:
            self._refused(cell, old, now, error)
            return
        if (new.trust.sha256, new.limits) != (old.trust.sha256, old.limits):
            self._desk.turn(lambda: self._take(cell, new))

    def _take(self, cell: Cell, new: Served) -> None:
        """In the thread that judges: from the next part on."""
        old = self._desk.cells[cell]
        tell = _nothing
        try:
            new.line.learner = learner(new, learned_path(self._config, cell), tell, old)
        except (SnaError, OSError) as error:
            if old.line.learner is not None:
                old.line.learner.resume()
            self._refused(cell, old, new.marks, error)
            return
        self._desk.cells[cell] = new
        note = self._desk.note
        named: dict[str, Any] = {"station": cell[0], "recipe": cell[1]}
        if new.trust.sha256 != old.trust.sha256:
            source = new.recipe.source
            note("model switched", why=f"{source} holds another model", before=old.trust.said,
                 model=new.trust.said, acceptance_rows=new.rows, **named)  # fmt: skip
        if new.limits != old.limits:
            note("limits changed", why=f"{new.recipe.limits} was changed", before=old.limits,
                 limits=new.limits, **named)  # fmt: skip
        for sentence in new.said:
            note("remark", why=sentence, **named)

    def _refused(self, cell: Cell, old: Served, marks: Marks, error: Exception) -> None:
        """The old one goes on; a store is rolled back to it."""
        reason = " ".join(str(error).split())
        self._desk.note(
            "alarm", station=cell[0], recipe=cell[1], source="renewal",
            why=f"{old.recipe.source} or {old.recipe.limits} has changed and cannot judge here, the"
            f" old one goes on: {reason}",
        )  # fmt: skip
        if not old.recipe.store or marks[0] == old.marks[0]:
            return
        try:
            store = Store(old.recipe.store)
            state = store.state
            if state and state.previous and state.previous.sha256 == old.trust.sha256:
                store.rollback(f"the station could not use it: {reason}")
        except (InputError, OSError):
            return
        self._seen[cell] = self._before[cell] = marks_of(old.recipe)


def _nothing(sentence: str) -> None:
    """Alarms of a learner stand in the answer that has raised them."""
