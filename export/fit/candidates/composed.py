"""Two candidates as one: some outputs from the first, the others from the second, on common
bases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, bernstein
from sna_edge.core.interaction import CP
from sna_edge.numerics.time_budget import TimeBudget

from ..data.free_coefficients import free_design
from ..data.samples import Samples
from ..engine.factors import SeparableFunction
from .candidate import Candidate

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def aligned(first: Candidate, second: Candidate) -> tuple[Candidate, Candidate]:
    """Both with the out-of-fold predictions of the rows they share."""
    if np.array_equal(first.rows, second.rows):
        return first, second
    _, i, j = np.intersect1d(first.rows, second.rows, return_indices=True)
    return _of_rows(first, i), _of_rows(second, j)


def _of_rows(c: Candidate, place: NDArray[np.int64]) -> Candidate:
    fewer_left_out = None if c.fewer_left_out is None else c.fewer_left_out[place]
    return replace(
        c,
        rows=c.rows[place],
        measured=c.measured[place],
        predicted=c.predicted[place],
        fewer_left_out=fewer_left_out,
        weight=None if c.weight is None else c.weight[place],
    )


def composed(first: Candidate, second: Candidate, take: Bools) -> Candidate:
    """`first` with the outputs `take` [K] of `second`. The tables of `second` are polynomials on
    every axis."""
    if not take.any():
        return first
    if take.all():
        return second
    first, second = aligned(first, second)

    def mixed(a: Floats, b: Floats) -> Floats:
        return np.where(take, b, a)

    def moved(samples: Samples, budget: TimeBudget) -> SeparableFunction:
        parts = [c.f if c.moved is None else c.moved(samples, budget) for c in (first, second)]
        return joined(parts[0], parts[1], take)

    names = [o.name for o, t in zip(first.outputs, take, strict=True) if t]
    return replace(
        first,
        name=f"{first.name}; {', '.join(names)}: {second.name}",
        f=joined(first.f, second.f, take),
        outputs=tuple(
            b if t else a for a, b, t in zip(first.outputs, second.outputs, take, strict=True)
        ),
        centre=mixed(first.centre, second.centre),
        spread=mixed(first.spread, second.spread),
        predicted=mixed(first.predicted, second.predicted),
        fewer_left_out=mixed(first.shown, second.shown),
        seconds=first.seconds + second.seconds,
        moved=moved,
    )


def joined(first: SeparableFunction, second: SeparableFunction, take: Bools) -> SeparableFunction:
    """The outputs `take` of `second` and the others of `first`."""
    bases = [_common(a, b) for a, b in zip(first.bases[:-1], second.bases[:-1], strict=True)]
    parts = [(first, ~take), (second, take)]
    cps, biases = zip(*(f.to_cp() for f, _ in parts), strict=True)
    weights = np.concatenate(
        [np.where(own, cp.weights, 0.0) for cp, (_, own) in zip(cps, parts, strict=True)]
    )
    tables, modes = [], []
    for d, basis in enumerate(bases):
        tables.append(
            np.concatenate(
                [
                    _on(basis, f.bases[d], cp.tables[d])
                    for cp, (f, _) in zip(cps, parts, strict=True)
                ],
                axis=1,
            )
        )
        modes.append(np.concatenate([cps[0].modes[d], cps[0].rank + cps[1].modes[d]]))
    kept = np.flatnonzero(np.abs(weights).max(axis=1) > 0)
    place = np.full(len(weights), -1)
    place[kept] = np.arange(len(kept))
    held = [place[m] >= 0 for m in modes]
    cp = CP(
        tuple(t[:, h] for t, h in zip(tables, held, strict=True)),
        tuple(place[m][h] for m, h in zip(modes, held, strict=True)),
        weights[kept],
    )
    return SeparableFunction.from_cp(cp, tuple(bases), np.where(take, biases[1], biases[0]))


def _common(a: SpanBasis, b: SpanBasis) -> SpanBasis:
    """A basis that holds the splines of `a` and the polynomials of `b`."""
    return (
        a
        if a.kind == "levels" or a.degree >= b.degree
        else bernstein(a.breaks, b.degree, continuous=a.degree > 0)
    )


def _on(target: SpanBasis, source: SpanBasis, table: Floats) -> Floats:
    if target is source or source.kind == "levels":
        return table
    inner = (np.arange(target.degree + 2) + 0.5) / (target.degree + 2)
    x = (target.breaks[:-1, None] + np.diff(target.breaks)[:, None] * inner).reshape(-1)
    return np.asarray(
        np.linalg.lstsq(target.design(x), free_design(source, x) @ table, rcond=None)[0]
    )
