"""What of an error is the gauge: repeats of the table, and studies of the gauges of targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from sna_edge.errors import InputError
from sna_edge.quality.gage import GageStudy, gage_study

from ...table.gage_file import study_columns

if TYPE_CHECKING:
    from ...table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_REPEATS = 5
"""Degrees of freedom of the repeats, below which their scatter is not taken."""
MOST_PARAMETERS = 0.9
"""Of the different settings."""


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


def gage_studies(tables: Mapping[str, Table], targets: Sequence[str]) -> dict[str, GageStudy]:
    """The studies of the gauges of some targets. Raises InputError for another name."""
    for name in tables:
        if name not in targets:
            raise InputError(
                f"a study of the gauge is given for {name!r}, which is not a target; targets are"
                f" {', '.join(targets)}"
            )
    return {name: gage_study(*study_columns(table, name)) for name, table in tables.items()}
