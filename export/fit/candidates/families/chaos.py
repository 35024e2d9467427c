"""Sparse polynomial chaos: the few products of orthogonal polynomials that the rows speak for.

    f(x) = sum_j c_j prod_d p_{d, a_jd}(x_d)

Terms are taken one by one (`greedy`) while rows left out one at a time err less; then the products
beside those that matter are offered, until that gains no more. A polynomial of few terms, or of
fewer than there are rows, is found to rounding. Source: Blatman and Sudret, J. Comput. Phys. 230
(2011).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget, now

from ....threads import side_by_side
from ...data.folds import Folds
from ...data.samples import Samples
from ...data.weights import mean, rooted
from ...effort import FamilySizes
from ...engine.factors import SeparableFunction
from ..candidate import Candidate
from ..linear_scale import LinearScale
from .axis_functions import AxisFunctions
from .family import Begun, Family, Task
from .greedy import Path, forward, left_out_errors
from .modes import separable
from .terms import design, first_terms, grown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WORK, MOST_CELLS = 4e9, 1.2e7
"""Rows x terms^2 of one Gram matrix or one solution, and rows x terms of one offer."""
MOST_HELD = 3_000_000
"""Rows x terms of a solution that are held at once."""
SHARE_TAKEN = 0.6
"""Terms taken per row."""
LEAST_ROWS = 12
FAST = 10.0
"""Products of matrices beside what a second of a time budget is expected to do."""
GAIN = 0.9
"""The share of the error of the last offer that the next must come below."""
EXACT = 1e-9
"""Error below which the rows are met, and no fold need choose anew."""
SPARE = 1.2
"""Times the terms that all rows asked for are taken where a fold is left out."""
SIMPLER, ROUNDING = 1.01, 1e-24
"""Of two numbers of terms whose squared errors are within the first, or both below the second, the
smaller is taken."""


def work(samples: Samples, sizes: FamilySizes) -> float:
    """Multiply-adds of all, where they run FAST times as fast: a Gram matrix and its paths a round,
    one more for the folds, and the solution."""
    n_rows = min(len(samples.x), sizes.rows)
    terms, taken = _most(n_rows, sizes)
    paths = samples.y.shape[1] * taken * (terms * taken + n_rows * taken)
    solution = min(WORK, float(len(samples.x)) * taken**2)
    return ((sizes.offers + 2) * (n_rows * terms**2 + paths) + solution) / FAST


def _most(n_rows: int, sizes: FamilySizes) -> tuple[int, int]:
    """Most terms on offer and taken."""
    terms = int(min(sizes.offered, np.sqrt(WORK / n_rows), MOST_CELLS / n_rows))
    return terms, int(min(SHARE_TAKEN * n_rows, sizes.taken))


@dataclass(frozen=True, eq=False)
class Offer:
    """Terms index [P, D] on the rows [N, P], both and what they are fitted to times `root` [N], the
    roots of the weights; their Gram matrix, and the path of every output with its errors."""

    index: Ints
    a: Floats
    root: Floats
    gram: Floats
    paths: tuple[Path, ...]
    errors: tuple[Floats, ...]

    @classmethod
    def of(cls, values: list[Floats], y: Floats, root: Floats, index: Ints, most: int) -> Offer:
        """All paths on all rows, of at most so many terms."""
        a, y = design(values, index), y * root[:, None]
        a *= root[:, None]
        gram = a.T @ a
        paths = [forward(gram, a.T @ t, float(t @ t), most, _constant(index)) for t in y.T]
        errors = [left_out_errors(p, a, t) for p, t in zip(paths, y.T, strict=True)]
        return cls(index, a, root, gram, tuple(paths), tuple(errors))

    @property
    def counts(self) -> list[int]:
        """Terms of every output with the least error."""
        return [_fewest(e) for e in self.errors]

    @property
    def error(self) -> float:
        """Root mean over the outputs, whose spread is one."""
        return float(np.sqrt(np.mean([e[n - 1] for e, n in zip(self.errors, self.counts)])))

    @property
    def size(self) -> Floats:
        """[P]: the largest coefficient of any output, 0 where the term is not taken."""
        out = np.zeros(len(self.index))
        for path, n in zip(self.paths, self.counts, strict=True):
            out[path.taken[:n]] = np.maximum(out[path.taken[:n]], abs(path.coefficients(n)))
        return out


def _constant(index: Ints) -> Ints:
    """The place of the constant."""
    return np.flatnonzero(~index.any(axis=1))


def _fewest(errors: Floats) -> int:
    """Terms whose error is as good as the least."""
    return int(np.argmax(errors <= max(SIMPLER * errors.min(), ROUNDING))) + 1


def begin(task: Task) -> Begun | None:
    """All rows choose; the promise is their error with rows left out one at a time."""
    start, samples = now(), task.samples
    some = np.arange(0, len(samples.x), -(-len(samples.x) // task.sizes.rows))
    if len(some) < LEAST_ROWS:
        return None
    scale = LinearScale.of(samples.outputs(task.link), samples.y)
    functions = [AxisFunctions.of(samples, d) for d in range(samples.x.shape[1])]
    values = [f.values(samples.x[some, d]) for d, f in enumerate(functions)]
    y = scale.scaled(samples.y)
    root = rooted(np.ones(len(some)), samples.weight_of(some))
    offer = _best_offer(functions, values, y[some], root, task)
    spent = now() - start

    def finish(budget: TimeBudget) -> Candidate:
        return _judged(replace(task, budget=budget), scale, functions, offer, some, y, spent)

    return Begun(offer.error, finish)


def _best_offer(
    functions: list[AxisFunctions],
    values: list[Floats],
    y: Floats,
    root: Floats,
    task: Task,
) -> Offer:
    """The first offers, then terms beside those that mattered while they gain."""
    most, taken = _most(len(y), task.sizes)
    first = first_terms(functions, taken, most)
    best = Offer.of(values, y, root, first[0], taken)
    for number in range(1, task.sizes.offers):
        if best.error < EXACT or task.budget.over():
            break
        grows = number >= len(first)
        index = grown(functions, best.index, best.size, most) if grows else first[number]
        other = Offer.of(values, y, root, index, taken)
        gained = other.error < GAIN * best.error
        best = min(best, other, key=lambda o: o.error)
        if grows and not gained:
            break
    return best


def _judged(
    task: Task,
    scale: LinearScale,
    functions: list[AxisFunctions],
    offer: Offer,
    some: Ints,
    y: Floats,
    spent: float,
) -> Candidate:
    """Without each fold terms are chosen anew; how many, is chosen by the errors of these."""
    start, folds = now(), task.folds.take(some)
    rows, predicted, counts = _without_folds(offer, folds, y[some], task.budget)
    chosen = [offer.index[path.taken[:n]] for path, n in zip(offer.paths, counts, strict=True)]
    samples = task.samples

    def on_rows(whole: Samples, budget: TimeBudget) -> SeparableFunction:
        return _solved(functions, chosen, whole, scale.scaled(whole.y))

    seen = some[rows]
    kinds = sum(map(len, chosen))
    return Candidate(
        f"polynomial chaos of {kinds} terms",
        "polynomial chaos",
        _solved(functions, chosen, samples, y),
        scale.outputs,
        scale.centre,
        scale.spread,
        seen,
        samples.y[seen],
        scale.unscaled(predicted),
        spent + now() - start,
        {"terms": list(map(len, chosen)), "on_offer": len(offer.index)},
        moved=on_rows,
        weight=samples.weight_of(seen),
    )


def _without_folds(
    offer: Offer, folds: Folds, y: Floats, budget: TimeBudget
) -> tuple[Ints, Floats, list[int]]:
    """Rows in a fold, their predictions [n, K] by paths of the other rows, and the terms of every
    output."""
    exact = offer.error < EXACT
    most = offer.counts if exact else [int(SPARE * n) + 8 for n in offer.counts]
    given = [p.taken[:n] if exact else _constant(offer.index) for p, n in zip(offer.paths, most)]
    along = [np.zeros((len(y), n)) for n in most]

    def follow(fold: int) -> None:
        """The paths of the other rows, along the rows of the fold."""
        budget.require()
        unseen, held = folds.unseen(fold), folds.held(fold)
        hidden, seen = offer.a[unseen], offer.a[~unseen]
        gram = offer.gram - hidden.T @ hidden
        for k, out in enumerate(along):
            t = (y[:, k] * offer.root)[~unseen]
            path = forward(gram, seen.T @ t, float(t @ t), most[k], given[k])
            there = offer.a[np.ix_(held, path.taken)] / offer.root[held, None]
            sums = np.cumsum(path.along(there) * path.z, axis=1)
            out[held] = sums[:, np.minimum(np.arange(out.shape[1]), sums.shape[1] - 1)]

    side_by_side(follow, folds.judged)
    rows = folds.rows
    counts = [
        n if exact else _fewest(mean((out[rows] - y[rows, k, None]) ** 2, offer.root[rows] ** 2))
        for k, (n, out) in enumerate(zip(most, along, strict=True))
    ]
    predicted = np.stack([out[rows, n - 1] for n, out in zip(counts, along, strict=True)], axis=1)
    return rows, predicted, counts


def _solved(
    functions: list[AxisFunctions], chosen: list[Ints], samples: Samples, y: Floats
) -> SeparableFunction:
    """The chosen terms fitted by least squares to all rows, or to as many, evenly spaced, as WORK
    is enough for."""
    some = slice(None, None, max(1, int(len(y) * max(map(len, chosen)) ** 2 / WORK)))
    weight = None if samples.weight is None else samples.weight[some]
    x, target = samples.x[some], rooted(y[some], weight)
    parts: list[tuple[Ints, Floats]] = []
    for k, index in enumerate(chosen):
        a, b = _reduced(functions, index, x, target[:, k], weight)
        parts.append((index, np.asarray(np.linalg.lstsq(a, b, rcond=1e-12)[0], dtype=float)))
    return separable(functions, parts)


def _reduced(
    functions: list[AxisFunctions], index: Ints, x: Floats, target: Floats, weight: Floats | None
) -> tuple[Floats, Floats]:
    """Terms on the rows [N, P] and target [N], or where these are many numbers what has the same
    least squares: the triangle [P + 1, P] of their QR factorisation, block by block."""

    def terms(part: slice) -> Floats:
        values = [f.values(x[part, d]) for d, f in enumerate(functions)]
        return rooted(design(values, index), None if weight is None else weight[part])

    size = max(1, MOST_HELD // (4 * len(index)))
    if len(x) <= 4 * size:
        return terms(slice(None)), target
    triangle = np.zeros((0, len(index) + 1))
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        block = np.c_[terms(part), target[part]]
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, block]), mode="r"))
    return triangle[:, :-1], triangle[:, -1]


POLYNOMIAL_CHAOS = Family("sparse polynomial chaos", work, begin)
