"""Familiarity in whole numbers: the rule and its constants."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.integer_path import FixedPath
from sna_edge.core.beside import GRID, Role
from sna_edge.errors import InputError
from sna_edge.model import Model

from .companion import Asked, asked

Ints = NDArray[np.int64]
ONE_P = 30
"""Bits of a familiarity: 1 is 2^30."""
LOG_BITS = 26
"""Of a logarithm to base 2."""
LOG_STEP = 22
"""Bits of a number of 31 bits between two entries of the table of logarithms: 257 of them."""
GRID_BITS, GRID_STEP = 15, 10
"""Of a place among the scores, and between two entries of the table of shares: 1025 of them."""
LEAST = -126
"""log2 of the least density."""
MOST_SCORE = 44
"""Bits of a score: times 2^15 it is within LINT."""
LOGS: Ints = np.rint(np.log2(1.0 + np.arange(257) / 256.0) * 2.0**LOG_BITS).astype(np.int64)
PLACES = np.arange(((GRID - 1) << GRID_BITS - GRID_STEP) + 1) / 2.0 ** (GRID_BITS - GRID_STEP)
SHARES: Ints = np.rint(2.0**ONE_P / (1.0 + np.exp(((GRID - 1) / 2 - PLACES) / 2))).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Term:
    """A density, to the score by its logarithm to base 2: (factor log2) >> bits."""

    density: Asked
    factor: int
    bits: int


@dataclass(frozen=True, eq=False)
class Pair:
    """Which levels of inputs a and b were seen together, [levels of a, levels of b]."""

    a: int
    b: int
    seen: Ints


@dataclass(frozen=True, eq=False)
class Share:
    """`terms` and 33 `scores` in one unit (none of both: 1 where all pairs were seen); `least` p of
    a score, and `limit`, at and below which inputs are unfamiliar, times 2^-30."""

    terms: tuple[Term, ...]
    scores: Ints
    least: int
    limit: int
    pairs: tuple[Pair, ...]

    def p(self, x: Ints, y: Ints) -> Ints:
        """[N] at the counts of the inputs [N, D] and values [N, K]."""
        found = np.full(len(x), 1 << ONE_P, dtype=np.int64)
        if self.terms:
            found = self.of_score(sum_of(self.terms, x, y))
        for pair in self.pairs:
            found = np.where(pair.seen[x[:, pair.a], x[:, pair.b]] > 0, found, 0)
        return found

    def of_score(self, score: Ints) -> Ints:
        """p [N] of scores [N]."""
        span = np.maximum(np.searchsorted(self.scores, score, side="right") - 1, 0)
        gaps = np.append(np.diff(self.scores), 0)[span]
        part = np.clip(score - self.scores[span], 0, gaps)
        place = (span << GRID_BITS) + (part << GRID_BITS) // np.maximum(gaps, 1)
        j = np.minimum(place >> GRID_STEP, len(SHARES) - 2)
        rise = (SHARES[j + 1] - SHARES[j]) * (place - (j << GRID_STEP))
        p = np.maximum(SHARES[j] + (rise >> GRID_STEP), self.least)
        return np.where(score < self.scores[0], self.least, p)


def sum_of(terms: tuple[Term, ...], x: Ints, y: Ints) -> Ints:
    """The score [N]."""
    total = np.zeros(len(x), dtype=np.int64)
    for term in terms:
        density = term.density.value(x, y)
        total += term.factor * logarithm(density, term.density.output.exponent) >> term.bits
    return total


def logarithm(value: Ints, exponent: int) -> Ints:
    """log2(value 2^-exponent) of numbers below 2^31, times 2^26; that of 2^-126 where nothing is
    left."""
    v, whole = np.maximum(value, 1), np.full(len(value), 30 - exponent, dtype=np.int64)
    for bits in (16, 8, 4, 2, 1):
        low = v < 1 << 31 - bits
        v, whole = np.where(low, v << bits, v), whole - bits * low
    j = (v >> LOG_STEP) - 256
    rise = (LOGS[j + 1] - LOGS[j]) * (v - (j + 256 << LOG_STEP))
    found = LOGS[j] + (rise >> LOG_STEP) + (whole << LOG_BITS)
    return np.where(value < 1, LEAST << LOG_BITS, found)


def share_of(model: Model, path: FixedPath) -> Share:
    """Of a model that says how familiar inputs are. Raises InputError with the reason where its
    companions have no integer path."""
    found: Any = model.calibration
    terms: tuple[Term, ...] = ()
    scores, least = np.zeros(0, np.int64), 0
    if found.n_scores:
        used = [i for i, c in enumerate(model.companions) if c.role == Role.FAMILIARITY]
        weights = [model.companions[i].weight * log(2.0) for i in used]
        unit = _score_bits(weights)
        terms = tuple(
            _term(asked(model, path, i), w, unit) for i, w in zip(used, weights, strict=True)
        )
        most = 2.0 ** (MOST_SCORE + 1)
        scores = np.rint(np.clip(found.scores * 2.0**unit, -most, most)).astype(np.int64)
        least = round(2.0**ONE_P / (found.n_scores + 1.0))
    pairs = tuple(Pair(p.a, p.b, _seen(p)) for p in found.pairs)
    return Share(terms, scores, least, round(found.least_p * 2.0**ONE_P), pairs)


def _seen(pair: Any) -> Ints:
    return np.asarray(pair.together(*np.indices(pair.shape))).astype(np.int64)


def _score_bits(weights: list[float]) -> int:
    """Fraction bits of the score: the sum of |log2| up to 128 is within 2^44."""
    return min(20, MOST_SCORE - 7 - floor(log2(sum(weights))) - 1)


def _term(density: Asked, weight: float, unit: int) -> Term:
    """Factors are below 2^28."""
    bits = 27 - floor(log2(weight))
    shift = LOG_BITS + bits - unit
    if not 1 <= shift <= 62:
        raise InputError("the weight of a familiarity leaves LINT")
    return Term(density, round(weight * 2.0**bits), shift)
