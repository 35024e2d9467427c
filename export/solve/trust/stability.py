"""Whether a linear problem has one stable solution at every value of its parameters.

Every look is at dense matrices on a coarse mesh, at the corners of the parameter box and along
lines in it. A form whose symmetric part is definite with one sign at all of them is coercive:
stable. Where it is not,

* the form must be bounded from below (Garding: min a(u,u) / ||u||^2 stays as spans are halved) with
  one sign everywhere: a diffusivity of both signs, or a heat equation that runs backwards, is not;
* in problems without time no eigenvalue of a symmetric form, and no determinant of another, may
  change its sign: there lies a resonance, which bisection places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from sna_edge.numerics.time_budget import OutOfTime

from ..solvers.progress import Progress
from ..solvers.theory import whitened
from ..weak_form.axes import ProblemAxis
from ..weak_form.problem import Problem
from ..weak_form.restated import halved
from .coarse import Dense, coarse_mesh, dense_at
from .points import Point, corners, lines, middle, named

Floats = NDArray[np.float64]
FINE = 1400  # coefficients of a mesh with halved spans
MOST, FEW = 500, 130  # coefficients of the coarse mesh, and of the one whose spans are halved
FEWEST = 4  # functions of an axis: below that much may be missed
LINE = 5  # points of a line while all is definite
SCAN = 13  # points of a line that is searched for resonances
DEFINITE = 1e-10  # of the diagonal: what the symmetric part must exceed
SINGULAR = 1e-11  # of the largest: an eigenvalue or singular value that counts as 0
UNBOUNDED = 1.5  # times: a lower bound that falls so on halved spans has no limit
COLLAPSED = 0.4  # times: an inf-sup constant that falls so on halved spans has the limit 0
BISECTIONS = 24


@dataclass(frozen=True)
class Stability:
    """`checked`: at corners and along lines of the parameter box; `fault` says what is wrong, in a
    sentence, "" where nothing is; `said`: what was not looked at, "" where all was."""

    checked: bool
    fault: str = ""
    said: str = ""


def stability_of(problem: Problem, progress: Progress | None = None) -> Stability:
    """What the coarse forms of a linear problem say; a non-linear one is not checked, nor one whose
    time is up meanwhile."""
    mesh = coarse_mesh(problem, MOST)
    if problem.nonlinear:
        return Stability(False, said="not checked: the problem is not linear")
    if any(a.role == "mesh" for a in problem.axes):
        return Stability(False, said="not checked: one of its axes is a mesh")
    if mesh is None:
        return Stability(False, said="not checked: it has too many axes of space and time")
    try:
        return Stability(True, _Look(problem, mesh, progress).fault(), _coarseness(mesh))
    except OutOfTime:
        return Stability(False, said="not checked: the time was up")


def pair_of(problem: Problem) -> tuple[dict[str, ProblemAxis], dict[str, ProblemAxis]]:
    """A coarse mesh and the same with halved spans, which dense matrices still hold."""
    most = FEW
    while True:
        few = coarse_mesh(problem, most) or {}
        fine = {n: halved(a) for n, a in few.items()}
        if not few or np.prod([a.free.shape[1] for a in fine.values()]) <= FINE or most < 1:
            return few, fine
        most //= 2


def _coarseness(mesh: dict[str, ProblemAxis]) -> str:
    """What a mesh of few functions per axis may miss."""
    counts = [a.free.shape[1] for a in mesh.values() if a.role != "component"]
    least = min(counts, default=FEWEST)
    if least >= FEWEST:
        return ""
    return f"looked at with {least} or few more functions per axis of space and time only"


class _Look:
    def __init__(
        self, problem: Problem, mesh: dict[str, ProblemAxis], progress: Progress | None = None
    ) -> None:
        self.problem, self.mesh, self.progress = problem, mesh, progress
        self.axes = named(problem, [problem.operator])
        self.evolves = any(a.role == "time" for a in problem.axes)
        self._seen: dict[tuple[float, ...], Dense] = {}

    def at(self, point: Point) -> Dense:
        """The dense forms at a point, kept."""
        key = tuple(point[a.name] for a in self.axes)
        if key not in self._seen:
            if self.progress is not None:
                self.progress.require()
            rest = {a.name: place for a, place in zip(self.axes, key, strict=True)}
            held = {**middle(named(self.problem, [self.problem.load])), **rest}
            free = middle([a for a in self.problem.axes if a.role == "parameter"])
            self._seen[key] = dense_at(self.problem, self.mesh, {**free, **held})
        return self._seen[key]

    @cached_property
    def points(self) -> list[Point]:
        """Corners, middle, and points of the lines between them."""
        found = corners(self.axes) + [middle(self.axes)]
        return found + [p for line in lines(self.axes, LINE) for p in line]

    def fault(self) -> str:
        """The sentence, "" where the form is stable."""
        forms = [self.at(p) for p in self.points]
        if any(all(_definite(sign * f.form) for f in forms) for sign in (1.0, -1.0)):
            return ""
        signs = self._signs()
        if self.evolves:
            return "" if set(signs) in ({1}, {-1}) else self._collapse()
        if {1, -1} <= set(signs):
            return self._two_signs(signs)
        return self._singular()

    def _signs(self) -> list[int]:
        """+1 or -1 for every corner where a or -a is bounded from below, 0 where neither is."""
        few, fine = pair_of(self.problem)
        found = []
        for point in corners(self.axes):
            both = [lower_bounds(_Look(self.problem, m).at(point)) for m in (few, fine)]
            bounded = [
                not (both[1][i] < -1e-9 * both[1][2] and both[1][i] < UNBOUNDED * both[0][i])
                for i in (0, 1)
            ]
            found.append({(True, False): 1, (False, True): -1}.get((bounded[0], bounded[1]), 0))
        return found

    def _collapse(self) -> str:
        """In time: an inf-sup constant that falls as spans are halved."""
        few, fine = pair_of(self.problem)
        for point in corners(self.axes):
            before, after = (_inf_sup(_Look(self.problem, m).at(point)) for m in (few, fine))
            if after < COLLAPSED * before:
                return (
                    f"its solution grows without bound{placed(point)} as the mesh is refined (the"
                    f" inf-sup constant falls from {before:.1e} to {after:.1e} on halved spans),"
                    " like a heat equation that runs backwards; check the sign of the diffusion"
                    " term and of the time derivative"
                )
        return ""

    def _two_signs(self, signs: list[int]) -> str:
        found = corners(self.axes)
        plus, minus = found[signs.index(1)], found[signs.index(-1)]
        names = [n for n in plus if plus[n] != minus[n]]
        place = _bisected(lambda t: _definite(self.at(_between(minus, plus, t)).form))
        return (
            f"its operator is not coercive: it changes sign near"
            f" {_named(_between(minus, plus, place), names)}; narrow {_listed(names)} to one side"
            " of it"
        )

    def _singular(self) -> str:
        """A resonance on a line between corners, or a form that is singular at a point."""
        for point in self.points:
            if is_singular(self.at(point)):
                return (
                    f"its operator is singular{placed(point)}; leave that place out of the range,"
                    " or add a term that holds the unknown there"
                )
        for line in lines(self.axes, SCAN):
            kinds = kinds_of([self.at(p) for p in line])
            for i, (one, other) in enumerate(pairwise(kinds)):
                if one != other:
                    return self._resonance(line[i], line[i + 1])
        return ""

    def _resonance(self, one: Point, other: Point) -> str:
        first, last = self.at(one), self.at(other)

        def beyond(t: float) -> bool:
            kinds = kinds_of([first, self.at(_between(one, other, t)), last])
            return kinds[1] != kinds[0]

        place = _bisected(beyond)
        names = [n for n in one if one[n] != other[n]]
        return (
            f"its operator is singular near {_named(_between(one, other, place), names)}, a"
            f" resonance inside the range of {_listed(names)}; narrow that range to one side of it,"
            " or add damping"
        )


def _definite(form: Floats) -> bool:
    half = (form + form.T) / 2
    diagonal = np.diagonal(half)
    if diagonal.min(initial=0.0) < 0.0 or diagonal.max(initial=0.0) <= 0.0:
        return False
    try:
        linalg.cholesky(half - DEFINITE * np.diag(diagonal), check_finite=False)
    except linalg.LinAlgError:
        return False
    return True


def lower_bounds(dense: Dense) -> tuple[float, float, float]:
    """Smallest a(u,u) / ||u||^2, smallest of -a, and the largest of either."""
    values = linalg.eigh((dense.form + dense.form.T) / 2, dense.mass, eigvals_only=True)
    return float(values[0]), float(-values[-1]), float(np.abs(values).max())


def _inf_sup(dense: Dense) -> float:
    values = linalg.svdvals(whitened(dense.form, dense.norm))
    return float(values[-1])


def is_singular(dense: Dense) -> bool:
    """Whether the smallest singular value is rounding."""
    values = linalg.svdvals(dense.form)
    return bool(values[-1] <= SINGULAR * values[0])


def kinds_of(forms: Sequence[Dense]) -> list[int]:
    """What changes between forms where one is singular: the number of negative eigenvalues where
    all of them are symmetric, the signs of their determinants where one is not."""
    if all(f.symmetric for f in forms):
        return [int(np.count_nonzero(linalg.eigvalsh(f.form) < 0)) for f in forms]
    return [int(np.linalg.slogdet(f.form)[0]) for f in forms]


def _between(one: Point, other: Point, t: float) -> Point:
    return {n: one[n] + t * (other[n] - one[n]) for n in one}


def _bisected(beyond: Callable[[float], bool]) -> float:
    """The place in 0 .. 1 from which on `beyond` holds."""
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle_ = (low + high) / 2
        low, high = (low, middle_) if beyond(middle_) else (middle_, high)
    return (low + high) / 2


def _named(point: Point, names: list[str]) -> str:
    shown = [f"{n} = {0.0 if abs(point[n]) < 1e-6 else point[n]:.5g}" for n in names]
    return ", ".join(shown)


def placed(point: Point, word: str = " at") -> str:
    """' at k = 1, q = 2'; nothing where there is no parameter."""
    return f"{word} {_named(point, list(point))}" if point else ""


def _listed(names: list[str]) -> str:
    return " and ".join(names)
