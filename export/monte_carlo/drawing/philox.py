"""Random words that depend on nothing but a counter: Philox4x32-10 of Salmon, Moraes, Dror and
Shaw, Parallel random numbers: as easy as 1, 2, 3 (SC 2011)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
"""What is added to the two halves of the key after every round."""
ROUNDS = 10
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(counter: Sequence[Words], key: tuple[int, int]) -> list[Words]:
    """Four words [N] of a counter of four words [N] and a key of two."""
    c = [np.asarray(word, np.uint32) for word in counter]
    k = [int(word) for word in key]
    for _ in range(ROUNDS):
        p, q = (np.uint64(m) * c[i].astype(np.uint64) for m, i in zip(MULTIPLIERS, (0, 2)))
        c = [_high(q) ^ c[1] ^ np.uint32(k[0]), _low(q), _high(p) ^ c[3] ^ np.uint32(k[1]), _low(p)]
        k = [(word + step) & 0xFFFFFFFF for word, step in zip(k, WEYL)]
    return c


def _high(product: NDArray[np.uint64]) -> Words:
    return (product >> HALF).astype(np.uint32)


def _low(product: NDArray[np.uint64]) -> Words:
    return (product & LOW).astype(np.uint32)


def words_of(first: int, count: int, block: int, seed: int) -> list[Words]:
    """The words 4 block .. 4 block + 3 of the samples first .. first + count - 1, each [N]: the
    counter is (sample, low half; sample, high half; block; 0), the key is the seed."""
    index = np.arange(first, first + count, dtype=np.uint64)
    nothing = np.zeros(count, np.uint32)
    counter = [_low(index), _high(index), nothing + np.uint32(block), nothing]
    return philox(counter, (seed & 0xFFFFFFFF, seed >> 32))
