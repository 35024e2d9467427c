"""The time that the stream takes to pass a span, as a sum of products: how far test functions lean.

tau = (sum_d rate_d^2)^(-1/2) over the axes d of space and time that the stream or diffusion acts
along, with rate_d = 2 |b_d| / (h_d xi(Pe_d)), Pe_d = |b_d| h_d / (2 k_d), xi(Pe) = coth Pe - 1/Pe:
in one dimension the choice that is exact at the breaks of straight pieces. Source: Brooks & Hughes,
Comput. Methods Appl. Mech. Eng. 32 (1982); the sum of squares: Shakib, Hughes & Johan, ibid. 89
(1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from ..axes import ProblemAxis
from ..coefficients import Coefficient
from ..forms import Factor, FormAxis, Product
from ..separate import split

Floats = NDArray[np.float64]
ERROR = 0.05  # relative, of tau in the mean: the solution keeps its order whatever it is
MOST_VALUES = 1_000_000  # of tau on its grid
POINTS, FEWEST = 17, 5  # along a parameter
WIDE = 8.0  # times: a parameter whose ends differ more is looked at in even steps of its logarithm
SMALL = 1e-3  # Peclet numbers below it count as 0


@dataclass(frozen=True, eq=False)
class Stream:
    """Terms b_d of the velocity and k_d of the diffusion, by axis."""

    axes: tuple[ProblemAxis, ...]
    velocity: dict[FormAxis, list[Product]] = field(default_factory=dict)
    diffusion: dict[FormAxis, list[Product]] = field(default_factory=dict)

    @property
    def along(self) -> list[ProblemAxis]:
        """The axes that the stream or diffusion acts along."""
        return [a for a in self.axes if a in self.velocity or a in self.diffusion]


def intrinsic_time(stream: Stream) -> list[Product]:
    """tau as a sum of products: constant on every span of space and time, smooth in parameters."""
    axes = [a for a in stream.axes if _matters(stream, a)]
    points = _points(axes)
    values = _times(stream, axes, points)
    if not axes:
        return [Product(float(values))] if values > 0 else []
    if values.max(initial=0.0) <= 0.0:
        return []
    return [_product(axes, points, columns) for columns in _separated(values)]


def largest_peclet(stream: Stream) -> float:
    """The largest |b_d| h_d / (2 k_d) of a span over the axes d of space; 0 without a stream."""
    axes = [a for a in stream.axes if _matters(stream, a)]
    points = _points(axes)
    found = 0.0
    for axis in stream.along:
        if axis.role == "space" and axis in stream.velocity:
            b, k, h = _local(stream, axis, axes, points)
            with np.errstate(divide="ignore", invalid="ignore"):
                found = max(found, float(np.nan_to_num(b * h / (2.0 * k), posinf=np.inf).max()))
    return found


def _matters(stream: Stream, axis: ProblemAxis) -> bool:
    """Whether tau depends on the axis: by its spans or by a coefficient."""
    every = [p for d in (stream.velocity, stream.diffusion) for ps in d.values() for p in ps]
    if any(axis in p.factors and p.factors[axis].coefficient is not None for p in every):
        return True
    width = np.diff(axis.basis.breaks)
    return axis in stream.along and bool(np.ptp(width) > 1e-9 * width.max())


def _points(axes: Sequence[ProblemAxis]) -> list[Floats]:
    count = POINTS
    while True:
        found = [_along(a, count) for a in axes]
        if count <= FEWEST or np.prod([len(p) for p in found], dtype=float) <= MOST_VALUES:
            return found
        count -= 2


def _along(axis: ProblemAxis, count: int) -> Floats:
    """The middle of every span; along a parameter so many points."""
    if axis.role != "parameter":
        return np.asarray((axis.basis.breaks[1:] + axis.basis.breaks[:-1]) / 2)
    lower, upper = axis.basis.lower, axis.basis.upper
    if lower > 0 and upper > WIDE * lower:
        return np.geomspace(lower, upper, count)
    return np.linspace(lower, upper, count)


def _times(stream: Stream, axes: Sequence[ProblemAxis], points: Sequence[Floats]) -> Floats:
    """tau on the grid of points."""
    square = np.zeros([len(p) for p in points])
    for axis in stream.along:
        square = square + _rate(*_local(stream, axis, axes, points)) ** 2
    with np.errstate(divide="ignore"):
        tau = 1.0 / np.sqrt(square)
    finite = np.isfinite(tau)
    return np.where(finite, tau, tau[finite].max(initial=0.0))


def _local(
    stream: Stream, axis: ProblemAxis, axes: Sequence[ProblemAxis], points: Sequence[Floats]
) -> tuple[Floats, Floats, Floats]:
    """|b_d|, |k_d| and h_d, to be broadcast over the grid."""
    width = np.diff(axis.basis.breaks)
    h = _spread(axes, axis, width) if axis in axes else np.asarray(width[0])
    b, k = (
        np.abs(sum((_value(p, axes, points) for p in terms.get(axis, [])), np.zeros(())))
        for terms in (stream.velocity, stream.diffusion)
    )
    return b, k, h


def _rate(b: Floats, k: Floats, h: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        peclet = np.where(k > 0, b * h / (2.0 * k), np.inf)
        lean = 1.0 / np.tanh(peclet) - 1.0 / peclet
        return np.where(peclet > SMALL, 2.0 * b / (h * lean), 12.0 * k / h**2)


def _value(product: Product, axes: Sequence[ProblemAxis], points: Sequence[Floats]) -> Floats:
    found = np.asarray(product.scale)
    for axis, factor in product.factors.items():
        if factor.coefficient is not None:
            d = next(i for i, a in enumerate(axes) if a is axis)
            found = found * _spread(axes, axis, factor.coefficient.at(points[d]))
    return found


def _spread(axes: Sequence[ProblemAxis], axis: FormAxis, values: Floats) -> Floats:
    """Values along one axis, to be broadcast over all."""
    return values.reshape([-1 if a is axis else 1 for a in axes])


def _separated(values: Floats) -> list[list[Floats]]:
    """Columns of a sum of products that is within `ERROR` of the values nearly everywhere in
    relative terms: the part that is one product of them is divided out first."""
    logs = np.log(values)
    means = [
        np.exp(logs.mean(axis=tuple(i for i in range(values.ndim) if i != d)) - logs.mean())
        for d in range(values.ndim)
    ]
    means[0] = means[0] * np.exp(logs.mean())
    rest = values / reduce(np.multiply.outer, means)
    allowed = ERROR * float(np.linalg.norm(rest)) / values.ndim
    return [[c * m for c, m in zip(cs, means, strict=True)] for cs in split(rest, allowed)]


def _product(
    axes: Sequence[ProblemAxis], points: Sequence[Floats], columns: Sequence[Floats]
) -> Product:
    return Product(
        factors={
            a: Factor(coefficient=_interpolated(a, p, c))
            for a, p, c in zip(axes, points, columns, strict=True)
        }
    )


def _interpolated(axis: ProblemAxis, points: Floats, values: Floats) -> Coefficient:
    if axis.role != "parameter":
        return Coefficient(lambda s: values[axis.basis.locate(s)[0]])
    curve = PchipInterpolator(points, values)
    return Coefficient(lambda s: np.asarray(curve(s)))
