"""Parameters that only scale the load of a linear problem, and with it the solution: c(p) u(x).

They need no points: the solution at one value says those at all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..weak_form.axes import ProblemAxis
from ..weak_form.coefficients import Coefficient
from ..weak_form.forms import FormAxis, Product
from ..weak_form.problem import Problem
from ..weak_form.restated import parameters

Floats = NDArray[np.float64]
EQUAL = 1e-12  # of the largest value: coefficients that are multiples of each other


@dataclass(frozen=True)
class Scale:
    """An axis with c(p) in front of the solution; `at`: where |c| is largest."""

    axis: ProblemAxis
    coefficient: Coefficient
    at: float

    @property
    def rows(self) -> Floats:
        """Table rows [n_rows] of c(p) / c(at)."""
        root = np.sqrt(self.axis.weights)
        design = root[:, None] * self.axis.sparse_design().toarray()
        top = self.coefficient.at(np.array([self.at]))[0]
        values = root * self.coefficient.at(self.axis.nodes) / top
        return np.asarray(np.linalg.lstsq(design, values, rcond=None)[0])


def scales_of(problem: Problem) -> list[Scale]:
    """Those of a problem; none where it has functions of the unknown or a lift."""
    load = [p for p in problem.load.products if p.scale]
    if problem.nonlinear or problem.lift is not None or not load:
        return []
    named = {a for p in problem.operator.products for a in p.factors}
    found = [_scale(a, load) for a in parameters(problem) if a not in named]
    return [s for s in found if s is not None]


def _scale(axis: ProblemAxis, load: list[Product]) -> Scale | None:
    """The common coefficient of all products of the load, up to constants; None without one."""
    if any(_coefficient(p, axis) is None or p.fields for p in load):
        return None
    values = np.stack([_coefficient(p, axis).at(axis.nodes) for p in load])  # type: ignore[union-attr]
    best = int(np.abs(values[0]).argmax())
    tops = values[:, best : best + 1]
    if not np.all(tops) or np.ptp(values / tops, axis=0).max() > EQUAL:
        return None
    coefficient = _coefficient(load[0], axis)
    assert coefficient is not None
    return Scale(axis, coefficient, float(axis.nodes[best]))


def _coefficient(product: Product, axis: FormAxis) -> Coefficient | None:
    factor = product.factors.get(axis)
    return None if factor is None else factor.coefficient
