"""Meshes that refine themselves where the estimate asks for it.

Spans are bisected by direct solutions alone, at the parameters where the model is worst; the train
is solved again only on the new mesh. Source of the marking: Doerfler, SIAM J. Numer. Anal. 33
(1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model

from ..solvers.progress import Progress
from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.problem import Problem
from ..weak_form.restated import halved, parameters
from .held import grid_of, solved_at
from .interfaces import with_interfaces
from .points import Point

Floats = NDArray[np.float64]
Mesh = dict[str, ProblemAxis]
MARKED = 0.9  # of the squared indicator: the spans that hold it are bisected
SHARE = 0.1  # of the allowed error: what the mesh, and each parameter axis, may take
ROUNDS = 40  # of bisection
MOST_SPANS = 600  # of an axis
PER_SPAN = 4  # values of a parameter looked at in each of its spans
MOST_VALUES = 20_000  # of a field that are looked at along a parameter


@dataclass
class Refinement:
    """New axes for `names` of the problem, whose model is worst at `at`; `strict`: of the share of
    the error that a parameter axis may take."""

    problem: Problem
    model: Model
    at: Point
    names: Sequence[str]
    allowed: float
    progress: Progress
    strict: float = 1.0
    mesh: Mesh = field(default_factory=dict)

    def found(self) -> Mesh:
        """The axes that changed, {} for none."""
        axes = {a.name: a for a in self.problem.axes}
        held = {a.name for a in parameters(self.problem)}
        for name in self.names:
            if axes[name].role != "component":
                self.mesh[name] = with_interfaces(self.problem, axes[name])
        self._space([n for n in self.mesh if n not in held])
        for name in [n for n in self.mesh if n in held]:
            self._parameter(name)
        return {n: a for n, a in self.mesh.items() if a is not axes[n]}

    def _solved(self, mesh: Mesh, at: Point, grid: Sequence[Floats]) -> Floats | None:
        if self.progress.expired:
            return None
        try:
            found = solved_at(self.problem, self.model, at, mesh)
        except (np.linalg.LinAlgError, ProblemError):
            return None
        return None if found is None else found.on(grid)

    def _space(self, names: list[str]) -> None:
        """Bisect spans of the axes of space and time until halving moves the solution little."""
        for _ in range(ROUNDS if names else 0):
            axes = [self.mesh.get(a.name, a) for a in self.problem.axes if a.name not in self.at]
            grid, weights = grid_of(axes)
            coarse = self._solved(self.mesh, self.at, grid)
            if coarse is None:
                return
            indicators: dict[str, Floats] = {}
            for name in names:
                finer = self._solved({**self.mesh, name: halved(self.mesh[name])}, self.at, grid)
                if finer is None:
                    return
                d = [a.name for a in axes].index(name)
                indicators[name] = _by_span(finer - coarse, weights, d, axes[d].basis.n_spans)
            size = float(_by_span(coarse, weights, 0, 1).sum())
            total = sum(float(i.sum()) for i in indicators.values())
            if total <= (SHARE * self.allowed) ** 2 * size:
                return
            self._bisect(indicators)

    def _bisect(self, indicators: dict[str, Floats]) -> None:
        every = np.sort(np.concatenate(list(indicators.values())))[::-1]
        reached = np.searchsorted(np.cumsum(every), MARKED * every.sum())
        least = every[min(reached, len(every) - 1)]
        for name, values in indicators.items():
            marked = np.flatnonzero(values >= max(least, 1e-300))
            self.mesh[name] = bisected(self.mesh[name], marked)

    def _parameter(self, name: str) -> None:
        """Bisect spans of a parameter until splines on them follow the solution along it."""
        fixed = {n: a for n, a in self.mesh.items() if n not in self.at}
        axes = [fixed.get(a.name, a) for a in self.problem.axes if a.name not in self.at]
        grid, _ = grid_of(axes)
        kept: dict[float, Floats] = {}
        for _ in range(ROUNDS):
            axis = self.mesh[name]
            points, weights = axis.basis.nodes(PER_SPAN)
            for p in (*points, *axis.basis.breaks):
                if p not in kept:
                    values = self._solved(fixed, {**self.at, name: float(p)}, grid)
                    if values is None:
                        return
                    flat = values.reshape(-1)
                    kept[p] = flat[:: max(len(flat) // MOST_VALUES, 1)]
            missed = _projection_error(axis, points, weights, kept)
            worst = np.maximum(missed[:-1], missed[1:])
            if worst.max() <= SHARE * self.strict * self.allowed:
                return
            self.mesh[name] = bisected(axis, np.flatnonzero(worst > 0.3 * worst.max()))


def _projection_error(
    axis: ProblemAxis, points: Floats, weights: Floats, kept: dict[float, Floats]
) -> Floats:
    """At every break, relative: by how much the L2 projection on the axis, of fields known at its
    quadrature points, misses the field there; it errs most at the ends."""
    values = np.stack([kept[p] for p in points])
    root = np.sqrt(weights)[:, None]
    design = axis.basis.design(points) * root
    rows = np.linalg.lstsq(design, values * root, rcond=None)[0]
    ends = np.stack([kept[p] for p in axis.basis.breaks])
    miss = ends - axis.basis.design(axis.basis.breaks) @ rows
    size = np.maximum((ends**2).sum(axis=1), 1e-300)
    return np.asarray(np.sqrt((miss**2).sum(axis=1) / size))


def _by_span(values: Floats, weights: Sequence[Floats], d: int, spans: int) -> Floats:
    """The squared L2 norm on every span of axis d, [S]."""
    square = values**2
    for i, weight in enumerate(weights):
        square = square * weight.reshape([-1 if i == j else 1 for j in range(values.ndim)])
    line = square.sum(axis=tuple(i for i in range(values.ndim) if i != d))
    return np.asarray(line.reshape(spans, -1).sum(axis=1))


def bisected(axis: ProblemAxis, marked: NDArray[np.int64]) -> ProblemAxis:
    """The axis with the marked spans cut in two, as long as it stays below `MOST_SPANS`."""
    breaks = axis.basis.breaks
    if len(breaks) + len(marked) > MOST_SPANS or not len(marked):
        return axis
    middles = (breaks[marked] + breaks[marked + 1]) / 2
    return axis.on_breaks(np.insert(breaks, marked + 1, middles))
