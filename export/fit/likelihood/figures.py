"""How good probabilities of classes are: loss, ranking, confusion, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BINS, DRAWS = 10, 200
"""Bins of the calibration error, and draws of a perfectly calibrated model."""
LEAST = 1e-15


def log_loss(y: ArrayLike, p: Floats) -> float:
    """Mean of -log p of the class that was seen, in nats; y [N] class numbers, p [N, L]."""
    seen = p[np.arange(len(p)), np.asarray(y, dtype=int)]
    return float(-np.mean(np.log(np.maximum(seen, LEAST))))


def base_loss(y: ArrayLike, count: int) -> float:
    """`log_loss` of the shares of the classes alone."""
    share = np.bincount(np.asarray(y, dtype=int), minlength=count) / np.size(y)
    return float(-np.sum(share[share > 0] * np.log(share[share > 0])))


def auc(y: ArrayLike, p: Floats) -> float:
    """Chance that a row of a class has a higher probability of it than a row of another class;
    mean over the classes (of two: that of the second). NaN where a class is missing.

    >>> import numpy as np
    >>> auc([0, 1, 1], np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]))
    1.0
    """
    y = np.asarray(y, dtype=int)
    shown = [1] if p.shape[1] == 2 else range(p.shape[1])
    return float(np.mean([_auc(y == k, p[:, k]) for k in shown]))


def _auc(positive: NDArray[np.bool_], score: Floats) -> float:
    from scipy.stats import rankdata

    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        return float("nan")
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / (n * m))


def confusion(y: ArrayLike, answered: ArrayLike, count: int) -> Ints:
    """Rows [L, L]: of each class seen (down), how many were answered as which (across)."""
    out = np.zeros((count, count), dtype=np.int64)
    np.add.at(out, (np.asarray(y, dtype=int), np.asarray(answered, dtype=int)), 1)
    return out


def calibration_error(y: ArrayLike, p: Floats) -> float:
    """Expected calibration error: |share seen - mean probability| of ten even bins of probability,
    weighted by their rows; of the second of two classes, else of the most probable class.

    Source: Naeini, Cooper and Hauskrecht, AAAI (2015).
    """
    stated, seen = _stated(np.asarray(y, dtype=int), p)
    return _binned(stated, seen.astype(float))


def calibration_error_by_chance(p: Floats, draws: int = DRAWS, seed: int = 0) -> float:
    """`calibration_error` of a perfect model that states these probabilities, mean over `draws` of
    as many rows."""
    rng = np.random.default_rng(seed)
    stated = _stated(np.zeros(len(p), dtype=int), p)[0]
    found = [_binned(stated, (rng.random(len(p)) < stated).astype(float)) for _ in range(draws)]
    return float(np.mean(found))


def _stated(y: Ints, p: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    if p.shape[1] == 2:
        return p[:, 1], y == 1
    best = np.argmax(p, axis=1)
    return p[np.arange(len(p)), best], best == y


def _binned(stated: Floats, seen: Floats) -> float:
    place = np.minimum((stated * BINS).astype(int), BINS - 1)
    gap = np.bincount(place, seen - stated, BINS)
    return float(np.abs(gap).sum() / len(stated))


def figures(
    y: ArrayLike, p: Floats, answered: ArrayLike, labels: tuple[str, ...]
) -> dict[str, Any]:
    """All of them as plain data; y [N] class numbers, p [N, L], answered [N]."""
    count = len(labels)
    table = confusion(y, answered, count)
    return {
        "rows": len(p),
        "log_loss": log_loss(y, p),
        "base_log_loss": base_loss(y, count),
        "auc": auc(y, p),
        "accuracy": float(np.trace(table) / max(table.sum(), 1)),
        "calibration_error": calibration_error(y, p),
        "calibration_error_by_chance": calibration_error_by_chance(p),
        "labels": list(labels),
        "confusion": table.tolist(),
    }
