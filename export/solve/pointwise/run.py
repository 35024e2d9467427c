"""The way of points: a problem solved at single values of its parameters, as a train."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import OutOfTime
from sna_edge.status import Status

from ..direct.newton import Settled, Unsettled, settled
from ..solvers.assembly import assemble
from ..solvers.progress import PointStep, Progress
from ..solvers.tensor_system import TensorSystem
from ..trains.cores import Cores, permuted
from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.forms import NOTHING
from ..weak_form.problem import Problem
from ..weak_form.restated import parameters, restated
from .chosen import Chosen
from .nested import nested
from .scales import scales_of
from .train import train_through

Floats = NDArray[np.float64]
MOST = 600  # points, unless `points` of the problem's defaults says another number
SOLVED = 0.1  # of the tolerance: what may be left of a residual at a point
STATED = 10.0  # times the tolerance: what is thought to be missing above it may be a doubt
TRUNCATED = 0.3  # of the tolerance: what ranks may lose


class Unsolved(ProblemError):
    """Newton's method does not settle at the first point."""

    status = Status.NOT_CONVERGED


@dataclass(frozen=True)
class Through:
    """The train through the solutions, in free coefficients; its system and lift, and doubts."""

    system: TensorSystem
    lift: list[Floats]
    cores: Cores
    doubts: list[str]


def by_points(
    problem: Problem, options: dict[str, Any], allowed: float, progress: Progress
) -> Through:
    """Solve at points of the parameters until those that are still to come are thought to add less
    than the tolerance; `options`: `points` at most; `allowed`: an error that is no doubt. Raises
    ProblemError where the problem cannot be solved at one."""
    run = _Run(problem, options["tolerance"], allowed, progress)
    doubts = run.chosen_points(options.get("points", MOST))
    cores = train_through(
        run.chosen.surpluses,
        run.sizes,
        run.chosen.indices,
        run.functions(),
        TRUNCATED * options["tolerance"],
        options["rank_max"],
    )
    cores += [run.free_of(s.axis, s.rows)[None, :, None] for s in run.scales]
    last = [s.axis for s in run.scales]
    order = [problem.axes.index(a) for a in (*run.solved_for, *run.held, *last)]
    return Through(run.system, run.lift, permuted(cores, order, 1e-12), doubts)


class _Run:
    def __init__(
        self, problem: Problem, tolerance: float, allowed: float, progress: Progress
    ) -> None:
        self.problem, self.tolerance, self.progress = problem, tolerance, progress
        self.doubtful = max(STATED * tolerance, allowed)
        self.scales = scales_of(problem)
        scaling = [s.axis for s in self.scales]
        self.held = [a for a in parameters(problem) if a not in scaling]
        self.solved_for = [a for a in problem.axes if a not in [*self.held, *scaling]]
        if not self.solved_for:
            raise ProblemError(
                f"problem {problem.name!r} has parameters only, nothing to solve for at a point of"
                " them; use method 'train'"
            )
        self.system, self.lift = assemble(
            replace(problem, operator=NOTHING, load=NOTHING, stabilise="")
        )
        self.sizes = tuple(self.system.sizes[problem.axes.index(a)] for a in self.solved_for)
        self.axes = [nested(a) for a in self.held]
        self.chosen = Chosen(self.axes, self._solve)
        self.last: Settled | None = None

    def chosen_points(self, most: int) -> list[str]:
        """Solve until little is missing; doubts."""
        chosen, missing = self.chosen, 1.0
        found: list[tuple[int, ...]] = [(0,) * len(self.axes)]
        while found and len(chosen.indices) < most:
            for index in found:
                try:
                    chosen.add(index)
                except OutOfTime:
                    return self._late(index)
                except Unsettled:
                    return [self._unsettled(index)]
                self._tell(index)
            missing = chosen.missing  # next() counts the point that it builds upon as done
            if len(chosen.indices) > len(self.axes) and missing <= self.tolerance:
                return []
            found = chosen.next()
        return self._still_missing(missing, most, bool(found))

    def functions(self) -> list[Floats]:
        """The nested functions of every parameter as free coefficients [n_d, n]."""
        return [self.free_of(a, n.rows) for a, n in zip(self.held, self.axes, strict=True)]

    def free_of(self, axis: ProblemAxis, rows: Floats) -> Floats:
        """Free coefficients of table rows of an axis."""
        free = self.system.maps[self.problem.axes.index(axis)]
        return np.asarray(np.linalg.lstsq(free.toarray(), rows, rcond=None)[0])

    def _solve(self, point: Floats, guess: Floats | None) -> Floats:
        at = {a.name: float(p) for a, p in zip(self.held, point, strict=True)}
        at |= {s.axis.name: s.at for s in self.scales}
        self.last = settled(
            restated(self.problem, at),
            SOLVED * self.tolerance,
            self.progress.require,
            None if guess is None else guess.reshape(self.sizes),
        )
        return self.last.found.reshape(-1)

    def _tell(self, index: tuple[int, ...]) -> None:
        assert self.last is not None
        step = PointStep(self._at(index), self.chosen.missed, self.chosen.missing, self.last.steps)
        self.progress.report_point(step, self.last.residual)

    def _late(self, index: tuple[int, ...]) -> list[str]:
        """Doubts at the deadline; before the first point the lift alone is the solution."""
        if self.chosen.indices:
            return []
        self.chosen.keep(index, np.zeros(int(np.prod(self.sizes))))
        return [
            "the time limit came before one point of the parameters was solved; give more of it"
        ]

    def _unsettled(self, index: tuple[int, ...]) -> str:
        """The doubt of a point that has no solution. Raises Unsolved where it is the first."""
        at = self._at(index)
        place = " at " + ", ".join(f"{n} = {p:.4g}" for n, p in at.items()) if at else ""
        doubt = (
            f"the Newton steps of {self.problem.name!r} do not settle{place}; make its functions"
            ' smoother, or give strengths on the way, defaults={"continuation": (0.1, 0.5)}'
        )
        if not self.chosen.indices:
            raise Unsolved(doubt)
        return doubt

    def _at(self, index: tuple[int, ...]) -> dict[str, float]:
        point = self.chosen.point(index)
        return {a.name: float(p) for a, p in zip(self.held, point, strict=True)}

    def _still_missing(self, missing: float, most: int, more: bool) -> list[str]:
        """The doubt that there are too few points, or, where there are no `more`, too few splines
        for them; axes whose mesh nobody stated get some once the error is estimated."""
        refined = not more and not all(a.stated for a in self.held)
        if missing <= self.doubtful or refined:
            return []
        remedy = (
            f'give more of them, defaults={{"points": {2 * most}}}'
            if more
            else "give the parameters more spans or a higher degree"
        )
        return [
            f"{len(self.chosen.indices)} points of the parameters still miss about {missing:.1e} of"
            f" the solution; {remedy}"
        ]
