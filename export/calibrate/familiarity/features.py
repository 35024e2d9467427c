"""What both mixtures look at: the inputs themselves, and linear features of them in which sensors
that move together stand apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.beside import Coordinate, CoordinateSource

from .hats import Hats

Floats = NDArray[np.float64]
MARGIN, FEATURE_MARGIN = 0.02, 0.15
"""Of the range of the rows, added to an axis at either end: there densities fall."""
FILLED = 0.5
"""Share of a domain that the rows must fill for even knots on it; below, the axis is their own."""
TAIL, TAIL_REACH = 0.01, 1.5
"""Rows further out than 1.5 times the distance of both 1 % quantiles share the last knot."""
RIDGE = 1e-4
LEVEL_ROWS = 3.0
"""Rows that the common mean is worth in the mean of a level."""
LEVEL_SWEEPS = 10


@dataclass(frozen=True)
class View:
    """Coordinates [C] and the axis of each: z [N, C] of inputs x [N, D]."""

    coordinates: tuple[Coordinate, ...]
    hats: tuple[Hats, ...]
    lower: Floats
    levels: tuple[int, ...]
    """Of every input its number of levels; 0 without."""

    def places(self, x: Floats) -> Floats:
        """z [N, C], not yet kept on the axes."""
        columns = encoded(x, self.lower, self.levels)
        return np.stack(
            [
                c.constant + columns @ c.weights.astype(float)
                if c.source == CoordinateSource.FEATURE
                else x[:, c.index]
                for c in self.coordinates
            ],
            axis=1,
        )


def encoded(x: Floats, lower: Floats, levels: Sequence[int]) -> Floats:
    """u [N, E]: x_d - lower_d, or a column for every level (FORMAT.md section 14)."""
    return np.concatenate(
        [
            np.asarray(x[:, d : d + 1] == np.arange(n), dtype=float)
            if n
            else x[:, d : d + 1] - lower[d]
            for d, n in enumerate(levels)
        ],
        axis=1,
    )


def level_counts(axes: Sequence[Axis]) -> tuple[int, ...]:
    """Levels of every input, 0 where it has none."""
    return tuple(a.basis.n_spans if a.kind == "categorical" else 0 for a in axes)


def inputs_view(axes: Sequence[Axis], x: Floats, knots: int) -> View:
    """The inputs on their own domains. One that is periodic, or whose rows fill little of its
    domain, is taken as x - lower on an axis of the rows' range."""
    levels, lower = level_counts(axes), np.array([a.lower for a in axes])
    coordinates, hats = [], []
    for d, axis in enumerate(axes):
        found = _own_axis(x[:, d] - axis.lower, knots, MARGIN) if not levels[d] else None
        if found is None:
            coordinates.append(Coordinate(CoordinateSource.INPUT, d))
            hats.append(Hats(0.0, axis.upper, levels[d], levels=True))
        elif axis.kind == "continuous" and found.upper - found.lower >= FILLED * axis.width:
            coordinates.append(Coordinate(CoordinateSource.INPUT, d))
            hats.append(Hats(axis.lower, axis.upper, knots))
        else:
            alone = np.zeros(sum(n or 1 for n in levels), np.float32)
            alone[sum(n or 1 for n in levels[:d])] = 1.0
            coordinates.append(Coordinate(CoordinateSource.FEATURE, 0, alone))
            hats.append(found)
    return View(tuple(coordinates), tuple(hats), lower, levels)


def features_view(axes: Sequence[Axis], x: Floats, knots: int, features: int) -> View:
    """S^(-1/2) of the standardised inputs less the means of their levels, then the levels.

    The map nearest to the inputs among those with uncorrelated features of unit variance: it keeps
    holes along an input and shows a broken correlation. With fewer `features` than inputs, those of
    the inputs that the others explain best. Source: Kessy, Lewin and Strimmer, Am. Stat. 72 (2018).
    """
    levels, lower = level_counts(axes), np.array([a.lower for a in axes])
    columns = encoded(x, lower, levels)
    turn, constants = _turned(columns, levels, features)
    weights = turn.astype(np.float32)
    coordinates = [
        Coordinate(CoordinateSource.FEATURE, 0, w, float(b))
        for w, b in zip(weights.T, constants, strict=True)
    ]
    z = columns @ weights.astype(float) + constants
    hats = [_own_axis(c, knots, FEATURE_MARGIN) for c in z.T]
    for d, n in enumerate(levels):
        if n:
            coordinates.append(Coordinate(CoordinateSource.INPUT, d))
            hats.append(Hats(0.0, float(n - 1), n, levels=True))
    return View(tuple(coordinates), tuple(hats), lower, levels)


def _turned(columns: Floats, levels: tuple[int, ...], features: int) -> tuple[Floats, Floats]:
    """Map [E, F] and constants [F] of the features of encoded inputs [N, E]."""
    starts = np.cumsum([0, *(n or 1 for n in levels)])
    plain = [starts[d] for d, n in enumerate(levels) if not n]
    take = np.zeros((columns.shape[1], len(plain)))
    take[plain, np.arange(len(plain))] = 1.0
    blocks = [(s, s + n) for s, n in zip(starts, levels, strict=False) if n]
    take = _less_level_means(columns, take, blocks)
    rest = columns @ take
    mean, scale = rest.mean(axis=0), rest.std(axis=0)
    scale[scale == 0] = 1.0
    turn, chosen = _whitening((rest - mean) / scale, features)
    return take / scale @ turn[:, chosen], -(mean / scale) @ turn[:, chosen]


def _less_level_means(columns: Floats, take: Floats, blocks: list[tuple[int, int]]) -> Floats:
    """The map `take` [E, C] with weights on the columns of levels that take their means out."""
    for _ in range(LEVEL_SWEEPS if len(blocks) > 1 else len(blocks)):
        for first, last in blocks:
            rest = columns @ take
            rest = rest - rest.mean(axis=0)
            part = columns[:, first:last]
            take[first:last] -= part.T @ rest / (part.sum(axis=0) + LEVEL_ROWS)[:, None]
    return take


def _whitening(z: Floats, features: int) -> tuple[Floats, NDArray[np.int64]]:
    """S^(-1/2) [C, C] of standardised rows, and which of its columns to take."""
    covariance = z.T @ z / len(z) + RIDGE * np.eye(z.shape[1])
    values, vectors = np.linalg.eigh(covariance)
    turn = vectors / np.sqrt(values) @ vectors.T
    explained = np.diag(vectors / values @ vectors.T)
    return turn, np.sort(np.argsort(-explained, kind="stable")[:features])


def _own_axis(z: Floats, knots: int, margin: float) -> Hats:
    """Even knots on the range of the rows, a margin beyond it; far tails share the last knot."""
    low, high = np.quantile(z, [TAIL, 1 - TAIL])
    reach = TAIL_REACH * (high - low) or np.inf
    lower, upper = max(z.min(), low - reach), min(z.max(), high + reach)
    wide = (upper - lower) or max(abs(upper), 1.0)
    return Hats(float(lower - margin * wide), float(upper + margin * wide), knots)
