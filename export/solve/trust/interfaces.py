"""Places where a coefficient jumps or bends, and the solution has a kink: its mesh has a repeated
break there.

A solution is smoother than a coefficient by the order of the derivatives that stand on it: along x
by one for the operator, by two for the load; in time by one; along a parameter by none. Splines of
degree p are s times smooth across a break that counts p - s times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..weak_form.axes import ProblemAxis
from ..weak_form.coefficients import Coefficient
from ..weak_form.forms import Product
from ..weak_form.problem import Problem

Floats = NDArray[np.float64]
SAMPLES = 2049  # points of an axis at which a coefficient is looked at
STEEP = 30.0  # times the usual step between samples: what may be a jump
LEAST = 1e-3  # of the range of the coefficient: smaller jumps are left to refinement
SHARP = 30.0  # times the second differences beside it: what may be a bend
BESIDE = 4  # samples to each side of a bend with which it is compared
CLOSER = 0.02  # of the step: samples that place a bend
ALIKE = 1e-9  # of the axis: places that close are one
FAINT = 1e-9  # of the range: second differences below are rounding
MOST, MOST_BENDS = 12, 100  # jumps and bends of one axis
BISECTIONS = 45
JUMP, BEND = -1, 0  # how often a coefficient is smooth there


def with_interfaces(problem: Problem, axis: ProblemAxis) -> ProblemAxis:
    """The axis with breaks where coefficients jump or bend, as often as the solution needs it;
    breaks that lie close to one give way to it."""
    found = missing(problem, axis)
    if not found:
        return axis
    breaks, width = axis.basis.breaks, np.diff(axis.basis.breaks).min()
    keep = np.array([min(abs(b - p) for p in found) > 0.25 * width for b in breaks])
    keep[[0, -1]] = True
    merged = np.unique(np.r_[breaks[keep], list(found)])
    return axis.on_breaks(merged, {**axis.repeated, **found})


def missing(problem: Problem, axis: ProblemAxis) -> dict[float, int]:
    """Places where the solution is less smooth than splines on the axis, and how often a break
    must count there."""
    if axis.role in ("component", "mesh") or axis.basis.kind == "periodic" or not axis.basis.degree:
        return {}
    gain = {"parameter": (0, 0), "time": (1, 1)}.get(axis.role, (1, 2))
    found: dict[float, int] = {}
    for form, more in zip((problem.operator, problem.load), gain, strict=True):
        for seek, smooth, most in ((_jumps_of, JUMP, MOST), (_bends_of, BEND, MOST_BENDS)):
            places = _sought(form.products, axis, seek)
            often = min(max(axis.basis.degree - smooth - more, 1), axis.basis.degree)
            if len(places) <= most:
                found |= {p: max(often, found.get(p, 0)) for p in places}
    return {p: m for p, m in _apart(found, axis).items() if _counts(axis, p) < m}


def _counts(axis: ProblemAxis, place: float) -> int:
    """How often a break of the axis counts, 0 for none."""
    return axis.repeated.get(place, int(place in axis.basis.breaks))


def _apart(found: dict[float, int], axis: ProblemAxis) -> dict[float, int]:
    """Places that differ by rounding are one."""
    near, kept = ALIKE * (axis.basis.upper - axis.basis.lower), dict[float, int]()
    for place in sorted(found):
        same = next((p for p in kept if abs(p - place) <= near), place)
        kept[same] = max(kept.get(same, 0), found[place])
    return kept


def _sought(
    products: Sequence[Product],
    axis: ProblemAxis,
    seek: Callable[[Coefficient, ProblemAxis], list[float]],
) -> list[float]:
    """What `seek` finds in the coefficients on the axis, inside it."""
    factors = (p.factors.get(axis) for p in products)
    given = dict.fromkeys(f.coefficient for f in factors if f is not None)
    places = [p for c in given if c is not None for p in seek(c, axis)]
    return [p for p in dict.fromkeys(places) if axis.basis.lower < p < axis.basis.upper]


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
    return found


def _bends_of(coefficient: Coefficient, axis: ProblemAxis) -> list[float]:
    """Those that the coefficient names, else where second differences stand out."""
    if coefficient.bends:
        return list(coefficient.bends)
    x = np.linspace(axis.basis.lower, axis.basis.upper, SAMPLES)
    y = coefficient.at(x)
    if not np.all(np.isfinite(y)):
        return []
    turn = np.abs(np.diff(y, 2))
    least = max(FAINT * float(np.ptp(y)), 1e-300)
    found = []
    for i in np.flatnonzero(turn > least):
        if i < BESIDE or i > len(turn) - 1 - BESIDE or turn[i] < turn[i - 1 : i + 2].max():
            continue
        beside = np.r_[turn[i - BESIDE : i - 1], turn[i + 2 : i + 1 + BESIDE]]
        if turn[i] > SHARP * max(beside.max(), least):
            found.append(_placed(coefficient, x[i + 1], x[1] - x[0]))
    return [p for p in found if np.isfinite(p)]


def _placed(coefficient: Coefficient, place: float, step: float) -> float:
    """The bend near a sample, from samples that are finer twice; NaN where there is none."""
    for finer in (1.0, CLOSER, CLOSER * CLOSER):
        x = place + step * finer * np.arange(-3.0, 4.0)
        place = _crossing(x, coefficient.at(x)) if np.isfinite(place) else place
    return float(f"{place:.11g}")


def _crossing(x: Floats, y: Floats) -> float:
    """Where the parabolas through the first and the last three of seven samples meet, near the
    middle; NaN where they do not, as at a jump."""
    middle, step = x[3], x[1] - x[0]
    if not np.all(np.isfinite(y)):
        return float("nan")
    left, right = (np.polyfit((x[s] - middle) / step, y[s], 2) for s in (slice(3), slice(4, 7)))
    roots = np.roots(np.trim_zeros(left - right, "f"))
    near = roots[(np.abs(roots.imag) < 1e-9) & (np.abs(roots.real) <= 1.0 + 1e-6)].real
    if not len(near):
        return float("nan")
    return float(middle + step * near[np.argmin(np.abs(near))])
