"""The span form of a local basis: one code path for every kind and degree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_DEGREE = 7
MAX_SPANS = 32768
MAX_LEVELS = 200_000
"""Levels may be the nodes of a mesh."""
DENSE_ROWS = 160
"""Up to here one matrix product with the dense design beats gathering p + 1 rows a point."""


class Rows(Protocol):
    """A table [n_rows, columns] of which rows can be taken: an array, or one that is decoded."""

    def __getitem__(self, rows: Any, /) -> Floats:
        """Rows of it."""
        ...


def uniform_breaks(lower: float, upper: float, spans: int) -> Floats:
    """breaks[s] = lower + (upper - lower) * s / S, with the last one exactly `upper`. Shape [S+1].

    >>> from sna_edge.basis import uniform_breaks
    >>> uniform_breaks(0, 1, 4).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    breaks = lower + (upper - lower) * np.arange(spans + 1) / spans
    breaks[-1] = upper
    return breaks


def graded_breaks(
    lower: float, upper: float, spans: int, focus: float, ratio: float = 10.0
) -> Floats:
    """Breaks whose spans grow geometrically away from `focus`; `ratio` = largest over smallest
    span.

    Source: geometric grading as used for boundary layers in finite elements. Raises InputError for
    a focus outside.

    >>> from sna_edge.basis import graded_breaks
    >>> graded_breaks(0, 10, 2, focus=0, ratio=4.0).tolist()
    [0.0, 2.0, 10.0]
    """
    if not lower <= focus <= upper:
        raise InputError(
            f"focus {focus} lies outside [{lower}, {upper}]; give a focus inside the axis"
        )
    share = (focus - lower) / (upper - lower)
    left = min(
        max(round(spans * share), 1 if focus > lower else 0), spans - (1 if focus < upper else 0)
    )
    return np.unique(
        np.r_[
            _graded_side(focus, lower, left, ratio)[::-1],
            _graded_side(focus, upper, spans - left, ratio),
        ]
    )


def _graded_side(start: float, end: float, spans: int, ratio: float) -> Floats:
    if spans == 0:
        return np.array([start])
    widths = ratio ** (np.arange(spans) / max(spans - 1, 1))
    points = start + (end - start) * np.r_[0.0, np.cumsum(widths) / widths.sum()]
    points[-1] = end
    return np.asarray(points, dtype=float)


def span_of(breaks: NDArray[Any], x: ArrayLike) -> Ints:
    """Span s with breaks[s] <= x < breaks[s+1] for every x; the first or the last one outside."""
    return np.clip(np.searchsorted(breaks, x, side="right") - 1, 0, len(breaks) - 2)


@dataclass(frozen=True, eq=False)
class SpanBasis:
    """phi(x) = sum_i B_i(u) C[first_row[s] + i],  B_i(u) = sum_k matrices[matrix_id[s], i, k] u^k.

    Span s holds x in [breaks[s], breaks[s+1]), u = (x - breaks[s]) / (breaks[s+1] - breaks[s]) in
    [0, 1]; spans are right-continuous and the last one is closed.

    Shapes: breaks [S+1], first_row [S], matrix_id [S], matrices [M, p+1, p+1]; C has n_rows rows.
    `tie[i]` names the free coefficient of row i (periodic bases store p ghost rows).
    """

    breaks: Floats
    degree: int
    first_row: Ints
    matrix_id: Ints
    matrices: Floats
    n_rows: int
    kind: str = "spline"

    def __post_init__(self) -> None:
        for name, dtype in (
            ("breaks", float),
            ("first_row", np.int64),
            ("matrix_id", np.int64),
            ("matrices", float),
        ):
            array = np.array(getattr(self, name), dtype=dtype)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        self._validate()

    def _validate(self) -> None:
        p = self.degree
        if not 0 <= p <= MAX_DEGREE:
            raise InputError(f"degree {p} is not supported; use 0..{MAX_DEGREE}")
        if self.breaks.ndim != 1 or len(self.breaks) < 2 or not np.all(np.isfinite(self.breaks)):
            raise InputError("breaks must be at least two finite numbers")
        if np.any(np.diff(self.breaks) <= 0):
            raise InputError("breaks must increase strictly; remove repeated or unordered ones")
        most = MAX_LEVELS if self.kind == "levels" else MAX_SPANS
        if self.n_spans > most:
            raise InputError(f"{self.n_spans} spans are too many; use at most {most}")
        if self.matrices.shape[1:] != (p + 1, p + 1) or np.any(self.first_row + p >= self.n_rows):
            raise InputError(
                "span matrices or first rows do not fit the degree and the number of rows"
            )

    @property
    def n_spans(self) -> int:
        """S."""
        return len(self.breaks) - 1

    @property
    def lower(self) -> float:
        """First break; 0 for levels."""
        return 0.0 if self.kind == "levels" else float(self.breaks[0])

    @property
    def upper(self) -> float:
        """Last break; S - 1 for levels."""
        return float(self.n_spans - 1) if self.kind == "levels" else float(self.breaks[-1])

    @cached_property
    def uniform(self) -> bool:
        """True when the breaks are exactly those of `uniform_breaks`: the span is then found in
        O(1)."""
        if self.kind == "levels":
            return False
        return bool(
            np.array_equal(self.breaks, uniform_breaks(self.lower, self.upper, self.n_spans))
        )

    @cached_property
    def inv_width(self) -> Floats:
        """1 / span width, shape [S]; one common number on uniform axes (shape [1])."""
        if self.uniform:
            return np.array([self.n_spans / (self.upper - self.lower)])
        return np.asarray(1.0 / np.diff(self.breaks))

    @cached_property
    def tie(self) -> Ints:
        """Free coefficient of each row, shape [n_rows]: row modulo S on periodic axes, else the row
        itself."""
        rows = np.arange(self.n_rows)
        return rows % self.n_spans if self.kind == "periodic" else rows

    def locate(self, x: ArrayLike) -> tuple[Ints, Floats]:
        """Span s[N] and local coordinate u[N] in [0, 1]; x is clipped to the domain, NaN goes to
        span 0."""
        x = np.asarray(x, dtype=float)
        if self.kind == "levels":
            level = np.clip(np.nan_to_num(np.rint(x)), 0, self.n_spans - 1).astype(np.int64)
            return level, np.zeros(x.shape)
        if self.uniform:
            # fmax and fmin also send NaN to span 0
            t = np.fmin(np.fmax((x - self.lower) * self.inv_width[0], 0.0), float(self.n_spans))
            span = np.minimum(t.astype(np.int64), self.n_spans - 1)
            return span, np.minimum(t - span, 1.0)
        span = span_of(self.breaks, x)
        u = np.fmin(np.fmax((x - self.breaks[span]) * self.inv_width[span], 0.0), 1.0)
        return span, u

    def wrap(self, x: ArrayLike) -> Floats:
        """x moved into the domain by whole periods (periodic bases); unchanged otherwise."""
        x = np.asarray(x, dtype=float)
        if self.kind != "periodic":
            return x
        outside = (x < self.lower) | (x > self.upper)
        return np.where(outside, self.lower + np.mod(x - self.lower, self.upper - self.lower), x)

    def values(self, x: ArrayLike, nu: int = 0) -> tuple[Ints, Floats]:
        """Span s[N] and B^(nu)[N, p+1], the nu-th derivatives with respect to x.

        Outside the domain the values continue linearly from the boundary (periodic: wrapped).
        """
        x = self.wrap(x)
        span, u = self.locate(x)
        local = self._local(span, u, nu)
        outside = np.flatnonzero((x < self.lower) | (x > self.upper))
        if self.kind != "levels" and len(outside):
            if nu == 0:
                beyond = x[outside] - np.clip(x[outside], self.lower, self.upper)
                local[outside] += beyond[:, None] * self._local(span[outside], u[outside], 1)
            elif nu > 1:
                local[outside] = 0.0
        return span, local

    def _local(self, span: Ints, u: Floats, nu: int) -> Floats:
        p = self.degree
        if nu > p:
            return np.zeros((*u.shape, p + 1))
        power = np.empty((*u.shape, p + 1 - nu))
        power[..., 0] = 1.0
        for k in range(1, p + 1 - nu):
            power[..., k] = power[..., k - 1] * u
        local = self._apply(derivative_matrices(self.matrices, nu), self.matrix_id[span], power)
        if nu:
            width = self.inv_width[0] if self.uniform else self.inv_width[span][..., None]
            local *= width**nu
        return local

    @cached_property
    def _common(self) -> int:
        """The matrix most spans use: applied to all points at once, the others mended
        afterwards."""
        return int(np.bincount(self.matrix_id).argmax())

    def _apply(self, matrices: Floats, ids: Ints, power: Floats) -> Floats:
        local = np.asarray(power @ matrices[self._common].T)
        if len(matrices) > 1:
            other = np.flatnonzero(ids != self._common)
            local[other] = np.matmul(matrices[ids[other]], power[other][..., None])[..., 0]
        return local

    def design(self, x: ArrayLike, nu: int = 0) -> Floats:
        """Dense design matrix [N, n_rows] of the nu-th derivatives: phi^(nu)(x) = design @ C."""
        span, local = self.values(np.atleast_1d(np.asarray(x, dtype=float)), nu)
        dense = np.zeros((len(span), self.n_rows))
        start = np.arange(len(span)) * self.n_rows + self.first_row[span]
        flat = dense.reshape(-1)
        for i in range(self.degree + 1):
            flat[start + i] = local[:, i]
        return dense

    def expand(self, x: ArrayLike, table: Rows, nu: int = 0) -> Floats:
        """phi^(nu)(x) = design(x, nu) @ table, [N, columns]; of many rows only those that a point
        meets are read."""
        if self.n_rows <= DENSE_ROWS:
            return np.asarray(self.design(x, nu) @ table[:])
        span, local = self.values(np.atleast_1d(np.asarray(x, dtype=float)), nu)
        rows = self.first_row[span]
        out = local[:, :1] * table[rows]
        for i in range(1, self.degree + 1):
            out += local[:, i : i + 1] * table[rows + i]
        return np.asarray(out)

    def power_tables(self, table: Floats) -> Floats:
        """Polynomial coefficients of every atom on every span, [S, p+1, R]: phi(u) = sum_k u^k
        out[s, k]."""
        rows = self.first_row[:, None] + np.arange(self.degree + 1)
        coefficients: Floats = np.matmul(
            self.matrices[self.matrix_id].transpose(0, 2, 1), table[rows]
        )
        return coefficients

    def nodes(
        self, points: int | None = None, breakpoints: ArrayLike = ()
    ) -> tuple[Floats, Floats]:
        """Gauss-Legendre nodes and weights on every span (split at `breakpoints`); exact to degree
        2 `points` - 1."""
        if self.kind == "levels":
            return np.arange(self.n_spans, dtype=float), np.ones(self.n_spans)
        extra = np.asarray(breakpoints, dtype=float)
        edges = np.unique(np.r_[self.breaks, extra[(extra > self.lower) & (extra < self.upper)]])
        g, w = np.polynomial.legendre.leggauss(points or self.degree + 1)
        half = np.diff(edges) / 2
        x = edges[:-1, None] + half[:, None] * (g + 1.0)
        return x.reshape(-1), (half[:, None] * w).reshape(-1)

    def integral(self, a: float, b: float) -> Floats:
        """int_a^b B_i(x) dx for every row i, shape [n_rows]; exact. a, b inside the domain, a <=
        b."""
        out = np.zeros(self.n_rows)
        k = np.arange(self.degree + 1)
        for s in range(self.n_spans):
            left, width = self.breaks[s], self.breaks[s + 1] - self.breaks[s]
            ua, ub = (np.clip((v - left) / width, 0.0, 1.0) for v in (a, b))
            if ub > ua:
                power = width * (ub ** (k + 1) - ua ** (k + 1)) / (k + 1)
                row = self.first_row[s]
                out[row : row + self.degree + 1] += self.matrices[self.matrix_id[s]] @ power
        return out

    def gram(self, nu: int = 0) -> Floats:
        """int B_i^(nu) B_j^(nu) dx over the domain, [n_rows, n_rows]; exact."""
        x, w = self.nodes()
        b = self.design(x, nu)
        return np.asarray(b.T @ (w[:, None] * b))


def derivative_matrices(matrices: Floats, nu: int) -> Floats:
    """Coefficients of d^nu/du^nu of each local basis function, [M, p+1, p+1-nu]."""
    if nu == 0:
        return matrices
    k = np.arange(nu, matrices.shape[2])
    factor = np.array([factorial(j) / factorial(j - nu) for j in k])
    return np.asarray(matrices[:, :, nu:] * factor)
