"""Hat, Lagrange, Bernstein and level bases: rows are nodal values, control points or levels."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import ArrayLike

from .span import Floats, SpanBasis


def hat(breaks: ArrayLike) -> SpanBasis:
    """B_0 = 1 - u, B_1 = u: piecewise linear, row i is the value at break i; n_rows = S + 1."""
    return _elements(breaks, 1, np.array([[1.0, -1.0], [0.0, 1.0]]), True, "hat")


def lagrange(breaks: ArrayLike, degree: int) -> SpanBasis:
    """B_i(u) = prod_{j != i} (u - u_j) / (u_i - u_j), u_j = j / p: continuous; n_rows = S p + 1 for
    p >= 1. Rows are the values at the nodes.

    >>> from sna_edge.basis import lagrange, uniform_breaks
    >>> basis = lagrange(uniform_breaks(0, 1, 2), 2)
    >>> basis.n_rows, basis.design([0.25])[0].tolist()
    (5, [0.0, 1.0, 0.0, 0.0, 0.0])
    """
    nodes = np.linspace(0.0, 1.0, degree + 1) if degree else np.array([0.5])
    matrix = np.linalg.inv(np.vander(nodes, degree + 1, increasing=True)).T
    return _elements(breaks, degree, matrix, degree > 0, "lagrange")


def bernstein(breaks: ArrayLike, degree: int, *, continuous: bool = False) -> SpanBasis:
    """B_i(u) = binom(p, i) u^i (1-u)^(p-i): every piecewise polynomial; n_rows = S (p+1), or S p +
    1 if continuous."""
    return _elements(
        breaks, degree, bernstein_matrix(degree), continuous and degree > 0, "bernstein"
    )


def levels(count: int) -> SpanBasis:
    """B_0 = 1 on level x in {0, .., count-1}: one row per level of a categorical axis."""
    breaks: Floats = np.arange(count + 1, dtype=float) - 0.5
    return SpanBasis(
        breaks,
        0,
        np.arange(count),
        np.zeros(count, dtype=np.int64),
        np.ones((1, 1, 1)),
        count,
        "levels",
    )


def bernstein_matrix(degree: int) -> Floats:
    """Power coefficients [p+1, p+1] of the Bernstein polynomials of degree p on [0, 1]."""
    matrix = np.zeros((degree + 1, degree + 1))
    for i in range(degree + 1):
        for k in range(i, degree + 1):
            matrix[i, k] = comb(degree, k) * comb(k, i) * (-1) ** (k - i)
    return matrix


def _elements(breaks: ArrayLike, degree: int, matrix: Floats, shared: bool, kind: str) -> SpanBasis:
    breaks = np.asarray(breaks, dtype=float)
    spans = len(breaks) - 1
    stride = degree if shared else degree + 1
    n_rows = spans * stride + (1 if shared else 0)
    return SpanBasis(
        breaks,
        degree,
        np.arange(spans) * stride,
        np.zeros(spans, dtype=np.int64),
        matrix[None],
        n_rows,
        kind,
    )
