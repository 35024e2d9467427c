"""A time budget that loops ask before each round."""

from __future__ import annotations

from time import perf_counter

from ..errors import InputError

RESERVE = 0.05  # of the budget is kept for writing the answer


class Deadline:
    """`milliseconds` from now on, None for no limit.

    `allows()` is called before every round of a loop; it says no when the next round, taken to be as long as the longest so far,
    would end past the budget.
    """

    def __init__(self, milliseconds: float | None) -> None:
        if milliseconds is not None and not milliseconds > 0:
            raise InputError(f"deadline_ms is {milliseconds}; give a positive number of milliseconds")
        self._start = self._last = perf_counter()
        self._budget = float("inf") if milliseconds is None else milliseconds * (1.0 - RESERVE) / 1000.0
        self._longest = 0.0

    def restart(self) -> None:
        """Forget the time since the last question: it was not part of a loop."""
        self._last = perf_counter()

    def allows(self) -> bool:
        """True when another round fits."""
        now = perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now
        return now + self._longest - self._start < self._budget

    @property
    def endless(self) -> bool:
        """True when there is no limit."""
        return self._budget == float("inf")

    @property
    def left(self) -> float:
        """Seconds left, infinite without a limit."""
        return max(self._start + self._budget - perf_counter(), 0.0)

    @property
    def passed(self) -> bool:
        return perf_counter() - self._start >= self._budget

    @property
    def elapsed_ms(self) -> float:
        return (perf_counter() - self._start) * 1000.0
