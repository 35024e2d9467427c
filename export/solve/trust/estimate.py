"""How large the error of a solved model is, at the corners of its parameter box and inside it.

At every point of the parameters the problem is solved directly with all spans halved, and the model
is compared with that solution: what differs is the error of discretisation, of the rank, of the
sweeps and of the parameter axes together. Where the model is worst, the spans are halved once more:
how much that moves says what two halvings still miss. A non-linear problem too large for that is
solved on the mesh it has, and what one halving moves at the worst point is added. One on a part is
solved on its mesh too, and what a halving moves, with what those after it are taken to move, is
added there and at the corners: where the mesh errs most the model need not. A linear one too large
for that, whose terms name one axis each, is solved on the mesh it has as well, and what halving one
axis after the other moves is added up. Source of the idea (a hierarchical estimate with
saturation): Bank & Weiser, Math. Comp. 44 (1985).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model
from sna_edge.numerics.time_budget import now

from ..direct.factor import MOST_OF_A_SUM, MOST_OF_ONE_SUM
from ..solvers.progress import Progress
from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.problem import Problem
from ..weak_form.restated import halved, parameters, restated
from ..weak_form.upwind.intrinsic import largest_peclet
from ..weak_form.upwind.supg import stream_of
from .held import Field, grid_of, is_dear, is_wide, model_on, solved_at
from .inherited import known_of, passed_on
from .interfaces import missing
from .points import Point, corners, inner, share

Floats = NDArray[np.float64]
INNER, FEW_INNER = 9, 5  # points inside the box of one parameter, and of several
LEVEL = 0.99  # of the places at the worst parameters: the interval holds the error there
WORTH_SAYING = 0.05  # of the interval: values that far beyond the range of the solution are named
GROWN = 2.2  # times per axis: what a direct solution takes on halved spans
NAMED_PLACES = 4  # of bends and jumps in a doubt
BLAMED = 0.25  # of the worst error: a cause that has so large a part in it is named
RESOLVED = 2.0  # Peclet number of a span: above it a mesh without stabilise may oscillate
KEPT = 0.35  # on a part: 1/4 of a halving's move is left for the next where smooth, 1/2 at corners
MOST_REFINED = 1_000_000  # rows of a part on halved spans, of all points where it is solved so
SMALL = 0.01  # of a vector on a part: a smaller component is measured by so much of the vector
SATURATED = 0.8  # the largest share of one halving's move that the next is taken to keep


@dataclass(frozen=True)
class Estimate:
    """relative: ||u - u_h|| / ||u|| over the box; worst: the largest of it at one point, `at`;
    discretisation: what halved spans move there; width: half an interval, in units of the output,
    that holds the error at 99 % of the places at every point looked at; points: how many those
    are; beyond: how far (below, above) values leave the range of the solution at one point, which
    a solution with a maximum principle does not; cut: how far the solution itself lies outside the
    problem's bounds at the worst point, relative; passed: what of `worst` comes from models that
    are coefficients (`field_of`)."""

    relative: float
    worst: float
    at: Point
    discretisation: float
    width: float
    points: int
    beyond: tuple[float, float] = (0.0, 0.0)
    cut: float = 0.0
    passed: float = 0.0

    def described(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "relative": self.relative,
            "worst": self.worst,
            "at": self.at,
            "discretisation": None if isnan(self.discretisation) else self.discretisation,
            "width": self.width,
            "points": self.points,
            "beyond": list(self.beyond),
            **({"passed": self.passed} if self.passed else {}),
        }


@dataclass(frozen=True)
class Seen:
    """The comparison at one point: norms of the error and of the solution by component, the width
    that holds 99 % of the errors, how far the solution lies outside the bounds, relative, and what
    models in the load pass on, relative and of 99 % of the values."""

    at: Point
    error: Floats
    size: Floats
    width: float
    beyond: tuple[float, float]
    cut: float
    passed: float
    wide: float

    @property
    def relative(self) -> float:
        """The worst of the components."""
        return _worst(self.error, self.size)


def estimate_of(problem: Problem, model: Model, progress: Progress) -> Estimate | None:
    """The estimate; None where the problem is too large to be solved directly at one point of its
    parameters on spans fine enough to tell the error of the mesh, or where the time is up."""
    axes = parameters(problem)
    look = _Look(problem, model)
    count = 1 if look.wide else INNER if len(axes) == 1 else FEW_INNER
    corner, inside = corners(axes), inner(axes, count)
    seen: list[Seen] = []
    progress.budget.restart()
    for point in [*inside[:1], *corner, *inside[1:]] if axes else [{}]:
        if not progress.budget.allows():
            break
        found = look.at(point, 0 if look.coarse else 1)
        if found is None:
            return None
        seen.append(found)
    if not seen:
        return None
    worst = max(seen, key=lambda s: s.relative + s.passed)
    grown, moved, wide = look.beyond(worst, progress)
    if look.coarse and isnan(moved):
        return None  # what its mesh misses is not known
    moves = [(worst, moved)]
    for other in look.others(seen, worst, corner):
        _, more, wider = look.beyond(other, progress)
        if isnan(more):
            break
        wide, moves = max(wide, wider), [*moves, (other, more)]
    worst, moved = max(moves, key=lambda m: m[0].relative + m[0].passed + m[1])
    passed = max(s.passed for s in seen)

    def over(values: list[tuple[Seen, Floats]]) -> Floats:
        """Root of the sum of squares, every point as the part of the box that it stands for."""
        corner = 0.5 ** len(axes)
        weights = [(1.0 if s.at in inside else corner) * share(axes, s.at) for s, _ in values]
        return np.asarray(np.sqrt(sum(w * v**2 for w, (_, v) in zip(weights, values, strict=True))))

    error, size = over([(s, s.error) for s in seen]), over([(s, s.size) for s in seen])
    mesh = _worst(over([(s, m * s.size) for s, m in moves]), over([(s, s.size) for s, _ in moves]))
    return Estimate(
        relative=grown * _worst(error, size) + (mesh if look.coarse else 0.0) + passed,
        worst=grown * worst.relative + (moved if look.coarse else 0.0) + worst.passed,
        at=worst.at,
        discretisation=moved,
        width=grown * max(s.width for s in seen)
        + (wide if look.coarse else 0.0)
        + max(s.wide for s in seen),
        points=len(seen),
        beyond=(max(s.beyond[0] for s in seen), max(s.beyond[1] for s in seen)),
        cut=worst.cut,
        passed=worst.passed,
    )


class _Look:
    """The model against direct solutions, on one grid."""

    def __init__(self, problem: Problem, model: Model) -> None:
        self.problem, self.model = problem, model
        held = {a.name for a in parameters(problem)}
        self.axes = [a for a in problem.axes if a.name not in held]
        self.grid, self.weights = grid_of(self.axes)
        points = {
            a.name: (a.basis.lower + a.basis.upper) / 2 for a in problem.axes if a.name in held
        }
        middle = restated(problem, points)
        self.part = any(a.role == "mesh" for a in self.axes)
        self.dear = self.part or is_dear(middle)
        self.wide = not self.dear and is_wide(middle)
        self.meshes: dict[int, dict[str, ProblemAxis]] = {}  # by halvings: they keep matrices

    @property
    def coarse(self) -> bool:
        """Whether the model is compared with solutions on its own mesh."""
        return self.dear or self.wide

    def others(self, seen: list[Seen], worst: Seen, corner: list[Point]) -> list[Seen]:
        """Of a part, the corners where halved spans are looked at beside the worst point: as many
        as `MOST_REFINED` allows, none where nobody knows finer matrices."""
        if not self.part or any(a.role == "mesh" and a.halved() is a for a in self.axes):
            return []
        rows = np.prod([a.free.shape[1] for a in self.meshes[1].values()], dtype=float)
        found = [s for s in seen if s is not worst and s.at in corner]
        return found[: max(int(MOST_REFINED / rows) - 1, 0)]

    def solved(self, at: Point, halvings: int, problem: Problem | None = None) -> Floats | None:
        """The solution on the grid, of another problem on the same axes where one is given; None
        where it is too large or singular."""
        if halvings not in self.meshes:
            self.meshes[halvings] = {a.name: halved(a, halvings) for a in self.axes}
        return self.on(at, self.meshes[halvings], problem)

    def on(
        self, at: Point, mesh: Mapping[str, ProblemAxis], problem: Problem | None = None
    ) -> Floats | None:
        """The same on the axes of `mesh`."""
        most = MOST_OF_ONE_SUM if self.wide else MOST_OF_A_SUM
        try:
            field: Field | None = solved_at(problem or self.problem, self.model, at, mesh, most)
        except (np.linalg.LinAlgError, ProblemError):
            return None
        return None if field is None else field.on(self.grid)

    def at(self, point: Point, halvings: int) -> Seen | None:
        """The comparison at one point."""
        exact = self.solved(point, halvings)
        if exact is None:
            return None
        miss = model_on(self.model, self.problem, point, self.grid) - exact
        width = float(np.quantile(np.abs(miss), LEVEL))
        found = exact + miss
        beyond = (
            max(float(exact.min() - found.min()), 0.0),
            max(float(found.max() - exact.max()), 0.0),
        )
        size, wide = self.size(exact), float(np.quantile(np.abs(exact), LEVEL))
        passed = self.passed(point, size)
        return Seen(
            point, self.norm(miss), size, width, beyond, self.cut(exact), passed, passed * wide
        )

    def passed(self, point: Point, size: Floats) -> float:
        """What models in the load pass on."""

        def solved(problem: Problem) -> Floats | None:
            found = self.solved(point, 0, problem)
            return None if found is None else self.norm(found)

        return passed_on(self.problem, solved, size)

    def cut(self, exact: Floats) -> float:
        """What the problem's bounds cut off the solution, relative."""
        if self.problem.bounds is None:
            return 0.0
        low, high = (
            end if end is not None else sign * np.inf
            for end, sign in zip(self.problem.bounds, (-1, 1), strict=True)
        )
        return _worst(self.norm(exact - np.clip(exact, low, high)), self.size(exact))

    def norm(self, values: Floats) -> Floats:
        """The L2 norm on the grid, of every component."""
        square = values**2
        labels = [i for i, a in enumerate(self.axes) if a.role == "component"]
        for i, weight in reversed(list(enumerate(self.weights))):
            if self.axes[i].role == "mesh":  # rows are nodes times components
                count = max(len(self.axes[i].labels), 1)
                weight = weight[:, None] * np.tile(np.eye(count), (len(weight) // count, 1))
            if i not in labels:
                square = np.tensordot(square, weight, ([i], [0]))
        return np.atleast_1d(np.sqrt(square)).reshape(-1)

    def size(self, values: Floats) -> Floats:
        """The norms that errors are measured by: components of a vector on a part have one unit,
        one that is nearly zero has no error of its own."""
        found = self.norm(values)
        return np.maximum(found, SMALL * np.linalg.norm(found)) if self.part else found

    def beyond(self, worst: Seen, progress: Progress) -> tuple[float, float, float]:
        """(factor by which the estimate grows for what halved spans still miss; relative move of
        the solution when spans are halved; what 99 % of its values move less than) at the worst
        point."""
        if self.wide:
            return 1.0, *self.by_axes(worst, progress)
        fields, taken = [], 0.0
        for halvings in (0, 1) if self.dear else (0, 1, 2):
            began = now()
            more = taken * GROWN ** sum(a.role != "component" for a in self.axes)
            if not progress.budget.allows() or (halvings == 2 and progress.budget.lacks(more)):
                break
            found = self.solved(worst.at, halvings)
            if found is None:
                break
            fields.append(found)
            taken = now() - began
        if len(fields) < 2:
            return 1.0, float("nan"), 0.0
        first = self.norm(fields[1] - fields[0])
        moved = _worst(first, self.size(fields[1]))
        wide = float(np.quantile(np.abs(fields[1] - fields[0]), LEVEL))
        if self.part:
            moved, wide = moved / (1.0 - KEPT), wide / (1.0 - KEPT)
        if len(fields) < 3 or worst.relative == 0.0:
            return 1.0, moved, wide
        second = _worst(self.norm(fields[2] - fields[1]), self.norm(fields[2]))
        share = min(second / moved, SATURATED) if moved > 0 else 0.0
        model = model_on(self.model, self.problem, worst.at, self.grid)
        finest = _worst(self.norm(model - fields[2]), self.norm(fields[2]))
        return max((finest + second * share / (1.0 - share)) / worst.relative, 1.0), moved, wide

    def by_axes(self, worst: Seen, progress: Progress) -> tuple[float, float]:
        """(relative move of the solution, what 99 % of its values move less than) when the spans of
        one axis are halved, summed over the axes."""
        moved = wide = 0.0
        first = self.solved(worst.at, 0)
        for axis in self.axes:
            finer = self.on(worst.at, {axis.name: axis.halved()})
            if first is None or finer is None or not progress.budget.allows():
                return float("nan"), 0.0
            moved += _worst(self.norm(finer - first), self.norm(finer))
            wide += float(np.quantile(np.abs(finer - first), LEVEL))
        return moved, wide


def _worst(error: Floats, size: Floats) -> float:
    """max error / size over the components that are not zero."""
    known = size > 0
    return float((error[known] / size[known]).max()) if known.any() else 0.0


def told(estimate: Estimate | None, unit: str = "") -> list[str]:
    """The estimate in words."""
    if estimate is None:
        return ["error: not estimated (no time left, or too large to be solved directly)"]
    worst = f", {estimate.worst:.1e} at {named(estimate.at)}" if estimate.at else ""
    count = f"{estimate.points} parameter points" if estimate.points > 1 else "one"
    lines = [
        f"estimated error: {estimate.relative:.1e} relative{worst} (largest of {count})"
        if estimate.at
        else f"estimated error: {estimate.relative:.1e} relative"
    ]
    if estimate.passed > BLAMED * estimate.worst:
        lines.append(f"of which {estimate.passed:.1e} passed on by models in its load")
    below, above = estimate.beyond
    if max(below, above) > WORTH_SAYING * estimate.width:
        lines.append(
            f"values leave the range of the solution by up to {below:.3g} {unit} below and"
            f" {above:.3g} {unit} above".replace("  ", " ")
        )
    return lines


def named(at: Point) -> str:
    """'k = 20, b = 0.5'."""
    return ", ".join(f"{n} = {v:.4g}" for n, v in at.items())


def above(
    estimate: Estimate | None, allowed: float, said: str, problem: Problem, moved: float = 0.0
) -> list[str]:
    """The doubt of an estimate above what is allowed; `said` names that, `moved` is how far the
    model was moved to keep within bounds."""
    if estimate is None or estimate.worst <= allowed:
        return []
    place = f" at {named(estimate.at)}" if estimate.at else ""
    cause = _cause(estimate, problem, moved)
    return [f"the error is estimated at {estimate.worst:.1e}{place}, above {said}: {cause}"]


def _cause(estimate: Estimate, problem: Problem, moved: float) -> str:
    most = BLAMED * min(estimate.worst, 1.0)  # moves are shares of what was reached, never of more
    if estimate.cut > most:
        return "the solution itself leaves the bounds there; check bounds= (--at-least, --at-most)"
    peclet = 0.0 if problem.stabilise or problem.nonlinear else largest_peclet(stream_of(problem))
    if peclet > RESOLVED and not estimate.discretisation <= most:  # NaN: not known
        return (
            "the mesh does not resolve the advection (Peclet number of a span: up to"
            f" {peclet:.2g}); give its axes more spans, or let the test functions lean into the"
            ' stream with stabilise="supg" (--stabilise supg)'
        )
    if estimate.discretisation > most:
        if any(a.role == "mesh" for a in problem.axes):
            return "the mesh of the part is too coarse; refine it, or take order=2"
        return _too_coarse(problem)
    if estimate.passed > most:
        names = ", ".join(repr(k.name) for k in known_of(problem))
        return f"it is that of {names} in its load; solve that one on a finer mesh"
    if moved > most:
        return "keeping it within its bounds moved it as far; check bounds="
    return (
        "rank, sweeps or the spans of the parameters are too few; raise --rank-max, lower"
        " --tolerance, or give the parameter axes more spans"
    )


def _too_coarse(problem: Problem) -> str:
    axes = [a for a in problem.axes if a.role != "parameter"]
    places = [f"{a.name} = {p:.4g}" for a in axes for p in missing(problem, a)]
    if not places:
        return (
            "the mesh of space and time is too coarse; give its axes more spans or a higher degree"
        )
    some = ", ".join(places[:NAMED_PLACES]) + ", .." * (len(places) > NAMED_PLACES)
    return (
        f"the mesh is too coarse where a coefficient bends or jumps ({some}); leave spans= out, so"
        " that the solve places breaks there, or give more spans"
    )
