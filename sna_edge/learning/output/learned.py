"""What is learned of one output: widths, coverage, and a correction where one is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..alarms.watchers import Alarm, Watchers, thresholds
from .champion import Champion
from .coverage import Coverage
from .features import Features
from .ranks import Ranks
from .recalibration import Recalibration
from .scale import Scale
from .space import Space
from .tails import SLOW, Tails

Floats = NDArray[np.float64]

TOLD = 9
"""Numbers that are kept of what a part was told."""
LEAST = 1e-300
"""So small is no half-width."""


@dataclass(frozen=True)
class Told:
    """Of one part, on the scale of the output: frozen prediction `u` and half-widths, corrected
    prediction, factors of both half-widths around either, the level of the correction; which of the
    two was said, and whether factors were."""

    u: float
    down: float
    up: float
    corrected: float
    frozen_factors: tuple[float, float]
    corrected_factors: tuple[float, float]
    level: float
    moved: bool
    widened: bool

    @classmethod
    def of(cls, row: list[float], flags: int) -> Told:
        """From TOLD numbers and the flags of `Parts`."""
        u, down, up, corrected, a, b, c, d, level = row
        return cls(u, down, up, corrected, (a, b), (c, d), level, bool(flags & 2), bool(flags & 4))

    @property
    def said(self) -> tuple[float, float, float]:
        """The prediction that was said, lower and upper end of its interval."""
        middle = self.corrected if self.moved else self.u
        factors = self.corrected_factors if self.moved else self.frozen_factors
        below, above = factors if self.widened else (1.0, 1.0)
        return middle, middle - below * self.down, middle + above * self.up


class LearnedOutput:
    """`frozen` and `corrected`: tails of the interval around either prediction; `coverage` of the
    intervals that were said."""

    def __init__(self, space: Space, features: Features | None, ranks: Ranks) -> None:
        self.space, self._features, self.ranks = space, features, ranks
        self.watchers = Watchers()
        self.forget()
        self.coverage = Coverage()

    def refer(self, rows: Floats) -> None:
        """Set the thresholds of alarms by rows [3, N] in their order: measured minus frozen
        prediction, and both half-widths."""
        self.watchers.thresholds = thresholds([self.ranks.z(*row) for row in rows.T.tolist()])

    def forget(self) -> None:
        """Back to the frozen model."""
        self.frozen, self.corrected = Tails(self.space.level), Tails(self.space.level, SLOW)
        self.scale = Scale(self.space.level)
        self.champion = Champion()
        self.recalibration = Recalibration(self._features) if self._features else None

    @property
    def used(self) -> bool:
        """Whether the correction is used for the next part."""
        return self.recalibration is not None and self.champion.used

    @property
    def factors(self) -> tuple[float, float]:
        """Of both half-widths, of the prediction that the next part gets; around a corrected one,
        of a half-width that is usual."""
        if not self.used:
            return self.frozen.below, self.frozen.above
        typical = self.scale.typical
        return self.corrected.below * typical, self.corrected.above * typical

    def told(self, frozen: Floats, phi: Floats | None) -> Floats:
        """[TOLD, N], as in `Told`, of parts with predictions and half-widths `frozen` [3, N]."""
        u, down, up = frozen
        found = np.empty((TOLD, len(u)))
        found[:3], found[3], found[8] = frozen, u, 0.0
        found[4], found[5] = found[6], found[7] = self.frozen.below, self.frozen.above
        one = self.recalibration
        if one is not None and phi is not None and one.ready:
            found[3], found[8] = one.corrected(phi, u), one.level.now
            size = np.minimum(self.scale.size((down + up) / 2.0), 2.0 * one.reach)
            found[6] = self.corrected.below * size / np.maximum(down, LEAST)
            found[7] = self.corrected.above * size / np.maximum(up, LEAST)
        return found

    def learn(self, measured: float, told: Told, phi: Floats | None) -> list[Alarm]:
        """One measured part, on the scale of the output, with features phi [M] where a correction
        is learned; alarms that begin with it."""
        _, low, high = told.said
        self.coverage.update(low <= measured <= high)
        by = measured - told.u
        below, above = told.frozen_factors
        self.frozen.update(by < -below * told.down, by > above * told.up)
        z = self.ranks.z(by, told.down, told.up)
        alarms = self.watchers.update(z, self.coverage.count)
        if phi is not None and self.recalibration is not None:
            self._correct(self.recalibration, measured, told, phi)
        return alarms

    def _correct(self, one: Recalibration, measured: float, told: Told, phi: Floats) -> None:
        by = measured - told.u
        better = measured - told.corrected
        below, above = told.corrected_factors
        half = (told.down + told.up) / 2.0
        if one.ready:
            self.corrected.update(better < -below * told.down, better > above * told.up)
            self.champion.update(by, better, one.deviation)
            self.scale.update(better, half)
        one.update(phi, told.u, half, measured, told.level)
        if one.ready and not self.scale.usual:
            self.scale.begin(one.usual)

    def kept(self) -> dict[str, Any]:
        """All of it, as plain values and arrays."""
        found: dict[str, Any] = {
            "coverage": [self.coverage.count, self.coverage.inside, self.coverage.recent],
            "frozen": self.frozen.logs,
            "corrected": self.corrected.logs,
            "scale": self.scale.kept(),
            "champion": vars(self.champion).copy(),
            "watchers": self.watchers.kept(),
        }
        return found | (self.recalibration.kept() if self.recalibration else {})

    def restored(self, found: dict[str, Any]) -> None:
        """Put back what was kept. Raises ValueError, KeyError or TypeError where it does not
        fit."""
        self.coverage.count, self.coverage.inside, self.coverage.recent = found["coverage"]
        self.frozen.restored(found["frozen"])
        self.corrected.restored(found["corrected"])
        self.scale.restored(found["scale"])
        vars(self.champion).update(found["champion"])
        self.watchers = Watchers.restored(found["watchers"])
        if self.recalibration is not None and "triangle" in found:
            self.recalibration.restored(found)
