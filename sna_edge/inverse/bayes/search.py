"""The optima of a posterior: starts, searches, and the distinct minima among their ends."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from ...numerics.low_discrepancy import points
from ...numerics.time_budget import MEASURED, OutOfTime
from ..optimize.multistart import distinct, enough, starts
from ..optimize.trust_region import Minima, minimized, together
from .density.objective import Objective
from .estimation_problem import PROBED, EstimationProblem

Floats = NDArray[np.float64]

SCAN, FEWEST = 1024, 16
"""Low-discrepancy points from which the starts are chosen, and how few under a deadline."""
SCANNING, STARTING, REFINING = 0.1, 0.01, 0.7
"""Shares of the time left: for the scan, for the values at all starts (a search from them takes
about a hundred times that), and for going on with more observations."""
FIRST_STARTS, MOST_STARTS = 64, 256
"""Starts of the first batch (per combination of levels), and of any."""
BAND = 14.0
"""Natural log of the density below the best optimum within which others are returned: a factor of
1e-6."""
MOST_STEPS = 300
"""Few searches need more than 20; those in bent valleys do."""
REFINE_STEPS, ARRAYS_SLOWER = 8, 1.5
"""Steps that refining takes, and times the seconds per observation of making larger arrays."""
VALLEYS, VALLEY_APART = 3, 1e-3
"""Times that valleys are looked along, and how far apart (of the box) optima are looked at
again."""
ALONG_VALLEY = (-5.0, -3.0, -1.5, -0.7, 0.7, 1.5, 3.0, 5.0)
"""Standard deviations from an optimum at which another may lie behind it."""


def search(
    problem: EstimationProblem, count: int | None, seed: int
) -> tuple[Minima, NDArray[np.int64]]:
    """Ends of all searches and the indices of the distinct optima, best first.

    `count` starts, or as many as the optima found call for: 64 first, more while new optima are
    expected. At the deadline, the best so far.
    """
    found = Ends(problem.objective)
    with suppress(OutOfTime):
        _search(problem, count, seed, found)
    if found.ends is None:
        found.take(_lowest(problem.objective))
    assert found.ends is not None
    return found.ends, found.kept


class Ends:
    """Ends of the searches so far and the indices of the distinct optima among them; the lowest
    alone until they are compared."""

    def __init__(self, objective: Objective) -> None:
        self.objective, self.ends = objective, None
        self.kept: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    ends: Minima | None

    def take(self, more: Minima) -> None:
        """Add more ends."""
        self.ends = more if self.ends is None else together(self.ends, more)
        lowest = int(self.ends.energy.argmin())
        if not len(self.kept) or self.ends.energy[lowest] < self.ends.energy[self.kept[0]]:
            self.kept = np.array([lowest])

    def compare(self) -> None:
        """Find the distinct optima among all ends."""
        o, e = self.objective, self.ends
        assert e is not None
        self.kept = distinct(o, o.value, e.z, e.energy, e.converged, BAND, o.movable)


def _search(problem: EstimationProblem, count: int | None, seed: int, found: Ends) -> None:
    objective, budget = problem.objective, problem.budget
    levels = np.array([a.basis.n_spans if a.kind == "categorical" else 0 for a in problem.axes])
    scan, groups = starts(objective.value, _scanned(problem, count or 0), levels, seed)
    budget.restart()
    first, batch = 0, count or min(FIRST_STARTS * groups, MOST_STARTS)
    while found.ends is None or (
        count is None
        and not enough(first, len(found.kept))
        and first < len(scan)
        and budget.allows()
    ):
        batch = objective.pace.affordable("value", STARTING, batch, final=True)
        found.take(
            minimized(
                objective,
                scan[first : first + batch],
                rounds=MOST_STEPS,
                budget=budget,
                band=BAND,
                thin=True,
                best=np.inf if found.ends is None else float(found.ends.energy.min()),
            )
        )
        first += batch
        found.compare()
        batch = min(2 * first, MOST_STARTS)
    if count is None:
        _along_valleys(problem, found)


def _along_valleys(problem: EstimationProblem, found: Ends) -> None:
    """Starts on both sides of every optimum along its softest direction: minima behind one another
    in a narrow valley have small basins."""
    budget = problem.budget
    looked_at = np.empty((0, len(problem.axes)))
    budget.restart()
    for _ in range(VALLEYS):
        assert found.ends is not None
        z, curvature = found.ends.z[found.kept], found.ends.curvature[found.kept]
        new = np.array(
            [
                not len(looked_at) or np.abs(looked_at - q).max(axis=1).min() > VALLEY_APART
                for q in z
            ]
        )
        if not new.any() or not problem.objective.movable.any() or not budget.allows():
            return
        looked_at = np.concatenate([looked_at, z[new]])
        begin = np.concatenate([z[new], beside(z[new], curvature[new], problem.objective.movable)])
        best = float(found.ends.energy.min())
        found.take(
            minimized(
                problem.objective,
                begin,
                rounds=MOST_STEPS,
                budget=budget,
                band=BAND,
                thin=True,
                best=best,
            )
        )
        found.compare()


def beside(z: Floats, curvature: Floats, movable: NDArray[np.bool_]) -> Floats:
    """Points [8 m, U] before and behind z [m, U] along the softest direction, some standard
    deviations away, inside the box."""
    rows = np.flatnonzero(movable)
    size, vectors = np.linalg.eigh(curvature[:, rows[:, None], rows])
    std = 1.0 / np.sqrt(np.maximum(np.abs(size[:, :1]), 1.0))
    away = np.zeros((len(z), len(ALONG_VALLEY), z.shape[1]))
    away[:, :, rows] = np.array(ALONG_VALLEY)[:, None] * (std * vectors[:, :, 0])[:, None]
    return np.asarray(np.clip(z[:, None] + away, 0.0, 1.0).reshape(-1, z.shape[1]))


def refined(
    problem: EstimationProblem, ends: Minima, kept: NDArray[np.int64]
) -> tuple[EstimationProblem, Minima, NDArray[np.int64]]:
    """The optima refined on more of the observations, where a deadline left some out and
    time is left."""
    size = _affordable(problem, len(kept)) if ends.converged[kept].any() else 0
    if problem.whole or size < 2 * problem.data.count:
        return problem, ends, kept
    more = problem.builder.problem(size)
    found = Ends(more.objective)
    problem.budget.restart()
    with suppress(OutOfTime), problem.budget.keeping(MEASURED, more.answering):
        found.take(
            minimized(
                more.objective, ends.z[kept], rounds=MOST_STEPS, budget=problem.budget, band=BAND
            )
        )
        found.compare()
    return (problem, ends, kept) if found.ends is None else (more, found.ends, found.kept)


def _affordable(problem: EstimationProblem, optima: int) -> int:
    """Observations on which so many optima can be refined in the time left; 0 where none was
    timed."""
    seconds, builder = problem.objective.pace.seconds, problem.builder
    if problem.whole or "local" not in seconds:
        return 0
    each = (
        ARRAYS_SLOWER * builder.seconds
        + REFINE_STEPS * optima * seconds["local"] / problem.data.count
    )
    with problem.budget.keeping(MEASURED, problem.answering):
        return min(builder.data.count, int(REFINING * problem.budget.left / each))


def _scanned(problem: EstimationProblem, count: int) -> int:
    """Points to scan: a power of two that a small part of the time is enough for."""
    if problem.budget.endless:
        return max(SCAN, count)
    problem.objective.value(points(PROBED, len(problem.axes)))
    most = problem.objective.pace.affordable("value", SCANNING, SCAN, final=True)
    return max(1 << (most.bit_length() - 1), FEWEST, count)


def _lowest(objective: Objective) -> Minima:
    """The lowest point seen, where no search has ended; its slope and curvature are the only ones
    worked out."""
    objective.pace.seconds.pop("local", None)  # one point always comes
    if objective.lowest is None:
        objective.lowest = np.full(len(objective.axes), 0.5), np.inf
    z = objective.lowest[0][None]
    return Minima(z, *objective(z), np.zeros(1, dtype=bool))
