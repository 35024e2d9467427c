"""Damped Gauss-Newton on any set of axes: on one axis it is a step of alternating least squares, on
all it is Levenberg-Marquardt. Penalty strengths follow by evidence (Fellner-Schall) updates.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.lapack import dpotri
from scipy.sparse import csr_array, hstack, issparse

from sna_edge.core.basis import SpanBasis

from ..data.row_blocks import Block, Rows
from .budget import late
from .factors import Separable, partial_products
from .penalty import Component, components

Floats = NDArray[np.float64]
STRENGTH_RANGE = (1e-18, 1e6)
FINE_ROWS = 64
"""Coefficients of an atom above which the Jacobian is kept sparse: products of dense ones cost N
P^2."""
AHEAD = 3.0
"""Steps that must fit before the deadline: the next one and the last linearisation."""
SATURATED = 0.9
"""Effective parameters per row above which leave-one-out residuals say nothing."""
LEVERAGE_CAP = 0.98
"""Leave-one-out residuals divide by 1 - leverage; rows that the model can reach alone are capped
here."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A fitted function and what its last linearisation tells.

    strengths [components]; noise = residual variance; freedom = effective number of parameters;
    residual, left_out [N, K]: residuals of the fit and of the leave-one-out prediction.
    """

    f: Separable
    strengths: Floats
    noise: float
    freedom: float
    residual: Floats
    left_out: Floats
    steps: int

    @property
    def loo(self) -> float:
        """Root mean square of the leave-one-out residuals; infinite where nearly as many numbers as
        rows could reach every row."""
        if self.freedom > SATURATED * self.left_out.size:
            return np.inf
        return float(np.sqrt(np.mean(self.left_out**2)))


@dataclass(eq=False)
class System:
    """Normal equations A [P, P], g [P] of the chosen axes per unit weight, residuals [rows],
    weighted mean square."""

    a: Floats
    g: Floats
    residual: Floats
    loss: float


def jacobian(f: Separable, block: Block, axes: Sequence[int]) -> tuple[Floats | csr_array, Floats]:
    """df/dC over the coefficients of `axes` [n, P] (coefficient i of mode r at column i R_d + r),
    and f [n].

    Sparse where an axis has more than FINE_ROWS coefficients: a row sees p + 1 of them only.
    """
    others, modes = partial_products(f.atoms(block.designs))
    fine = [f.bases[d].n_rows > FINE_ROWS and f.bases[d].kind != "periodic" for d in axes]
    if any(fine):
        parts = [_local_columns(f.bases[d], block, d, others[d][:, f.uses[d]]) for d in axes]
        return csr_array(hstack(parts, format="csr")), modes.sum(axis=1)
    parts = [columns(block.designs[d], others[d][:, f.uses[d]]) for d in axes]
    return (parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)), modes.sum(axis=1)


def columns(design: Floats, other: Floats) -> Floats:
    """df/dC of one axis [n, m R_d] from its design [n, m] and the product of the other atoms [n,
    R_d]."""
    return (design[:, :, None] * other[:, None, :]).reshape(len(design), -1)


def _local_columns(basis: SpanBasis, block: Block, d: int, other: Floats) -> csr_array:
    """`columns` in compressed rows: the p + 1 coefficients of the span of each row."""
    if basis.kind == "periodic":
        return csr_array(columns(block.designs[d], other))
    n, r = other.shape
    row = basis.first_row[block.spans[d]][:, None] + np.arange(basis.degree + 1)
    local = np.take_along_axis(block.designs[d], row, axis=1)
    column = (row[:, :, None] * r + np.arange(r)).reshape(n, -1)
    data = (local[:, :, None] * other[:, None, :]).reshape(n, -1)
    ends = np.arange(n + 1) * column.shape[1]
    return csr_array((data.reshape(-1), column.reshape(-1), ends), shape=(n, basis.n_rows * r))


def normal_equations(f: Separable, rows: Rows, axes: Sequence[int]) -> System:
    """A = J'WJ / sum(w), g = J'W r / sum(w), accumulated over blocks: memory O(P^2), whatever the
    number of rows."""
    size = sum(f.tables[d].size for d in axes)
    a, g, residual, loss = np.zeros((size, size)), np.zeros(size), [], 0.0
    for block in rows.blocks():
        j, value = jacobian(f, block, axes)
        r = block.y - value
        jw, rw = (j, r) if block.w is None else (j * block.w[:, None], r * block.w)
        square = jw.T @ j
        a += csr_array(square).toarray() if issparse(square) else square
        g += jw.T @ r
        loss += float(rw @ r)
        residual.append(r)
    return System(a / rows.total, g / rows.total, np.concatenate(residual), loss / rows.total)


def loss(f: Separable, rows: Rows) -> float:
    """Weighted mean square of y - f."""
    total = 0.0
    for block in rows.blocks():
        r = _block_residual(f, block)
        total += float((r if block.w is None else block.w * r) @ r)
    return total / rows.total


def residuals(f: Separable, rows: Rows) -> Floats:
    """y - f, [N, K]."""
    return np.concatenate([_block_residual(f, block) for block in rows.blocks()]).reshape(
        rows.y.shape
    )


def _block_residual(f: Separable, block: Block) -> Floats:
    product = np.ones((len(block.y), f.rank))
    for phi in f.atoms(block.designs):
        product *= phi
    return np.asarray(block.y - product.sum(axis=1))


def penalty_value(f: Separable, parts: list[Component], strengths: Floats) -> float:
    return float(sum(s * _quadratic(f, c) for s, c in zip(strengths, parts, strict=True)))


def _quadratic(f: Separable, c: Component) -> float:
    table = f.tables[c.axis][:, c.columns]
    return float(np.sum(table * (c.gram @ table)))


class Layout:
    """Where the coefficients of each of `axes` lie in the vector of unknowns."""

    def __init__(self, f: Separable, axes: Sequence[int]) -> None:
        self.axes = tuple(axes)
        ends = np.cumsum([f.tables[d].size for d in axes])
        self.place = {
            d: slice(int(e) - f.tables[d].size, int(e)) for d, e in zip(axes, ends, strict=True)
        }
        self.shape = {d: f.tables[d].shape for d in axes}

    def square(self, a: Floats, d: int) -> Floats:
        """The block of axis d as a view [m, R_d, m, R_d]."""
        s, (m, r) = self.place[d], self.shape[d]
        return a[s, s].reshape(m, r, m, r)

    def moved(self, f: Separable, step: Floats) -> Separable:
        tables = list(f.tables)
        for d in self.axes:
            tables[d] = tables[d] + step[self.place[d]].reshape(self.shape[d])
        return f.with_tables(tables)

    def add_penalty(
        self, system: System, f: Separable, parts: list[Component], strengths: Floats
    ) -> None:
        for c, s in zip(parts, strengths, strict=True):
            if c.axis in self.place:
                self.square(system.a, c.axis)[:, c.columns, :, c.columns] += s * c.gram
        self.subtract_penalty_gradient(system.g, f, parts, strengths)

    def subtract_penalty_gradient(
        self, g: Floats, f: Separable, parts: list[Component], strengths: Floats
    ) -> None:
        for c, s in zip(parts, strengths, strict=True):
            if c.axis in self.place:
                gradient = g[self.place[c.axis]].reshape(self.shape[c.axis])
                gradient[:, c.columns] -= s * (c.gram @ f.tables[c.axis][:, c.columns])

    def traces(self, inverse: Floats, parts: list[Component]) -> Floats:
        """tr(A^-1 S_j) of every component, [components]."""
        return np.array(
            [
                np.sum(self.square(inverse, c.axis)[:, c.columns, :, c.columns] * c.gram)
                for c in parts
            ]
        )


def evidence_update(
    f: Separable, parts: list[Component], strengths: Floats, traces: Floats, noise: float, n: float
) -> Floats:
    """s_j <- noise (tr(S^-1 S_j) - tr(A^-1 S_j)) / (n C' S_j C), at most a decade at a time.

    Source: Wood and Fasiolo, A generalized Fellner-Schall method, Biometrics 73 (2017), eq. 6.
    """
    prior = np.array([_prior_trace(j, parts, strengths) for j in range(len(parts))])
    size = np.array([_quadratic(f, c) for c in parts])
    gain = (
        noise
        * np.maximum(prior - strengths * traces, 1e-30)
        / (n * strengths * np.maximum(size, 1e-300))
    )
    return np.asarray(np.clip(strengths * np.clip(gain, 0.1, 10.0), *STRENGTH_RANGE))


def _prior_trace(j: int, parts: list[Component], strengths: Floats) -> float:
    """tr(S^- strength_j S_j) over the columns that component j shares with its siblings of the same
    axis and order."""
    mine = parts[j]
    total = sum(
        s * c.gram
        for s, c in zip(strengths, parts, strict=True)
        if c.axis == mine.axis and c.columns[0] == mine.columns[0]
    )
    share = np.trace(np.linalg.lstsq(total, strengths[j] * mine.gram, rcond=1e-14)[0])
    return len(mine.columns) * float(share)


def levenberg_marquardt(
    f: Separable,
    rows: Rows,
    *,
    strengths: Floats | float = 1e-6,
    adapt: bool = True,
    steps: int = 100,
    tolerance: float = 1e-5,
    deadline: float = np.inf,
    watch: Callable[[int, float], None] | None = None,
    leverages: bool = True,
) -> Solution:
    """Minimise  sum w (y - f)^2 / sum w  +  sum_j s_j C' S_j C  over all tables at once.

    `adapt`: the strengths s_j follow by evidence updates once the steps have settled; otherwise
    they stay. `leverages` = False leaves out the leave-one-out residuals (NaN) and their cost.
    `deadline` is a `time.monotonic()` instant. Deterministic for given arguments. Source: Nocedal
    and Wright, Numerical Optimization (2006), section 10.3; Wood and Fasiolo (2017).
    """
    parts = components(f)
    s = np.broadcast_to(np.asarray(strengths, dtype=float), (len(parts),)).copy()
    layout = Layout(f, range(len(f.tables)))
    damping, quiet, step = 1e-2, 0, 0
    noise = freedom = 0.0
    inverse: Floats | None = None
    begin = time.monotonic()
    for step in range(1, steps + 1):
        system = normal_equations(f, rows, layout.axes)
        before = system.loss + penalty_value(f, parts, s)
        layout.add_penalty(system, f, parts, s)
        moved, factor, damping = _damped_step(f, rows, system, layout, parts, s, damping, before)
        if moved is None:
            break
        f, after = moved
        gain = (before - after) / max(before, 1e-300)
        change = 0.0
        if adapt and step > 5 and gain < 0.2:
            inverse = _inverse(factor)
            traces = layout.traces(inverse, parts)
            freedom = system.a.shape[0] - float(s @ traces)
            noise = (
                max(system.loss, 1e-30) * rows.count / max(rows.count - freedom, 0.05 * rows.count)
            )
            updated = evidence_update(f, parts, s, traces, noise, rows.count)
            change = float(np.abs(np.log(updated / s)).max())
            s = updated
        if watch:
            watch(step, system.loss)
        quiet = quiet + 1 if gain < tolerance and change < 0.1 else 0
        if quiet >= 2 or (
            step < steps and late(deadline, AHEAD * (time.monotonic() - begin) / step)
        ):
            break
    if not leverages:
        residual = residuals(f, rows)
        return Solution(
            f,
            s,
            float(np.mean(residual**2)),
            np.nan,
            residual,
            np.full_like(residual, np.nan),
            step,
        )
    return _finish(f, rows, layout, parts, s, step)


def _damped_step(
    f: Separable,
    rows: Rows,
    system: System,
    layout: Layout,
    parts: list[Component],
    s: Floats,
    damping: float,
    before: float,
) -> tuple[tuple[Separable, float] | None, Floats | None, float]:
    """The first step along growing damping that lowers the objective: (moved f, objective), factor,
    next damping."""
    diagonal = np.diag(system.a).copy()
    diagonal = np.maximum(diagonal, 1e-10 * diagonal.max())
    for _ in range(16):
        a = system.a.copy()
        a[np.diag_indices(len(a))] += damping * diagonal
        try:
            factor = cho_factor(a, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            damping = max(10.0 * damping, 1e-14)
            continue
        trial = layout.moved(f, cho_solve(factor, system.g, check_finite=False))
        after = loss(trial, rows) + penalty_value(trial, parts, s)
        if after <= before:
            return (trial, after), factor[0], max(damping / 5.0, 1e-12)
        damping *= 4.0
    return None, None, damping


def _inverse(factor: Floats | None) -> Floats:
    inverse = dpotri(factor, lower=1)[0]
    lower = np.tril(inverse)
    return np.asarray(lower + np.tril(lower, -1).T)


def _finish(
    f: Separable, rows: Rows, layout: Layout, parts: list[Component], s: Floats, steps: int
) -> Solution:
    """Noise, freedom and leave-one-out residuals r / (1 - h), h = diag(J A^-1 J' W) / sum(w), at
    the solution."""
    system, inverse = _linearised(f, rows, layout, parts, s)
    freedom = len(inverse) - float(s @ layout.traces(inverse, parts))
    leverage = []
    for block in rows.blocks():
        j, _ = jacobian(f, block, layout.axes)
        spread = j @ inverse
        h = (
            np.asarray((j * spread).sum(axis=1))
            if issparse(j)
            else np.einsum("np,np->n", spread, j)
        ) / rows.total
        leverage.append(h if block.w is None else h * block.w)
    left_out = system.residual / (1.0 - np.minimum(np.concatenate(leverage), LEVERAGE_CAP))
    noise = system.loss * rows.count / max(rows.count - freedom, 0.05 * rows.count)
    shape = rows.y.shape
    return Solution(
        f, s, noise, freedom, system.residual.reshape(shape), left_out.reshape(shape), steps
    )


def _linearised(
    f: Separable, rows: Rows, layout: Layout, parts: list[Component], s: Floats
) -> tuple[System, Floats]:
    """The normal equations with penalties at the solution, and A^-1."""
    system = normal_equations(f, rows, layout.axes)
    layout.add_penalty(system, f, parts, s)
    a = system.a
    a[np.diag_indices(len(a))] += 1e-13 * np.maximum(np.diag(a), 1e-10 * np.diag(a).max())
    return system, _inverse(factorised(a))


def left_out_by_fold(solution: Solution, rows: Rows, folds: NDArray[np.int64]) -> Floats:
    """Residuals of each fold when its rows are left out, (I - H_ff)^-1 r_f with H = J A^-1 J' / N,
    [N, K]: no refit.

    Exact for a linear model; for another as exact as the linearisation at the solution. Rows
    without weights. Source: Cook and Weisberg, Residuals and Influence in Regression (1982),
    section 3.6.
    """
    f = solution.f
    layout = Layout(f, range(len(f.tables)))
    system, inverse = _linearised(f, rows, layout, components(f), solution.strengths)
    out = np.empty(rows.y.shape)
    residual = system.residual.reshape(rows.y.shape)
    for fold in np.unique(folds):
        held = np.flatnonzero(folds == fold)
        blocks = Rows(f.bases, rows.x[held], rows.y[held]).blocks()
        j = np.concatenate([_dense(jacobian(f, block, layout.axes)[0]) for block in blocks])
        leverage, vectors = np.linalg.eigh(j @ inverse @ j.T / rows.total)
        scaled = vectors.T @ residual[held].reshape(-1) / (1.0 - np.minimum(leverage, LEVERAGE_CAP))
        out[held] = (vectors @ scaled).reshape(-1, rows.y.shape[1])
    return out


def _dense(j: Floats | csr_array) -> Floats:
    return np.asarray(j.toarray() if isinstance(j, csr_array) else j)


def factorised(a: Floats) -> Floats:
    """Lower Cholesky factor of a, its diagonal lifted as little as needed."""
    lift = 0.0
    while True:
        try:
            return np.asarray(
                cho_factor(a + lift * np.diag(np.diag(a)), lower=True, check_finite=False)[0]
            )
        except LinAlgError:
            lift = max(10.0 * lift, 1e-13)
