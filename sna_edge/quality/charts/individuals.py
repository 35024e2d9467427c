"""Single values and their moving range.

    mean +- 3 sigma,  sigma = mean moving range / d2(2);     moving range: 0 to (d2 + 3 d3) sigma

Source: NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.2.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .chart import MISSING, SIGMAS, Chart, around, need_scatter
from .constants import c4, d2, d3
from .point import Point, finite

Floats = NDArray[np.float64]
FEWEST = 2
GREW = "this part differs from the one before by more than parts do: one of the two is unlike"


def level_and_sigma(values: Iterable[Any], by: str = "moving range") -> tuple[float, float]:
    """Mean and standard deviation of single values, by the mean `moving range` of neighbours over
    d2, or by the `standard deviation` over c4; missing values are left out, and no range is taken
    across one. Raises InputError for too few values, or equal ones.
    """
    every = [finite(value) for value in values]
    y = np.array([one for one in every if one is not None])
    if len(y) < FEWEST:
        raise InputError(
            f"a chart needs {FEWEST} reference values or more, and {len(y)} of {len(every)} are"
            " finite numbers; give more rows"
        )
    if by == "standard deviation":
        return float(y.mean()), need_scatter(float(y.std(ddof=1)) / c4(len(y)), "reference values")
    ranges = [abs(b - a) for a, b in pairwise(every) if a is not None and b is not None]
    sigma = float(np.mean(ranges)) / d2(2) if ranges else 0.0
    return float(y.mean()), need_scatter(sigma, "reference values")


@dataclass(kw_only=True)
class Individuals(Chart):
    """Single values; `before` is the last one, for the next moving range.

    >>> flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    >>> chart = Individuals.of(flow)
    >>> value, moved = chart.add(56.0)
    >>> round(value.lower, 4), round(value.center, 2), round(value.upper, 4)
    (45.8176, 50.81, 55.8024)
    >>> value.signals[0].rule
    '1 point beyond a control limit'
    """

    kind: ClassVar[str] = "individuals"
    words: ClassVar[str] = "individuals and moving range"
    center: float
    sigma: float
    before: float | None = None

    @classmethod
    def of(cls, reference: Iterable[Any], by: str = "moving range", **options: Any) -> Individuals:
        """Limits from reference values, as `level_and_sigma` reads them."""
        center, sigma = level_and_sigma(reference, by)
        return cls(center=center, sigma=sigma, **options)

    def __post_init__(self) -> None:
        super().__post_init__()
        middle = d2(2) * self.sigma
        self._ends = around(self.center, SIGMAS * self.sigma)
        self._range = middle, around(middle, SIGMAS * d3(2) * self.sigma, 0.0)

    def _points(self, value: Any) -> tuple[Point, ...]:
        y, before = finite(value), self.before
        self.before = y
        ends, (middle, wide) = self._ends, self._range
        if y is None:
            return (
                Point("value", None, self.center, *ends, remark=MISSING),
                Point("moving range", None, middle, *wide, remark=MISSING),
            )
        point = self._judged("value", y, self.center, ends, sigma=self.sigma)
        if before is None:
            why = (
                "the first point has no range" if not self.count else "the value before is missing"
            )
            return point, Point("moving range", None, middle, *wide, remark=why)
        return point, self._judged("moving range", abs(y - before), middle, wide, means=("", GREW))
