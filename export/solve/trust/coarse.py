"""A problem held at one value of its parameters, as dense matrices on a coarse mesh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model
from sna_edge.core.basis import bspline

from ..solvers.assembly import assemble
from ..solvers.theory import dense_form, v_norm
from ..weak_form.axes import ProblemAxis
from ..weak_form.forms import NOTHING
from ..weak_form.iterate import Iterate
from ..weak_form.linearised import linearised
from ..weak_form.problem import Problem
from ..weak_form.restated import restated
from .held import slice_of
from .points import Point

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Dense:
    """form [n, n], mass [n, n] and the matrix of the V-norm."""

    form: Floats
    mass: Floats
    norm: Floats

    @property
    def symmetric(self) -> bool:
        """Whether the form is, to rounding."""
        return bool(np.abs(self.form - self.form.T).max() <= 1e-9 * np.abs(self.form).max())


def coarse_mesh(problem: Problem, most: int) -> dict[str, ProblemAxis] | None:
    """Axes for every axis that is no parameter, of the stated breaks so many that their free
    coefficients multiply to at most `most`, of degree 2 where many axes need that; None where one
    span each is too many."""
    axes = [a for a in problem.axes if a.role != "parameter"]
    if any(a.role == "mesh" for a in axes):
        return None
    return _thinned(axes, most) or _thinned([_quadratic(a) for a in axes], most)


def _quadratic(axis: ProblemAxis) -> ProblemAxis:
    """The axis with splines of degree 2, where its degree is higher."""
    basis = axis.basis
    if axis.role == "component" or basis.kind != "spline" or basis.degree <= 2:
        return axis
    return replace(axis, basis=bspline(basis.breaks, 2), repeated={})


def _thinned(axes: list[ProblemAxis], most: int) -> dict[str, ProblemAxis] | None:
    spans = {a.name: a.basis.n_spans for a in axes}
    found = {a.name: with_spans(a, a.basis.n_spans) for a in axes}
    while np.prod([a.free.shape[1] for a in found.values()], dtype=float) > most:
        wide = [a for a in axes if a.role != "component" and spans[a.name] > _least(a)]
        if not wide:
            return None
        widest = max(wide, key=lambda a: spans[a.name])
        spans[widest.name] = max(spans[widest.name] * 3 // 4, 1)
        found[widest.name] = with_spans(widest, spans[widest.name])
    return found


def _least(axis: ProblemAxis) -> int:
    return axis.basis.degree if axis.basis.kind == "periodic" else 1


def with_spans(axis: ProblemAxis, count: int) -> ProblemAxis:
    """The axis on so many of its spans' breaks."""
    if axis.role == "component" or count >= axis.basis.n_spans:
        return axis
    count = max(count, _least(axis))
    kept = np.round(np.linspace(0, axis.basis.n_spans, count + 1)).astype(int)
    return axis.on_breaks(axis.basis.breaks[kept])


def dense_at(problem: Problem, mesh: Mapping[str, ProblemAxis], at: Point) -> Dense:
    """The form, the mass and the V-norm of a linear problem at parameters `at`."""
    return _dense(replace(restated(problem, {**mesh, **at}), newton=None))


def dense_around(
    problem: Problem, model: Model, mesh: Mapping[str, ProblemAxis], at: Point
) -> Dense:
    """Those of a non-linear problem, linearised around its solved model."""
    held = restated(problem, {**mesh, **at})
    rows = [a for a in problem.axes if a.name not in at]
    return _dense(linearised(held, Iterate(held.axes, slice_of(model, at), rows)))


def _dense(held: Problem) -> Dense:
    system, _ = assemble(replace(held, load=NOTHING))  # the form is all that counts
    axes = list(range(system.dimension))
    norm = v_norm(held, system, axes)
    mass = np.asarray(dense_form(system.identity, axes, ()))
    return Dense(dense_form(system, axes, ()), mass, norm)
