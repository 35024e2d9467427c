"""Many independent inversions at once: every row has its own known inputs and its own targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core.axis import Axis
from ...core.inputs import axis_index, encoded
from ...core.interaction import CP
from ...errors import InputError
from ...model import Model
from ...numerics.low_discrepancy import points
from ...numerics.time_budget import ROWS, OutOfTime, Pace, TimeBudget
from ...status import Status
from ...uncertainty.readings import bordered
from ...values.reals import reals
from ..optimize.gauss_newton import HANDOVER, gauss_newton
from ..optimize.infeasibility import InfeasibilityProof
from ..query import native
from ..query.linear_part import linearised
from ..query.question import output_index
from ..query.unknown_atoms import UnknownAtoms

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

GRID, TRIES = 64, 6
"""Points of the unknowns' box from which the starts are chosen, and starts of a row before it is
given up."""
ROW_STEPS = 40
"""Most Gauss-Newton steps from a start."""
SOLVED, MEETING = 1e-10, 1e-7
"""Of the range of f over the grid: a row is solved; and where the search ends on a break, as
neighbouring spans of stored tables meet to single precision."""
AT_ONCE = 1 << 16
"""Points evaluated at once."""
FEW = 16
"""Rows that take no longer in double precision from the start."""


@dataclass(frozen=True)
class Batch:
    """x [N, U] in the order of `axes`; status [N]; miss [N] = max_k |f_k(x) - goal_k| before the
    link, as a share of the range of f_k over the unknowns' box (64 points), measured in double
    precision at the x returned.

    ok: miss <= 1e-10 (1e-7 where the target falls between two pieces of the stored tables).
    not_converged: no start led to the target, x is the closest point found. unreachable: that, and
    there is none for certain. deadline: that, or x is NaN. out_of_domain, bad_input: x is NaN.
    """

    axes: tuple[Axis, ...]
    x: Floats
    status: NDArray[np.int8]
    miss: Floats

    def __len__(self) -> int:
        return len(self.x)

    @property
    def solved(self) -> float:
        """Share of the rows that are solved."""
        return float((self.status == Status.OK).mean()) if len(self.status) else 1.0

    def to_dict(self) -> dict[str, Any]:
        """For JSON: a column per unknown, statuses as words."""
        columns = {a.name: self.x[:, u].tolist() for u, a in enumerate(self.axes)}
        return {
            "status": [Status(int(s)).label for s in self.status],
            **columns,
            "miss": self.miss.tolist(),
        }


def invert_batch(
    model: Model,
    targets: Mapping[str, ArrayLike] | ArrayLike,
    unknowns: Sequence[str],
    known: Mapping[str, ArrayLike] | None = None,
    *,
    deadline_ms: float | None = None,
    level_index: bool = False,
) -> Batch:
    """x_n with f_k(x_n, known_n) = target_kn for every row n and every output k named in `targets`:
    one solution per row.

    `targets` {output: [N]} (or [N] of the only output), `known` {input: number or [N]}; levels as
    they were written, or with `level_index` as 0, 1, .. in the order of the axis's levels. The best
    of 64 points of the unknowns' box is walked to the target by damped Gauss-Newton inside the box,
    then the next best, up to six. With fewer targets than unknowns the solution is the one near
    that start; `level_set` gives many. Raises InputError for wrong names or lengths, and for
    categorical unknowns. Statuses per row in `Batch`; rows that there was no time for are
    `deadline`.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> found = invert_batch(area, [0.5, 1.0, 9.0], ["x"], {"y": [1.0, 0.8, 1.0]})
    >>> found.x[:, 0].round(6).tolist(), found.to_dict()["status"]
    ([0.5, 1.25, 2.0], ['ok', 'ok', 'unreachable'])
    """
    pace = Pace(TimeBudget.for_query(deadline_ms))
    problem = _BatchProblem(model, targets, unknowns, known or {}, level_index)
    pace.budget.keep(ROWS, pace.budget.elapsed)
    forms = native.forms(model)
    small = len(problem.sought) <= native.UNKNOWNS and len(problem.outputs) <= native.TARGETS
    solve = _in_c if forms is not None and small else _in_numpy
    usable = problem.status == Status.OK
    good: Any = (
        slice(None) if usable.all() else np.flatnonzero(usable)
    )  # a slice makes no copies of a large batch
    x, goal = problem.x[good], problem.goal[good]
    miss, done = np.full(len(problem.status), np.nan), np.zeros(len(x), dtype=bool)
    off = miss[good]
    _solve_in_time(
        pace,
        len(x),
        lambda rows: solve(problem, forms, x[rows], goal[rows], pace.budget),
        x,
        off,
        done,
    )
    if not isinstance(good, slice):
        problem.x[good], miss[good] = x, off
    done |= off <= MEETING
    problem.x[problem.status < 0] = np.nan
    problem.status[good] = np.where(done, Status.OK, _unsolved(problem, x, goal, done, pace.budget))
    return Batch(
        problem.axes, np.ascontiguousarray(problem.x[:, problem.sought]), problem.status, miss
    )


def _unsolved(
    problem: _BatchProblem, x: Floats, goal: Floats, done: Bools, budget: TimeBudget
) -> Ints:
    """Statuses [n] of rows that are not `done`: unreachable where that is proven."""
    status, rows = np.full(len(x), int(Status.NOT_CONVERGED)), np.flatnonzero(~done)
    if len(rows) and not budget.over() and not budget.stopped:
        none = InfeasibilityProof(
            problem.model, x[rows[0]], problem.sought, problem.outputs
        ).missed(x[rows], goal[rows], budget)
        status[rows[none]] = int(Status.UNREACHABLE)
    return (
        np.where(status == Status.UNREACHABLE, status, int(Status.DEADLINE))
        if budget.stopped
        else status
    )


def _solve_in_time(
    pace: Pace,
    count: int,
    solve: Callable[[slice], tuple[Floats, Bools]],
    x: Floats,
    miss: Floats,
    done: Bools,
) -> None:
    """Fill miss and done [count] (x [count, D] is written by `solve`); rows there is no time for
    get NaN."""
    last = 0
    with suppress(OutOfTime):
        for part in pace.chunks("rows", np.arange(float(count))):
            rows = slice(last, last + len(part))
            miss[rows], done[rows] = solve(rows)
            last += len(part)
    x[last:] = np.nan


class _BatchProblem:
    """x [N, D] (known entries filled in), goal [N, T] before the link, status [N] of what is
    given."""

    def __init__(
        self,
        model: Model,
        targets: Mapping[str, ArrayLike] | ArrayLike,
        unknowns: Sequence[str],
        known: Mapping[str, ArrayLike],
        level_index: bool,
    ) -> None:
        self.model = model
        self.sought = [axis_index(model.axes, name) for name in unknowns]
        self.axes = tuple(model.axes[d] for d in self.sought)
        self._check(known)
        if not isinstance(targets, Mapping):
            if len(model.outputs) > 1:
                raise InputError(
                    f"name the outputs of the targets; outputs are {', '.join(model.output_names)}"
                )
            targets = {model.outputs[0].name: targets}
        if not targets:
            raise InputError("give at least one target")
        self.outputs = [output_index(model, name) for name in targets]
        values = [reals(v, f"target {name!r}") for name, v in targets.items()]
        columns = {
            d: encoded(model.axes[d], v, level_index)
            for d, v in ((axis_index(model.axes, n), v) for n, v in known.items())
        }
        try:
            (count,) = np.broadcast_shapes(
                *(np.shape(a) for a in (*values, *columns.values())), (1,)
            )
        except ValueError:
            raise InputError(
                "targets and known inputs must be numbers or columns of one length"
            ) from None
        self.x = np.empty((count, len(model.axes)))
        self.goal = np.empty((count, len(values)))
        self.status = np.zeros(count, np.int8)
        self.lower, self.width = (
            np.array([a.lower for a in self.axes]),
            np.array([a.width for a in self.axes]),
        )
        for d, column in columns.items():
            self._place(d, column)
        for t, column in enumerate(values):
            self._aim(t, column)

    def _check(self, known: Mapping[str, ArrayLike]) -> None:
        names = {self.model.axes[d].name for d in self.sought}
        if not names or len(names) != len(self.sought):
            raise InputError("list at least one unknown input, and each only once")
        levels = [a.name for a in self.axes if a.kind == "categorical"]
        if levels:
            raise InputError(
                f"{levels[0]!r} is categorical; invert one batch per level, or use level_set"
            )
        given = {self.model.axes[axis_index(self.model.axes, name)].name for name in known}
        for axis in self.model.axes:
            if (axis.name in names) == (axis.name in given):
                what = (
                    "both unknown and known" if axis.name in names else "neither unknown nor known"
                )
                raise InputError(f"input {axis.name!r} is {what}; name it in one of the two")

    def _place(self, d: int, column: Floats) -> None:
        axis = self.model.axes[d]
        put, _ = bordered(self.model, (axis,), np.reshape(column, (-1, 1)), None)
        column = axis.settled(put.reshape(np.shape(column)))
        inside = (column >= axis.lower) & (column <= axis.upper)
        if axis.kind == "categorical":
            inside &= np.rint(column) == column
        self.x[:, d] = column
        if not np.all(inside):
            bad = ~np.broadcast_to(inside, self.status.shape) & (self.status == 0)
            self.status[bad] = np.where(
                np.isnan(self.x[bad, d]), Status.BAD_INPUT, Status.OUT_OF_DOMAIN
            )

    def _aim(self, t: int, column: Floats) -> None:
        goal = self.model.outputs[self.outputs[t]].linear_of(column)
        self.goal[:, t] = goal
        lost = ~np.isfinite(goal)
        if np.any(lost):  # not a number, or beyond what the link can give
            bad = np.broadcast_to(lost, self.status.shape) & (self.status == 0)
            value = np.broadcast_to(column, self.status.shape)
            self.status[bad] = np.where(
                np.isfinite(value[bad]), Status.UNREACHABLE, Status.BAD_INPUT
            )


def _in_c(
    problem: _BatchProblem, forms: Any, x: Floats, goal: Floats, budget: TimeBudget
) -> tuple[Floats, Bools]:
    model, sought = problem.model, problem.sought
    cp = model.interaction
    assert isinstance(cp, CP)
    grid = points(GRID, len(sought))
    products = native.aligned(native.padded(cp.rank), GRID, dtype=np.float32)
    products[: cp.rank] = (
        UnknownAtoms(model, sought).products(problem.lower + grid * problem.width).T
    )
    question = native.library().Sought(
        np.array(sought, np.int32),
        np.array(problem.outputs, np.int32),
        problem.lower,
        problem.width,
        np.full(len(problem.outputs), SOLVED),
        ROW_STEPS,
    )
    miss, done = np.empty(len(x)), np.empty(len(x), np.int8)
    forms.invert(question, x, np.ascontiguousarray(goal), grid, products, TRIES, miss, done)
    return miss, done.astype(bool)


def _in_numpy(
    problem: _BatchProblem, forms: Any, x: Floats, goal: Floats, budget: TimeBudget
) -> tuple[Floats, Bools]:
    """The same on any backend; the last steps in double precision by numpy."""
    miss, done = np.empty(len(x)), np.empty(len(x), dtype=bool)
    size = max(AT_ONCE // GRID, 1)
    for first in range(0, len(x), size):
        part = slice(first, first + size)
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # a row whose target is that far away walks nowhere, from whatever start
            miss[part], done[part] = _Rows(problem, x[part], goal[part], budget).solve()
    return miss, done


class _Rows:
    """A chunk of rows on the model's backend; x [n, D] is written in place."""

    def __init__(self, problem: _BatchProblem, x: Floats, goal: Floats, budget: TimeBudget) -> None:
        self.problem, self.x, self.goal, self.budget = problem, x, goal, budget
        model = problem.model
        self.reference = model if model.backend.name == "numpy" else model.with_backend("numpy")
        self.grid = points(GRID, len(problem.sought))
        full = np.repeat(x, GRID, axis=0)
        full[:, problem.sought] = np.tile(problem.lower + self.grid * problem.width, (len(x), 1))
        f = self._before(self.reference.backend.value(full)).reshape(len(x), GRID, -1)
        self.unit = np.maximum(np.ptp(f, axis=1), 1e-300)
        self.misfit = np.square((f - goal[:, None]) / self.unit[:, None]).sum(axis=2)

    def _before(self, y: Floats) -> Floats:
        outputs = [self.problem.model.outputs[k] for k in self.problem.outputs]
        return linearised(outputs, y[:, self.problem.outputs])[0]

    def residual(self, model: Model, z: Floats, rows: Ints) -> tuple[Floats, Floats]:
        """r [m, T] and dr/dz [m, T, U] of the given rows at z [m, U]."""
        problem, k = self.problem, self.problem.outputs
        full = self.x[rows]
        full[:, problem.sought] = problem.lower + z * problem.width
        y, slope = model.backend.value_and_gradient(full)
        f, per_y = linearised([problem.model.outputs[i] for i in k], y[:, k])
        slope = slope[:, k][:, :, problem.sought] * per_y[:, :, None] * problem.width
        return (f - self.goal[rows]) / self.unit[rows], slope / self.unit[rows][:, :, None]

    def _some(self, model: Model, among: Ints, z: Floats, rows: Ints) -> tuple[Floats, Floats]:
        return self.residual(model, z, among[rows])

    def solve(self) -> tuple[Floats, Bools]:
        best = np.full(len(self.x), np.inf)
        z, done = (
            np.zeros((len(self.x), len(self.problem.sought))),
            np.zeros(len(self.x), dtype=bool),
        )
        rows = np.arange(len(self.x))
        self.budget.restart()
        for _ in range(TRIES):
            start = self.misfit[rows].argmin(axis=1)
            self.misfit[rows, start] = np.inf
            end, miss = self._walk(self.grid[start], rows)
            nearer = miss < best[rows]
            z[rows[nearer]], best[rows[nearer]] = end[nearer], miss[nearer]
            done[rows] = best[rows] <= SOLVED
            rows = rows[~done[rows]]
            if not len(rows) or self.budget.stopped:
                break
        self.x[:, self.problem.sought] = np.minimum(
            self.problem.lower + z * self.problem.width, self.problem.lower + self.problem.width
        )
        return best, done

    def _walk(self, z: Floats, rows: Ints) -> tuple[Floats, Floats]:
        count, movable = self.goal.shape[1], np.ones(z.shape[1], dtype=bool)
        passes = [(self.problem.model, HANDOVER), (self.reference, SOLVED)]
        for model, tolerance in (
            passes[1:] if len(rows) < FEW or self.reference is self.problem.model else passes
        ):
            local = partial(self._some, model, rows)
            found = gauss_newton(
                local, z, movable, np.full(count, tolerance), rounds=ROW_STEPS, budget=self.budget
            )
            z = found.z
        return z, np.abs(found.r).max(axis=1)
