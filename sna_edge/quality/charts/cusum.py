"""Cumulative sums on both sides, which find a shift of the size they are set for soonest.

    C+ = max(0, x - (m + K) + C+),  C- = max(0, (m - K) - x + C-),  K = k sigma

with a signal above h sigma.

Source: Montgomery, Introduction to Statistical Quality Control (2009), section 9.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InputError
from .chart import MISSING, Chart
from .individuals import level_and_sigma
from .point import Point, finite

SLACK, REACH = 0.5, 5.0
"""k and h: shifts of one sigma are found after 10 points, a false signal comes once in 465."""


@dataclass(kw_only=True)
class Cusum(Chart):
    """Sums of what values lie above and below the centre line, `slack` k and `reach` h in sigma;
    `above`, `below`: the sums, `since_above`, `since_below`: points since they were 0; `head`:
    where the sums begin, in sigma (h / 2: a fast initial response).

    >>> chart = Cusum(center=10.0, sigma=1.0)
    >>> points = [chart.add(11.8) for _ in range(4)][-1]
    >>> [round(p.value, 2) for p in points], points[0].signals[0].says.partition(": ")[2]
    ([5.2, 0.0], 'the level is higher, about 11.8 for 4 points')
    """

    kind: ClassVar[str] = "cusum"
    words: ClassVar[str] = "cumulative sums"
    center: float
    sigma: float
    slack: float = SLACK
    reach: float = REACH
    head: float = 0.0
    above: float | None = None
    below: float | None = None
    since_above: int = 0
    since_below: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.slack >= 0.0 and self.reach > 0.0 and self.sigma > 0.0 and self.head >= 0.0):
            raise InputError(
                f"slack {self.slack:g}, reach {self.reach:g}, head {self.head:g} and sigma"
                f" {self.sigma:g} are not those of a CUSUM chart; give reach and sigma above 0,"
                " slack and head 0 or more"
            )

    @classmethod
    def of(cls, reference: Iterable[Any], by: str = "moving range", **options: Any) -> Cusum:
        """Centre and sigma of reference values, as `level_and_sigma` reads them."""
        center, sigma = level_and_sigma(reference, by)
        return cls(center=center, sigma=sigma, **options)

    def reset(self) -> None:
        """Begin anew, after the cause of a signal was found."""
        self.above = self.below = None
        self.since_above = self.since_below = 0

    def _points(self, value: Any) -> tuple[Point, ...]:
        y, limit = finite(value), self.reach * self.sigma
        if y is None:
            names = ("sum above", "sum below")
            return tuple(Point(name, None, 0.0, None, limit, remark=MISSING) for name in names)
        off, slack, head = y - self.center, self.slack * self.sigma, self.head * self.sigma
        self.above = max(0.0, off - slack + (head if self.above is None else self.above))
        self.below = max(0.0, -off - slack + (head if self.below is None else self.below))
        self.since_above = self.since_above + 1 if self.above > 0.0 else 0
        self.since_below = self.since_below + 1 if self.below > 0.0 else 0
        return (
            self._side("sum above", self.above, self.since_above, 1.0),
            self._side("sum below", self.below, self.since_below, -1.0),
        )

    def _side(self, name: str, total: float, since: int, sign: float) -> Point:
        """The sum of one side; with a signal where the level is now: m +- (K + C / N)."""
        level = self.center + sign * (self.slack * self.sigma + total / max(since, 1))
        side = "higher" if sign > 0 else "lower"
        why = f"the level is {side}, about {level:.6g} for {since} points"
        return self._judged(name, total, 0.0, (None, self.reach * self.sigma), means=("", why))
