"""An output that is stated to stay within bounds: its model is moved as little as that takes.

A spline whose coefficients lie within bounds lies within them, because its basis functions are
never negative and add up to 1. So all coefficients of the train, taken together, are cut to the
bounds, on spans halved so often that coefficients are near values; the train of what is left comes
from a few of them (cross approximation), whose error leaves the bounds again by a little. By so
much all values are moved: up, down, or together where both ends are left. That nothing leaves the
bounds is looked for, as the tables are stored, and not proved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from sna_edge import TT, Model
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.calculus.ranges import ranges

from ..solvers.fields.cross import crossed
from ..solvers.progress import Progress
from ..solvers.tt_als import apply_axis
from ..solvers.tt_als import inner as product_of
from ..trains.cores import Cores, summed
from ..weak_form.axes import ProblemAxis
from ..weak_form.problem import Problem
from ..weak_form.restated import halved, parameters
from .held import grid_of, model_on, slice_of
from .points import corners, inner

Floats = NDArray[np.float64]
FEW_INNER = 5  # points inside the parameter box
ERRORS = (1e-4, 1e-5)  # relative, of the train of cut coefficients
HALVINGS, MOST_ROWS = 2, 600  # of spans, and rows of an axis that these may lead to
MORE = 40  # ranks beyond those of the train
SAFE = 1.3  # times what leaves the bounds after the cut: by so much values are moved
FLOAT32 = 2.0**-22  # of the largest value: values are moved in by that more, devices round
NEAR = 1.2  # times the least move: the first model that is so near is taken, it is smaller
ROUNDING = 1e-14  # of the largest value: what leaves the bounds by less is rounding
ONE = np.ones((1, 1))


@dataclass(frozen=True)
class Kept:
    """`before`, `after`: how far values lay (below, above) the bounds; moved: ||u - u_before|| /
    ||u_before|| in L2; places: how many were looked at."""

    low: float | None
    high: float | None
    before: tuple[float, float]
    after: tuple[float, float]
    moved: float
    places: int

    def described(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "low": self.low,
            "high": self.high,
            "before": list(self.before),
            "after": list(self.after),
            "moved": self.moved,
            "places": self.places,
        }


def kept_within(problem: Problem, model: Model, little: float, progress: Progress) -> Model:
    """The model within the problem's bounds; its metadata say what that took (`kept`). `little`: a
    relative move that no other way is looked for to make smaller; nor is one without time."""
    if problem.bounds is None:
        return model
    look = Look(problem)
    before = look.left(model)
    best, after, moved = model, before, 0.0
    if max(before) > 0.0:
        tries = _tries(problem, model, look, little, progress)
        least = min(t[2] for t in tries)
        best, after, moved = next(t for t in tries if t[2] <= NEAR * least)
    found = Kept(*problem.bounds, before, after, moved, look.places)
    return best.replace(metadata={**best.metadata, "bounds": found.described()})


def kept(model: Model) -> Kept | None:
    """What keeping a model within bounds took; None where none were asked for."""
    found = model.metadata.get("bounds")
    return Kept(**found) if isinstance(found, dict) else None


Try = tuple[Model, tuple[float, float], float]
"""A model with its values moved inside, what still leaves the bounds, and how far it moved."""


def _tries(
    problem: Problem, model: Model, look: Look, little: float, progress: Progress
) -> list[Try]:
    """Models within the bounds, from the cheapest to the finest, until one moves little."""
    cores = slice_of(model, {})
    progress.budget.restart()
    found = [_moved(problem, model, problem.axes, cores, cores, look)]
    for times in range(1 if problem.nonlinear else 1 + HALVINGS):
        axes = tuple(halved(a, times) if _is_mesh(a) else a for a in problem.axes)
        if max(a.basis.n_rows for a in axes) > MOST_ROWS:
            break
        fine = [_on(new, old, c) for new, old, c in zip(axes, problem.axes, cores, strict=True)]
        last = min(t[2] for t in found)
        for error in ERRORS:
            if found[-1][2] <= little or not progress.budget.allows():
                return found
            cut = _cut(problem, fine, error)
            found.append(_moved(problem, model, axes, cut, fine, look))
        if times and NEAR * min(t[2] for t in found) > last:
            break
    return found


def _is_mesh(axis: ProblemAxis) -> bool:
    return axis.role in ("space", "time")


def _on(new: ProblemAxis, old: ProblemAxis, core: Floats) -> Floats:
    """The rows [a, n, b] of the same function on halved spans."""
    if new is old:
        return core
    design = new.sparse_design()
    heavy = sparse.csr_array(design.multiply(new.weights[:, None]))
    form, load = sparse.csc_matrix(heavy.T @ design), heavy.T @ old.sparse_design(0, new.nodes)
    return np.asarray(apply_axis(sparse.csr_array(splu(form).solve(load.toarray())), core))


def _cut(problem: Problem, cores: Cores, error: float) -> Cores:
    """The train of coefficients cut to the bounds."""
    assert problem.bounds is not None
    low, high = problem.bounds
    least, most = -np.inf if low is None else low, np.inf if high is None else high
    ranks = max(c.shape[2] for c in cores) + MORE
    return crossed(lambda u: np.clip(u, least, most), [cores], error, rank_max=ranks).cores


def _moved(
    problem: Problem,
    model: Model,
    axes: tuple[ProblemAxis, ...],
    cut: Cores,
    cores: Cores,
    look: Look,
) -> Try:
    """The model of the train `cut` moved inside, beside the train `cores`, both on `axes`."""
    assert problem.bounds is not None
    if cut is not cores:
        train = TT(tuple(c.transpose(1, 0, 2) for c in cut), ONE)
        model = model.replace(interaction=train, axes=[a.exported() for a in axes])
    left = SAFE * np.array(look.left(model)) + FLOAT32 * look.largest
    scale, offset = _inside(*problem.bounds, left)
    outputs = [replace(o, scale=scale * o.scale, offset=offset) for o in model.outputs]
    found = model.replace(outputs=outputs)
    flat = [np.full((1, c.shape[1], 1), offset if d == 0 else 1.0) for d, c in enumerate(cut)]
    shifted = summed([scale * cut[0], *cut[1:]], flat)
    return found, look.left(found), _distance(axes, shifted, cores)


def _inside(low: float | None, high: float | None, left: Floats) -> tuple[float, float]:
    """(scale, offset) that take [low - left, high + left] to [low, high]."""
    if low is None or high is None:
        return 1.0, float(left[0] if high is None else -left[1])
    scale = (high - low) / (high - low + left.sum())
    return float(scale), float(low - scale * (low - left[0]))


class Look:
    """Places at which bounds are looked at: a grid at corners and inside the parameter box, and
    those that a search climbs to."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.places, self.largest = problem, 0, 0.0
        axes = parameters(problem)
        held = {a.name for a in axes}
        self.grid, _ = grid_of([a for a in problem.axes if a.name not in held])
        self.points = [*inner(axes, FEW_INNER), *corners(axes)] if axes else [{}]

    def left(self, model: Model) -> tuple[float, float]:
        """How far values lie (below, above) the bounds."""
        assert self.problem.bounds is not None
        low, high = self.problem.bounds
        model = as_stored(model.replace(dtypes=["float32"] * len(model.axes)))
        lowest, highest = ranges(model)[0].reached
        self.places = 0
        for point in self.points:
            values = model_on(model, self.problem, point, self.grid)
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
            self.places += values.size
        self.largest = max(abs(lowest), abs(highest))
        rounding = ROUNDING * self.largest
        below = 0.0 if low is None else low - lowest
        above = 0.0 if high is None else highest - high
        return below if below > rounding else 0.0, above if above > rounding else 0.0


def _distance(axes: tuple[ProblemAxis, ...], cores: Cores, before: Cores) -> float:
    """||u - u_before|| / ||u_before|| in L2."""
    points = [
        sparse.csr_array(a.sparse_design().multiply(np.sqrt(a.weights)[:, None])) for a in axes
    ]
    heavy, still = (
        [apply_axis(p, c) for p, c in zip(points, train, strict=True)] for train in (cores, before)
    )
    miss = summed(heavy, [-still[0], *still[1:]])
    size = product_of(still, still)
    return float(np.sqrt(max(product_of(miss, miss), 0.0) / size)) if size > 0 else 0.0


def told(kept: Kept | None, unit: str = "") -> list[str]:
    """What was done, in words."""
    if kept is None:
        return []
    ends = [
        f"{word} {value:g} {unit}".strip()
        for word, value in (("at least", kept.low), ("at most", kept.high))
        if value is not None
    ]
    bounds = " and ".join(ends)
    if max(kept.before) == 0.0:
        return [f"{bounds}: no value outside at {kept.places:,} places"]
    rest = (
        "no value outside"
        if max(kept.after) == 0.0
        else f"values up to {kept.after[0]:.2g} below and {kept.after[1]:.2g} above"
    )
    return [
        f"{bounds}: {rest} at {kept.places:,} places; before, {kept.before[0]:.3g} below and"
        f" {kept.before[1]:.3g} above; moved by {kept.moved:.1e} relative for it"
    ]


def doubts_of(kept: Kept | None, allowed: float, problem: Problem) -> list[str]:
    """The doubts of values that are outside even so, and of bounds that the solution leaves."""
    if kept is None:
        return []
    doubts = []
    if max(kept.after) > 0.0:
        doubts.append(
            f"values of {problem.name!r} still leave its bounds, by {kept.after[0]:.2g} below and"
            f" {kept.after[1]:.2g} above; give the axes more spans"
        )
    if kept.moved > allowed:
        doubts.append(
            f"keeping {problem.name!r} within its bounds moved it by {kept.moved:.1e}: its solution"
            " itself leaves them, the mesh is too coarse, or there was too little time; check"
            " bounds=, or give the axes more spans"
        )
    return doubts
