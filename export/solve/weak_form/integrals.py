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


def _weights(axis: SpanAxis, factor: Factor) -> Floats:
    c = factor.coefficient
    return axis.weights if c is None else axis.weights * c.at(axis.nodes)


def _points(axis: SpanAxis, factor: Factor) -> tuple[Floats | None, Floats]:
    """Evaluation points (None: the nodes) and weights of the factor's integral."""
    if factor.end is None:
        return None, _weights(axis, factor)
    point = np.array([factor.end])
    return point, np.ones(1) if factor.coefficient is None else factor.coefficient.at(point)


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
    points, weights = _points(axis, factor)
    left, right = axis.sparse_design(factor.test, points), axis.sparse_design(factor.trial, points)
    return sparse.csr_array(left.T @ sparse.diags_array(weights) @ right)


def vector_of(axis: SpanAxis, factor: Factor) -> Floats:
    """int c(x) B_i^(test)(x) dx, or its value at an end; [n_rows]."""
    if factor.pick[1] is not None:
        return np.eye(axis.basis.n_rows)[factor.pick[1]]
    points, weights = _points(axis, factor)
    return np.asarray(axis.sparse_design(factor.test, points).T @ weights)


def projection_of(axis: SpanAxis, factors: Sequence[Factor], mass: Matrix) -> Floats:
    """L2 projection of the coefficients of factors, [n_rows, L]; what is held at an end does not
    count."""
    columns = np.stack([vector_of(axis, f) for f in factors], axis=1)
    tie = axis.basis.tie
    glue = sparse.csr_array((np.ones(len(tie)), (np.arange(len(tie)), tie)))
    gram = sparse.csc_matrix(glue.T @ mass @ glue)
    return np.asarray(glue @ splu(gram).solve(np.asarray(glue.T @ columns)))
