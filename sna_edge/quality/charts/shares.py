"""The share of bad parts in samples, which may differ in size.

    p +- 3 sqrt(p (1 - p) / n),  p = all bad parts / all parts of the reference; within 0 and 1

Source: NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.3.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

from ...errors import InputError
from .chart import MISSING, SIGMAS, Chart
from .point import Point, finite

MEANS = (
    "fewer bad parts than usual: better parts, or an inspection that misses some",
    "more bad parts than usual: look for the cause",
)


@dataclass(kw_only=True)
class Shares(Chart):
    """Samples as (bad parts, parts).

    >>> chart = Shares.of([(12, 50), (15, 50), (8, 50)])
    >>> chart.add((30, 50))[0].signals[0].says
    'share 0.6 is above the upper limit 0.412777: more bad parts than usual: look for the cause'
    """

    kind: ClassVar[str] = "p"
    words: ClassVar[str] = "share of bad parts"
    center: float

    @classmethod
    def of(cls, reference: Iterable[tuple[Any, Any]], **options: Any) -> Shares:
        """The limits of reference samples; those that are none are left out. Raises InputError
        where all or no parts are bad."""
        told = [one for one in map(_sample, reference) if one is not None]
        bad, count = sum(one[0] for one in told), sum(one[1] for one in told)
        if not 0.0 < bad < count:
            raise InputError(
                f"{bad:g} of {count:g} reference parts are bad, so no limits follow; give samples"
                " that have some"
            )
        return cls(center=bad / count, **options)

    def _points(self, value: Any) -> tuple[Point, ...]:
        sample, p = _sample(value), self.center
        if sample is None:
            return (Point("share", None, p, None, None, remark=MISSING),)
        bad, n = sample
        sigma = sqrt(p * (1.0 - p) / n)
        ends = max(p - SIGMAS * sigma, 0.0), min(p + SIGMAS * sigma, 1.0)
        return (self._judged("share", bad / n, p, ends, sigma=sigma, means=MEANS),)


def _sample(value: Any) -> tuple[float, float] | None:
    """(bad parts, parts), None for what is none."""
    bad, n = (finite(one) for one in value)
    return (bad, n) if bad is not None and n is not None and 0.0 <= bad <= n and n > 0 else None
