"""Many starts taken to the targets together: by the C library, or on any backend."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...numerics.time_budget import TimeBudget
from ..optimize.gauss_newton import HANDOVER, gauss_newton
from ..query import native
from .target_problem import TargetProblem

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EXACT = 1e-11
"""Of the outputs' spread: where the last steps in double precision end."""
ACCEPTED = 10 * EXACT
"""Residuals up to here are a solution."""
SPREAD = 128
"""Starts from which the spread of the outputs is taken."""
BACKEND_STEPS, LAST_STEPS, STEPS_IN_C = 60, 20, 80
"""Steps on the backend, in double precision after them, and in C, where there is one search."""
CLOSEST = 4
"""Ends that are kept where nothing was found."""


class CompiledSearch:
    """The search of one query by the C library, in double precision all the way."""

    def __init__(
        self, forms: Any, count: int, sought: list[int], outputs: list[int], fixed: dict[int, float]
    ) -> None:
        self._forms = forms
        self._sought = np.array(sought, np.int32)
        self._outputs = np.array(outputs, np.int32)
        self._x = np.zeros(count)
        for d, value in fixed.items():
            self._x[d] = value

    def search(
        self, problem: TargetProblem, z: Floats, enough: int, budget: TimeBudget
    ) -> tuple[Floats, Floats, Bools]:
        """Ends z [m, U], residuals r [m, T] and which are solutions, of the m starts that were
        tried."""
        z = np.array(z, order="C")
        r, done = np.empty((len(z), len(self._outputs))), np.zeros(len(z), np.int8)
        question = native.library().Sought(
            self._sought,
            self._outputs,
            problem.lower,
            problem.width,
            problem.allowed(ACCEPTED),
            STEPS_IN_C,
        )
        seconds = native.FOREVER if budget.endless else budget.left
        goal, size = np.ascontiguousarray(problem.goal), np.ascontiguousarray(problem.size)
        count = self._forms.walks(question, self._x, goal, size, z, r, done, enough, seconds)
        budget.over()
        return z[:count], r[:count], done[:count].astype(bool)


class TargetSearch:
    """Batches of starts for one problem; the first batch sets the unit of residuals."""

    def __init__(
        self, problem: TargetProblem, compiled: CompiledSearch | None, budget: TimeBudget
    ) -> None:
        self.problem, self.budget, self._compiled = problem, budget, compiled
        self._scaled = False

    def solutions(self, z: Floats, enough: int) -> tuple[Floats, Floats]:
        """Solutions [m, U] from the starts z, about `enough` of them where there are more, and the
        unit points that came closest."""
        if self._compiled is None:
            return self._by_backend(z, enough)
        if not self._scaled:
            y = self.problem.value(self.problem.x(z[:SPREAD]))
            self._scale(self.problem.before_link(y))
        end, r, done = self._compiled.search(self.problem, z, enough, self.budget)
        return end[done], _closest(end, r)

    def _by_backend(self, z: Floats, enough: int) -> tuple[Floats, Floats]:
        problem = self.problem
        f, slope = problem.linear(problem.part, z)
        if not self._scaled:
            self._scale(f)
        found = gauss_newton(
            lambda q, _: problem.residual(*problem.linear(problem.part, q)),
            z,
            problem.movable,
            problem.allowed(HANDOVER),
            rounds=BACKEND_STEPS,
            budget=self.budget,
            enough=enough,
            first=problem.residual(f, slope),
        )
        closest, near = _closest(found.z, found.r), found.z[found.done]
        if not len(near):
            return near, closest
        fine = gauss_newton(
            lambda q, _: problem.residual(*problem.linear(problem.reference, q)),
            near,
            problem.movable,
            problem.allowed(EXACT),
            rounds=LAST_STEPS,
            budget=self.budget,
        )
        return fine.z[(np.abs(fine.r) <= problem.allowed(ACCEPTED)).all(axis=1)], closest

    def _scale(self, f: Floats) -> None:
        self.problem.scale(f)
        self._scaled = True


def _closest(z: Floats, r: Floats) -> Floats:
    return np.asarray(z[np.argsort(np.square(r).sum(axis=1), kind="stable")[:CLOSEST]])
