"""What is learned of one output: widths, coverage, and a correction where one is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .champion import Champion
from .coverage import Coverage
from .features import Features
from .recalibration import Recalibration
from .space import Space
from .tails import Tails

Floats = NDArray[np.float64]


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
    def of(cls, row: Floats, flags: int) -> Told:
        """From 8 numbers and the flags of `Parts`."""
        u, down, up, corrected, a, b, c, d = map(float, row)
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

    def __init__(self, space: Space, features: Features | None) -> None:
        self.space, self._features = space, features
        self.forget()
        self.coverage = Coverage()

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

    def told(self, frozen: Floats, phi: Floats | None) -> Floats:
        """[8, N], as in `Told`, of parts with predictions and half-widths `frozen` [3, N]."""
        u, down, up = frozen
        found = np.empty((8, len(u)))
        found[:4] = u, down, up, u
        found[4:6] = np.array([[self.frozen.below], [self.frozen.above]])
        found[6:8] = np.array([[self.corrected.below], [self.corrected.above]])
        if self.recalibration is not None and phi is not None:
            found[3] = self.recalibration.corrected(phi, u)
            most = 2.0 * self.recalibration.reach
            if most < np.inf:
                found[6] *= np.minimum(1.0, most / np.maximum(down, 1e-300))
                found[7] *= np.minimum(1.0, most / np.maximum(up, 1e-300))
        return found

    def learn(self, measured: float, told: Told, phi: Floats | None) -> None:
        """One measured part, on the scale of the output, with features phi [M] where a correction
        is learned."""
        _, low, high = told.said
        self.coverage.update(low <= measured <= high)
        by = measured - told.u
        below, above = told.frozen_factors
        self.frozen.update(by < -below * told.down, by > above * told.up)
        if phi is None or self.recalibration is None:
            return
        better = measured - told.corrected
        below, above = told.corrected_factors
        if self.recalibration.ready:
            self.corrected.update(better < -below * told.down, better > above * told.up)
            self.champion.update(by, better, self.recalibration.deviation)
        else:
            self.corrected.logs = list(self.frozen.logs)
        half = (told.down + told.up) / 2.0
        self.recalibration.update(phi, told.u, half, measured)

    def kept(self) -> dict[str, Any]:
        """All of it, as plain values and arrays."""
        found: dict[str, Any] = {
            "coverage": [self.coverage.count, self.coverage.inside, self.coverage.recent],
            "frozen": self.frozen.logs,
            "corrected": self.corrected.logs,
            "champion": vars(self.champion).copy(),
        }
        return found | (self.recalibration.kept() if self.recalibration else {})

    def restored(self, found: dict[str, Any]) -> None:
        """Put back what was kept. Raises ValueError, KeyError or TypeError where it does not
        fit."""
        self.coverage.count, self.coverage.inside, self.coverage.recent = found["coverage"]
        self.frozen.logs, self.corrected.logs = list(found["frozen"]), list(found["corrected"])
        vars(self.champion).update(found["champion"])
        if self.recalibration is not None and "triangle" in found:
            self.recalibration.restored(found)
