"""Folds that keep together what belongs together: equal rows, whole groups, or what is later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 1 << 18
SPLIT_ROWS = 50_000
"""From here on one fold is held out instead of all."""
EVEN_ROWS = 1_000_000
"""Above so many rows the hash itself is even enough, and sorting it would cost memory."""


SEEN = -1
"""The number of rows that are in no fold: they are only ever seen."""


@dataclass(frozen=True, eq=False)
class Folds:
    """number [N] of every row's fold, or SEEN. Rows of a fold are predicted by a fit that saw none
    of them, and if `forward` none of a later fold."""

    number: Ints
    forward: bool = False

    @property
    def judged(self) -> list[int]:
        """Numbers of the folds, ascending."""
        return [int(f) for f in np.unique(self.number) if f != SEEN]

    @property
    def one(self) -> list[int]:
        """The fold that is judged where one is enough: the first, the last if `forward`."""
        return self.judged[-1:] if self.forward else self.judged[:1]

    @property
    def rows(self) -> Ints:
        """Rows [n] that are in a fold, ascending."""
        return np.flatnonzero(self.number != SEEN)

    def held(self, fold: int) -> Ints:
        """Rows of a fold, ascending."""
        return np.flatnonzero(self.number == fold)

    def unseen(self, fold: int) -> NDArray[np.bool_]:
        """[N]: not seen by what predicts the fold."""
        return np.asarray(self.number >= fold if self.forward else self.number == fold)

    def take(self, rows: Ints) -> Folds:
        """Of these rows alone."""
        return Folds(self.number[rows], self.forward)


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
        out = mixed(out ^ column)
    return out


def mixed(h: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bits that look random: the finaliser of MurmurHash3 (public domain)."""
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))
