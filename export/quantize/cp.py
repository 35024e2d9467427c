"""Quantizing the tables of a CP model: round one axis, re-solve the others around it, go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import column_scale
from sna_edge.core.interaction import CP
from sna_edge.model import Model

from ..l2.axis_space import spaces
from ..l2.cp_factors import CPFactors
from ..l2.cp_least_squares import CPLeastSquares
from .grid import Grid
from .rounding import ENDS, SETTLED, plain, round_table

Floats = NDArray[np.float64]
CP_SWEEPS = 6
LARGE_RANK = 512
"""With more modes: one sweep, and in the first pass only the axis that is rounded next is re-solved
(R^3 per solve)."""


@dataclass(frozen=True)
class Quantized:
    """An interaction on its grids, its biases [K], and the same with the tables as they were before
    rounding."""

    interaction: CP
    bias: Floats
    unrounded: CP


def quantize_cp(
    model: Model,
    grids: Sequence[Grid | None],
    output: Floats,
    *,
    resolve: bool = True,
    rows: Floats | None = None,
    ends: float = ENDS,
) -> Quantized:
    """Tables of every axis with a grid become its numbers in [-1, 1], scales move into the weights.

    `output` [K]: weight of each output in the loss, 1 / range of its linear part; `rows` [N, D]:
    inputs that count as much as the rest of the domain, axis by axis; `ends`: share of the weight
    on the ends. Without `resolve`: nearest numbers.
    """
    work = spaces(model.axes, rows, ends)
    start = CPFactors.of(model, work)
    least_squares = CPLeastSquares(start, work, output)
    state = _State(least_squares, start, list(grids))
    if resolve:
        state.run()
    else:
        state.round_plainly()
    return state.result(model)


class _State:
    """Tables being quantized one after another; `exact[d]` = what table d was rounded from, in the
    units of table d."""

    def __init__(
        self, least_squares: CPLeastSquares, start: CPFactors, grids: list[Grid | None]
    ) -> None:
        self.least_squares, self.f, self.grids = least_squares, start, grids
        self.exact: dict[int, Floats] = {}
        self.axes = [d for d in range(len(grids)) if start.uses[d].any()]
        for d in self.axes:
            self._put(
                d,
                start.tables[d][:, start.uses[d]],
                column_scale(start.tables[d][:, start.uses[d]]),
            )

    def _put(self, d: int, columns: Floats, scales: Floats) -> None:
        """Table d becomes columns / scales, the weights take the scales."""
        used = self.f.uses[d]
        table, weights = self.f.tables[d].copy(), self.f.weights.copy()
        table[:, used] = columns / scales
        weights[used] *= scales[:, None]
        self.f = self.f.with_table(d, table).with_weights(weights)

    def round_plainly(self) -> None:
        for d in self.axes:
            grid, used = self.grids[d], self.f.uses[d]
            if grid is None:
                continue
            target = self.f.tables[d][:, used]
            values, scales = plain(target, grid)
            self.exact[d] = target / scales
            self._put(d, values * scales, scales)

    def run(self) -> None:
        """First pass with the axes still unrounded free, then sweeps while they help; the best
        state is kept."""
        order = [d for d in self.axes if self.grids[d] is not None]
        free = [d for d in self.axes if self.grids[d] is None]
        large = self.f.rank > LARGE_RANK
        for step, d in enumerate(order):
            self._round_axis(d)
            for e in [] if large else order[step + 1 :] + free:
                self._solve_axis(e)
            self.f = self.least_squares.solve_weights(self.f)
        best = self.least_squares.loss(self.f)
        for _ in range(1 if large else CP_SWEEPS):
            before = best
            for d in order:
                best = self._improve(d, best)
            for e in free:
                self._solve_axis(e)
            self.f = self.least_squares.solve_weights(self.f)
            best = self.least_squares.loss(self.f)
            if best > SETTLED * before:
                break

    def _improve(self, d: int, best: float) -> float:
        """Round table d again around the others; keep it if the loss falls."""
        kept = self.f, self.exact.get(d)
        self._round_axis(d)
        self.f = self.least_squares.solve_weights(self.f)
        loss = self.least_squares.loss(self.f)
        if loss < best:
            return loss
        self.f = kept[0]
        if kept[1] is not None:
            self.exact[d] = kept[1]
        return best

    def _round_axis(self, d: int) -> None:
        grid, used = self.grids[d], self.f.uses[d]
        assert grid is not None
        metric = self.least_squares.metric(self.f, d)
        target = self.least_squares.solve_axis(self.f, d, metric)
        rounded = round_table(
            target, self.least_squares.spaces[d].factor, metric[np.ix_(used, used)], grid
        )
        self.exact[d] = target / rounded.scales
        self._put(d, rounded.values * rounded.scales, rounded.scales)

    def _solve_axis(self, d: int) -> None:
        columns = self.least_squares.solve_axis(self.f, d, self.least_squares.metric(self.f, d))
        self._put(d, columns, column_scale(columns))

    def result(self, model: Model) -> Quantized:
        cp = model.interaction
        assert isinstance(cp, CP)
        tables, exact = [], []
        for d, space in enumerate(self.least_squares.spaces):
            columns = self.f.tables[d][:, self.f.uses[d]]
            grid = self.grids[d]
            columns = columns if grid is None or not columns.size else grid.round(columns)
            tables.append(space.stored(columns))
            exact.append(space.stored(self.exact.get(d, columns)))
        weights, bias = self.f.weights[:-1], self.f.weights[-1]
        return Quantized(
            CP(tuple(tables), cp.modes, weights), bias, CP(tuple(exact), cp.modes, weights)
        )
