"""The share of bad parts among accepted ones, kept by measured parts: from which probability to be
inside the limits on parts are accepted.

Of the last measured parts, A(t) have a probability of at least t, and B(t) of these were bad. The
threshold is

* the least t that they prove: from `start` on, at each of a row of thresholds that accept a tenth
  more every time, so few were bad that a share of `rate` would have shown more in 9 of 10 cases;
* else the least t from `start` on with (B(t) + 1) / (A(t) + 1 / rate + 1) <= rate: what the start
  promises counts as 1 / rate good parts.

It lies between LEAST and 1; above 1 nothing is accepted. On a line it is the stricter one of what
the last KEPT measured parts and the RECENT ones of them say. Sources: Angelopoulos, Bates, Candes,
Jordan and Lei, arXiv:2110.01052 (2021), fixed-sequence testing; Jin and Candes, J. Mach. Learn.
Res. 24 (2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import inf, lgamma, log, log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .output.space import Space
from .output.told import Told

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

KEPT, MORE, DOUBT = 800, 1.1, 0.1
"""Measured parts that count; how many more parts each threshold accepts than the one before; how
often a share above the rate may pass as proven."""
RECENT, SPARE = 200, 1.3
"""Measured parts that count by themselves, too: so many, and so many times those that can prove the
rate at all."""
LEAST = 0.5
NEVER = 2.0
"""Above every probability: nothing is accepted."""


def threshold(p: Floats, bad: Bools, rate: float, start: float) -> tuple[float, bool]:
    """The probability from which on parts are accepted, and whether the measured parts with
    probabilities p [N] have set it.

    >>> p = np.arange(500, 1001) / 1000
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
    proven = _proven(p, bad, rate, int((p >= start).sum()))
    if proven is not None:
        return min(max(proven, LEAST), start), True
    return _kept(p, bad, rate, start)


def _proven(p: Floats, bad: Bools, rate: float, accepted: int) -> float | None:
    """The least threshold of a row from strict to loose that all are proven, the first of which
    accepts so many of the parts; None where that is not. p [N] falls."""
    count, found = max(fewest(rate), accepted), None
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
    return int(np.ceil(log(DOUBT) / log1p(-rate)))


def below(bad: int, count: int, rate: float) -> float:
    """P(at most `bad` of `count` parts are bad) where a share `rate` is."""
    i = np.arange(bad + 1)
    whole = lgamma(count + 1.0)
    ways = np.array([whole - lgamma(k + 1.0) - lgamma(count - k + 1.0) for k in i.tolist()])
    return float(min(np.exp(ways + i * log(rate) + (count - i) * log1p(-rate)).sum(), 1.0))


@dataclass(frozen=True)
class Rated:
    """What is promised: `rate`, the threshold at the `start`, `limits` {output: (LSL, USL)}, and
    `acceptable`: the joint probability of a part at x [D] with what was learned [3, S] of the
    outputs that have an interval, NaN where it would not be accepted whatever it is."""

    rate: float
    start: float
    limits: Mapping[str, tuple[float, float]]
    acceptable: Callable[[Floats, Floats], float]

    @property
    def digest(self) -> NDArray[np.uint8]:
        """Of all that measured parts were compared with."""
        text = repr((self.rate, self.start, sorted(self.limits.items())))
        return np.frombuffer(sha256(text.encode()).digest(), np.uint8).copy()


INSIDE, COUNTED = 8, 16
"""Flags of an output of a part: it was measured inside its limits; of the first output: the part
was counted."""
ROUNDED = 1e-12
"""Of a value that went through a link and back."""


class Accepted:
    """What the last KEPT measured parts say of the threshold, oldest first: probabilities `p` [N]
    of having been inside all limits, by the model and what was learned when they were judged, and
    which were `bad` [N]."""

    def __init__(self, rated: Rated, spaces: Sequence[Space]) -> None:
        self.rated, self._spaces = rated, spaces
        self._limited = [k for k, s in enumerate(spaces) if s.output.name in rated.limits]
        self.forget()

    def forget(self) -> None:
        """Back to the start."""
        self.p, self.bad = np.zeros(0, np.float32), np.zeros(0, np.uint8)
        self.threshold, self.proven = self.rated.start, False

    def _inside(self, k: int, value: float) -> bool | None:
        """Whether a measured value on the scale of output k lies inside its limits; None where it
        has none, or was not measured."""
        space = self._spaces[k]
        if space.output.name not in self.rated.limits or value != value:
            return None
        low, high = self.rated.limits[space.output.name]
        y = float(space.y(np.array(value)))
        rounded = ROUNDED * abs(y) if space.linear else 0.0
        return low - rounded <= y <= high + rounded

    def heard(
        self, x: Floats, told: Sequence[Told], flags: NDArray[np.uint8], measured: Sequence[float]
    ) -> None:
        """A part at inputs x [D] that was told this, of which outputs [K] were measured (NaN where
        not, or learned before); flags [K] say of the part what was counted."""
        found = [self._inside(k, value) for k, value in enumerate(measured)]
        for k in (k for k, inside in enumerate(found) if inside is not None):
            flags[k] |= INSIDE
        outside = False in found
        some = len(self._limited) == len(self.rated.limits)
        whole = some and all(flags[self._limited] & INSIDE)
        if flags[0] & COUNTED or not (outside or whole):
            return
        p = self.rated.acceptable(x, self._learned(told))
        if p == p:
            flags[0] |= COUNTED
            self.p = np.append(self.p, np.float32(p))[-KEPT:]
            self.bad = np.append(self.bad, np.uint8(outside))[-KEPT:]
            self._settle()

    def _learned(self, told: Sequence[Told]) -> Floats:
        """[3, S]: what was added to predictions, and the factors of both tails."""
        shifts = [one.corrected - one.u if one.moved else 0.0 for one in told]
        factors = [one.corrected_factors if one.moved else one.frozen_factors for one in told]
        wide = [f if one.widened else (1.0, 1.0) for f, one in zip(factors, told, strict=True)]
        return np.array([shifts, *zip(*wide, strict=True)])

    @property
    def now(self) -> tuple[float, bool]:
        """The threshold, and whether measured parts have set it."""
        return self.threshold, self.proven

    def _settle(self) -> None:
        """The stricter threshold of all that is kept and the recent parts."""
        p, bad = self.p.astype(float), self.bad.astype(bool)
        rate, start = self.rated.rate, self.rated.start
        recent = max(RECENT, int(SPARE * fewest(rate)))
        both = [threshold(p, bad, rate, start), threshold(p[-recent:], bad[-recent:], rate, start)]
        self.threshold = max(at for at, _ in both)
        self.proven = any(proven for _, proven in both)

    def kept(self) -> dict[str, Any]:
        """As plain values and arrays."""
        return {"escape.p": self.p, "escape.bad": self.bad, "escape.of": self.rated.digest}

    def restored(self, found: Mapping[str, Any]) -> None:
        """Put back what was kept, where it was learned for the same limits and rate. Raises
        ValueError where it does not fit."""
        if "escape.of" not in found or not np.array_equal(found["escape.of"], self.rated.digest):
            return
        p, bad = found["escape.p"], found["escape.bad"]
        if p.shape != bad.shape or len(p) > KEPT or not ((p >= 0) & (p <= 1)).all():
            raise ValueError("escape")
        self.p, self.bad = p, bad
        self._settle()
