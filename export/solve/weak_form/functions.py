"""Functions of the unknown in a weak form: k(T), c(T), radiation, sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from .coefficients import rows_of, shaped
from .errors import ProblemError
from .forms import Expression, Field, FormAxis, Product

Floats = NDArray[np.float64]
IMAGINARY = 1e-30  # of a complex step, times the size of the argument
DIFFERENCE = 6e-6  # of a central difference: the cube root of the rounding
LOOKED_AT = 64  # values at which a complex step is compared with a difference
AGREED = 0.9  # of them must agree: near kinks differences are wrong


@dataclass(frozen=True, eq=False)
class OfUnknown:
    """f(u, x_1, ..) and df/du, values [N] to values [N]; `axes` are those of the coordinates,
    numbers where these are held."""

    value: Callable[..., Floats]
    slope: Callable[..., Floats]
    axes: tuple[Any, ...] = ()

    def moved(self, where: Mapping[Any, Any]) -> OfUnknown:
        """The same with every axis replaced by what stands for it: an axis, or a number."""
        found = tuple(a if isinstance(a, float) else where.get(a, a) for a in self.axes)
        return replace(self, axes=tuple(float(a) if isinstance(a, Real) else a for a in found))

    def weakened(self, share: float) -> OfUnknown:
        """f(0) + share (f - f(0))."""

        def value(u: Floats, *x: Floats) -> Floats:
            still = self.value(np.zeros_like(u), *x)
            return still + share * (self.value(u, *x) - still)

        return replace(self, value=value, slope=lambda u, *x: share * self.slope(u, *x))

    def __mul__(self, other: OfUnknown) -> OfUnknown:
        a, b, n = self, other, len(self.axes)

        def value(u: Floats, *x: Floats) -> Floats:
            return a.value(u, *x[:n]) * b.value(u, *x[n:])

        def slope(u: Floats, *x: Floats) -> Floats:
            left, right = x[:n], x[n:]
            return a.slope(u, *left) * b.value(u, *right) + a.value(u, *left) * b.slope(u, *right)

        return OfUnknown(value, slope, a.axes + b.axes)


def function_of(
    u: Field,
    f: Callable[..., ArrayLike] | tuple[ArrayLike, ArrayLike],
    *axes: FormAxis,
    derivative: Callable[..., ArrayLike] | None = None,
) -> Expression:
    """f(u, x_1, ..) as a factor of a term: any function of the unknown and of the coordinates of
    `axes`, on arrays [N]; or a table (values of u, values of f), which a monotone cubic connects.

    A problem that has one is solved by Newton steps. df/du is `derivative` where it is given, else
    a complex step, or a central difference where f does not take complex numbers. Raises
    ProblemError for what is no function, for a table that does not increase, and for one with axes
    or a derivative.

    Heat conduction, -(k(T) T')' = 1 with k = 1 + T / 2:

    >>> from sna_export.solve import Problem, d, function_of, solve, space, test_function, unknown
    >>> x = space("x", spans=8, zero="both")
    >>> u, v = unknown(), test_function()
    >>> k = function_of(u, lambda T: 1.0 + 0.5 * T)
    >>> rod = Problem("rod", (x,), k * d(u, x) * d(v, x), 1.0 * v)
    >>> T = solve(rod, tolerance=1e-6).model(x=0.5)[0]
    >>> bool(abs(T + T**2 / 4 - 1 / 8) < 1e-5)  # Kirchhoff transform
    True
    """
    if not (isinstance(u, Field) and u.products[0].has_trial):
        raise ProblemError(
            "function_of() takes the unknown first, as made by unknown(); for a function of a"
            " coordinate use axis.function(f)"
        )
    for axis in axes:
        if not hasattr(axis, "name"):
            raise ProblemError(
                f"function_of() got {axis!r} behind the function, no axis; name the axes that the"
                " function takes after the unknown, as space(), time() and parameter() make them"
            )
    if isinstance(f, tuple) and len(f) == 2:
        if axes or derivative is not None:
            raise ProblemError(
                "a table of a function of the unknown takes neither axes nor derivative=; give a"
                " function in its place"
            )
        value, slope = _table(*f)
    else:
        value, slope = _callable(f, derivative)
    return Expression((Product(function=OfUnknown(value, slope, tuple(axes))),))


def _callable(f: object, derivative: object) -> tuple[Callable[..., Floats], Callable[..., Floats]]:
    for what in (f, derivative):
        if what is not None and not callable(what):
            raise ProblemError(
                f"function_of() got {what!r}, no function of the unknown; give one that works on"
                " arrays, as lambda T: 1 + 0.1 * T, or a table (T, values)"
            )

    def value(*arguments: Floats) -> Floats:
        return _real(f(*arguments), arguments[0])  # type: ignore[operator]

    def given(*arguments: Floats) -> Floats:
        return _real(derivative(*arguments), arguments[0])  # type: ignore[operator]

    return value, given if derivative is not None else lambda *a: slope_of(f, *a)


def _real(found: ArrayLike, like: Floats) -> Floats:
    return shaped(found, like, "a function of the unknown")


def slope_of(f: Any, u: Floats, *coordinates: Floats) -> Floats:
    """df/du by a complex step where f takes one and it agrees with differences at some of the
    values, else by differences."""
    try:
        with np.errstate(all="ignore"):
            turned = np.asarray(f(u + 1j * IMAGINARY, *coordinates))
    except (TypeError, ValueError):
        return _difference(f, u, *coordinates)
    if not np.iscomplexobj(turned):
        return _difference(f, u, *coordinates)
    exact = _real(turned.imag / IMAGINARY, u)
    flat = [np.broadcast_to(a, u.shape).reshape(-1) for a in (u, *coordinates, exact)]
    some = np.linspace(0, u.size - 1, min(LOOKED_AT, u.size)).astype(int)
    some = np.r_[some, flat[0].argmin(), flat[0].argmax()]
    plain = _difference(f, *(a[some] for a in flat[:-1]))
    scale = 1e-4 * float(np.abs(plain).max(initial=0.0)) + 1e-12
    if np.mean(np.abs(flat[-1][some] - plain) <= scale) >= AGREED:
        return exact
    return _difference(f, u, *coordinates)


def _difference(f: Any, u: Floats, *coordinates: Floats) -> Floats:
    step = DIFFERENCE * (1.0 + np.abs(u))
    ahead, back = (_real(f(u + s, *coordinates), u) for s in (step, -step))
    return np.asarray((ahead - back) / (2.0 * step))


def _table(u: ArrayLike, values: ArrayLike) -> tuple[Callable[..., Floats], Callable[..., Floats]]:
    """A monotone cubic through the rows, constant beyond the first and the last."""
    rows, heights = rows_of(u, values, "a table of a function of the unknown", "in the unknown")
    curve = PchipInterpolator(rows, heights)
    first, last = rows[0], rows[-1]
    return (
        lambda t: np.asarray(curve(np.clip(t, first, last))),
        lambda t: np.where((t >= first) & (t <= last), curve(np.clip(t, first, last), 1), 0.0),
    )
