"""Coefficients of the modes by Gaussian processes, which pass through few runs without noise, and
products taught by them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model, Output
from sna_edge.core.axis import Axis
from sna_edge.core.basis import SpanBasis, bspline, levels, uniform_breaks
from sna_edge.numerics.time_budget import TimeBudget

from ..design import Factor, Space
from ..design.belief.process import ProcessBelief, of_rows
from ..teacher.distil import TrainingPoints, distil
from .snapshots import Snapshots

Floats = NDArray[np.float64]
SPANS, DEGREE = 8, 3
POINTS, CHECKED = 1500, 300
LARGEST = 20_000
"""Parameters of the products."""


def space_of(runs: Snapshots, where: Sequence[str] = ()) -> Space:
    """The domain of the runs, with rules between its parameters."""
    ends = [a.domain or (0.0, 1.0) for a in runs.axes]
    factors = [
        Factor(a.name, low, high, 0.0, a.levels)
        for a, (low, high) in zip(runs.axes, ends, strict=True)
    ]
    return Space(tuple(factors), tuple(where))


def beliefs_of(space: Space, x: Floats, coefficients: Floats) -> list[ProcessBelief]:
    """A process for each column of c [E, J] at settings x [E, D]."""
    return [of_rows(space, x, column) for column in coefficients.T]


def mean_of(beliefs: Sequence[ProcessBelief], x: Floats) -> Floats:
    """What they expect at x [P, D], [P, J]."""
    return np.stack([b.mean(x) for b in beliefs], axis=1)


def taught(
    space: Space,
    beliefs: Sequence[ProcessBelief],
    x: Floats,
    tolerance: float,
    seed: int,
    seconds: float | None = None,
) -> Model:
    """Sums of products with one output a process, all of the same products: within the share
    `tolerance` of the spread of all together where that is reached, and in the `seconds` given; x
    [E, D] are the runs."""
    points = space.sobol(POINTS + CHECKED, seed)
    inside = np.concatenate([x, points[CHECKED:]])
    weight = np.r_[np.full(len(x), POINTS / (4 * len(x))), np.ones(len(points) - CHECKED)]
    training = TrainingPoints(inside, weight / weight.mean(), points[:CHECKED])
    target, check = mean_of(beliefs, inside), mean_of(beliefs, points[:CHECKED])
    centre = target.mean(axis=0)
    size = float(np.sqrt(np.square(target - centre).sum(axis=1).mean()))
    bases = [_basis(f) for f in space.factors]
    rng = np.random.default_rng(seed)
    student = distil(
        training, (target - centre) / size, (check - centre) / size, bases, rng,
        tolerance=tolerance / len(beliefs) ** 0.5, max_parameters=LARGEST,
        budget=TimeBudget(seconds),
    )  # fmt: skip
    cp, bias = student.f.to_cp()
    outputs = [
        Output(f"c{k + 1}", scale=size, offset=float(centre[k]), bias=float(bias[k]))
        for k in range(len(beliefs))
    ]
    axes = [_axis(f, b, column) for f, b, column in zip(space.factors, bases, x.T, strict=True)]
    return Model(axes, cp.sorted(), outputs)


def _basis(factor: Factor) -> SpanBasis:
    if factor.levels:
        return levels(len(factor.levels))
    return bspline(uniform_breaks(factor.lower, factor.upper, SPANS), DEGREE)


def _axis(factor: Factor, basis: SpanBasis, x: Floats) -> Axis:
    """The input, with how many runs lie in each span."""
    support = np.bincount(basis.locate(x)[0], minlength=basis.n_spans)
    counted = np.minimum(support, 255).astype(np.uint8)
    return Axis(factor.name, "", basis, factor.levels, counted)
