"""The share of bad parts among accepted ones, kept by measured parts: from which probability to be
inside the limits on parts are accepted.

Of the last measured parts, A(t) have a probability of at least t, and B(t) of these were bad. The
threshold is

* the least t that they prove: at every one of a row of stricter thresholds, each accepting a
  quarter more, so few were bad that a share of `rate` would have shown more in 9 of 10 cases;
* else the least t from `start` on with (B(t) + 1) / (A(t) + 1 / rate + 1) <= rate: what the start
  promises counts as 1 / rate good parts.

It lies between LEAST and 1; above 1 nothing is accepted. Sources: Angelopoulos, Bates, Candes,
Jordan and Lei, arXiv:2110.01052 (2021), fixed-sequence testing; Jin and Candes, J. Mach. Learn.
Res. 24 (2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import inf, lgamma, log

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

KEPT, MORE, DOUBT = 800, 1.25, 0.1
"""Measured parts that count; how many more parts each threshold accepts than the one before; how
often a share above the rate may pass as proven."""
LEAST = 0.5
NEVER = 2.0
"""Above every probability: nothing is accepted."""


def threshold(p: Floats, bad: Bools, rate: float, start: float) -> tuple[float, bool]:
    """The probability from which on parts are accepted, and whether the measured parts with
    probabilities p [N] have set it.

    >>> p = np.linspace(0.5, 1.0, 501)
    >>> threshold(p[:0], p[:0] > 1, 0.05, 0.95)
    (0.95, False)
    >>> at, proven = threshold(p, p < 0.7, 0.05, 0.95)
    >>> round(at, 3), proven
    (0.696, True)
    >>> threshold(p, p < 0.98, 0.05, 0.95)[0] > 0.975
    True
    """
    order = np.argsort(-p, kind="stable")
    p, bad = p[order], bad[order]
    proven = _proven(p, bad, rate)
    if proven is not None and proven <= start:
        return max(proven, LEAST), True
    return _kept(p, bad, rate, start)


def _proven(p: Floats, bad: Bools, rate: float) -> float | None:
    """The least threshold of a row from strict to loose that all are proven; None where the first
    is not. p [N] falls."""
    count, found = fewest(rate), None
    while count <= len(p):
        accepted = int(np.searchsorted(-p, -p[count - 1], side="right"))
        if below(int(bad[:accepted].sum()), accepted, rate) > DOUBT:
            break
        found = float(p[count - 1])
        count = int(np.ceil(MORE * accepted))
    return found


def _kept(p: Floats, bad: Bools, rate: float, start: float) -> tuple[float, bool]:
    """The least threshold from `start` on at which bad parts are no more than the rate."""
    strict = p >= start
    p, bad = p[strict], bad[strict]
    count, several = np.arange(1, len(p) + 1), np.cumsum(bad)
    last = np.append(p[1:] != p[:-1], True)[: len(p)]  # of those with the same probability
    good = last & ((several + 1.0) <= rate * (count + 1.0 / rate + 1.0))
    if not len(p) or good[-1]:
        return start, False
    place = np.flatnonzero(good)
    # between this part and the next one, which would be one too many
    return (float(p[place[-1]]), True) if len(place) else (float(np.nextafter(p[0], inf)), True)


def fewest(rate: float) -> int:
    """Good parts that prove the rate."""
    return int(np.ceil(log(DOUBT) / log(1.0 - rate)))


def below(bad: int, count: int, rate: float) -> float:
    """P(at most `bad` of `count` parts are bad) where a share `rate` is."""
    i = np.arange(bad + 1)
    whole = lgamma(count + 1.0)
    ways = np.array([whole - lgamma(k + 1.0) - lgamma(count - k + 1.0) for k in i.tolist()])
    return float(min(np.exp(ways + i * log(rate) + (count - i) * log(1.0 - rate)).sum(), 1.0))


@dataclass(frozen=True)
class Rated:
    """What is promised: `rate`, the threshold at the `start`, `limits` {output: (LSL, USL)}, and
    `acceptable`: the joint probability of a part at x [D] with what was learned [3, K], NaN where
    it would not be accepted whatever it is."""

    rate: float
    start: float
    limits: Mapping[str, tuple[float, float]]
    acceptable: Callable[[Floats, Floats], float]

    @property
    def digest(self) -> NDArray[np.uint8]:
        """Of all that measured parts were compared with."""
        text = repr((self.rate, self.start, sorted(self.limits.items())))
        return np.frombuffer(sha256(text.encode()).digest(), np.uint8).copy()
