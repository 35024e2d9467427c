"""A forest beside the processes of a stack: where a table has steps and clusters, the mean of both
errs less than either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget

from ..fit.data.folds import Folds
from ..fit.data.samples import Samples
from .forest import Forest
from .kernel import KernelInputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FEW, MANY = 8, 40
"""Trees of a fold that tell what a forest errs by, and of those that teach."""
LEAST = 3
"""Rows of a box: fully grown trees repeat the noise of every row."""
LEAST_ROWS, MOST_ROWS, MOST_INPUTS = 40, 4000, 20
"""A forest of more rows takes longer than all other families, and pairs of more inputs too."""
MOST_INPUTS_BESIDE = 9
"""Of a forest beside processes: with twelve inputs products trained on its answers stay so far from
them that their errors on fresh rows grow."""


def suited(samples: Samples) -> bool:
    """Whether a forest of these rows is asked at all."""
    rows, n_inputs = samples.x.shape
    return LEAST_ROWS <= rows <= MOST_ROWS and n_inputs <= MOST_INPUTS


def work(samples: Samples) -> float:
    """Multiply-adds: comparisons of the trees of six folds, level by level."""
    rows, n_inputs = samples.x.shape
    return float(60.0 * 6 * MANY * rows * n_inputs)


def grown(samples: Samples, y: Floats, groups: Sequence[Ints], trees: int, seed: int) -> Forest:
    """`trees` of each of the `groups` of rows, told y [N, K] of unit spread."""
    bounds = np.array([samples.bounds(d) for d in range(samples.x.shape[1])])
    inputs = KernelInputs.of(samples.n_levels, bounds[:, 0], bounds[:, 1])
    return Forest.grown(inputs, samples.x, y, samples.weight, groups, trees, LEAST, seed)


def groups_of(samples: Samples, folds: Folds) -> list[Ints]:
    """Rows without each fold, and where folds go forward all of them besides."""
    groups = [np.flatnonzero(~folds.unseen(fold)) for fold in folds.judged]
    return groups + ([np.arange(len(samples.x))] if folds.forward else [])


def by_own_fold(folds: Folds, values: Floats) -> Floats:
    """Of values [N, K, F] those of every row's fold [N, K]; NaN for rows of none."""
    out = np.full(values.shape[:2], np.nan)
    for place, fold in enumerate(folds.judged):
        rows = folds.held(fold)
        out[rows] = values[rows, :, place]
    return out


@dataclass(frozen=True, eq=False)
class ForestTeacher:
    """Trees without each fold on outputs of unit spread around centre [K]; held_out [N, K] in
    output units. What all trees together say is what they say of all rows."""

    forest: Forest
    centre: Floats
    spread: Floats
    groups: int
    seed: int
    held_out: Floats

    @classmethod
    def of(cls, samples: Samples, folds: Folds, trees: int, seed: int) -> ForestTeacher:
        """With `trees` of each fold."""
        centre, spread = samples.y.mean(axis=0), samples.y.std(axis=0)
        y, groups = (samples.y - centre) / spread, groups_of(samples, folds)
        forest = grown(samples, y, groups, trees, seed)
        own = by_own_fold(folds, forest.values(samples.x))
        return cls(forest, centre, spread, len(groups), seed, centre + spread * own)

    def values(
        self, x: Floats, folds: Folds | None = None, budget: TimeBudget | None = None
    ) -> Floats:
        """Predictions in output units [M, K, 1 + F]: of all rows, then without each fold."""
        if budget is not None:
            budget.require()
        told = self.forest.values(x)
        whole = told[:, :, -1] if folds is not None and folds.forward else told.mean(axis=2)
        parts = told[:, :, : 0 if folds is None else len(folds.judged)]
        return np.asarray(
            self.centre[:, None]
            + self.spread[:, None] * np.concatenate([whole[:, :, None], parts], axis=2)
        )

    def on(self, samples: Samples) -> ForestTeacher:
        """As many trees of other rows, for predictions of these alone."""
        y, rows = (samples.y - self.centre) / self.spread, [np.arange(len(samples.x))]
        forest = grown(samples, y, rows, MANY * self.groups, self.seed)
        return replace(self, forest=forest)
