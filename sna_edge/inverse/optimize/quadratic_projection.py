"""The nearest point along several inputs: many starts are put inside the bounds, then moved towards
the given point by quadratic steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...numerics.low_discrepancy import points
from ...numerics.time_budget import PROJECTION, WHOLE_STEPS, now
from ..query.linear_part import spread
from .gauss_newton import Solved, gauss_newton
from .projection_problem import ProjectionProblem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_STARTS, FEWEST = 192, 8
"""Starts without a limit of time, and the fewest under one."""
TIMED = 24
"""Points timed under a deadline before the first round."""
STARTING = 0.01
"""Share of the time left for the values at all starts: a search takes some hundred of them."""
ROUND_COST = 2.5
"""Times the probed points take: the first round of a search."""
POLISHED = 24
"""Starts that go through the quadratic steps."""
FEASIBLE_STEPS, QUADRATIC_STEPS, MENDING_STEPS = 40, 25, 20
"""Most rounds of putting starts inside, of quadratic steps, of putting their ends inside again."""
SETTLED = 1e-7
"""Of the box, and of the outputs' spread: a shorter step ends the search."""
MARGIN, MARGIN_SINGLE = 1e-9, 1e-5
"""Of the outputs' spread: how far inside the bounds solutions are put, in double precision and on
backends that compute in single precision."""
DUAL_SWEEPS, SWEEP_SETTLED = 40, 1e-12
"""Most dual coordinate sweeps of a quadratic step; a change (in costs) below which they end."""
LONGEST_MOVE = 0.3
"""Of the box: the longest quadratic step, as bounds are linearised around the last point."""


class QuadraticProjection:
    """Sequential quadratic steps for one problem; z [M, U] are coordinates in the unit box."""

    def __init__(self, problem: ProjectionProblem) -> None:
        self.problem, self.budget = problem, problem.budget
        self.lower, self.width = problem.adjustable.lower, problem.adjustable.width

    def x(self, z: Floats) -> Floats:
        """Coordinates of unit points, inside the box."""
        return np.asarray(
            np.clip(self.lower + z * self.width, self.lower, self.problem.adjustable.upper)
        )

    def search(self, given: Floats | None) -> Floats:
        """Candidates [M, U] from low-discrepancy starts, or from the full points `given` [M, D]."""
        here = np.clip((self.problem.start - self.lower) / self.width, 0.0, 1.0)
        count = self._starts(here)
        if not count:
            return self.x(here[None])
        more = points(count, len(here), self.problem.seed)
        if given is not None:
            more = (given[:, self.problem.adjustable.columns] - self.lower) / self.width
        z = np.concatenate([here[None], more])
        inner = self._inner_bounds(self.problem.linear(self.x(z))[0])
        self.budget.restart()
        inside = inner.feasible(z, FEASIBLE_STEPS)
        distance = self.problem.squared_cost(self.x(inside.z))
        best = np.lexsort((distance, np.abs(inside.r).max(axis=1)))[:POLISHED]
        polished = self._polished(np.concatenate([here[None], inside.z[best]]), inner)
        mended = inner.feasible(polished, MENDING_STEPS)
        return self.x(np.concatenate([mended.z, inside.z[best]]))

    def _starts(self, here: Floats) -> int:
        """Starts that there is time for, none where one round and the end do not fit; from here on
        the end has its time kept back."""
        if self.budget.endless:
            return MOST_STARTS
        begun = now()
        self.problem.linear(self.x(np.repeat(here[None], TIMED, axis=0)))
        took = now() - begun
        if self.budget.lacks((ROUND_COST + PROJECTION.work) * took):
            return 0
        self.budget.keep(WHOLE_STEPS if self.problem.adjustable.stepped else PROJECTION, took)
        affordable = int(STARTING * self.budget.left / max(took, 1e-9) * TIMED)
        count = max(FEWEST, min(MOST_STARTS, affordable))
        if count < MOST_STARTS:
            self.budget.stop()
        return count

    def _inner_bounds(self, f: Floats) -> _InnerBounds:
        """A little inside the given ones, as f [M, T] at the starts spreads."""
        size = spread(f)
        single = self.problem.model.backend.name != "numpy"
        margin = size * (MARGIN_SINGLE if single else MARGIN)
        low, high = self.problem.bounds.low, self.problem.bounds.high
        middle = 0.5 * (low + high)
        return _InnerBounds(
            self, np.minimum(low + margin, middle), np.maximum(high - margin, middle), size
        )

    def _polished(self, z: Floats, inner: _InnerBounds) -> Floats:
        """Rounds of quadratic steps, until what still moves is farther away than the best that has
        settled."""
        for _ in range(QUADRATIC_STEPS):
            if not self.budget.allows():
                break
            moved, outside = self.step(z, inner.low, inner.high)
            near = outside <= SETTLED * inner.size.max()
            still = (np.abs(moved - z).max(axis=1) < SETTLED) & near
            z = moved
            if still.all():
                break
            distance = self.problem.squared_cost(self.x(z))
            if still.any() and distance[still].min() <= distance[~still].min():
                break
        return z

    def step(self, z: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """The nearest point to the given one under the linearised bounds, for every row, and how
        far [M] outside the bounds z was: dual coordinate ascent over bounds and box.

        Source: Hildreth, Naval Research Logistics Quarterly 4 (1957).
        """
        problem = self.problem
        cost, here = problem.adjustable.cost, problem.start
        x = self.x(z)
        f, slope = problem.linear(x)
        j = slope / cost  # in costs: v = cost (x - here)
        offset = np.einsum("mtu,mu->mt", j, cost * (x - here)) - f
        box = cost * (self.lower - here), cost * (problem.adjustable.upper - here)
        v = self._least_change(j, low + offset, high + offset, box)
        target = np.clip((here + v / cost - self.lower) / self.width, 0.0, 1.0)
        outside = (np.maximum(f - high, 0.0) + np.maximum(low - f, 0.0)).max(axis=1)
        return np.asarray(z + np.clip(target - z, -LONGEST_MOVE, LONGEST_MOVE)), outside

    def _least_change(self, j: Floats, a: Floats, b: Floats, box: tuple[Floats, Floats]) -> Floats:
        """argmin |v|^2 [M, U] with a <= J v <= b [M, T], v in the box."""
        square = np.maximum(np.square(j).sum(axis=2), 1e-300)
        dual = np.zeros(a.shape)
        pull = np.zeros((len(j), j.shape[2]))
        v = np.zeros(pull.shape)
        for _ in range(DUAL_SWEEPS):
            before = v
            for t in range(a.shape[1]):
                without = np.einsum("mu,mu->m", j[:, t], v) - dual[:, t] * square[:, t]
                wanted = (np.clip(without, a[:, t], b[:, t]) - without) / square[:, t]
                step = wanted - dual[:, t]
                dual[:, t] = wanted
                v = v + step[:, None] * j[:, t]
            boxed = np.clip(v - pull, *box)
            pull, v = boxed - (v - pull), boxed
            if np.abs(v - before).max() < SWEEP_SETTLED or self.budget.over():
                break
        return v


class _InnerBounds:
    """Bounds low, high [T] in units of `size` [T], and the walk of points to inside them."""

    def __init__(
        self, search: QuadraticProjection, low: Floats, high: Floats, size: Floats
    ) -> None:
        self.low, self.high, self.size, self._search = low, high, size, search

    def feasible(self, z: Floats, rounds: int) -> Solved:
        """Unit points [M, U] moved inside."""
        free, zero = np.ones(z.shape[1], dtype=bool), np.zeros(len(self.low))
        return gauss_newton(self._outside, z, free, zero, rounds=rounds, budget=self._search.budget)

    def _outside(self, z: Floats, _: Ints) -> tuple[Floats, Floats]:
        """Signed distance [M, T] outside the bounds and its slope [M, T, U], 0 inside."""
        f, slope = self._search.problem.linear(self._search.x(z))
        over = np.maximum(f - self.high, 0.0) - np.maximum(self.low - f, 0.0)
        active = np.where((over != 0)[:, :, None], slope * self._search.width, 0.0)
        return over / self.size, active / self.size[:, None]
