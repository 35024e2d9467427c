"""Proof that no point of a box satisfies bounds: the box is cut until every cell lies outside one
of them.

On a cell inside one span of every axis f is a polynomial; its Bernstein coefficients enclose it,
the more closely the smaller the cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import comb

import numpy as np
from numpy.typing import NDArray

from ...core.basis.nodal import bernstein_matrix
from ...core.basis.span import span_of
from ...core.interaction import CP, TT
from ...model import Model
from ...numerics.power_table import stacked_polynomials
from ...numerics.time_budget import TimeBudget
from ..query.contraction import atoms, power_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_CELLS, MOST_WORK = 40_000, 1e8
"""Cells looked at, and multiplications, in all."""
ROOM = 1 << 21
"""Numbers held at once: 16 MB."""
ROUNDING = 1e-12
"""Of the coefficients: closer to a bound, a cell is not outside for certain."""


@dataclass(frozen=True)
class Cells:
    """Span [B, U] and local ends from, to [B, U] (0 to 1 within the span) of every cell."""

    span: Ints
    start: Floats
    end: Floats

    def taken(self, rows: Ints | NDArray[np.bool_]) -> Cells:
        """Some of the cells."""
        return Cells(self.span[rows], self.start[rows], self.end[rows])

    def halved(self, widths: list[Floats]) -> Cells:
        """Every cell in two, across its longest side; widths [S] of the spans of every axis in
        units of the box."""
        size = np.stack([w[self.span[:, u]] for u, w in enumerate(widths)], axis=1) * (
            self.end - self.start
        )
        row, side = np.arange(len(size)), size.argmax(axis=1)
        middle = 0.5 * (self.start[row, side] + self.end[row, side])
        start, end = self.start.copy(), self.end.copy()
        end[row, side], start[row, side] = middle, middle
        return Cells(np.repeat(self.span, 2, 0), _paired(self.start, start), _paired(end, self.end))


def _paired(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.stack([a, b], axis=1).reshape(-1, a.shape[1]))


@dataclass(frozen=True)
class Verdict:
    """none: no point inside, proven. points [m, D]: middles of cells that may hold one, the last
    ones looked at."""

    none: bool
    points: Floats


class InfeasibilityProof:
    """low <= f_k(x) <= high for the outputs k over a box of the columns, all other inputs as in
    `here` [D]; f before the link."""

    def __init__(self, model: Model, here: Floats, columns: list[int], outputs: list[int]) -> None:
        self.model, self.here, self.columns, self.outputs = model, here, columns, outputs
        self._bases = [model.axes[d].basis for d in columns]
        self._tables = [_whole(model, d) for d in columns]
        self._bias = np.array([model.outputs[k].bias for k in outputs])
        self._count = int(np.prod([b.degree + 1 for b in self._bases]))
        interaction = model.interaction
        if isinstance(interaction, CP):
            self._weight = interaction.weights[:, outputs]
            for d in range(len(model.axes)):
                if d not in columns and len(interaction.modes[d]):
                    self._weight = self._weight * atoms(model, d, here[d : d + 1])[0][:, None]

    def verdict(
        self, lower: Floats, upper: Floats, low: Floats, high: Floats, budget: TimeBudget
    ) -> Verdict:
        """Looked for in cells of the box until none is left, or too many are, or no time is."""
        cells = self._cells(lower, upper)
        if cells is None:
            return Verdict(False, np.empty((0, len(self.here))))
        widths = [
            np.diff(b.breaks) / max(float(u - v), 1e-300)
            for b, u, v in zip(self._bases, upper, lower, strict=True)
        ]
        seen, work = 0, 0.0
        budget.restart()
        while len(cells.span):
            seen += len(cells.span)
            if seen > MOST_CELLS or not budget.allows():
                break
            cells = cells.taken(self._inside(*self._ranges(cells), low, high))
            work += float(len(cells.span)) * self._count * self._rank
            if work > MOST_WORK or not budget.allows():
                break
            if len(cells.span):
                cells = cells.taken(self._possible(cells, low, high))
            if not len(cells.span):
                return Verdict(True, np.empty((0, len(self.here))))
            cells = cells.halved(widths)
        return Verdict(False, self._middles(cells))

    @property
    def _rank(self) -> int:
        interaction = self.model.interaction
        return (
            interaction.rank
            if isinstance(interaction, CP)
            else max(t.shape[2] for t in self._tables)
        )

    def _cells(self, lower: Floats, upper: Floats) -> Cells | None:
        """The spans of every axis that the box meets; None where these are too many."""
        sides: list[list[tuple[int, float, float]]] = []
        for basis, a, b in zip(self._bases, lower, upper, strict=True):
            left, right = basis.breaks[:-1], basis.breaks[1:]
            hit = np.flatnonzero((right > a) & (left < b)) if b > a else span_of(basis.breaks, [a])
            u0, u1 = (
                (np.clip(v, left[hit], right[hit]) - left[hit]) / (right - left)[hit]
                for v in (a, b)
            )
            sides.append(list(zip(hit.tolist(), u0.tolist(), u1.tolist(), strict=True)))
        if np.prod([len(s) for s in sides], dtype=float) > MOST_CELLS:
            return None
        every = np.array(list(product(*sides)))
        return Cells(every[:, :, 0].astype(np.int64), every[:, :, 1], every[:, :, 2])

    def _possible(self, cells: Cells, low: Floats, high: Floats) -> NDArray[np.bool_]:
        size = max(ROOM // max(self._count * self._rank, 1), 1)
        parts = [
            self._coefficients(cells.taken(np.arange(i, min(i + size, len(cells.span)))))
            for i in range(0, len(cells.span), size)
        ]
        return self._inside(
            np.concatenate([p.min(axis=1) for p in parts]),
            np.concatenate([p.max(axis=1) for p in parts]),
            low,
            high,
        )

    @staticmethod
    def _inside(least: Floats, most: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
        """Which cells [..] may hold a point, from bounds of f [.., T] on them."""
        slack = np.nan_to_num(ROUNDING * np.maximum(np.abs(least), np.abs(most)), posinf=0.0)
        return np.asarray(((least - slack <= high) & (most + slack >= low)).all(axis=-1))

    def _local(self, cells: Cells) -> list[Floats]:
        """Bernstein coefficients [B, p+1, R] of the atoms of every axis on every cell."""
        return [
            _moved(t[cells.span[:, u]], cells.start[:, u], cells.end[:, u])
            for u, t in enumerate(self._tables)
        ]

    def _ranges(self, cells: Cells) -> tuple[Floats, Floats]:
        """Bounds [B, T] of f by interval arithmetic: quick, and enough where a cell lies far
        outside."""
        if isinstance(self.model.interaction, TT):
            return np.full((len(cells.span), len(self.outputs)), -np.inf), np.full(
                (len(cells.span), len(self.outputs)), np.inf
            )
        low, high = np.ones((2, len(cells.span), self._rank))
        for part in self._local(cells):
            ends = np.stack(
                [e * p for e in (low, high) for p in (part.min(axis=1), part.max(axis=1))]
            )
            low, high = ends.min(axis=0), ends.max(axis=0)
        rising, falling = np.maximum(self._weight, 0.0), np.minimum(self._weight, 0.0)
        bounds = low @ rising + high @ falling, high @ rising + low @ falling
        return np.asarray(bounds[0] + self._bias), np.asarray(bounds[1] + self._bias)

    def _coefficients(self, cells: Cells) -> Floats:
        """Bernstein coefficients [B, n, T] of f on every cell."""
        if isinstance(self.model.interaction, TT):
            return np.asarray(self._train(self._local(cells)) + self._bias)
        return np.asarray(self._products(cells) @ self._weight + self._bias)

    def _products(self, cells: Cells) -> Floats:
        """Bernstein coefficients [B, n, R] of the products of the atoms."""
        local = self._local(cells)
        out = local[0]
        for part in local[1:]:
            out = (out[:, :, None] * part[:, None]).reshape(len(out), -1, out.shape[2])
        return out

    def missed(self, x: Floats, goal: Floats, budget: TimeBudget) -> NDArray[np.bool_]:
        """Which rows [N] provably have no f_k = goal_k [N, T] anywhere along the columns, all other
        inputs as in x [N, D].

        One look at every span of a CP: the products do not depend on the row. Rows there is no time
        for are not proven.
        """
        none, interaction = np.zeros(len(x), dtype=bool), self.model.interaction
        lower, upper = (
            np.array([getattr(self.model.axes[d], end) for d in self.columns])
            for end in ("lower", "upper")
        )
        cells = self._cells(lower, upper)
        if (
            not isinstance(interaction, CP)
            or cells is None
            or len(cells.span) * self._count * self._rank > ROOM
        ):
            return none
        products = self._products(cells)
        size = max(ROOM // products[:, :, 0].size, 1)
        budget.restart()
        for first in range(0, len(x), size):
            if not budget.allows():
                break
            rows = slice(first, first + size)
            weight = np.ones((len(x[rows]), self._rank))
            for d in range(len(self.model.axes)):
                if d not in self.columns and len(interaction.modes[d]):
                    weight = weight * atoms(self.model, d, x[rows, d])
            possible = np.ones((len(cells.span), len(weight)), dtype=bool)
            for t, k in enumerate(self.outputs):
                f = products @ (weight * interaction.weights[:, k]).T + self._bias[t]
                possible &= self._inside(
                    f.min(axis=1)[:, :, None],
                    f.max(axis=1)[:, :, None],
                    goal[rows, t : t + 1],
                    goal[rows, t : t + 1],
                )
            none[rows] = ~possible.any(axis=0)
        return none

    def _train(self, local: list[Floats]) -> Floats:
        interaction = self.model.interaction
        assert isinstance(interaction, TT)
        out: Floats = np.ones((len(local[0]), 1, 1))
        for d in range(len(self.model.axes)):
            if d not in self.columns:
                out = out @ atoms(self.model, d, self.here[d : d + 1])[0]
                continue
            part = local[self.columns.index(d)]
            core = part.reshape(*part.shape[:2], *interaction.cores[d].shape[1:])
            out = np.asarray(np.einsum("bnl,bqlr->bnqr", out, core)).reshape(
                len(out), -1, core.shape[3]
            )
        return np.asarray(out @ interaction.weights[:, self.outputs])

    def _middles(self, cells: Cells) -> Floats:
        out = np.repeat(self.here[None], len(cells.span), axis=0)
        for u, (d, basis) in enumerate(zip(self.columns, self._bases, strict=True)):
            s = cells.span[:, u]
            out[:, d] = (
                basis.breaks[s]
                + 0.5 * (cells.start[:, u] + cells.end[:, u]) * np.diff(basis.breaks)[s]
            )
        return out


def _whole(model: Model, d: int) -> Floats:
    """Span polynomials [S, p+1, R] of all modes (1 where a mode does not use the axis), or of the
    core."""
    poly, interaction = power_table(model, d), model.interaction
    if not isinstance(interaction, CP):
        return poly
    return stacked_polynomials([poly], [interaction.modes[d]], interaction.rank)


def _moved(poly: Floats, start: Floats, end: Floats) -> Floats:
    """Bernstein coefficients [B, p+1, R] on [start, end] of polynomials sum_k a_k u^k, a [B, p+1,
    R]."""
    p, width = poly.shape[1] - 1, end - start
    shift = np.zeros((len(poly), p + 1, p + 1))
    for k in range(p + 1):
        for j in range(k + 1):
            shift[:, j, k] = comb(k, j) * start ** (k - j) * width**j
    to_bernstein = np.linalg.inv(bernstein_matrix(p)).T
    return np.asarray(to_bernstein @ (shift @ poly))
