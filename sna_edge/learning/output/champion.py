"""Whether a correction is better than the frozen model on parts that it has not seen."""

from __future__ import annotations

from math import sqrt

KEEP, FEWEST, CLIP = 0.98, 20, 9.0
"""Weight that a measured part keeps at the next; measured parts before a correction may be used;
squared errors beyond so many variances of the measured values count as that many."""


class Champion:
    """`used`: the correction is. It begins where its squared errors have lately been smaller by
    more than a standard error, and ends where they are not smaller."""

    def __init__(self) -> None:
        self.count, self.used = 0, False
        self.weight = self.weight2 = self.gain = self.square = 0.0

    def update(self, frozen: float, corrected: float, sigma: float) -> None:
        """Residuals of one measured part, each of a prediction made before it was measured;
        `sigma`, the deviation of measured values."""
        most = CLIP * sigma * sigma
        gain = min(frozen * frozen, most) - min(corrected * corrected, most)
        self.count += 1
        self.weight = KEEP * self.weight + 1.0
        self.weight2 = KEEP * KEEP * self.weight2 + 1.0
        self.gain = KEEP * self.gain + gain
        self.square = KEEP * self.square + gain * gain
        mean = self.gain / self.weight
        variance = max(self.square / self.weight - mean * mean, 0.0)
        error = sqrt(variance * self.weight2) / self.weight
        better = mean > 0.0 if self.used else mean > error
        self.used = self.count >= FEWEST and better
