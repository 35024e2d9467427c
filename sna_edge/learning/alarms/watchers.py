"""Cumulative sums of one output: of z to either side (a shift), of surprise (a scale), and of z
beside its own slow mean (a shift of late, where seasons move the mean). Source: Page, Biometrika
41 (1954).

up <- max(0, up + z - K),   down <- max(0, down - z - K),   wide <- max(0, wide + s - 1 - K)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import erfc, log, sqrt
from typing import Any

import numpy as np

MOST = 3.5
"""|z| is cut there: one gross error is no drift."""
KINDS = ("higher", "lower", "wider", "higher of late", "lower of late")
K_SHIFT, K_SCALE = 0.5, 0.25
K = (K_SHIFT, K_SHIFT, K_SCALE, 0.25, 0.25)
SLOW = 0.995
"""Weight that a measured part keeps at the next in the mean that `of late` is beside."""
INDEPENDENT = (7.7, 7.7, 20.0, 15.0, 15.0)
"""Thresholds for residuals that do not hang together: each is passed once in 16,000 to 50,000
normal numbers."""
FALSE, MOST_RAISED = 1_000, 60
"""Measured parts for each alarm of the reference; how often thresholds are raised for that."""
OTHERS = ((1, 3, 4), (0, 3, 4), (0, 1, 3, 4), (0, 1, 2, 4), (0, 1, 2, 3))
"""Alarms that have said it: what begins while one of them stands is the same story."""


FOLLOWED, WAITING = (
    "; the correction in use follows it",
    "; no correction is better than the model yet",
)
UNCORRECTED = ", or use --learn recalibrate"


@dataclass(frozen=True)
class Alarm:
    """What moved: `kind` of KINDS, `parts` measured parts ago, by `size` on average since then:
    deviations, or (`wider`) how much farther off, as a share."""

    kind: str
    parts: int
    size: float

    def said(self, name: str, correction: str) -> str:
        """Of the output `name` in words, with what to do; `correction`: FOLLOWED, WAITING or
        UNCORRECTED."""
        todo = f"look at sensors and process, then refit{correction}"
        size = f"by {abs(self.size):.1f} deviations for {self.parts} measured parts; {todo}"
        if self.kind.endswith("of late"):
            return f"{name}: measured values lie {self.kind} than before, beside the model, {size}"
        if self.kind == "wider":
            return (
                f"{name}: measured values scatter more around the model than they did, for"
                f" {self.parts} measured parts; {todo}"
            )
        return f"{name}: measured values lie {self.kind} than the model says, {size}"


@dataclass
class Watchers:
    """`sums` of KINDS; `since`: measured parts when each left zero; `total`: sums of what was added
    to it since then; `standing`: alarmed, and not back at zero since; `slow`: mean of z, and its
    weight."""

    thresholds: tuple[float, ...] = INDEPENDENT
    sums: tuple[float, ...] = (0.0,) * 5
    since: tuple[int, ...] = (0,) * 5
    total: tuple[float, ...] = (0.0,) * 5
    standing: tuple[bool, ...] = (False,) * 5
    slow: tuple[float, ...] = (0.0, 0.0)

    def update(self, z: float, count: int) -> list[Alarm]:
        """Measured part number `count` with residual z: alarms that begin."""
        mean, weight = self.slow
        late, weight = z - mean, SLOW * weight + 1.0
        self.slow = mean + late / weight, weight
        values = (z, -z, surprise(z) - 1.0, late, -late)
        before, begun = self.standing, list[int]()
        sums, since, total = list(self.sums), list(self.since), list(self.total)
        standing = list(before)
        for i, value in enumerate(values):
            if sums[i] <= 0.0:
                since[i], total[i] = count, 0.0
            now, most = sums[i] + value - K[i], self.thresholds[i]
            total[i] += value
            if now > most and not before[i]:
                if not any(standing[j] for j in OTHERS[i]):
                    begun.append(i)
                standing[i] = True
            elif now <= 0.0:
                now, standing[i] = 0.0, False
            sums[i] = min(now, 2.0 * most)  # so that what has gone is seen to go
        self.sums, self.since = tuple(sums), tuple(since)
        self.total, self.standing = tuple(total), tuple(standing)
        return [self._alarm(i, count) for i in begun]

    def open(self, count: int) -> list[Alarm]:
        """Alarms that stand after `count` measured parts, one for each story."""
        found = [i for i, one in enumerate(self.standing) if one]
        first = [i for i in found if not any(j < i and self.standing[j] for j in OTHERS[i])]
        return [self._alarm(i, count) for i in first]

    def _alarm(self, i: int, count: int) -> Alarm:
        parts = max(count - self.since[i] + 1, 1)
        return Alarm(KINDS[i], parts, self.total[i] / parts)

    def kept(self) -> dict[str, list[Any]]:
        """All of it, as plain values."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def restored(cls, found: dict[str, list[Any]]) -> Watchers:
        """What was kept. Raises TypeError or ValueError where it does not fit."""
        fits = {name: len(values) for name, values in asdict(cls()).items()}
        if any(len(values) != fits.get(name) for name, values in found.items()):
            raise ValueError("watchers")
        if found.get("slow", (0.0, 0.0))[1] < 0.0:
            raise ValueError("watchers")
        return cls(**{name: tuple(values) for name, values in found.items()})


def thresholds(
    z: Sequence[float], *, parts: int = 2_000, block: int = 0, streams: int = 200, seed: int = 0
) -> tuple[float, ...]:
    """Of residuals z in the order in which they came: so high that streams of their own `block`s
    pass each once in `parts` measured parts, and that they themselves, in their order, alarm at
    most once in FALSE of them. `block` 0: as long as the residuals hang together, a tenth of them
    at most."""
    own, length = np.asarray(z, dtype=float), min(2000, parts // 4)
    size = block or together(own)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(own), (streams, -(-length // size)))
    index = (starts[:, :, None] + np.arange(size)).reshape(streams, -1)[:, :length] % len(own)
    found = np.quantile(_highest(own[index].T), 1.0 - length / parts, axis=1)
    found = np.maximum(found, INDEPENDENT)
    for _ in range(MOST_RAISED):
        if _alarms(own, found) <= len(own) / FALSE:
            break
        found *= 1.1
    return tuple(found.tolist())


def _highest(z: np.ndarray) -> np.ndarray:
    """Of sums of KINDS over streams z [T, S]: the largest values [5, S]."""
    wide = np.interp(np.abs(z), *_surprises()) - 1.0
    sums, most = np.zeros((5, z.shape[1])), np.zeros((5, z.shape[1]))
    mean, weight = np.zeros(z.shape[1]), 0.0
    for one, scale in zip(z, wide, strict=True):
        late, weight = one - mean, SLOW * weight + 1.0
        mean = mean + late / weight
        steps = np.stack([one, -one, scale, late, -late]) - np.array(K)[:, None]
        sums = np.maximum(sums + steps, 0.0)
        most = np.maximum(most, sums)
    return most


def _alarms(z: np.ndarray, limits: np.ndarray) -> int:
    """Alarms in a stream z, one after the other."""
    watchers = Watchers(tuple(limits.tolist()))
    return sum(len(watchers.update(one, i)) for i, one in enumerate(z.tolist(), 1))


def _surprises() -> tuple[np.ndarray, np.ndarray]:
    """|z| and what it surprises, finely."""
    size = np.linspace(0.0, MOST, 701)
    return size, np.array([surprise(one) for one in size.tolist()])


def together(z: np.ndarray) -> int:
    """The lag from which on residuals are independent (their correlation stays below 0.05 for five
    lags), from 1 to a tenth of their number."""
    centred, most = z - z.mean(), max(len(z) // 10, 1)
    variance = float(centred @ centred) + 1e-300
    quiet = 0
    for lag in range(1, most):
        quiet = quiet + 1 if abs(float(centred[lag:] @ centred[:-lag])) / variance < 0.05 else 0
        if quiet == 5:
            return lag - 4
    return most


def surprise(z: float) -> float:
    """-log of the share of residuals that are farther off than |z|, whose mean is 1 while nothing
    changes."""
    return -log(max(erfc(abs(z) / sqrt(2.0)), 1e-12))
