"""The baseline of a fit: for every output the best of mean, linear and quadratic under the links
tried. It always competes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, levels
from sna_edge.core.output import values
from sna_edge.numerics.time_budget import MULTIPLY_ADDS, TimeBudget, now

from ..data.folds import SPLIT_ROWS, Folds
from ..data.free_coefficients import free_size
from ..data.samples import Samples, linear_targets
from ..data.weights import mean
from ..engine.factors import SeparableFunction
from .candidate import Candidate
from .composed import composed
from .gain import LEAST_GAIN
from .polynomial import MOST_COLUMNS, Polynomial, fitted

Floats = NDArray[np.float64]
MOST_ROWS = 200_000
"""Rows (evenly spaced) that a baseline is fitted to."""
WORK, TIME_SHARE, LEAST_COLUMNS = 6e9, 0.3, 40
"""Rows x columns^2 of a design, the share of the time left that it may take, and columns it may
always have."""


def baseline(samples: Samples, links: Sequence[str], folds: Folds, budget: TimeBudget) -> Candidate:
    """Composed output by output of the best under each link, by out-of-fold error in output
    units."""
    best = _of_link(samples, links[0], folds, budget)
    for link in links[1:]:
        if budget.passed:
            budget.leave_out(f"mean, linear and quadratic under link {link}")
            break
        other = _of_link(samples, link, folds, budget)
        best = composed(
            best,
            other,
            error_of(other) < LEAST_GAIN * error_of(best),
        )
    return best


def error_of(c: Candidate, rows: NDArray[np.bool_] | slice = slice(None)) -> Floats:
    """Out-of-fold RMS error [K] of a candidate over some of its rows, which weigh as they do."""
    weight = None if c.weight is None else c.weight[rows]
    return rms(c.measured[rows], c.predicted[rows], weight)


def rms(measured: Floats, predicted: Floats, weight: Floats | None = None) -> Floats:
    """[K]; infinite where a prediction is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(
            np.nan_to_num(np.sqrt(mean((measured - predicted) ** 2, weight)), nan=np.inf)
        )


def _of_link(samples: Samples, link: str, folds: Folds, budget: TimeBudget) -> Candidate:
    begin = now()
    outputs = samples.outputs(link)
    target = linear_targets(outputs, samples.y)
    centre, spread = target.mean(axis=0), target.std(axis=0)
    target = (target - centre) / spread
    some = np.arange(0, len(target), -(-len(target) // MOST_ROWS))
    part = samples if len(some) == len(target) else samples.take(some).over(samples)
    judged = folds.one if len(target) >= SPLIT_ROWS else []
    work = min(WORK, TIME_SHARE * MULTIPLY_ADDS * max(budget.left, 0.1))
    most = int(np.clip(np.sqrt(work / len(some)), LEAST_COLUMNS, MOST_COLUMNS))
    if work < WORK and most < min(MOST_COLUMNS, _columns(samples)):
        budget.stop()
    found = fitted(part, target[some], folds.take(some), judged=judged, most=most)
    rows = some[found.rows]
    with np.errstate(over="ignore"):
        predicted = values(outputs, centre + spread * found.predicted)

    def on_rows(whole: Samples, budget: TimeBudget) -> SeparableFunction:
        return found.moved(whole, (linear_targets(outputs, whole.y) - centre) / spread).separable(
            whole
        )

    moved = on_rows if len(some) == len(target) else None
    return Candidate(
        _name(found),
        "baseline",
        found.separable(samples),
        outputs,
        centre,
        spread,
        rows,
        samples.y[rows],
        predicted,
        now() - begin,
        {"kinds": list(found.kinds)},
        None,
        moved,
        samples.weight_of(rows),
    )


def _columns(samples: Samples) -> int:
    """Of a quadratic function: inputs (or their levels), squares and pairs."""
    n = samples.x.shape[1] + int(samples.n_levels.sum())
    return n * (n + 3) // 2


def _name(found: Polynomial) -> str:
    kinds = list(dict.fromkeys(found.kinds))
    return " and ".join(kinds) + (" function" if kinds != ["mean"] else "")


def mean_alone(samples: Samples, like: Candidate, folds: Folds) -> Candidate:
    """The candidate that answers the mean of every output; its predictions are the means of the
    other folds."""

    def flat(whole: Samples, budget: TimeBudget) -> SeparableFunction:
        level = linear_targets(like.outputs, mean(whole.y, whole.weight)[None])[0]
        return _flat(like.f.bases[:-1], (level - like.centre) / like.spread)

    predicted = left_out_means(samples.y, folds, samples.weight)[like.rows]
    return Candidate(
        "mean",
        "baseline",
        flat(samples, TimeBudget()),
        like.outputs,
        like.centre,
        like.spread,
        like.rows,
        like.measured,
        predicted,
        0.0,
        {},
        None,
        flat,
        like.weight,
    )


def _flat(bases: Sequence[SpanBasis], constant: Floats) -> SeparableFunction:
    """A constant; every axis has a mode of zeros."""
    n_axes, n_outputs = len(bases), len(constant)
    uses = np.zeros((n_axes + 1, n_axes + 1), dtype=bool)
    uses[:-1, :-1] = np.eye(n_axes, dtype=bool)
    uses[-1, :-1], uses[-1, -1] = n_outputs > 1, True
    weights = np.zeros((n_outputs, int(uses[-1].sum())))
    weights[:, -1] = constant
    tables = tuple(np.zeros((free_size(b), 1)) for b in bases)
    return SeparableFunction((*bases, levels(n_outputs)), uses, (*tables, weights))


def left_out_means(y: Floats, folds: Folds, weight: Floats | None = None) -> Floats:
    """Mean [N, K] of the rows that a fit which predicts a row has seen; NaN for rows of no fold."""
    number = folds.number
    if not folds.forward and weight is None:
        count = np.bincount(number).astype(float)
        total = np.stack([np.bincount(number, column) for column in y.T], axis=1)
        others = (y.sum(axis=0) - total) / np.maximum(len(y) - count, 1.0)[:, None]
        return np.asarray(others[number])
    out = np.full(y.shape, np.nan)
    for fold in folds.judged:
        seen = ~folds.unseen(fold)
        out[folds.held(fold)] = mean(y[seen], None if weight is None else weight[seen])
    return out
