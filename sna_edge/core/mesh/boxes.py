"""Cells of a mesh in an order that keeps neighbours together, and the box around every 16 of them:
what a file stores so that a point is found without a look at every cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
BLOCK = 16
"""Cells to a box."""
BITS = 16
TOGETHER = 1024  # boxes made together: their corners stay in a cache


def order(points: NDArray[Any], corners: NDArray[Any]) -> NDArray[np.int64]:
    """The cells [M] along Morton's curve through their middles; of equal places in their order.

    Source: Morton, A computer oriented geodetic data base (1966).
    """
    points = points.astype(np.float32).astype(float)  # as they are stored
    middle = sum(points[corners[:, i]] for i in range(corners.shape[1]))
    low = middle.min(axis=0)
    width = max(float((middle.max(axis=0) - low).max()), 1e-300)
    place = np.minimum((middle - low) * (2**BITS / width), 2**BITS - 1).astype(np.int64)
    key = np.zeros(len(corners), np.int64)
    for d, along in enumerate(place.T):
        for bit in range(BITS):
            key |= (along >> bit & 1) << (bit * place.shape[1] + d)
    return np.argsort(key, kind="stable")


def boxes(points: NDArray[Any], corners: NDArray[Any]) -> Singles:
    """Lowest and highest corner [B, 2, dim] of every 16 cells, the last ones fewer."""
    count, size = corners.shape
    columns = [np.ascontiguousarray(column, np.float32) for column in points.T]
    found = np.empty((-(-count // BLOCK), 2, len(columns)), np.float32)
    for start in range(0, len(found), TOGETHER):
        nodes = corners[BLOCK * start : BLOCK * (start + TOGETHER)].astype(np.intp).reshape(-1)
        fill = np.repeat(nodes[-1:], -len(nodes) % (BLOCK * size))
        nodes = np.ascontiguousarray(np.concatenate([nodes, fill]).reshape(-1, BLOCK * size).T)
        rows = slice(start, start + TOGETHER)
        for d, column in enumerate(columns):
            along = column.take(nodes)
            found[rows, 0, d], found[rows, 1, d] = along.min(axis=0), along.max(axis=0)
    return found
