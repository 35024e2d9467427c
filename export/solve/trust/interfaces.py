"""Places where a coefficient jumps and the solution has a kink: its mesh has a repeated break."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..weak_form.axes import ProblemAxis
from ..weak_form.coefficients import Coefficient
from ..weak_form.problem import Problem

Floats = NDArray[np.float64]
SAMPLES = 2049  # points of an axis at which a coefficient is looked at
STEEP = 30.0  # times the usual step between samples: what may be a jump
LEAST = 1e-3  # of the range of the coefficient: smaller jumps are left to refinement
MOST = 12  # jumps of one axis
BISECTIONS = 45


def with_interfaces(problem: Problem, axis: ProblemAxis) -> ProblemAxis:
    """The axis with a break of multiplicity p where a coefficient of the operator jumps, and of
    p - 1 where one of the load does; breaks that lie close to a jump give way to it."""
    degree = axis.basis.degree
    found = dict.fromkeys(_jumps(problem.load.products, axis), max(degree - 1, 1))
    found |= dict.fromkeys(_jumps(problem.operator.products, axis), max(degree, 1))
    found = {place: m for place, m in found.items() if place not in axis.repeated}
    if not found or len(found) > MOST or axis.basis.kind == "periodic":
        return axis
    breaks, width = axis.basis.breaks, np.diff(axis.basis.breaks).min()
    keep = np.array([min(abs(b - p) for p in found) > 0.25 * width for b in breaks])
    keep[[0, -1]] = True
    merged = np.unique(np.r_[breaks[keep], list(found)])
    return axis.on_breaks(merged, {**axis.repeated, **found})


def _jumps(products: object, axis: ProblemAxis) -> list[float]:
    places: dict[float, None] = {}
    seen: set[int] = set()
    for product in products:  # type: ignore[attr-defined]
        factor = product.factors.get(axis)
        if factor is None or factor.coefficient is None or id(factor.coefficient) in seen:
            continue
        seen.add(id(factor.coefficient))
        places |= dict.fromkeys(_jumps_of(factor.coefficient, axis))
    return list(places)


def _jumps_of(coefficient: Coefficient, axis: ProblemAxis) -> list[float]:
    x = np.linspace(axis.basis.lower, axis.basis.upper, SAMPLES)
    y = coefficient.at(x)
    if not np.all(np.isfinite(y)) or np.ptp(y) == 0.0:
        return []
    steps = np.abs(np.diff(y))
    steep = np.flatnonzero(steps > max(STEEP * np.median(steps), LEAST * np.ptp(y)))
    found = []
    for i in steep[:64]:
        low, high = x[i], x[i + 1]
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            f = coefficient.at(np.array([low, middle, high]))
            low, high = (low, middle) if abs(f[1] - f[0]) > abs(f[2] - f[1]) else (middle, high)
        f = coefficient.at(np.array([low, high]))
        if abs(f[1] - f[0]) > max(0.5 * steps[i], LEAST * np.ptp(y)):
            found.append(float(f"{high:.13g}"))
    return [p for p in found if axis.basis.lower < p < axis.basis.upper]
