"""Whether the inputs of parts have moved, without any measured value: sums (CUSUM) of the rank of
every number among reference rows, to either side, and of how unfamiliar parts are.

up_d <- max(0, up_d + z_d - K),   down_d <- max(0, down_d - z_d - K),
unlike <- max(0, unlike - ln p - 1 - K'),   z_d = Phi^-1(rank),   p from the scores of the file

All are kept below twice their threshold. Source: Page, Biometrika 41 (1954).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.record import ModelRecord
from ...numerics import normal
from .watchers import INDEPENDENT, K_SCALE, K_SHIFT, together

Floats = NDArray[np.float64]

POINTS = 33
"""Quantiles of the reference rows by which a number is ranked."""
LEAST_P = 1e-3
"""No part counts as less familiar: three of them are no drift."""
PARTS, LENGTH, STREAMS = 8_000, 2_000, 200
"""One false alarm of all sums together in so many parts; parts and number of the streams that say
so."""


@dataclass(frozen=True)
class Moved:
    """Part number `row` of a block raises an alarm: input `name` ("": parts are unfamiliar) has
    moved, by `size` standard deviations of the reference rows on average, for `parts` parts.
    `referred`: by a threshold that reference rows have set."""

    row: int
    name: str
    size: float
    parts: int
    referred: bool

    def said(self, since: str) -> str:
        """In words, with what to do; `since`: the part it began with, "" where it is not known."""
        begun = f"for {self.parts} parts" + (f", since part {since}" if since else "")
        if not self.name:
            exact = "" if self.referred else (
                " (a threshold for parts in any order; --reference ROWS.csv sets one for yours)"
            )  # fmt: skip
            return (
                f"parts are less familiar than the rows of the model were, {begun}{exact}; look at"
                " sensors and process, measure some of these parts, then refit"
            )
        word = "higher" if self.size > 0 else "lower"
        return (
            f"input {self.name} lies {word} than in the reference rows, by {abs(self.size):.1f}"
            f" standard deviations {begun}; look at its sensor and at the process; where it was"
            " moved on purpose, give --reference rows of now"
        )


class InputAlarms:
    """Of the inputs on a straight scale, then of familiarity. `count`: parts so far; per sum [S]
    (inputs up, inputs down, familiarity): `sums`, `since` (the part at which it left zero),
    `total` of standard deviations since then, `standing`: alarmed and not back at zero since."""

    def __init__(self, model: ModelRecord) -> None:
        self.columns = [d for d, a in enumerate(model.axes) if a.kind == "continuous"]
        self.names = [model.axes[d].name for d in self.columns]
        n = len(self.columns)
        self.grid = np.full((n, POINTS), np.nan)
        self.usual = np.zeros((2, n))
        """Mean and standard deviation of the reference rows."""
        self.thresholds = np.append(np.full(2 * n, np.inf), INDEPENDENT[2])
        self.sums, self.total = np.zeros((2, 2 * n + 1))
        self.since = np.zeros(2 * n + 1, np.int64)
        self.standing = np.zeros(2 * n + 1, bool)
        self.count = 0

    @property
    def referred(self) -> bool:
        """Whether reference rows have set the thresholds."""
        return bool(np.isfinite(self.grid).any())

    def refer(self, x: Floats, p: Floats) -> None:
        """Set ranks and thresholds by reference rows x [N, D] in their order, with familiarity
        p [N] (NaN: none)."""
        given = x[:, self.columns]
        levels = (np.arange(POINTS) + 0.5) / POINTS
        known = np.isfinite(given).all(axis=1)
        if not self.columns or not known.any():
            return
        self.grid = np.quantile(given[known], levels, axis=0).T
        spread = given[known].std(axis=0)
        self.usual = np.stack([given[known].mean(axis=0), np.where(spread > 0, spread, 1.0)])
        self.thresholds = thresholds(self._steps(x[known], p[known])[0])

    def update(self, x: Floats, p: Floats) -> list[Moved]:
        """Parts x [N, D] with familiarity p [N], in their order: alarms that begin."""
        if len(x) and (self.referred or np.isfinite(p).any()):
            live = np.flatnonzero(np.isfinite(self.thresholds)).tolist()
            steps, sizes = (a.T[live].tolist() for a in self._steps(x, p))
            each = zip(live, steps, sizes, strict=True)
            found = [moved for one in each for moved in self._walk(*one)]
        else:
            found = []
        self.count += len(x)
        return sorted(found, key=lambda one: one.row)

    def _walk(self, i: int, steps: list[float], sizes: list[float]) -> list[Moved]:
        """Sum i through the steps of a block, where parts lay `sizes` deviations off."""
        most = float(self.thresholds[i])
        now, total, since = float(self.sums[i]), float(self.total[i]), int(self.since[i])
        standing, found = bool(self.standing[i]), list[Moved]()
        for row, step in enumerate(steps):
            if now == 0.0:
                total, since = 0.0, self.count + row
            total += sizes[row]
            now += step
            if now <= 0.0:
                now, standing = 0.0, False
            elif now > most:
                if not standing:
                    found.append(self._moved(i, row, total, since))
                standing, now = True, min(now, 2.0 * most)  # what has gone is seen to go
        self.sums[i], self.total[i], self.since[i] = now, total, since
        self.standing[i] = standing
        return found

    def _moved(self, i: int, row: int, total: float, since: int) -> Moved:
        parts, n = self.count + row - since + 1, len(self.names)
        name = self.names[i % n] if i < 2 * n else ""
        return Moved(row, name, total / parts, parts, self.referred)

    def _steps(self, x: Floats, p: Floats) -> tuple[Floats, Floats]:
        """What every sum grows by [N, S], and how many deviations off a part lies [N, S]."""
        given = x[:, self.columns]
        z, off = np.zeros(given.shape), np.zeros(given.shape)
        if self.referred:
            cut = given[:, :, None]
            rank = (self.grid < cut).sum(axis=2) + (self.grid <= cut).sum(axis=2)
            lost = np.isnan(given)
            z = np.where(lost, 0.0, SCORES[rank])
            off = np.where(lost, 0.0, (given - self.usual[0]) / self.usual[1])
        s = np.where(np.isnan(p), 1.0, -np.log(np.maximum(p, LEAST_P)))
        unlike = (s - 1.0)[:, None]
        steps = np.concatenate([z - K_SHIFT, -z - K_SHIFT, unlike - K_SCALE], axis=1)
        return steps, np.concatenate([off, off, unlike], axis=1)

    @property
    def moved(self) -> NDArray[np.bool_]:
        """[n]: whether an alarm of the input stands, to either side."""
        n = len(self.names)
        return self.standing[:n] | self.standing[n : 2 * n]

    @property
    def open(self) -> list[str]:
        """Alarms that stand, in words."""
        rows = np.flatnonzero(self.standing).tolist()
        moved = [self._moved(i, -1, float(self.total[i]), int(self.since[i])) for i in rows]
        return [one.said("") for one in moved]

    def kept(self) -> dict[str, Any]:
        """All of it, as plain values and arrays."""
        return {f"inputs.{name}": getattr(self, name) for name in KEPT}

    def restored(self, found: dict[str, Any]) -> None:
        """Put back what was kept. Raises ValueError or KeyError where it does not fit."""
        for name in KEPT:
            value, own = found[f"inputs.{name}"], getattr(self, name)
            if isinstance(own, np.ndarray) and value.shape != own.shape:
                raise ValueError("inputs")
            setattr(self, name, value)


KEPT = ("grid", "usual", "thresholds", "sums", "total", "since", "standing", "count")
SCORES = normal.quantile((np.arange(2 * POINTS + 1) / 2.0 + 0.5) / (POINTS + 1.0))
"""z of a number that lies above i / 2 of the quantiles; one that equals some lies in their
middle."""


def thresholds(steps: Floats, seed: int = 0) -> Floats:
    """[S] of the steps [N, S] of reference rows in their order: so high that streams of blocks of
    them pass one of all once in PARTS parts, and none is lower than for rows in any order."""
    size = max(together(column) for column in steps.T)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(steps), (STREAMS, -(-LENGTH // size)))
    sums = np.zeros((STREAMS, steps.shape[1]))
    most = sums.copy()
    for t in range(LENGTH):
        sums += steps[(starts[:, t // size] + t % size) % len(steps)]
        np.maximum(sums, 0.0, out=sums)
        np.maximum(most, sums, out=most)
    middle = np.maximum(np.median(most, axis=0), 1.0)
    share = np.quantile((most / middle).max(axis=1), 1.0 - LENGTH / PARTS)
    n = (steps.shape[1] - 1) // 2
    least = np.repeat([INDEPENDENT[0], INDEPENDENT[2]], [2 * n, 1])
    return np.asarray(np.maximum(middle * share, least))
