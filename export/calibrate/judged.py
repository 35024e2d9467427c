"""What the intervals of a fit are worth on its own rows: every row judged by a prediction, a scale
and quantiles that have not seen it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.beside import Role
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.uncertainty.interval import supported

from .between_groups import components, design_effect
from .calibrate import MOST_ROWS
from .coverage import Coverage, coverage
from .folds import folds_of
from .local_scale import LEAST_ROWS, PREDICTION, LocalScale, constant, local_scale
from .residuals import Residuals, interval_score, tail

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVEL = 0.9
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
INNER = 0.5
BELOW = 0.98
"""Score of the local width over that of one width, from which on it is said to be better."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Of one output, n rows: `scale`; `coverage` at LEVEL; `at_levels`, that of all rows and of
    quarters at each of LEVELS that the rows support; `pit` [n], the share of the predictive
    distribution below what was measured; `predicted`, `width` and `one_width` [n] of the interval
    at LEVEL, with the scale and without; `score` and `one_score`, their mean interval scores;
    `why`, what the width rests on; `worth`, how many rows of groups say as much of `pit` as one
    free row."""

    output: Output
    scale: LocalScale
    coverage: Coverage
    at_levels: Mapping[float, Coverage]
    pit: Floats
    predicted: Floats
    width: Floats
    one_width: Floats
    score: float
    one_score: float
    why: str
    worth: float = 1.0

    @property
    def local(self) -> bool:
        """Whether the width follows inputs or prediction."""
        return self.scale.function is not None

    @cached_property
    def sentences(self) -> list[str]:
        """Plain words: where it does not hold, then what the width rests on."""
        return [*(self._inner() or self.coverage.sentences()), self.why]

    def _inner(self) -> list[str]:
        """A quarter of the prediction that the inner interval misses, where the outer misses
        none."""
        found = self.at_levels.get(INNER)
        low = [p for p in found.by_prediction if p.verdict == "low"] if found else []
        if not low or any(p.verdict == "low" for p in self.coverage.by_prediction):
            return []
        worst = min(low, key=lambda p: p.share)
        return [
            f"the {100 * INNER:g} % interval covers {100 * worst.share:.0f} % in the {worst.name}"
            f" ({worst.rows} rows): the width is not that of the errors there"
        ]

    def report(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **self.coverage.report(),
            "levels": {f"{v:g}": found.whole.report() for v, found in self.at_levels.items()},
            "width": "local" if self.local else "one number",
            "mean_width": float(self.width.mean()),
            "score_over_one_width": self.score / self.one_score if self.one_score else 1.0,
            "said": self.sentences,
        }


def judged(
    model: Model,
    x: ArrayLike,
    measured: ArrayLike,
    predicted: ArrayLike,
    folds: ArrayLike | None = None,
    scales: Sequence[LocalScale] | None = None,
    groups: ArrayLike | None = None,
) -> tuple[Judged, ...]:
    """Every output of `model` [K] on the rows that it was calibrated with, as `calibrated` takes
    them; `scales`: those that it found, else they are made again where the model has one. With
    `groups` [n] intervals are those of a new group.

    >>> import numpy as np
    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> from sna_export.calibrate import calibrated
    >>> from sna_export.calibrate.judged import judged
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(size=(500, 1))
    >>> y = x + (0.01 + 0.2 * x) * rng.normal(size=(500, 1))
    >>> axis = spline_axis("x", "m", 0, 1, spans=1, degree=1)
    >>> line = Model([axis], CP.full([[[0], [1]]]), [Output("y")])
    >>> for model in (line, calibrated(line, x, y, x).model):
    ...     print([round(p.share, 2) for p in judged(model, x, y, x)[0].coverage.by_prediction])
    [1.0, 0.98, 0.91, 0.73]
    [0.9, 0.9, 0.93, 0.87]
    """
    x, measured, predicted = (np.asarray(a, dtype=float) for a in (x, measured, predicted))
    if not len(x):
        raise InputError("there are no rows to judge intervals on; give one at least")
    some = np.arange(0, len(x), -(-len(x) // MOST_ROWS))
    held = (folds_of(x) if folds is None else np.asarray(folds))[some]
    of_row = None if groups is None else np.asarray(groups)[some]
    x, measured, predicted = x[some], measured[some], predicted[some]
    found = []
    for k in range(len(model.outputs)):
        rows = _residuals(model, k, measured[:, k], predicted[:, k])
        scale = scales[k] if scales is not None else _scale(model, k, rows, x, held)
        found.append(_judged(model, rows, scale, x, _Held(held, of_row)))
    return tuple(found)


@dataclass(frozen=True)
class _Held:
    """Which rows are left out together [n], and of which group they are, where they have some."""

    folds: Ints
    groups: Ints | None

    def alike(self, z: Floats) -> float:
        """Correlation of z of one group."""
        return 0.0 if self.groups is None else components(z, self.groups).alike

    def wider(self, z: Floats, share: float) -> float:
        """How much farther out quantiles of z [n] are for a new group."""
        return 1.0 if self.groups is None else float(components(z, self.groups).widening(share))


def _residuals(model: Model, k: int, measured: Floats, predicted: Floats) -> Residuals:
    """In the space that the calibration has, or the interval where there is none."""
    rows, found = Residuals.of(model.outputs[k], measured, predicted), model.calibration
    return replace(rows, space=found.spaces[k]) if found and found.spaces else rows


def _scale(model: Model, k: int, rows: Residuals, x: Floats, folds: Ints) -> LocalScale:
    has = any(c.role == Role.SCALE and c.output == k for c in model.companions)
    return local_scale(rows, x, model.axes, folds) if has else constant(len(x))


def _judged(model: Model, rows: Residuals, scale: LocalScale, x: Floats, held: _Held) -> Judged:
    one = np.ones(len(x))
    by_level: dict[float, Coverage] = {}
    groups, alike = held.groups, held.alike(rows.values / scale.left_out)
    for level in LEVELS:
        if level == LEVEL or _supports(len(x), level):
            ends = _ends(rows, scale.left_out, held, level)
            axes, columns = (model.axes, x) if level == LEVEL else ((), x[:, :0])
            by_level[level] = coverage(
                axes, columns, rows.measured, rows.predicted, *ends, level, groups, alike
            )
    low, high = _ends(rows, scale.left_out, held, LEVEL)
    low_one, high_one = _ends(rows, one, held, LEVEL)
    score = float(interval_score(rows.measured, low, high, LEVEL).mean())
    one_score = float(interval_score(rows.measured, low_one, high_one, LEVEL).mean())
    return Judged(
        rows.output,
        scale,
        by_level[LEVEL],
        by_level,
        _pit(rows, scale.left_out, held.folds),
        rows.predicted,
        high - low,
        high_one - low_one,
        score,
        one_score,
        _why(model, scale, rows, score / one_score if one_score else 1.0),
        1.0 if groups is None else design_effect(groups, math.sqrt(alike)),
    )


def _supports(n: int, level: float) -> bool:
    try:
        supported(n, level)
    except InputError:
        return False
    return True


def _ends(rows: Residuals, sigma: Floats, held: _Held, level: float) -> tuple[Floats, Floats]:
    """Lower and upper end [n]: quantiles of the rows of other folds times sigma [n]."""
    low, high = np.empty(len(sigma)), np.empty(len(sigma))
    whole, share = rows.values / sigma, (1.0 - level) / 2.0
    wider = held.wider(whole, share)
    for out, z in _others(whole, held.folds):
        middle = float(np.median(z))
        low[out] = middle + wider * (tail(z, share) - middle)
        high[out] = middle + wider * (-tail(-z[::-1], share) - middle)
    one, other = rows.moved(low * sigma - rows.least), rows.moved(high * sigma + rows.least)
    return np.minimum(one, other), np.maximum(one, other)


def _others(z: Floats, groups: Ints) -> list[tuple[NDArray[np.bool_], Floats]]:
    """Each fold's rows, and z of all others in order; of a lone fold its own."""
    folds = [groups == g for g in np.unique(groups)]
    return [(out, np.sort(z if out.all() else z[~out])) for out in folds]


def _pit(rows: Residuals, sigma: Floats, groups: Ints) -> Floats:
    """Place of every row [n] among those of other folds, 0..1."""
    z, found = rows.values / sigma, np.empty(len(sigma))
    for out, others in _others(z, groups):
        below, upto = (np.searchsorted(others, z[out], side=s) for s in ("left", "right"))
        found[out] = ((below + upto) / 2 + 0.5) / (len(others) + 1)
    turned = rows.linked and rows.output.scale < 0
    return 1.0 - found if turned else found


def _why(model: Model, scale: LocalScale, rows: Residuals, ratio: float) -> str:
    n = len(rows.measured)
    if scale.function is not None:
        better = f": {100 * (1 - ratio):.0f} % better in interval score than one width"
        return f"the width follows {_listed(scale, model.axes)}{better if ratio < BELOW else ''}"
    if n < LEAST_ROWS:
        why = f"{n} rows are too few for a local one, which needs {LEAST_ROWS}"
    elif np.median(np.abs(rows.values)) <= rows.least:
        why = "the residuals are rounding"
    elif model.calibration is None:
        why = "this model was written without local ones"
    else:
        why = "none that follows the inputs or the prediction did better on rows left out"
    space = " before the link" if rows.linked else ""
    return f"the width is one number{space}: {why}"


def _listed(scale: LocalScale, axes: Sequence[Axis]) -> str:
    names = ["the prediction" if d == PREDICTION else axes[d].name for d in scale.coordinates]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
