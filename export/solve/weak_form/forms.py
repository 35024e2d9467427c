"""Weak forms as expressions: sums of products of one-dimensional factors.

>>> from sna_export.solve import d, space, test_function, time_axis, unknown
>>> x, t = space("x", 0.0, 1.0, zero="both"), time_axis("t", 0.0, 0.1)
>>> u, v = unknown(), test_function()
>>> weak = d(u, t) * v + d(u, x) * d(v, x)        # int u_t v + u_x v_x
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.core.basis import SpanBasis

from .coefficients import Coefficient, interpolated
from .errors import ProblemError
from .fields import Sampled

Floats = NDArray[np.float64]


class FormAxis(Protocol):
    """What an expression asks of an axis: name, basis, quadrature nodes [Q], component labels, its
    coordinate as an expression, and where its ends are."""

    @property
    def name(self) -> str:
        """The name by which queries give it."""

    @property
    def basis(self) -> SpanBasis:
        """B_i, i = 0 .. n_rows - 1."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the components, of a component axis."""

    @property
    def nodes(self) -> Floats:
        """Quadrature points [Q]."""

    @property
    def coordinate(self) -> Expression:
        """x_d as an expression."""

    def on(self, where: str | float) -> Expression:
        """What restricts an integral to an end, a point or a boundary of the axis."""

    def derivative(self, order: int | str) -> int:
        """The number of a derivative along it. Raises ProblemError for one that it lacks."""


@dataclass(frozen=True, eq=False)
class Factor:
    """The part of a product on one axis: derivative orders of unknown and test, a coefficient, a
    point.

    `pick` = (component of the unknown, component of the test), None where the side is not picked.
    On a part `where` is the name of a boundary, `form` one of all directions together ("grad").
    """

    trial: int = 0
    test: int = 0
    coefficient: Coefficient | None = None
    end: float | None = None
    pick: tuple[int | None, int | None] = (None, None)
    form: str = ""
    where: str = ""

    @property
    def place(self) -> float | str | None:
        """Where the integral is taken: an end or a point, a boundary, None for everywhere."""
        return self.where or self.end

    def __mul__(self, other: Factor) -> Factor:
        pick = tuple(a if b is None else b for a, b in zip(self.pick, other.pick, strict=True))
        parts = [c for c in (self.coefficient, other.coefficient) if c is not None]
        merged = parts[0] * parts[1] if len(parts) == 2 else (parts[0] if parts else None)
        end = other.end if self.end is None else self.end
        return Factor(
            self.trial + other.trial,
            self.test + other.test,
            merged,
            end,
            (pick[0], pick[1]),
            self.form or other.form,
            self.where or other.where,
        )


@dataclass(frozen=True, eq=False)
class Pin:
    """One node of delta(x - position), see `coincide`: `weight` of the node, `first` of them."""

    x: FormAxis
    position: FormAxis
    weight: float
    first: bool


@dataclass(frozen=True, eq=False)
class Product:
    """scale * prod_d factor_d, with or without the unknown u and the test function v; `pin` where
    it stems from `coincide`, `fields` of all axes together, `function` of the unknown
    (`function_of`)."""

    scale: float = 1.0
    factors: Mapping[FormAxis, Factor] = field(default_factory=dict)
    has_trial: bool = False
    has_test: bool = False
    pin: Pin | None = None
    fields: tuple[Sampled, ...] = ()
    function: Any = None

    def __mul__(self, other: Product) -> Product:
        if self.has_trial and other.has_trial:
            raise ProblemError(
                "a product holds the unknown twice; write what it multiplies as"
                " function_of(u, lambda T: T), or linearise the term with newton="
            )
        if self.has_test and other.has_test:
            raise ProblemError("a product holds the test function twice; drop one")
        factors = dict(self.factors)
        for axis, factor in other.factors.items():
            factors[axis] = factors[axis] * factor if axis in factors else factor
        return Product(
            self.scale * other.scale,
            factors,
            self.has_trial or other.has_trial,
            self.has_test or other.has_test,
            self.pin or other.pin,
            self.fields + other.fields,
            _both(self.function, other.function),
        )


def _both(one: Any, other: Any) -> Any:
    return one * other if one is not None and other is not None else one or other


@dataclass(frozen=True, eq=False)
class Expression:
    """A sum of products; +, -, * and scalars as on paper."""

    products: tuple[Product, ...]

    def __array_ufunc__(self, ufunc: Any, how: str, *inputs: object, **options: object) -> object:
        """numpy's functions and scalars: `np.sin(k)`, `np.float64(2) * u`."""
        return of_numpy(ufunc, how, inputs, options)

    def __add__(self, other: object) -> Expression:
        return Expression(self.products + expression(other).products)

    __radd__ = __add__

    def __mul__(self, other: object) -> Expression:
        return Expression(tuple(a * b for a in self.products for b in expression(other).products))

    __rmul__ = __mul__

    def __neg__(self) -> Expression:
        return self * -1.0

    def __sub__(self, other: object) -> Expression:
        return self + expression(other) * -1.0

    def __rsub__(self, other: object) -> Expression:
        return expression(other) - self

    def __truediv__(self, other: object) -> Expression:
        return self * reciprocal(other)

    def __rtruediv__(self, other: object) -> Expression:
        return expression(other) * reciprocal(self)

    def __pow__(self, exponent: float) -> Expression:
        return applied(lambda values: values**exponent, self, f"a power {exponent}")

    @property
    def axes(self) -> set[FormAxis]:
        """All axes that a factor or a function names."""
        named = {axis for product in self.products for axis in product.factors}
        functions = [p.function for p in self.products if p.function is not None]
        return named | {a for f in functions for a in f.axes if _is_axis(a)}


NOTHING = Expression(())
"""The form of no terms."""


@dataclass(frozen=True, eq=False)
class Field(Expression):
    """The unknown or the test function; `u[label]` picks a component on a vector axis."""

    components: FormAxis | None = None

    def __getitem__(self, label: str) -> Expression:
        if self.components is None or label not in self.components.labels:
            raise ProblemError(
                f"{label!r} is not a component; name the components with component(...) and"
                " unknown(axis)"
            )
        index = self.components.labels.index(label)
        pick = (index, None) if self.products[0].has_trial else (None, index)
        return Expression(
            (replace(self.products[0], factors={self.components: Factor(pick=pick)}),)
        )


def unknown(components: FormAxis | None = None) -> Field:
    """u, what is solved for."""
    return Field((Product(has_trial=True),), components)


def test_function(components: FormAxis | None = None) -> Field:
    """v, the test function."""
    return Field((Product(has_test=True),), components)


test_function.__test__ = False  # type: ignore[attr-defined]  # not a test case
test = test_function
"""The name that it had."""


def expression(value: object) -> Expression:
    """Numbers, axes (their coordinate) and expressions as expressions."""
    if isinstance(value, Expression):
        return value
    if _is_axis(value):
        return value.coordinate
    if isinstance(value, Real):
        return Expression((Product(float(value)),))
    raise ProblemError(
        f"{value!r} is not a term of a weak form; use numbers, axes, axis.function(f) and the"
        " fields"
    )


def _is_axis(value: object) -> TypeGuard[FormAxis]:
    return hasattr(type(value), "coordinate")


def applied(f: Callable[[Floats], ArrayLike], inner: object, what: str) -> Expression:
    """f of an expression of one coordinate, or of a number. Raises ProblemError for fields and for
    several coordinates; `what` names f there."""
    found = expression(inner)
    if any(p.has_trial or p.has_test or p.fields or p.function for p in found.products):
        raise ProblemError(
            f"{what} of the unknown or the test function is no term of a weak form; write"
            " function_of(u, f) for a function f of the unknown, or linearise it with newton="
        )
    axes = list(found.axes)
    if not axes:
        return expression(float(np.asarray(f(np.array(sum(p.scale for p in found.products))))))
    if len(axes) > 1:
        raise ProblemError(
            f"{what} of {', '.join(sorted(a.name for a in axes))} together is not a product of"
            " one-dimensional functions; compress it first with separate(function, axes, tolerance)"
        )
    axis = axes[0]
    return coefficient(axis, lambda points: f(_along(found, axis, points)))


def _along(found: Expression, axis: FormAxis, points: Floats) -> Floats:
    """The value of an expression of one axis at points [N]."""
    total_ = np.zeros(points.shape)
    for product in found.products:
        factor = product.factors.get(axis)
        if factor is not None and (factor.end is not None or factor.pick != (None, None)):
            raise ProblemError(
                f"a function of a term that is restricted to a point of {axis.name!r} is no"
                " coefficient; apply the function first, then multiply by on(...)"
            )
        part = None if factor is None else factor.coefficient
        total_ = total_ + product.scale * (1.0 if part is None else part.at(points))
    return total_


def reciprocal(value: object) -> Expression:
    """1 / value of a number or of an expression of one coordinate."""
    if isinstance(value, Real):
        if float(value) == 0.0:
            raise ProblemError("a term is divided by 0; check the number below the line")
        return expression(1.0 / float(value))
    with np.errstate(divide="ignore"):
        return applied(lambda values: 1.0 / values, value, "a quotient")


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "multiply": lambda a, b: expression(a) * b,
    "add": lambda a, b: expression(a) + b,
    "subtract": lambda a, b: expression(a) - b,
    "divide": lambda a, b: expression(a) * reciprocal(b),
    "power": lambda a, b: applied(lambda x: np.power(x, b), a, "a power"),
}


def of_numpy(
    ufunc: Any, how: str, inputs: tuple[object, ...], options: Mapping[str, object]
) -> Expression:
    """What a numpy function makes of expressions and axes. Raises ProblemError for functions of
    several arguments that are no arithmetic."""
    if how == "__call__" and not options:
        if len(inputs) == 1 and ufunc.nout == 1:
            return applied(ufunc, inputs[0], f"np.{ufunc.__name__}")
        if ufunc.__name__ in OPERATORS:
            return expression(OPERATORS[ufunc.__name__](*inputs))
    raise ProblemError(
        f"np.{ufunc.__name__} does not work on terms of a weak form; use axis.function(f) or"
        " separate(function, axes, tolerance)"
    )


def coefficient(axis: FormAxis, f: Callable[[Floats], ArrayLike] | Floats) -> Expression:
    """f(x_d), given as a function or as its values [Q] at the nodes of the axis. Raises
    ProblemError where it is not finite."""
    if callable(f):
        found = Coefficient(f, tuple(getattr(f, "bends", ())))
    else:
        values = np.broadcast_to(np.asarray(f, dtype=float), axis.nodes.shape)
        found = interpolated(axis.basis, axis.nodes, values)
    if not np.all(np.isfinite(found.at(axis.nodes))):
        raise ProblemError(
            f"a coefficient on axis {axis.name!r} is not finite at the quadrature nodes; move its"
            " singularity"
        )
    return Expression((Product(factors={axis: Factor(coefficient=found)}),))


def d(field_: Expression, axis: FormAxis, order: int | str = 1) -> Expression:
    """The derivative of `order` of the unknown or of the test function along `axis`; on a part
    `order` names a coordinate, "x". Raises ProblemError for what is no axis or no field, and for an
    order above the axis's degree.

    >>> from sna_export.solve import d, space, test_function, unknown
    >>> x, u, v = space("x"), unknown(), test_function()
    >>> stiffness = d(u, x) * d(v, x)  # int u_x v_x
    >>> len(stiffness.products)
    1
    """
    if not _is_axis(axis):
        raise ProblemError(
            f"d(u, {axis!r}) names no axis; give one made by space(), time_axis() or parameter()"
        )
    return Expression(tuple(_derived(p, axis, order) for p in field_.products))


def _derived(product: Product, axis: FormAxis, order: int | str) -> Product:
    if product.has_trial == product.has_test:
        raise ProblemError(
            "d() takes the unknown or the test function alone; differentiate before multiplying"
        )
    number = axis.derivative(order)
    extra = Factor(trial=number) if product.has_trial else Factor(test=number)
    factors = dict(product.factors)
    factors[axis] = factors.get(axis, Factor()) * extra
    return replace(product, factors=factors)


def on(axis: FormAxis, where: str | float) -> Expression:
    """Restricts the integral to a point of `axis`: an end ("lower", "upper") or a coordinate; on a
    part to a boundary, by its name.

    Neumann loads `q * v * on(x, "upper")`, Robin terms `h * u * v * on(x, "upper")`, point loads `F
    * v * on(x, 0.3)`. Raises ProblemError for a point outside the axis.

    >>> from sna_export.solve import on, space, test_function
    >>> flux = 5.0 * test_function() * on(space("x"), "upper")
    """
    return axis.on(where)


def coincide(x: FormAxis, position: FormAxis) -> Expression:
    """delta(x - position): a point load whose place is a parameter, int v(x = a, a) da; exact for
    the two bases."""
    nodes, weights = position.basis.nodes(x.basis.degree + position.basis.degree, x.basis.breaks)
    return Expression(
        tuple(
            _pinned(x, position, float(a), float(w), i == 0)
            for i, (a, w) in enumerate(zip(nodes, weights, strict=True))
        )
    )


def _pinned(x: FormAxis, position: FormAxis, place: float, weight: float, first: bool) -> Product:
    """weight * delta at x = place, position = place."""
    factors = {x: Factor(end=place), position: Factor(end=place)}
    return Product(weight, factors, pin=Pin(x, position, weight, first))


def total(expressions: Iterable[Expression]) -> Expression:
    """The sum of all of them."""
    return Expression(tuple(p for e in expressions for p in e.products))
