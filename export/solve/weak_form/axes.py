"""Axes of a problem: a basis, its quadrature, and the boundary rows that are held at zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import Parameter, signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sna_edge.core.axis import Axis
from sna_edge.core.basis import SpanBasis, bspline, levels, periodic_bspline, uniform_breaks

from .coefficients import tabulated
from .errors import ProblemError
from .forms import Expression, Factor, Product, coefficient, of_numpy
from .integrals import matrix_of, projection_of, vector_of, weights_of

Floats = NDArray[np.float64]

# Gauss points per span beyond p + 1: integrates coefficients of degree 6 exactly beside B_i B_j
EXTRA_POINTS = 3
ROUNDED = 1e-9  # of an axis: a point that far beyond an end is the end
USUAL_SPANS, PARAMETER_SPANS = 16, 4  # where no mesh is stated


@dataclass(frozen=True, eq=False)
class ProblemAxis:
    """phi(x) = sum_i B_i(x) C[i]; rows at the ends named in `zero` are held at 0 (homogeneous
    Dirichlet).

    Shapes: nodes [Q], weights [Q], free map E [n_rows, n_d] with n_d free coefficients.
    An axis is also the expression of its own coordinate: `speed * d(u, x) * v`. `stated`: whoever
    wrote the problem chose the mesh, so that no solve refines it. `repeated`: breaks that count
    more than once (`bspline`).
    """

    name: str
    unit: str
    basis: SpanBasis
    role: str = "space"
    zero: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()
    stated: bool = True
    repeated: Mapping[float, int] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> Floats:
        """Gauss points [Q], p + 4 in every span."""
        return self._quadrature[0]

    @cached_property
    def weights(self) -> Floats:
        """Their weights [Q]: sum_q w_q f(x_q) = int f dx."""
        return self._quadrature[1]

    @cached_property
    def _quadrature(self) -> tuple[Floats, Floats]:
        return self.basis.nodes(self.basis.degree + 1 + EXTRA_POINTS)

    @cached_property
    def free(self) -> sparse.csr_array:
        """E [n_rows, n_d]: rows = E @ free coefficients; drops held rows and ties ghost rows of
        periodic axes."""
        tie = self.basis.tie
        columns = np.unique(tie)
        held = [0] * ("lower" in self.zero) + [len(columns) - 1] * ("upper" in self.zero)
        keep = np.setdiff1d(columns, held)
        place = np.full(len(columns), -1)
        place[keep] = np.arange(len(keep))
        rows = np.flatnonzero(place[tie] >= 0)
        return sparse.csr_array(
            (np.ones(len(rows)), (rows, place[tie][rows])), shape=(len(tie), len(keep))
        )

    @cached_property
    def _designs(self) -> dict[int, sparse.csr_array]:
        return {}

    def sparse_design(self, nu: int = 0, points: ArrayLike | None = None) -> sparse.csr_array:
        """B_j^(nu)(points) [Q, n_rows], at the quadrature nodes by default: these are kept, since
        every term of a problem asks for them."""
        if points is None:
            if nu not in self._designs:
                self._designs[nu] = self.sparse_design(nu, self.nodes)
            return self._designs[nu]
        x = np.atleast_1d(np.asarray(points, dtype=float))
        span, local = self.basis.values(x, nu)
        p1 = self.basis.degree + 1
        columns = self.basis.first_row[span][:, None] + np.arange(p1)
        pointer = np.arange(0, len(x) * p1 + 1, p1)
        return sparse.csr_array(
            (local.reshape(-1), columns.reshape(-1), pointer), shape=(len(x), self.basis.n_rows)
        )

    @property
    def n_rows(self) -> int:
        """Rows of its table."""
        return self.basis.n_rows

    def places(self, place: float | str | None) -> Floats:
        """The points of an integral over the axis (None), or at one point of it."""
        return self.nodes if place is None else np.array([float(place)])

    def weighed(self, factor: Factor) -> Floats:
        """Weights of the points of a factor's integral, times its coefficient."""
        return weights_of(self, factor)

    def tested(self, factor: Factor) -> sparse.csr_array:
        """What of the test function a load is multiplied with, at those points [Q, n_rows]."""
        return self.sparse_design(factor.test, None if factor.end is None else [factor.end])

    def matrix(self, factor: Factor) -> sparse.csr_array:
        """int c B_i^(test) B_j^(trial) of a factor of a term, [n_rows, n_rows]."""
        return matrix_of(self, factor)

    def vector(self, factor: Factor) -> Floats:
        """int c B_i^(test) of a factor of a load, [n_rows]."""
        return vector_of(self, factor)

    def projected(self, factors: Sequence[Factor], mass: sparse.csr_array) -> Floats:
        """Rows of the factors of a lift, [n_rows, L]."""
        return projection_of(self, factors, mass)

    def metric(self) -> Floats:
        """sqrt(int B_i) [n_rows]: rows times it have about the L2 norm of the function."""
        return np.sqrt(np.asarray(self.sparse_design().T @ self.weights))

    def need_held(self, matrices: Sequence[sparse.csr_array]) -> None:
        """Nothing: a part has motions that must be held."""

    def derivative(self, order: int | str) -> int:
        """`order` itself. Raises ProblemError above the degree."""
        if isinstance(order, str) or order > self.basis.degree:
            raise ProblemError(
                f"derivative {order} along {self.name!r} needs degree >= {order}, it has"
                f" {self.basis.degree}"
            )
        return order

    def on(self, where: str | float) -> Expression:
        """Restricts the integral to an end or to a coordinate. Raises ProblemError outside."""
        lower, upper = self.basis.lower, self.basis.upper
        point, width = self.end(where) if isinstance(where, str) else float(where), upper - lower
        if not lower <= point <= upper and lower - point <= ROUNDED * width >= point - upper:
            point = min(max(point, lower), upper)
        if not lower <= point <= upper:
            raise ProblemError(
                f"{point:g} lies outside axis {self.name!r} [{lower:g}, {upper:g}]; move it inside"
            )
        return Expression((Product(factors={self: Factor(end=point)}),))

    def halved(self) -> ProblemAxis:
        """Every span cut into two equal ones; component axes as they are."""
        if self.role == "component":
            return self
        breaks = self.basis.breaks
        return self.on_breaks(
            np.insert(breaks, np.arange(1, len(breaks)), (breaks[:-1] + breaks[1:]) / 2)
        )

    def end(self, which: str) -> float:
        """Coordinate of the end `lower` or `upper`."""
        if which not in ("lower", "upper"):
            raise ProblemError(f"axis {self.name!r} has no end {which!r}; use 'lower' or 'upper'")
        return self.basis.lower if which == "lower" else self.basis.upper

    def function(
        self, f: Callable[[Floats], ArrayLike] | tuple[ArrayLike, ArrayLike]
    ) -> Expression:
        """The coefficient f(x) as an expression; f is a function on arrays, or a measured table
        (places, values), whose rows straight lines connect. Raises ProblemError when f takes
        several coordinates, and for a table that does not fit."""
        if isinstance(f, tuple) and len(f) == 2:
            return coefficient(self, tabulated(*f, self.name, self.basis))
        if _required(f) > 1:
            raise ProblemError(
                "a function of several coordinates is not a product of one-dimensional ones (axis"
                f" {self.name!r}); compress it first with separate(function, axes, tolerance)"
            )
        return coefficient(self, f)

    def on_breaks(
        self, breaks: ArrayLike, repeated: Mapping[float, int] | None = None
    ) -> ProblemAxis:
        """The same axis with another mesh; breaks that are repeated stay so, or those given are."""
        points = np.asarray(breaks, dtype=float)
        if self.basis.kind == "periodic":
            return replace(self, basis=periodic_bspline(points, self.basis.degree))
        named = self.repeated if repeated is None else repeated
        kept = {b: m for b, m in named.items() if b in points[1:-1]}
        basis = bspline(points, self.basis.degree, kept)
        return replace(self, basis=basis, repeated=kept)

    def exported(self) -> Axis:
        """The same axis for a Model."""
        return Axis(self.name, self.unit, self.basis, self.labels)

    def __array_ufunc__(self, ufunc: Any, how: str, *inputs: object, **options: object) -> object:
        """An axis in numpy's functions, as in sums and products, is its coordinate."""
        return of_numpy(ufunc, how, inputs, options)

    @property
    def coordinate(self) -> Expression:
        """x_d as an expression."""
        return self.function(lambda x: x)

    def __add__(self, other: object) -> Expression:
        return self.coordinate + other

    __radd__ = __add__

    def __sub__(self, other: object) -> Expression:
        return self.coordinate - other

    def __rsub__(self, other: object) -> Expression:
        return -self.coordinate + other

    def __mul__(self, other: object) -> Expression:
        return self.coordinate * other

    __rmul__ = __mul__

    def __neg__(self) -> Expression:
        return -self.coordinate

    def __truediv__(self, other: object) -> Expression:
        return self.coordinate / other

    def __rtruediv__(self, other: object) -> Expression:
        return other / self.coordinate

    def __pow__(self, exponent: float) -> Expression:
        return self.coordinate**exponent


def _required(f: Callable[..., object]) -> int:
    try:
        parameters = signature(f).parameters.values()
    except (TypeError, ValueError):
        return 1
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is Parameter.empty for p in parameters)


def _zero(ends: str | None) -> frozenset[str]:
    known = {None: (), "lower": ("lower",), "upper": ("upper",), "both": ("lower", "upper")}
    if ends not in known:
        raise ProblemError(f"zero={ends!r} names no end; use 'lower', 'upper', 'both' or None")
    return frozenset(known[ends])


def _breaks(
    name: str,
    lower: float,
    upper: float,
    spans: int | None,
    breaks: ArrayLike | None,
    usual: int,
) -> Floats:
    """The breaks of an axis: as given, or equal spans, `usual` of them where none are asked for."""
    if breaks is not None:
        return np.asarray(breaks, dtype=float)
    count = usual if spans is None else spans
    if count < 1 or count != int(count):
        raise ProblemError(f"axis {name!r} has spans={count}; give a whole number, 1 or more")
    if not lower < upper:
        raise ProblemError(
            f"axis {name!r} reaches from {lower:g} to {upper:g}; its lower end must lie below its"
            " upper one"
        )
    return uniform_breaks(lower, upper, int(count))


def _stated(spans: int | None, breaks: ArrayLike | None) -> bool:
    return spans is not None or breaks is not None


def space(
    name: str,
    lower: float = 0.0,
    upper: float = 1.0,
    *,
    spans: int | None = None,
    degree: int = 3,
    unit: str = "m",
    zero: str | None = None,
    breaks: ArrayLike | None = None,
    periodic: bool = False,
) -> ProblemAxis:
    """A space axis; `zero` holds an end at 0, `breaks` grades the mesh, `periodic` joins the
    ends.

    The unknown along it is a spline of `degree` on `spans` equal spans of [lower, upper] in `unit`.
    Raises ProblemError when an axis is periodic and held.

    >>> from sna_export.solve import space
    >>> x = space("x", 0.0, 2.0, spans=8, degree=3, zero="lower")
    >>> x.basis.n_rows, x.free.shape[1]  # rows of its table, and those that are not held
    (11, 10)
    """
    points = _breaks(name, lower, upper, spans, breaks, USUAL_SPANS)
    if periodic and zero:
        raise ProblemError(
            f"axis {name!r} is periodic and has no ends to hold at zero; drop zero={zero!r}"
        )
    basis = periodic_bspline(points, degree) if periodic else bspline(points, degree)
    return ProblemAxis(name, unit, basis, "space", _zero(zero), stated=_stated(spans, breaks))


def time_axis(
    name: str = "t",
    lower: float = 0.0,
    upper: float = 1.0,
    *,
    spans: int | None = None,
    degree: int = 3,
    unit: str = "s",
    breaks: ArrayLike | None = None,
) -> ProblemAxis:
    """A time axis in `unit`: the unknown starts at 0 (a non-zero initial condition goes into the
    problem's `lift`).

    >>> from sna_export.solve import time_axis
    >>> t = time_axis("t", 0.0, 0.5, spans=8)
    >>> sorted(t.zero)
    ['lower']
    """
    basis = bspline(_breaks(name, lower, upper, spans, breaks, USUAL_SPANS), degree)
    return ProblemAxis(name, unit, basis, "time", _zero("lower"), stated=_stated(spans, breaks))


time = time_axis
"""The name that it had, which hides the standard module."""


def parameter(
    name: str,
    lower: float,
    upper: float,
    *,
    spans: int | None = None,
    degree: int = 3,
    unit: str = "",
    breaks: ArrayLike | None = None,
) -> ProblemAxis:
    """A parameter axis in `unit`: no derivative acts on it; in a product it is its own value.

    >>> from sna_export.solve import parameter
    >>> k = parameter("conductivity", 10.0, 30.0, unit="W/(m K)")
    >>> (k + 273.15).axes == {k}
    True
    """
    basis = bspline(_breaks(name, lower, upper, spans, breaks, PARAMETER_SPANS), degree)
    return ProblemAxis(name, unit, basis, "parameter", stated=_stated(spans, breaks))


def component(name: str, labels: Sequence[str]) -> ProblemAxis:
    """The axis of a vector unknown: one level per component, picked by `u[label]`.

    >>> from sna_export.solve import component, unknown
    >>> u = unknown(component("component", ("deflection", "rotation")))
    >>> slope = u["rotation"]
    """
    return ProblemAxis(name, "", levels(len(labels)), "component", frozenset(), tuple(labels))
