"""What a linear part is made of: functions of one input, and products of two of them.

Each input has a straight function of unit spread over the rows and curved ones, ordered by
roughness, whose spread falls as a smoothing spline lets it fall (Demmler and Reinsch, Numer. Math.
24 (1975)); levels have an indicator each. A ridge on the coefficients is then a penalty on
roughness.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from sna_edge.core.basis import SpanBasis, bspline, levels, uniform_breaks

from ..data.samples import Samples
from ..engine.factors import SeparableFunction
from ..engine.penalty import roughness

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SPANS, DEGREE = 8, 3
CURVED = 7
"""Curved functions an input has at most; the next would have a fiftieth of the first's spread."""
ROWS = 20_000
"""Rows (evenly spaced) that the functions are made of."""
PAIR_COLUMNS = 500
"""Columns that products of two inputs may take."""
STRAIGHT, CURVE, PAIR = 0, 1, 2
"""Kinds of columns; each has a ridge of its own."""


@dataclass(frozen=True, eq=False)
class Axis:
    """Functions of one input: its basis, their tables [m, w] and kinds [w]."""

    basis: SpanBasis
    table: Floats
    kind: Ints

    def local(self, x: Floats) -> Floats:
        """[n, w] at x [n]."""
        return np.asarray(self.basis.design(x) @ self.table)


@dataclass(frozen=True, eq=False)
class Features:
    """Functions of every input and products of the first `width` [D] of each for `pairs`."""

    axes: tuple[Axis, ...]
    pairs: tuple[tuple[int, int], ...] = ()
    width: Ints | None = None

    @classmethod
    def of(cls, samples: Samples, *, curved: bool, paired: bool = False) -> Features:
        """Straight functions alone, with curved ones, and with products of two inputs."""
        axes = tuple(_axis(samples, d, curved) for d in range(samples.x.shape[1]))
        if not paired:
            return cls(axes)
        pairs = tuple(combinations(range(len(axes)), 2))
        full = np.array([a.table.shape[1] for a in axes])
        levelled = samples.n_levels > 0
        for most in range(CURVED, 0, -1):
            width = np.where(levelled, full, np.minimum(full, most))
            if sum(int(width[d] * width[e]) for d, e in pairs) <= PAIR_COLUMNS:
                break
        return cls(axes, pairs, width)

    @property
    def kind(self) -> Ints:
        """Of every column."""
        count = sum(self._size(d, e) for d, e in self.pairs)
        return np.concatenate([*(a.kind for a in self.axes), np.full(count, PAIR)])

    def _size(self, d: int, e: int) -> int:
        assert self.width is not None
        return int(self.width[d] * self.width[e])

    def columns(self, x: Floats) -> Floats:
        """[n, columns] at x [n, D]."""
        local = [axis.local(x[:, d]) for d, axis in enumerate(self.axes)]
        parts = list(local)
        for d, e in self.pairs:
            assert self.width is not None
            first, second = local[d][:, : self.width[d]], local[e][:, : self.width[e]]
            parts.append((first[:, :, None] * second[:, None, :]).reshape(len(x), -1))
        return np.concatenate(parts, axis=1)

    def separable(self, constant: Floats, coefficients: Floats) -> SeparableFunction:
        """constant [K] and coefficients [columns, K] as modes: few for each input and pair."""
        n_axes, n_outputs = len(self.axes), len(constant)
        modes: list[tuple[dict[int, Floats], Floats]] = []
        at = 0
        for d, axis in enumerate(self.axes):
            here = coefficients[at : at + len(axis.kind)]
            at += len(axis.kind)
            left, right = _few(here)
            made = [({d: axis.table @ c}, w) for c, w in zip(left.T, right, strict=True)]
            modes += made or [({d: np.zeros(len(axis.table))}, np.zeros(n_outputs))]
        for d, e in self.pairs:
            assert self.width is not None
            block = coefficients[at : at + self._size(d, e)]
            at += self._size(d, e)
            modes += self._products(d, e, block)
        uses = np.zeros((n_axes + 1, len(modes) + 1), dtype=bool)
        uses[-1] = True
        tables: list[list[Floats]] = [[] for _ in self.axes]
        for r, (factors, _) in enumerate(modes):
            for d, column in factors.items():
                uses[d, r] = True
                tables[d].append(column)
        weights = np.stack([*(w for _, w in modes), constant], axis=1)
        bases = (*(a.basis for a in self.axes), levels(n_outputs))
        return SeparableFunction(bases, uses, (*(np.stack(t, axis=1) for t in tables), weights))

    def _products(self, d: int, e: int, block: Floats) -> list[tuple[dict[int, Floats], Floats]]:
        """The block [width d * width e, K] of a pair as products, with as few as it has."""
        assert self.width is not None
        first, second = int(self.width[d]), int(self.width[e])
        one, other = self.axes[d].table[:, :first], self.axes[e].table[:, :second]
        wide = block.reshape(first, second, -1)
        out: list[tuple[dict[int, Floats], Floats]] = []
        left, right = _few(wide.reshape(first, -1))
        for column, rest in zip(left.T, right, strict=True):
            inner, weights = _few(rest.reshape(second, -1))
            for c, w in zip(inner.T, weights, strict=True):
                out.append(({d: one @ column, e: other @ c}, w))
        return out


def _few(block: Floats) -> tuple[Floats, Floats]:
    """left [m, r], right [r, K] with left right = block and as few r as that needs."""
    if not block.any():
        return np.zeros((len(block), 0)), np.zeros((0, block.shape[1]))
    u, s, vt = np.linalg.svd(block, full_matrices=False)
    kept = s > 1e-12 * s[0]
    return u[:, kept], s[kept, None] * vt[kept]


def _axis(samples: Samples, d: int, curved: bool) -> Axis:
    some = samples.x[:: max(1, len(samples.x) // ROWS), d]
    if samples.n_levels[d]:
        return _levelled(some, int(samples.n_levels[d]))
    distinct = np.unique(some)
    low, high = samples.bounds(d)
    degree = min(DEGREE, len(distinct) - 1) if curved else 1
    spans = int(np.clip(len(distinct) - degree, 1, SPANS if curved else 6))
    basis = bspline(_breaks(distinct, low, high, spans) if curved else
                    uniform_breaks(low, high, spans), max(degree, 1))  # fmt: skip
    straight = _straight(basis, some)
    if not curved or len(distinct) < 3:
        return Axis(basis, straight, np.array([STRAIGHT]))
    rest = _curves(basis, some, straight, min(CURVED, len(distinct) - 2))
    kind = np.r_[STRAIGHT, np.full(rest.shape[1], CURVE)]
    return Axis(basis, np.c_[straight, rest], kind)


def _levelled(x: Floats, count: int) -> Axis:
    """Indicators of the levels, less their share."""
    share = np.bincount(x.astype(int), minlength=count) / len(x)
    return Axis(levels(count), np.eye(count) - share, np.full(count, STRAIGHT))


def _breaks(distinct: Floats, low: float, high: float, spans: int) -> Floats:
    """Half way between even ones and those with as many different values in each."""
    even = uniform_breaks(low, high, spans)
    full = np.quantile(distinct, np.arange(spans + 1) / spans)
    breaks = 0.5 * (even + full)
    breaks[0], breaks[-1] = low, high
    return breaks if np.all(np.diff(breaks) > 1e-3 * (high - low) / spans) else even


def _straight(basis: SpanBasis, x: Floats) -> Floats:
    """Rows [m, 1] of (x - mean) / spread."""
    at = np.linspace(basis.lower, basis.upper, 4 * basis.n_rows)
    spread = x.std() or 1.0
    table, *_ = np.linalg.lstsq(basis.design(at), (at - x.mean()) / spread, rcond=None)
    return np.asarray(table[:, None])


def _curves(basis: SpanBasis, x: Floats, straight: Floats, count: int) -> Floats:
    """Rows [m, count] of functions of mean zero, unrelated to the straight one and each other on
    the rows, of rising roughness; the first has unit spread."""
    design = basis.design(x)
    gram = design.T @ design / len(x)
    rough = roughness(basis)
    gram += 1e-9 * np.trace(gram) / len(gram) * (np.eye(len(gram)) + rough / np.trace(rough))
    flat = np.c_[np.ones(len(gram)), straight]
    basis_of_rest = np.linalg.svd(gram @ flat, full_matrices=True)[0][:, 2:]
    values, vectors = eigh(
        basis_of_rest.T @ rough @ basis_of_rest, basis_of_rest.T @ gram @ basis_of_rest
    )
    table = basis_of_rest @ vectors[:, :count]
    return np.asarray(table * np.sqrt(values[0] / values[:count]))
