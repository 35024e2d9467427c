"""When no start led to the target: the point that comes nearest, a solution that was missed, or a
proof that there is none."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from ...numerics.time_budget import NEAREST, NOTHING, TimeBudget, now, small_call
from ...status import Status
from ..optimize.infeasibility import InfeasibilityProof
from ..query.answer import LevelSet, several
from ..query.contraction import curve
from ..query.limits import linear_end
from .target_problem import TargetProblem
from .target_search import ACCEPTED

Floats = NDArray[np.float64]

MOVE = 150
"""Small calls of an exact move along an axis, before one was timed."""
SWEEPS, STILL = 6, 1e-12
"""Most sweeps of moves over all unknowns; a change (of the box) below which they end."""
MOST_PROOFS = 64
"""Combinations of levels for which it is proven that nothing is there."""


def nearest_to_target(problem: TargetProblem, best: Floats, budget: TimeBudget) -> LevelSet:
    """The answer after a search without a solution, from the unit points `best` [m, U] that came
    closest."""
    x = problem.x(_moved(problem, best, budget))
    value = problem.value(x)
    r = (problem.before_link(value) - problem.goal) / problem.size
    good = (np.abs(r) <= problem.allowed(ACCEPTED)).all(axis=1)
    if good.any():
        status = Status.DEADLINE if budget.stopped else several(int(good.sum()))
        return LevelSet(status, problem.axes, x[good], "", None, value[good], 0.0)
    row = int(np.square(r).sum(axis=1).argmin())
    status = excluded(problem, budget)
    what = "is not reached" if status == Status.UNREACHABLE else "was not found"
    goal, got = (_equations(problem, y) for y in (problem.values, value[row]))
    return LevelSet(
        status,
        problem.axes,
        np.empty((0, len(problem.axes))),
        f"{goal} {what}; the nearest found is {got}",
        problem.nearest(x[row], value[row]),
    )


def _equations(problem: TargetProblem, y: Floats) -> str:
    return ", ".join(f"{o.name} = {v:g}" for o, v in zip(problem.part.outputs, y, strict=True))


def _moved(problem: TargetProblem, best: Floats, budget: TimeBudget) -> Floats:
    """Exact one-dimensional moves from `best`, unknown by unknown, while they help."""
    z, longest = best.copy(), MOVE * small_call()
    budget.keep(NEAREST)
    for _ in range(SWEEPS):
        before = z.copy()
        for u, row in product(np.flatnonzero(problem.movable).tolist(), range(len(z))):
            if budget.lacks(longest):
                break
            begun = now()
            _move(problem, z, row, u)
            longest = max(longest, now() - begun)
        if budget.stopped or np.abs(z - before).max() < STILL:
            break
    return z


def _move(problem: TargetProblem, z: Floats, row: int, u: int) -> None:
    """Unknown u of a point to the best of the extremes and roots along its axis; all exact."""
    part, d = problem.part, problem.column[u]
    here = problem.ordered(problem.x(z[row : row + 1]))[0]
    fixed = {e: float(v) for e, v in enumerate(here) if e != d}
    places = [here[d : d + 1]]
    for k in range(len(part.outputs)):
        line = curve(part, d, fixed, k)
        places += [line.candidates[0], line.roots(float(problem.goal[k])).x]
    x = np.concatenate(places)
    tries = np.repeat(z[row : row + 1], len(x), axis=0)
    tries[:, u] = (x - problem.lower[u]) / problem.width[u]
    r, _ = problem.residual(*problem.linear(problem.reference, tries))
    z[row] = tries[int(np.square(r).sum(axis=1).argmin())]


def excluded(problem: TargetProblem, budget: TimeBudget) -> Status:
    """What a search without a solution is worth: unreachable where every cell of the domain is
    proven to miss a target, else not_converged or deadline."""
    budget.keep(NOTHING)
    part = problem.part
    ends = [
        sorted((linear_end(o, float(y - s)), linear_end(o, float(y + s))))
        for o, y, s in zip(part.outputs, problem.values, problem.slack, strict=True)
    ]
    low, high = np.array(ends).T
    levels = [d for d, a in enumerate(part.axes) if a.kind == "categorical"]
    smooth = [d for d, a in enumerate(part.axes) if a.kind != "categorical"]
    lower = np.array([part.axes[d].lower for d in smooth])
    upper = np.array([part.axes[d].upper for d in smooth])
    ranges = [range(part.axes[d].basis.n_spans) for d in levels]
    if np.prod([len(r) for r in ranges], dtype=float) > MOST_PROOFS:
        return Status.NOT_CONVERGED
    for choice in product(*ranges):
        here = np.zeros(len(part.axes))
        here[levels] = choice
        search = InfeasibilityProof(part, here, smooth, list(range(len(part.outputs))))
        none = search.verdict(lower, upper, low, high, budget).none
        if budget.stopped or not none:
            return Status.DEADLINE if budget.stopped else Status.NOT_CONVERGED
    return Status.DEADLINE if budget.stopped else Status.UNREACHABLE
