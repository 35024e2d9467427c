"""What is learned of one output: widths, coverage, and a correction where one is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..alarms.inputs import InputAlarms
from ..alarms.watchers import FOLLOWED, UNCORRECTED, WAITING, Alarm, Watchers, thresholds
from .champion import Champion
from .coverage import Coverage
from .features import Features
from .offset import Offset
from .ranks import Ranks
from .recalibration import Recalibration
from .scale import Scale
from .space import Space
from .tails import SLOW, Tails
from .told import Told, View

Floats = NDArray[np.float64]

SETTLED = 30
"""Measured parts in which widths come after what has moved."""


class LearnedOutput:
    """`frozen` and `corrected`: tails of the interval around either prediction; `coverage` of the
    intervals that were said."""

    def __init__(
        self, space: Space, features: Features | None, ranks: Ranks, inputs: InputAlarms
    ) -> None:
        self.space, self.features, self.ranks = space, features, ranks
        self._inputs = inputs
        self.watchers = Watchers()
        self.coverage = Coverage()
        self._doubt: tuple[bool, str] | None = None
        self.forget()

    def refer(self, rows: Floats) -> None:
        """Set the thresholds of alarms by rows [3, N] in their order: measured minus frozen
        prediction, and both half-widths."""
        self.watchers.thresholds = thresholds([self.ranks.z(*row) for row in rows.T.tolist()])

    def forget(self) -> None:
        """Back to the frozen model."""
        self.frozen, self.corrected = Tails(self.space.level), Tails(self.space.level, SLOW)
        self.scale = Scale(self.space.level)
        self.champion = Champion()
        self.recalibration = Recalibration(self.features) if self.features else None
        self.offset = Offset(len(self._inputs.names))

    @property
    def used(self) -> bool:
        """Whether the correction is used for the next part."""
        return self.recalibration is not None and (self.champion.used or self.offset.used)

    @property
    def standing(self) -> list[Alarm]:
        """Alarms that began and are not over."""
        return self.watchers.open(self.coverage.count)

    def doubt(self, applied: bool) -> str:
        """Why intervals may not hold their level now, "" where nothing says so: measured parts are
        missed too often; or something has moved less than SETTLED measured parts ago, to which
        widths have not come after yet, or may not (not `applied`)."""
        if self._doubt is None or self._doubt[0] is not applied:
            self._doubt = applied, self._doubted(applied)
        return self._doubt[1]

    def _doubted(self, applied: bool) -> str:
        level = self.space.level
        if self.coverage.lost(level):
            last = self.coverage.recent[-SETTLED:]
            return (
                f"{sum(last)} of the last {len(last)} measured parts lay inside intervals of"
                f" {100 * level:g} %"
            )
        new = [a for a in self.standing if not applied or a.parts < SETTLED]
        if not new:
            return ""
        return f"measured values have moved {new[0].parts} measured parts ago ({new[0].kind})"

    def said(self, alarm: Alarm) -> str:
        """In words, with what to do."""
        end = FOLLOWED if self.used else WAITING if self.recalibration else UNCORRECTED
        return alarm.said(self.space.output.name, end)

    @property
    def shift(self) -> tuple[int, float]:
        """Number of the input whose sensor is corrected, from 1 on (0: none), and what is added to
        its readings, in its unit."""
        one, inputs = self.offset, self._inputs
        if not (self.used and one.used):
            return 0, 0.0
        return inputs.columns[one.column] + 1, float(
            one.delta[one.column] * inputs.usual[1][one.column]
        )

    @property
    def shifted_input(self) -> str:
        """The input of `shift`, "" for none."""
        return self._inputs.names[self.offset.column] if self.shift[0] else ""

    @property
    def factors(self) -> tuple[float, float]:
        """Of both half-widths, of the prediction that the next part gets; around a corrected one,
        of a half-width that is usual."""
        if not self.used:
            return self.frozen.below, self.frozen.above
        typical = self.scale.typical
        return self.corrected.below * typical, self.corrected.above * typical

    @property
    def view(self) -> View:
        """What the next parts are told."""
        moved = self.recalibration.moved(self.scale) if self.recalibration else None
        frozen, corrected = self.frozen, self.corrected
        one = self.offset
        offset = (one.column, float(one.delta[one.column])) if moved and one.used else None
        return View(
            (frozen.below, frozen.above), (corrected.below, corrected.above), moved, self.used,
            offset,
        )  # fmt: skip

    def learn(
        self, measured: float, told: Told, phi: Floats | None, slopes: Floats | None = None
    ) -> list[Alarm]:
        """One measured part, on the scale of the output, with features phi [M] where a correction
        is learned, and slopes [n] by deviations of inputs where some have moved; alarms that begin
        with it."""
        self._doubt = None
        _, low, high = told.said
        self.coverage.update(low <= measured <= high)
        by = measured - told.u
        below, above = told.frozen_factors
        self.frozen.update(by < -below * told.down, by > above * told.up)
        z = self.ranks.z(by, told.down, told.up)
        alarms = self.watchers.update(z, self.coverage.count)
        if phi is not None and self.recalibration is not None:
            self._offset(self.recalibration, measured, told, phi, slopes)
            self._correct(self.recalibration, measured, told, phi)
        return alarms

    def _offset(
        self, one: Recalibration, measured: float, told: Told, phi: Floats, slopes: Floats | None
    ) -> None:
        moved = one.moved(self.scale)
        if moved is None or slopes is None:
            return
        general = moved.of(told.u, told.down, told.up, phi)[0] if self.champion.used else told.u
        self.offset.update(slopes, measured - told.u, measured - general, one.deviation)

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
        if self.recalibration is None:
            return found
        return found | self.recalibration.kept() | self.offset.kept()

    def restored(self, found: dict[str, Any]) -> None:
        """Put back what was kept. Raises ValueError, KeyError or TypeError where it does not
        fit."""
        self.coverage.count, self.coverage.inside, self.coverage.recent = found["coverage"]
        self.frozen.restored(found["frozen"])
        self.corrected.restored(found["corrected"])
        self.scale.restored(found["scale"])
        vars(self.champion).update(found["champion"])
        self.watchers = Watchers.restored(found["watchers"])
        self._doubt = None
        if self.recalibration is not None and "triangle" in found:
            self.recalibration.restored(found)
            if self.recalibration.ready and not self.scale.usual:
                raise ValueError("scale")
            self.offset.restored(found)
