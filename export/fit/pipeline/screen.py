"""Which inputs take part: constants and copies are left out, and of more than a model can have
those that matter are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.layout import MAX_AXES

from ..candidates.polynomial import fitted
from ..data.held_together import folds_of
from ..data.samples import Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SOME_ROWS = 20_000
"""Rows (evenly spaced) on which columns are compared; copies are then confirmed on all rows."""
SCREENED_ROWS = 4_000
"""Rows on which many columns are screened."""
LEAST_ROWS = 5
"""Fewer points may lie on a line by chance."""
NO_COPY = 1e-5
"""1 - |correlation| above which two columns are not looked at as copies."""
COARSE_STEP = 5e-3
"""A copy rounded to steps of more than this share of its spread is taken for a column of its
own."""
CORRELATED = 5.0
"""Standard errors of a correlation beyond which a column matters (or what rounding left of a copy
does)."""
AT_ONCE, KEPT_ANYWAY = 4, 8
"""Columns taken at a time, and columns kept where none is significant."""
BETTER = 0.95
"""As many columns as there may be are kept where a linear function of them errs by less than this
share of one of the significant ones."""


@dataclass(frozen=True)
class Dropped:
    """An input that takes no part, and why in words."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"input {self.name!r} {self.why} and was left out"


def screened(samples: Samples) -> tuple[Ints, list[Dropped]]:
    """Columns of `samples` that take part, ascending, and the others with the reason.
    Deterministic."""
    n_axes = samples.x.shape[1]
    reasons = {
        d: "is constant" for d in range(n_axes) if samples.x[:, d].min() == samples.x[:, d].max()
    }
    if len(reasons) == n_axes:
        return np.arange(n_axes), []
    reasons |= (
        _copies(samples, [d for d in range(n_axes) if d not in reasons])
        if len(samples.x) >= LEAST_ROWS
        else {}
    )
    kept = np.array([d for d in range(n_axes) if d not in reasons])
    if len(kept) > MAX_AXES:
        telling = set(_most_telling(samples, kept).tolist())
        why = f"adds nothing beyond the inputs kept (at most {MAX_AXES} of {len(kept)} can be)"
        reasons |= {int(d): why for d in kept if int(d) not in telling}
        kept = np.sort(np.array(list(telling)))
    return kept, [Dropped(samples.axes[d].name, reasons[d]) for d in sorted(reasons)]


def _copies(samples: Samples, columns: list[int]) -> dict[int, str]:
    """Columns that say the same as an earlier one: equal, a linear function of it within the
    rounding of the cells, levels renamed."""
    every = max(1, len(samples.x) // SOME_ROWS)
    some = samples.x[::every]
    centred = some[:, columns] - some[:, columns].mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    correlation = np.abs(centred.T @ centred) / np.maximum(np.outer(size, size), 1e-300)
    levelled = samples.n_levels[columns] > 0
    near = np.where(
        np.logical_and.outer(levelled, levelled),
        True,
        (correlation > 1.0 - NO_COPY) & ~np.logical_or.outer(levelled, levelled),
    )
    found: dict[int, str] = {}
    for j, i in np.argwhere(np.tril(near, -1)):
        d, e = columns[j], columns[i]
        if d not in found and e not in found:
            same = _same_levels(samples, d, e) if levelled[j] else _same_line(samples, d, e)
            what = (
                "says the same as"
                if levelled[j]
                else "is a copy of"
                if _equal(samples, d, e)
                else "is a linear function of"
            )
            found |= {d: f"{what} {samples.axes[e].name!r}"} if same else {}
    return found


def _equal(samples: Samples, d: int, e: int) -> bool:
    return bool(np.array_equal(samples.x[:, d], samples.x[:, e]))


def _same_levels(samples: Samples, d: int, e: int) -> bool:
    if samples.n_levels[d] != samples.n_levels[e]:
        return False
    pairs = samples.x[:, d] * samples.n_levels[e] + samples.x[:, e]
    return (
        len(np.unique(pairs)) == len(np.unique(samples.x[:, d])) == len(np.unique(samples.x[:, e]))
    )


def _same_line(samples: Samples, d: int, e: int) -> bool:
    """x_d = a + b x_e within half a step of both, and what is left tells nothing of any output."""
    x, z = samples.x[:, e], samples.x[:, d]
    centred = x - x.mean()
    slope = float(centred @ (z - z.mean()) / (centred @ centred))
    left = z - z.mean() - slope * centred
    steps = _step(z), abs(slope) * _step(x)
    if max(steps) > COARSE_STEP * z.std() or np.abs(left).max() > 0.55 * sum(steps) + 1e-9 * np.ptp(
        z
    ):
        return False
    if left.std() <= 1e-12 * z.std():
        return True
    return all(
        abs(float(np.corrcoef(left, y)[0, 1])) * np.sqrt(len(left)) < CORRELATED
        for y in samples.y.T
    )


def _step(values: Floats) -> float:
    """The decimal step that all values are multiples of; 0 for full precision."""
    some = values[:: max(1, len(values) // SOME_ROWS)]
    for places in range(10):
        scaled = some * 10.0**places
        if np.abs(scaled - np.rint(scaled)).max() < 1e-6:
            return float(10.0**-places)
    return 0.0


def _most_telling(samples: Samples, columns: Ints) -> Ints:
    """At most MAX_AXES of `columns`: the significant ones, or where many are too weak to be told
    apart those of the highest scores."""
    some = np.linspace(0, len(samples.x) - 1, min(len(samples.x), SCREENED_ROWS)).astype(np.int64)
    y = samples.y[some] - samples.y[some].mean(axis=0)
    y /= np.maximum(y.std(axis=0), 1e-300)
    taken, score = _selected(samples, some, columns, y)
    highest = np.argsort(-score, kind="stable")[:MAX_AXES]
    if not len(taken):
        taken = highest[:KEPT_ANYWAY]
    wider = np.r_[taken, np.setdiff1d(highest, taken)][:MAX_AXES]
    one, other = (_linear_error(samples.columns(columns[c]).take(some), y) for c in (taken, wider))
    return np.sort(columns[wider if other < BETTER * one else taken])


def _linear_error(samples: Samples, y: Floats) -> float:
    """Out-of-fold error of mean or linear ridge, root mean over the outputs."""
    found = fitted(samples, y, folds_of(samples, 5, 0), most=0)
    return float(np.sqrt(np.mean((found.predicted - y[found.rows]) ** 2)))


def _selected(samples: Samples, some: Ints, columns: Ints, y: Floats) -> tuple[Ints, Floats]:
    """Places in `columns` taken a few at a time by what their values tell of the residuals of those
    already taken: of their mean (an effect of its own) and of their square (a part in an
    interaction); and what each told at first.
    """
    shapes = [_shapes(samples.x[some, d], len(samples.axes[d].levels)) for d in columns]
    stacked = np.concatenate(shapes, axis=1)
    owner = np.repeat(np.arange(len(columns)), [s.shape[1] for s in shapes])
    taken: list[int] = []
    first = np.zeros(0)
    while len(taken) < MAX_AXES:
        used = np.isin(owner, taken)
        score = np.zeros(len(columns))
        np.maximum.at(score, owner, _scores(stacked, _without(y, stacked[:, used]), used))
        first = first if len(first) else score.copy()
        order = np.argsort(-score, kind="stable")[: min(AT_ONCE, MAX_AXES - len(taken))]
        order = order[score[order] > CORRELATED]
        if not len(order):
            break
        taken += order.tolist()
    return np.array(taken, dtype=np.int64), first


def _shapes(x: Floats, n_levels: int) -> Floats:
    """Functions of a column with unit spread [n, m]: itself, its rank and the square of the rank;
    indicators of levels."""
    if n_levels:
        parts = (x[:, None] == np.arange(n_levels)).astype(float)
    else:
        order = np.searchsorted(np.sort(x), x, side="left") + np.searchsorted(
            np.sort(x), x, side="right"
        )
        rank = order / len(x) - 1.0
        parts = np.stack([x, rank, rank**2], axis=1)
    parts = parts - parts.mean(axis=0)
    size = parts.std(axis=0)
    return np.asarray(parts / np.where(size > 0, size, np.inf))


def _without(y: Floats, taken: Floats) -> Floats:
    """Residuals of y after a regression on the columns `taken`, outliers held at four robust
    deviations."""
    if taken.shape[1]:
        n = len(y)
        gram = taken.T @ taken
        gram[np.diag_indices(len(gram))] += 1e-6 * n
        y = y - taken @ np.linalg.solve(gram, taken.T @ y)
    wide = 4.0 * 1.4826 * np.median(np.abs(y - np.median(y, axis=0)), axis=0)
    return np.asarray(np.where(wide > 0, np.clip(y, -wide, wide), y))


def _scores(shapes: Floats, left: Floats, used: NDArray[np.bool_]) -> Floats:
    """Largest |correlation| sqrt(n) of each shape with the residuals or with their squares, over
    the outputs."""
    both = np.concatenate([left, left**2], axis=1)
    both = both - both.mean(axis=0)
    size = np.linalg.norm(both, axis=0)
    return np.asarray(
        np.where(
            used, 0.0, np.abs(shapes.T @ (both / np.where(size > 0, size, np.inf))).max(axis=1)
        )
    )
