"""Free knots: piecewise linear atoms whose breaks move to where the slope jumps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, bspline
from sna_edge.numerics.time_budget import TimeBudget

from ..data.row_blocks import RowBlock, Rows
from .factors import SeparableFunction, partial_products
from .normal_equations import jacobian, loss
from .positive_definite import damped_step
from .unknowns import Unknowns

Floats = NDArray[np.float64]
KNOT_STEPS, MORE_STEPS, SMALL_GAIN, TRIES = 40, 200, 1e-3, 12
"""Steps at most, and those where rows are met up to NOISELESS_LOSS; the relative gain of a step
below which they end, and tries of a step."""
NOISELESS_LOSS = 1e-6
"""Mean square in units of the spread below which the rows may be free of noise: their breaks are
moved until rounding stops them."""
CLOSEST = 0.1
"""A span keeps this share of its width in a step."""


def with_moved_breaks(
    f: SeparableFunction, rows: Rows, budget: TimeBudget | None = None
) -> SeparableFunction:
    """Levenberg-Marquardt steps on the tables and the inner breaks of piecewise linear axes
    together, from `rows` on the bases of f.

    df/dt_k = -N_k(x_d) df/dx_d for the break t_k with its hat function N_k.
    Source: Jupp, Approximation to data by splines with free knots, SIAM J. Numer. Anal. 15 (1978).
    """
    axes = [
        d
        for d, b in enumerate(f.bases[:-1])
        if b.degree == 1 and b.kind in ("spline", "hat") and b.n_spans > 1
    ]
    if not axes:
        return f
    budget = budget or TimeBudget()
    last, damping, quiet = loss(f, rows), 1e-3, 0
    for number in range(MORE_STEPS):
        if (number >= KNOT_STEPS and last > NOISELESS_LOSS) or budget.over():
            break
        a, g = _equations(f, rows, axes)
        found, damping = _step(f, rows, axes, a, g, damping, last)
        if found is None:
            break
        f, rows, now = found
        quiet = quiet + 1 if now > (1.0 - SMALL_GAIN) * last else 0
        if quiet == 2:
            break
        last = now
    return f


def _equations(f: SeparableFunction, rows: Rows, axes: list[int]) -> tuple[Floats, Floats]:
    """J'J and J'r over all tables and the inner breaks of `axes`, per row."""
    parts = []
    for block in rows.blocks():
        j, value = jacobian(f, block, range(len(f.tables)))
        whole = np.column_stack([j, *_by_breaks(f, block, axes), block.y - value])
        if block.w is not None:
            whole *= np.sqrt(block.w)[:, None]
        parts.append(whole.T @ whole)
    square = sum(parts) / rows.total
    return np.asarray(square[:-1, :-1]), np.asarray(square[:-1, -1])


def _by_breaks(f: SeparableFunction, block: RowBlock, axes: list[int]) -> list[Floats]:
    """df/dt over the inner breaks of each of `axes`, [n, S - 1]."""
    others = partial_products(f.atoms(block.designs))[0]
    out = []
    for d in axes:
        slopes = np.diff(f.tables[d], axis=0) / np.diff(f.bases[d].breaks)[:, None]
        slope = np.einsum("nr,nr->n", others[d][:, f.uses[d]], slopes[block.spans[d]])
        out.append(-block.designs[d][:, 1:-1] * slope[:, None])
    return out


def _step(
    f: SeparableFunction,
    rows: Rows,
    axes: list[int],
    a: Floats,
    g: Floats,
    damping: float,
    last: float,
) -> tuple[tuple[SeparableFunction, Rows, float] | None, float]:
    """The first damped step that lowers the loss: (f, its rows, loss), and the next damping."""
    unknowns = Unknowns(f, range(len(f.tables)))
    size = sum(t.size for t in f.tables)

    def attempt(step: Floats) -> tuple[SeparableFunction, Rows, float] | None:
        bases = _moved(f.bases, axes, step[size:])
        if bases is None:
            return None
        trial = replace(unknowns.moved(f, step[:size]), bases=bases)
        there = Rows(bases, rows.x, rows.y, rows.weight)
        now = loss(trial, there)
        return (trial, there, now) if now < last else None

    found, _, damping = damped_step(a, g, damping, attempt, tries=TRIES)
    return found, damping


def _moved(
    bases: tuple[SpanBasis, ...], axes: list[int], step: Floats
) -> tuple[SpanBasis, ...] | None:
    """The bases with their inner breaks moved; None where a span would nearly vanish."""
    out, place = list(bases), 0
    for d in axes:
        old = bases[d].breaks
        inner = step[place : place + len(old) - 2]
        place += len(inner)
        new = old + np.r_[0.0, inner, 0.0]
        if np.any(np.diff(new) < CLOSEST * np.diff(old)):
            return None
        out[d] = bspline(new, 1)
    return tuple(out)
