"""Where a model without rows is unlike itself: distances by how its outputs change.

    d(a, b)^2 = (a - b)' M (a - b),   M = mean over the domain of sum_k g_k g_k' / var(y_k)

g is the gradient by inputs scaled to [0, 1]; a step between levels counts by the mean square of
what it changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.model import Model

from .space import Space

Floats = NDArray[np.float64]
POINTS = 512
FLOOR = 1e-3
"""Of the largest eigenvalue: no direction counts as nothing."""


def stretched(model: Model, space: Space, seed: int) -> Floats:
    """L [F, F] with d(a, b) = |columns(a) L - columns(b) L|, columns as `space.inputs` has them."""
    x = space.sobol(POINTS, seed)
    y, gradient = model.value_and_gradient(x, level_index=True)
    size = np.maximum(y.std(axis=0), 1e-12 * np.abs(y).max(axis=0) + 1e-300)
    inputs = space.inputs
    m = np.zeros((len(inputs.axis), len(inputs.axis)))
    numbers = np.flatnonzero(inputs.level < 0)
    axes = inputs.axis[numbers]
    g = gradient[:, :, axes] * inputs.width[axes] / size[None, :, None]
    m[np.ix_(numbers, numbers)] = np.einsum("nki,nkj->ij", g, g) / len(x)
    for d, factor in enumerate(space.factors):
        if factor.levels:
            columns = np.flatnonzero(inputs.axis == d)
            m[columns, columns] = _between(model, x, d, len(factor.levels), size)
    values, vectors = np.linalg.eigh(m)
    top = max(float(values.max()), 1e-300)
    return np.asarray(vectors * np.sqrt(np.maximum(values, FLOOR * top)))


def _between(model: Model, x: Floats, d: int, count: int, size: Floats) -> float:
    """Mean square of what a change of level of input d changes."""
    levels = []
    for level in range(count):
        moved = x.copy()
        moved[:, d] = level
        levels.append(model.value(moved, level_index=True) / size)
    stack = np.stack(levels)
    pairs = 2.0 * count / max(count - 1, 1)  # mean square between two different ones, of variance
    return float(pairs * stack.var(axis=0).sum(axis=1).mean())
