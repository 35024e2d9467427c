"""Points that stand for many: each the farthest from those taken before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...numerics.time_budget import TimeBudget
from . import native

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def diverse_subset(
    z: Floats, count: int, separation: float = 1e-6, budget: TimeBudget | None = None
) -> tuple[Ints, float]:
    """At most `count` indices of z [n, U], each the farthest point from those taken before, and the
    fill distance: the largest distance of any point to the nearest one taken. Points closer than
    `separation` are taken once; at the deadline what is taken so far is returned.

    Source: Gonzalez, Theor. Comput. Sci. 38 (1985): within twice of the best possible fill
    distance.
    """
    library = native.library()
    if library is not None and z.shape[1] <= native.UNKNOWNS:
        indices, distance = np.empty(count, np.int64), np.empty(len(z))
        seconds = native.FOREVER if budget is None or budget.endless else budget.left
        n, fill = library.thin(
            np.ascontiguousarray(z.T, dtype=float), indices, distance, separation, seconds
        )
        if budget is not None:
            budget.over()
        return indices[:n], fill
    return by_numpy(z, count, separation, budget)


def by_numpy(
    z: Floats, count: int, separation: float = 1e-6, budget: TimeBudget | None = None
) -> tuple[Ints, float]:
    """`diverse_subset` without the C library."""
    square = np.square(z).sum(axis=1)
    taken = [0]
    distance = _squared(z, square, 0)
    while len(taken) < count:
        far = int(distance.argmax())
        if distance[far] <= separation**2 or (budget is not None and budget.over()):
            break
        taken.append(far)
        np.minimum(distance, _squared(z, square, far), out=distance)
    return np.array(taken), float(np.sqrt(distance.max()))


def _squared(z: Floats, square: Floats, i: int) -> Floats:
    """|z - z_i|^2 [n], at least 0; good to about 1e-15."""
    return np.asarray(np.maximum(square + (square[i] - 2.0 * (z @ z[i])), 0.0))
