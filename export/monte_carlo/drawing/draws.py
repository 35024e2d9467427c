"""Samples from counters: what each input is drawn from as numbers, and drawing them with numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..packing import packed, unpacked
from .normal import quantile
from .philox import Words, words_of
from .sobol import Sobol

FIXED, UNIFORM, NORMAL, TRIANGULAR, ROWS, LEVELS, GRID = range(7)
UNIT = 2.0**-32


@dataclass(frozen=True)
class Draw:
    """One input of sample i, from the random word w (32 bits) and u = (w + 1/2) / 2^32:

        FIXED       a
        UNIFORM     a + b u
        NORMAL      a + b Phi^-1(c + d u)
        TRIANGULAR  a + sqrt(u c) for u < e, else b - sqrt((1 - u) d)
        ROWS        values[floor(w n / 2^32)] of n
        LEVELS      values[number of cuts <= w]
        GRID        values[floor(i / a) mod n] of n

    rounded to float32, or not (`double`). `word`: which word of the sample; inputs of one table
    share theirs, so that its rows stay together.
    """

    kind: int
    word: int
    numbers: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    cuts: tuple[int, ...] = ()
    values: tuple[float, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON says it."""
        values = packed(np.array(self.values, np.float64))
        return {
            "kind": self.kind, "word": self.word, "numbers": self.numbers, "cuts": self.cuts,
            "values": values,
        }  # fmt: skip

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Draw:
        """From what `document` gave."""
        values = tuple(unpacked(document["values"], np.float64).tolist())
        lists = tuple(document["numbers"]), tuple(document["cuts"]), values
        return cls(document["kind"], document["word"], *lists)


def random_words(draws: Sequence[Draw]) -> list[int]:
    """Which random words the inputs are made of."""
    return [draw.word for draw in draws if draw.kind not in (FIXED, GRID)]


def samples(
    draws: Sequence[Draw], seed: int, first: int, count: int, sobol: Sobol | None = None,
    double: bool = False,
) -> NDArray[Any]:  # fmt: skip
    """x [N, D] of the samples first .. first + count - 1, of random words or Sobol' points, float32
    or `double`."""
    found = np.empty((count, len(draws)), np.float64 if double else np.float32)
    known: dict[int, list[Words]] = {}
    for d, draw in enumerate(draws):
        if draw.kind == FIXED:
            found[:, d] = draw.numbers[0]
            continue
        if draw.kind == GRID:
            found[:, d] = on_grid(draw, first, count)
            continue
        if sobol is not None:
            found[:, d] = drawn(draw, sobol.words(first, count, draw.word, seed))
            continue
        block = draw.word // 4
        if block not in known:
            known[block] = words_of(first, count, block, seed)
        found[:, d] = drawn(draw, known[block][draw.word % 4])
    return found


def on_grid(draw: Draw, first: int, count: int) -> NDArray[np.float64]:
    """Points [N] of the samples first .. first + count - 1: one digit of their numbers."""
    index = np.arange(first, first + count, dtype=np.int64)
    digit = index // int(draw.numbers[0]) % len(draw.values)
    return np.array(draw.values)[digit]


def looked_at(draw: Draw) -> NDArray[np.float64]:
    """Numbers [N] that tell where the input lies: all that there are, or quantiles."""
    if draw.kind == FIXED:
        return np.array(draw.numbers[:1])
    if draw.values:
        return np.array(draw.values)
    every = np.arange(1 << 23, 1 << 32, 1 << 24, dtype=np.uint64).astype(np.uint32)
    return np.asarray(drawn(draw, every), np.float64)


def drawn(draw: Draw, word: Words) -> NDArray[Any]:
    """One input [N] of random words [N]."""
    if draw.kind == ROWS:
        n = np.uint64(len(draw.values))
        return np.array(draw.values)[(word.astype(np.uint64) * n) >> np.uint64(32)]
    if draw.kind == LEVELS:
        cuts = np.array(draw.cuts, np.uint32)
        return np.array(draw.values)[np.searchsorted(cuts, word, side="right")]
    a, b, c, d, e = draw.numbers
    u = (word.astype(float) + 0.5) * UNIT
    if draw.kind == UNIFORM:
        return a + b * u
    if draw.kind == NORMAL:
        return a + b * quantile(c + d * u)
    return np.where(u < e, a + np.sqrt(u * c), b - np.sqrt((1.0 - u) * d))
