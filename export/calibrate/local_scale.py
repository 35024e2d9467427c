"""How large residuals are here: the simplest of four functions that the rows support.

    ln sigma(x) = c                                   constant
                | c + s(y)                            prediction
                | c + sum_d s_d(x_d)                  inputs
                | c + sum_d s_d(x_d) + s(y)           both

Each is fitted without every fifth of the rows; by these its deviation from the mean is shrunk, and
the simplest is taken whose interval score is within one standard error of the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.basis import SpanBasis

from .additive import Additive, coordinate_basis, level_basis, strongest
from .residuals import Residuals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PREDICTION = -1
"""The coordinate that is the prediction, among indices of inputs."""
LEVELS = (0.8, 0.9, 0.95)
"""Intervals by which functions are compared: the ends of wider ones rest on few rows."""
SHRINKS = (1.0, 0.8, 0.6, 0.4)
LEAST_ROWS, MOST_INPUTS = 50, 32
"""With fewer rows the width is constant; with more inputs only the prediction changes it."""


@dataclass(frozen=True, eq=False)
class LocalScale:
    """`kind` of the function; `coordinates` [C] that it is asked at, indices of inputs or
    PREDICTION; `function` of these, None for a constant; `shrink` of its deviation; `left_out` [n]:
    sigma of every row by a function that did not see it."""

    kind: str
    coordinates: tuple[int, ...]
    function: Additive | None
    shrink: float
    left_out: Floats


@dataclass(frozen=True, eq=False)
class _Candidate:
    """`score` [n] with `left_out`, both after shrinking."""

    kind: str
    coordinates: tuple[int, ...]
    shrink: float
    left_out: Floats
    score: Floats


@dataclass(frozen=True, eq=False)
class _Rows:
    """What all candidates are fitted to: x [n, D] on `axes`, residuals and folds [n]."""

    residuals: Residuals
    x: Floats
    axes: Sequence[Axis]
    folds: Ints

    def columns(self, coordinates: Sequence[int]) -> Floats:
        """Z [n, C]."""
        of = self.residuals.predicted
        return np.stack([of if d == PREDICTION else self.x[:, d] for d in coordinates], axis=1)

    def bases(self, coordinates: Sequence[int]) -> list[SpanBasis]:
        """One a coordinate, on the bounds of the model's own axis."""
        return [self._basis(d) for d in coordinates]

    def _basis(self, d: int) -> SpanBasis:
        if d == PREDICTION:
            y = self.residuals.predicted
            low, high = float(y.min()), float(y.max())
            least = 1e-6 * max(abs(low), abs(high), 1e-6)
            return coordinate_basis((low, max(high, low + least)), y)
        axis = self.axes[d]
        if axis.kind == "categorical":
            return level_basis(axis.basis.n_spans)
        return coordinate_basis((axis.lower, axis.upper))


def constant(n: int) -> LocalScale:
    """One width for n rows."""
    return LocalScale("constant", (), None, 1.0, np.ones(n))


def local_scale(residuals: Residuals, x: Floats, axes: Sequence[Axis], folds: Ints) -> LocalScale:
    """The function for the residuals of one output at inputs x [n, D] on `axes`; rows of one fold
    are left out together, folds [n]."""
    rows = _Rows(residuals, x, axes, folds)
    best = _chosen(rows)
    if not best.coordinates:
        return constant(len(x))
    size = np.abs(residuals.values)
    kept, function = strongest(rows.columns(best.coordinates), size, rows.bases(best.coordinates))
    middle = float(np.log(best.left_out).mean())
    coordinates = tuple(best.coordinates[j] for j in kept)
    shrunk = function.about(middle, best.shrink)
    return LocalScale(best.kind, coordinates, shrunk, best.shrink, best.left_out)


def _chosen(rows: _Rows) -> _Candidate:
    n, residuals = len(rows.x), rows.residuals
    flat = np.ones(n)
    found = [_Candidate("constant", (), 1.0, flat, residuals.score(flat, LEVELS))]
    if n < LEAST_ROWS or np.median(np.abs(residuals.values)) <= residuals.least:
        return found[0]
    varied = tuple(
        d for d, a in enumerate(rows.axes) if a.kind != "periodic" and np.ptp(rows.x[:, d]) > 0
    )
    found.append(_candidate("prediction", (PREDICTION,), rows))
    if 0 < len(varied) <= MOST_INPUTS:
        found.append(_candidate("inputs", varied, rows))
        found.append(_candidate("both", (*varied, PREDICTION), rows))
    best = min(found, key=lambda c: float(c.score.mean()))
    return next(c for c in found if _as_good(c.score, best.score))


def _as_good(score: Floats, best: Floats) -> bool:
    """Whether it is worse by at most one standard error of the difference, row by row."""
    worse = score - best
    return float(worse.mean()) <= float(worse.std()) / len(worse) ** 0.5


def _candidate(kind: str, coordinates: tuple[int, ...], rows: _Rows) -> _Candidate:
    z, size = rows.columns(coordinates), np.abs(rows.residuals.values)
    bases, left_out = rows.bases(coordinates), np.zeros(len(z))
    for fold in np.unique(rows.folds):
        out = rows.folds == fold
        kept, function = strongest(z[~out], size[~out], bases)
        left_out[out] = function(z[out][:, kept])
    middle = left_out.mean()
    trials = []
    for shrink in SHRINKS:
        sigma = np.exp(middle + shrink * (left_out - middle))
        score = rows.residuals.score(sigma, LEVELS)
        trials.append(_Candidate(kind, coordinates, shrink, sigma, score))
    return min(trials, key=lambda c: float(c.score.mean()))
