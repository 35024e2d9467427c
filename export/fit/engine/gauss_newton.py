"""Levenberg-Marquardt on all tables of a separable function at once; penalty strengths follow by
evidence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget, now

from ..data.row_blocks import Rows
from .evidence import evidence_update
from .factors import SeparableFunction
from .linearisation import FittedFunction, residual_variance, with_leverages
from .normal_equations import NormalEquations, loss, normal_equations, residuals
from .penalty import Component, components, penalty_value
from .positive_definite import damped_step, inverse_of
from .unknowns import Unknowns

Floats = NDArray[np.float64]
FIRST_DAMPING, TRIES = 1e-2, 16
"""Damping of the first step, and tries of a step."""
SETTLING, SETTLED_GAIN, SETTLED_CHANGE = 5, 0.2, 0.1
"""Steps before strengths adapt, the relative gain of a step below which they do, and the change of
their logarithms below which they have settled."""
LEAST_LOSS = 1e-30
AHEAD = 3.0
"""Steps that must fit into the time left: the next one and the last linearisation."""


def levenberg_marquardt(
    f: SeparableFunction,
    rows: Rows,
    *,
    strengths: Floats | float = 1e-6,
    adapt: bool = True,
    steps: int = 100,
    tolerance: float = 1e-5,
    budget: TimeBudget | None = None,
    watch: Callable[[int, float], None] | None = None,
    leverages: bool = True,
) -> FittedFunction:
    """Minimise  sum w (y - f)^2 / sum w  +  sum_j s_j C' S_j C  over all tables at once.

    `adapt`: the strengths s_j follow by evidence updates once the steps have settled; otherwise
    they stay. `leverages` = False leaves out the leave-one-out residuals (NaN) and their cost.
    Deterministic for given arguments without a `budget`. Source: Nocedal and Wright, Numerical
    Optimization (2006), section 10.3; Wood and Fasiolo (2017).
    """
    budget = budget or TimeBudget()
    parts = components(f)
    s = np.broadcast_to(np.asarray(strengths, dtype=float), (len(parts),)).copy()
    unknowns = Unknowns(f, range(len(f.tables)))
    damping, quiet, step = FIRST_DAMPING, 0, 0
    begin = now()
    for step in range(1, steps + 1):
        equations = normal_equations(f, rows, unknowns.axes)
        before = equations.loss + penalty_value(f, parts, s)
        unknowns.add_penalty(equations, f, parts, s)
        moved, factor, damping = _step(f, rows, equations, unknowns, parts, s, damping, before)
        if moved is None:
            break
        f, after = moved
        gain = (before - after) / max(before, 1e-300)
        change = 0.0
        if adapt and factor is not None and step > SETTLING and gain < SETTLED_GAIN:
            s, change = _adapted(f, rows, equations, unknowns, parts, s, factor)
        if watch:
            watch(step, equations.loss)
        quiet = quiet + 1 if gain < tolerance and change < SETTLED_CHANGE else 0
        if quiet >= 2 or (step < steps and budget.lacks(AHEAD * (now() - begin) / step)):
            break
    if leverages:
        return with_leverages(f, rows, unknowns, parts, s, step)
    residual = residuals(f, rows)
    unknown, noise = np.full_like(residual, np.nan), float(np.mean(residual**2))
    return FittedFunction(f, s, noise, np.nan, residual, unknown, step)


def _step(
    f: SeparableFunction,
    rows: Rows,
    equations: NormalEquations,
    unknowns: Unknowns,
    parts: list[Component],
    s: Floats,
    damping: float,
    before: float,
) -> tuple[tuple[SeparableFunction, float] | None, Floats | None, float]:
    """The first damped step that does not raise the objective: (moved f, objective), factor, next
    damping."""

    def attempt(step: Floats) -> tuple[SeparableFunction, float] | None:
        trial = unknowns.moved(f, step)
        after = loss(trial, rows) + penalty_value(trial, parts, s)
        return (trial, after) if after <= before else None

    return damped_step(equations.a, equations.g, damping, attempt, tries=TRIES)


def _adapted(
    f: SeparableFunction,
    rows: Rows,
    equations: NormalEquations,
    unknowns: Unknowns,
    parts: list[Component],
    s: Floats,
    factor: Floats,
) -> tuple[Floats, float]:
    """Strengths by evidence from the factor of the last step, and the largest change of their
    logarithms."""
    traces = unknowns.traces(inverse_of(factor), parts)
    dof = equations.a.shape[0] - float(s @ traces)
    noise = residual_variance(max(equations.loss, LEAST_LOSS), rows.count, dof)
    updated = evidence_update(f, parts, s, traces, noise, rows.count)
    return updated, float(np.abs(np.log(updated / s)).max())
