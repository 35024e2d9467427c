"""What slopes of a separable function are nowhere below, and what lifts them to zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.calculus.operations import derivative, linear
from sna_edge.calculus.ranges import ranges
from sna_edge.core.axis import Axis
from sna_edge.core.basis import SpanBasis
from sna_edge.core.output import Output
from sna_edge.core.record import ModelRecord
from sna_edge.numerics.low_discrepancy import points

from ..engine.factors import SeparableFunction

Floats = NDArray[np.float64]
SECONDS = 5.0
"""For the enclosure of each slope; the work is bounded, too."""
POINTS = 1600
ROUNDING = {1: 1e-5, 2: 2e-4}
"""Share of the largest value by which a slope is lifted beyond its enclosure, so that float32 does
not lower it again."""


@dataclass(frozen=True)
class Bound:
    """sign * (d/dx)^order g >= 0 along input `axis`; with `slope`, the sign of the slope that is
    asked for along this input, 0 for none."""

    axis: int
    order: int
    sign: int
    slope: int


def ends(bases: Sequence[SpanBasis]) -> tuple[Floats, Floats]:
    """The lower end and the width of every input, [D] each."""
    lower = np.array([b.lower for b in bases])
    return lower, np.array([b.upper for b in bases]) - lower


def in_domain(bases: Sequence[SpanBasis], u: Floats) -> Floats:
    """Points u of the unit cube in the domain; levels by number."""
    lower, width = ends(bases)
    x = lower + u * width
    for d, basis in enumerate(bases):
        if basis.kind == "levels":
            x[:, d] = np.minimum(np.floor(u[:, d] * basis.n_rows), basis.n_rows - 1)
    return x


def least(
    g: SeparableFunction, bounds: Sequence[Bound], seconds: float = SECONDS
) -> list[tuple[Floats, Floats]]:
    """Of each bound, what its signed slope is nowhere below [K], and the places [K, D] where it is
    least of all that were tried."""
    cp, bias = g.to_cp()
    names = [f"x{d}" for d in range(len(g.bases) - 1)]
    axes = [
        Axis(n, "", b, level_names=tuple(map(str, range(b.n_rows)))) if b.kind == "levels"
        else Axis(n, "", b)
        for n, b in zip(names, g.bases[:-1], strict=True)
    ]  # fmt: skip
    record = linear(
        ModelRecord(axes, cp, [Output(f"y{k}", bias=float(v)) for k, v in enumerate(bias)])
    )
    found = []
    for bound in bounds:
        slope = record
        for _ in range(bound.order):
            slope = derivative(slope, names[bound.axis])
        side = 0 if bound.sign > 0 else 1
        each = ranges(slope, seconds)
        found.append((
            np.array([bound.sign * r.within[side] for r in each]),
            np.array([r.at[side] for r in each]),
        ))  # fmt: skip
    return found


def lifted(g: SeparableFunction, bounds: Sequence[Bound]) -> SeparableFunction:
    """g with what its slopes lack by their enclosures added along the input, around the middle of
    what that changes."""
    axes, outputs = len(g.bases) - 1, g.n_outputs
    tables = [t.copy() for t in g.tables]
    largest = np.abs(g.predict(in_domain(g.bases[:-1], points(POINTS, axes, seed=None))))
    for bound, (low, _) in zip(bounds, least(g, bounds), strict=True):
        basis = g.bases[bound.axis]
        width = basis.upper - basis.lower
        spare = ROUNDING[bound.order] * largest.max(axis=0) / width**bound.order
        lack = np.maximum(spare - low, 0.0)
        at = np.linspace(basis.lower, basis.upper, 20 * basis.n_rows)
        shape = bound.sign * _grown(at, basis, bound)
        column = np.linalg.lstsq(basis.design(at), shape - shape.mean())[0]
        first = int(np.flatnonzero(g.uses[bound.axis]).size) - outputs
        tables[bound.axis][:, first:] += column[:, None] * lack
    return g.with_tables(tables)


def _grown(at: Floats, basis: SpanBasis, bound: Bound) -> Floats:
    """x, or x^2 / 2 from the end where its slope does not harm the slope that is asked for."""
    if bound.order == 1:
        return at
    start = {0: 0.5 * (basis.lower + basis.upper), bound.sign: basis.lower}
    return np.asarray(0.5 * (at - start.get(bound.slope, basis.upper)) ** 2)
