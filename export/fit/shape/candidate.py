"""The candidate of a given shape: how many products and how smooth, by out-of-fold error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, levels
from sna_edge.core.output import Output
from sna_edge.numerics.time_budget import TimeBudget, now

from ..candidates.breaks import data_bases
from ..candidates.candidate import Candidate
from ..candidates.direct.rank_search import spans_for
from ..candidates.linear_scale import LinearScale
from ..data.folds import Folds
from ..data.free_coefficients import free_design
from ..data.samples import Samples, relative_error
from ..data.scope import Scope
from ..engine.factors import SeparableFunction
from .asked import Shape
from .constrained import Solution, Terms, solve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUGH = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
"""Strengths of the penalty on second derivatives that are tried."""
PRODUCTS = ((1, -1), (1, 1, -1, -1))
"""Signs of the products that are tried after none."""
ENOUGH = 0.99
"""A richer function must lower the out-of-fold error to this share."""
MOST_ROWS = 20_000
"""Rows that are fitted at most, drawn from the table."""


def shaped(scope: Scope, shape: Shape, link: str) -> list[Candidate]:
    """A candidate for each link that the shape allows, best first."""
    found: list[Candidate] = []
    for name in shape.links(scope.samples, link):
        if found and scope.budget.over():
            scope.budget.leave_out(f"the shape under link {name}")
            break
        found.append(_of_link(scope, shape, name))
    return sorted(found, key=lambda c: c.error)


def _of_link(scope: Scope, shape: Shape, link: str) -> Candidate:
    begin, samples = now(), scope.samples
    outputs = samples.outputs(link)
    scale = LinearScale.of(outputs, samples.y)
    some = _drawn(len(samples.x), scope.seed)
    rows, inner = samples.take(some).over(samples), scope.folds.take(some)
    target = scale.scaled(rows.y)
    bases = tuple(data_bases(rows, 3, spans_for(len(rows.x))))
    designs = [free_design(b, rows.x[:, d]) for d, b in enumerate(bases)]
    solutions, predicted = [], np.empty_like(target)
    for k in range(target.shape[1]):
        problem = _Problem(rows, inner, shape, bases, designs, target[:, k], scope.budget)
        solution, predicted[:, k] = problem.best()
        solutions.append(solution)
    f = _joined(bases, solutions)
    judged = some[inner.rows]
    return Candidate(
        _name(solutions),
        "shape",
        f,
        outputs,
        scale.centre,
        scale.spread,
        judged,
        samples.y[judged],
        scale.unscaled(predicted)[inner.rows],
        now() - begin,
        {},
        None,
        _mover(bases, solutions, scale, scope.seed),
        samples.weight_of(judged),
    )


def _drawn(count: int, seed: int) -> Ints:
    if count <= MOST_ROWS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).permutation(count)[:MOST_ROWS])


def _name(solutions: Sequence[Solution]) -> str:
    products = max(len(s.terms.signs) for s in solutions)
    return f"shape asked for, additive and {products} products" if products else (
        "shape asked for, additive"
    )  # fmt: skip


class _Problem:
    """One output: target [N] on designs [N, m_d] with weights, judged by folds."""

    def __init__(
        self,
        rows: Samples,
        folds: Folds,
        shape: Shape,
        bases: tuple[SpanBasis, ...],
        designs: list[Floats],
        target: Floats,
        budget: TimeBudget,
    ) -> None:
        names = [axis.name for axis in rows.axes]
        self.bases, self.designs, self.target, self.weight = bases, designs, target, rows.weight
        self.slope = tuple(shape.slope.get(name, 0) for name in names)
        self.bend = tuple(shape.bend.get(name, 0) for name in names)
        self.folds, self.budget = folds, budget

    def best(self) -> tuple[Solution, Floats]:
        """The solution on all rows and out-of-fold predictions [N] of the best terms."""
        found = self.tried((), ROUGH)
        for signs in PRODUCTS if len(self.bases) > 1 else ():
            if self.budget.over():
                self.budget.leave_out("more products of the shape asked for")
                break
            rough = found[1].rough
            richer = self.tried(signs, (rough, 0.1 * rough))
            if richer[0] > ENOUGH * found[0]:
                break
            found = richer
        _, terms, predicted = found
        return solve(terms, self.designs, self.target, self.weight), predicted

    def tried(self, signs: tuple[int, ...], ladder: Sequence[float]) -> tuple[float, Terms, Floats]:
        """The best strength of the ladder, from stiff to soft, until the error rises: its error,
        terms and out-of-fold predictions."""
        best: tuple[float, Terms, Floats] | None = None
        for rough in ladder:
            terms = Terms(self.bases, self.slope, self.bend, signs, rough)
            predicted = self.out_of_fold(terms)
            seen = self.folds.rows
            error = relative_error((self.target - predicted)[seen, None], self.target[seen, None])
            if best is not None and error >= best[0]:
                break
            best = error, terms, predicted
        assert best is not None
        return best

    def out_of_fold(self, terms: Terms) -> Floats:
        out = np.full(len(self.target), np.nan)
        for fold in self.folds.judged:
            seen, held = np.flatnonzero(~self.folds.unseen(fold)), self.folds.held(fold)
            weight = None if self.weight is None else self.weight[seen]
            solution = solve(terms, [b[seen] for b in self.designs], self.target[seen], weight)
            out[held] = solution.values([b[held] for b in self.designs])
        return out


def _mover(
    bases: tuple[SpanBasis, ...], solutions: Sequence[Solution], scale: LinearScale, seed: int
) -> Callable[[Samples, TimeBudget], SeparableFunction]:
    """The same terms fitted to other rows."""

    def on_rows(samples: Samples, budget: TimeBudget) -> SeparableFunction:
        count = len(samples.x)
        some = np.sort(np.random.default_rng(seed).permutation(count)[:MOST_ROWS])
        designs = [free_design(b, samples.x[some, d]) for d, b in enumerate(bases)]
        target = scale.scaled(samples.y[some])
        weight = samples.weight_of(some)
        again = [solve(s.terms, designs, target[:, k], weight) for k, s in enumerate(solutions)]
        return _joined(bases, again)

    return on_rows


def _joined(bases: tuple[SpanBasis, ...], solutions: Sequence[Solution]) -> SeparableFunction:
    """The solutions [K] as one function: modes are the bias, then additive terms and products of
    each output."""
    n_axes, n_outputs = len(bases), len(solutions)
    uses: list[Floats] = [np.zeros(n_axes)]
    weights: list[Floats] = [np.array([s.bias for s in solutions])]
    columns: list[list[Floats]] = [[] for _ in bases]
    for k, s in enumerate(solutions):
        here = np.eye(n_outputs)[k]
        for d, a in enumerate(s.additive):
            uses.append(np.eye(n_axes)[d])
            weights.append(here)
            columns[d].append(a)
        for r, sign in enumerate(s.terms.signs):
            if any(not phi[:, r].any() for phi in s.factors):
                continue
            uses.append(np.ones(n_axes))
            weights.append(sign * here)
            for d, phi in enumerate(s.factors):
                columns[d].append(phi[:, r])
    used = np.array(uses, dtype=bool).T
    tables = (*(np.stack(c, axis=1) for c in columns), np.array(weights).T)
    everywhere = np.ones((1, used.shape[1]), dtype=bool)
    return SeparableFunction((*bases, levels(n_outputs)), np.vstack([used, everywhere]), tables)


__all__ = ["Output", "shaped"]
