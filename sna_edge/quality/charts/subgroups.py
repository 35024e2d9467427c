"""Means of subgroups, with their ranges or their standard deviations.

    mean of means +- 3 sigma / sqrt(n)
    range: (d2 +- 3 d3) sigma,                  sigma = mean of R / d2
    deviation: (c4 +- 3 sqrt(1 - c4^2)) sigma,  sigma = mean of s / c4

with n the values of the subgroup: others may have more or fewer.

Source: Montgomery, Introduction to Statistical Quality Control (2009), chapter 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from ...errors import InputError
from .chart import MISSING, SIGMAS, Chart, around, need_scatter
from .constants import c4, d2, d3
from .point import Point, finite

MEANS = (
    "parts of this group are more alike than they should be: a better process, or a gauge that"
    " does not follow",
    "parts of this group differ more than they should: one reading is off, or the process has"
    " become uneven",
)


@dataclass(kw_only=True)
class Subgroups(Chart):
    """Means of subgroups and their scatter; `size` is that of the reference subgroups."""

    scatter: ClassVar[str] = ""
    center: float
    sigma: float
    size: int

    @classmethod
    def of(cls, reference: Iterable[Sequence[Any]], **options: Any) -> Subgroups:
        """Limits from reference subgroups; values that are missing are left out, and subgroups of
        fewer than two. Raises InputError where none is left, or where they do not scatter."""
        groups = [_finite(group) for group in reference]
        told = [group for group in groups if len(group) >= 2]
        if not told:
            raise InputError(
                "no reference subgroup has two finite values or more; give subgroups, or take the"
                " chart of individuals"
            )
        counts = [len(group) for group in told]
        mean = float(np.average([np.mean(group) for group in told], weights=counts))
        sigma = float(
            np.mean([cls._scatter(group) / cls._factors(len(group))[0] for group in told])
        )
        need_scatter(sigma, "values of the reference subgroups")
        return cls(center=mean, sigma=sigma, size=max(counts), **options)

    @staticmethod
    def _scatter(group: list[float]) -> float:
        raise NotImplementedError

    @staticmethod
    def _factors(n: int) -> tuple[float, float]:
        """Mean and standard deviation of the scatter of n values, in sigma."""
        raise NotImplementedError

    def _points(self, value: Any) -> tuple[Point, ...]:
        group = _finite(value)
        n = len(group)
        lost = len(value) - n
        remark = f"{lost} of {len(value)} values missing" if lost else ""
        mean, spread = self._factors(max(n, 2))
        ends = around(self.center, SIGMAS * self.sigma / sqrt(max(n, 1)))
        middle = mean * self.sigma
        wide = around(middle, SIGMAS * spread * self.sigma, 0.0)
        if n < 2:
            why = "fewer than two finite values; the subgroup is counted as missing" if lost else ""
            why = why or MISSING
            return (
                Point("mean", None, self.center, *ends, remark=why),
                Point(self.scatter, None, middle, *wide, remark=why),
            )
        near = self.sigma / sqrt(n)
        y = float(np.mean(group))
        return (
            self._judged("mean", y, self.center, ends, sigma=near, remark=remark),
            self._judged(self.scatter, self._scatter(group), middle, wide, means=MEANS),
        )


def _finite(group: Any) -> list[float]:
    return [one for value in group if (one := finite(value)) is not None]


@dataclass(kw_only=True)
class XbarR(Subgroups):
    """Means and ranges."""

    kind: ClassVar[str] = "xbar-r"
    words: ClassVar[str] = "means and ranges of subgroups"
    scatter: ClassVar[str] = "range"

    @staticmethod
    def _scatter(group: list[float]) -> float:
        return max(group) - min(group)

    @staticmethod
    def _factors(n: int) -> tuple[float, float]:
        return d2(n), d3(n)


@dataclass(kw_only=True)
class XbarS(Subgroups):
    """Means and standard deviations."""

    kind: ClassVar[str] = "xbar-s"
    words: ClassVar[str] = "means and standard deviations of subgroups"
    scatter: ClassVar[str] = "standard deviation"

    @staticmethod
    def _scatter(group: list[float]) -> float:
        return float(np.std(group, ddof=1))

    @staticmethod
    def _factors(n: int) -> tuple[float, float]:
        return c4(n), sqrt(1.0 - c4(n) ** 2)
