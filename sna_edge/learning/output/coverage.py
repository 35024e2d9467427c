"""How often intervals held what was measured, lately and in all."""

from __future__ import annotations

from math import sqrt

RECENT, Z95 = 200, 1.959963984540054


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

    @property
    def said(self) -> dict[str, float]:
        """The same by name, with the number of parts."""
        share, low, high = self.share
        return {"share": share, "lower": low, "upper": high, "parts": len(self.recent)}
