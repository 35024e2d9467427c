"""Sums of splines of one and of two inputs, smoothed as the rows ask for.

    f(x) = c + sum_d sum_j a_dj u_dj(x_d) + sum_{d<e} sum_{jk} b_dejk u_dj(x_d) u_ek(x_e)

The u are orthogonal over the rows with roughness r, so the penalty is diagonal: s (1 + r_dj) of
single inputs, t (1 + r_dj + r_ek) of pairs. s and t are those with the least error on left-out
folds, whose Gram matrices are those of all rows less their own. Of too many pairs those are taken
that what the single inputs leave speaks for. Source: Wood, Generalized Additive Models (2017).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from sna_edge.numerics.time_budget import TimeBudget, now

from ...data.folds import Folds
from ...data.samples import Samples
from ...data.weights import mean, rooted
from ...effort import FamilySizes
from ...engine.factors import SeparableFunction
from ..candidate import Candidate
from ..linear_scale import LinearScale
from .family import Begun, Family, Task
from .modes import Mode, of_modes
from .spline_functions import SplineFunctions
from .terms import design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_ROWS = 12_000
"""Rows (evenly spaced) that its coefficients are fitted to."""
SPANS = 12
LEAST_PAIRED, MOST_PAIRED, SCREENED = 5, 9, 2
"""Functions of each input that a pair multiplies: as many as there is room for; and those that
speak for a pair."""
WORK, FAST = 4e9, 10.0
"""Rows x terms^2 of the Gram matrix; products of matrices beside what a second of a time
budget is expected to do."""
LEAST_ROWS = 40
STRENGTHS = 10.0 ** np.arange(-7.0, 3.0)
"""Of single inputs, per row."""
PAIRS = (1.0, 10.0, 100.0, 1e4)
"""The strength of pairs over that of single inputs, tried at the best of these."""
NEGLIGIBLE = 0.05
"""Share of the error that the modes left out of the pairs may make."""
SLIGHT = 1e-12


def work(samples: Samples, sizes: FamilySizes) -> float:
    """Multiply-adds, where they run FAST times as fast: the Gram matrix, and a solution for every
    strength and fold."""
    n_rows = min(len(samples.x), sizes.rows)
    terms = min(sizes.splines, np.sqrt(WORK / n_rows))
    solved = (len(STRENGTHS) + len(PAIRS)) * 6 * terms**3 / 3.0
    return float((2.0 * n_rows * terms**2 + solved) / FAST)


@dataclass(frozen=True, eq=False)
class Terms:
    """Terms index [P, D], the constant first, of the functions of every input; `pair` [P] and
    roughness [P] say what is penalised."""

    functions: list[SplineFunctions]
    index: Ints
    pair: NDArray[np.bool_]
    rough: Floats

    @classmethod
    def of(cls, samples: Samples, target: Floats, most: int) -> Terms:
        """At most `most` of them, for target [N, K]."""
        functions = SplineFunctions.of(samples, SPANS)
        n = len(functions)
        single = [
            _term(n, {d: j}) for d, f in enumerate(functions) for j in range(1, len(f.roughness))
        ]
        single = single[: most - 1]
        index = np.array([_term(n, {}), *single])
        first = cls._made(functions, index)
        pairs = _pairs(first, samples.x, target, most - len(index))
        return cls._made(functions, np.concatenate([index, *pairs]))

    @classmethod
    def _made(cls, functions: list[SplineFunctions], index: Ints) -> Terms:
        own = np.stack([f.roughness[index[:, d]] for d, f in enumerate(functions)], axis=1)
        used = index > 0
        rough = np.where(used, own, 0.0).sum(axis=1) + used.any(axis=1)
        return cls(functions, index, used.sum(axis=1) > 1, rough)

    def design(self, x: Floats) -> Floats:
        """[N, P]."""
        return design([f.values(x[:, d]) for d, f in enumerate(self.functions)], self.index)

    def penalty(self, strength: float, pairs: float) -> Floats:
        """[P], per row."""
        return np.asarray(strength * np.where(self.pair, pairs, 1.0) * self.rough + SLIGHT)


def _term(n: int, numbers: dict[int, int]) -> Ints:
    row = np.zeros(n, dtype=np.int64)
    for d, j in numbers.items():
        row[d] = j
    return row


def _pairs(single: Terms, x: Floats, target: Floats, room: int) -> list[Ints]:
    """Terms of pairs, of those pairs that what single inputs leave speaks for while there is
    room."""
    a, n = single.design(x), len(single.functions)
    gram = a.T @ a + len(x) * np.diag(single.penalty(1e-3, 1.0))
    left = target - a @ cho_solve(cho_factor(gram), a.T @ target)
    values = [f.values(x[:, d]) for d, f in enumerate(single.functions)]
    scored: list[tuple[float, Ints]] = []
    each = int(np.sqrt(room / max(n * (n - 1) / 2, 1)))
    paired = int(np.clip(each, LEAST_PAIRED, MOST_PAIRED))
    for d, e in combinations(range(n), 2):
        counts = [min(paired, values[c].shape[1] - 1) for c in (d, e)]
        own = [(j, k) for j in range(1, counts[0] + 1) for k in range(1, counts[1] + 1)]
        index = np.array([_term(n, {d: j, e: k}) for j, k in own]).reshape(-1, n)
        few = index[(index <= SCREENED).all(axis=1)]
        told = design(values, few).T @ left
        scored.append((float(np.abs(told).max(initial=0.0)), index))
    found: list[Ints] = []
    for _, index in sorted(scored, key=lambda s: -s[0]):
        if len(index) > room:
            break
        room -= len(index)
        found.append(index)
    return found


def begin(task: Task) -> Begun | None:
    """Fitted and judged at once: what it promises is its error on left-out folds."""
    start, samples = now(), task.samples
    some = np.arange(0, len(samples.x), -(-len(samples.x) // task.sizes.rows))
    if len(some) < LEAST_ROWS or samples.x.shape[1] < 2:
        return None
    scale = LinearScale.of(samples.outputs(task.link), samples.y)
    part = samples.take(some).over(samples)
    y = scale.scaled(part.y)
    terms = Terms.of(part, y, int(min(task.sizes.splines, np.sqrt(WORK / len(some)))))
    folds = task.folds.take(some)
    penalty, predicted = _chosen(terms, part, y, folds, task.budget)
    rows = some[folds.rows]

    def on_rows(whole: Samples, budget: TimeBudget) -> SeparableFunction:
        return _solved(terms, penalty, whole, scale.scaled(whole.y), error)

    measured = samples.y[rows]
    found = Candidate(
        "splines of single inputs and pairs",
        "splines",
        SeparableFunction((), np.zeros((0, 0), dtype=bool), ()),
        scale.outputs,
        scale.centre,
        scale.spread,
        rows,
        measured,
        scale.unscaled(predicted[folds.rows]),
        now() - start,
        {"terms": len(terms.index)},
        moved=on_rows,
        weight=samples.weight_of(rows),
    )
    error = found.error

    def finish(budget: TimeBudget) -> Candidate:
        start = now()
        f = _solved(terms, penalty, part, y, error)
        return replace(found, f=f, seconds=found.seconds + now() - start)

    return Begun(error, finish)


def _chosen(
    terms: Terms, samples: Samples, y: Floats, folds: Folds, budget: TimeBudget
) -> tuple[Floats, Floats]:
    """Penalty [P] with the least error on left-out folds, and predictions [N, K] by it."""
    a = terms.design(samples.x)
    root = rooted(np.ones(len(a)), samples.weight)
    weighted, target = a * root[:, None], y * root[:, None]
    gram, product = weighted.T @ weighted, weighted.T @ target
    parts = []
    for fold in folds.judged:
        out = folds.unseen(fold)
        hidden = weighted[out]
        parts.append(
            (
                folds.held(fold),
                gram - hidden.T @ hidden,
                product - hidden.T @ target[out],
                float((root[~out] ** 2).sum()),
            )
        )
    rows, weight = folds.rows, root[folds.rows] ** 2

    def left_out(penalty: Floats) -> tuple[float, Floats]:
        predicted = np.zeros_like(y)
        for held, g, b, total in parts:
            lifted = g.copy()
            lifted[np.diag_indices(len(g))] += total * penalty
            predicted[held] = a[held] @ cho_solve(cho_factor(lifted, overwrite_a=True), b)
        return float(mean(((predicted - y)[rows]) ** 2, weight).mean()), predicted

    best, least, found = 1.0, np.inf, np.zeros_like(y)
    chosen = terms.penalty(1.0, 1.0)
    for strength in STRENGTHS[::-1]:
        error, predicted = left_out(terms.penalty(strength, PAIRS[1]))
        if error < least:
            best, least, found = strength, error, predicted
            chosen = terms.penalty(strength, PAIRS[1])
        elif error > 1.1 * least or budget.over():
            break
    for pairs in (PAIRS[0], *PAIRS[2:]):
        error, predicted = left_out(terms.penalty(best, pairs))
        if error < least:
            least, found, chosen = error, predicted, terms.penalty(best, pairs)
    return chosen, found


def _solved(
    terms: Terms, penalty: Floats, samples: Samples, y: Floats, error: float
) -> SeparableFunction:
    """On rows, as few modes: what these leave out of a pair is small beside the error."""
    some = slice(None, None, max(1, len(y) // MOST_ROWS))
    weight = None if samples.weight is None else samples.weight[some]
    a, target = rooted(terms.design(samples.x[some]), weight), rooted(y[some], weight)
    total = float(len(a) if weight is None else weight.sum())
    c = cho_solve(cho_factor(a.T @ a + total * np.diag(penalty)), a.T @ target)
    pairs = len(np.unique(terms.index[terms.pair] > 0, axis=0))
    small = NEGLIGIBLE * error / np.sqrt(max(pairs, 1))
    modes = [list(modes_of_terms(terms.index, column, small)) for column in c.T]
    return of_modes(terms.functions, modes, c[0].tolist())


def modes_of_terms(index: Ints, c: Floats, small: float) -> Iterator[Mode]:
    """One for each input alone, then the singular vectors of each pair that are not `small`."""
    sets: dict[tuple[int, ...], list[int]] = {}
    for p, row in enumerate(index):
        sets.setdefault(tuple(np.flatnonzero(row).tolist()), []).append(p)
    for axes, places in sets.items():
        if len(axes) == 1:
            yield [(axes[0], _placed(index[places, axes[0]], c[places]))]
        elif len(axes) == 2:
            d, e = axes
            block = np.zeros(index[places][:, [d, e]].max(axis=0) + 1)
            block[index[places, d], index[places, e]] = c[places]
            u, s, vt = np.linalg.svd(block, full_matrices=False)
            left = np.sqrt(np.cumsum(s[::-1] ** 2)[::-1])
            for r in range(int((left > small).sum())):
                yield [(d, u[:, r] * s[r]), (e, vt[r])]


def _placed(numbers: Ints, c: Floats) -> Floats:
    out = np.zeros(int(numbers.max()) + 1)
    out[numbers] = c
    return out


PAIR_SPLINES = Family("splines of single inputs and pairs", work, begin)
