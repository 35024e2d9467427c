"""What intervals of rows that were not fitted are worth: score, coverage, and what a perfect model
would show on as few rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_export.calibrate.residuals import interval_score

Floats = NDArray[np.float64]
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
JUDGED = LEVELS.index(0.9)
DRAWS = 4000


@dataclass(frozen=True)
class Judged:
    """Of one method on one split: score and coverage [levels], rows and rows covered at 90 % by
    quartile of the prediction [4]."""

    score: Floats
    coverage: Floats
    rows: Floats
    covered: Floats


def judged(y: Floats, p: Floats, lower: Floats, upper: Floats) -> Judged:
    """y, p [N] in output units, ends [levels, N] likewise."""
    inside = (y >= lower) & (y <= upper)
    score = np.array(
        [interval_score(y, a, b, v).mean() for a, b, v in zip(lower, upper, LEVELS, strict=True)]
    )
    quartile = np.digitize(p, np.quantile(p, [0.25, 0.5, 0.75]))
    rows = np.bincount(quartile, minlength=4).astype(float)
    covered = np.bincount(quartile, inside[JUDGED], minlength=4)
    known = np.isfinite(lower).all(axis=1)
    coverage = np.where(known, inside.mean(axis=1), np.nan)
    return Judged(np.where(known, score, np.nan), coverage, rows, covered)


def worst_quartile(found: Sequence[Judged]) -> float:
    """Mean over splits of the least coverage of a quartile."""
    return float(np.mean([(j.covered / np.maximum(j.rows, 1)).min() for j in found]))


def perfect_quartile(found: Sequence[Judged], seed: int = 0) -> float:
    """The same of a model that covers every row with 90 %: least of four binomials."""
    rng = np.random.default_rng(seed)
    least = [
        (rng.binomial(j.rows.astype(int), 0.9, (DRAWS, 4)) / j.rows).min(axis=1).mean()
        for j in found
    ]
    return float(np.mean(least))


def quartiles_inside(found: Sequence[Judged]) -> tuple[int, int]:
    """Of the quartiles [4] with the rows of all splits together: how many lie within 90 % +- (2
    points + 2 standard errors), and of how many."""
    rows, covered = sum(j.rows for j in found), sum(j.covered for j in found)
    room = 0.02 + 2.0 * np.sqrt(0.09 / rows)
    return int((np.abs(covered / rows - 0.9) <= room).sum()), 4


def ratios(found: Sequence[Judged], base: Sequence[Judged]) -> Floats:
    """Score over that of `base` on the same splits, geometric mean over these: [levels]."""
    return np.exp(np.mean([np.log(a.score / b.score) for a, b in zip(found, base)], axis=0))
