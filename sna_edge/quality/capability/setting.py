"""What a setting makes: the share of its parts inside their limits, by the model's distribution of
a measurement there, of inputs that are what they are set to or scatter around it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...inverse.query.scatter import TOLD, Scatter
from ...model import Model
from ...status import Status
from ..limits import LineLimits
from .figures import of_shares

Floats = NDArray[np.float64]
NEAR = 2.0
"""Times the least share that the calibration rows tell: below, that is most of what is said."""


def setting(
    model: Model, limits: LineLimits, x: Floats, scatter: Scatter | None = None
) -> dict[str, Any]:
    """Of coordinates x [D]: status; per limited output value, Pp, Ppk, ppm and whether these are
    what the calibration rows can say at most (`at_least`), how many these are (`rows`) and how sure
    they make Ppk (`Ppk_95`); `yield` and ppm of all outputs at once.
    Raises InputError where the model has no distribution.

    Where inputs scatter, deviations that leave the domain count as outside their limits: half of
    them on each side of an output that has two.
    """
    if model.calibration is None or not model.calibration.n_residuals:
        raise InputError(
            "this model has no quantiles of residuals, so no capability; fit it anew from 50 rows"
            " on"
        )
    found = model.evaluate(x[None], level_index=True)
    status = int(found.status[0])
    if status < 0:
        return {"status": Status(status).label, "outputs": {}}
    points = x[None] if scatter is None else scatter.around(x[None], TOLD)[0]
    told = model.predictive(points, level_index=True)
    ends = np.full((2, len(model.outputs)), np.inf)
    ends[0] = -np.inf
    answer: dict[str, Any] = {"status": Status(status).label, "outputs": {}}
    for limit in limits.outputs:
        k = model.output_names.index(limit.name)
        ends[:, k] = limit.lsl, limit.usl
        lost = 0.5 if np.isfinite([limit.lsl, limit.usl]).all() else 1.0
        low = None if np.isinf(limit.lsl) else _mean(told.cdf(limit.lsl)[:, k], lost)
        high = None if np.isinf(limit.usl) else _mean(1.0 - told.cdf(limit.usl)[:, k], lost)
        one: dict[str, Any] = {
            "value": float(found.value[0, k]),
            **of_shares(low, high, model.calibration.n_residuals),
        }
        sides = [share for share in (low, high) if share is not None]
        one["at_least"] = max(sides) <= NEAR * told.least
        answer["outputs"][limit.name] = one
    inside = np.nan_to_num(told.joint_probability(ends[0], ends[1]))
    answer["yield"] = float(inside.mean())
    answer["ppm"] = 1e6 * (1.0 - answer["yield"])
    return answer


def _mean(share: Floats, lost: float) -> float:
    """Of shares outside a limit; `lost` where there is no value."""
    return float(np.where(np.isnan(share), lost, share).mean())
