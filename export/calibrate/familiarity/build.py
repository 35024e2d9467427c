"""How familiar inputs are, learned from rows: two densities, quantiles of their score, and levels
seen together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.beside import Calibration, Companion, LevelPair, Role
from sna_edge.errors import InputError
from sna_edge.model import Model

from ...threads import side_by_side
from ..folds import different_at_least, folds_of
from .features import View, features_view, inputs_view, level_counts
from .mixture import SWEEPS, Mixture, fit
from .quantiles import of_scores
from .sizes import sizes
from .stored import least_root, stored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_P = 0.005
MOST_REPEATS = 0.1
"""Of the rows, that repeat the inputs of others: with more, a setting counts once."""
LEAST_ROWS = 250
"""Rows below which a share of 0.5 % cannot be told."""
FOLDS = 8
MOST_LEARNED, MOST_SCORED = 10_000, 10_000
HELD_FROM = 4_000
"""Rows from which a third is held out for the scores; of fewer every row is scored by a mixture
that has not seen it."""
SPREAD, LEAST_SPREAD = 0.2, 1e-3
STARTS = 3
CALL = 3e5
"""Multiply-adds in the time of what stands around a small product."""


def with_familiarity(
    model: Model,
    x: ArrayLike,
    *,
    calibration: ArrayLike | None = None,
    group: ArrayLike | None = None,
    seed: int = 0,
    starts: int = STARTS,
    folds: int = FOLDS,
) -> Model:
    """`model` that says how familiar inputs are, learned from its rows x [N, D] (levels as 0, 1,
    ..); `calibration`, `group`, `starts`, `folds` and errors as `familiarity_of`. What it says of
    intervals stays.

    >>> import numpy as np
    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> from sna_export.calibrate.familiarity import with_familiarity
    >>> axes = [spline_axis(name, "m", 0, 1, spans=1, degree=1) for name in "ab"]
    >>> area = Model(axes, CP.full([[[0], [1]]] * 2), [Output("area", "m2")])
    >>> a = np.random.default_rng(0).uniform(size=500)
    >>> found = with_familiarity(area, np.c_[a, a]).familiarity([[0.4, 0.4], [0.1, 0.9]])
    >>> (found.p > 0.005).tolist()
    [True, False]
    """
    given = None if calibration is None else np.asarray(calibration, dtype=float)
    rows = np.asarray(x, dtype=float)
    found = familiarity_of(
        model.axes, rows, calibration=given, group=group, seed=seed, starts=starts, folds=folds
    )
    others = tuple(c for c in model.companions if c.role != Role.FAMILIARITY)
    before = model.calibration
    return model.replace(
        companions=(*others, *found.companions),
        calibration=replace(before, **found.calibration)
        if before
        else Calibration(**found.calibration),
    )


@dataclass(frozen=True)
class Familiarity:
    """Companions, and what a Calibration holds for them: `scores` [33] of `n_scores` rows,
    `least_p`, `pairs`."""

    companions: tuple[Companion[Model], ...]
    n_scores: int
    scores: Floats
    least_p: float
    pairs: tuple[LevelPair, ...]

    @property
    def calibration(self) -> dict[str, Any]:
        """Arguments of a Calibration; more may be added for intervals."""
        return {
            "n_scores": self.n_scores,
            "scores": self.scores,
            "least_p": self.least_p,
            "pairs": self.pairs,
        }


def familiarity_of(
    axes: Sequence[Axis],
    x: Floats,
    *,
    calibration: Floats | None = None,
    group: ArrayLike | None = None,
    least_p: float = LEAST_P,
    integers: bool = False,
    seed: int = 0,
    starts: int = STARTS,
    folds: int = FOLDS,
) -> Familiarity:
    """Learned from rows x [N, D] of these inputs, levels as 0, 1, ..; all inside the domain.

    s(x) = ln p_1(x) / c_1 + ln p_2(x) / c_2 of a density of the inputs and one of linear features,
    c the distance from the median to the 20 % quantile over rows not fitted. The quantiles of s are
    of rows that took no part in fitting: `calibration` [M, D], else a third of the rows, else
    (below 4,000) every row by a mixture fitted without its fold, one of `folds`; rows of a group
    [N] are left out together, so that p is that of a row of a new one. Where many rows repeat
    others, every setting counts once, and p is that of a new setting (of fewer than 200 none is
    below 0.5 %). A density is the likeliest of `starts`. `integers`: stored so that an integer path
    keeps the densities too. Raises InputError below 250 rows and for rows that are not finite.

    >>> import numpy as np
    >>> from sna_edge import spline_axis
    >>> from sna_export.calibrate.familiarity import familiarity_of
    >>> rows = np.random.default_rng(0).uniform(size=(600, 2))
    >>> found = familiarity_of([spline_axis(n, "", 0, 1) for n in "ab"], rows)
    >>> len(found.companions), found.n_scores
    (2, 600)
    """
    x = np.asarray(x, dtype=float)
    if len(x) < LEAST_ROWS or not np.isfinite(x).all():
        raise InputError(
            f"familiarity needs at least {LEAST_ROWS} rows of finite numbers, here are {len(x)}"
        )
    every = x if calibration is None else np.concatenate([x, calibration])
    pairs = seen_together(axes, every, least_p)
    fold = None if group is None else folds_of(np.asarray(group)[:, None], seed)
    if fold is None and calibration is None:
        x = _settings(axes, x)
    x, calibration, fold = _divided(x, calibration, fold, np.random.default_rng(seed), folds)
    levels = level_counts(axes)
    size = sizes(levels.count(0), [n for n in levels if n], len(x))
    views = [inputs_view(axes, x, size.knots)]
    if size.features:
        views.append(features_view(axes, x, size.knots, size.features))

    def part(view: View) -> _Part:
        return _part(view, x, calibration, fold, size.modes, integers, seed, starts)

    many = len(x) >= MOST_LEARNED  # one after another, which takes half of the memory
    parts = [part(v) for v in views] if many else side_by_side(part, views)
    score = np.sum([p.scores for p in parts], axis=0)
    companions = tuple(p.companion for p in parts)
    return Familiarity(companions, len(score), of_scores(score), least_p, pairs)


def _settings(axes: Sequence[Axis], x: Floats) -> Floats:
    """Rows x [N, D], or each once where many repeat others: a copy of a row that is left out would
    make it look familiar, and settings between those of the table strange."""
    least = (1.0 - MOST_REPEATS) * len(x)
    if 0 not in level_counts(axes) or different_at_least(x) >= least:
        return x
    different = np.unique(x, axis=0)
    return different if len(different) < least else x


def multiply_adds(x: Floats, *, starts: int = STARTS, folds: int = FOLDS) -> float:
    """Of learning from rows x [N, D], about; a small product counts as CALL."""
    rows, inputs = min(len(x), MOST_LEARNED), x.shape[1]
    size = sizes(inputs, [], rows)
    fits = starts + (folds if len(x) < HELD_FROM else 0)
    each = 2.0 * rows * size.modes * size.knots + CALL
    return fits * SWEEPS * (inputs + size.features) * each


def _divided(
    x: Floats,
    calibration: Floats | None,
    fold: Ints | None,
    rng: np.random.Generator,
    folds: int,
) -> tuple[Floats, Floats | None, Ints]:
    """Rows to learn in random order, rows to score (None where those are the same), and the fold of
    the first."""
    order, grouped = rng.permutation(len(x)), fold is not None
    fold = np.arange(len(x)) % folds if fold is None else fold[order]
    if calibration is None and len(x) >= HELD_FROM:
        held = np.arange(len(x)) < min(len(x) // 3, MOST_SCORED)
        if grouped:
            held = fold == 0
        calibration = x[order[held][:MOST_SCORED]]
        order, fold = order[~held], fold[~held]
    return x[order[:MOST_LEARNED]], calibration, fold[:MOST_LEARNED]


@dataclass(frozen=True)
class _Part:
    companion: Companion[Model]
    scores: Floats


def _part(
    view: View,
    x: Floats,
    calibration: Floats | None,
    fold: Ints,
    modes: int,
    integers: bool,
    seed: int,
    starts: int,
) -> _Part:
    """One density and its part of the score, of rows that it has not seen."""

    def learned(rows: Floats, starts: int = 1) -> Mixture:
        return fit(rows, view.hats, modes, np.random.default_rng(seed), starts)

    z = view.places(x)
    whole = learned(z, starts)
    if calibration is not None:
        tried, others = [(whole, view.places(calibration))], [calibration]
    else:
        tried = [(learned(z[fold != f]), z[fold == f]) for f in np.unique(fold)]
        others = [x[fold == f] for f in np.unique(fold)]
    rng = np.random.default_rng(seed)
    strange = [view.places(_mixed_up(rows, rng)) for rows in others] if integers else []
    root = least_root(tried, integers, strange)
    kept = stored(whole, root)
    scores = np.concatenate([stored(m, root).score(rows) for m, rows in tried]) - kept.constant
    spread = max(float(np.median(scores) - np.quantile(scores, SPREAD)), LEAST_SPREAD)
    return _Part(kept.companion(view.coordinates, 1 / spread), scores / spread)


def _mixed_up(x: Floats, rng: np.random.Generator) -> Floats:
    """Rows of which one column each, or every one, is that of another row."""
    one, column = x.copy(), rng.integers(x.shape[1], size=len(x))
    row = np.arange(len(x))
    one[row, column] = x[rng.permutation(len(x)), column]
    return np.concatenate([one, rng.permuted(x, axis=0)])


def seen_together(axes: Sequence[Axis], x: Floats, least_p: float) -> tuple[LevelPair, ...]:
    """For every two inputs with levels, which levels the rows have together.

    Two whose pairs are too many for the rows are left out: the share of new rows with a pair not
    seen is about that of the rows that have a pair alone (Good, Biometrika 40, 1953), and where it
    is above `least_p`, a pair not seen says little.
    """
    levels, found = level_counts(axes), []
    for a, b in combinations([d for d, n in enumerate(levels) if n], 2):
        rows = np.zeros((levels[a], levels[b]), np.int64)
        np.add.at(rows, (x[:, a].astype(np.int64), x[:, b].astype(np.int64)), 1)
        if np.count_nonzero(rows == 1) <= least_p * len(x):
            found.append(LevelPair.of(a, b, rows > 0))
    return tuple(found)
