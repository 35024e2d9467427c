"""What was measured on rows that took no part in fitting: quantiles of residuals, scores of
familiarity, levels seen together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InputError
from ..axis import Axis
from ..output import Output
from .given import all_of, array_of, is_whole, need_numbers, need_whole

Floats = NDArray[np.float64]
GRID = 33
"""Probabilities p_j = 1 / (1 + exp(-t_j)), t_j = (j - 16) / 2, of every quantile."""
REACH = 2.0**500
SPACES = ("output", "link")


def _nothing(*shape: int) -> Floats:
    return np.empty(shape)


@dataclass(frozen=True, eq=False)
class LevelPair:
    """Which levels of the inputs a < b were seen together: bit i S_b + j of `bits` (bit 0 of byte 0
    first) for level i of a and j of b; `shape` (S_a, S_b). Raises InputError for other sizes."""

    a: int
    b: int
    shape: tuple[int, int]
    bits: NDArray[np.uint8]

    def __post_init__(self) -> None:
        bits = array_of("bits of a pair of levels", self.bits, np.uint8)
        object.__setattr__(self, "bits", bits)
        need_whole("an input of a pair of levels", self.a, self.b)
        if len(self.shape) != 2 or not all(is_whole(n) and n > 0 for n in self.shape):
            raise InputError("the shape of a pair is the number of levels of both inputs")
        cells = self.shape[0] * self.shape[1]
        if not 0 <= self.a < self.b or bits.shape != (-(-cells // 8),):
            raise InputError(
                "a pair of levels needs inputs a < b and one bit for each of its cells"
            )
        if cells % 8 and bits[-1] >> cells % 8:
            raise InputError("the bits behind the last pair of levels must be 0")

    @classmethod
    def of(cls, a: int, b: int, seen: ArrayLike) -> LevelPair:
        """The pair of a table [S_a, S_b] that is true where two levels were seen together."""
        table = np.asarray(seen, dtype=bool)
        if table.ndim != 2:
            raise InputError("levels seen together are a table [levels of a, levels of b]")
        return cls(a, b, table.shape, np.packbits(table.reshape(-1), bitorder="little"))

    @property
    def seen(self) -> NDArray[np.bool_]:
        """The table [S_a, S_b]."""
        cells = self.shape[0] * self.shape[1]
        flat = np.unpackbits(self.bits, count=cells, bitorder="little").astype(bool)
        return flat.reshape(self.shape)

    def together(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.bool_]:
        """[N], whether levels i [N] of a and j [N] of b were seen together."""
        cell = i * self.shape[1] + j
        return np.asarray(self.bits[cell >> 3] >> (cell & 7).astype(np.uint8) & 1, dtype=bool)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Numbers behind intervals at a level and behind familiarity (FORMAT.md section 15).

    `quantiles` [K, 33] of the residuals of `n_residuals` rows over sigma, in the space that
    `spaces` [K] names (of the output or of its link); `floor` [K], what storing and rounding add to
    both sides; `correlation` [K (K - 1) / 2] of the residuals of outputs i > j, row by row.
    `scores` [33]: quantiles of the familiarity score of `n_scores` rows; a p-value of at most
    `least_p` is unfamiliar. `pairs`: levels seen together. Raises InputError for numbers that a
    file does not hold.
    """

    n_residuals: int = 0
    quantiles: Floats = field(default_factory=lambda: _nothing(0, GRID))
    floor: Floats = field(default_factory=lambda: _nothing(0))
    correlation: Floats = field(default_factory=lambda: _nothing(0))
    spaces: tuple[str, ...] = ()
    n_scores: int = 0
    scores: Floats = field(default_factory=lambda: _nothing(0))
    least_p: float = 0.0
    pairs: tuple[LevelPair, ...] = ()

    def __post_init__(self) -> None:
        for name in ("quantiles", "floor", "correlation", "scores"):
            array = array_of(f"{name} of a calibration", getattr(self, name), np.float64)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "pairs", all_of("pairs of levels", self.pairs, LevelPair))
        need_whole("a number of rows", self.n_residuals, self.n_scores)
        need_numbers("least_p", self.least_p)
        if self.quantiles.ndim != 2:
            raise InputError(f"quantiles of residuals are a row of {GRID} for each output")
        spaces = tuple(self.spaces) or ("output",) * len(self.quantiles)
        object.__setattr__(self, "spaces", spaces)
        self._need_residuals()
        self._need_scores()
        if not (self.n_residuals or self.n_scores or self.pairs):
            raise InputError("a calibration that holds nothing is none; leave it out")
        if any((p.a, p.b) >= (q.a, q.b) for p, q in zip(self.pairs, self.pairs[1:], strict=False)):
            raise InputError("pairs of levels must be in increasing order of their inputs")

    def _need_residuals(self) -> None:
        k = len(self.quantiles)
        shapes = self.quantiles.shape == (k, GRID) and self.floor.shape == (k,)
        shapes = shapes and self.correlation.shape == (k * (k - 1) // 2,) and len(self.spaces) == k
        if not (shapes and bool(k) == (0 < self.n_residuals < 1 << 32)):
            raise InputError(
                f"residuals of a number of rows need {GRID} quantiles, a floor and a space for each"
                " output and a correlation for each pair of outputs"
            )
        if not _increasing(self.quantiles):
            raise InputError("quantiles of residuals must be below 2^500 and never decrease")
        if not ((self.floor >= 0) & (self.floor < REACH)).all():
            raise InputError("the floor of an interval must be a number from 0 on")
        if not (np.abs(self.correlation) <= 1).all() or not set(self.spaces) <= set(SPACES):
            raise InputError("correlations lie in -1 .. 1, residuals in space 'output' or 'link'")

    def _need_scores(self) -> None:
        there = 0 < self.n_scores < 1 << 32
        if self.scores.shape != ((GRID,) if there else (0,)):
            raise InputError(f"scores of a number of rows need {GRID} quantiles")
        if not _increasing(self.scores):
            raise InputError("quantiles of scores must be below 2^500 and never decrease")
        if not (0 < self.least_p < 1 if there else self.least_p == 0):
            raise InputError("least_p lies between 0 and 1 with scores and is 0 without")

    def need_fit(self, axes: Sequence[Axis], outputs: Sequence[Output]) -> None:
        """InputError where the numbers do not fit the inputs and outputs of the values."""
        if self.n_residuals and len(self.quantiles) != len(outputs):
            raise InputError(
                f"residuals of {len(self.quantiles)} outputs do not fit a model of {len(outputs)}"
            )
        for output, space in zip(outputs, self.spaces, strict=False):
            if output.interval is not None and output.interval.space != space:
                raise InputError(
                    f"interval and residuals of output {output.name!r} must be in one space"
                )
        for pair in self.pairs:
            found = [axes[d] for d in (pair.a, pair.b) if d < len(axes)]
            sizes = tuple(a.basis.n_spans for a in found if a.kind == "categorical")
            if sizes != pair.shape:
                size = f"{pair.shape[0]} by {pair.shape[1]}"
                raise InputError(f"inputs {pair.a} and {pair.b} have no {size} levels")


def _increasing(numbers: Floats) -> bool:
    return bool((np.abs(numbers) < REACH).all() and (np.diff(numbers) >= 0).all())
