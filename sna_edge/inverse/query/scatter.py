"""Inputs that are not exactly what they are set to: independent normal deviations around a setting.

    P(in spec) = E_d P(low_k <= Y_k <= high_k for all k at x + d),   d_i ~ N(0, s_i^2)

averaged over low-discrepancy points; where x + d lies outside the domain, nothing is in spec. Mean
and deviation of the model itself are exact where its links are the identity
(`sna_edge.calculus.moments`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...calculus.distribution import Normal
from ...core.beside.given import is_number
from ...core.inputs import axis_index
from ...errors import InputError, NotClosed
from ...model import Model
from ...numerics import normal
from ...numerics.low_discrepancy import points

Floats = NDArray[np.float64]

SEARCHED, TOLD, MARGIN = 128, 4096, 0.003
"""Points of a setting that is tried, and of one that is told; how much surer a tried one has to be,
so that it still is when it is told."""
AT_ONCE = 200_000


@dataclass(frozen=True, eq=False)
class Scatter:
    """Standard deviations [S] > 0 of the inputs `columns` [S], in their units."""

    columns: list[int]
    deviation: Floats

    @classmethod
    def of(cls, model: Model, given: Mapping[str, float]) -> Scatter:
        """Raises InputError for wrong names, inputs with levels, and what is no deviation."""
        found = {}
        for name, deviation in given.items():
            axis = model.axes[axis_index(model.axes, name)]
            if axis.kind == "categorical":
                raise InputError(f"scatter of {name!r}: it has levels, which do not; leave it out")
            if not (is_number(deviation) and 0 <= deviation < np.inf):
                raise InputError(
                    f"scatter of {name!r} is {deviation!r}; give its standard deviation in"
                    f" {axis.unit or 'its unit'}, 0 or more"
                )
            if deviation > 0:
                found[axis_index(model.axes, name)] = float(deviation)
        return cls(list(found), np.array(list(found.values())))

    def around(self, x: Floats, count: int) -> Floats:
        """[M, count, D]: points x [M, D] with their deviations."""
        z = normal.quantile(points(count, max(len(self.columns), 1), seed=None))
        found = np.repeat(x[:, None], count, axis=1)
        found[:, :, self.columns] += z[:, : len(self.columns)] * self.deviation
        return found

    def probability(
        self, model: Model, x: Floats, low: Floats, high: Floats, count: int = TOLD
    ) -> Floats:
        """[M], that all outputs of parts made at settings x [M, D] lie from low to high [K]."""
        found = np.empty(len(x))
        step = max(AT_ONCE // count, 1)
        for at in range(0, len(x), step):
            some = self.around(x[at : at + step], count)
            told = model.predictive(some.reshape(-1, x.shape[1]), level_index=True)
            p = told.joint_probability(low, high).reshape(-1, count)
            found[at : at + step] = np.nan_to_num(p).mean(axis=1)
        return found

    def moments(self, model: Model, x: Floats) -> tuple[Floats, Floats] | None:
        """Mean and standard deviation [K] of the model at the setting x [D], exact, of inputs that
        stay in the domain; None behind a link."""
        axes = model.axes
        fixed = {a.name: x[d] for d, a in enumerate(axes) if d not in self.columns}
        levels = {a.name: a.level_names[int(fixed[a.name])] for a in axes
                  if a.kind == "categorical"}  # fmt: skip
        alone = model.replace(companions=(), calibration=None)
        over = {
            axes[d].name: Normal(float(x[d]), float(s))
            for d, s in zip(self.columns, self.deviation, strict=True)
        }
        try:
            left = alone.at({**fixed, **levels}) if fixed else alone
            return np.asarray(left.mean(over)), np.sqrt(np.maximum(left.variance(over), 0.0))
        except NotClosed:
            return None
