"""Nodes for what stands beside the values: companions at their coordinates, ends of an interval,
familiarity (FORMAT.md sections 14 and 15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.core.beside import GRID, Calibration, Companion, CoordinateSource, LevelPair, Role
from sna_edge.core.float32 import input_offsets
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.uncertainty.familiarity import LEAST_DENSITY
from sna_edge.uncertainty.interval import USUAL, residuals

from .atoms import atoms, basis
from .combine import combine
from .dense import filled
from .extras import FAMILIARITY, Extras, scaled
from .ir import Graph, Tensor
from .links import folded, linked
from .locate import Location, located

Floats = NDArray[np.float64]


@dataclass
class Beside:
    """Of a model as the graph has it: where its inputs are, the linear part and the value [N] of
    every output, and `added` [K], what the values lack."""

    g: Graph
    model: Model
    where: Location
    parts: Sequence[Tensor]
    values: Sequence[Tensor]
    added: Sequence[float]

    def outputs(self, extras: Extras) -> list[Tensor]:
        """One [N] for each of `extras.names`; NaN outside the domain."""
        found: list[Tensor] = []
        if "interval" in extras.kinds:
            for k in range(len(self.model.outputs)):
                found += self.ends(k, extras.level)
        if "scale" in extras.kinds:
            found += [self.sigma[k] for k in scaled(self.model)]
        if FAMILIARITY in extras.kinds:
            found.append(self.familiarity())
        guarded = [self.g.add(one, self.where.guard) for one in found]
        return [self.g.mul(t, 1.0) if t in guarded[:i] else t for i, t in enumerate(guarded)]

    # Companions

    def companion(self, companion: Companion[Any]) -> Tensor:
        """The first output [N] of a companion."""
        g = self.g
        if not companion.model.interaction.rank:
            raise InputError(
                f"the {companion.role.label} of this model is a constant, which has no graph; leave"
                " out what needs it"
            )
        stored = filled(as_stored(companion.model))
        columns, offsets = [], []
        features = iter(self._features(companion))
        for c in companion.coordinates:
            if c.source == CoordinateSource.FEATURE:
                columns.append(next(features))
                offsets.append(0.0)
            elif c.source == CoordinateSource.INPUT:
                columns.append(self.columns[c.index])
                offsets.append(self.offsets[c.index])
            else:
                columns.append(self.values[c.index])
                offsets.append(self.added[c.index])
        where = located(g, g.stack(columns, 0), stored.axes, offsets)
        there, _ = atoms(g, stored, basis(g, stored, where, False))
        work, bias = folded(stored)
        f, _ = combine(g, work, there, None, bias)
        return linked(g, stored.outputs[0], g.unstack(f, 1)[0])

    @cached_property
    def offsets(self) -> list[float]:
        """What every input comes without."""
        return input_offsets(self.model.axes)

    @cached_property
    def columns(self) -> list[Tensor]:
        """Every input [N], inside the domain."""
        return self.g.unstack(self.where.x, 0)

    @cached_property
    def levels(self) -> list[Tensor]:
        """The span of every input, int32 [N]: of one with levels, which it is."""
        return self.g.unstack(self.where.span, 0)

    def _features(self, companion: Companion[Any]) -> list[Tensor]:
        """b + sum_e A_e u_e [N] of each feature, lower ends taken off first."""
        features = [c for c in companion.coordinates if c.source == CoordinateSource.FEATURE]
        if not features:
            return []
        g, axes = self.g, self.model.axes
        weights = np.array([c.weights for c in features], dtype=float).T
        sizes = [a.basis.n_spans if a.kind == "categorical" else 1 for a in axes]
        blocks = np.split(weights, np.cumsum(sizes)[:-1])
        plain = [
            np.zeros_like(block[:1]) if a.kind == "categorical" else block
            for a, block in zip(axes, blocks, strict=True)
        ]
        lower = np.array([a.lower - o for a, o in zip(axes, self.offsets, strict=True)])
        u = g.transpose(g.sub(self.where.x, lower[:, None]), (1, 0))
        z = g.linear(u, np.vstack(plain), np.array([c.constant for c in features]))
        for a, block, level in zip(axes, blocks, self.levels, strict=True):
            if a.kind == "categorical":
                z = g.add(z, g.gather(g.constant(block), level))
        return g.unstack(z, 1)

    # Intervals

    @cached_property
    def sigma(self) -> dict[int, Tensor]:
        """Of every output that has a scale."""
        return {c.output: self.companion(c) for c in self.model.companions if c.role == Role.SCALE}

    def ends(self, k: int, level: float | None) -> tuple[Tensor, Tensor]:
        """Lower and upper end [N] of output k."""
        output = self.model.outputs[k]
        if level is None and output.interval is not None:
            own = output.interval
            low, high = self.g.constant(-own.below), self.g.constant(own.above)
            return self._moved(k, own.space, low, high)
        found, below, above = residuals(self.model, level or USUAL)
        low, high = (
            self._reach(k, below[k], -found.floor[k]),
            self._reach(k, above[k], found.floor[k]),
        )
        return self._moved(k, found.spaces[k], low, high)

    def _reach(self, k: int, quantile: float, floor: float) -> Tensor:
        """quantile sigma + floor."""
        if k not in self.sigma:
            return self.g.constant(quantile + floor)
        return self.g.add(self.g.mul(self.sigma[k], quantile), floor)

    def _moved(self, k: int, space: str, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
        """The output moved by low and high in a space, cut to the range of the link."""
        g, output = self.g, self.model.outputs[k]
        if space == "output":
            ends = [g.add(self.values[k], by) for by in (low, high)]
        elif output.link == "identity":
            ends = [g.add(self.values[k], g.mul(by, output.scale)) for by in (low, high)]
        else:
            ends = [linked(g, output, g.add(self.parts[k], by)) for by in (low, high)]
        if space == "link" and output.scale < 0:
            ends.reverse()
        return self._cut(output, ends[0]), self._cut(output, ends[1])

    def _cut(self, output: Output, end: Tensor) -> Tensor:
        least, most = output.ends
        if np.isfinite(least):
            end = self.g.binary("maximum", end, least)
        return self.g.binary("minimum", end, most) if np.isfinite(most) else end

    # Familiarity

    def familiarity(self) -> Tensor:
        """p [N]."""
        found = self.model.calibration
        assert found is not None
        p = self._share(found, self._score()) if found.n_scores else None
        for pair in found.pairs:
            seen = self._seen(pair)
            p = seen if p is None else self.g.mul(p, seen)
        assert p is not None
        return p

    def _score(self) -> Tensor:
        """s = sum_j weight_j ln(max(p_j, 2^-126)) [N]."""
        g, total = self.g, None
        for c in self.model.companions:
            if c.role == Role.FAMILIARITY:
                density = g.binary("maximum", self.companion(c), LEAST_DENSITY)
                part = g.mul(g.unary("log", density), c.weight)
                total = part if total is None else g.add(total, part)
        assert total is not None
        return total

    def _share(self, found: Calibration, s: Tensor) -> Tensor:
        """p of the score: the place of s on the grid is the sum of the shares of its steps below s;
        equal scores are one step at once."""
        g, q = self.g, found.scores
        wide = q[1:] - q[:-1] > np.spacing(np.abs(q[1:]).astype(np.float32))
        column = g.reshape(s, (None, 1))
        place = g.constant(-(GRID - 1) / 2.0)
        if wide.any():
            low, step = q[:-1][wide], np.diff(q)[wide]
            part = g.mul(g.sub(column, low), 1.0 / step)
            part = g.binary("minimum", g.binary("maximum", part, 0.0), 1.0)
            place = g.add(g.sum(part, 1), place)
        if not wide.all():
            place = g.add(g.sum(g.at_least(column, q[1:][~wide]), 1), place)
        least = 1.0 / (found.n_scores + 1.0)
        p = g.binary("maximum", g.unary("logistic", g.mul(place, 0.5)), least)
        reached = g.reshape(g.at_least(column, q[:1]), (None,))
        return g.add(g.mul(g.sub(p, least), reached), least)

    def _seen(self, pair: LevelPair) -> Tensor:
        """1.0 where the two levels were seen together, else 0.0 [N]."""
        g = self.g
        a, b = (g.cast(self.levels[d], "float32") for d in (pair.a, pair.b))
        cell = g.cast(g.add(g.mul(a, float(pair.shape[1])), b), "int32")
        return g.gather(g.constant(pair.seen.reshape(-1)), cell)
