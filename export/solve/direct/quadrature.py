"""Terms with functions of the unknown on the tensor grid of quadrature points of a few axes: their
residual and its derivative, one axis after the other (sum factorisation).

Smooth splines need few points: p - 1 in a span, half as many as usual on every axis and on three
axes an eighth of the work. Source of the idea: Hughes, Reali & Sangalli, Efficient quadrature for
NURBS-based isogeometric analysis, Comput. Methods Appl. Mech. Eng. 199 (2010).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..solvers.tensor_system import Matrix
from ..weak_form.axes import ProblemAxis
from ..weak_form.forms import Factor, Product
from .factor import along

Floats = NDArray[np.float64]
Orders = tuple[int, ...]
"""Orders of a derivative, one per axis."""
Ends = tuple[float | None, ...]
"""The point at which each axis is held, None where its whole length counts."""

MANY_SPANS = 8  # of a smooth axis: from there on p - 1 points in a span hold all splines


def points_of(axis: ProblemAxis) -> tuple[Floats, Floats]:
    """Gauss points and weights of an axis: p - 1 in a span of a smooth one, else p + 1."""
    p, basis = axis.basis.degree, axis.basis
    smooth = p >= 3 and basis.n_spans >= MANY_SPANS and not axis.repeated
    return basis.nodes(p - 1 if smooth else p + 1)


@dataclass
class Place:
    """A grid of points: the whole box, or what `ends` leaves of it.

    `maps` [n_rows, n_d] give table rows from coefficients, `lift` the lift's table rows [n_rows, L]
    per axis.
    """

    axes: Sequence[ProblemAxis]
    maps: Sequence[Matrix]
    lift: Sequence[Floats]
    ends: Ends
    points: list[Floats] = field(init=False)
    weights: list[Floats] = field(init=False)

    def __post_init__(self) -> None:
        held = zip(self.axes, self.ends, strict=True)
        grid = [points_of(a) if e is None else (np.array([e]), np.ones(1)) for a, e in held]
        self.points, self.weights = [p for p, _ in grid], [w for _, w in grid]
        self._designs: dict[tuple[int, int], Any] = {}

    def weight(self, product: Product) -> Floats:
        """The product's scale and coefficients times the quadrature weights, on the grid."""
        found = np.full((1,) * len(self.axes), product.scale)
        for d, axis in enumerate(self.axes):
            c = product.factors.get(axis, Factor()).coefficient
            line = self.weights[d] if c is None else self.weights[d] * c.at(self.points[d])
            found = found * _line(line, d, len(self.axes))
        return found

    def coordinates(self, axes: Iterable[Any]) -> list[Floats]:
        """Those of some axes on the grid, broadcastable; numbers stay what they are."""
        places = {a: _line(p, d, len(self.axes)) for d, (a, p) in enumerate(self._named())}
        return [np.asarray(a) if isinstance(a, float) else places[a] for a in axes]

    def _named(self) -> Iterable[tuple[ProblemAxis, Floats]]:
        return zip(self.axes, self.points, strict=True)

    def spread(self, found: Floats, orders: Iterable[Orders]) -> dict[Orders, Floats]:
        """Derivatives of coefficients [n_1, .., n_D] at the points."""
        return self._spread(found, sorted(set(orders)), 0)

    def _spread(self, found: Floats, orders: list[Orders], d: int) -> dict[Orders, Floats]:
        if d == len(self.axes):
            return {(): found}
        out = {}
        for first in sorted({o[0] for o in orders}):
            moved = along(self._design(d, first), found, d)
            rest = self._spread(moved, [o[1:] for o in orders if o[0] == first], d + 1)
            out.update({(first, *o): values for o, values in rest.items()})
        return out

    def gathered(self, fluxes: Mapping[Orders, Floats]) -> Floats:
        """sum of int flux D v for all v: the transpose of `spread`."""
        return self._gathered(dict(fluxes), 0)

    def _gathered(self, fluxes: dict[Orders, Floats], d: int) -> Floats:
        if d == len(self.axes):
            return fluxes[()]
        parts = []
        for first in sorted({o[0] for o in fluxes}):
            rest = {o[1:]: f for o, f in fluxes.items() if o[0] == first}
            parts.append(along(self._design(d, first).T, self._gathered(rest, d + 1), d))
        return sum(parts[1:], parts[0])

    def lifted(self, orders: Orders) -> Floats:
        """A derivative of the lift at the points."""
        found = np.zeros((1,) * len(self.axes))
        for s in range(self.lift[0].shape[1]):
            part = np.ones((1,) * len(self.axes))
            for d, (axis, points) in enumerate(self._named()):
                line = axis.sparse_design(orders[d], points) @ self.lift[d][:, s]
                part = part * _line(line, d, len(self.axes))
            found = found + part
        return found

    def _design(self, d: int, order: int) -> Any:
        """[Q, n_d]: sparse on the first axis, where it is applied to all the others at once."""
        if (d, order) not in self._designs:
            design = self.axes[d].sparse_design(order, self.points[d]) @ self.maps[d]
            self._designs[d, order] = design.tocsr() if d == 0 else design.toarray()
        return self._designs[d, order]


def _line(values: Floats, d: int, count: int) -> Floats:
    return values.reshape([-1 if i == d else 1 for i in range(count)])


class Terms:
    """Products with functions of the unknown, (product, sign) each, at one place."""

    def __init__(self, place: Place, products: Sequence[tuple[Product, float]]) -> None:
        self.place, self.products = place, products
        axes = place.axes
        self.trial = [tuple(p.factors.get(a, Factor()).trial for a in axes) for p, _ in products]
        self.test = [tuple(p.factors.get(a, Factor()).test for a in axes) for p, _ in products]
        self.still: Orders = (0,) * len(axes)
        self.orders = [self.still, *self.trial]
        self.lift = {o: place.lifted(o) for o in set(self.orders)}
        self.weights = [sign * place.weight(p) for p, sign in products]

    def around(self, found: Floats) -> tuple[Floats, Slopes]:
        """The residual of coefficients [n_1, .., n_D], and its derivative there."""
        values = self.place.spread(found, self.orders)
        values = {o: v + self.lift[o] for o, v in values.items()}
        fluxes: dict[Orders, Floats] = {}
        slopes: dict[tuple[Orders, Orders], Floats] = {}
        known: dict[int, tuple[Floats, Floats]] = {}
        for (product, _), weight, trial, test in zip(
            self.products, self.weights, self.trial, self.test, strict=True
        ):
            f = product.function
            if id(f) not in known:
                at = [values[self.still], *self.place.coordinates(f.axes)]
                known[id(f)] = (f.value(*at), f.slope(*at))
            value, slope = known[id(f)]
            one = values[trial] if product.has_trial else 1.0
            _add(fluxes, test, weight * value * one)
            _add(slopes, (test, self.still), weight * slope * one)
            if product.has_trial:
                _add(slopes, (test, trial), weight * value)
        return self.place.gathered(fluxes), Slopes(self.place, slopes)

    def range_of(self, found: Floats) -> tuple[float, float]:
        """The least and the largest value of the unknown at the points."""
        values = self.place.spread(found, [self.still])[self.still] + self.lift[self.still]
        return float(values.min()), float(values.max())


@dataclass(frozen=True)
class Slopes:
    """The derivative of the residual at one place: (derivative of v, of the move) -> factor."""

    place: Place
    factors: Mapping[tuple[Orders, Orders], Floats]

    def __call__(self, move: Floats) -> Floats:
        """Applied to a move [n_1, .., n_D]."""
        values = self.place.spread(move, [trial for _, trial in self.factors])
        fluxes: dict[Orders, Floats] = {}
        for (test, trial), factor in self.factors.items():
            _add(fluxes, test, factor * values[trial])
        return self.place.gathered(fluxes)


def _add(into: dict[Any, Floats], key: Any, part: Floats) -> None:
    into[key] = part if key not in into else into[key] + part
