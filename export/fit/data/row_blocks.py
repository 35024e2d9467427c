"""Rows of data as the engine reads them: blocks of designs, cached while they are small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.core.basis import SpanBasis

from .free_coefficients import fold

Floats = NDArray[np.float64]
CACHE_BYTES = 2e8
BLOCK_BYTES = 3e7
"""Upper bounds of the cached designs of a data set and of the Jacobian of one block; two blocks are
worked on at a time."""
HALVED = 2000
"""Numbers from which there are two blocks at least."""
SOME_STREAM = 29
"""Seed of the rows that some work begins with."""


@dataclass(frozen=True)
class RowBlock:
    """Consecutive rows: spans and local values per axis, targets y [n], weights w [n] or None."""

    spans: list[NDArray[np.int64]]
    designs: list[Floats]
    y: Floats
    w: Floats | None


class Rows:
    """Targets y [N, K] at x [N, D], read as N K rows: the output index is the last coordinate.

    `weight` [N] or None. Memory beyond x and y stays below CACHE_BYTES + a block.
    """

    def __init__(
        self, bases: tuple[SpanBasis, ...], x: Floats, y: Floats, weight: ArrayLike | None = None
    ) -> None:
        self.bases, self.x, self.y = bases, x, y.reshape(len(x), -1)
        self.weight = None if weight is None else np.asarray(weight, dtype=float)
        self.count = self.y.size
        self.total = (
            self.count if self.weight is None else float(self.weight.sum()) * self.y.shape[1]
        )
        width = 8 * sum(b.n_rows + 1 for b in bases)
        self.size = max(256, int(BLOCK_BYTES / (4 * width)) // self.y.shape[1])
        if self.count >= HALVED:
            self.size = min(self.size, -(-len(self.x) // 2))
        self._cache = list(self._read()) if self.count * width <= CACHE_BYTES else None

    def some(self, count: int) -> Rows:
        """At most `count` of the rows, drawn without looking at them."""
        if count >= len(self.x):
            return self
        rng = np.random.default_rng(SOME_STREAM)
        drawn = np.sort(rng.choice(len(self.x), count, replace=False, shuffle=False))
        weight = None if self.weight is None else self.weight[drawn]
        return Rows(self.bases, self.x[drawn], self.y[drawn], weight)

    def weighing(self) -> Rows:
        """Those of the rows that weigh anything."""
        if self.weight is None or self.weight.all():
            return self
        kept = np.flatnonzero(self.weight)
        weight = self.weight[kept]
        even = bool(np.all(weight == weight[:1]))
        return Rows(self.bases, self.x[kept], self.y[kept], None if even else weight)

    def blocks(self) -> Iterator[RowBlock]:
        """All rows, block by block."""
        return iter(self._cache) if self._cache is not None else self._read()

    def half(self, number: int) -> Iterator[RowBlock]:
        """Every second block, from the first (0) or the second (1) on."""
        return iter(self._cache[number::2]) if self._cache is not None else self._read(number, 2)

    def _read(self, first: int = 0, step: int = 1) -> Iterator[RowBlock]:
        for start in range(first * self.size, len(self.x), step * self.size):
            stop = min(start + self.size, len(self.x))
            yield self._block(slice(start, stop))

    def _block(self, part: slice) -> RowBlock:
        x, n_outputs = self.x[part], self.y.shape[1]
        columns = (
            [np.repeat(x[:, d], n_outputs) for d in range(x.shape[1])]
            if n_outputs > 1
            else list(x.T)
        )
        columns.append(np.tile(np.arange(float(n_outputs)), len(x)))
        spans, designs = [], []
        for basis, column in zip(self.bases, columns, strict=True):
            spans.append(basis.locate(basis.wrap(column))[0])
            designs.append(fold(basis, basis.design(column)))
        w = None if self.weight is None else np.repeat(self.weight[part], n_outputs)
        return RowBlock(spans, designs, self.y[part].reshape(-1), w)
