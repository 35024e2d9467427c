"""Sensor counts at which a model in whole numbers is asked."""

from __future__ import annotations

import numpy as np

from .companion import Ints
from .rule import Whole


def somewhere(whole: Whole, count: int) -> Ints:
    """Sensor counts [N, D] over the whole range, both ends among them, and from `count` / 2 on ever
    more familiar ones where the model tells."""
    axes = whole.path.axes
    lower, upper = np.array([a.count_lower for a in axes]), np.array([a.count_upper for a in axes])
    rng = np.random.default_rng(0)
    share = rng.uniform(size=(count, len(lower)))
    share[:2] = [[0.0], [1.0]]
    x = lower + np.rint(share * (upper - lower)).astype(int)
    if whole.share is not None and count >= 8:
        x[count // 2 :] = _climbed(whole, x[count // 2 :], lower, upper, rng)
    return x


def _climbed(whole: Whole, x: Ints, lower: Ints, upper: Ints, rng: np.random.Generator) -> Ints:
    """As many points that became more familiar step by step, row i for (i / N)^1/2 of all steps."""
    score, steps = whole.score(x), 12 * len(lower)
    left = (np.sqrt(np.arange(len(x)) / len(x)) * steps).astype(int)
    for step in range(steps):
        tried, d = x.copy(), step % len(lower)
        wide = (upper[d] - lower[d]) * 0.5 ** (step // len(lower) / 2)
        moved = tried[:, d] + np.rint(rng.uniform(-wide, wide, len(x))).astype(int)
        tried[:, d] = np.clip(moved, lower[d], upper[d])
        found = whole.score(tried)
        better = (found >= score) & (left > step)
        x, score = np.where(better[:, None], tried, x), np.where(better, found, score)
    return x
