"""How large residuals are here: a function of inputs and prediction, or one number.

    ln sigma(x) = c                                   constant
                | c + s(y)                            prediction
                | c + sum_d s_d(x_d) + s(y)           both

Each is fitted without every fifth of the rows; by the interval score of these its deviation from
the mean is shrunk, and the best of the three is taken.
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
    """`coordinates` [C] that the `function` is asked at, indices of inputs or PREDICTION; None for
    a constant; `shrink` of its deviation; `left_out` [n]: sigma of every row by a function that did
    not see it."""

    coordinates: tuple[int, ...]
    function: Additive | None
    shrink: float
    left_out: Floats

    @property
    def kind(self) -> str:
        """constant, or what it changes with: prediction, inputs or both."""
        seen = {"prediction" if d == PREDICTION else "inputs" for d in self.coordinates}
        return "both" if len(seen) == 2 else min(seen, default="constant")


@dataclass(frozen=True, eq=False)
class _Candidate:
    """`score` of `left_out`, both after shrinking."""

    coordinates: tuple[int, ...]
    shrink: float
    left_out: Floats
    score: float


@dataclass(frozen=True, eq=False)
class _Rows:
    """What functions are fitted to: x [n, D] on `axes`, residuals and folds [n]."""

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
    return LocalScale((), None, 1.0, np.ones(n))


def local_scale(
    residuals: Residuals,
    x: Floats,
    axes: Sequence[Axis],
    folds: Ints,
    *,
    by_inputs: bool = True,
) -> LocalScale:
    """The scale for the residuals of one output at inputs x [n, D] on `axes`; rows of one fold are
    left out together, folds [n]. `by_inputs` False: of the prediction alone."""
    n, size = len(x), np.abs(residuals.values)
    if n < LEAST_ROWS or np.median(size) <= residuals.least:
        return constant(n)
    rows = _Rows(residuals, x, axes, folds)
    varied = _varied(x, axes) if by_inputs else ()
    found = [_Candidate((), 1.0, np.ones(n), _score(residuals, np.ones(n)))]
    found.append(_candidate((PREDICTION,), rows))
    if varied:
        found.append(_candidate((*varied, PREDICTION), rows))
    best = min(found, key=lambda c: c.score)
    if not best.coordinates:
        return constant(n)
    kept, function = strongest(rows.columns(best.coordinates), size, rows.bases(best.coordinates))
    coordinates = tuple(best.coordinates[j] for j in kept)
    shrunk = function.about(float(np.log(best.left_out).mean()), best.shrink)
    return LocalScale(coordinates, shrunk, best.shrink, best.left_out)


def _varied(x: Floats, axes: Sequence[Axis]) -> tuple[int, ...]:
    """The inputs that sigma may change with; none where they are too many."""
    found = (d for d, a in enumerate(axes) if a.kind != "periodic" and np.ptp(x[:, d]) > 0)
    varied = tuple(found)
    return varied if len(varied) <= MOST_INPUTS else ()


def _candidate(coordinates: tuple[int, ...], rows: _Rows) -> _Candidate:
    z, size = rows.columns(coordinates), np.abs(rows.residuals.values)
    bases, left_out = rows.bases(coordinates), np.zeros(len(z))
    for fold in np.unique(rows.folds):
        out = rows.folds == fold
        kept, function = strongest(z[~out], size[~out], bases)
        left_out[out] = function(z[out][:, kept])
    middle, trials = left_out.mean(), []
    for shrink in SHRINKS:
        sigma = np.exp(middle + shrink * (left_out - middle))
        trials.append(_Candidate(coordinates, shrink, sigma, _score(rows.residuals, sigma)))
    return min(trials, key=lambda c: c.score)


def _score(residuals: Residuals, sigma: Floats) -> float:
    return float(residuals.score(sigma, LEVELS).mean())
