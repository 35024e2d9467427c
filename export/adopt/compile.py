"""Atoms of one axis -> span table, refined until the asked error is met, with a bound that holds
everywhere on the axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, factorial

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_lsq_spline

from sna_edge.core.basis import SpanBasis, bernstein, bspline, uniform_breaks
from sna_edge.core.basis.nodal import bernstein_matrix
from sna_edge.errors import InputError

from .atoms import Atoms
from .tabled import Tabled

Floats = NDArray[np.float64]
KINDS = ("exact", "certified", "measured")
"""How the error of a table is known, best first."""
DEGREE = 3
UNIFORM_SPANS = 256  # beyond, spans are bisected where they need it
MAX_SPANS = 4096
POINTS_PER_SPAN = 8  # per span in the least-squares fit
CHECKS_PER_SPAN = 16  # per span where nothing but values is known
MOST_PARTS = 64  # parts of a span over which a derivative is bounded apart


@dataclass(frozen=True, eq=False)
class Compiled:
    """A basis, its table [n, R], the error of every atom over the axis [R] and how it is known."""

    basis: SpanBasis
    table: Floats
    error: Floats
    kind: str


def compile_atoms(
    atoms: Atoms, lower: float, upper: float, importance: Floats, tolerance: float
) -> Compiled:
    """A table with max_x sum_r importance_r |phi_r(x) - table_r(x)| <= tolerance.

    Exact where the atoms are piecewise polynomials; else cubic B-splines. Raises InputError when
    that takes too many spans.
    """
    if isinstance(atoms, Tabled):
        return Compiled(atoms.basis, atoms.table, np.zeros(atoms.count), "exact")
    pieces = atoms.pieces()
    if pieces is not None:
        return _exact(atoms, lower, upper, *pieces)
    spans = 8
    breaks = uniform_breaks(lower, upper, spans)
    while True:
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # a bound may be infinite; the spans then become too many
            done, errors = _attempt(atoms, breaks, importance, tolerance)
        if np.all(errors <= tolerance):
            return done
        if spans < UNIFORM_SPANS:
            growth = min((errors.max() / tolerance) ** (1 / (DEGREE + 1)), UNIFORM_SPANS)
            spans = min(max(ceil(1.05 * spans * growth), spans + 1), UNIFORM_SPANS)
            breaks = uniform_breaks(lower, upper, spans)
        else:
            breaks = np.sort(np.r_[breaks, ((breaks[:-1] + breaks[1:]) / 2)[errors > tolerance]])
        if len(breaks) > MAX_SPANS:
            raise InputError(
                f"an axis would need more than {MAX_SPANS} spans for an error of {tolerance:.1e};"
                " ask for a larger error"
            )


def _exact(
    atoms: Atoms, lower: float, upper: float, breaks: Floats, degree: int, continuous: bool
) -> Compiled:
    """Control points of every piece, from its values at p+1 points inside."""
    inner = breaks[(breaks > lower) & (breaks < upper)]
    basis = bernstein(np.r_[lower, inner, upper], degree, continuous=continuous)
    values = _inside(
        atoms, basis.breaks, (np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1)) + 1) / 2
    )
    points = np.matmul(_to_bernstein(degree), values)
    table = np.empty((basis.n_rows, atoms.count))
    for s, first in enumerate(basis.first_row):
        table[first : first + degree + 1] = points[s]
    return Compiled(basis, table, np.zeros(atoms.count), "exact")


def _to_bernstein(degree: int) -> Floats:
    """Values at the p+1 Chebyshev points of [0, 1] -> control points."""
    nodes = (np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1)) + 1) / 2
    return np.asarray(
        np.linalg.inv(np.vander(nodes, degree + 1, increasing=True) @ bernstein_matrix(degree).T)
    )


def _inside(atoms: Atoms, breaks: Floats, u: Floats) -> Floats:
    """Values [S, len(u), R] at local coordinates u of every span."""
    x = breaks[:-1, None] + np.diff(breaks)[:, None] * u
    return atoms.value(x.reshape(-1)).reshape(len(breaks) - 1, len(u), atoms.count)


def _attempt(
    atoms: Atoms, breaks: Floats, importance: Floats, tolerance: float
) -> tuple[Compiled, Floats]:
    """Least-squares B-splines on `breaks` and the weighted error of every span [S]."""
    basis = bspline(breaks, DEGREE)
    u = (np.cos(np.pi * (np.arange(POINTS_PER_SPAN) + 0.5) / POINTS_PER_SPAN) + 1) / 2
    x = (breaks[:-1, None] + np.diff(breaks)[:, None] * u).reshape(-1)
    order, values = np.argsort(x), atoms.value(x)
    if not np.isfinite(values).all():
        raise InputError(
            f"a function of this surrogate is not finite on [{breaks[0]:g}, {breaks[-1]:g}]; check"
            " its numbers or the domain"
        )
    knots = np.r_[[breaks[0]] * DEGREE, breaks, [breaks[-1]] * DEGREE]
    table = make_lsq_spline(x[order], values[order], knots, DEGREE).c
    error, kind = _span_errors(atoms, basis, table, importance, tolerance)
    return Compiled(basis, table, error.max(axis=0), kind), error @ importance


def _span_errors(
    atoms: Atoms, basis: SpanBasis, table: Floats, importance: Floats, tolerance: float
) -> tuple[Floats, str]:
    """|phi - spline| on every span [S, R]: the cubic through 4 points of the difference plus what
    it can miss.

    On a span of width h the spline is a cubic, so the difference has the fourth derivative of phi
    alone: interpolation at Chebyshev points misses at most max |phi''''| 2 (h/4)^4 / 4!.
    """
    remainder = _remainder(atoms, basis.breaks, importance, tolerance)
    if remainder is None:
        u = np.linspace(0.0, 1.0, CHECKS_PER_SPAN)
        return np.abs(_difference(atoms, basis, table, u)).max(axis=1), "measured"
    nodes = (np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1)) + 1) / 2
    points = np.matmul(_to_bernstein(DEGREE), _difference(atoms, basis, table, nodes))
    return np.abs(points).max(axis=1) + remainder, "certified"


def _difference(atoms: Atoms, basis: SpanBasis, table: Floats, u: Floats) -> Floats:
    powers = np.vander(u, basis.degree + 1, increasing=True)
    return _inside(atoms, basis.breaks, u) - np.matmul(powers, basis.power_tables(table))


def _remainder(atoms: Atoms, breaks: Floats, importance: Floats, tolerance: float) -> Floats | None:
    """max |phi^(p+1)| 2 (h/4)^(p+1) / (p+1)! on every span [S, R]; spans are cut finer while the
    bound is not sharp."""
    order, width = DEGREE + 1, np.diff(breaks)
    factor = 2.0 * (width / 4) ** order / factorial(order)
    parts = 1
    while True:
        edges = breaks[:-1, None] + width[:, None] * np.linspace(0.0, 1.0, parts + 1)
        bound = atoms.bound(order, edges[:, :-1].reshape(-1), edges[:, 1:].reshape(-1))
        if bound is None:
            return None
        remainder = bound.reshape(len(width), parts, -1).max(axis=1) * factor[:, None]
        if parts >= MOST_PARTS or np.all(remainder @ importance <= 0.5 * tolerance):
            return remainder
        parts *= 4
