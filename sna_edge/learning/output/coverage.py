"""How often intervals held what was measured, lately and in all, and whether they still do.

lost: sum <- max(0, sum + log(q / p) for a miss, + log((1 - q) / (1 - p)) else) has passed LOST and
not been at zero since, p = 1 - level, q = WORSE p. Source: Reynolds and Stoumbos, J. Qual. Technol.
31 (1999), the CUSUM of a share.
"""

from __future__ import annotations

from math import log, sqrt

RECENT, Z95 = 200, 1.959963984540054
WORSE, LOST = 2.5, 5.0
"""The share of misses that is looked for, in those of the level; the sum that is passed once in
1,300 (80 %), 3,200 (90 %), 6,900 (95 %) measured parts while the level holds. Chosen by that alone.
"""


class Coverage:
    """Outcomes of measured parts: `count` and `inside` in all, the last RECENT one by one (the
    oldest first)."""

    def __init__(self) -> None:
        self.count = self.inside = 0
        self.recent: list[bool] = []

    def update(self, held: bool) -> None:
        """One more measured part."""
        self.count += 1
        self.inside += held
        self.recent = [*self.recent[-(RECENT - 1) :], held]

    @property
    def share(self) -> tuple[float, float, float]:
        """The share of the recent ones that were inside, and the ends of its 95 % confidence
        interval (Wilson, J. Am. Stat. Assoc. 22 (1927))."""
        n = len(self.recent)
        if not n:
            return 0.0, 0.0, 1.0
        p, spread = sum(self.recent) / n, Z95 * Z95 / n
        middle = (p + spread / 2.0) / (1.0 + spread)
        half = Z95 * sqrt(p * (1.0 - p) / n + spread / (4.0 * n)) / (1.0 + spread)
        return p, max(middle - half, 0.0), min(middle + half, 1.0)

    def lost(self, level: float) -> bool:
        """Whether the recent ones are missed too often for intervals of the level.

        >>> one = Coverage()
        >>> for held in [True] * 30 + [False] * 8:
        ...     one.update(held)
        >>> one.lost(0.9), one.lost(0.5)
        (True, False)
        """
        p = 1.0 - level
        q = min(WORSE * p, (1.0 + p) / 2.0)
        up, down = log(q / p), log((1.0 - q) / (1.0 - p))
        total, lost = 0.0, False
        for held in self.recent:
            total = min(max(total + (down if held else up), 0.0), 2.0 * LOST)
            lost = total > LOST or (lost and total > 0.0)
        return lost

    @property
    def said(self) -> dict[str, float]:
        """The same by name, with the number of parts."""
        share, low, high = self.share
        return {"share": share, "lower": low, "upper": high, "parts": len(self.recent)}
