"""Where the late residuals of a correction lie, and the share of it that the next ones follow.

level = sum KEEP^age r / (1 + sum KEEP^age),   share = argmin sum SLOW^age (r - share level)^2

`level` of the second sum is that of the time when the part was judged; START at PRIOR parts is the
share's prior, and it stays in 0 .. 1: residuals that do not hang together get a share of nearly
zero. KEEP, SLOW, PRIOR and START were chosen on other targets than CO of the gas turbine (AFDP,
TEY, TAT and CDP of 2011) and on its CO of 2012.
"""

from __future__ import annotations

KEEP, SLOW, PRIOR, START = 0.7, 0.99, 20.0, 0.5


class Level:
    """`now`, the level; `added`, the part of it that is added to a prediction."""

    def __init__(self) -> None:
        self.total = self.weight = 0.0
        self.product = self.square = self.count = 0.0

    @property
    def now(self) -> float:
        """Weighted mean of the late residuals, drawn to 0 as by one more part."""
        return self.total / (self.weight + 1.0)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        usual = self.square / max(self.count, 1.0)
        below = self.square + PRIOR * usual
        found = (self.product + START * PRIOR * usual) / below if below > 0.0 else START
        return min(max(found, 0.0), 1.0)

    @property
    def added(self) -> float:
        """What a prediction gets."""
        return self.share * self.now

    def update(self, residual: float, told: float) -> None:
        """One measured part: `residual` of its prediction without a level, and the level when it
        was judged."""
        self.product = SLOW * self.product + residual * told
        self.square = SLOW * self.square + told * told
        self.count = SLOW * self.count + 1.0
        self.total = KEEP * self.total + residual
        self.weight = KEEP * self.weight + 1.0

    def kept(self) -> list[float]:
        """All of it."""
        return [self.total, self.weight, self.product, self.square, self.count]

    def restored(self, found: list[float]) -> None:
        """Put back what was kept. Raises ValueError for numbers that no residuals give."""
        if min(found[1], *found[3:]) < 0.0:
            raise ValueError("level")
        self.total, self.weight, self.product, self.square, self.count = found
