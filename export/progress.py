"""Progress of a fit: on a terminal a bar with time left where `rich` is installed, elsewhere a line
now and then; or a callback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Any

import numpy as np

from sna_edge.numerics.time_budget import now

Progress = Callable[[str, float, float], None]
"""progress(message, elapsed seconds, estimated seconds left; infinite at first)"""
EACH_MESSAGE = 0.3
"""Each message closes this share of what is left of its stage: how many will come is not known
beforehand."""
EVERY = 20.0
"""Seconds between two lines where there is no bar, and before the first: what is faster is
silent."""


class Reporter:
    """Tells `progress` what is being done; True asks for a bar on stderr, or for a line there every
    `every` seconds where that is no terminal; None and False for silence.

    `deadline` is an instant of `now()` that bounds the estimate.
    """

    def __init__(
        self, progress: Progress | bool | None, deadline: float, every: float = EVERY
    ) -> None:
        self.deadline, self.begin = deadline, now()
        self._stage, self._begin, self._done, self._end = "", 0.0, 0.0, 0.0
        self._message, self._every, self._over = "baselines and simple functions", every, Event()
        self._lines: Thread | None = None
        self._bar: Any = None
        self._task: Any = None
        self._call = progress if callable(progress) else None
        if progress is True:
            self._open()
            if self._bar is None and sys.stderr is not None:
                self._lines = Thread(target=self._written, daemon=True)

    def _written(self) -> None:
        """A line every so often until the fit is over, whatever the fit is busy with."""
        while not self._over.wait(self._every):
            past = now() - self.begin
            left = self._left(past)
            shown = f", about {left:.0f} s left" if np.isfinite(left) else ""
            try:
                print(f"{past:.0f} s{shown}: {self._message}", file=sys.stderr, flush=True)
            except (OSError, ValueError):  # nobody reads them any more
                return

    def _open(self) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar
        except ImportError:
            return
        columns = (
            BarColumn(20),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.description}"),
        )
        console = Console(stderr=True)
        if not (console.is_terminal or console.is_jupyter):
            return
        self._bar = Bar(*columns, console=console, transient=True)
        self._task = self._bar.add_task("fit", total=1.0, left="")

    def __enter__(self) -> Reporter:
        if self._bar is not None:
            self._bar.start()
        if self._lines is not None:
            self._lines.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._over.set()
        if self._lines is not None:
            self._lines.join()

    def stage(self, name: str, end: float) -> None:
        """A stage begins; when it is over the share `end` of the whole will be done."""
        self._begin = self._done = self._end
        self._stage, self._end = name, end
        self._tell(name)

    def part(self, share: float, detail: str) -> None:
        """`share` of the stage is done, where that is known."""
        self._done = max(self._done, self._begin + share * (self._end - self._begin))
        self._tell(f"{self._stage}: {detail}")

    def say(self, detail: str) -> None:
        """Something is done, of an unknown number of things."""
        self._done += EACH_MESSAGE * (self._end - self._done)
        self._tell(f"{self._stage}: {detail}")

    def _tell(self, message: str) -> None:
        past = now() - self.begin
        left, self._message = self._left(past), message
        if self._call is not None:
            self._call(message, past, left)
        if self._bar is not None:
            shown = f"about {left:.0f} s left" if np.isfinite(left) else ""
            self._bar.update(self._task, completed=self._done, description=message[:90], left=shown)

    def _left(self, past: float) -> float:
        return min(self.left(past), max(self.deadline - self.begin - past, 0.0))

    def left(self, past: float) -> float:
        """Seconds left if the rest goes as fast as what is done; infinite at the very beginning."""
        return past * (1.0 - self._done) / self._done if self._done > 0 else float("inf")
