"""Sobol' points in place of random words: they fill the cube of all inputs evenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .philox import Words, words_of

BITS = 32
MOST_POINTS = 1 << 30
"""Of a replicate: scipy walks along them for the direction numbers."""
SHIFTS = 1 << 31
"""Blocks of Philox from here on are digital shifts; those of random words stay below."""


@dataclass(frozen=True)
class Sobol:
    """Word of sample i = r n + j, j < n: the exclusive or of the direction numbers [word][k] at the
    ones k of the Gray code j ^ (j >> 1), and of a digital shift, which is random word `SHIFTS` and
    on of "sample" r. `points`: n of a replicate."""

    directions: tuple[tuple[int, ...], ...]
    points: int

    def words(self, first: int, count: int, word: int, seed: int) -> Words:
        """Of the samples first .. first + count - 1: [N]."""
        index = np.arange(first, first + count, dtype=np.int64)
        replicate, place = np.divmod(index, self.points)
        gray, low, high = place ^ (place >> 1), int(replicate[0]), int(replicate[-1])
        shifts = words_of(low, high - low + 1, SHIFTS + word // 4, seed)[word % 4]
        found = shifts[replicate - low]
        for k, direction in enumerate(self.directions[word]):
            found ^= (gray >> k & 1).astype(np.uint32) * np.uint32(direction)
        return found


def directions_of(words: Sequence[int], inputs: int, points: int) -> tuple[tuple[int, ...], ...]:
    """Direction numbers [inputs][bits] of Joe and Kuo, as scipy has them, of the drawn `words` in
    their order, as many bits as `points` have numbers; none for other inputs.

    Sample 2^k of the sequence is the exclusive or of numbers k and k - 1.
    """
    drawn, found = sorted(set(words)), np.zeros((inputs, (points - 1).bit_length()), np.uint64)
    if drawn:
        found[drawn] = np.bitwise_xor.accumulate(_corners(len(drawn), found.shape[1]), axis=1)
    return tuple(map(tuple, found.tolist()))


def _corners(dimensions: int, bits: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Samples 1, 2, 4 .. 2^(bits - 1) of the sequence as whole numbers [dimensions, bits]."""
    from scipy.stats import qmc  # takes long to import

    engine, found = qmc.Sobol(dimensions, scramble=False, bits=BITS), []
    for k in range(bits):
        engine.fast_forward((1 << k) - engine.num_generated)
        found.append(np.ldexp(engine.random(1)[0], BITS))
    return np.array(found, np.uint64).reshape(bits, dimensions).T
