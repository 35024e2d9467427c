"""Cumulative sums of one output: of z to either side (a shift), of surprise (a scale). Source:
Page, Biometrika 41 (1954).

up <- max(0, up + z - K),   down <- max(0, down - z - K),   wide <- max(0, wide + s - 1 - K)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ...numerics import normal

MOST = 3.5
"""|z| is cut there: one gross error is no drift."""
K_SHIFT, K_SCALE = 0.5, 0.25
KINDS = ("higher", "lower", "wider")
INDEPENDENT = (7.7, 7.7, 20.0)
"""Thresholds of the three for residuals that do not hang together."""


@dataclass(frozen=True)
class Alarm:
    """What moved: `kind` of KINDS, `parts` measured parts ago, by `size` on average since then:
    deviations, or (`wider`) how much farther off, as a share."""

    kind: str
    parts: int
    size: float

    def said(self, name: str, followed: bool) -> str:
        """In words, with what to do; `followed` where a correction is in use."""
        todo = "look at sensors and process, then refit"
        todo += "; the correction in use follows it" if followed else ", or use --learn recalibrate"
        if self.kind == "wider":
            return (
                f"{name}: measured values scatter more around the model than they did, for"
                f" {self.parts} measured parts; {todo}"
            )
        return (
            f"{name}: measured values lie {self.kind} than the model says, by {abs(self.size):.1f}"
            f" deviations for {self.parts} measured parts; {todo}"
        )


@dataclass
class Watchers:
    """`sums` of KINDS; `since`: measured parts when each left zero; `total`: sums of z (of surprise
    - 1 for `wider`) since then; `standing`: alarmed, and not back at zero since."""

    thresholds: tuple[float, ...] = INDEPENDENT
    sums: tuple[float, ...] = (0.0, 0.0, 0.0)
    since: tuple[int, ...] = (0, 0, 0)
    total: tuple[float, ...] = (0.0, 0.0, 0.0)
    standing: tuple[bool, ...] = (False, False, False)

    def update(self, z: float, count: int) -> list[Alarm]:
        """Measured part number `count` with residual z: alarms that begin."""
        s = surprise(z) - 1.0
        steps = (z - K_SHIFT, -z - K_SHIFT, s - K_SCALE)
        begun, standing = list[Alarm](), list[bool]()
        sums, since, total = list[float](), list[int](), list[float]()
        for i, (step, value) in enumerate(zip(steps, (z, -z, s), strict=True)):
            now = max(0.0, self.sums[i] + step)
            start = self.since[i] if self.sums[i] > 0.0 else count
            whole = (self.total[i] if self.sums[i] > 0.0 else 0.0) + value
            alarm = now > self.thresholds[i]
            shifted = i == 2 and any(standing)  # values far off to one side are far off
            if alarm and not self.standing[i] and not shifted:
                since_then = count - start + 1
                begun.append(Alarm(KINDS[i], since_then, whole / since_then))
            now = min(now, 2.0 * self.thresholds[i])  # so that what has gone is seen to go
            sums.append(now)
            since.append(start)
            total.append(whole)
            standing.append(alarm or (self.standing[i] and now > 0.0))
        self.sums, self.since = tuple(sums), tuple(since)
        self.total, self.standing = tuple(total), tuple(standing)
        return begun

    def open(self, count: int) -> list[Alarm]:
        """Alarms that stand after `count` measured parts; values far off to one side are far
        off."""
        shifted = any(self.standing[:2])
        return [
            Alarm(kind, max(count - since + 1, 1), total / max(count - since + 1, 1))
            for kind, since, total, standing in zip(
                KINDS, self.since, self.total, self.standing, strict=True
            )
            if standing and not (shifted and kind == KINDS[2])
        ]

    def kept(self) -> dict[str, list[float]]:
        """All of it, as plain values."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def restored(cls, found: dict[str, list[float]]) -> Watchers:
        """What was kept. Raises TypeError or ValueError where it does not fit."""
        if any(len(values) != len(KINDS) for values in found.values()):
            raise ValueError("watchers")
        return cls(**{name: tuple(values) for name, values in found.items()})  # type: ignore[arg-type]


def thresholds(
    z: Sequence[float], *, parts: int = 8_000, block: int = 0, streams: int = 200, seed: int = 0
) -> tuple[float, ...]:
    """Of residuals z in the order in which they came: so high that streams of their own `block`s
    pass them once in `parts` measured parts. `block` 0: as long as the residuals hang together, a
    tenth of them at most."""
    own, length = np.asarray(z, dtype=float), min(2000, parts // 4)
    size = block or together(own)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(own), (streams, -(-length // size)))
    index = (starts[:, :, None] + np.arange(size)).reshape(streams, -1)[:, :length] % len(own)
    drawn = own[index]
    most = np.zeros((3, streams))
    s = np.array([surprise(v) for v in own])[index] - 1.0
    sums = np.zeros((3, streams))
    for t in range(length):
        steps = np.stack([drawn[:, t] - K_SHIFT, -drawn[:, t] - K_SHIFT, s[:, t] - K_SCALE])
        sums = np.maximum(sums + steps, 0.0)
        most = np.maximum(most, sums)
    found = np.quantile(most, 1.0 - length / parts, axis=1)
    return tuple(float(max(a, b)) for a, b in zip(found, INDEPENDENT, strict=True))


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
    outside = 2.0 * float(normal.below(np.array([-abs(z)]))[0])
    return -float(np.log(max(outside, 1e-12)))
