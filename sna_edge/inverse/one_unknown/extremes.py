"""Where one unknown keeps an output inside limits, and where it is smallest or largest; exact, as
roots are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.output import Output
from ...errors import InputError
from ...model import Model
from ...numerics.piecewise_polynomial import PiecewisePolynomial
from ...numerics.time_budget import TimeBudget
from ...status import Status
from ..query.answer import Roots, level_or_number, several
from ..query.contraction import curve
from ..query.limits import Limits, linear_end
from ..query.limits import ends as usable_limits
from ..query.line_intervals import inside_intervals
from ..query.question import UNUSABLE, BadValue, Fixed, output_index, split
from ..query.solution_worth import Believed, tells
from .chunked_search import chunks, touching_joined
from .roots import PART, late, ranked, unreachable

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Extreme:
    """The smallest or largest value over one unknown: `at` {name: x}, `value` in output units."""

    status: Status
    at: dict[str, Any]
    value: float
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        out = {"status": self.status.label, "at": self.at, "value": self.value}
        return {**out, "message": self.message} if self.message else out


def interval_set(
    model: Model,
    unknown: str,
    limits: Limits,
    at: Fixed | None = None,
    *,
    level: float | None = None,
    deadline_ms: float | None = None,
) -> Roots:
    """All x with low <= y(x) <= high as closed intervals, `limits` = {output: (low, high)};
    isolated points are in `x`.

    None or an infinite limit leaves a side open. Statuses as `roots`; `unreachable` names the
    nearest value to the middle. `worth`: as `roots` has it, of the isolated points and then of the
    middle of every interval.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> interval_set(area, "x", {"area": (1.0, 1.5)}, at={"y": 1.0}).intervals.tolist()
    [[1.0, 1.5]]
    """
    budget = TimeBudget.for_query(deadline_ms)
    axis = model.axes[model.axis_index(unknown)]
    if len(limits) != 1:
        raise InputError("interval_set takes the limits of one output")
    ((name, given),) = limits.items()
    k = output_index(model, name)
    try:
        low, high = _usable(name, *given)
        (d,), fixed = split(model, [unknown], at)
    except UNUSABLE as error:
        return Roots(error.status, (axis,), np.empty((0, 1)), str(error))
    told = Believed.of(model, fixed, [d], level, limits) if tells(model) or level else None
    line, output = curve(model, d, fixed, k), model.outputs[k]
    if axis.kind == "categorical":
        return ranked(_level_set(line, axis, output, low, high), told)
    ends = sorted(linear_end(output, y) for y in (low, high))
    points, intervals = _inside(line, ends[0], ends[1], budget)
    if not len(points) and not len(intervals) and not budget.stopped:
        return unreachable(
            line,
            axis,
            output,
            float(np.clip(0.0, low, high)) if np.isinf([low, high]).any() else (low + high) / 2,
            _asked(low, high),
        )
    status = several(len(points) + len(intervals))
    answer = Roots(
        status,
        (axis,),
        points[:, None],
        tangent=np.ones(len(points), dtype=bool),
        intervals=intervals,
    )
    answer = ranked(answer, told)
    return late(answer) if budget.stopped else answer


def _asked(low: float, high: float) -> str:
    """Limits in words."""
    if np.isinf(high):
        return f"{low:g} or more"
    return f"{high:g} or less" if np.isinf(low) else f"{low:g} to {high:g}"


def _usable(name: str, low: float | None, high: float | None) -> tuple[float, float]:
    try:
        return usable_limits(name, low, high)
    except InputError as error:
        raise BadValue(str(error)) from None


def _inside(
    line: PiecewisePolynomial, low: float, high: float, budget: TimeBudget
) -> tuple[Floats, Floats]:
    found = [inside_intervals(part, low, high) for part, _, _ in chunks(line, budget)]
    points, intervals = (
        np.unique(np.concatenate([p for p, _ in found])),
        touching_joined(np.concatenate([i for _, i in found])),
    )
    covered = ((points[:, None] >= intervals[:, 0]) & (points[:, None] <= intervals[:, 1])).any(
        axis=1
    )
    return points[~covered], intervals


def _level_set(
    line: PiecewisePolynomial, axis: Axis, output: Output, low: float, high: float
) -> Roots:
    y = output.value(line.coefficients[:, 0])
    hit = np.flatnonzero((y >= low) & (y <= high)).astype(float)
    if not len(hit):
        return unreachable(
            PiecewisePolynomial(np.arange(len(y) + 1.0), line.coefficients),
            axis,
            output,
            float(np.clip(y.mean(), low, high)),
            _asked(low, high),
        )
    return Roots(several(len(hit)), (axis,), hit[:, None], tangent=np.zeros(len(hit), dtype=bool))


def argmin(
    model: Model,
    unknown: str,
    output: str | None = None,
    at: Fixed | None = None,
    *,
    deadline_ms: float | None = None,
) -> Extreme:
    """The x in the closed domain with the smallest y, and y; exact from the piecewise
    polynomial.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> argmin(area, "x", at={"y": 1.5}).to_dict()
    {'status': 'ok', 'at': {'x': 0.0}, 'value': 0.0}
    """
    return _extreme(model, unknown, output, at, 1.0, TimeBudget.for_query(deadline_ms))


def argmax(
    model: Model,
    unknown: str,
    output: str | None = None,
    at: Fixed | None = None,
    *,
    deadline_ms: float | None = None,
) -> Extreme:
    """The x in the closed domain with the largest y, and y; exact from the piecewise polynomial.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> argmax(area, "x", at={"y": 1.5}).to_dict()
    {'status': 'ok', 'at': {'x': 2.0}, 'value': 3.0}
    """
    return _extreme(model, unknown, output, at, -1.0, TimeBudget.for_query(deadline_ms))


def _extreme(
    model: Model,
    unknown: str,
    output: str | None,
    at: Fixed | None,
    sign: float,
    budget: TimeBudget,
) -> Extreme:
    axis = model.axes[model.axis_index(unknown)]
    if output is None and len(model.outputs) > 1:
        raise InputError(f"name the output; outputs are {', '.join(model.output_names)}")
    k = 0 if output is None else output_index(model, output)
    try:
        (d,), fixed = split(model, [unknown], at)
    except UNUSABLE as error:
        return Extreme(error.status, {}, np.nan, str(error))
    line = curve(model, d, fixed, k)
    if axis.kind == "categorical":
        line = PiecewisePolynomial(np.arange(axis.basis.n_spans + 1.0), line.coefficients)
    parts = [part.candidates for part, _, _ in chunks(line, budget)]
    x, y = (
        np.concatenate([x for x, _ in parts]),
        model.outputs[k].value(np.concatenate([f for _, f in parts])),
    )
    best = int(np.argmin(sign * y))
    status, message = (Status.DEADLINE, PART) if budget.stopped else (Status.OK, "")
    return Extreme(status, {unknown: level_or_number(axis, x[best])}, float(y[best]), message)
