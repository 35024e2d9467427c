"""Many different inputs that give the same outputs: the generative inverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...calculus.operations import fix
from ...core.axis import Axis
from ...errors import InputError
from ...model import Model
from ...numerics.low_discrepancy import points
from ...numerics.time_budget import (
    NEAREST,
    NOTHING,
    SOLUTIONS,
    TimeBudget,
    now,
    small_call,
)
from ...status import Status
from ...values.reals import reals
from ..one_unknown.roots import roots
from ..optimize.gauss_newton import walk
from ..optimize.infeasibility import Nowhere
from ..query import native
from ..query.answer import LevelSet, Nearest, named, several
from ..query.contraction import curve, reordered, restricted
from ..query.diverse_subset import diverse_subset
from ..query.limits import linear_end
from ..query.linear_part import beyond, goals, linearised, spread
from ..query.question import UNUSABLE, Fixed, Target, number, split, wanted

Floats = NDArray[np.float64]

EXACT = 1e-11  # of the outputs' spread: where the last steps in double precision end
NEAR = 1e-5  # of the spread: where the search on the backend hands over to double precision
BATCH = 1024  # starts that walk together
FIRST, FASTER, BATCH_SHARE = (
    16,
    4,
    0.3,
)  # under a deadline: starts of the first batch, growth of the next, longest one of the time left
MOVE = 150  # small calls of an exact move along an axis
SPREAD = 128  # starts from which the spread of the outputs is taken
APART = 1e-6  # of the axes: closer solutions are one
MOST_LEVELS = 64  # combinations of levels for which it is proven that nothing is there
MOST_COMBINATIONS = 100_000  # of levels, when every unknown is categorical


def level_set(
    model: Model,
    target: Target,
    unknowns: Sequence[str],
    n: int = 64,
    *,
    at: Fixed | None = None,
    tolerance: float | Mapping[str, float] = 0.0,
    starts: ArrayLike | None = None,
    seed: int = 0,
    deadline_ms: float | None = None,
) -> LevelSet:
    """n diverse x with |f_k(x) - target_k| <= tolerance_k for every output k named in `target`.

    Quasi-random starts walk to the target by batched damped Gauss-Newton inside the domain, on the
    model's backend; the last steps are taken in double precision, to 1e-11 of the outputs' spread.
    Of all solutions found the n most different are kept (farthest-point thinning); `fill` tells how
    far any other one is from them. `starts` [M, U] takes the place of the quasi-random points, in
    the order of `unknowns`: solutions then stay near them.

    Statuses: ok (one solution), several, unreachable (with the nearest values), not_converged,
    deadline (best so far), out_of_domain, bad_input. Raises InputError for wrong names. Same seed,
    same answer.
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
    part = restricted(model, outputs)
    part = fix(part, fixed) if fixed else part
    forms = (
        native.forms(model)
        if len(axes) <= native.UNKNOWNS and len(values) <= native.TARGETS
        else None
    )
    compiled = None if forms is None else _Compiled(forms, len(model.axes), sought, outputs, fixed)
    search = _Search(part, axes, values, slack, seed, budget, starts, compiled, model.backend.name)
    if all(a.kind == "categorical" for a in axes):
        return search.enumerate(n)
    if len(axes) == 1 and not slack.any() and len(values) == 1:
        return _from_roots(part, axes, values, n)
    with np.errstate(over="ignore", invalid="ignore"):  # targets whose square is not a number
        return search.run(n)


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


def _from_roots(part: Model, axes: tuple[Axis, ...], values: Floats, n: int) -> LevelSet:
    found = roots(part, axes[0].name, float(values[0]))
    x = np.array([[axes[0].coordinate(s[axes[0].name])] for s in found.solutions[:n]]).reshape(
        -1, 1
    )
    y = part.backend.value(x) if len(x) else np.empty((0, 1))
    return LevelSet(found.status, axes, x, found.message, found.nearest, y, 0.0)


class _Compiled:
    """The walks of one query by the C library, in double precision all the way."""

    def __init__(
        self, forms: Any, count: int, sought: list[int], outputs: list[int], fixed: dict[int, float]
    ) -> None:
        self.forms, self.sought, self.outputs = (
            forms,
            np.array(sought, np.int32),
            np.array(outputs, np.int32),
        )
        self.x = np.zeros(count)
        for d, value in fixed.items():
            self.x[d] = value

    def walk(
        self, search: _Search, z: Floats, enough: int
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Ends z [m, U], residuals r [m, T] and which are solutions, of the m starts that were
        walked."""
        z, r, done = (
            np.array(z, order="C"),
            np.empty((len(z), len(self.outputs))),
            np.zeros(len(z), np.int8),
        )
        question = native.library().Sought(
            self.sought, self.outputs, search.lower, search.width, search.allowed(10 * EXACT), 80
        )  # fmt: skip
        seconds = native.FOREVER if search.budget.endless else search.budget.left
        goal, size = np.ascontiguousarray(search.goal), np.ascontiguousarray(search.size)
        count = self.forms.walks(question, self.x, goal, size, z, r, done, enough, seconds)
        search.budget.over()
        return z[:count], r[:count], done[:count].astype(bool)


class _Search:
    """One level set query on the contracted model; unit coordinates z in the order of `axes`,
    residuals before the link."""

    def __init__(
        self, part: Model, axes: tuple[Axis, ...], values: Floats, slack: Floats, seed: int, budget: TimeBudget,
        starts: ArrayLike | None, compiled: _Compiled | None, backend: str,
    ) -> None:  # fmt: skip
        self.compiled = compiled
        self.part, self.axes, self.values, self.slack = part, axes, values, slack
        self.seed, self.budget = seed, budget
        self.column = reordered(part, [a.name for a in axes])
        self.lower = np.array([a.lower for a in axes])
        self.width = np.array([a.width for a in axes])
        self.movable = np.array([a.kind != "categorical" for a in axes])
        self.reference = part if backend == "numpy" else part.with_backend("numpy")
        self.goal, self.half = goals(part.outputs, values, slack)
        self.given = None if starts is None else self._given(starts)
        self.rate, self.largest = (
            0.0,
            0,
        )  # seconds per start of the last batch, and starts of the largest

    def _given(self, starts: ArrayLike) -> Floats:
        x = reals(starts, "starts")
        if x.ndim != 2 or x.shape[1] != len(self.axes) or not len(x) or not np.isfinite(x).all():
            raise InputError(
                f"starts have shape {x.shape}; give finite numbers of shape (M, {len(self.axes)})"
            )
        return np.asarray(
            np.clip((x - self.lower) / np.where(self.width > 0, self.width, 1.0), 0.0, 1.0)
        )

    def x(self, z: Floats) -> Floats:
        """Coordinates of unit points, in the order of `axes`; levels are whole numbers."""
        x = np.minimum(self.lower + z * self.width, self.lower + self.width)
        return np.asarray(x if self.movable.all() else np.where(self.movable, x, np.rint(x)))

    def ordered(self, x: Floats) -> Floats:
        out = np.empty_like(x)
        out[:, self.column] = x
        return out

    def starts(self, count: int, first: int) -> Floats:
        if self.given is not None:
            return self.given[first : first + count]
        z = points(count, len(self.axes), self.seed, first)
        for u, axis in enumerate(self.axes):
            if axis.kind == "categorical" and axis.basis.n_spans > 1:
                z[:, u] = np.floor(z[:, u] * axis.basis.n_spans) / (axis.basis.n_spans - 1)
        return z

    def linear(self, model: Model, z: Floats) -> tuple[Floats, Floats]:
        """f [M, T] and df/dz [M, T, U] of the backend's answers."""
        y, slope = model.backend.value_and_gradient(self.ordered(self.x(z)))
        f, per_y = linearised(model.outputs, y)
        slope = slope[:, :, self.column] * self.width * per_y[:, :, None]
        return f, slope if self.movable.all() else np.where(self.movable, slope, 0.0)

    def residual(self, model: Model, z: Floats) -> tuple[Floats, Floats]:
        f, slope = self.linear(model, z)
        return (f - self.goal) / self.size, slope / self.size[:, None]

    def allowed(self, least: float) -> Floats:
        return np.asarray(np.maximum(least, self.half / self.size))

    def run(self, n: int) -> LevelSet:
        """Batches of starts until there are enough solutions to choose from, or no hope of more, or
        no time for another."""
        wanted = min(max(2 * n, 64), BATCH)
        batches = max(2, -(-3 * n // wanted))
        most = batches * wanted if self.given is None else min(batches * wanted, len(self.given))
        found: list[Floats] = []
        closest, first, total = [], 0, 0
        while first < most:
            count = self.fitting(min(wanted, most - first), total)
            if not count:
                break
            begun = now()
            good, best = self.batch(self.starts(count, first), n - total, first=first == 0)
            self.rate, self.largest = (now() - begun) / count, count
            found.append(good)
            closest.append(best)
            first, total = first + count, total + len(good)
            if (
                total >= n + n // 4
                or self.budget.over()
                or (first >= min(2 * wanted, most) and not total)
            ):
                break
        self.budget.keep(NOTHING)
        accepted = np.concatenate(found)
        if not len(accepted):
            return self.failed(np.concatenate(closest))
        keep, fill = diverse_subset(accepted, n, APART, self.budget)
        x = self.x(accepted[keep])
        value = self.reference.backend.value(self.ordered(x))
        status = Status.DEADLINE if self.budget.stopped else several(len(keep))
        return LevelSet(status, self.axes, x, "", None, value, fill)

    def fitting(self, wanted: int, found: int) -> int:
        """Starts of the next batch: `wanted`, or as many as there is time for beside writing the
        solutions found."""
        if self.budget.endless:
            return wanted
        if not self.largest:
            return min(wanted, FIRST)
        self.budget.keep(SOLUTIONS, self.rate, times=found)
        if self.budget.lacks(FIRST * self.rate):
            return 0
        return max(
            min(wanted, FASTER * self.largest, int(BATCH_SHARE * self.budget.left / self.rate)),
            min(wanted, FIRST),
        )

    def batch(self, z: Floats, n: int, *, first: bool) -> tuple[Floats, Floats]:
        """Solutions [m, U] from the starts z and the unit points that came closest. The first batch
        sets the unit of residuals."""
        if self.compiled is not None:
            if first:
                self.scale(
                    linearised(
                        self.part.outputs,
                        self.reference.backend.value(self.ordered(self.x(z[:SPREAD]))),
                    )[0]
                )
            end, r, done = self.compiled.walk(self, z, max(3 * n // 2, 1))
            return end[done], end[np.argsort(np.square(r).sum(axis=1), kind="stable")[:4]]
        f, slope = self.linear(self.part, z)
        if first:
            self.scale(f)
        begun = (f - self.goal) / self.size, slope / self.size[:, None]
        found = walk(
            lambda q, _: self.residual(self.part, q), z, self.movable, self.allowed(NEAR), rounds=60, budget=self.budget,
            enough=max(3 * n // 2, 1), first=begun,
        )  # fmt: skip
        closest = found.z[np.argsort(np.square(found.r).sum(axis=1), kind="stable")[:4]]
        near = found.z[found.done]
        if not len(near):
            return near, closest
        fine = walk(
            lambda q, _: self.residual(self.reference, q),
            near,
            self.movable,
            self.allowed(EXACT),
            rounds=20,
            budget=self.budget,
        )
        return fine.z[(np.abs(fine.r) <= self.allowed(10 * EXACT)).all(axis=1)], closest

    def scale(self, f: Floats) -> None:
        """The unit of residuals, and a stand-in for targets that the link cannot give, from f [M,
        T] at starts."""
        self.size = spread(f)
        self.goal = np.where(
            np.isnan(self.goal), beyond(self.part.outputs, self.values, f), self.goal
        )

    def failed(self, best: Floats) -> LevelSet:
        """No solution: exact one-dimensional moves from the best starts give the nearest value, or
        a root that was missed."""
        z, longest = best.copy(), MOVE * small_call()
        self.budget.keep(NEAREST)
        for _ in range(6):
            before = z.copy()
            for u, row in product(np.flatnonzero(self.movable).tolist(), range(len(z))):
                if self.budget.lacks(longest):
                    break
                begun = now()
                self.improve(z, row, u)
                longest = max(longest, now() - begun)
            if self.budget.stopped or np.abs(z - before).max() < 1e-12:
                break
        x = self.x(z)
        value = self.reference.backend.value(self.ordered(x))
        r = (linearised(self.part.outputs, value)[0] - self.goal) / self.size
        good = (np.abs(r) <= self.allowed(10 * EXACT)).all(axis=1)
        if good.any():
            status = Status.DEADLINE if self.budget.stopped else several(int(good.sum()))
            return LevelSet(status, self.axes, x[good], "", None, value[good], 0.0)
        row = int(np.square(r).sum(axis=1).argmin())
        y = value[row]
        nearest = Nearest(
            named(self.axes, x[row]),
            {o.name: float(v) for o, v in zip(self.part.outputs, y, strict=True)},
        )
        status = self.none()
        goal = ", ".join(
            f"{o.name} = {v:g}" for o, v in zip(self.part.outputs, self.values, strict=True)
        )
        got = ", ".join(f"{o.name} = {v:g}" for o, v in zip(self.part.outputs, y, strict=True))
        what = "is not reached" if status == Status.UNREACHABLE else "was not found"
        return LevelSet(
            status,
            self.axes,
            np.empty((0, len(self.axes))),
            f"{goal} {what}; the closest found is {got}",
            nearest,
        )

    def none(self) -> Status:
        """What a search without a solution is worth: unreachable where every cell of the domain is
        proven to miss a target."""
        self.budget.keep(NOTHING)
        goal, levels = (
            [],
            [range(a.basis.n_spans) for a in self.part.axes if a.kind == "categorical"],
        )
        for o, y, s in zip(self.part.outputs, self.values, self.slack, strict=True):
            goal.append(sorted((linear_end(o, float(y - s)), linear_end(o, float(y + s)))))
        low, high = np.array(goal).T
        smooth = [d for d, a in enumerate(self.part.axes) if a.kind != "categorical"]
        lower, upper = (
            np.array([getattr(self.part.axes[d], end) for d in smooth])
            for end in ("lower", "upper")
        )
        if np.prod([len(r) for r in levels], dtype=float) > MOST_LEVELS:
            return Status.NOT_CONVERGED
        for choice in product(*levels):
            here = np.zeros(len(self.part.axes))
            here[[d for d, a in enumerate(self.part.axes) if a.kind == "categorical"]] = choice
            search = Nowhere(self.part, here, smooth, list(range(len(self.part.outputs))))
            none = search.verdict(lower, upper, low, high, self.budget).none
            if self.budget.stopped or not none:
                return Status.DEADLINE if self.budget.stopped else Status.NOT_CONVERGED
        return Status.DEADLINE if self.budget.stopped else Status.UNREACHABLE

    def improve(self, z: Floats, row: int, u: int) -> None:
        """Move unknown u of a point to the best of the extremes and roots along its axis; all
        exact."""
        here = self.ordered(self.x(z[row : row + 1]))[0]
        d = self.column[u]
        fixed = {e: float(v) for e, v in enumerate(here) if e != d}
        places = [here[d : d + 1]]
        for k in range(len(self.part.outputs)):
            line = curve(self.part, d, fixed, k)
            places += [line.candidates[0], line.roots(float(self.goal[k])).x]
        x = np.concatenate(places)
        tries = np.repeat(z[row : row + 1], len(x), axis=0)
        tries[:, u] = (x - self.lower[u]) / self.width[u]
        r, _ = self.residual(self.reference, tries)
        z[row] = tries[int(np.square(r).sum(axis=1).argmin())]

    def enumerate(self, n: int) -> LevelSet:
        """All combinations of levels, kept where every output is within its tolerance."""
        sizes = [a.basis.n_spans for a in self.axes]
        if np.prod(sizes, dtype=float) > MOST_COMBINATIONS:
            raise InputError(
                f"{np.prod(sizes)} combinations of levels are too many; fix some of the categorical"
                " inputs"
            )
        x = np.array(list(product(*(range(s) for s in sizes))), dtype=float)
        y = self.reference.backend.value(self.ordered(x))
        near = np.abs(y - self.values)
        good = (near <= np.maximum(self.slack, 1e-9 * np.abs(y).max())).all(axis=1)
        if good.any():
            return LevelSet(
                several(int(good.sum())), self.axes, x[good][:n], "", None, y[good][:n], 0.0
            )
        row = int((near / np.maximum(np.ptp(y, axis=0), 1e-300)).max(axis=1).argmin())
        nearest = Nearest(
            named(self.axes, x[row]),
            {o.name: float(v) for o, v in zip(self.part.outputs, y[row], strict=True)},
        )
        none = LevelSet(
            Status.UNREACHABLE,
            self.axes,
            np.empty((0, len(self.axes))),
            "no combination of levels gives the target",
        )
        return changed(none, nearest=nearest)
