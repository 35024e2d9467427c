"""What a fit recorded of its learning curve, and whether more rows would help, in words.

The metadata of a model may be anybody's: a curve of another shape is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .fit_told import fit_told

FLAT = 0.05
"""A doubling that lowers the error by less than this, for sure, is flat."""


@dataclass(frozen=True)
class LearningCurve:
    """rows [S] fitted to, rmse [S] on held-out rows and its standard errors se [S]; lowered: the
    share by which the last doubling lowered it, low .. high its 90 % range; repeats; judged: rows
    that judged, of all repeats."""

    rows: tuple[float, ...]
    rmse: tuple[float, ...]
    se: tuple[float, ...]
    lowered: float
    low: float
    high: float
    repeats: int
    judged: int

    @property
    def verdict(self) -> str:
        """helps, flat, or open where the scatter of the repeats leaves both."""
        if self.high < FLAT:
            return "flat"
        return "helps" if self.low > 0 else "open"

    def sentence(self) -> str:
        """Whether more rows would help.

        >>> told = LearningCurve((40, 80), (2.0, 1.5), (0.1, 0.1), 0.25, 0.15, 0.34, 5, 60)
        >>> told.sentence()
        'doubling the rows (40 to 80) lowered the error by 25 % (15 to 34 %): more rows would help'
        """
        before, after = self.rows[-2:]
        twice = "doubling the rows" if abs(after / before - 2.0) < 0.1 else "more rows"
        room = f"{100 * self.low:.0f} to {100 * self.high:.0f} %"
        change = (
            f"lowered the error by {100 * self.lowered:.0f} % ({room})"
            if self.lowered > 0
            else f"did not lower the error ({100 * self.lowered:.0f} %, {room})"
        )
        return f"{twice} ({before:.0f} to {after:.0f}) {change}: {MEANS[self.verdict]}"


MEANS = {
    "helps": "more rows would help",
    "flat": "flat, more rows of the same kind will hardly help",
    "open": "within the scatter of the repeats, so it stays open whether more rows would help",
}


LEARNED = (
    "Quick fits of a part of the rows each, judged by the same rows held out of all of them, on"
    " average over the repeats; bars are standard errors. The model itself is fitted with more"
    " effort, so that its error is another one; what more rows bring carries over."
)


def learning_curves(metadata: Mapping[str, Any]) -> dict[str, LearningCurve]:
    """{output: curve} of a model's metadata."""
    told = fit_told(metadata).get("learning_curve", {})
    found = {name: curve_of(one) for name, one in told.items()}
    return {name: one for name, one in found.items() if one is not None}


def curve_of(told: Mapping[str, Any]) -> LearningCurve | None:
    """The curve of one output as a fit says it; None where it is no curve."""
    try:
        rows, rmse, se = (tuple(map(float, told[key])) for key in ("rows", "rmse", "se"))
        low, high = map(float, told["range"])
        counts = int(told["repeats"]), int(told["judged"])
        made = LearningCurve(rows, rmse, se, float(told["lowered"]), low, high, *counts)
    except (KeyError, TypeError, ValueError):
        return None
    rising = all(a < b for a, b in pairwise(rows))
    positive = bool(rows) and rows[0] > 0 and min(rmse, default=0.0) >= 0 and min(counts) > 0
    alike = len(rows) == len(rmse) == len(se) and 2 <= len(rows) <= 64
    return made if rising and positive and alike else None
