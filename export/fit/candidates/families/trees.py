"""Sums of piecewise linear functions of one and of two inputs, taught by a forest.

Where a table has steps, clusters and rows far off, the mean over many random trees errs less than
anything smooth. It is asked near the rows, between neighbours and at crossings of rows, and

    f(x) = c + sum_d g_d(x_d) + sum_{d<e} sum_{jk} b_dejk N_dj(x_d) N_ek(x_e)

is fitted to what it says: g_d on fine spans, the hats N of pairs on coarse ones. The student of a
fold learns from the trees that never saw it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from sna_edge.core.basis import SpanBasis, bspline
from sna_edge.numerics.time_budget import TimeBudget, now

from ....teacher.forest import Forest
from ....teacher.forest_teacher import FEW, MANY, by_own_fold, groups_of, grown, suited
from ....teacher.forest_teacher import work as comparisons
from ....teacher.training_points import neighbours, training_points
from ...data.folds import Folds
from ...data.samples import Samples
from ...effort import FamilySizes
from ...engine.factors import SeparableFunction
from ..breaks import data_bases
from ..candidate import Candidate
from ..linear_scale import LinearScale
from .family import Begun, Family, Task
from .modes import of_modes
from .pair_splines import modes_of_terms
from .terms import design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_FINE, MOST_PAIRED, PAIR_TERMS = 6, 12, 900
"""Fewest linear spans of an input alone, most of a pair, and terms of all pairs on offer."""
NEAR, CROSSED = 6000, 2000
"""Points between neighbours and crossings of rows that the forest is asked at."""
RIDGE = 1.0
"""Added to the diagonal of the normal equations, which count points."""
MISSED = 0.4
"""Share of the error that the pairs left out may make."""
NEGLIGIBLE = 0.3
"""The same of the modes left out of a pair."""
POINTS_STREAM = 31
"""Added to the seed."""


@dataclass(frozen=True, eq=False)
class Hats:
    """1, then the hats of `held` but the first, then those of `coarse` but the first, whose breaks
    are some of them (or the same levels)."""

    held: SpanBasis
    coarse: SpanBasis

    @classmethod
    def of(cls, samples: Samples, spans: int) -> list[Hats]:
        """Of every input: `spans` for pairs, about LEAST_FINE alone."""
        step = max(1, LEAST_FINE // spans)
        return [cls(basis, _coarser(basis, step)) for basis in data_bases(samples, 1, spans * step)]

    @property
    def alone(self) -> range:
        """Numbers of the functions of the input alone."""
        return range(1, self.held.n_rows)

    @property
    def paired(self) -> range:
        """Numbers of those that pairs multiply."""
        first = self.held.n_rows
        return range(first, first + self.coarse.n_rows - 1)

    def values(self, x: Floats) -> Floats:
        """[N, m] at x [N]."""
        fine, coarse = self.held.design(x), self.coarse.design(x)
        return np.c_[np.ones(len(x)), fine[:, 1:], coarse[:, 1:]]

    def basis(self, top: int) -> SpanBasis:
        """The same for any number."""
        return self.held

    def table(self, basis: SpanBasis) -> Floats:
        """Rows [n, m]: linear functions are their values at the breaks."""
        if basis.kind == "levels":
            return np.c_[
                np.ones(basis.n_rows), np.eye(basis.n_rows)[:, 1:], np.eye(basis.n_rows)[:, 1:]
            ]
        return self.values(basis.breaks)


def _coarser(basis: SpanBasis, step: int) -> SpanBasis:
    if basis.kind == "levels" or step == 1:
        return basis
    return bspline(np.r_[basis.breaks[:-1:step], basis.breaks[-1]], 1)


@dataclass(frozen=True, eq=False)
class Student:
    """Points that the forest is asked at [M, D], terms index [P, D] of the functions of every
    input."""

    x: Floats
    functions: list[Hats]
    index: Ints

    @classmethod
    def of(cls, samples: Samples, seed: int) -> Student:
        """Terms and points for these rows."""
        n = samples.x.shape[1]
        pairs = max(n * (n - 1) // 2, 1)
        functions = Hats.of(samples, int(np.clip(np.sqrt(PAIR_TERMS / pairs), 1, MOST_PAIRED)))
        index: list[list[dict[int, int]]] = [
            [{}],
            *([{d: j} for j in f.alone] for d, f in enumerate(functions)),
        ]
        index += [
            [{d: j, e: k} for j in functions[d].paired for k in functions[e].paired]
            for d, e in combinations(range(n), 2)
        ]
        rng = np.random.default_rng([seed, POINTS_STREAM])
        near = neighbours(samples.x, samples.n_levels, NEAR, rng)
        crossed = training_points(samples.x, samples.n_levels, CROSSED, rng)[0]
        return cls(
            np.concatenate([near, crossed]), functions, _rows([t for i in index for t in i], n)
        )

    def design(self, x: Floats) -> Floats:
        """[N, P]."""
        return design([f.values(x[:, d]) for d, f in enumerate(self.functions)], self.index)

    def lessons(self, targets: Floats, error: float) -> list[tuple[Student, Floats]]:
        """For each of the targets [M, K, A] the student with the pairs that matter beside `error`
        and its coefficients [P, K]."""
        a = self.design(self.x)
        gram, product = a.T @ a, np.tensordot(a, targets, (0, 0))
        gram[np.diag_indices(len(gram))] += RIDGE
        factor = cho_factor(gram)
        out = []
        for told in np.moveaxis(product, -1, 0):
            kept = self._matter(a, cho_solve(factor, told), error)
            c = cho_solve(cho_factor(gram[np.ix_(kept, kept)], overwrite_a=True), told[kept])
            out.append((replace(self, index=self.index[kept]), np.asarray(c)))
        return out

    def _matter(self, a: Floats, c: Floats, error: float) -> Ints:
        """Terms of single inputs and of the pairs but the slightest, whose share of the answers
        a c [M, K] together stays below MISSED of the error."""
        pairs, of = np.unique(self.index > 0, axis=0, return_inverse=True)
        of = of.reshape(-1)
        square = np.full(len(pairs), np.inf)
        for p in np.flatnonzero(pairs.sum(axis=1) > 1):
            square[p] = (a[:, of == p] @ c[of == p]).var(axis=0).mean()
        order = np.argsort(square)
        slight = order[np.cumsum(square[order]) < (MISSED * error) ** 2]
        return np.flatnonzero(~np.isin(of, slight))


def _rows(terms: list[dict[int, int]], n: int) -> Ints:
    out = np.zeros((len(terms), n), dtype=np.int64)
    for row, term in zip(out, terms, strict=True):
        for d, j in term.items():
            row[d] = j
    return out


def work(samples: Samples, sizes: FamilySizes) -> float:
    """Multiply-adds: comparisons of the trees, level by level, and the normal equations."""
    if not sizes.trees or not suited(samples):
        return 1.0
    return comparisons(samples) + (NEAR + CROSSED) * PAIR_TERMS**2 / 5.0


def begin(task: Task) -> Begun | None:
    """A few trees say what many would err by: E e_T^2 = e^2 + var / T."""
    samples = task.samples
    if not task.sizes.trees or task.link != "identity" or not suited(samples):
        return None
    scale = LinearScale.of(samples.outputs(task.link), samples.y)
    mean, variance = _forest(samples, scale, task.folds, FEW, task.seed).moments(samples.x)
    own = by_own_fold(task.folds, mean)
    noise = by_own_fold(task.folds, variance) / FEW
    rows = task.folds.rows
    left = ((scale.scaled(samples.y) - own)[rows] ** 2 - noise[rows]).mean()
    promise = float(np.sqrt(max(left, 0.0)))
    return Begun(promise, lambda budget: _finished(task, scale, promise, budget), True)


def _forest(samples: Samples, scale: LinearScale, folds: Folds, trees: int, seed: int) -> Forest:
    """A group of trees without each fold, and where folds go forward one of all rows."""
    return grown(samples, scale.scaled(samples.y), groups_of(samples, folds), trees, seed)


def _finished(task: Task, scale: LinearScale, error: float, budget: TimeBudget) -> Candidate:
    start, samples, folds = now(), task.samples, task.folds
    student = Student.of(samples, task.seed)
    budget.require()
    answers = _forest(samples, scale, folds, MANY, task.seed).values(student.x)
    whole = answers[:, :, -1] if folds.forward else answers.mean(axis=2)
    (taught, c), *without = student.lessons(
        np.concatenate([whole[:, :, None], answers], axis=2)[:, :, : len(folds.judged) + 1], error
    )
    budget.require()
    rows = folds.rows
    predicted = np.full(samples.y.shape, np.nan)
    for fold, (other, unseen) in zip(folds.judged, without, strict=True):
        held = folds.held(fold)
        predicted[held] = other.design(samples.x[held]) @ unseen
    measured, answered = samples.y[rows], scale.unscaled(predicted[rows])

    def on_rows(whole: Samples, budget: TimeBudget) -> SeparableFunction:
        budget.require()
        groups = [np.arange(len(whole.x))]
        forest = grown(whole, scale.scaled(whole.y), groups, MANY * len(folds.judged), task.seed)
        ((again, c),) = student.lessons(forest.values(student.x), error)
        return _of_coefficients(again, c, error)

    return Candidate(
        "piecewise linear functions of one and two inputs, taught by trees",
        "trees",
        _of_coefficients(taught, c, error),
        scale.outputs,
        scale.centre,
        scale.spread,
        rows,
        measured,
        answered,
        now() - start,
        {"terms": len(taught.index)},
        moved=on_rows,
        weight=samples.weight_of(rows),
    )


def _of_coefficients(student: Student, c: Floats, error: float) -> SeparableFunction:
    """As few modes: what these leave out of a pair is small beside the error."""
    pairs = len(student.functions) * (len(student.functions) - 1) // 2
    small = NEGLIGIBLE * error / np.sqrt(max(pairs, 1))
    modes = [list(modes_of_terms(student.index, column, small)) for column in c.T]
    return of_modes(student.functions, modes, c[0].tolist())


TREES = Family("functions taught by trees", work, begin)
