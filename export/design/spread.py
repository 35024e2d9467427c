"""Settings far from each other: filling the gaps between rows, and maximin Latin hypercubes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from scipy.stats import qmc

from sna_edge.errors import InputError

from .space import Space

Floats = NDArray[np.float64]
CANDIDATES = 4096
SWAPS = 4000
POWER = 15.0
"""phi_p = (sum of distance^-p)^(1/p): a smooth stand-in for the smallest distance."""
STARTS = 10
LARGE = 1000
"""Rows beyond which a Latin hypercube stays as drawn: a swap looks at all pairs of rows."""
BLOCK = 1 << 22
"""Distances that are held at once."""


def farthest(points: Floats, present: Floats, count: int) -> NDArray[np.int64]:
    """Indices of `count` of the points [M, F], each the farthest from all present [E, F] and those
    chosen before; the first is the one nearest to the middle where nothing is present."""
    if len(present):
        parts = np.array_split(points, -(-len(points) * len(present) // BLOCK))
        room = np.concatenate([cdist(part, present).min(axis=1) for part in parts])
    else:
        room = -cdist(points, points.mean(axis=0, keepdims=True))[:, 0]
    chosen: list[int] = []
    for _ in range(count):
        i = int(np.argmax(room))
        near = cdist(points, points[i : i + 1])[:, 0]
        room = near if not (chosen or len(present)) else np.minimum(room, near)
        chosen.append(i)
    return np.array(chosen, dtype=np.int64)


def filled(space: Space, present: Floats, count: int, seed: int) -> Floats:
    """`count` settings in the gaps between the rows present [E, D]. Raises InputError where the
    rules leave too few."""
    wanted = max(CANDIDATES, 2 * count + len(present))
    candidates = without(space.sobol(wanted, seed), present)
    enough(len(candidates), count)
    scale = space.inputs.columns
    return candidates[farthest(scale(candidates), scale(present), count)]


def without(x: Floats, present: Floats) -> Floats:
    """The rows of x [N, D] that are not among `present` [E, D]."""
    known = {tuple(row) for row in present.tolist()}
    return x[[tuple(row) not in known for row in x.tolist()]]


def enough(found: int, count: int) -> None:
    """InputError where fewer different settings were found than rows are wanted."""
    if found < count:
        raise InputError(
            f"only {found} different settings are left for {count} rows; ask for fewer rows, or"
            " for --replicates"
        )


def maximin(space: Space, count: int, seed: int) -> Floats:
    """A Latin hypercube whose nearest rows are far apart: the best of ten, then swaps of two
    entries of a column as long as they help; of more than LARGE rows the first one as it is. Rows
    that break a rule are replaced by others in the gaps.

    Source: Morris and Mitchell, Exploratory designs for computational experiments (1995).
    """
    rng = np.random.default_rng(seed)
    engine = qmc.LatinHypercube(len(space.factors), rng=rng)
    if count > LARGE:
        u = engine.random(count)
    else:
        trials = [engine.random(count) for _ in range(STARTS)]
        u = _swapped(min(trials, key=_closeness), rng)
    x = space.placed(u)
    kept = distinct_rows(x) & space.keeps(x)
    if kept.all():
        return x
    rest = filled(space, x[kept], int(count - kept.sum()), seed)
    return np.concatenate([x[kept], rest])


def distinct_rows(x: Floats) -> NDArray[np.bool_]:
    """[N], False for a row that stands further up already."""
    first = np.zeros(len(x), dtype=bool)
    first[np.unique(x, axis=0, return_index=True)[1]] = True
    return first


def _closeness(u: Floats) -> float:
    """phi_p of rows u."""
    if len(u) < 2:
        return 0.0
    return float(np.sum(np.maximum(pdist(u), 1e-12) ** -POWER) ** (1.0 / POWER))


def _swapped(u: Floats, rng: np.random.Generator) -> Floats:
    """u [N, D] after the swaps, one of the two nearest rows taking part in each."""
    n, dimensions = u.shape
    if n < 3:
        return u
    distance = cdist(u, u)
    np.fill_diagonal(distance, np.inf)
    cost = np.maximum(distance, 1e-12) ** -POWER
    for _ in range(SWAPS):
        i = int(np.argmax(cost.max(axis=1)))
        j, d = int(rng.integers(n)), int(rng.integers(dimensions))
        if i == j:
            continue
        pair = [i, j]
        trial = u[pair].copy()
        trial[:, d] = u[[j, i], d]
        fresh = cdist(trial, u)
        fresh[0, i] = fresh[1, j] = np.inf
        fresh[0, j] = fresh[1, i] = distance[i, j]
        fresh_cost = np.maximum(fresh, 1e-12) ** -POWER
        if fresh_cost.sum() < cost[pair].sum():
            u = u.copy()
            u[pair] = trial
            distance[pair], distance[:, pair] = fresh, fresh.T
            cost[pair], cost[:, pair] = fresh_cost, fresh_cost.T
    return u
