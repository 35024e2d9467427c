"""What an answer is worth, over tensors: ends of intervals and familiarity on the graph of x
(FORMAT.md sections 14 and 15)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sna_edge.backends.torch import TorchBackend
from sna_edge.core.beside import GRID, Companion, CoordinateSource, Role
from sna_edge.core.output import Output
from sna_edge.model import Model
from sna_edge.uncertainty.familiarity import LEAST_DENSITY, need_familiarity
from sna_edge.uncertainty.interval import USUAL, residuals

Tensor = torch.Tensor


class Beside:
    """Ends of intervals and familiarity of a model, for use inside a loss. On the device and in the
    number type that are given, else as the torch backend: float64 on the CPU, float32 on CUDA.

    >>> from sna_edge import CP, Axis, Interval, Output
    >>> from sna_edge.core.basis import hat
    >>> work = CP.full([[[0.0], [2.0]]])
    >>> y = Output("y", interval=Interval(0.9, 1.0, 3.0))
    >>> model = Model([Axis("x", "", hat([0, 1]))], work, [y])
    >>> x = torch.tensor([[0.5]], dtype=torch.float64)
    >>> [end.item() for end in Beside(model, "cpu", torch.float64).interval(x)]
    [0.0, 4.0]
    """

    def __init__(
        self, model: Model, device: str | None = None, dtype: torch.dtype | None = None
    ) -> None:
        self._model, self._backend = model, TorchBackend(model)
        place = device or str(self._backend.device), dtype or self._backend.dtype
        self._backend.to(*place)
        self._functions = {
            i: TorchBackend(c.model).to(*place)
            for i, c in enumerate(model.companions)
            if c.role in (Role.SCALE, Role.FAMILIARITY)
        }

    def interval(self, x: Tensor, level: float | None = None) -> tuple[Tensor, Tensor]:
        """Lower and upper end [N, K] at x [N, D] on the graph of x, at the level, else those of
        `Model.evaluate`; NaN outside the domain. Raises InputError where an output has none."""
        f = self._backend.linear(x)
        y = self._backend.outputs(f)
        ends = [self._ends(k, level, x, f[:, k], y) for k in range(len(self._model.outputs))]
        outside = ~self._inside(x)[:, None]
        low, high = (torch.stack(list(e), dim=1) for e in zip(*ends, strict=True))
        return low.masked_fill(outside, torch.nan), high.masked_fill(outside, torch.nan)

    def _ends(
        self, k: int, level: float | None, x: Tensor, f: Tensor, y: Tensor
    ) -> tuple[Tensor, Tensor]:
        output = self._model.outputs[k]
        if level is None and output.interval is not None:
            own = output.interval
            return moved(output, own.space, f, y[:, k], -own.below, own.above)
        found, below, above = residuals(self._model, USUAL if level is None else level)
        sigma, floor = self._sigma(k, x, y), float(found.floor[k])
        low, high = float(below[k]) * sigma - floor, float(above[k]) * sigma + floor
        return moved(output, found.spaces[k], f, y[:, k], low, high)

    def _sigma(self, k: int, x: Tensor, y: Tensor) -> Tensor:
        for i, companion in enumerate(self._model.companions):
            if companion.role == Role.SCALE and companion.output == k:
                return self._value(i, companion, x, y)
        return torch.ones_like(y[:, k])

    def familiarity(self, x: Tensor) -> Tensor:
        """p [N] at x [N, D] on the graph of x; NaN outside the domain. Raises InputError where the
        model does not say how familiar inputs are."""
        found, y = need_familiarity(self._model), self._backend.tensor(x)
        p = torch.ones_like(y[:, 0])
        if found.n_scores:
            p = self._share(found, self._score(x, y))
        for pair in found.pairs:
            seen = pair.together(*np.indices(pair.shape))
            levels = [self._level(x, d) for d in (pair.a, pair.b)]
            p = p * torch.as_tensor(seen, device=p.device)[levels[0], levels[1]]
        return p.masked_fill(~self._inside(x), torch.nan)

    def _score(self, x: Tensor, y: Tensor) -> Tensor:
        total = torch.zeros_like(y[:, 0])
        for i, companion in enumerate(self._model.companions):
            if companion.role == Role.FAMILIARITY:
                density = self._value(i, companion, x, y).clamp_min(LEAST_DENSITY)
                total = total + companion.weight * torch.log(density)
        return total

    def _share(self, found: Any, score: Tensor) -> Tensor:
        """Of equal scores the last, as everywhere."""
        scores, least = self._numbers(found.scores), 1.0 / (found.n_scores + 1.0)
        j = torch.searchsorted(scores, score.detach().contiguous(), right=True) - 1
        inside = j.clamp(0, GRID - 2)
        step = (scores[1:] - scores[:-1])[inside]
        part = torch.where(step > 0, score - scores[inside], 0.0) / torch.where(step > 0, step, 1.0)
        at = torch.where(j >= GRID - 1, GRID - 1.0, inside + part.clamp(0.0, 1.0))
        p = torch.sigmoid((at - (GRID - 1) / 2) / 2).clamp_min(least)
        return torch.where(j < 0, least, p)

    def _value(self, i: int, companion: Companion[Any], x: Tensor, y: Tensor) -> Tensor:
        """[N] of companion i, every coordinate kept on its axis."""
        z = []
        for axis, c in zip(companion.model.axes, companion.coordinates, strict=True):
            if c.source == CoordinateSource.INPUT:
                column = x[:, c.index]
            elif c.source == CoordinateSource.PREDICTION:
                column = y[:, c.index]
            else:
                column = self._feature(x, c.weights, c.constant)
            z.append(column.clamp(axis.lower, axis.upper))
        return self._functions[i].tensor(torch.stack(z, dim=1))[:, 0]

    def _feature(self, x: Tensor, weights: Any, constant: float) -> Tensor:
        """b + sum_e A_e u_e of the encoded inputs."""
        total, at = torch.full_like(x[:, 0], constant), 0
        for d, axis in enumerate(self._model.axes):
            if axis.kind == "categorical":
                count = axis.basis.n_spans
                total = total + self._numbers(weights[at : at + count])[self._level(x, d)]
                at += count
            else:
                total = total + float(weights[at]) * (x[:, d] - axis.lower)
                at += 1
        return total

    def _level(self, x: Tensor, d: int) -> Tensor:
        """The level [N] of input d, kept among its levels."""
        last = self._model.axes[d].basis.n_spans - 1
        return torch.nan_to_num(x[:, d].detach()).round().long().clamp(0, last)

    def _inside(self, x: Tensor) -> Tensor:
        """Which rows [N] lie in the domain, levels among theirs."""
        good = torch.ones(len(x), dtype=torch.bool, device=x.device)
        for d, axis in enumerate(self._model.axes):
            column = x[:, d]
            good = good & (column >= axis.lower - axis.slack) & (column <= axis.upper + axis.slack)
            if axis.kind == "categorical":
                good = good & (column == column.round())
        return good

    def _numbers(self, values: Any) -> Tensor:
        return torch.as_tensor(
            np.array(values), dtype=self._backend.dtype, device=self._backend.device
        )


def moved(
    output: Output, space: str, f: Tensor, y: Tensor, low: Any, high: Any
) -> tuple[Tensor, Tensor]:
    """The value moved by low and high in a space, cut to the range of the link."""
    if space == "output":
        ends = (y + low, y + high)
    else:
        one, other = valued(output, f + low), valued(output, f + high)
        ends = (torch.minimum(one, other), torch.maximum(one, other))
    least, most = output.ends
    return ends[0].clamp_min(least), ends[1].clamp_max(most)


def valued(output: Output, f: Tensor) -> Tensor:
    """The output of linear parts f [N], bias and all."""
    g = f
    if output.link != "identity":
        g = torch.exp(f) if output.link == "exp" else torch.sigmoid(f)
    return g * output.scale + output.offset
