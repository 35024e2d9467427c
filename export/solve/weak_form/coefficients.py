"""Functions of one coordinate that multiply a term: asked at any points, so that a problem can be
stated again on other meshes or at one value of a parameter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.core.basis import SpanBasis

from .errors import ProblemError

Floats = NDArray[np.float64]
ROUNDED = 1e-9  # of the axis: a table that ends that short of an end reaches it


@dataclass(frozen=True, eq=False)
class Coefficient:
    """c(x) = function(x), points [N] to values [N]; `bends` are places where its slope is known to
    change."""

    function: Callable[[Floats], ArrayLike]
    bends: tuple[float, ...] = ()

    def at(self, points: Floats) -> Floats:
        """c at points [N]. Raises ProblemError where the function does not give as many real
        numbers."""
        return shaped(self.function(points), points, "a coefficient")

    def __mul__(self, other: Coefficient) -> Coefficient:
        bends = tuple(dict.fromkeys(self.bends + other.bends))
        return Coefficient(lambda points: self.at(points) * other.at(points), bends)


def shaped(found: ArrayLike, like: Floats, what: str) -> Floats:
    """What a function gave at the points `like`, as real numbers of their shape. Raises
    ProblemError where it gave something else; `what` names the function there."""
    try:
        values = np.asarray(found)
        values = values.astype(float, casting="same_kind" if values.dtype.kind == "c" else "unsafe")
    except (TypeError, ValueError) as error:
        raise ProblemError(
            f"{what} does not give real numbers; write it so that it works on arrays"
        ) from error
    try:
        return np.broadcast_to(values, like.shape)
    except ValueError as error:
        raise ProblemError(
            f"{what} gives {values.size} numbers at {like.size} points; write it so that it works"
            " on arrays of any shape"
        ) from error


def interpolated(basis: SpanBasis, nodes: Floats, values: Floats) -> Coefficient:
    """The polynomial through the values [Q] at the nodes of every span, Q / S of them in each;
    at the nodes themselves the values."""
    count = len(nodes) // basis.n_spans
    local = basis.locate(nodes[:count])[1]
    table = values.reshape(basis.n_spans, count)
    gaps = local[:, None] - local[None, :] + np.eye(count)
    weight = 1.0 / np.prod(gaps, axis=1)

    def function(points: Floats) -> Floats:
        if points is nodes:
            return values
        span, u = basis.locate(points)
        distance = u[:, None] - local[None, :]
        met = np.abs(distance) < 1e-14
        terms = weight / np.where(met, 1.0, distance)
        terms = np.where(met.any(axis=1, keepdims=True), met, terms)
        return np.asarray((terms * table[span]).sum(axis=1) / terms.sum(axis=1))

    return Coefficient(function)


@dataclass(frozen=True, eq=False)
class Tabulated:
    """f(x): straight lines between the rows (x_i, f_i) of a table, constant beyond them.

    `bends` are the rows between the ends: a solution has a kink there (in its second derivative for
    a conductivity), which a mesh without a break smears.
    """

    points: Floats
    values: Floats

    def __call__(self, x: Floats) -> Floats:
        return np.asarray(np.interp(x, self.points, self.values))

    @property
    def bends(self) -> tuple[float, ...]:
        """Where the slope changes."""
        slopes = np.diff(self.values) / np.diff(self.points)
        return tuple(float(p) for p in self.points[1:-1][slopes[1:] != slopes[:-1]])


def tabulated(x: ArrayLike, values: ArrayLike, name: str, basis: SpanBasis) -> Tabulated:
    """A table of a function of the coordinate `name`. Raises ProblemError for what is no table, and
    for one that does not reach from end to end of the axis."""
    points, heights = rows_of(x, values, f"a table on axis {name!r}", "along it")
    short = ROUNDED * (basis.upper - basis.lower)
    if points[0] > basis.lower + short or points[-1] < basis.upper - short:
        raise ProblemError(
            f"a table on axis {name!r} reaches from {points[0]:g} to {points[-1]:g}, the axis from"
            f" {basis.lower:g} to {basis.upper:g}; add rows for its ends, or shorten the axis"
        )
    return Tabulated(points, heights)


def rows_of(x: ArrayLike, values: ArrayLike, what: str, along: str) -> tuple[Floats, Floats]:
    """Both columns of a table as numbers. Raises ProblemError where they differ in length, have a
    gap, or the first does not increase; `what` and `along` name it there."""
    points, heights = np.asarray(x, dtype=float), np.asarray(values, dtype=float)
    if points.ndim != 1 or points.shape != heights.shape or len(points) < 2:
        raise ProblemError(
            f"{what} has {points.size} places and {heights.size} values; give two rows or more of"
            " both"
        )
    if not (np.all(np.isfinite(points)) and np.all(np.isfinite(heights))):
        raise ProblemError(f"{what} holds a gap; fill or drop its row")
    if not np.all(np.diff(points) > 0):
        raise ProblemError(f"{what} must increase {along}; sort its rows and drop repeated ones")
    return points, heights
