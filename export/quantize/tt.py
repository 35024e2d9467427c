"""Quantizing the cores of a tensor train: one scale per right bond, pushed into the next core
before that is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import column_scale
from sna_edge.core.interaction import TT
from sna_edge.model import Model

from ..l2.axis_space import AxisSpace, spaces
from ..l2.train_gauge import right_orthogonal
from .grid import Grid
from .rounding import ENDS, SETTLED, plain, round_table

Floats = NDArray[np.float64]
TRAIN_SWEEPS = 4
METRIC_RIDGE = 1e-10


@dataclass(frozen=True)
class QuantizedTrain:
    """A train on its grids, its biases [K], and the same with the cores as they were before
    rounding."""

    interaction: TT
    bias: Floats
    unrounded: TT


def quantize_tt(
    model: Model,
    grids: Sequence[Grid | None],
    output: Floats,
    *,
    resolve: bool = True,
    rows: Floats | None = None,
    ends: float = ENDS,
) -> QuantizedTrain:
    """Cores of every axis with a grid become its numbers in [-1, 1]; the scales of the last core
    move into the weights.

    `output`, `rows` and `ends` as for `quantize_cp`.
    """
    state = _Chain(model, list(grids), output, spaces(model.axes, rows, ends))
    state.first_pass(resolve=resolve)
    if resolve:
        state.refine()
    return state.result()


class _Chain:
    """cores[d] [m_d, l, r] over free rows; target = the train quantization started from, in
    right-orthogonal gauge."""

    def __init__(
        self, model: Model, grids: list[Grid | None], output: Floats, work: list[AxisSpace]
    ) -> None:
        tt = model.interaction
        assert isinstance(tt, TT)
        self.spaces, self.grids = work, grids
        cores = [s.free(c) for s, c in zip(self.spaces, tt.cores, strict=True)]
        self.cores, self.weights, self.output = right_orthogonal(
            cores, tt.weights, self.spaces, output
        )
        self.target, self.target_weights = list(self.cores), self.weights
        self.bias = np.array([o.bias for o in model.outputs])
        self.exact: dict[int, Floats] = {}

    def _left(self, d: int, a: list[Floats], b: list[Floats]) -> Floats:
        """<left parts of a and b up to bond d> [l_a, l_b]."""
        out = np.ones((1, 1))
        for e in range(d):
            out = np.einsum(
                "lm,ilr,ij,jms->rs", out, a[e], self.spaces[e].gram, b[e], optimize=True
            )
        return out

    def _right(self, d: int, a: list[Floats], u: Floats, b: list[Floats], v: Floats) -> Floats:
        """<right parts of a and b after core d, weights included> [r_a, r_b]."""
        out: Floats = (u * self.output) @ (v * self.output).T
        for e in range(len(a) - 1, d, -1):
            out = np.einsum(
                "ilr,ij,jms,rs->lm", a[e], self.spaces[e].gram, b[e], out, optimize=True
            )
        return out

    def _environment(self, d: int) -> tuple[Floats, Floats, Floats]:
        """Left and right metric of core d and the best core [m, l, r] with all else fixed."""
        left = self._left(d, self.cores, self.cores)
        right = self._right(d, self.cores, self.weights, self.cores, self.weights)
        across = self._left(d, self.cores, self.target)
        onward = self._right(d, self.cores, self.weights, self.target, self.target_weights)
        wanted = np.einsum("lm,ims,rs->ilr", across, self.target[d], onward, optimize=True)
        present = np.einsum("lm,ims,rs->ilr", left, self.cores[d], right, optimize=True)
        gap = wanted - present
        step = np.einsum("lm,ims,sr->ilr", _inverse(left), gap, _inverse(right), optimize=True)
        return left, right, self.cores[d] + step

    def loss(self) -> float:
        """sum_k (output_k ||f_k - target_k||)^2 of the trains (the biases are equal)."""
        end, u, v = len(self.cores), self.weights * self.output, self.target_weights * self.output
        pairs = (
            (self.cores, u, self.cores, u, 1.0),
            (self.cores, u, self.target, v, -2.0),
            (self.target, v, self.target, v, 1.0),
        )
        return max(
            sum(
                c * float(np.einsum("rk,rs,sk->", p, self._left(end, a, b), q))
                for a, p, b, q, c in pairs
            ),
            0.0,
        )

    def solve_weights(self) -> None:
        end = len(self.cores)
        own, cross = (
            self._left(end, self.cores, self.cores),
            self._left(end, self.cores, self.target),
        )
        gap = cross @ self.target_weights - own @ self.weights
        self.weights = self.weights + _inverse(own) @ gap

    def first_pass(self, *, resolve: bool) -> None:
        """From the first core to the last; scales go on into the next core."""
        for d in range(len(self.cores)):
            self._round(d, resolve=resolve, free_scales=self._takes_scale(d))
            if resolve:
                for e in range(d + 1, len(self.cores)):
                    self.cores[e] = self._environment(e)[2]
        if resolve:
            self.solve_weights()

    def _takes_scale(self, d: int) -> bool:
        """The next core is still unrounded, or is the weights."""
        return d + 1 == len(self.cores) or d + 1 not in self.exact

    def _round(self, d: int, *, resolve: bool, free_scales: bool) -> None:
        left, right, best = self._environment(d)
        target = best if resolve else self.cores[d]
        rows, grid = _rows(target), self.grids[d]
        if grid is None:
            if free_scales:
                scales = column_scale(rows)
                self._push(d, rows / scales, scales)
            else:
                self.cores[d] = target
            return
        if resolve:
            factor = np.asarray(np.kron(_upper(left), self.spaces[d].factor), dtype=float)
            rounded = round_table(rows, factor, right, grid, free_scales=free_scales)
            values, scales = rounded.values, rounded.scales
        else:
            values, scales = plain(rows, grid)
        self.exact[d] = rows / scales
        self._push(d, values, scales)

    def _push(self, d: int, rows: Floats, scales: Floats) -> None:
        self.cores[d] = _core(rows, self.cores[d].shape)
        if d + 1 == len(self.cores):
            self.weights = self.weights * scales[:, None]
        else:
            self.cores[d + 1] = self.cores[d + 1] * scales[None, :, None]

    def refine(self) -> None:
        """Round every core again around the others, its scales fixed where the next core is; keep
        what helps."""
        best = self.loss()
        for _ in range(TRAIN_SWEEPS):
            before = best
            for d in range(len(self.cores)):
                best = self._improve(d, best)
            if best > SETTLED * before:
                break

    def _improve(self, d: int, best: float) -> float:
        kept = list(self.cores), self.weights, dict(self.exact)
        self._round(d, resolve=True, free_scales=d + 1 == len(self.cores))
        self.solve_weights()
        loss = self.loss()
        if loss < best:
            return loss
        self.cores, self.weights, self.exact = kept
        return best

    def result(self) -> QuantizedTrain:
        cores, exact = [], []
        for d, (core, space) in enumerate(zip(self.cores, self.spaces, strict=True)):
            cores.append(space.stored(core))
            rows = self.exact.get(d)
            exact.append(space.stored(core if rows is None else _core(rows, core.shape)))
        return QuantizedTrain(
            TT(tuple(cores), self.weights), self.bias, TT(tuple(exact), self.weights)
        )


def _rows(core: Floats) -> Floats:
    """[m, l, r] -> [l m, r], the left bond outermost."""
    return core.transpose(1, 0, 2).reshape(-1, core.shape[2])


def _core(rows: Floats, shape: tuple[int, ...]) -> Floats:
    return np.asarray(rows.reshape(shape[1], shape[0], shape[2]).transpose(1, 0, 2))


def _damped(matrix: Floats) -> Floats:
    return matrix + METRIC_RIDGE * max(float(np.diag(matrix).max()), np.finfo(float).tiny) * np.eye(
        len(matrix)
    )


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(_damped(matrix)), dtype=float)


def _upper(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.cholesky(_damped(matrix)).T)
