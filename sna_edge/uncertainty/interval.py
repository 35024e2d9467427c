"""Intervals at any level that the calibration supports (FORMAT.md section 15).

    y + q(a) sigma - floor .. y + q(1 - a) sigma + floor,   a = (1 - level) / 2

or the same of the linear part, in the space of the residuals.
"""

from __future__ import annotations

from math import ceil, floor, log
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..core.beside import GRID, Calibration
from ..core.beside.given import is_number
from ..core.domain import Check
from ..core.evaluation import Evaluation
from ..core.output import Output, all_bounds
from ..core.record import ModelRecord
from ..errors import InputError
from ..status import Status
from .companions import sigma, verb

Floats = NDArray[np.float64]
MIDDLE = (GRID - 1) // 2
USUAL = 0.9
"""The level of an answer whose output has no interval of its own, where nobody asks for one."""
LEAST = 1.0 / (1.0 + np.exp(MIDDLE / 2))
"""p_0, the least probability of the grid."""
ROUNDED = 1.0 - 2.0**-12
"""What a decimal level may have lost in rounding, also to float32; less than one row of those that
the grid asks for."""


def residuals(model: ModelRecord, level: float) -> tuple[Calibration, Floats, Floats]:
    """`residuals_of` the calibration of a model."""
    return residuals_of(model.calibration, level)


def residuals_of(found: Calibration | None, level: float) -> tuple[Calibration, Floats, Floats]:
    """The calibration, q(a) [K] and q(1 - a) [K]. Raises InputError for a level that the rows do
    not support, and where there are none."""
    if found is None or not found.n_residuals:
        raise InputError(
            "this model has no quantiles of residuals, so no interval at a level of your choice;"
            " evaluate gives the interval it was written with"
        )
    share = supported(found.n_residuals, level)
    at = MIDDLE + 2.0 * log(share / (1.0 - share))
    return found, _at(found.quantiles, at), _at(found.quantiles, GRID - 1.0 - at)


def supported(n_residuals: int, level: float) -> float:
    """a = (1 - level) / 2. Raises InputError where so many rows do not support the level, naming
    how many would."""
    if not (is_number(level) and 0 < level < 1):
        raise InputError(f"level {level!r} must lie between 0 and 1; give 0.9 for 90 %")
    share = (1.0 - level) / 2.0
    said = f"level {_percent(level)}"
    if share < LEAST:
        most = _percent(floor(1e4 * (1.0 - 2.0 * LEAST)) / 1e4)
        raise InputError(f"{said} is beyond the quantiles of a file; give at most {most}")
    if share * (n_residuals + 1.0) < ROUNDED:
        needed = ceil(ROUNDED / share) - 1
        most = _percent(floor(1e3 * (1.0 - 2.0 / (n_residuals + 1.0))) / 1e3)
        raise InputError(
            f"{said} needs {needed:,} calibration rows; this model has {n_residuals:,}, which"
            f" support at most {most}"
        )
    return share


def _percent(level: float) -> str:
    return f"{100.0 * level:.10g} %"


def _at(quantiles: Floats, at: float) -> Floats:
    """The quantiles [K] at a place 0 .. 32 of the grid."""
    j = min(max(int(at), 0), GRID - 2)
    return np.asarray(quantiles[:, j] + (quantiles[:, j + 1] - quantiles[:, j]) * (at - j))


def ends(model: ModelRecord, x: Floats, y: Floats, level: float) -> tuple[Floats, Floats]:
    """Lower and upper end [N, K] at inputs x [N, D] inside the domain with values y [N, K]; NaN
    where a scale or a value is not finite. Raises InputError for a level that the rows do not
    support."""
    found, below, above = residuals(model, level)
    native = verb(model, "intervals")
    if native is not None:
        return cast(tuple[Floats, Floats], native(x, y, level))
    around = verb(model, "around")
    if around is not None:
        return cast(tuple[Floats, Floats], around(x, y, below, above))
    wide = sigma(model, x, y)
    lower, upper = np.empty_like(y), np.empty_like(y)
    for k, (output, space) in enumerate(zip(model.outputs, found.spaces, strict=True)):
        low, high = below[k] * wide[:, k] - found.floor[k], above[k] * wide[:, k] + found.floor[k]
        lower[:, k], upper[:, k] = moved(output, space, y[:, k], low, high)
    lost = ~(np.isfinite(wide) & np.isfinite(y))
    lower[lost] = upper[lost] = np.nan
    return lower, upper


def moved(
    output: Output, space: str, y: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """y moved by low and high in a space, cut to the range of the link."""
    with np.errstate(over="ignore", invalid="ignore"):
        if space == "output":
            return output.clipped(y + low, y + high)
        f = output.linear_inside(y)
        one, other = output.value(f + low), output.value(f + high)
        return output.clipped(np.minimum(one, other), np.maximum(one, other))


def left_open(model: ModelRecord) -> list[int]:
    """Outputs without an interval of their own that the calibration gives one at the usual
    level."""
    rows = model.calibration.n_residuals if model.calibration else 0
    if not rows or (1.0 - USUAL) / 2.0 * (rows + 1.0) < ROUNDED:
        return []
    return [k for k, o in enumerate(model.outputs) if o.interval is None]


def usual(model: ModelRecord, found: Check, y: Floats) -> tuple[Floats, Floats]:
    """Lower and upper end [N, K] of the interval of every output, at the usual level where it has
    none of its own."""
    lower, upper = all_bounds(model.outputs, y)
    inside = (found.status >= 0) & (found.status != Status.EXTRAPOLATED)
    if (columns := left_open(model)) and inside.any():
        every = slice(None) if inside.all() else inside
        low, high = ends(model, found.x[every], y[every], USUAL)
        for k in columns:
            lower[every, k], upper[every, k] = low[:, k], high[:, k]
    return lower, upper


def answer(
    model: ModelRecord,
    found: Check,
    y: Floats,
    moved: NDArray[np.bool_] | None,
    level: float,
) -> Evaluation:
    """Values y [N, K] of checked rows with their interval at the level: `ends` inside the domain,
    `not_converged` where these are not finite numbers."""
    lower, upper = np.full_like(y, np.nan), np.full_like(y, np.nan)
    good = (found.status >= 0) & (found.status != Status.EXTRAPOLATED)
    lower[good], upper[good] = ends(model, found.x[good], y[good], level)
    lost = good & np.isnan(lower).any(axis=1)
    status, value = found.status.copy(), y.copy()
    status[lost] = Status.NOT_CONVERGED
    value[lost] = lower[lost] = upper[lost] = np.nan
    return Evaluation(value, status, lower, upper, found.axis, found.excess, moved)
