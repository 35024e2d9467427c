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
from .space import Space
from .tails import Tails

Floats = NDArray[np.float64]

LEAST = 1e-300
"""So small is no half-width."""


@dataclass(frozen=True)
class Told:
    """Of one part, on the scale of the output: frozen prediction `u` and half-widths, corrected
    prediction, factors of both half-widths around either; which of the two was said, and whether
    factors were."""

    u: float
    down: float
    up: float
    corrected: float
    frozen_factors: tuple[float, float]
    corrected_factors: tuple[float, float]
    moved: bool
    widened: bool

    @classmethod
    def of(cls, row: list[float], flags: int) -> Told:
        """From 8 numbers and the flags of `Parts`."""
        u, down, up, corrected, a, b, c, d = row
        return cls(u, down, up, corrected, (a, b), (c, d), bool(flags & 2), bool(flags & 4))

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
        self.frozen, self.corrected = Tails(self.space.level), Tails(self.space.level)
        self.champion = Champion()
        self.recalibration = Recalibration(self._features) if self._features else None

    @property
    def used(self) -> bool:
        """Whether the correction is used for the next part."""
        return self.recalibration is not None and self.champion.used

    @property
    def factors(self) -> tuple[float, float]:
        """Of both half-widths, of the prediction that the next part gets."""
        tails = self.corrected if self.used else self.frozen
        return tails.below, tails.above

    def _all_factors(self) -> tuple[float, float, float, float]:
        frozen, corrected = self.frozen, self.corrected
        return frozen.below, frozen.above, corrected.below, corrected.above

    def told(self, frozen: Floats, phi: Floats | None) -> Floats:
        """[8, N], as in `Told`, of parts with predictions and half-widths `frozen` [3, N]."""
        u, down, up = frozen
        found = np.empty((8, len(u)))
        found[:3], found[3] = frozen, u
        found[4:] = np.array([[t] for t in self._all_factors()])
        if self.recalibration is not None and phi is not None and self.recalibration.ready:
            found[3] = self.recalibration.corrected(phi, u)
            most = 2.0 * self.recalibration.reach
            found[6] *= np.minimum(1.0, most / np.maximum(down, LEAST))
            found[7] *= np.minimum(1.0, most / np.maximum(up, LEAST))
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
        if one.ready:
            self.corrected.update(better < -below * told.down, better > above * told.up)
            self.champion.update(by, better, one.deviation)
        else:
            self.corrected.logs = list(self.frozen.logs)
        half = (told.down + told.up) / 2.0
        one.update(phi, told.u, half, measured)

    def kept(self) -> dict[str, Any]:
        """All of it, as plain values and arrays."""
        found: dict[str, Any] = {
            "coverage": [self.coverage.count, self.coverage.inside, self.coverage.recent],
            "frozen": self.frozen.logs,
            "corrected": self.corrected.logs,
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
        vars(self.champion).update(found["champion"])
        self.watchers = Watchers.restored(found["watchers"])
        if self.recalibration is not None and "triangle" in found:
            self.recalibration.restored(found)
