"""Widths of other libraries around the same predictions and rows: crepes and MAPIE."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from stand_in import FOLDS, Predicted

from sna_export.fit.data.folds import fold_of_rows

Floats = NDArray[np.float64]
Ends = tuple[Floats, Floats]
NEIGHBOURS, BINS = 25, 10


@dataclass(frozen=True)
class Reference:
    """ends(predicted, levels) -> lower and upper [levels, test rows] in the space of the
    interval."""

    name: str
    ends: Callable[[Predicted, tuple[float, ...]], tuple[Floats, Floats]]


def installed() -> list[Reference]:
    """Those whose library is there."""
    found = []
    try:
        import crepes  # noqa: F401

        found += [
            Reference("crepes, neighbours", _neighbours),
            Reference("crepes, Mondrian by difficulty", _by_difficulty),
            Reference("crepes, Mondrian by prediction", _by_prediction),
        ]
    except ImportError:
        pass
    try:
        import mapie  # noqa: F401

        found.append(Reference("MAPIE, CQR", _cqr))
    except ImportError:
        pass
    return found


def _difficulty(q: Predicted) -> tuple[Floats, Floats]:
    """Mean |residual| of the neighbours: of rows by neighbours in other folds, of test rows by
    all."""
    from crepes.extras import DifficultyEstimator

    residual, folds = q.y - q.p, fold_of_rows(q.split.x, FOLDS, 1)
    mean, scale = q.split.x.mean(axis=0), q.split.x.std(axis=0) + 1e-12
    z, other = (q.split.x - mean) / scale, (q.split.x_test - mean) / scale

    def fitted(x: Floats, r: Floats) -> DifficultyEstimator:
        made = DifficultyEstimator()
        made.fit(X=x, residuals=r, k=NEIGHBOURS, scaler=False, beta=0.01 * float(np.abs(r).mean()))
        return made

    own = np.empty(len(z))
    for f in np.unique(folds):
        out = folds == f
        own[out] = fitted(z[~out], residual[~out]).apply(z[out])
    return own, fitted(z, residual).apply(other)


def _intervals(
    q: Predicted,
    levels: tuple[float, ...],
    sigmas: tuple[Floats, Floats] | None = None,
    bins: tuple[Floats, Floats] | None = None,
) -> tuple[Floats, Floats]:
    from crepes import ConformalRegressor

    made = ConformalRegressor()
    made.fit(
        q.y - q.p,
        **({"sigmas": sigmas[0]} if sigmas else {}),
        **({"bins": bins[0]} if bins else {}),
    )
    with warnings.catch_warnings():  # of bins with too few rows
        warnings.simplefilter("ignore")
        found = [
            made.predict_int(
                q.p_test,
                **({"sigmas": sigmas[1]} if sigmas else {}),
                **({"bins": bins[1]} if bins else {}),
                confidence=level,
            )
            for level in levels
        ]
    widest = 10.0 * np.ptp(q.y)  # where a bin has too few rows crepes answers infinity
    ends = np.stack(found)
    return (
        np.maximum(ends[:, :, 0], q.p_test - widest),
        np.minimum(ends[:, :, 1], q.p_test + widest),
    )


def _neighbours(q: Predicted, levels: tuple[float, ...]) -> tuple[Floats, Floats]:
    return _intervals(q, levels, sigmas=_difficulty(q))


def _by_difficulty(q: Predicted, levels: tuple[float, ...]) -> tuple[Floats, Floats]:
    own, other = _difficulty(q)
    return _intervals(q, levels, bins=_binned(own, other))


def _by_prediction(q: Predicted, levels: tuple[float, ...]) -> tuple[Floats, Floats]:
    return _intervals(q, levels, bins=_binned(q.p, q.p_test))


def _binned(own: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Numbers of equally filled bins, as many as leave 50 rows each, at most BINS."""
    count = int(np.clip(len(own) // 50, 2, BINS))
    edges = np.quantile(own, np.arange(1, count) / count)
    return np.searchsorted(edges, own), np.searchsorted(edges, other)


def _cqr(q: Predicted, levels: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Boosted-tree quantiles, three tenths of the rows to calibrate; at 90 % only."""
    from mapie.regression import ConformalizedQuantileRegressor
    from sklearn.ensemble import GradientBoostingRegressor

    order = np.random.default_rng(0).permutation(len(q.y))
    held, rest = order[: int(0.3 * len(order))], order[int(0.3 * len(order)) :]
    trees = GradientBoostingRegressor(
        loss="quantile", n_estimators=100, max_depth=3, random_state=0
    )
    made = ConformalizedQuantileRegressor(trees, confidence_level=0.9)
    made.fit(q.split.x[rest], q.y[rest]).conformalize(q.split.x[held], q.y[held])
    ends = made.predict_interval(q.split.x_test)[1][:, :, 0]
    lower = np.full((len(levels), len(ends)), np.nan)
    upper = lower.copy()
    lower[levels.index(0.9)], upper[levels.index(0.9)] = ends[:, 0], ends[:, 1]
    return lower, upper
