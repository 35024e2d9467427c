"""Recommended adjustments: the smallest change of the adjustable inputs that brings a part back
inside its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...model import Evaluation, Model
from ...numerics.time_budget import NOTHING, TimeBudget
from ...status import Status
from ...uncertainty.familiarity import told
from ...uncertainty.readings import need_own_inputs, with_computed
from ..optimize.feasible_projection import FeasibleProjection
from ..optimize.projection_problem import Adjustable, OutputBounds, ProjectionProblem, Rated
from ..optimize.sampled_search import Room
from ..query.answer import level_or_number
from ..query.limits import Limits, arrays, bands
from ..query.question import UNUSABLE, coordinate
from .knob import Knob, box
from .own_interval import OwnInterval

Floats = NDArray[np.float64]

Best = tuple[tuple[float, float], Floats]  # (excess, squared cost), point

MOST_CHOICES = 256
"""Combinations of levels of categorical knobs."""
SMALLER = "inside the limits; the deadline ended the search for a smaller change"
UNLIKE = "no familiar setting inside the limits was found: this one is unlike the training rows"
UNLIKE_HERE = "its inputs are unlike the training rows"


@dataclass(frozen=True)
class Advice:
    """settings {knob: new value}, change {knob: difference}, cost = sqrt(sum (cost change)^2), and
    what the model then predicts.

    before, after {output: {"value", "lower", "upper"}} hold every output, also those without limits
    (side effects). With `unreachable`, settings are the best achievable and `blocking` names the
    outputs that stay outside. With `deadline` the search was cut, with `not_converged` it found
    nothing and could not prove that there is nothing: settings are the best found.

    Where the model tells them: familiarity p of the inputs after the change, and probability that
    all limited outputs then lie inside. `unfamiliar`: no familiar setting was found that does it.
    """

    status: Status
    settings: dict[str, Any] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)
    cost: float = 0.0
    before: dict[str, dict[str, float]] = field(default_factory=dict)
    after: dict[str, dict[str, float]] = field(default_factory=dict)
    blocking: tuple[str, ...] = ()
    message: str = ""
    familiarity: float | None = None
    probability: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        out: dict[str, Any] = {
            "status": self.status.label,
            "settings": self.settings,
            "change": self.change,
            "cost": self.cost,
            "before": self.before,
            "after": self.after,
        }
        if self.blocking:
            out["blocking"] = list(self.blocking)
        for name in ("familiarity", "probability"):
            if getattr(self, name) is not None:
                out[name] = getattr(self, name)
        return {**out, "message": self.message} if self.message else out


def advise(
    model: Model,
    part: Mapping[str, object],
    limits: Limits,
    knobs: Mapping[str, Knob] | Sequence[str],
    *,
    with_interval: bool = True,
    level: float | None = None,
    seed: int = 0,
    deadline_ms: float | None = None,
) -> Advice:
    """argmin sum_u (cost_u change_u)^2 such that value and interval of every limited output lie
    inside its limits.

    `part` gives every input, `limits` {output: (low, high)} (None: no limit on that side).
    Sequential quadratic steps from the part and from low-discrepancy points put inside the limits,
    all batched; with one knob the answer is exact. Knobs with a step are moved by whole steps.
    Where nothing is found the box of the knobs is cut into cells until each lies outside a limit
    for certain (`InfeasibilityProof`), or one shows a setting that was missed. Same seed, same
    answer, with a deadline too where it leaves time.

    `level` of the interval: by default that of the file, or 90 %. Where its width follows the
    inputs, or the model says how familiar they are, a setting whose own interval reaches outside or
    whose inputs are unfamiliar is left for the cheapest of many tried at random (`SampledSearch`);
    an unfamiliar one is advised only where no familiar one was found.

    Statuses: ok (no change needed or the change found), unreachable (proven: the best achievable
    and which output blocks), not_converged (none found, none excluded), deadline (the search was
    cut: the best so far), unfamiliar (only such a setting was found), out_of_domain, bad_input.
    Raises InputError for wrong names, for limits that limit nothing, for a level that the model
    does not support and for a knob from which the model computes another input.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> found = advise(area, {"x": 0.5, "y": 1.0}, {"area": (0.6, None)}, ["x", "y"])
    >>> {name: round(value, 3) for name, value in found.change.items()}
    {'x': 0.076, 'y': 0.042}
    >>> round(found.after["area"]["value"], 6)
    0.6
    """
    allowed = dict(knobs) if isinstance(knobs, Mapping) else {name: Knob() for name in knobs}
    if not allowed:
        raise InputError("name at least one adjustable input (knob)")
    indices = [model.axis_index(name) for name in allowed]
    need_own_inputs(model, allowed, part)
    found = bands(model, limits, with_interval=with_interval, level=level)
    budget = TimeBudget.for_query(deadline_ms)
    try:
        here = _here(model, part)
        boxes = [
            box(model.axes[d], knob) for d, knob in zip(indices, allowed.values(), strict=True)
        ]
    except UNUSABLE as error:
        return Advice(error.status, message=str(error))
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # limits beyond what a link can give are infinite
        return _AdviceSearch(
            model,
            here,
            _Moves(indices, list(allowed.values()), boxes),
            found,
            seed,
            budget,
            OwnInterval(model, limits, level, with_interval=with_interval),
        ).answer()


def _here(model: Model, part: Mapping[str, object]) -> Floats:
    part = with_computed(model, part)
    if model.gaps is not None:
        part = model.gaps.measured(part, ())
    for name in part:
        model.axis_index(name)
    missing = [n for n in model.input_names if n not in part]
    if missing:
        raise InputError(f"the part lacks input {', '.join(map(repr, missing))}; give every input")
    return np.array([coordinate(a, part[a.name]) for a in model.axes])


class _Moves(NamedTuple):
    """The inputs that may change, what is known of each, and the ends between which it may lie."""

    indices: list[int]
    knobs: list[Knob]
    boxes: list[tuple[float, float]]


class _AdviceSearch:
    """One call of advise: categorical knobs are tried level by level, the others searched."""

    def __init__(
        self,
        model: Model,
        here: Floats,
        moves: _Moves,
        found: list[Any],
        seed: int,
        budget: TimeBudget,
        own: OwnInterval,
    ) -> None:
        self.model, self.here, self.seed, self.budget, self.own = model, here, seed, budget, own
        self.indices, self.knobs, self.boxes = moves
        self.outputs, self.low, self.high = arrays(found)
        self.wide = self.low > self.high  # an interval is wider than its limits: aim at the middle
        axes = [model.axes[d] for d in self.indices]
        self.levels = [u for u, a in enumerate(axes) if a.kind == "categorical"]
        self.moving = [u for u, a in enumerate(axes) if a.kind != "categorical"]
        one = [1.0 if a.kind == "categorical" else 1.0 / a.width for a in axes]
        self.cost = np.array([k.cost or c for k, c in zip(self.knobs, one, strict=True)])

    def answer(self) -> Advice:
        searches: list[tuple[FeasibleProjection, float]] = []
        best: Best | None = None
        tried: list[Floats] = []
        for choice in self._choices():
            if best is not None and not self.budget.allows():
                break
            inside = self._search(self._with_levels(choice))
            extra = sum(
                self.cost[u] ** 2
                for u, v in zip(self.levels, choice, strict=True)
                if v != self.here[self.indices[u]]
            )
            rated = inside.candidates()
            best = _better(best, rated, extra)
            tried += [point for _, _, point in rated]
            searches.append((inside, extra))
        assert best is not None
        none = False
        if best[0][0] > 0 and not self.budget.stopped and not self.wide.any():
            none, best = self._checked(searches, best)
        (excess, squared), point = best
        cost = float(np.sqrt(squared))
        if self.wide.any():
            excess = max(excess, 1.0)
        if self.own.needed and (excess <= 0 or self.own.local):
            found = self.own.instead(
                point, self.here, self.indices, self._room(), tried, self.seed, self.budget
            )
            if found is not None and found.inside:
                return self._advice(found.point, 0.0, found.cost, False, found.unlike)
            if found is not None:
                point, cost = found.point, found.cost
            excess, none = max(excess, 1.0), False
        return self._advice(point, excess, cost, none)

    def _room(self) -> Room:
        """Where the knobs may be set, by whole steps from where they are."""
        lower, upper = np.array(self.boxes).T
        levels = np.array([u in self.levels for u in range(len(self.knobs))])
        steps = np.array([k.step or 0.0 for k in self.knobs])
        here = self.here[self.indices]
        return Room(lower, upper, np.where(levels, 1.0, steps), here, levels, self.cost)

    def _checked(
        self, searches: list[tuple[FeasibleProjection, float]], best: Best
    ) -> tuple[bool, Best]:
        """Nothing was found: whether that is certain, and what places left over by the proof
        add."""
        self.budget.keep(NOTHING)
        every = True
        for inside, extra in searches:
            none, left = inside.proven()
            every = every and none
            if self.budget.stopped:
                break
            if len(left):
                best = _better(best, inside.candidates(left), extra)
        return every and not self.budget.stopped, best

    def _choices(self) -> list[tuple[float, ...]]:
        ranges = [np.arange(self.boxes[u][0], self.boxes[u][1] + 0.5) for u in self.levels]
        count = int(np.prod([len(r) for r in ranges], dtype=float))
        if count > MOST_CHOICES:
            raise InputError(
                f"{count} combinations of levels are too many; leave out some of the categorical"
                " knobs"
            )
        now = tuple(self.here[self.indices[u]] for u in self.levels)
        return sorted(
            (tuple(map(float, c)) for c in product(*ranges)),
            key=lambda c: sum(a != b for a, b in zip(c, now, strict=True)),
        )

    def _with_levels(self, choice: tuple[float, ...]) -> Floats:
        x = self.here.copy()
        for u, v in zip(self.levels, choice, strict=True):
            x[self.indices[u]] = v
        return x

    def _search(self, x: Floats) -> FeasibleProjection:
        """The search with the levels of x."""
        lower, upper = np.array([self.boxes[u] for u in self.moving]).reshape(-1, 2).T
        moving = Adjustable(
            [self.indices[u] for u in self.moving],
            lower,
            upper,
            self.cost[self.moving],
            [self.knobs[u].step for u in self.moving],
        )
        middle = (self.low + self.high) / 2.0  # finite where wide
        low, high = (np.where(self.wide, middle, end) for end in (self.low, self.high))
        bounds = OutputBounds(self.outputs, low, high)
        return FeasibleProjection(
            ProjectionProblem(self.model, x, moving, bounds, self.seed, self.budget)
        )

    def _advice(
        self, point: Floats, excess: float, cost: float, none: bool, unlike: bool = False
    ) -> Advice:
        points = np.stack([self.here, point])
        evaluation = self.own.evaluated(points)
        before, after = (self._predicted(evaluation, row) for row in (0, 1))
        axes = [(d, self.model.axes[d]) for d in self.indices]
        settings = {a.name: level_or_number(a, point[d]) for d, a in axes}
        change = {
            a.name: (
                level_or_number(a, point[d])
                if a.kind == "categorical"
                else float(point[d] - self.here[d])
            )
            for d, a in axes
            if point[d] != self.here[d]
        }
        numbers = (settings, change, cost, before, after)
        p, sure = self._believed(points[1:])
        if excess <= 0:
            status, message = self._found(bool(change), unlike)
            return Advice(status, *numbers, message=message, familiarity=p, probability=sure)
        names, wide = self._blocking(evaluation)
        status = (
            Status.UNREACHABLE
            if none or wide
            else Status.DEADLINE
            if self.budget.stopped
            else Status.NOT_CONVERGED
        )
        message = _none(", ".join(names), status, wide)
        return Advice(status, *numbers, names, message, p, sure)

    def _found(self, change: bool, unlike: bool) -> tuple[Status, str]:
        """Status and message of an advice that is inside the limits."""
        words = [] if change else ["already inside its limits"]
        cut = change and self.budget.stopped
        words += [SMALLER] if cut else []
        words += [UNLIKE if change else f"but {UNLIKE_HERE}"] if unlike else []
        status = Status.UNFAMILIAR if unlike else Status.OK
        return Status.DEADLINE if cut else status, "; ".join(words)

    def _believed(self, point: Floats) -> tuple[float | None, float | None]:
        """Familiarity and probability in spec of a point [1, D], as far as the model says."""
        sure = float(self.own.probability(point)[0])
        p = None
        if told(self.model):
            p = float(self.model.familiarity(point, level_index=True).p[0])
        return p, sure if np.isfinite(sure) else None

    def _blocking(self, evaluation: Evaluation) -> tuple[tuple[str, ...], bool]:
        """Outputs that stay outside, and whether that is because an interval is wider than its
        limits."""
        if self.own.local:
            return self.own.outside(evaluation, 1), False
        f = np.array(
            [o.linear_of(evaluation.value[1:2, k])[0] for k, o in enumerate(self.model.outputs)]
        )[self.outputs]
        over = np.maximum(f - self.high, 0.0) + np.maximum(self.low - f, 0.0)
        over = np.where(self.wide, np.inf, over)
        names = tuple(
            self.model.outputs[k].name
            for k, v in zip(self.outputs, over, strict=True)
            if not v <= 0
        )
        return names, bool(self.wide.any())

    def _predicted(self, evaluation: Evaluation, row: int) -> dict[str, dict[str, float]]:
        return {
            o.name: {
                "value": float(evaluation.value[row, k]),
                "lower": float(evaluation.lower[row, k]),
                "upper": float(evaluation.upper[row, k]),
            }
            for k, o in enumerate(self.model.outputs)
        }


def _better(best: Best | None, found: list[Rated], extra: float) -> Best:
    """The better of the best so far and what was found, with `extra` squared cost of other
    levels."""
    for excess, distance, point in found:
        key = (round(excess, 9), distance + extra)
        if best is None or key < best[0]:
            best = key, point
    assert best is not None
    return best


def _none(names: str, status: Status, wide: bool) -> str:
    if status == Status.UNREACHABLE:
        because = " (its interval is wider than the limits)" if wide else ""
        return (
            f"no setting of the adjustable inputs brings {names} inside the limits{because}; the"
            " best achievable is returned"
        )
    if status == Status.DEADLINE:
        return (
            f"the deadline ended the search before it found a setting that brings {names} inside"
            " the limits; the best so far is returned"
        )
    return (
        f"no setting that brings {names} inside the limits was found, but one may exist; the best"
        " found is returned"
    )
