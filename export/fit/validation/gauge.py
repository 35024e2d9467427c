"""What of an error is the gauge: repeats of the table, and a study of the gauge itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from sna_edge.errors import InputError

from ...table.gage_file import study_columns

if TYPE_CHECKING:
    from ...table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_REPEATS = 5
"""Degrees of freedom of the repeats, below which their scatter is not taken."""
POOLED = 0.25
"""p above which operators and parts do not interact: their interaction is repeatability then."""
MOST_PARAMETERS = 0.9
"""Of the different settings."""
CATEGORIES = 1.41
"""Standard deviations of the gauge, times this, tell two parts apart (97 % of the study)."""


@dataclass(frozen=True)
class Repeats:
    """repeatability: standard deviation of rows with equal inputs, with `freedom`; rows and
    settings of these; lack of fit: the ratio `f` of what the model misses to the scatter of
    repeats, with its degrees of freedom and p, None where it cannot be told."""

    repeatability: float
    freedom: int
    rows: int
    settings: int
    share: float
    f: float | None = None
    f_freedom: float | None = None
    p: float | None = None

    def report(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def repeats(
    x: Floats, measured: Floats, out_of_fold: Floats, fitted: Floats, group: Ints | None = None
) -> Repeats | None:
    """Of one output: rows x [n, D], measured, predicted out of fold and by the final model [n];
    None with too few repeats. `share`: of the mean squared error out of fold that is scatter of
    repeats.

    With m settings of n_j rows, S = sum n_j (mean y_j - f_j)^2 out of fold and S' by the model,
    which has about p = m (1 - sqrt(S' / S)) parameters: F = S' / (m - p) over the mean square of
    the repeats. With groups rows of one group repeat each other, and offsets of groups are no lack
    of fit: there is no F. Source: Montgomery, Peck and Vining, Introduction to Linear Regression
    Analysis (2012), section 4.5.
    """
    keys = x if group is None else np.c_[x, group]
    _, place, count = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    place, freedom = place.reshape(-1), len(x) - len(count)
    if freedom < LEAST_REPEATS:
        return None
    first = _first(measured, place)
    off = measured - first[place]  # 0 exactly where repeats are copies
    means = first + np.bincount(place, off) / count
    pure = float(np.sum((off - (means - first)[place]) ** 2))
    again = count[place] > 1
    error = float(np.mean((measured - out_of_fold) ** 2))
    found = Repeats(
        float(np.sqrt(pure / freedom)),
        freedom,
        int(again.sum()),
        int((count > 1).sum()),
        min(1.0, pure / freedom / error) if error > 0 else 1.0,
    )
    if group is not None or pure == 0.0:
        return found
    ss = [float(np.sum(count * (means - _first(f, place)) ** 2)) for f in (out_of_fold, fitted)]
    m = len(count)
    parameters = m * (1.0 - np.sqrt(ss[1] / ss[0])) if ss[0] > 0 else 0.0
    left = m - float(np.clip(parameters, 1.0, MOST_PARAMETERS * m))
    ratio = ss[1] / left / (pure / freedom)
    p = float(fdtrc(left, freedom, ratio))
    return Repeats(**{**asdict(found), "f": float(ratio), "f_freedom": left, "p": p})


def _first(values: Floats, place: Ints) -> Floats:
    """Of every setting the value of one of its rows."""
    out = np.empty(int(place.max()) + 1)
    out[place] = values
    return out


@dataclass(frozen=True)
class GageStudy:
    """Standard deviations of a gage R&R study: repeatability (the gauge again), reproducibility
    (other operators), `sigma` of both, `part` of the parts; share: sigma over that of all, in the
    study; categories that the gauge tells apart."""

    repeatability: float
    reproducibility: float
    sigma: float
    part: float
    share: float
    categories: int
    parts: int
    operators: int
    repeats: int

    def report(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def gage_studies(tables: Mapping[str, Table], targets: Sequence[str]) -> dict[str, GageStudy]:
    """The studies of the gauges of some targets. Raises InputError for another name."""
    for name in tables:
        if name not in targets:
            raise InputError(
                f"a study of the gauge is given for {name!r}, which is not a target; targets are"
                f" {', '.join(targets)}"
            )
    return {name: gage_study(*study_columns(table, name)) for name, table in tables.items()}


def gage_study(part: Ints, operator: Ints, measurement: Floats) -> GageStudy:
    """From part, operator (0, 1, ..) and measurement [n] of a crossed study: every operator
    measures every part equally often, at least twice.

    Mean squares of parts P, operators O, their interaction I and repeats E with r repeats:
    repeatability^2 = E, operators^2 = (O - I) / (parts r), interaction^2 = (I - E) / r, parts^2 =
    (P - I) / (operators r), none below 0; an interaction with p > 0.25 is pooled with E. Raises
    InputError for a study that is not crossed. Source: AIAG, Measurement Systems Analysis, 4th
    edition (2010), chapter III.B.
    """
    table = _crossed(part, operator, measurement)
    parts, operators, r = table.shape
    mean, cells = table.mean(), table.mean(axis=2)
    by_part, by_operator = cells.mean(axis=1), cells.mean(axis=0)
    p = operators * r * float(np.sum((by_part - mean) ** 2)) / (parts - 1)
    error, freedom = float(np.sum((table - cells[:, :, None]) ** 2)), parts * operators * (r - 1)
    among = cells - by_part[:, None] - by_operator[None, :] + mean
    between, both = r * float(np.sum(among**2)), (parts - 1) * (operators - 1)
    e, i = error / freedom, 0.0
    if both and e > 0 and fdtrc(both, freedom, between / both / e) <= POOLED:
        i = between / both
    else:
        e = i = (error + between) / (freedom + both)
    o = (
        parts * r * float(np.sum((by_operator - mean) ** 2)) / (operators - 1)
        if operators > 1
        else i
    )
    again, others = e, max(o - i, 0.0) / (parts * r) + max(i - e, 0.0) / r
    spread = max(p - i, 0.0) / (operators * r)
    sigma = float(np.sqrt(again + others))
    whole = float(np.sqrt(again + others + spread))
    return GageStudy(
        float(np.sqrt(again)),
        float(np.sqrt(others)),
        sigma,
        float(np.sqrt(spread)),
        sigma / whole if whole > 0 else 0.0,
        int(CATEGORIES * np.sqrt(spread) / sigma) if sigma > 0 else 0,
        parts,
        operators,
        r,
    )


def _crossed(part: Ints, operator: Ints, measurement: Floats) -> Floats:
    """[parts, operators, repeats]."""
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
