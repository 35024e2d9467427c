"""When corrections came into use and went out of it: by part and measured part, since no clock is
asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

OUT, IN, RESET = 0, 1, 2
WORDS = ("out of use", "in use", "reset")
MOST = 64
"""Changes that are kept, the last ones."""


class History:
    """`rows` [N, 4]: parts judged and measured parts by then, number of the output among those that
    are learned, OUT, IN or RESET."""

    def __init__(self) -> None:
        self.rows = np.zeros((0, 4), np.int64)
        self._used: list[bool] = []

    def look(self, used: Sequence[bool], parts: int, labels: int) -> None:
        """Note which corrections are `used` now where that has changed."""
        before = self._used or [False] * len(used)
        for k, (old, new) in enumerate(zip(before, used, strict=True)):
            if old != new:
                self._add(parts, labels, k, IN if new else OUT)
        self._used = list(used)

    def reset(self, k: int, parts: int, labels: int) -> None:
        """Note that what was known of output k was forgotten."""
        self._add(parts, labels, k, RESET)
        if self._used:
            self._used[k] = False

    def _add(self, *row: int) -> None:
        self.rows = np.vstack([self.rows, np.array([row], np.int64)])[-MOST:]

    def restored(self, rows: Any, used: Sequence[bool]) -> None:
        """Put back what was kept. Raises ValueError where it does not fit."""
        if rows.ndim != 2 or len(rows) > MOST or not np.isin(rows[:, 3], (OUT, IN, RESET)).all():
            raise ValueError("history")
        if len(rows) and not (rows[:, 2].min() >= 0 and rows[:, 2].max() < len(used)):
            raise ValueError("history")
        self.rows, self._used = rows, list(used)
