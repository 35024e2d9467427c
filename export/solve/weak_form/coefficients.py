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


@dataclass(frozen=True, eq=False)
class Coefficient:
    """c(x) = function(x), points [N] to values [N]."""

    function: Callable[[Floats], ArrayLike]

    def at(self, points: Floats) -> Floats:
        """c at points [N]. Raises ProblemError where the function does not give as many real
        numbers."""
        return shaped(self.function(points), points, "a coefficient")

    def __mul__(self, other: Coefficient) -> Coefficient:
        return Coefficient(lambda points: self.at(points) * other.at(points))


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
