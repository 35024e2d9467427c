"""A spot check of a non-linear problem: its linearisation around the solution, at the corners of
the parameter box and in its middle.

In problems without time the linearisation may be singular at none of them, and no eigenvalue (the
determinant, where it is not symmetric) may change its sign from one to another: between them lies a
turning point, or a branch that the solution did not follow. In time the linearisation, with the
sign of the time derivative, must be bounded from below. What lies between the points is not looked
at.
"""

from __future__ import annotations

import numpy as np

from sna_edge import Model
from sna_edge.numerics.time_budget import OutOfTime

from ..solvers.progress import Progress
from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.problem import Problem
from ..weak_form.restated import parameters
from .coarse import Dense, coarse_mesh, dense_around
from .points import Point, corners, middle
from .stability import MOST, Stability, is_singular, kinds_of, lower_bounds, pair_of, placed

UNBOUNDED = 3.0  # times: a lower bound that falls so on halved spans has no limit; steep fronts, 2


class _TooLarge(Exception):
    """No coarse mesh holds the problem."""


def spot_of(problem: Problem, model: Model, progress: Progress) -> Stability:
    """What the linearisation says; not checked where no coarse mesh holds it, or the time is up."""
    axes = parameters(problem)
    points = [*corners(axes), *([middle(axes)] if axes else [])]
    look = _Spot(problem, model, progress)
    try:
        fault = look.fault(points)
    except OutOfTime:
        return Stability(False, said="not checked: the time was up")
    except _TooLarge:
        return Stability(False, said="not checked: no coarse mesh holds the problem")
    except (ProblemError, np.linalg.LinAlgError) as error:
        return Stability(False, said=f"not checked: on a coarse mesh {error}")
    where = f"at {len(points)} parameter points around" if axes else "around"
    return Stability(False, fault, f"looked for {where} the solution, and nowhere else")


class _Spot:
    def __init__(self, problem: Problem, model: Model, progress: Progress) -> None:
        self.problem, self.model, self.progress = problem, model, progress

    def at(self, point: Point, mesh: dict[str, ProblemAxis] | None) -> Dense:
        self.progress.require()
        if not mesh:
            raise _TooLarge
        return dense_around(self.problem, self.model, mesh, point)

    def fault(self, points: list[Point]) -> str:
        """The sentence, "" for none."""
        if any(a.role == "time" for a in self.problem.axes):
            return self._unbounded(points)
        few, _ = pair_of(self.problem)
        forms = [self.at(p, few) for p in points]
        for point, form in zip(points, forms, strict=True):
            if is_singular(form):
                return f"its linearisation around the solution is singular{placed(point)}"
        kinds = kinds_of(forms)
        for point, kind in zip(points, kinds, strict=True):
            if kind != kinds[0] and self._sure(points[0], point):
                return (
                    "the linearisation around the solution changes the sign of an eigenvalue"
                    f" between{placed(points[0], '')} and{placed(point, '')}: a turning point or a"
                    " branch lies between them; narrow the range, or start elsewhere with lift="
                )
        return ""

    def _sure(self, one: Point, other: Point) -> bool:
        """Whether a finer mesh says the same."""
        mesh = coarse_mesh(self.problem, MOST)
        first, last = kinds_of([self.at(one, mesh), self.at(other, mesh)])
        return first != last

    def _unbounded(self, points: list[Point]) -> str:
        few, fine = pair_of(self.problem)
        side = 0 if _direction(self.problem) > 0 else 1
        bounds = [lower_bounds(self.at(p, few)) for p in points]
        lowest = min(range(len(points)), key=lambda i: bounds[i][side])
        coarse, largest = bounds[lowest][side], bounds[lowest][2]
        if coarse >= -1e-9 * largest:
            return ""
        if lower_bounds(self.at(points[lowest], fine))[side] > UNBOUNDED * coarse:
            return ""
        return (
            "the linearisation around the solution is not bounded from below"
            f"{placed(points[lowest])}, like a heat equation that runs backwards; check the sign of"
            " its terms"
        )


def _direction(problem: Problem) -> float:
    """-1 where the time derivative stands with a minus, else 1."""
    times = {a.name for a in problem.axes if a.role == "time"}
    found = [
        p.scale
        for p in problem.operator.products
        if any(a.name in times and f.trial == 1 for a, f in p.factors.items())
    ]
    return -1.0 if sum(found) < 0 else 1.0
