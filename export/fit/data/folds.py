"""Folds that keep identical rows together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 1 << 18
SPLIT_ROWS = 50_000
"""From here on one fold is held out instead of all."""
EVEN_ROWS = 1_000_000
"""Above so many rows the hash itself is even enough, and sorting it would cost memory."""


def fold_of_rows(x: Floats, count: int, seed: int) -> Ints:
    """Fold 0..count-1 of each row, [N]: a hash of the row's bytes and `seed`, evened out over
    distinct rows.

    Rows with equal inputs share a fold, so no repeat of a held-out measurement is trained on.
    """
    hashed = np.concatenate([_hash(x[i : i + CHUNK], seed) for i in range(0, len(x), CHUNK)])
    if len(hashed) > EVEN_ROWS:
        return np.asarray(hashed % np.uint64(count), dtype=np.int64)
    _, first, group = np.unique(hashed, return_index=True, return_inverse=True)
    if len(first) < count:
        return np.asarray(group % count, dtype=np.int64)
    return np.asarray(group * count // len(first), dtype=np.int64)


def _hash(x: Floats, seed: int) -> NDArray[np.uint64]:
    bits = np.ascontiguousarray(x + 0.0).view(np.uint64)
    out = np.full(len(x), np.uint64(seed * 2654435761 % 2**63 + 1469598103))
    for column in bits.T:
        out = _mix(out ^ column)
    return out


def _mix(h: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of MurmurHash3 (public domain)."""
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))
