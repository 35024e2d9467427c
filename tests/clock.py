"""Time that other programs of the machine cannot take."""

from __future__ import annotations

from time import perf_counter, process_time


class Clock:
    """Seconds since it was made: of the process where others keep it waiting, else of the wall."""

    def __init__(self) -> None:
        self._began = perf_counter(), process_time()

    @property
    def seconds(self) -> float:
        """The lesser of both."""
        wall, own = self._began
        return min(perf_counter() - wall, process_time() - own)
