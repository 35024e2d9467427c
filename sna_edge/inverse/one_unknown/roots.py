"""All inputs that give a target, exactly: with one unknown the model is a piecewise polynomial."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import replace
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
from ..query import native
from ..query.answer import Nearest, Roots, level_or_number, several
from ..query.contraction import curve
from ..query.limits import Limits
from ..query.question import UNUSABLE, Fixed, Target, split, wanted
from ..query.solution_worth import Believed, said_of, tells
from .chunked_search import all_roots

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PART = "the deadline came before the whole axis was searched; allow more time"
SAME_LEVEL = 1e-9
"""Of the largest level value: a level this close to the target is a solution."""


def roots(
    model: Model,
    unknown: str,
    target: Target,
    at: Fixed | None = None,
    *,
    level: float | None = None,
    limits: Limits | None = None,
    deadline_ms: float | None = None,
) -> Roots:
    """All x with g(sum_s [x in span s] sum_k a_sk u^k) * scale + offset = target, in the closed
    domain.

    `at` fixes every other input. The target goes through scale, offset and the inverse link first.
    Isolated roots increase; those whose inputs the model calls unfamiliar come last. `worth` says
    of every root its interval (at `level`; by default that of the file, or 90 %), how familiar it
    is, and the probability that the part lies inside `limits` {output: (low, high)}.

    Statuses: ok (one root), several, tangent (a root that only touches, or two closer than 1e-6 of
    the axis), unreachable (with the nearest reachable value), deadline (those in the part of the
    axis that was searched), unfamiliar (all of them are), out_of_domain and bad_input (a fixed
    value or the target cannot be used). Raises InputError for names that are not the model's and
    for a level that it does not support.

    Simple roots are found to 1e-10 of the axis where |slope| x width >= 1e-3 of the output's range.
    On a categorical unknown the roots are levels.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> roots(area, "x", 1.0, at={"y": 0.8}).solutions
    [{'x': 1.25}]
    >>> roots(area, "x", 3.0, at={"y": 0.8}).message
    'area = 3 is not reached; over x [m] in [0, 2] it runs from 0 to 1.6'
    """
    budget = TimeBudget.for_query(deadline_ms)
    fast = _quick(model) if level is None and limits is None else None
    if fast is not None:
        answer = fast.roots(unknown, target, at or {})
        if answer is not None:
            return answer
    axis = model.axes[model.axis_index(unknown)]
    try:
        d, k, value, fixed = _query(model, unknown, target, at)
    except UNUSABLE as error:
        return Roots(error.status, (axis,), np.empty((0, 1)), str(error))
    told = (
        Believed.of(model, fixed, [d], level, limits) if tells(model) or level or limits else None
    )
    output = model.outputs[k]
    line = curve(model, d, fixed, k)
    if axis.kind == "categorical":
        return ranked(_levels(line, axis, output, value), told)
    f = float(output.linear_of(np.array(value)))
    if not np.isfinite(f):
        return unreachable(line, axis, output, value)
    found = all_roots(line, f, budget)
    if not len(found.x) and not len(found.intervals) and not budget.stopped:
        return unreachable(line, axis, output, value)
    answer = ranked(_answer(axis, found.x, found.tangent, found.intervals), told)
    return late(answer) if budget.stopped else answer


def ranked(answer: Roots, told: Believed | None) -> Roots:
    """The answer with what the model says of it: unfamiliar isolated roots come last, and if all
    solutions are it is the status."""
    if told is None:
        return answer
    unlike = told.unfamiliar(answer._every)
    if not unlike.any():
        return replace(answer, believed=told)
    n = len(answer.x)
    order = np.argsort(unlike[:n], kind="stable")
    shown = np.concatenate([unlike[:n][order], unlike[n:]])
    status = Status.UNFAMILIAR if unlike.all() else answer.status
    return replace(
        answer,
        status=status,
        x=answer.x[order],
        tangent=answer.tangent[order],
        message=said_of(shown, "solution"),
        believed=told,
    )


def late(answer: Roots) -> Roots:
    """What was found before the deadline."""
    message = f"{PART}; {answer.message}" if answer.message else PART
    return replace(answer, status=Status.DEADLINE, message=message)


def _answer(axis: Axis, x: Floats, tangent: Bools, intervals: Floats) -> Roots:
    if axis.kind == "periodic" and len(x) > 1 and x[0] == axis.lower and x[-1] == axis.upper:
        x, tangent = x[:-1], tangent[:-1]
    status = Status.TANGENT if tangent.any() else several(len(x) + 2 * len(intervals))
    return Roots(status, (axis,), x[:, None], tangent=tangent, intervals=intervals)


class Quick:
    """Plain queries of one model through the C library: None sends a query down the ordinary way,
    which says what is wrong."""

    def __init__(self, model: Model, forms: Any) -> None:
        self._forms, self._axes = forms, model.axes
        self._plain = [(a.name, a.lower, a.upper) for a in model.axes]
        self._levels = any(a.kind == "categorical" for a in model.axes)
        self._index = {a.name: d for d, a in enumerate(model.axes)}
        self._order = max(a.basis.degree for a in model.axes) + 1
        self._outputs = {o.name: (k, o) for k, o in enumerate(model.outputs)}
        self._model = model if tells(model) else None

    def roots(self, unknown: str, target: Target, at: Fixed) -> Roots | None:
        """As the function `roots`; None where the ordinary way must answer."""
        d = self._index.get(unknown, -1)
        x = self._fixed(d, at)
        goal = self._goal(target)
        if x is None or goal is None:
            return None
        spans = self._axes[d].basis.n_spans
        room = spans * (self._order + 1) + 1
        found, tangent, intervals = (
            np.empty(room),
            np.empty(room, np.int8),
            np.empty((spans + 1, 2)),
        )
        count, flat = self._forms.roots(d, goal[0], x, goal[1], found, tangent, intervals)
        if not count and not flat:
            return None
        answer = _answer(self._axes[d], found[:count], tangent[:count].view(bool), intervals[:flat])
        if self._model is None:
            return answer
        return ranked(answer, Believed(self._model, x, [d], None))

    def _fixed(self, d: int, at: Fixed) -> Floats | None:
        """Coordinates [D] where all are plain numbers inside their axes."""
        if d < 0 or self._levels or len(at) != len(self._plain) - 1:
            return None
        x = []
        for name, low, high in self._plain:
            value = at.get(name, low)
            if not isinstance(value, (float, int)) or not low <= value <= high:
                return None
            x.append(value)
        return None if self._plain[d][0] in at else np.array(x, dtype=float)

    def _goal(self, target: Target) -> tuple[int, float] | None:
        """Output and target before the link, where it has one."""
        if isinstance(target, Mapping):
            if len(target) != 1:
                return None
            ((name, value),) = target.items()
        elif len(self._outputs) == 1:
            name, value = next(iter(self._outputs)), target
        else:
            return None
        if (
            name not in self._outputs
            or not isinstance(value, (float, int))
            or not abs(value) < np.inf
        ):
            return None
        k, output = self._outputs[name]
        goal = (
            (value - output.offset) / output.scale
            if output.link == "identity"
            else float(output.linear_of(np.array(value)))
        )
        return (k, goal) if abs(goal) < np.inf else None


_QUICK: weakref.WeakKeyDictionary[Model, Quick | None] = weakref.WeakKeyDictionary()


def _quick(model: Model) -> Quick | None:
    if model not in _QUICK:
        forms = native.forms(model)
        _QUICK[model] = None if forms is None else Quick(model, forms)
    return _QUICK[model]


def _query(
    model: Model, unknown: str, target: Target, at: Fixed | None
) -> tuple[int, int, float, dict[int, float]]:
    (d,), fixed = split(model, [unknown], at)
    outputs, values = wanted(model, target)
    if len(outputs) > 1:
        raise InputError("roots takes one target; use level_set for several outputs")
    return d, outputs[0], float(values[0]), fixed


def unreachable(
    line: PiecewisePolynomial, axis: Axis, output: Output, target: float, asked: str = ""
) -> Roots:
    """No root: the extreme or jump of the curve that comes closest to the target; `asked`: in
    words, where it was more than that."""
    x, f = line.candidates
    y = output.value(f)
    best = int(np.argmin(np.abs(y - target)))
    nearest = Nearest({axis.name: level_or_number(axis, x[best])}, {output.name: float(y[best])})
    low, high = float(y.min()), float(y.max())
    message = (
        f"{output.name} = {asked or f'{target:g}'} is not reached; over {axis.describe()} it runs"
        f" from {low:g} to {high:g}"
    )
    return Roots(Status.UNREACHABLE, (axis,), np.empty((0, 1)), message, nearest)


def _levels(line: PiecewisePolynomial, axis: Axis, output: Output, target: float) -> Roots:
    y = output.value(line.coefficients[:, 0])
    hit = np.flatnonzero(np.abs(y - target) <= SAME_LEVEL * max(np.abs(y).max(), abs(target)))
    if not len(hit):
        levels = PiecewisePolynomial(np.arange(len(y) + 1.0), line.coefficients)
        return unreachable(levels, axis, output, target)
    return Roots(
        several(len(hit)),
        (axis,),
        hit[:, None].astype(float),
        tangent=np.zeros(len(hit), dtype=bool),
    )
