"""Progress of a fit: a bar with time left where `rich` is installed, or a callback."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np

Progress = Callable[[str, float, float], None]
"""progress(message, elapsed seconds, seconds left at most; nan when no time limit is set)"""


class Reporter:
    """Tells `progress` what is being done; True asks for a bar on stderr, None and False for silence."""

    def __init__(self, progress: Progress | bool | None, deadline: float) -> None:
        self.deadline, self.begin = deadline, time.monotonic()
        self._stage = ""
        self._bar: Any = None
        self._task: Any = None
        self._call = progress if callable(progress) else None
        if progress is True:
            self._open()

    def _open(self) -> None:
        try:
            from rich.console import Console
            from rich.progress import Progress as Bar
            from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
        except ImportError:
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("fit", total=None, left="")

    def __enter__(self) -> Reporter:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def stage(self, name: str) -> None:
        self._stage = name
        self.say("")

    def say(self, detail: str) -> None:
        now = time.monotonic()
        left = self.deadline - now if np.isfinite(self.deadline) else float("nan")
        message = f"{self._stage}: {detail}" if detail else self._stage
        if self._call is not None:
            self._call(message, now - self.begin, left)
        if self._bar is not None:
            shown = f"at most {max(left, 0.0):.0f} s left" if np.isfinite(left) else ""
            self._bar.update(self._task, description=message[:100], left=shown)
