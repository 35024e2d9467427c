"""Alternating least squares: one axis at a time, the others held; axes that must not move are
frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from sna_edge.core.basis import SpanBasis
from sna_edge.core.interaction import CP
from sna_edge.numerics.time_budget import TimeBudget

from ..data.row_blocks import CACHE_BYTES, RowBlock, Rows
from .factors import SeparableFunction, partial_products
from .normal_equations import NormalEquations, columns, loss
from .penalty import Component, penalty_value
from .unknowns import Unknowns

Floats = NDArray[np.float64]
DAMPING = 1e-10
"""Relative Levenberg damping of each axis solve: keeps directions that the rows do not see where
they are."""

FIRST_REACH, LONGER, LEAST_REACH = 2.0, 1.5, 0.5
"""Steps of extrapolation as multiples of the last sweep: the first, the factor after one that
helps, the shortest."""


def als(
    cp: CP,
    bases: Sequence[SpanBasis],
    x: Floats,
    y: ArrayLike,
    *,
    bias: ArrayLike = 0.0,
    frozen: Sequence[int] = (),
    freeze_weights: bool = True,
    weight: ArrayLike | None = None,
    sweeps: int = 10,
    tolerance: float = 1e-6,
    damping: float = DAMPING,
) -> tuple[CP, Floats]:
    """Lower sum_q w_q |y_q - f(x_q)|^2 over the tables of the axes not `frozen`; the biases move
    unless all is frozen.

    x [N, D], y [N, K] targets of the linear part f (before any link), weight [N] or None.
    `freeze_weights` keeps W. Returns the interaction with its new tables and the biases [K]. Never
    raises the sum; deterministic.

    >>> from sna_edge import CP
    >>> from sna_edge.basis import bspline
    >>> line = bspline([0.0, 1.0], 1)
    >>> flat = CP((np.ones((2, 1)),), (np.array([0]),), np.ones((1, 1)))
    >>> x = np.linspace(0.0, 1.0, 5)[:, None]
    >>> fitted, bias = als(flat, [line], x, 3.0 * x)  # y = 3 x
    >>> (line.design(np.array([0.5])) @ fitted.tables[0] + bias).round(6)
    array([[1.5]])
    """
    n_outputs = cp.weights.shape[1]
    biases = np.broadcast_to(np.asarray(bias, dtype=float), (n_outputs,))
    f = SeparableFunction.from_cp(cp, tuple(bases), biases)
    rows = Rows(f.bases, np.asarray(x, dtype=float), np.asarray(y, dtype=float), weight)
    free = [d for d in range(len(bases)) if d not in set(frozen)]
    held = np.flatnonzero(f.orders > 0) if freeze_weights else np.empty(0, dtype=np.int64)
    f = sweep(
        f,
        rows,
        [*free, len(bases)],
        sweeps=sweeps,
        tolerance=tolerance,
        damping=damping,
        held_weights=held,
    )
    return f.to_cp()


def sweep(
    f: SeparableFunction,
    rows: Rows,
    axes: Sequence[int],
    *,
    parts: Sequence[Component] = (),
    strengths: ArrayLike = (),
    sweeps: int = 10,
    tolerance: float = 1e-6,
    damping: float = DAMPING,
    held_weights: NDArray[np.int64] | None = None,
    budget: TimeBudget | None = None,
    watch: Callable[[int, float], None] | None = None,
    extrapolate: bool = False,
) -> SeparableFunction:
    """Solve for the table of each of `axes` in turn, `sweeps` times or until the loss falls by less
    than `tolerance`.

    `held_weights`: columns of the output axis that stay. Each solve is linear least squares with
    the penalty. `extrapolate`: after every sweep the tables go on along its direction, f + m (f - f
    before), where that lowers the objective; half as many sweeps come as far. Source: Rajih, Comon
    and Harshman, SIAM J. Matrix Anal. Appl. 30 (2008), line search for ALS.
    """
    last: float | None = None
    reach = FIRST_REACH
    strengths = np.asarray(strengths, dtype=float)
    for number in range(sweeps):
        passage, before = Passage(f, rows), f
        for d in axes:
            equations = axis_equations(f, rows, d, passage)
            f = _solve_axis(f, equations, d, list(parts), strengths, damping, held_weights)
            if budget is not None and budget.over():
                return f
        if watch:
            watch(number, equations.loss)
        if last is not None and last - equations.loss <= tolerance * last:
            break
        last = equations.loss
        if extrapolate:
            f, reach = _farther(f, before, rows, list(parts), strengths, reach)
    return f


def _farther(
    f: SeparableFunction,
    before: SeparableFunction,
    rows: Rows,
    parts: list[Component],
    s: Floats,
    reach: float,
) -> tuple[SeparableFunction, float]:
    """f + reach (f - before) and a longer reach, or f and a shorter one where that does not lower
    the objective."""
    there = f.with_tables(
        [new + reach * (new - old) for new, old in zip(f.tables, before.tables, strict=True)]
    )
    if loss(there, rows) + penalty_value(there, parts, s) < loss(f, rows) + penalty_value(
        f, parts, s
    ):
        return there, LONGER * reach
    return f, max(reach / 2.0, LEAST_REACH)


def _solve_axis(
    f: SeparableFunction,
    equations: NormalEquations,
    d: int,
    parts: list[Component],
    s: Floats,
    damping: float,
    held: NDArray[np.int64] | None,
) -> SeparableFunction:
    unknowns = Unknowns(f, [d])
    unknowns.add_penalty(equations, f, parts, s)
    free = np.ones(f.tables[d].shape, dtype=bool)
    if held is not None and d == len(f.tables) - 1:
        free[:, held] = False
    index = np.flatnonzero(free.reshape(-1))
    step = np.zeros(free.size)
    if len(index):
        step[index] = _damped_solve(equations.a[np.ix_(index, index)], equations.g[index], damping)
    return unknowns.moved(f, step)


def _damped_solve(a: Floats, g: Floats, damping: float) -> Floats:
    diagonal = np.maximum(np.diag(a), 1e-12 * max(float(np.diag(a).max()), 1e-300))
    while True:
        lifted = a.copy()
        lifted[np.diag_indices(len(a))] += damping * diagonal
        try:
            return np.asarray(cho_solve(cho_factor(lifted, lower=True, overwrite_a=True), g))
        except LinAlgError:
            damping = max(10.0 * damping, 1e-14)


class Passage:
    """The products of all atoms but one as a sweep goes through the axes in ascending order.

    While they are small, products behind each axis are kept from the start of the sweep and the
    product ahead grows with the solved axes: 3 D products a sweep instead of 3 D^2. Else they are
    made anew for each axis.
    """

    def __init__(self, f: SeparableFunction, rows: Rows) -> None:
        self.kept = rows.count * f.rank * (len(f.tables) + 1) * 8 <= CACHE_BYTES
        self.behind: list[list[Floats]] = []
        self.ahead: list[Floats] = []
        self.place = 0
        for block in rows.blocks() if self.kept else ():
            behind = [np.ones((len(block.y), f.rank))]
            for phi in f.atoms(block.designs)[:0:-1]:
                behind.append(behind[-1] * phi)
            self.behind.append(behind[::-1])
            self.ahead.append(np.ones_like(behind[0]))

    def others(
        self, f: SeparableFunction, rows: Rows, d: int
    ) -> Iterator[tuple[RowBlock, Floats, Floats]]:
        """(block, h_d, modes) of every block: product of all atoms but the d-th [n, R], and with
        it."""
        if not self.kept or d < self.place:
            self.kept = False
            for block in rows.blocks():
                others, modes = partial_products(f.atoms(block.designs))
                yield block, others[d], modes
            return
        for number, block in enumerate(rows.blocks()):
            for e in range(self.place, d):
                self.ahead[number] *= f.atom(e, block.designs[e])
            other = self.ahead[number] * self.behind[number][d]
            yield block, other, other * f.atom(d, block.designs[d])
        self.place = d


def axis_equations(
    f: SeparableFunction, rows: Rows, d: int, passage: Passage | None = None
) -> NormalEquations:
    """Normal equations of one axis. Rows of one span touch p + 1 of its rows only, so blocks are
    taken span by span: cost N ((p+1) R)^2 instead of N (n_d R)^2."""
    passage = passage or Passage(f, rows)
    basis = f.bases[d]
    whole = basis.kind == "periodic" or basis.n_spans < 4
    m, r = f.tables[d].shape
    a, g, residual, total = np.zeros((m, r, m, r)), np.zeros((m, r)), [], 0.0
    for block, other, modes in passage.others(f, rows, d):
        res = block.y - modes.sum(axis=1)
        weighted = res if block.w is None else res * block.w
        used = other[:, f.uses[d]]
        if whole:
            j = columns(block.designs[d], used)
            a += ((j if block.w is None else j * block.w[:, None]).T @ j).reshape(a.shape)
            g += (j.T @ weighted).reshape(g.shape)
        else:
            _add_spans(a, g, basis, block, d, used, weighted)
        total += float(weighted @ res)
        residual.append(res)
    return NormalEquations(
        a.reshape(m * r, m * r) / rows.total,
        g.reshape(-1) / rows.total,
        np.concatenate(residual),
        total / rows.total,
    )


def _add_spans(
    a: Floats, g: Floats, basis: SpanBasis, block: RowBlock, d: int, other: Floats, weighted: Floats
) -> None:
    order = np.argsort(block.spans[d], kind="stable")
    edges = np.searchsorted(block.spans[d][order], np.arange(basis.n_spans + 1))
    width = basis.degree + 1
    for s in np.flatnonzero(np.diff(edges)):
        q = order[edges[s] : edges[s + 1]]
        first = int(basis.first_row[s])
        local = block.designs[d][q, first : first + width]
        j = columns(local, other[q])
        jw = j if block.w is None else j * block.w[q, None]
        shape = (width, other.shape[1])
        a[first : first + width, :, first : first + width, :] += (jw.T @ j).reshape(*shape, *shape)
        g[first : first + width] += (j.T @ weighted[q]).reshape(shape)


__all__ = ["als", "axis_equations", "sweep"]
