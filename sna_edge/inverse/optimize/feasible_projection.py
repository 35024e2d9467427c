"""The point nearest to a given one at which all outputs lie inside bounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...numerics.time_budget import now
from .exact_projection import exact_projection
from .infeasibility import InfeasibilityProof
from .projection_problem import ProjectionProblem, Rated
from .quadratic_projection import POLISHED, QuadraticProjection
from .whole_steps import whole_steps

Floats = NDArray[np.float64]

CALLS = 12
"""Evaluations, however few points, that a search takes."""


class FeasibleProjection:
    """The answers to one problem; `complete` when everything there is was looked at, so that what
    was not found is not there."""

    def __init__(self, problem: ProjectionProblem) -> None:
        self.problem = problem
        self.complete = False

    def candidates(self, given: Floats | None = None) -> list[Rated]:
        """Points that may be the answer, at least the given one itself; with several inputs the
        search starts from the full points `given` [M, D] where there are any.

        One input: exact. Several: sequential quadratic steps. Whole steps: around those, or all.
        """
        problem, moving = self.problem, self.problem.adjustable
        begun = now()
        found = problem.rated(problem.start[None])
        if found[0][0] <= 0 or not moving.columns:
            self.complete = True
            return found
        if problem.budget.lacks(CALLS * (now() - begun)):
            return found
        single = len(moving.columns) == 1
        x = exact_projection(problem) if single else QuadraticProjection(problem).search(given)
        found += problem.rated(x)
        self.complete = single and not moving.stepped
        if moving.stepped:
            snapped, self.complete = whole_steps(problem, found, _projected)
            found = found[:1] + snapped
        return found

    def proven(self) -> tuple[bool, Floats]:
        """Whether no point of the box satisfies the bounds for certain, and full points [M, D] of
        places that are left over."""
        problem, moving, bounds = self.problem, self.problem.adjustable, self.problem.bounds
        if self.complete:
            return True, np.empty((0, len(problem.here)))
        search = InfeasibilityProof(problem.model, problem.here, moving.columns, bounds.outputs)
        verdict = search.verdict(
            moving.lower, moving.upper, bounds.low, bounds.high, problem.budget
        )
        if verdict.none or not len(verdict.points):
            return verdict.none, verdict.points
        excess = problem.excess(verdict.points[:, moving.columns])
        return False, verdict.points[np.argsort(excess, kind="stable")[:POLISHED]]


def _projected(problem: ProjectionProblem) -> list[Rated]:
    return FeasibleProjection(problem).candidates()
