"""Where a teacher is asked and its student trained: on the rows, on crossings or mixtures of rows,
and spread over the box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CROSSED = 0.75
"""Shares of the points away from the rows."""
BEYOND, MIXTURE_NOISE = 0.3, (0.3, 1.0)
NEIGHBOURS = 10
FEW_VALUES = 9
"""An axis with at most so many distinct values is asked on these values alone, as a categorical
one."""


def training_points(
    x: Floats,
    n_levels: NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
    mixed: bool = False,
) -> tuple[Floats, Floats]:
    """The rows x [N, D] and `count` points more, with weights: [N + count, D], [N + count]; all
    inside the box of x.

    A crossing takes each coordinate from one of two rows (so inputs that move together stay
    together) and half of them slide towards a third row. The rows together weigh as much as all
    other points. `mixed`: mixtures alone, for more axes than a box of points can fill.
    """
    fixed = np.array(
        [n > 0 or len(np.unique(x[:, d])) <= FEW_VALUES for d, n in enumerate(n_levels)]
    )
    if mixed:
        others = [_mixtures(x, fixed, count, rng)]
    else:
        crossed = int(CROSSED * count)
        others = [_crossings(x, fixed, crossed, rng), _box(x, fixed, count - crossed, rng)]
    weight = np.r_[np.full(len(x), count / len(x)), np.ones(count)]
    return np.concatenate([x, *others]), weight / weight.mean()


def neighbours(
    x: Floats, n_levels: NDArray[np.int64], count: int, rng: np.random.Generator
) -> Floats:
    """`count` points [count, D] in the boxes between rows and one of their NEIGHBOURS: every
    coordinate somewhere between the two. Neighbours are near by the ranks of their coordinates."""
    from scipy.spatial import cKDTree

    rank = np.argsort(np.argsort(x, axis=0, kind="stable"), axis=0, kind="stable") / len(x)
    near = cKDTree(rank).query(rank, min(NEIGHBOURS + 1, len(x)))[1]
    first = rng.integers(len(x), size=count)
    second = near[first, rng.integers(near.shape[1], size=count)]
    along = rng.random((count, x.shape[1]))
    some = np.where(along < 0.5, x[first], x[second])
    return np.asarray(np.where(n_levels > 0, some, x[first] + along * (x[second] - x[first])))


def _mixtures(x: Floats, fixed: NDArray[np.bool_], count: int, rng: np.random.Generator) -> Floats:
    """Points on and beyond the segments between two rows, with noise of MIXTURE_NOISE standard
    deviations an axis."""
    first, second = rng.integers(len(x), size=(2, count))
    along = rng.uniform(-BEYOND, 1.0 + BEYOND, (count, 1))
    size = rng.choice(MIXTURE_NOISE, (count, 1))
    noisy = (
        x[first]
        + along * (x[second] - x[first])
        + size * x.std(axis=0) * rng.standard_normal((count, x.shape[1]))
    )
    return np.asarray(np.where(fixed, x[first], np.clip(noisy, x.min(axis=0), x.max(axis=0))))


def _crossings(x: Floats, fixed: NDArray[np.bool_], count: int, rng: np.random.Generator) -> Floats:
    first, second, third = rng.integers(len(x), size=(3, count))
    take = rng.random((count, x.shape[1])) < 0.5 * rng.random((count, 1))
    out = np.where(take, x[second], x[first])
    slide = 0.5 * rng.random((count, 1)) * (rng.random((count, 1)) < 0.5)
    moved = out + (x[third] - out) * slide
    return np.asarray(np.where(fixed, out, moved))


def _box(x: Floats, fixed: NDArray[np.bool_], count: int, rng: np.random.Generator) -> Floats:
    from scipy.stats import qmc  # half as long to import as a quick fit takes

    seed = int(rng.integers(2**31))
    unit = qmc.Sobol(x.shape[1], seed=seed).random_base2(
        max(1, int(np.ceil(np.log2(max(count, 2)))))
    )[:count]
    out = x.min(axis=0) + unit * np.ptp(x, axis=0)
    for d in np.flatnonzero(fixed):
        seen = np.unique(x[:, d])
        out[:, d] = seen[np.minimum((unit[:, d] * len(seen)).astype(int), len(seen) - 1)]
    return np.asarray(out)
