"""Exponentially weighted moving averages, which find small shifts and slow drifts.

    z_i = w x_i + (1 - w) z_(i-1),  z_0 = centre line
    centre +- L sigma sqrt(w / (2 - w) (1 - (1 - w)^(2 i)))

Sources: Lucas and Saccucci, Technometrics 32 (1990); NIST/SEMATECH e-Handbook, section 6.3.2.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

from ...errors import InputError
from .chart import MISSING, Chart, around
from .individuals import level_and_sigma
from .point import Point, finite

WEIGHT, REACH = 0.2, 2.962
"""With these a point in control signals falsely once in 500."""
MEANS = ("the level is lower now", "the level is higher now")


@dataclass(kw_only=True)
class Ewma(Chart):
    """Values weighted by how new they are; `average` is the last z, None before the first value;
    `settled`: limits are those of many points from the first one on.

    >>> chart = Ewma(center=50.0, sigma=2.0539, weight=0.3, reach=3.0, settled=True)
    >>> point, = chart.add(52.0)
    >>> round(point.value, 2), round(point.lower, 4), round(point.upper, 4)
    (50.6, 47.4116, 52.5884)
    """

    kind: ClassVar[str] = "ewma"
    words: ClassVar[str] = "exponentially weighted moving average"
    center: float
    sigma: float
    weight: float = WEIGHT
    reach: float = REACH
    settled: bool = False
    average: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (0.0 < self.weight <= 1.0 and self.reach > 0.0 and self.sigma > 0.0):
            raise InputError(
                f"weight {self.weight:g}, reach {self.reach:g} and sigma {self.sigma:g} are not"
                " those of an EWMA chart; give a weight above 0 up to 1, the others above 0"
            )

    @classmethod
    def of(cls, reference: Iterable[Any], by: str = "moving range", **options: Any) -> Ewma:
        """Centre and sigma of reference values, as `level_and_sigma` reads them."""
        center, sigma = level_and_sigma(reference, by)
        return cls(center=center, sigma=sigma, **options)

    def _points(self, value: Any) -> tuple[Point, ...]:
        y, w = finite(value), self.weight
        decay = 0.0 if self.settled else (1.0 - w) ** (2 * (self.count + 1))
        ends = around(self.center, self.reach * self.sigma * sqrt(w / (2.0 - w) * (1.0 - decay)))
        if y is None:
            return (Point("weighted mean", None, self.center, *ends, remark=MISSING),)
        before = self.center if self.average is None else self.average
        self.average = w * y + (1.0 - w) * before
        return (self._judged("weighted mean", self.average, self.center, ends, means=MEANS),)
