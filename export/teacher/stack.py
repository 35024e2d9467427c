"""Several Gaussian processes as one teacher: weights by their out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from sna_edge.core.output import Output
from sna_edge.numerics.time_budget import OutOfTime, TimeBudget

from ..fit.data.folds import SEEN, Folds
from ..fit.data.samples import Samples, linear_targets, relative_error
from ..fit.data.scope import Scope
from ..fit.data.weights import rooted
from ..fit.effort import Effort
from .forest_teacher import FEW, MANY, MOST_INPUTS_BESIDE, ForestTeacher, suited, work
from .gaussian_process import GaussianProcess, fit_gaussian_process
from .induced import given_rows
from .kernel import KernelInputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Processes = tuple[GaussianProcess, ...]
"""One for each output."""
EVEN = 0.5
"""Share of equal weights in a stack: a little less trust in the weights that fit the out-of-fold
errors best."""
CROWDED = 8
"""With fewer rows per axis than this one tied length is all that the rows can tell."""
HONEST_ROWS = 3000
"""Rows up to which hyper-parameters are also fitted on halves, for predictions of the other
half."""
EXACT = 1e-3
"""Out-of-fold error below which no other link and no larger kernel is tried."""
OUTRUN = 5.0
"""Times the error of another candidate beyond which a larger kernel will not come near it."""
GIVEN_UP = 1.1
"""A link whose one-product process errs by this much more than that of the first link is given
up."""

FOREST = "a forest beside the Gaussian processes"
NEAR, LEAST_SHARE = 1.15, 0.2
"""Times the error of the processes up to which few trees are followed by many, and the least share
that a forest has in a stack."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """One link and one kernel size: a Gaussian process per output on the linear part; held_out [N,
    K] in output units, of rows that are in a fold.

    `judges[h]`: the processes that answer for the folds of parity h; their hyper-parameters have
    seen the other parity only, so that held-out predictions are honest. Above HONEST_ROWS they are
    `processes` themselves.
    """

    link: str
    n_products: int
    laplace: bool
    outputs: tuple[Output, ...]
    processes: Processes
    judges: tuple[Processes, Processes]
    held_out: Floats

    @property
    def name(self) -> str:
        """As the report says it."""
        return f"Gaussian process, {self.size}, link {self.link}"

    @property
    def size(self) -> str:
        """Number and kind of the products."""
        kind = "Laplace product" if self.laplace else "product"
        return f"{self.n_products} {kind}{'s' if self.n_products > 1 else ''}"

    def values(
        self, x: Floats, folds: Folds | None = None, budget: TimeBudget | None = None
    ) -> Floats:
        """Predictions in output units [M, K, 1 + F]: of all rows, then without each of the F folds.
        OutOfTime when the time is up."""
        numbers = np.array([] if folds is None else folds.judged, dtype=int)
        hidden = [] if folds is None else [np.flatnonzero(folds.unseen(f)) for f in folds.judged]
        out = np.empty((len(x), len(self.outputs), 1 + len(numbers)))
        for k, output in enumerate(self.outputs):
            out[:, k, 0] = output.value(self.processes[k].predict(x, budget=budget))
            for half in (0, 1):
                mine = np.flatnonzero(numbers % 2 == half)
                if len(mine):
                    judge = self.judges[half][k]
                    alphas = np.stack(
                        [judge.alpha_without(hidden[i]) for i in mine],
                        axis=1,
                    )
                    out[:, k, 1 + mine] = output.value(judge.predict(x, alphas, budget=budget))
        return out

    def error(self, samples: Samples) -> float:
        """Out-of-fold error on the rows it was given, relative."""
        return _error(samples, self.held_out)

    def on(self, samples: Samples) -> Teacher:
        """The same hyper-parameters given other rows, for predictions of these alone."""
        target = linear_targets(self.outputs, samples.y)
        return replace(
            self,
            processes=tuple(
                p.given(samples.x, target[:, k], samples.weight)
                for k, p in enumerate(self.processes)
            ),
        )


@dataclass(frozen=True, eq=False)
class Stack:
    """(1 - share) sum_t weight_t teacher_t + share forest, in output units; teachers all of one
    link."""

    teachers: tuple[Teacher, ...]
    weights: Floats
    held_out: Floats
    forest: ForestTeacher | None = None
    share: float = 0.0

    @property
    def first(self) -> Teacher:
        """The teacher of the largest weight."""
        return self.teachers[int(np.argmax(self.weights))]

    @property
    def name(self) -> str:
        """As the report says it."""
        parts = " + ".join(
            f"{w:.2f} of {t.size}" for w, t in zip(self.weights, self.teachers, strict=True)
        )
        beside = f" and {self.share:.2f} of a forest" if self.forest else ""
        return f"Gaussian processes ({parts}){beside}, link {self.first.link}"

    @property
    def processes(self) -> list[GaussianProcess]:
        """All processes, those of the first teacher ahead."""
        return [p for t in (self.first, *self.teachers) for p in t.processes]

    def values(
        self, x: Floats, folds: Folds | None = None, budget: TimeBudget | None = None
    ) -> Floats:
        """As `Teacher.values`."""
        smooth = sum(
            w * t.values(x, folds, budget) for w, t in zip(self.weights, self.teachers, strict=True)
        )
        if self.forest is None:
            return np.asarray(smooth)
        rough = self.forest.values(x, folds, budget)
        return np.asarray((1.0 - self.share) * smooth + self.share * rough)

    def error(self, samples: Samples) -> float:
        """As `Teacher.error`."""
        return _error(samples, self.held_out)

    def on(self, samples: Samples) -> Stack:
        """As `Teacher.on`."""
        forest = None if self.forest is None else self.forest.on(samples)
        return replace(self, teachers=tuple(t.on(samples) for t in self.teachers), forest=forest)


def teachers(
    scope: Scope, links: tuple[str, ...], search: TimeBudget, rival: float = np.inf
) -> list[Teacher]:
    """Teachers of every link in the order tried: with one and two products, or for crowded samples
    smooth and rough.

    The search for hyper-parameters has the budget `search`; a teacher that would not be ready in
    the time that the scope leaves is left out. One product that errs by OUTRUN times the `rival`,
    the error of another candidate, is not followed by two.
    """
    found: list[Teacher] = []
    first = np.inf
    for link in links:
        error = np.inf
        for kernel in _kernels(scope.samples, scope.effort):
            if found and search.over():
                break
            try:
                budget = search if found else search.part(0.5)
                teacher = _Training(scope, link, kernel, budget).teacher()
            except OutOfTime:
                return found
            found.append(teacher)
            error = teacher.error(scope.samples)
            scope.reporter.say(f"{teacher.name}: out-of-fold error {error:.3g}")
            simple = kernel == Kernel(1)
            first = error if simple and link == links[0] else first
            if error < EXACT or (simple and error > min(GIVEN_UP * first, OUTRUN * rival)):
                break
        if error < EXACT:
            break
    return found


class Kernel(NamedTuple):
    """How many products, and whether they are rough."""

    products: int
    laplace: bool = False


def _kernels(samples: Samples, effort: Effort) -> list[Kernel]:
    """Those tried in turn."""
    if crowded(samples):
        return [Kernel(1), Kernel(1, laplace=True)]
    return [Kernel(products) for products in range(1, effort.products + 1)]


def crowded(samples: Samples) -> bool:
    """Many axes for the number of rows."""
    return len(samples.x) < CROWDED * samples.x.shape[1]


class _Training:
    """Processes of one kernel under a link: a search for hyper-parameters with `budget`, on all
    rows and, where they are few enough, on each half."""

    def __init__(self, scope: Scope, link: str, kernel: Kernel, budget: TimeBudget) -> None:
        samples = scope.samples
        self.scope, self.link, self.kernel, self.budget = scope, link, kernel, budget
        self.outputs = samples.outputs(link)
        self.target = linear_targets(self.outputs, samples.y)
        bounds = np.array([samples.bounds(d) for d in range(samples.x.shape[1])])
        self.inputs = KernelInputs.of(samples.n_levels, bounds[:, 0], bounds[:, 1])

    def teacher(self) -> Teacher:
        """The processes on all rows, and those that judge each half of the folds."""
        halves: list[Processes] = []
        honest = self.scope.effort.halves and len(self.target) <= HONEST_ROWS
        if honest:
            first = self.budget.part(0.5)
            others = _other_halves(self.scope.folds)
            with ThreadPoolExecutor(2) as pool:
                halves = list(pool.map(lambda rows: self._trained(rows, first), others))
        processes = self._trained(np.arange(len(self.target)), self.budget, halves)
        judges = (halves[0], halves[1]) if honest else (processes, processes)
        return Teacher(
            self.link, *self.kernel, self.outputs, processes, judges, self._held_out(judges)
        )

    def _trained(self, rows: Ints, until: TimeBudget, seen: Sequence[Processes] = ()) -> Processes:
        """A process for each output on some rows, its search also begun where those `seen`
        ended."""
        scope, effort, outputs = self.scope, self.scope.effort, range(len(self.outputs))
        streams = [np.random.default_rng([scope.seed, self.kernel.products, k]) for k in outputs]
        return tuple(
            fit_gaussian_process(
                self.inputs,
                scope.samples.x,
                self.target[:, k],
                rng,
                rows=rows,
                n_products=self.kernel.products,
                tied=crowded(scope.samples),
                laplace=self.kernel.laplace,
                hyper_rows=effort.evidence_rows,
                iterations=effort.evidence_steps,
                starts=[one[k].searched for one in seen],
                weight=scope.samples.weight,
                budget=part,
                hard=scope.budget,
                given=given_rows,
            )
            for (k, rng), part in zip(enumerate(streams), _shares(until, len(streams)), strict=True)
        )

    def _held_out(self, judges: tuple[Processes, Processes]) -> Floats:
        """Predictions [N, K] of the judge that never saw the half that a row is of; NaN in no
        fold."""
        folds = self.scope.folds
        held_out = np.full(self.target.shape, np.nan)
        for half in (0, 1):
            mine = (folds.number % 2 == half) & (folds.number != SEEN)
            for k, output in enumerate(self.outputs):
                linear = self.target[:, k] - judges[half][k].held_out(folds)
                held_out[mine, k] = output.value(linear)[mine]
        return held_out


def _other_halves(folds: Folds) -> list[Ints]:
    """Rows that the judges of even and of odd folds learn their hyper-parameters from: those of the
    other parity, or where folds go forward those that are in none."""
    if folds.forward:
        return [folds.held(SEEN)] * 2
    return [np.flatnonzero(folds.number % 2 == half) for half in (1, 0)]


def _error(samples: Samples, held_out: Floats) -> float:
    known = ~np.isnan(held_out).any(axis=1)
    if known.all():
        return relative_error(samples.y - held_out, samples.y, samples.weight)
    weight = None if samples.weight is None else samples.weight[known]
    return relative_error(samples.y[known] - held_out[known], samples.y[known], weight)


def _shares(budget: TimeBudget, parts: int) -> Iterator[TimeBudget]:
    """Budgets of `parts` pieces of work, each an equal share of the time left when it begins."""
    for left in range(parts, 0, -1):
        yield budget.part(1.0 / left)


def best_stack(samples: Samples, found: list[Teacher]) -> Stack:
    """The stack of one link with the least out-of-fold error: mixed links would bend the student's
    linear part."""
    links = list(dict.fromkeys(t.link for t in found))
    stacks = [stack(samples, [t for t in found if t.link == link]) for link in links]
    return min(stacks, key=lambda s: s.error(samples))


def stack(samples: Samples, found: list[Teacher]) -> Stack:
    """Non-negative weights of sum one that minimise the out-of-fold error over all outputs, half
    way to equal ones; teachers far behind the best are left out.

    Source: Breiman, Stacked regressions, Machine Learning 24 (1996).
    """
    spread = samples.y.std(axis=0)
    scaled = [rooted((samples.y - t.held_out) / spread, samples.weight) for t in found]
    residual = np.stack([one.reshape(-1) for one in scaled], axis=1)
    residual = residual[~np.isnan(residual).any(axis=1)]
    errors = np.sqrt(np.mean(residual**2, axis=0))
    close = errors <= GIVEN_UP * errors.min()
    found, residual = [t for t, c in zip(found, close, strict=True) if c], residual[:, close]
    weights = (1.0 - EVEN) * _simplex(residual) + EVEN / len(found)
    held_out = sum(w * t.held_out for w, t in zip(weights, found, strict=True))
    return Stack(tuple(found), weights, np.asarray(held_out))


def _simplex(residual: Floats) -> Floats:
    """argmin |residual w|, w >= 0, sum w = 1, the sum by a heavy row."""
    heavy = 1e3 * np.linalg.norm(residual) / np.sqrt(residual.shape[1])
    a = np.vstack([residual, np.full((1, residual.shape[1]), heavy)])
    w, _ = nnls(a, np.r_[np.zeros(len(residual)), heavy])
    return np.asarray(w / w.sum())


def with_forest(scope: Scope, smooth: Stack) -> Stack:
    """The stack with a forest beside it where few trees already err nearly as little and the
    out-of-fold errors give it a share."""
    samples = scope.samples
    few_inputs = samples.x.shape[1] <= MOST_INPUTS_BESIDE and not crowded(samples)
    if not (few_inputs and suited(samples) and scope.budget.affords(FOREST, work(samples))):
        return smooth
    few = ForestTeacher.of(samples, scope.folds, FEW, scope.seed)
    if _error(samples, few.held_out) > NEAR * smooth.error(samples):
        return smooth
    forest = ForestTeacher.of(samples, scope.folds, MANY, scope.seed)
    share = _share(samples, smooth.held_out, forest.held_out)
    if share < LEAST_SHARE:
        return smooth
    held_out = (1.0 - share) * smooth.held_out + share * forest.held_out
    return replace(smooth, held_out=held_out, forest=forest, share=share)


def _share(samples: Samples, one: Floats, other: Floats) -> float:
    """argmin |y - (1 - s) one - s other|, 0 <= s <= 1, over all outputs of unit spread."""
    spread = samples.y.std(axis=0)
    left = rooted((samples.y - one) / spread, samples.weight).reshape(-1)
    apart = rooted((other - one) / spread, samples.weight).reshape(-1)
    known = ~np.isnan(left + apart)
    square = float(apart[known] @ apart[known])
    return float(np.clip(left[known] @ apart[known] / square, 0.0, 1.0)) if square > 0 else 0.0
