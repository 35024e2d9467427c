"""Matrices and vectors of the factors of a weak form on an axis of spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from .errors import ProblemError
from .forms import Factor, FormAxis

Floats = NDArray[np.float64]
Matrix = Any  # sparse.csr_array: scipy has no types


class SpanAxis(FormAxis, Protocol):
    """What integrals ask of an axis of spans."""

    @property
    def weights(self) -> Floats:
        """Of the quadrature nodes [Q]."""

    def sparse_design(self, nu: int = 0, points: ArrayLike | None = None) -> Matrix:
        """B_j^(nu) at points, the nodes by default, [Q, n_rows]."""


def weights_of(axis: SpanAxis, factor: Factor) -> Floats:
    """Weights of the nodes, 1 of an end, times the coefficient there."""
    c, point = factor.coefficient, factor.end
    weights = axis.weights if point is None else np.ones(1)
    return weights if c is None else weights * c.at(_places(axis, point))


def _places(axis: SpanAxis, point: float | None) -> Floats:
    return axis.nodes if point is None else np.array([point])


def matrix_of(axis: SpanAxis, factor: Factor) -> Matrix:
    """int c(x) B_i^(test)(x) B_j^(trial)(x) dx, or its value at an end; [n_rows, n_rows]."""
    if factor.pick != (None, None):
        trial, test = factor.pick
        if trial is None or test is None:
            raise ProblemError(
                "a term picks a component of one field only; write u[...] and v[...] both (axis"
                f" {axis.name!r})"
            )
        return sparse.csr_array(([1.0], ([test], [trial])), shape=(axis.basis.n_rows,) * 2)
    points = None if factor.end is None else _places(axis, factor.end)
    weights = weights_of(axis, factor)
    left, right = axis.sparse_design(factor.test, points), axis.sparse_design(factor.trial, points)
    return sparse.csr_array(left.T @ sparse.diags_array(weights) @ right)


def vector_of(axis: SpanAxis, factor: Factor) -> Floats:
    """int c(x) B_i^(test)(x) dx, or its value at an end; [n_rows]."""
    if factor.pick[1] is not None:
        return np.eye(axis.basis.n_rows)[factor.pick[1]]
    points = None if factor.end is None else _places(axis, factor.end)
    return np.asarray(axis.sparse_design(factor.test, points).T @ weights_of(axis, factor))


def projection_of(axis: SpanAxis, factors: Sequence[Factor], mass: Matrix) -> Floats:
    """L2 projection of the coefficients of factors, [n_rows, L]; what is held at an end does not
    count."""
    columns = np.stack([vector_of(axis, f) for f in factors], axis=1)
    tie = axis.basis.tie
    glue = sparse.csr_array((np.ones(len(tie)), (np.arange(len(tie)), tie)))
    gram = sparse.csc_matrix(glue.T @ mass @ glue)
    return np.asarray(glue @ splu(gram).solve(np.asarray(glue.T @ columns)))
