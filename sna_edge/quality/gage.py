"""Studies of gauges: what of a measurement's scatter is the gauge, by the analysis of variance of a
crossed study.

Mean squares of parts P, operators O, their interaction I and repeats E with r repeats:

    repeatability^2 = E,  operators^2 = (O - I) / (parts r),  interaction^2 = (I - E) / r,
    parts^2 = (P - I) / (operators r),  none below 0

An interaction with p above POOLED is pooled with E: then I = E = both squares over both degrees of
freedom. Source: AIAG, Measurement Systems Analysis, 4th edition (2010), chapter III.B.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..numerics.distributions import chi_square_quantile, f_above

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
POOLED = 0.25
"""p above which operators and parts do not interact: their interaction is repeatability then."""
CATEGORIES = 1.41
"""Standard deviations of the gauge, times this, tell two parts apart (97 % of the study)."""
STUDY = 6.0
"""Standard deviations in a variation."""
REACH = 3.0
"""Standard deviations of the gauge that a reading may lie outside the domain."""
GOOD, USABLE, TELLS = 0.1, 0.3, 5
"""Shares of the variation up to which a gauge is good and may be used; categories it needs."""


@dataclass(frozen=True)
class GageStudy:
    """Standard deviations of a gage R&R study: repeatability (the gauge again), reproducibility
    (`operator` and `interaction`, operators with parts), `sigma` of both, `part` of the parts;
    share: sigma over that of all, in the study; categories that the gauge tells apart.

    `interaction_p`: how likely so large an interaction is by chance, None where there is none to
    see; `pooled`: it counts as repeatability, which has `freedom`. `squares`: {source: (degrees of
    freedom, sum of squares)}."""

    repeatability: float
    reproducibility: float
    sigma: float
    part: float
    share: float
    categories: int
    parts: int
    operators: int
    repeats: int
    operator: float = 0.0
    interaction: float = 0.0
    interaction_p: float | None = None
    pooled: bool = True
    freedom: int = 0
    squares: dict[str, tuple[int, float]] | None = None

    @property
    def total(self) -> float:
        """Standard deviation of all measurements of the study."""
        return sqrt(self.sigma**2 + self.part**2)

    @property
    def tolerance(self) -> float:
        """How far outside the domain a reading of this gauge may lie, to five digits."""
        return float(f"{REACH * self.sigma:.5g}")

    def report(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def sources(self, tolerance: float | None = None) -> dict[str, dict[str, float]]:
        """Per source of variation: `deviation`, its share of the variance (`contribution`) and of
        the study's variation (`study`), and 6 deviations over the `tolerance`, USL - LSL."""
        every = {
            "gage R&R": self.sigma, "repeatability": self.repeatability,
            "reproducibility": self.reproducibility, "operator": self.operator,
            "operator x part": self.interaction, "part": self.part, "total": self.total,
        }  # fmt: skip
        whole = self.total
        found = {}
        for name, s in every.items():
            share = s / whole if whole > 0 else 0.0
            found[name] = {"deviation": s, "contribution": share * share, "study": share}
            if tolerance is not None:
                found[name]["tolerance"] = STUDY * s / tolerance
        return found

    def repeatability_95(self) -> list[float]:
        """The 95 % confidence interval of repeatability: chi-square with its freedom."""
        scaled = [self.freedom / chi_square_quantile(p, self.freedom) for p in (0.975, 0.025)]
        return [self.repeatability * sqrt(one) for one in scaled]

    def verdict(self, tolerance: float | None = None) -> str:
        """What the automotive rule says of the gauge, in a sentence; of one without any scatter it
        says nothing."""
        if self.sigma == 0.0:
            return (
                "the study tells nothing of the gauge, because all measurements of a part are the"
                " same; measure again with all digits that the gauge has"
            )
        share = self.share if tolerance is None else STUDY * self.sigma / tolerance
        of = "variation of the study" if tolerance is None else "tolerance"
        said = "good" if share <= GOOD else "usable for some purposes" if share <= USABLE else "bad"
        more = "" if self.categories >= TELLS else f", and it tells {self.categories} kinds apart"
        return f"the gauge takes {100 * share:.3g} % of the {of}: {said}{more}"


def gage_study(part: Ints, operator: Ints, measurement: Floats) -> GageStudy:
    """From part, operator (0, 1, ..) and measurement [n] of a crossed study: every operator
    measures every part equally often, at least twice. Raises InputError for one that is not.

    >>> part, operator = np.repeat(np.arange(5), 4), np.tile([0, 0, 1, 1], 5)
    >>> y = part + 0.4 * operator + np.tile([0.1, -0.1], 10)
    >>> found = gage_study(part, operator, y)
    >>> round(found.repeatability, 3), round(found.reproducibility, 3), found.categories
    (0.12, 0.28, 7)
    """
    table = _crossed(part, operator, measurement)
    parts, operators, r = table.shape
    squares = _squares(table)
    (both, between), (freedom, error) = squares["operator x part"], squares["repeatability"]
    e, i, p = error / freedom, 0.0, None
    if both and e > 0:
        p = f_above(between / both / e, both, freedom)
    pooled = p is None or p > POOLED
    if pooled:
        freedom += both
        e = i = (error + between) / freedom
    else:
        i = between / both
    by_operator = squares["operator"][1] / (operators - 1) if operators > 1 else i
    ms_part = squares["part"][1] / (parts - 1)
    own, among = max(by_operator - i, 0.0) / (parts * r), max(i - e, 0.0) / r
    spread = max(ms_part - i, 0.0) / (operators * r)
    sigma, whole = sqrt(e + own + among), sqrt(e + own + among + spread)
    return GageStudy(
        sqrt(e), sqrt(own + among), sigma, sqrt(spread),
        sigma / whole if whole > 0 else 0.0,
        int(CATEGORIES * sqrt(spread) / sigma) if sigma > 0 else 0,
        parts, operators, r, sqrt(own), sqrt(among), p, pooled, freedom, squares,
    )  # fmt: skip


def _squares(table: Floats) -> dict[str, tuple[int, float]]:
    """Degrees of freedom and sums of squares of measurements [parts, operators, repeats]."""
    parts, operators, r = table.shape
    mean, by_part = table.mean(), table.mean(axis=(1, 2))
    off = table - table[:, :1, :1]  # 0 exactly where all measurements of a part are the same
    cells = off.mean(axis=2)
    by_operator = cells.mean(axis=0)
    among = cells - cells.mean(axis=1)[:, None] - by_operator[None, :] + cells.mean()
    return {
        "part": (parts - 1, operators * r * float(np.sum((by_part - mean) ** 2))),
        "operator": (operators - 1, parts * r * float(np.sum((by_operator - cells.mean()) ** 2))),
        "operator x part": ((parts - 1) * (operators - 1), r * float(np.sum(among**2))),
        "repeatability": (
            parts * operators * (r - 1),
            float(np.sum((off - cells[:, :, None]) ** 2)),
        ),
        "total": (table.size - 1, float(np.sum((table - mean) ** 2))),
    }


def _crossed(part: Ints, operator: Ints, measurement: Floats) -> Floats:
    """[parts, operators, repeats]."""
    if len(part) == 0:
        raise InputError("the study of the gauge has no rows; give measurements of parts")
    parts, operators = int(part.max()) + 1, int(operator.max()) + 1
    cell = part * operators + operator
    count = np.bincount(cell, minlength=parts * operators)
    if parts < 2 or count.min() < 2 or count.min() != count.max():
        raise InputError(
            f"the study of the gauge has {count.min()} to {count.max()} measurements of a part by"
            " an operator; every operator must measure every part equally often, at least twice,"
            " and two parts or more"
        )
    order = np.argsort(cell, kind="stable")
    return measurement[order].reshape(parts, operators, int(count[0]))


def numbered(labels: Sequence[str]) -> Ints:
    """0, 1, .. [n] for labels in the order in which they come first."""
    order = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    return np.array([order[label] for label in labels], dtype=np.int64)
