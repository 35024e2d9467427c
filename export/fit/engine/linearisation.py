"""What the linearisation at a solution tells: noise, effective parameters, residuals of rows left
out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from ..data.folds import SEEN, Folds
from ..data.row_blocks import Rows
from ..data.weights import mean
from .factors import SeparableFunction
from .normal_equations import NormalEquations, jacobian, normal_equations
from .penalty import Component, components
from .positive_definite import factorised, inverse_of
from .unknowns import Unknowns

Floats = NDArray[np.float64]
SATURATED = 0.9
"""Effective parameters per row above which leave-one-out residuals say nothing."""
LEVERAGE_CAP = 0.98
"""Leave-one-out residuals divide by 1 - leverage; rows that the model can reach alone are capped
here."""
FEW_AT_ONCE = 1000
"""So many rows are left out by their own leverages, more by the unknowns where these are fewer."""


@dataclass(frozen=True, eq=False)
class FittedFunction:
    """A fitted function and what its last linearisation tells.

    strengths [components]; noise = residual variance; dof = effective number of parameters;
    residual, left_out [N, K]: residuals of the fit and of the leave-one-out prediction, or of that
    without a fold; `judged` [N]: the rows whose left_out counts (default: all); weight [N] of the
    rows, None where they weigh alike.
    """

    f: SeparableFunction
    strengths: Floats
    noise: float
    dof: float
    residual: Floats
    left_out: Floats
    steps: int
    judged: NDArray[np.bool_] | None = None
    weight: Floats | None = None

    @property
    def loo(self) -> float:
        """Root mean square of the leave-one-out residuals; infinite where nearly as many numbers as
        rows could reach every row."""
        if self.dof > SATURATED * self.left_out.size:
            return np.inf
        some = slice(None) if self.judged is None else self.judged
        weight = None if self.weight is None else self.weight[some]
        return float(np.sqrt(np.mean(mean(self.left_out[some] ** 2, weight))))

    def judged_by(self, rows: Rows, folds: Folds) -> FittedFunction:
        """With left_out by fold instead of one by one."""
        some = folds.number != SEEN
        left_out = np.where(some[:, None], left_out_by_fold(self, rows, folds), self.left_out)
        return replace(self, left_out=left_out, judged=None if some.all() else some)


def with_leverages(
    f: SeparableFunction,
    rows: Rows,
    unknowns: Unknowns,
    parts: list[Component],
    s: Floats,
    steps: int,
) -> FittedFunction:
    """Noise, dof and leave-one-out residuals r / (1 - h), h = diag(J A^-1 J' W) / sum(w), at the
    solution."""
    equations, inverse = linearised(f, rows, unknowns, parts, s)
    dof = len(inverse) - float(s @ unknowns.traces(inverse, parts))
    leverage = []
    for block in rows.blocks():
        j, _ = jacobian(f, block, unknowns.axes)
        spread = j @ inverse
        h = (
            np.asarray((j * spread).sum(axis=1))
            if issparse(j)
            else np.einsum("np,np->n", spread, j)
        ) / rows.total
        leverage.append(h if block.w is None else h * block.w)
    left_out = equations.residual / (1.0 - np.minimum(np.concatenate(leverage), LEVERAGE_CAP))
    noise = residual_variance(equations.loss, rows.count, dof)
    shape = rows.y.shape
    return FittedFunction(
        f,
        s,
        noise,
        dof,
        equations.residual.reshape(shape),
        left_out.reshape(shape),
        steps,
        weight=rows.weight,
    )


def residual_variance(loss: float, count: int, dof: float) -> float:
    """Sum of squares over the degrees of freedom left, of which a twentieth of the rows is taken to
    be there always."""
    return loss * count / max(count - dof, 0.05 * count)


def linearised(
    f: SeparableFunction, rows: Rows, unknowns: Unknowns, parts: list[Component], s: Floats
) -> tuple[NormalEquations, Floats]:
    """The normal equations with penalties at the solution, and A^-1."""
    equations = normal_equations(f, rows, unknowns.axes)
    unknowns.add_penalty(equations, f, parts, s)
    a = equations.a
    a[np.diag_indices(len(a))] += 1e-13 * np.maximum(np.diag(a), 1e-10 * np.diag(a).max())
    return equations, inverse_of(factorised(a))


def left_out_by_fold(solution: FittedFunction, rows: Rows, folds: Folds) -> Floats:
    """Residuals of each fold when the rows that it may not see, U, are left out, those of
    (I - H_UU)^-1 r_U with H = J A^-1 J' W / sum(w), [N, K]: no refit. NaN for rows of no fold.

    Exact for a linear model; for another as exact as the linearisation at the solution. J
    and r are taken times the roots of the weights. Source: Cook and Weisberg, Residuals and
    Influence in Regression (1982), section 3.6.
    """
    f = solution.f
    unknowns = Unknowns(f, range(len(f.tables)))
    equations, inverse = linearised(f, rows, unknowns, components(f), solution.strengths)
    out, width = np.full(rows.y.shape, np.nan), rows.y.shape[1]
    residual = equations.residual.reshape(rows.y.shape)
    for fold in folds.judged:
        unseen = np.flatnonzero(folds.unseen(fold))
        blocks = Rows(f.bases, rows.x[unseen], rows.y[unseen]).blocks()
        j = np.concatenate([_dense(jacobian(f, block, unknowns.axes)[0]) for block in blocks])
        r = residual[unseen].reshape(-1)
        root = None if rows.weight is None else np.sqrt(np.repeat(rows.weight[unseen], width))
        if root is not None:
            j, r = j * root[:, None], r * root
        if len(j) <= max(len(inverse), FEW_AT_ONCE):
            without = _by_rows(j, inverse, r, rows.total)
        else:
            without = _by_unknowns(j, equations.a, r, rows.total)
        out[unseen] = (without if root is None else without / root).reshape(-1, width)
    return out


def _by_rows(j: Floats, inverse: Floats, r: Floats, total: float) -> Floats:
    """(I - H)^-1 r by the eigenvectors of H [n, n]."""
    leverage, vectors = np.linalg.eigh(j @ inverse @ j.T / total)
    scaled = vectors.T @ r / (1.0 - np.minimum(leverage, LEVERAGE_CAP))
    return np.asarray(vectors @ scaled)


def _by_unknowns(j: Floats, a: Floats, r: Floats, total: float) -> Floats:
    """The same r + J B^-1 J' r / N with B = A - c J' J / N for fewer unknowns than rows; c, almost
    1, caps leverages."""
    b = a - (LEVERAGE_CAP / total) * (j.T @ j)
    return np.asarray(r + j @ (inverse_of(factorised(b)) @ (j.T @ r)) / total)


def _dense(j: Floats | csr_array) -> Floats:
    return np.asarray(j.toarray() if isinstance(j, csr_array) else j)
