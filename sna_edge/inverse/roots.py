"""All inputs that give a target, exactly: with one unknown the model is a piecewise polynomial."""

from __future__ import annotations

import numpy as np

from ..axis import Axis
from ..errors import InputError
from ..model import Model
from ..output import Output
from ..status import Status
from .answer import Nearest, Roots, level_or_number, several
from .piecewise import Piecewise
from .problem import UNUSABLE, Fixed, Target, curve, split, wanted

SAME_LEVEL = 1e-9  # of the largest level value: a level this close to the target is a solution


def roots(model: Model, unknown: str, target: Target, at: Fixed | None = None) -> Roots:
    """All x with g(sum_s [x in span s] sum_k a_sk u^k) * scale + offset = target, in the closed domain.

    `at` fixes every other input. The target goes through scale, offset and the inverse link first.

    Statuses: ok (one root), several, tangent (a root that only touches, or two closer than 1e-6 of the axis), unreachable (with
    the nearest reachable value), out_of_domain and bad_input (a fixed value or the target cannot be used).
    Raises InputError for names that are not the model's.

    Simple roots are found to 1e-10 of the axis where |slope| x width >= 1e-3 of the output's range. On a categorical unknown the
    roots are levels.
    """
    axis = model.axes[model.axis_index(unknown)]
    try:
        d, k, value, fixed = _query(model, unknown, target, at)
    except UNUSABLE as error:
        return Roots(error.status, (axis,), np.empty((0, 1)), str(error))
    output = model.outputs[k]
    line = curve(model, d, fixed, k)
    if axis.kind == "categorical":
        return _levels(line, axis, output, value)
    f = float(output.linear_of(np.array(value)))
    if np.isnan(f):
        return unreachable(line, axis, output, value)
    found = line.roots(f)
    x, tangent = found.x, found.tangent
    if axis.kind == "periodic" and len(x) > 1 and x[0] == axis.lower and x[-1] == axis.upper:
        x, tangent = x[:-1], tangent[:-1]
    if not len(x) and not len(found.intervals):
        return unreachable(line, axis, output, value)
    status = Status.TANGENT if tangent.any() else several(len(x) + 2 * len(found.intervals))
    return Roots(status, (axis,), x[:, None], tangent=tangent, intervals=found.intervals)


def _query(model: Model, unknown: str, target: Target, at: Fixed | None) -> tuple[int, int, float, dict[int, float]]:
    (d,), fixed = split(model, [unknown], at)
    outputs, values = wanted(model, target)
    if len(outputs) > 1:
        raise InputError("roots takes one target; use level_set for several outputs")
    return d, outputs[0], float(values[0]), fixed


def unreachable(line: Piecewise, axis: Axis, output: Output, target: float) -> Roots:
    """No root: the extreme or jump of the curve that comes closest to the target."""
    x, f = line.candidates
    y = output.value(f)
    best = int(np.argmin(np.abs(y - target)))
    nearest = Nearest({axis.name: level_or_number(axis, x[best])}, {output.name: float(y[best])})
    low, high = float(y.min()), float(y.max())
    message = f"{output.name} = {target:g} is not reached; over {axis.describe()} it runs from {low:g} to {high:g}"
    return Roots(Status.UNREACHABLE, (axis,), np.empty((0, 1)), message, nearest)


def _levels(line: Piecewise, axis: Axis, output: Output, target: float) -> Roots:
    y = output.value(line.coefficients[:, 0])
    hit = np.flatnonzero(np.abs(y - target) <= SAME_LEVEL * max(np.abs(y).max(), abs(target)))
    if not len(hit):
        levels = Piecewise(np.arange(len(y) + 1.0), line.coefficients)
        return unreachable(levels, axis, output, target)
    return Roots(several(len(hit)), (axis,), hit[:, None].astype(float), tangent=np.zeros(len(hit), dtype=bool))
