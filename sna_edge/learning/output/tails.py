"""How wide an interval has to be: a factor for each tail, tracked in log scale.

log w <- log w + step (missed - a),   a = (1 - level) / 2,   w kept in LEAST .. MOST

`step` is ETA where w alone follows what residuals do, SLOW where their size is followed besides.

In the long run each tail is missed in a share a of the measured parts, whatever they do, and no
width becomes infinite; where one tail is as short as it may be, the other is missed in 2 a.
Source: Gibbs and Candes, NeurIPS (2021), with the step in the logarithm of the width instead of
the level.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

ETA, SLOW, LEAST, MOST = 0.2, 0.03, 0.25, 20.0


class Tails:
    """Factors `below` and `above` of the half-widths of the frozen model; both 1 at the start."""

    def __init__(self, level: float, step: float = ETA) -> None:
        self.miss, self._step = (1.0 - level) / 2.0, step
        self.logs = [0.0, 0.0]

    @property
    def below(self) -> float:
        """Of the lower half-width."""
        return exp(self.logs[0])

    @property
    def above(self) -> float:
        """Of the upper one."""
        return exp(self.logs[1])

    def update(self, low: bool, high: bool) -> None:
        """One measured part, which lies below its interval, or above it, or neither."""
        least = [one <= log(LEAST) for one in self.logs]
        for i, miss in enumerate((low, high)):
            share = 2.0 * self.miss if least[1 - i] else self.miss
            moved = self.logs[i] + self._step * (miss - share)
            self.logs[i] = _within(moved)

    def restored(self, logs: Sequence[float]) -> None:
        """Put back what was kept."""
        self.logs = [_within(one) for one in logs]


def _within(one: float) -> float:
    return min(max(one, log(LEAST)), log(MOST))
