"""Many different inputs that give the same outputs: the generative inverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...calculus.operations import fix
from ...core.axis import Axis
from ...errors import InputError
from ...model import Model
from ...numerics.low_discrepancy import points
from ...numerics.time_budget import NOTHING, SOLUTIONS, TimeBudget, now
from ...status import Status
from ...values.reals import reals
from ..one_unknown.roots import SAME_LEVEL, roots
from ..query import native
from ..query.answer import LevelSet, several
from ..query.contraction import restricted
from ..query.diverse_subset import diverse_subset
from ..query.limits import Limits
from ..query.question import UNUSABLE, Fixed, Target, number, split, wanted
from ..query.solution_worth import Believed, said_of, tells
from .nearest_to_target import nearest_to_target
from .target_problem import TargetProblem
from .target_search import CompiledSearch, TargetSearch

Floats = NDArray[np.float64]

BATCH = 1024
"""Starts that walk together at most."""
FIRST_BATCH, FASTER, BATCH_SHARE = 16, 4, 0.3
"""Under a deadline: starts of the first batch, times as many the next may have, and the share of
the time left that it may take."""
APART = 1e-6
"""Of the axes: closer solutions are one."""
MOST_COMBINATIONS = 100_000
"""Of levels, when every unknown is categorical."""


def level_set(
    model: Model,
    target: Target,
    unknowns: Sequence[str],
    n: int = 64,
    *,
    at: Fixed | None = None,
    tolerance: float | Mapping[str, float] = 0.0,
    starts: ArrayLike | None = None,
    level: float | None = None,
    limits: Limits | None = None,
    seed: int = 0,
    deadline_ms: float | None = None,
) -> LevelSet:
    """n diverse x with |f_k(x) - target_k| <= tolerance_k for every output k named in `target`.

    Low-discrepancy starts walk to the target by batched damped Gauss-Newton inside the domain, on
    the model's backend; the last steps are taken in double precision, to 1e-11 of the outputs'
    spread. Of all solutions found the n most different are kept (farthest-point thinning); `fill`
    tells how far any other one is from them. `starts` [M, U] takes the place of the low-discrepancy
    points, in the order of `unknowns`: solutions then stay near them. Where the model says how
    familiar inputs are, unfamiliar solutions are returned only if there are not n familiar ones,
    behind these. `worth`, `level` and `limits` as `roots` has them.

    Statuses: ok (one solution), several, unreachable (with the nearest values), not_converged,
    deadline (best so far), unfamiliar (all of them are), out_of_domain, bad_input. Raises
    InputError for wrong names. Same seed, same answer.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> found = level_set(area, 1.0, ["x", "y"], n=4)
    >>> found.status.label, found.value.round(9).ravel().tolist()
    ('several', [1.0, 1.0, 1.0, 1.0])
    >>> (found.x[:, 0] * found.x[:, 1]).round(9).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    axes = tuple(model.axes[model.axis_index(name)] for name in unknowns)
    if n < 1:
        raise InputError(f"n is {n}; ask for at least one solution")
    budget = TimeBudget.for_query(deadline_ms)
    try:
        sought, fixed = split(model, unknowns, at)
        outputs, values = wanted(model, target)
        slack = tolerances(model, outputs, tolerance)
    except UNUSABLE as error:
        return LevelSet(error.status, axes, np.empty((0, len(axes))), str(error))
    told = None
    if tells(model) or level or limits:
        told = Believed.of(model, fixed, sought, level, limits)
    part = restricted(model, outputs)
    part = fix(part, fixed) if fixed else part
    problem = TargetProblem(part, axes, values, slack, model.backend.name)
    begin = _Starts(problem, starts, seed)
    if all(a.kind == "categorical" for a in axes):
        return _first(_of_levels(problem), told, n)
    if len(axes) == 1 and not slack.any() and len(values) == 1:
        return _first(_from_roots(part, axes, values), told, n)
    small = len(axes) <= native.UNKNOWNS and len(values) <= native.TARGETS
    forms = native.forms(model) if small else None
    compiled = (
        None if forms is None else CompiledSearch(forms, len(model.axes), sought, outputs, fixed)
    )
    with np.errstate(over="ignore", invalid="ignore"):  # targets whose square is not a number
        return _Batches(TargetSearch(problem, compiled, budget), begin, told).run(n)


def tolerances(model: Model, outputs: list[int], tolerance: float | Mapping[str, float]) -> Floats:
    """Tolerance [T] per targeted output, in output units."""
    names = [model.outputs[k].name for k in outputs]
    if not isinstance(tolerance, Mapping):
        tolerance = dict.fromkeys(names, tolerance)
    unknown = set(tolerance) - set(names)
    if unknown:
        raise InputError(f"tolerance names {', '.join(sorted(unknown))}, which has no target")
    found = np.array([number(tolerance.get(name, 0.0), f"tolerance of {name!r}") for name in names])
    if (found < 0).any():
        raise InputError("tolerances must not be negative")
    return found


def _first(answer: LevelSet, told: Believed | None, n: int) -> LevelSet:
    """n of the solutions, familiar ones first."""
    x, y = answer.x, answer.value
    if told is None:
        return replace(answer, x=x[:n], value=y[:n])
    unlike = told.unfamiliar(x)
    order = np.argsort(unlike, kind="stable")[:n]
    return _said(replace(answer, x=x[order], value=y[order], believed=told), unlike[order])


def _said(answer: LevelSet, unlike: NDArray[np.bool_]) -> LevelSet:
    """The answer with a word about those of its solutions that are unfamiliar [n]."""
    if not unlike.any():
        return answer
    whole = unlike.all() and answer.status != Status.DEADLINE
    status = Status.UNFAMILIAR if whole else answer.status
    return replace(answer, status=status, message=said_of(unlike))


def _from_roots(part: Model, axes: tuple[Axis, ...], values: Floats) -> LevelSet:
    found = roots(part, axes[0].name, float(values[0]))
    x = np.array([[axes[0].coordinate(s[axes[0].name])] for s in found.solutions]).reshape(-1, 1)
    y = part.backend.value(x) if len(x) else np.empty((0, 1))
    return LevelSet(found.status, axes, x, found.message, found.nearest, y, 0.0)


def _of_levels(problem: TargetProblem) -> LevelSet:
    """All combinations of levels, kept where every output is within its tolerance."""
    axes, sizes = problem.axes, [a.basis.n_spans for a in problem.axes]
    if np.prod(sizes, dtype=float) > MOST_COMBINATIONS:
        raise InputError(
            f"{np.prod(sizes)} combinations of levels are too many; fix some of the categorical"
            " inputs"
        )
    x = np.array(list(product(*(range(s) for s in sizes))), dtype=float)
    y = problem.value(x)
    near = np.abs(y - problem.values)
    good = (near <= np.maximum(problem.slack, SAME_LEVEL * np.abs(y).max())).all(axis=1)
    if good.any():
        return LevelSet(several(int(good.sum())), axes, x[good], "", None, y[good], 0.0)
    row = int((near / np.maximum(np.ptp(y, axis=0), 1e-300)).max(axis=1).argmin())
    message = "no combination of levels gives the target"
    nearest = problem.nearest(x[row], y[row])
    return LevelSet(Status.UNREACHABLE, axes, np.empty((0, len(axes))), message, nearest)


class _Starts:
    """Unit points from which the search begins: those given, or low-discrepancy ones."""

    def __init__(self, problem: TargetProblem, starts: ArrayLike | None, seed: int) -> None:
        self._axes, self._seed = problem.axes, seed
        self._given = None if starts is None else self._checked(problem, starts)
        self.most = np.inf if self._given is None else len(self._given)

    def _checked(self, problem: TargetProblem, starts: ArrayLike) -> Floats:
        x, count = reals(starts, "starts"), len(self._axes)
        if x.ndim != 2 or x.shape[1] != count or not len(x) or not np.isfinite(x).all():
            raise InputError(
                f"starts have shape {x.shape}; give finite numbers of shape (M, {count})"
            )
        return problem.unit(x)

    def some(self, count: int, first: int) -> Floats:
        """`count` of them [count, U] from number `first` on."""
        if self._given is not None:
            return self._given[first : first + count]
        z = points(count, len(self._axes), self._seed, first)
        for u, axis in enumerate(self._axes):
            if axis.kind == "categorical" and axis.basis.n_spans > 1:
                z[:, u] = np.floor(z[:, u] * axis.basis.n_spans) / (axis.basis.n_spans - 1)
        return z


class _Batches:
    """Batches of starts until there are enough solutions to choose from, or no hope of more, or no
    time for another."""

    def __init__(self, search: TargetSearch, starts: _Starts, told: Believed | None) -> None:
        self.search, self.starts, self.budget = search, starts, search.budget
        self.told = told
        self.rate = 0.0  # seconds per start of the last batch
        self.largest = 0  # starts of the largest batch

    def run(self, n: int) -> LevelSet:
        """n solutions, or what came nearest."""
        accepted, closest = self._found(n)
        problem = self.search.problem
        self.budget.keep(NOTHING)
        if not len(accepted):
            return nearest_to_target(problem, closest, self.budget)
        unlike = self._unlike(accepted)
        parts = [accepted] if not unlike.any() else [accepted[~unlike], accepted[unlike]]
        kept: list[Floats] = []
        fill = 0.0
        for part in parts:  # familiar ones first
            room = n - sum(map(len, kept))
            if len(part) and room:
                keep, far = diverse_subset(part, room, APART, self.budget)
                fill = fill if kept else far
                kept.append(part[keep])
        z = np.concatenate(kept)
        x = problem.x(z)
        status = Status.DEADLINE if self.budget.stopped else several(len(z))
        answer = LevelSet(
            status, problem.axes, x, "", None, problem.value(x), fill, believed=self.told
        )
        return _said(answer, self._unlike(z)) if unlike.any() else answer

    def _unlike(self, z: Floats) -> NDArray[np.bool_]:
        """Which of the unit points [m, U] the model calls unfamiliar."""
        if self.told is None:
            return np.zeros(len(z), dtype=bool)
        return self.told.unfamiliar(self.search.problem.x(z))

    def _found(self, n: int) -> tuple[Floats, Floats]:
        """Solutions and the closest points of all batches, [m, U] each; familiar solutions are
        counted."""
        wanted = min(max(2 * n, 64), BATCH)
        batches = max(2, -(-3 * n // wanted))
        most = int(min(batches * wanted, self.starts.most))
        found: list[Floats] = []
        closest, first, total, tried = [], 0, 0, False
        while first < most:
            count = self._fitting(min(wanted, most - first), total)
            if not count:
                break
            begun = now()
            enough = max(3 * (n - total) // 2, 1)
            good, best = self.search.solutions(self.starts.some(count, first), enough)
            self.rate, self.largest = (now() - begun) / count, count
            found.append(good)
            closest.append(best)
            tried = tried or bool(len(good))
            first, total = first + count, total + int((~self._unlike(good)).sum())
            hopeless = first >= min(2 * wanted, most) and not tried
            if total >= n + n // 4 or self.budget.over() or hopeless:
                break
        return np.concatenate(found), np.concatenate(closest)

    def _fitting(self, wanted: int, found: int) -> int:
        """Starts of the next batch: `wanted`, or as many as there is time for beside writing the
        solutions found."""
        if self.budget.endless:
            return wanted
        if not self.largest:
            return min(wanted, FIRST_BATCH)
        self.budget.keep(SOLUTIONS, self.rate, times=found)
        if self.budget.lacks(FIRST_BATCH * self.rate):
            return 0
        affordable = int(BATCH_SHARE * self.budget.left / self.rate)
        return max(min(wanted, FASTER * self.largest, affordable), min(wanted, FIRST_BATCH))
