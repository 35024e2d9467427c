"""Settings of which the parts are in spec with a given probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.beside.given import is_number
from ...errors import InputError
from ...model import Model
from ...numerics.time_budget import NOTHING, TimeBudget
from ...status import Status
from ..optimize.sampled_search import Room, SampledSearch
from ..query.answer import Answer, Nearest, named, several
from ..query.limits import Limits, numbered
from ..query.question import UNUSABLE, Fixed, coordinate, split
from ..query.scatter import MARGIN, SEARCHED, Scatter
from ..query.solution_worth import Believed, said_of
from .knob import Knob, box
from .level_set import level_set

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SEEDS, SEEDING = 64, 0.25
"""Settings in the middle of the limits that the search begins with; their share of the time."""
CHOICE = 8
"""Times the settings that are returned: from so many good ones the most different are taken."""


@dataclass(frozen=True)
class InSpec(Answer):
    """x [n, U]: settings whose parts are in spec with at least the wanted probability, probability
    [n]; the surest first, or with `near` the cheapest alone, cost [n] = sqrt(sum (cost change)^2).
    Where there is none, `nearest` is the best setting found and `best` its probability."""

    probability: Floats = field(default_factory=lambda: np.empty(0))
    cost: Floats = field(default_factory=lambda: np.empty(0))
    best: float = float("nan")

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        out = super().to_dict()
        if np.isfinite(self.best):
            out["best_probability"] = self.best
        if np.isfinite(self.cost).any():
            out["cost"] = self.cost.tolist()
        return out


def in_spec(
    model: Model,
    limits: Limits,
    unknowns: Mapping[str, Knob] | Sequence[str],
    probability: float = 0.95,
    n: int = 16,
    *,
    at: Fixed | None = None,
    near: Fixed | None = None,
    level: float | None = None,
    scatter: Mapping[str, float] | None = None,
    seed: int = 0,
    deadline_ms: float | None = None,
) -> InSpec:
    """x with P(low_k <= Y_k <= high_k for all limited outputs k) >= `probability`, where the inputs
    are familiar.

    Y_k has the quantiles of the model's calibration around its value, with the local width; several
    outputs vary together as their residuals did (`Predictive.joint_probability`). `unknowns`:
    names, or {name: Knob} with bounds, steps (from `near`, else from the lower bound) and costs;
    `at` fixes all other inputs. n settings that differ as much as they can, the surest first; with
    `near` {unknown: value}, the setting now, the one that costs least to go to. Settings are tried
    at random, more and more closely around the best; all of them where every unknown has steps or
    levels and they are at most 20,000.

    `scatter` {input: standard deviation, in its unit}: inputs, unknown or fixed, vary so much
    around what they are set to, independently and normally; the probability is then that of the
    parts that such a setting makes, and those with an input outside the domain are not in spec.

    Statuses: ok, several, unfamiliar (only settings unlike the training rows are so sure),
    unreachable (all settings were tried), not_converged (none was found; the message says what the
    best reaches, and where), deadline (the search was cut: the best so far), out_of_domain,
    bad_input. Raises InputError for wrong names and limits, and where the model has no quantiles of
    residuals or too few rows for the probability.

    >>> import numpy as np
    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> from sna_edge.core.beside import GRID, Calibration
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> scatter = Calibration(400, [np.linspace(-0.1, 0.1, GRID)], floor=[0.0])
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")], calibration=scatter)
    >>> found = in_spec(area, {"area": (0.8, 1.2)}, ["x", "y"], 0.95, n=4)
    >>> len(found), bool((found.probability >= 0.95).all())
    (4, True)
    >>> found = in_spec(area, {"area": (1, None)}, ["x"], 0.95, at={"y": 2}, near={"x": 0.4})
    >>> found.x.round(3).tolist()
    [[0.518]]
    >>> in_spec(area, {"area": (0.99, 1.01)}, ["x"], 0.95, at={"y": 2}).message
    'no setting was found whose parts are in spec with 95 %: the best reaches 38 %, at x = 0.5 m'
    """
    knobs = dict(unknowns) if isinstance(unknowns, Mapping) else {name: Knob() for name in unknowns}
    axes = tuple(model.axes[model.axis_index(name)] for name in knobs)
    if n < 1:
        raise InputError(f"n is {n}; ask for at least one setting")
    _need_rows(model, probability)
    bounds = numbered(model, limits)
    budget = TimeBudget.for_query(deadline_ms)
    try:
        sought, fixed = split(model, list(knobs), at)
        here = None if near is None else _now(axes, near)
        room = _room(axes, list(knobs.values()), here)
    except UNUSABLE as error:
        return InSpec(error.status, axes, np.empty((0, len(axes))), str(error))
    told = Believed.of(model, fixed, sought, level, limits)
    if scatter is not None:
        told = replace(told, scatter=Scatter.of(model, scatter))
    margin = 0.0 if told.scatter is None else min(MARGIN, (1.0 - probability) / 4.0)
    search = SampledSearch(room, _Sureness(told, probability + margin, limits), seed, budget)
    starts = _middles(model, bounds, axes, fixed, seed, budget)
    search.explore(starts if here is None else np.concatenate([here[None], starts]), CHOICE * n)
    if here is None:
        rows = search.different(n)
    else:
        cheapest = search.cheapest(here)
        rows = np.array([] if cheapest is None else [cheapest], dtype=np.int64)
    budget.keep(NOTHING)
    return _answer(told, axes, search, rows, probability, here)


def _need_rows(model: Model, probability: float) -> None:
    """Raises InputError for what is no probability, and for one that the rows do not support."""
    if not (is_number(probability) and 0 < probability < 1):
        raise InputError(
            f"probability {probability!r} must lie between 0 and 1; give 0.95 for 95 %"
        )
    rows = model.calibration.n_residuals if model.calibration else 0
    if not rows:
        raise InputError(
            "this model has no quantiles of residuals, so no probability to be in spec; make them"
            " with sna_export.calibrate"
        )
    needed = int(np.ceil(1.0 / (1.0 - probability) - 1e-6)) - 1
    if rows < needed:
        raise InputError(
            f"probability {100 * probability:.10g} % needs {needed:,} calibration rows; this model"
            f" has {rows:,}"
        )


def _now(axes: tuple[Axis, ...], near: Fixed) -> Floats:
    """The setting now [U]. Raises InputError for a missing or wrong name."""
    names = [a.name for a in axes]
    wrong = [n for n in near if n not in names]
    missing = [n for n in names if n not in near]
    if wrong or missing:
        what = f"names {wrong[0]!r}, which is not unknown" if wrong else f"lacks {missing[0]!r}"
        raise InputError(f"the setting now {what}; give every unknown: {', '.join(names)}")
    return np.array([coordinate(a, near[a.name]) for a in axes])


def _room(axes: tuple[Axis, ...], knobs: Sequence[Knob], here: Floats | None) -> Room:
    lower, upper = np.array([box(a, k) for a, k in zip(axes, knobs, strict=True)]).T
    levels = np.array([a.kind == "categorical" for a in axes])
    width = np.array([1.0 if a.kind == "categorical" else a.width for a in axes])
    steps = np.array([k.step or 0.0 for k in knobs])
    cost = np.array([k.cost or 1.0 / w for k, w in zip(knobs, width, strict=True)])
    origin = lower if here is None else np.where(levels, lower, here)
    return Room(lower, upper, np.where(levels, 1.0, steps), origin, levels, cost)


class _Sureness:
    """How much surer than asked settings x [M, U] are; below it also how far outside the limits
    the value lies, so that a search finds its way where the probability is flat."""

    def __init__(self, told: Believed, probability: float, limits: Limits) -> None:
        self.told, self.probability = told, probability
        bounds = numbered(told.model, limits)
        self._columns = [k for k, _, _ in bounds]
        self._low = np.array([low for _, low, _ in bounds])
        self._high = np.array([high for _, _, high in bounds])

    def __call__(self, x: Floats) -> tuple[Floats, Bools]:
        model, points = self.told.model, self.told.points(x)
        found = model.predictive(points, level_index=True)
        merit = self.told.in_spec(points, SEARCHED) - self.probability
        y = found.value[:, self._columns]
        width = found.quantile(0.84)[:, self._columns] - found.quantile(0.16)[:, self._columns]
        out = np.maximum(np.maximum(self._low - y, y - self._high), 0.0)
        with np.errstate(invalid="ignore", over="ignore"):
            out = (out / np.maximum(width, 1e-300)).sum(axis=1)
            merit = merit - np.where(merit < 0, out / (1.0 + out), 0.0)
        return np.where(np.isfinite(merit), merit, -2.0), self.told.unfamiliar(x)


def _middles(
    model: Model,
    bounds: list[tuple[int, float, float]],
    axes: tuple[Axis, ...],
    fixed: dict[int, float],
    seed: int,
    budget: TimeBudget,
) -> Floats:
    """Settings [M, U] that lie about in the middle of limits with two sides."""
    both = [(k, a, b) for k, a, b in bounds if np.isfinite(b - a)]
    nothing = np.empty((0, len(axes)))
    if not both or all(a.kind == "categorical" for a in axes):
        return nothing
    names, alone = model.output_names, model.replace(companions=(), calibration=None)
    found = level_set(
        alone,
        {names[k]: 0.5 * (a + b) for k, a, b in both},
        [a.name for a in axes],
        SEEDS,
        at={model.axes[d].name: _written(model.axes[d], v) for d, v in fixed.items()},
        tolerance={names[k]: 0.25 * (b - a) for k, a, b in both},
        seed=seed,
        deadline_ms=None if budget.endless else max(1000.0 * SEEDING * budget.left, 1e-3),
    )
    return found.x if found.status >= 0 or found.status == Status.DEADLINE else nothing


def _written(axis: Axis, value: float) -> object:
    return axis.level_names[int(value)] if axis.kind == "categorical" else value


def _answer(
    told: Believed,
    axes: tuple[Axis, ...],
    search: SampledSearch,
    rows: NDArray[np.int64],
    probability: float,
    here: Floats | None,
) -> InSpec:
    cut = search.budget.stopped
    sure = search.merit[rows] + probability
    if told.scatter is not None and len(rows):
        sure = told.in_spec(told.points(search.x[rows]))
        rows, sure = rows[sure >= probability], sure[sure >= probability]
    if not len(rows):
        return _none(told, axes, search, probability)
    x, unlike = search.x[rows], search.unlike[rows]
    status = Status.UNFAMILIAR if unlike.all() else several(len(rows))
    cost = np.full(len(x), np.nan)
    if here is not None:
        cost = np.sqrt(search.room.squared_cost(x, here))
    return InSpec(
        Status.DEADLINE if cut else status,
        axes,
        x,
        said_of(unlike, "setting"),
        probability=sure,
        cost=cost,
        believed=told,
    )


def _none(
    told: Believed, axes: tuple[Axis, ...], search: SampledSearch, probability: float
) -> InSpec:
    """No setting is so sure: how sure the best one is, and where it lies."""
    nothing = np.empty((0, len(axes)))
    late = search.budget.stopped
    status = Status.DEADLINE if late else Status.NOT_CONVERGED
    status = Status.UNREACHABLE if search.complete and not late else status
    if not len(search.x):
        return InSpec(status, axes, nothing, "the deadline came before a setting was tried")
    row = search.best
    worth = told.worth(search.x[row : row + 1])
    best = float(worth.probability[0])
    at = named(axes, search.x[row])
    where = ", ".join(_at(a, at[a.name]) for a in axes)
    found = "there is no setting" if status == Status.UNREACHABLE else "no setting was found"
    message = (
        f"{found} whose parts are in spec with {100 * probability:.10g} %: the best reaches"
        f" {100 * best:.3g} %, at {where}"
    )
    if late:
        message += "; the deadline ended the search"
    value = dict(zip(told.model.output_names, worth.value[0].tolist(), strict=True))
    return InSpec(status, axes, nothing, message, Nearest(at, value), best=best)


def _at(axis: Axis, value: object) -> str:
    if isinstance(value, str):
        return f"{axis.name} = {value}"
    return f"{axis.name} = {value:.6g} {axis.unit}".rstrip()
