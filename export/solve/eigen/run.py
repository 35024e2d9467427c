"""How eigenvalues are found over a box of parameters: meshes, branches, points, and how large the
error is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Interval, Model

from ..direct.factor import fits
from ..pointwise.chosen import Chosen
from ..pointwise.nested import nested
from ..solvers.progress import PointStep, Progress
from ..trust.estimate import KEPT
from ..trust.points import Point, corners, inner, middle
from ..weak_form.axes import ProblemAxis
from ..weak_form.problem import Problem
from ..weak_form.restated import halved, parameters, restated
from .branches import Branches, Followed
from .delivery import Spread, shapes_model, values_model
from .pencil import Pencil
from .reduced import Reduced

Floats = NDArray[np.float64]
SHAPES = 1e-3  # an error of a shape that counts as much as the tolerance of its eigenvalue
MESH = 0.5  # of the tolerance: what the mesh may take
LEFT, TIGHTER, LEAST = 0.01, 0.1, 1e-6  # of the tolerance: what points still to come may add
TRUNCATED = 1e-3  # of the tolerance: what ranks may lose
CLOSE = 1e-7  # of the largest: eigenvalues that are the same
BESIDE_MESH = 0.01  # of what the mesh of a part errs by: what the parameters may add
STALLED = 0.5  # times: what halving moves beside what it moved before, if rounding is in it
HALVINGS = 5  # of axes whose mesh nobody stated
MOST, WIDEST = 1500, 120  # points of the parameters; functions of one of them
INNER = 5  # points inside the box at which it is seen which branches are among the lowest
CANDIDATES = 40  # points of every parameter among which the shapes of the reduced space are taken
REDUCED = 0.01  # of the tolerance: what eigenvalues in that space may lack
CHECKED, MANY = 12, 300  # points at which the error is estimated: solved directly, reduced
ROOM = 4  # times the modes that are asked for: branches at most
LEVEL = 0.99  # of the interval of an eigenvalue


@dataclass(frozen=True)
class EigenEstimate:
    """worst: the largest relative error of an eigenvalue, `at` one of the `points` at which the
    problem was solved by itself, with what halved spans move at the corners and in the middle
    (discretisation, on a part with half as much again; NaN where that is too large to be solved,
    and then not in `worst`); widths [K]: the same in numbers, for every eigenvalue."""

    worst: float
    at: Point
    discretisation: float
    widths: tuple[float, ...]
    points: int


class Run:
    """One problem, on meshes that follow."""

    def __init__(self, problem: Problem, modes: int, tolerance: float, progress: Progress) -> None:
        self.problem, self.modes, self.tolerance = problem, modes, tolerance
        self.progress = progress
        self.discretisation, self.left = 0.0, LEFT
        self._seen: dict[tuple[float, ...], Floats] = {}
        self.pencil, self.fine = Pencil(problem), self._fine_pencil()

    @property
    def held(self) -> list[ProblemAxis]:
        """The parameters."""
        return parameters(self.problem)

    @property
    def aim(self) -> float:
        """What the parameters may take: the tolerance, and beside the mesh of a part, which may err
        by much more than that, little of what that errs by."""
        if not has_part(self.problem) or self.discretisation != self.discretisation:
            return self.tolerance
        return min(self.tolerance, max(BESIDE_MESH * self.discretisation, LEAST))

    def found(self) -> dict[str, Any]:
        """The entries of `Eigenmodes`."""
        self._refine_mesh()
        reduced = self._reduced()
        branches = self._branches(reduced)
        while True:
            spread = self._spread(branches, reduced.basis)
            values = values_model(self.problem, self.held, spread, TRUNCATED * self.aim)
            estimate = self._estimate(values, spread, reduced)
            beside = estimate.worst - np.nan_to_num(self.discretisation)
            if beside <= MESH * self.aim or not self._refine_parameters(spread.chosen):
                break
        return {
            "problem": self.problem,
            "modes": self.modes,
            "values": None if values is None else with_widths(values, estimate.widths),
            "shapes": shapes_model(self.problem, self.held, spread, self.pencil.system, SHAPES),
            "middle": self.pencil.pairs(middle(self.held), self.modes).values,
            "estimate": estimate,
            "points": len(spread.chosen.indices),
            "doubts": self._doubts(estimate, any(k.sharp for k in branches.known)),
        }

    # Points of the parameters, as shares of their box.

    def _at(self, unit: Floats) -> Point:
        return {
            a.name: float(a.basis.lower + s * (a.basis.upper - a.basis.lower))
            for a, s in zip(self.held, unit, strict=True)
        }

    def _unit(self, at: Mapping[str, float]) -> Floats:
        ends = [(a.name, a.basis.lower, a.basis.upper) for a in self.held]
        return np.array([(at[n] - low) / (high - low) for n, low, high in ends])

    def _samples(self, count: int) -> list[Point]:
        """Middle and points inside of the box, and its corners."""
        return [*inner(self.held, count), *corners(self.held)] if self.held else [{}]

    # Meshes.

    def _refine_mesh(self) -> None:
        """Halve axes whose mesh nobody stated until halving them once more moves little."""
        places, moves = self._samples(1), list[float]()
        for turn in range(HALVINGS + 1):
            if self.fine is None:
                self.discretisation = float("nan")
                return
            self.progress.require()
            moves.append(max(self._moved(p, self.fine) for p in places))
            self.discretisation = _without_rounding(moves)
            loose = {a.name: a for a in self.fine.space if not a.stated and a.role == "space"}
            if self.discretisation <= MESH * self.tolerance or not loose or turn == HALVINGS:
                return
            self.problem = restated(self.problem, loose)
            self.pencil, self.fine = Pencil(self.problem), self._fine_pencil()

    def _fine_pencil(self) -> Pencil | None:
        """The problem with halved spans of space; None where that is too large to be solved."""
        space = [a for a in self.problem.axes if a not in self.held]
        mesh = {a.name: halved(a) for a in space}
        if not fits(tuple(a.free.shape[1] for a in mesh.values())):
            return None
        return Pencil(restated(self.problem, mesh))

    def _moved(self, place: Point, fine: Pencil) -> float:
        here, there = self.pencil.pairs(place, self.modes), fine.pairs(place, self.modes)
        count = min(len(here.values), len(there.values))
        moved = relative(here.values[:count], there.values[:count])
        return moved / (1.0 - KEPT) if has_part(self.problem) else moved

    def _refine_parameters(self, chosen: Chosen) -> bool:
        """Halve the parameters whose mesh nobody stated and whose splines were all used, or ask for
        more points where there are splines left; whether there was anything to do."""
        if not self.held or len(chosen.indices) >= MOST:
            return False
        used = np.array(chosen.indices).max(axis=0) + 1
        sizes = [a.free.shape[1] for a in self.held]
        full = {
            a.name: halved(a)
            for a, n, size in zip(self.held, used, sizes, strict=True)
            if not a.stated and size <= n < WIDEST
        }
        if full:
            self.problem = restated(self.problem, full)
            return True
        self.left *= TIGHTER
        return self.left >= LEAST and bool(np.any(used < sizes))

    # Branches and points.

    def _reduced(self) -> Reduced:
        """The pairs between shapes at points that fill the box."""
        count = CANDIDATES * len(self.held)
        candidates = self._samples(count) if self.held else [{}]
        aim = REDUCED * self.aim
        return Reduced(self.pencil, candidates, self.modes, aim, self.progress.require)

    def _branches(self, reduced: Reduced) -> Branches:
        """So many branches that the lowest `modes` are among them at all samples."""
        count = self.modes
        places = [self._unit(p) for p in self._samples(INNER)]
        while True:
            found = Branches(lambda u, n: reduced.pairs(self._at(u), n), len(self.held), count)
            reached = [found.to(p) for p in places] if self.held else found.known
            missed = max(self._missed(f) for f in reached)
            if not missed or found.count < count or count > ROOM * self.modes:
                return found
            count += missed

    def _missed(self, here: Followed) -> int:
        """How many of the lowest are not among the branches."""
        count = min(self.modes, len(here.values))
        lowest, own = here.lowest[:count], np.sort(here.values)[:count]
        close = np.abs(own - lowest) <= CLOSE * np.abs(lowest).max()
        return int(count - close.sum())

    def _spread(self, branches: Branches, basis: Floats) -> Spread:
        """Points of the parameters until little is missing."""
        scale = float(np.abs(branches.known[0].values).max())
        weight = self.aim / SHAPES
        names = [a.name for a in self.held]

        def solve(point: Floats, guess: Floats | None) -> Floats:
            del guess
            here = branches.to(self._unit(dict(zip(names, point, strict=True))))
            return np.concatenate([here.values / scale, weight * here.vectors.reshape(-1)])

        chosen = Chosen([nested(a) for a in self.held], solve)
        wanted: Sequence[tuple[int, ...]] = [(0,) * len(self.held)]
        while wanted and len(chosen.indices) < MOST:
            for index in wanted:
                chosen.add(index)
                self._tell(chosen, index)
            if len(chosen.indices) > 2 * len(self.held) and chosen.missing <= self.left * self.aim:
                break
            wanted = chosen.next()
        return Spread(chosen, branches.count, basis, scale, weight)

    def _tell(self, chosen: Chosen, index: tuple[int, ...]) -> None:
        at = dict(zip([a.name for a in self.held], chosen.point(index).tolist(), strict=True))
        step = PointStep(at, chosen.missed, chosen.missing, 0)
        self.progress.report_point(step, float("nan"))

    # The error.

    def _estimate(self, values: Model | None, spread: Spread, reduced: Reduced) -> EigenEstimate:
        """The model beside direct solutions on its own mesh and, at many more points, beside those
        in the reduced space; and what halved spans move beyond."""
        true = [(p, self._true(p)) for p in self._samples(CHECKED)]
        if self.held:
            true += [(p, reduced.pairs(p, self.modes).values) for p in inner(self.held, MANY)]
        worst, at, widths = 0.0, true[0][0], np.zeros(self.modes)
        moved = float(np.nan_to_num(self.discretisation))
        for place, wanted in true:
            told = spread.first(self.modes) if values is None else sorted_at(values, place)
            count = min(len(wanted), len(told), self.modes)
            miss = np.abs(told[:count] - wanted[:count])
            widths[:count] = np.maximum(widths[:count], miss + moved * np.abs(wanted[:count]))
            error = relative(told[:count], wanted[:count])
            if error >= worst:
                worst, at = error, place
        return EigenEstimate(
            worst + moved, at, self.discretisation, tuple(widths.tolist()), len(true)
        )

    def _true(self, place: Point) -> Floats:
        """The eigenvalues at a point, without anything between, kept."""
        key = tuple(place.values())
        if key not in self._seen:
            self.progress.require()
            self._seen[key] = self.pencil.pairs(place, self.modes).values
        return self._seen[key]

    def _doubts(self, estimate: EigenEstimate, sharp: bool) -> tuple[str, ...]:
        if estimate.worst <= self.tolerance:
            return ()
        place = ", ".join(f"{n} = {p:.4g}" for n, p in estimate.at.items())
        where = f" at {place}" if place else ""
        said = (
            f"eigenvalues of {self.problem.name!r} are wrong by {estimate.worst:.1e}{where}, more"
            f" than {self.tolerance:.0e}"
        )
        if not estimate.discretisation <= MESH * self.tolerance:
            finer = (
                "its mesh is too coarse for that: refine it, take order=2, or ask for a tolerance"
                " that it meets"
                if has_part(self.problem)
                else "give its axes of space more spans, or leave them unstated"
            )
            return (f"{said}; {finer}",)
        if sharp:
            return (
                f"{said}; two of them nearly meet and turn away from each other there, which no"
                " smooth function follows: take a smaller range of the parameters",
            )
        return (f"{said}; give its parameters more spans, or leave them unstated",)


def has_part(problem: Problem) -> bool:
    """Whether an axis of space is the mesh of a part, which nothing but its user refines."""
    return any(a.role == "mesh" for a in problem.axes)


def _without_rounding(moves: Sequence[float]) -> float:
    """What halving moves after so many halvings; where rounding keeps it from falling, what the
    last fall leaves."""
    if len(moves) > 2 and moves[-1] > STALLED * moves[-2]:
        return moves[-2] * min(moves[-2] / moves[-3], 1.0)
    return moves[-1]


def relative(found: Floats, true: Floats) -> float:
    """The largest error of an eigenvalue, relative to it; those near 0 relative to a millionth of
    the largest."""
    size = np.maximum(np.abs(true), 1e-6 * np.abs(true).max())
    return float((np.abs(found - true) / np.maximum(size, 1e-300)).max())


def sorted_at(values: Model, at: Point) -> Floats:
    """The eigenvalues of all branches at a point, in order."""
    return np.sort(np.asarray(values(**at)).reshape(-1))


def with_widths(values: Model, width: Sequence[float]) -> Model:
    """The model with an interval for every eigenvalue: the largest error that was seen."""
    widest = max(width)
    outputs = tuple(
        replace(o, interval=Interval(LEVEL, w, w))
        for o, w in zip(
            values.outputs, [*width, *[widest] * (len(values.outputs) - len(width))], strict=True
        )
    )
    return values.replace(outputs=outputs)
