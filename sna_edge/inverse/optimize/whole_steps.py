"""Answers in whole steps: all combinations where they can be listed, else those around continuous
answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...numerics.time_budget import small_call
from .projection_problem import ProjectionProblem, Rated

Floats = NDArray[np.float64]

LISTED = 1_000_000
"""Combinations up to which all are considered."""
LISTING = 0.01
"""Small calls that listing a combination takes."""
BLOCK = 4096
"""Combinations evaluated at once."""
NEAREST = 4
"""Continuous answers around which steps are looked at."""
RESOLVED = 8
"""Combinations of steps around each for which the inputs without steps are sought again."""
ROUNDED = 1e-9
"""Of a step: a bound this close past a step holds it."""


def whole_steps(
    problem: ProjectionProblem,
    found: list[Rated],
    project: Callable[[ProjectionProblem], list[Rated]],
) -> tuple[list[Rated], bool]:
    """Points in whole steps, and whether they were found by looking at everything there is.

    Exactly the cheapest where every input has steps and they are not too many, else the cheapest
    around `found`; `project` answers for the inputs without steps once the others are set.
    """
    stepped = problem.adjustable.stepped
    places = [ticks(problem, u) for u in stepped]
    count = np.prod([len(t) for t in places], dtype=float)
    listed = len(places) == len(problem.adjustable.columns) and count <= LISTED
    if listed and not problem.budget.lacks(count * LISTING * small_call()):
        grid = np.meshgrid(*places, indexing="ij")
        tries = np.stack(grid, axis=-1).reshape(-1, len(places))
        return _cheapest(problem, tries), not problem.budget.stopped
    return _around(problem, found, project), False


def ticks(
    problem: ProjectionProblem, u: int, centre: float | None = None, reach: int = 0
) -> Floats:
    """Places of input u, whole steps from where it is and inside its bounds: all, or 2 `reach`
    around `centre`."""
    moving, here = problem.adjustable, problem.start[u]
    step = moving.steps[u]
    assert step is not None
    first = np.ceil((moving.lower[u] - here) / step - ROUNDED)
    last = np.floor((moving.upper[u] - here) / step + ROUNDED)
    if centre is not None:
        middle = np.floor((centre - here) / step)
        first, last = max(first, middle - reach + 1), min(last, middle + reach)
    if last < first:
        return np.array([here])
    places = here + step * np.arange(first, last + 1)
    return np.asarray(np.clip(places, moving.lower[u], moving.upper[u]))


def _cheapest(problem: ProjectionProblem, tries: Floats) -> list[Rated]:
    """All combinations, cheapest first, until one lies inside; the one that comes closest if none
    does."""
    tries = tries[np.argsort(problem.squared_cost(tries), kind="stable")]
    closest, least = tries[0], np.inf
    for start in range(0, len(tries), BLOCK):
        block = tries[start : start + BLOCK]
        excess = problem.excess(block)
        inside = np.flatnonzero(excess <= 0)
        row = int(inside[0]) if len(inside) else int(excess.argmin())
        if excess[row] < least:
            closest, least = block[row], float(excess[row])
        if least <= 0 or problem.budget.over():
            break
    return problem.rated(closest[None])


def _around(
    problem: ProjectionProblem,
    found: list[Rated],
    project: Callable[[ProjectionProblem], list[Rated]],
) -> list[Rated]:
    """Whole steps near the best continuous answers; the inputs without steps are sought again for
    each."""
    budget, moving = problem.budget, problem.adjustable
    best = sorted(found[1:], key=lambda c: (round(c[0], 9), c[1]))[:NEAREST]
    nearest = [point for _, _, point in best]
    columns = [moving.columns[u] for u in moving.stepped]
    budget.restart()
    if len(columns) == len(moving.columns):
        tries = [combinations(problem, nearest[0])]
        tries += [combinations(problem, point) for point in nearest[1:] if budget.allows()]
        return problem.rated(np.concatenate(tries))
    out: list[Rated] = []
    for choice in (c for point in nearest for c in combinations(problem, point)):
        if not budget.allows():
            break
        here = problem.here.copy()
        here[columns] = choice
        change = moving.cost[moving.stepped] * (choice - problem.here[columns])
        extra = float(np.square(change).sum())
        answers = project(problem.continuous_from(here))
        out += [(excess, cost + extra, where) for excess, cost, where in answers]
    return out or problem.rated(problem.start[None])


def combinations(problem: ProjectionProblem, point: Floats) -> Floats:
    """The RESOLVED combinations of whole steps of the stepped inputs that cost least to reach from
    `point` [D], input by input."""
    spent, choices = np.zeros(1), np.empty((1, 0))
    for u in problem.adjustable.stepped:
        wanted = point[problem.adjustable.columns[u]]
        places = ticks(problem, u, wanted, 2)
        change = np.square(problem.adjustable.cost[u] * (places - wanted))
        total = (spent[:, None] + change).reshape(-1)
        cheapest = np.argsort(total, kind="stable")[:RESOLVED]
        spent = total[cheapest]
        before, last = choices[cheapest // len(places)], places[cheapest % len(places)]
        choices = np.column_stack([before, last])
    return choices
