"""How long verdicts take: counts in bins of equal ratio."""

from __future__ import annotations

from math import log2

BINS, PER_OCTAVE = 320, 8
"""From 1 ns to 1,000 s; a quantile is at most 9 % too long."""


class Latency:
    """Counts of durations in nanoseconds. One thread adds; any may read.

    >>> latency = Latency()
    >>> for ns in (100_000, 100_000, 100_000, 5_000_000):
    ...     latency.add(ns)
    >>> 0.0001 <= latency.quantile(0.5) < 0.00011, 0.005 <= latency.quantile(0.999) < 0.0055
    (True, True)
    """

    def __init__(self) -> None:
        self.counts = [0] * BINS
        self.count, self.total = 0, 0

    def add(self, ns: int, weight: int = 1) -> None:
        """`weight` durations of `ns`."""
        at = min(int(log2(max(ns, 1)) * PER_OCTAVE) + 1, BINS - 1)
        self.counts[at] += weight
        self.count += weight
        self.total += ns * weight

    def quantile(self, share: float) -> float:
        """Seconds that this share does not exceed; NaN where nothing was counted."""
        counts = list(self.counts)
        left = share * sum(counts)
        if not left:
            return float("nan")
        at = 0
        while at < BINS - 1 and left - counts[at] > 1e-9:
            left -= counts[at]
            at += 1
        return float(2.0 ** (at / PER_OCTAVE) * 1e-9)
