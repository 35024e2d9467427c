"""Steps towards rows of which there are too many to hold: the slope from all of them, block by
block, the curvature from some."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve

from sna_edge.numerics.time_budget import TimeBudget, now

from ..data.row_blocks import RowBlock, Rows
from .factors import SeparableFunction, partial_products
from .normal_equations import NormalEquations, normal_equations
from .penalty import components, penalty_value
from .positive_definite import factorised
from .unknowns import Unknowns

Floats = NDArray[np.float64]
CURVATURE_ROWS = 40
"""Rows per parameter that tell the curvature: a step then leaves about a sixth of the way."""
FIRST_LIFT, EASIER, HARDER = 1e-3, 10.0, 30.0
"""Share of the diagonal that is added to the curvature at first; it is divided by the one after a
step that lowers the sum, multiplied by the other else."""


def streamed(
    f: SeparableFunction,
    rows: Rows,
    strengths: Floats,
    *,
    steps: int,
    budget: TimeBudget | None = None,
) -> SeparableFunction:
    """f moved towards the least of  sum w (y - f)^2 / sum w + sum_j s_j C' S_j C  from a place near
    it, in Newton steps whose curvature is that of CURVATURE_ROWS P rows.

    Cost of a step: 5 N D m R multiply-adds for D axes of m coefficients and R modes, in place of N
    P^2 / 2; memory that of two blocks. Never raises the sum.
    """
    budget, parts = budget or TimeBudget(), components(f)
    unknowns = Unknowns(f, range(len(f.tables)))
    some = rows.some(CURVATURE_ROWS * f.parameters)
    begin, lift = now(), FIRST_LIFT
    g, loss = slope(f, rows)
    least = loss + penalty_value(f, parts, strengths)
    for step in range(1, steps + 1):
        equations = NormalEquations(
            normal_equations(f, some, unknowns.axes).a, g.copy(), np.empty(0), 0.0
        )
        unknowns.add_penalty(equations, f, parts, strengths)
        trial = unknowns.moved(f, _newton(equations, lift))
        h, loss = slope(trial, rows)
        loss += penalty_value(trial, parts, strengths)
        if loss < least:
            f, g, least, lift = trial, h, loss, lift / EASIER
        else:
            lift *= HARDER
        if step < steps and budget.lacks((now() - begin) / step):
            break
    return f


def _newton(equations: NormalEquations, lift: float) -> Floats:
    """The step [P] with `lift` of the diagonal added to it."""
    a = equations.a
    diagonal = np.diag(a).copy()
    a[np.diag_indices(len(a))] += lift * np.maximum(diagonal, 1e-10 * diagonal.max())
    return np.asarray(cho_solve((factorised(a), True), equations.g))


def slope(f: SeparableFunction, rows: Rows) -> tuple[Floats, float]:
    """J'W r / sum(w) [P] over all coefficients, and r'W r / sum(w). Every second block is summed by
    a thread of its own, whatever the number of cores."""
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(_summed, f, rows.half(1))
        g, loss = _summed(f, rows.half(0))
        h, more = other.result()
    return (g + h) / rows.total, (loss + more) / rows.total


def _summed(f: SeparableFunction, blocks: Iterable[RowBlock]) -> tuple[Floats, float]:
    g, loss = [np.zeros_like(t) for t in f.tables], 0.0
    for block in blocks:
        others, modes = partial_products(f.atoms(block.designs))
        r = block.y - modes.sum(axis=1)
        weighted = r if block.w is None else block.w * r
        for d, other in enumerate(others):
            g[d] += block.designs[d].T @ (other[:, f.uses[d]] * weighted[:, None])
        loss += float(weighted @ r)
    return np.concatenate([part.reshape(-1) for part in g]), loss
