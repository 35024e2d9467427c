"""Mean, linear and quadratic functions with a ridge: what every fit is held against, in separable
form.

    f_k(x) = m_k + sum_d a_dk(x_d) + sum_{d<e} p_dk(x_d) q_ek(x_e)

a_d is quadratic on a scale and free on levels; p q are products of linear functions (of level
effects). The ridge strength of each output is the one with the least error on left-out folds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr, svd

from sna_edge.core.basis import SpanBasis, bspline, levels, uniform_breaks

from ..data.folds import Folds
from ..data.samples import Samples
from ..data.weights import deviation, mean, rooted
from ..engine.factors import SeparableFunction
from .gain import better

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KINDS = ("mean", "linear", "quadratic")
STRENGTHS = 10.0 ** np.arange(-12.0, 4.0)
"""Ridge per row on columns of unit spread."""
MOST_COLUMNS = 400
"""Columns of the quadratic design; of more pairs the ones that the residuals of the squares speak
for are taken."""
MOST_LINEAR = 1000
ROWS_AT_ONCE = 1 << 14
SUPPORT_SPANS, WIDE = 6, 16
"""Spans of an axis, so that its support is known; one where there are more than WIDE inputs."""
SMALLER = 1.01
"""Of two strengths with errors within a tenth of this the larger is taken."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The design: `width` local functions of each axis, squares, then products of the local
    functions of `pairs`."""

    centre: Floats
    spread: Floats
    width: Ints
    levelled: NDArray[np.bool_]
    squares: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, samples: Samples, most: int) -> Columns:
        """Axes with the most levels are left out while the linear columns are more than `most`."""
        spread = deviation(samples.x, samples.weight)
        curved = [
            d
            for d, n in enumerate(samples.n_levels)
            if not n and len(np.unique(samples.x[:ROWS_AT_ONCE, d])) > 2
        ]
        width = np.maximum(samples.n_levels, 1)
        for d in np.argsort(-width, kind="stable"):
            width[d] *= width.sum() <= most
        return cls(
            mean(samples.x, samples.weight),
            np.where(spread > 0, spread, 1.0),
            width,
            samples.n_levels > 0,
            tuple(curved),
        )

    @property
    def linear(self) -> int:
        """Columns of the linear function."""
        return int(self.width.sum())

    @property
    def simple(self) -> int:
        """Columns without the pairs."""
        return self.linear + len(self.squares)

    @property
    def count(self) -> int:
        """Columns of the quadratic function."""
        return self.simple + int(sum(self.width[d] * self.width[e] for d, e in self.pairs))

    def local(self, d: int, x: Floats) -> Floats:
        """[n, width of the axis]: (x - mean) / spread, or indicators of the levels."""
        if self.levelled[d]:
            return np.asarray(x[:, None] == np.arange(self.width[d]), dtype=float)
        return ((x - self.centre[d]) / self.spread[d])[:, None]

    def design(self, x: Floats) -> Floats:
        """[n, columns] at x [n, D]."""
        local = [self.local(d, x[:, d]) for d in range(x.shape[1])]
        parts = local + [local[d] ** 2 for d in self.squares]
        parts += [
            (local[d][:, :, None] * local[e][:, None, :]).reshape(len(x), -1) for d, e in self.pairs
        ]
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True, eq=False)
class Polynomial:
    """coefficients [columns, K], constant [K]; chosen [K]: kind, columns and strength; predicted
    [n, K] out of fold on `rows`."""

    columns: Columns
    coefficients: Floats
    constant: Floats
    chosen: tuple[tuple[str, int, float], ...]
    rows: Ints
    predicted: Floats

    @property
    def kinds(self) -> tuple[str, ...]:
        """mean, linear or quadratic, of each output."""
        return tuple(c[0] for c in self.chosen)

    def moved(self, samples: Samples, target: Floats) -> Polynomial:
        """The same kinds and strengths on other rows."""
        triangle = _triangle(self.columns, samples.x, target, samples.weight)
        total = _total(samples.weight, np.ones(len(target), dtype=bool))
        coefficients, constant = _solved(triangle, self.columns.count, self.chosen, total)
        return replace(self, coefficients=coefficients, constant=constant)

    def mean(self) -> Polynomial:
        """The constants alone."""
        return replace(
            self,
            coefficients=np.zeros_like(self.coefficients),
            chosen=(("mean", 0, 1.0),) * len(self.chosen),
        )

    def separable(self, samples: Samples) -> SeparableFunction:
        """The same function as modes: one a column, or one for all columns of the same axes where
        there is one output."""
        wide = len(self.columns.centre) > WIDE
        bases = [
            _basis(samples, d, 1 if wide else SUPPORT_SPANS) for d in range(samples.x.shape[1])
        ]
        modes = list(self._modes(bases))
        uses = np.zeros((len(bases) + 1, len(modes) + 1), dtype=bool)
        tables: list[list[Floats]] = [[] for _ in bases]
        single = len(self.constant) == 1
        for r, (factors, weights) in enumerate(modes):
            for number, (d, column) in enumerate(factors):
                uses[d, r] = True
                tables[d].append(column * weights[0] if single and number == 0 else column)
        uses[-1] = not single
        uses[-1, -1] = True
        weights = (
            np.stack([w for _, w in modes] + [self.constant], axis=1)
            if not single
            else self.constant[:, None]
        )
        packed = [
            np.stack(t, axis=1) if t else np.zeros((b.n_rows, 0))
            for t, b in zip(tables, bases, strict=True)
        ]
        return SeparableFunction((*bases, levels(len(self.constant))), uses, (*packed, weights))

    def _modes(self, bases: list[SpanBasis]) -> Iterator[tuple[list[tuple[int, Floats]], Floats]]:
        """(axis, table column) of every factor, and weights [K]. Every axis has a mode, if only of
        zeros."""
        start, at = np.r_[0, np.cumsum(self.columns.width)], self.columns.simple
        for d, basis in enumerate(bases):
            place = [*range(start[d], start[d + 1])]
            if d in self.columns.squares:
                place.append(self.columns.linear + self.columns.squares.index(d))
            if not place:
                yield [(d, np.zeros(basis.n_rows))], np.zeros(len(self.constant))
                continue
            for column, weights in _joined(
                self._local_tables(basis, d, len(place)), self.coefficients[place]
            ):
                yield [(d, column)], weights
        for d, e in self.columns.pairs:
            first, second = int(self.columns.width[d]), int(self.columns.width[e])
            block = self.coefficients[at : at + first * second].reshape(first, second, -1)
            at += first * second
            if not block.any():
                continue
            inner = self._local_tables(bases[e], e, second)
            for i, outer in enumerate(self._local_tables(bases[d], d, first)):
                for column, weights in _joined(inner, block[i]):
                    yield [(d, outer), (e, column)], weights

    def _local_tables(self, basis: SpanBasis, d: int, count: int) -> list[Floats]:
        """Rows of the first `count` of the local functions of axis d and its square."""
        if basis.kind == "levels":
            return list(np.eye(basis.n_rows)[:count])
        x = np.linspace(basis.lower, basis.upper, 4 * basis.n_rows)
        local = self.columns.local(d, x)
        rows = np.linalg.lstsq(basis.design(x), np.c_[local, local**2][:, :count], rcond=None)[0]
        return list(np.asarray(rows).T)


def _joined(tables: Sequence[Floats], coefficients: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Few products (table column, weights [K]) whose sum is sum_j tables[j] coefficients[j]."""
    if coefficients.shape[1] == 1 or len(tables) == 1:
        column = (
            np.stack(tables, axis=1) @ coefficients
            if coefficients.shape[1] == 1
            else tables[0][:, None]
        )
        yield column[:, 0], np.ones(1) if coefficients.shape[1] == 1 else coefficients[0]
        return
    for column, weights in zip(tables, coefficients, strict=True):
        yield column, weights


def _basis(samples: Samples, d: int, spans: int) -> SpanBasis:
    if samples.n_levels[d]:
        return levels(int(samples.n_levels[d]))
    distinct = len(np.unique(samples.x[:ROWS_AT_ONCE, d]))
    return bspline(
        uniform_breaks(*samples.bounds(d), int(np.clip(distinct - 2, 1, spans))),
        min(2, max(distinct - 1, 1)),
    )


def fitted(
    samples: Samples,
    target: Floats,
    folds: Folds,
    *,
    judged: Sequence[int] = (),
    most: int = MOST_COLUMNS,
) -> Polynomial:
    """The best of mean, linear and quadratic for every output. target [N, K] on the linear part, in
    units of its spread.

    `judged`: folds whose predictions are made by a fit without them (default: all); `most` columns
    of the quadratic design, 0 for none.
    """
    columns = Columns.of(samples, max(most, MOST_LINEAR))
    columns = (
        replace(columns, pairs=_pairs(columns, samples, target, most))
        if most
        else replace(columns, squares=())
    )
    parts = {
        int(f): _triangle(columns, samples.x[rows], target[rows], samples.weight_of(rows))
        for f in np.unique(folds.number)
        for rows in [folds.held(f)]
    }
    held = [f for f in folds.judged if f in judged or not len(judged)]
    rows = np.flatnonzero(np.isin(folds.number, held))
    nested = list(zip(KINDS, (0, columns.linear, columns.count), strict=True))[: 3 if most else 2]
    measured, weight = target[rows], samples.weight_of(rows)
    least, chosen = np.full(target.shape[1], np.inf), [("mean", 0, 0.0)] * target.shape[1]
    predicted = np.empty_like(measured)
    for kind, count in nested:
        strengths = STRENGTHS if count else STRENGTHS[-1:]
        out = _left_out(columns, samples, folds, parts, held, rows, count, strengths)
        with np.errstate(over="ignore", invalid="ignore"):
            error = np.nan_to_num(
                np.sqrt(mean((out - measured[:, :, None]) ** 2, weight)), nan=np.inf
            )
        for k in range(target.shape[1]):
            best = int(np.flatnonzero(error[k] <= SMALLER**0.1 * error[k].min())[-1])
            richer = out[:, k, best]
            errors = error[k, best], least[k]
            if better(*errors, measured[:, k], predicted[:, k], richer, weight):
                least[k], chosen[k] = error[k, best], (kind, count, float(strengths[best]))
                predicted[:, k] = out[:, k, best]
    coefficients, constant = _solved(
        _stacked(list(parts.values())),
        columns.count,
        chosen,
        _total(samples.weight, np.ones(len(target), dtype=bool)),
    )
    return Polynomial(columns, coefficients, constant, tuple(chosen), rows, predicted)


def _left_out(
    columns: Columns,
    samples: Samples,
    folds: Folds,
    parts: dict[int, Floats],
    held: Sequence[int],
    rows: Ints,
    count: int,
    strengths: Floats,
) -> Floats:
    """Predictions [n, K, L] of `rows` by the first `count` columns without the fold of each, for L
    strengths; `parts`: the triangle of every fold."""
    x, width = samples.x, next(iter(parts.values())).shape[1] - 1 - columns.count
    out = np.empty((len(rows), width, len(strengths)))
    for f in held:
        unseen = folds.unseen(f)
        hidden = set(np.unique(folds.number[unseen]).tolist())
        others = _stacked([part for g, part in parts.items() if g not in hidden])
        total = _total(samples.weight, ~unseen)
        beta, constant = _ridges(others, columns.count, count, total, strengths)
        here = np.flatnonzero(folds.number[rows] == f)
        for block in np.array_split(here, max(1, len(here) // ROWS_AT_ONCE)):
            design = columns.design(x[rows[block]])[:, :count]
            out[block] = constant + np.tensordot(design, beta, axes=(1, 0)) if count else constant
    return out


def _solved(
    triangle: Floats, width: int, chosen: Sequence[tuple[str, int, float]], n_rows: float
) -> tuple[Floats, Floats]:
    """Coefficients [columns, K] and constants [K] on all rows with the kind and strength chosen for
    each output."""
    coefficients, constant = np.zeros((width, len(chosen))), np.zeros(len(chosen))
    for key in dict.fromkeys(chosen):
        mine = [k for k, c in enumerate(chosen) if c == key]
        beta, const = _ridges(triangle, width, key[1], n_rows, np.array([key[2]]))
        coefficients[: key[1], mine], constant[mine] = beta[:, mine, 0], const[mine, 0]
    return coefficients, constant


def _pairs(
    columns: Columns, samples: Samples, target: Floats, most: int
) -> tuple[tuple[int, int], ...]:
    """All pairs of axes while their columns are few, else those with the largest correlation with
    what the squares leave."""
    width = columns.width
    every = list(combinations(range(len(width)), 2))
    room = most - columns.simple
    cost = np.array([width[d] * width[e] for d, e in every], dtype=np.int64)
    if cost.sum() <= room:
        return tuple(every)
    some = np.arange(0, len(target), max(1, len(target) // ROWS_AT_ONCE))
    root = rooted(np.ones((len(some), 1)), samples.weight_of(some))
    design, y = root * columns.design(samples.x[some]), root * target[some]
    left = y - design @ np.linalg.lstsq(design, y, rcond=1e-8)[0]
    start = np.r_[0, np.cumsum(width)]
    local = design[:, : columns.linear]
    score = np.zeros((columns.linear, columns.linear))
    for r in left.T:
        score = np.maximum(
            score, np.abs(local.T @ (local * r[:, None])) / max(float(np.linalg.norm(r)), 1e-300)
        )
    size = [score[start[d] : start[d + 1], start[e] : start[e + 1]].max() for d, e in every]
    order = np.argsort(-np.asarray(size), kind="stable")
    taken = order[np.cumsum(cost[order]) <= room]
    return tuple(every[i] for i in np.sort(taken))


def _triangle(columns: Columns, x: Floats, y: Floats, weight: Floats | None) -> Floats:
    """R of the QR factorisation of sqrt(w) [1, design, y], block by block."""
    out = np.zeros((0, 1 + columns.count + y.shape[1]))
    for start in range(0, len(x), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        block = np.c_[np.ones(len(x[part])), columns.design(x[part]), y[part]]
        out = _stacked([out, rooted(block, None if weight is None else weight[part])])
    return out


def _total(weight: Floats | None, seen: NDArray[np.bool_]) -> float:
    """The rows that are seen [N], as they weigh."""
    return int(seen.sum()) if weight is None else float(weight[seen].sum())


def _stacked(parts: Sequence[Floats]) -> Floats:
    return np.asarray(
        qr(np.concatenate(parts), mode="r", overwrite_a=True, check_finite=False)[0][
            : parts[0].shape[1]
        ]
    )


def _ridges(
    triangle: Floats, width: int, count: int, n_rows: float, strengths: Floats
) -> tuple[Floats, Floats]:
    """Coefficients [count, K, L] of the first `count` columns and constants [K, L] for L strengths;
    the constant is free."""
    mean = triangle[0] / triangle[0, 0]
    centred = triangle[1:, 1:]
    y, x = centred[:, width:], centred[:, :count]
    constant = np.repeat(mean[1 + width :, None], len(strengths), axis=1)
    if not count:
        return np.zeros((0, y.shape[1], len(strengths))), constant
    spread = np.linalg.norm(x, axis=0) / np.sqrt(n_rows)
    spread[spread <= 1e-13 * np.abs(mean[1 : 1 + count])] = np.inf
    spread[spread == 0.0] = np.inf
    u, s, vt = svd(x / spread, full_matrices=False, check_finite=False)
    shrunk = s[:, None] / (s[:, None] ** 2 + n_rows * strengths)
    beta = np.einsum("sp,sl,sk->pkl", vt, shrunk, u.T @ y, optimize=True) / spread[:, None, None]
    return beta, constant - np.einsum("p,pkl->kl", mean[1 : 1 + count], beta)
