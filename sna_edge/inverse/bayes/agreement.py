"""Whether observations and model agree at the best setting: chi-square of all numbers, and numbers
that no setting comes near."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...numerics.low_discrepancy import points
from ...numerics.time_budget import OutOfTime, Pace
from .density.forward import forward
from .density.objective import Objective
from .estimation_problem import EstimationProblem
from .search import search

Floats = NDArray[np.float64]

CHANCE = 4.0
"""Normal deviations of chi-square from which it is no chance (3 in 100,000)."""
OUT_OF_REACH = 6.0
"""Standard deviations of noise and model error together: a number farther than that from every
setting is not reached."""
HALF = 0.5
"""Share of the numbers that may lie farther than that from the best setting."""
OUTLYING = 5.0
"""Standard deviations for numbers under heavy tails, of which half may lie beyond."""
STARTS, SCATTERED = 64, 64
"""Starts of the search for one number alone, and settings whose values are compared first."""


@dataclass(frozen=True)
class Agreement:
    """chi_square of `numbers` at the best setting, `dof` = numbers less unknowns; widened: what
    +- was multiplied by since they disagree; far: a number is out of reach of every setting."""

    chi_square: float
    numbers: int
    dof: int
    fits: bool
    words: str = ""
    widened: float = 1.0
    far: bool = False

    @property
    def freedom(self) -> int:
        """`dof`, under the name that JSON has."""
        return self.dof

    @property
    def factor(self) -> float:
        """How many times farther off the numbers are than stated."""
        return float(np.sqrt(self.chi_square / self.dof))

    def to_dict(self) -> dict[str, Any]:
        """For JSON: every number, without the words."""
        names = ("chi_square", "numbers", "freedom", "fits", "widened")
        return {name: getattr(self, name) for name in names}


def agreement(problem: EstimationProblem, z: Floats, seed: int = 0) -> Agreement:
    """At the best unit point z [U]; what is out of reach is looked for only where time is left."""
    data, objective = problem.data, problem.objective
    with np.errstate(over="ignore"):
        r = (problem.forward.value(objective.x(z[None]))[0] - data.y) / data.sigma
        chi = float(np.square(objective.likelihood.rows(r)).sum())
        away = np.abs(r) / np.sqrt(1.0 + np.square(data.model / data.sigma))
    dof = max(len(r) - len(z), 1)
    heavy = data.dof is not None
    fits = bool((away > OUTLYING).mean() <= HALF) if heavy else _normal(chi, dof) <= CHANCE
    found = Agreement(chi, len(r), dof, fits)
    if fits:
        return found
    outside = _outside(problem, z)
    far = _out_of_reach(problem, np.where(outside > OUT_OF_REACH, away, 0.0), seed)
    if far and (outside > OUT_OF_REACH).mean() > HALF:
        return replace(found, words=far, far=True)
    what = (
        "noise" if problem.builder.noise_only or not data.model.any() else "noise and model error"
    )
    cut = "the search was cut short; at the best so far " if problem.budget.stopped else "misfit: "
    words = (
        f"{cut}the observations lie {found.factor:.3g} times farther from the model than {what}"
        f" explains (chi-square {chi:.4g} for {len(r)} numbers)"
    )
    return replace(found, words="; ".join(text for text in (words, far) if text))


def _normal(chi: float, dof: int) -> float:
    """Normal deviation of the same probability as chi-square. Source: Wilson and Hilferty, PNAS 17
    (1931)."""
    scale = 2.0 / (9.0 * dof)
    return float((np.cbrt(chi / dof) - (1.0 - scale)) / np.sqrt(scale))


def _outside(problem: EstimationProblem, z: Floats) -> Floats:
    """Deviations [N] by which every number lies outside the values at scattered settings and at
    z."""
    data, objective = problem.data, problem.objective
    y = problem.forward.value(objective.x(np.vstack([points(SCATTERED, len(z)), z])))
    gap = np.maximum(y.min(axis=0) - data.y, data.y - y.max(axis=0))
    return np.asarray(np.maximum(gap, 0.0) / np.hypot(data.sigma, data.model))


def _out_of_reach(problem: EstimationProblem, away: Floats, seed: int) -> str:
    """Words about a number that no setting of the unknowns comes near, or nothing: the worst of
    every output is looked at."""
    data, budget = problem.data, problem.budget
    if budget.stopped:
        return ""
    for k in np.unique(data.output):
        rows = np.flatnonzero(data.output == k)
        row = int(rows[np.argmax(away[rows])])
        if away[row] <= OUT_OF_REACH:
            continue
        nearest = _nearest(problem, row, seed)
        if nearest is None:
            return ""
        output, face = problem.builder.model.outputs[k], data.seen_as[k]
        f, y = (face.linear_of(np.array(v)) for v in (nearest, data.y[row]))
        sigma = float(np.hypot(data.sigma[row], data.model[row]))
        gap = abs(nearest - data.y[row]) / sigma
        if gap > OUT_OF_REACH:
            named = f" (observation {data.point[row]})" if data.count > 1 else ""
            measured, given = (
                (data.y[row], nearest)
                if face is output
                else (float(output.value(y)), float(output.value(f)))
            )
            return (
                f"{output.name} = {measured:g}{named} is not reached: for any"
                f" {' and '.join(a.name for a in problem.axes)}, the model comes no closer than"
                f" {given:g}, {gap:.3g} standard deviations away; check the reading and its unit,"
                " or leave it out"
            )
    return ""


def _nearest(problem: EstimationProblem, row: int, seed: int) -> float | None:
    """The value nearest to one number that the model can give at its known inputs; None where there
    is no time to look."""
    data, budget = problem.data, problem.budget
    point = data.point[row]
    one = replace(
        data.some(np.array([row])),
        known={d: x[point : point + 1] for d, x in data.known.items()},
        count=1,
        point=np.zeros(1, np.int64),
        model=np.zeros(1),
        dof=None,
    )
    operator = forward(problem.builder.model, problem.builder.sought, one)
    asked = replace(
        problem,
        data=one,
        forward=operator,
        objective=Objective(problem.axes, operator, one, None, Pace(budget)),
    )
    try:
        ends, kept = search(asked, STARTS, seed)
    except OutOfTime:
        return None
    if budget.stopped:
        return None
    return float(operator.value(asked.objective.x(ends.z[kept[:1]]))[0, 0])
