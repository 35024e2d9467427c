"""A forest of extremely randomised trees: means of the rows in boxes that random cuts make.

Every node draws a cut on each column, evenly between the least and largest of its rows, and takes
the one that explains most of their squares. Trees of all folds grow together, level by level. The
mean over many trees is nearly a continuous function, piecewise linear along every input.
Source: Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63 (2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..fit.data.folds import mixed
from .kernel import KernelInputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SIDES = np.array([0, 1], dtype=np.uint64)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: numbers of columns far apart."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Nodes [n], those without rows to part have column -1: column, cut, left child (the right one
    follows it) and mean [n, K]; group [T] of each tree, whose root is the node of its number."""

    inputs: KernelInputs
    column: Ints
    cut: Floats
    left: Ints
    mean: Floats
    group: Ints

    @classmethod
    def grown(
        cls,
        inputs: KernelInputs,
        x: Floats,
        y: Floats,
        weight: Floats | None,
        rows: Sequence[Ints],
        trees: int,
        least: int,
        seed: int,
    ) -> Forest:
        """`trees` of each group of `rows`, of x [N, D] and y [N, K]; boxes hold at least `least`
        rows. What a tree draws does not depend on the others."""
        own = [group for group in rows for _ in range(trees)]
        z, w = inputs.columns(x), np.ones(len(x)) if weight is None else weight
        column, cut, left, mean = _nodes(z, y, w, own, least, seed)
        group = np.repeat(np.arange(len(rows)), trees)
        return cls(inputs, column, cut, left, mean, group)

    def values(self, x: Floats) -> Floats:
        """Mean over the trees of every group, at x [M, D]: [M, K, G]."""
        return self.moments(x)[0]

    def moments(self, x: Floats) -> tuple[Floats, Floats]:
        """Mean [M, K, G] over the trees of every group at x [M, D], and the variance of a single
        tree [M, K, G]."""
        z = self.inputs.columns(x)
        count = np.bincount(self.group)
        total = np.zeros((len(x), self.mean.shape[1], len(count)))
        squares = np.zeros_like(total)
        for tree, group in enumerate(self.group):
            found = self.mean[self._leaves(tree, z)]
            total[:, :, group] += found
            squares[:, :, group] += found**2
        mean = total / count
        return mean, np.maximum(squares / count - mean**2, 0.0) * (count / np.maximum(count - 1, 1))

    def _leaves(self, tree: int, z: Floats) -> Ints:
        """The node [M] of `tree` that every row of z [M, F] ends in."""
        node = np.full(len(z), tree)
        going = np.flatnonzero(self.column[node] >= 0)
        while len(going):
            here = node[going]
            column = self.column[here]
            here = self.left[here] + (z[going, column] >= self.cut[here])
            node[going] = here
            going = going[self.column[here] >= 0]
        return node


def _nodes(
    z: Floats, y: Floats, w: Floats, rows: Sequence[Ints], least: int, seed: int
) -> tuple[Ints, Floats, Ints, Floats]:
    """Columns, cuts, left children and means of the nodes of a tree for each of `rows`."""
    at = np.concatenate(rows)
    start = np.r_[0, np.cumsum([len(r) for r in rows])[:-1]]
    made: list[tuple[Ints, Floats, Ints, Floats]] = []
    total = len(rows)
    roots = mixed(np.array([seed], dtype=np.uint64)) + np.arange(total, dtype=np.uint64)
    key = mixed(np.asarray(roots, dtype=np.uint64))
    while len(at):
        level = _Level.of(at, start)
        column, cut, mean = level.cuts(z, y, w, least, _draws(key, z.shape[1]))
        splits = column >= 0
        place = np.cumsum(splits) - 1
        made.append((column, cut, np.where(splits, total + 2 * place, -1), mean))
        total += 2 * int(splits.sum())
        sides = np.uint64(2) * key[splits][:, None] + SIDES
        key = mixed(np.asarray(sides.reshape(-1), dtype=np.uint64))
        kept = splits[level.node]
        at, node = at[kept], level.node[kept]
        child = 2 * place[node] + (z[at, column[node]] >= cut[node])
        order = np.argsort(child, kind="stable")
        at, child = at[order], child[order]
        start = np.flatnonzero(np.r_[True, child[1:] != child[:-1]][: len(child)])
    column, cut, left, mean = (np.concatenate(part) for part in zip(*made, strict=True))
    return column, cut, left, mean


def _draws(key: NDArray[np.uint64], columns: int) -> Floats:
    """Even in [0, 1), of every node by its key [n] and every column: [n, F]."""
    numbers = SPREAD * np.arange(1, columns + 1, dtype=np.uint64)
    bits = mixed(np.asarray(key[:, None] + numbers, dtype=np.uint64))
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53)


class _Level(NamedTuple):
    """Nodes of one depth: the rows `at` of each stand together and begin at `start` [n], as many as
    `size` [n]; node: which one a row is in."""

    at: Ints
    start: Ints
    size: Ints
    node: Ints

    @classmethod
    def of(cls, at: Ints, start: Ints) -> _Level:
        """Rows in the order of their nodes."""
        size = np.diff(np.r_[start, len(at)])
        return cls(at, start, size, np.repeat(np.arange(len(start)), size))

    def cuts(
        self, z: Floats, y: Floats, w: Floats, least: int, drawn: Floats
    ) -> tuple[Ints, Floats, Floats]:
        """Column [n] (-1: none that leaves `least` rows on both sides), cut [n] and mean [n, K] of
        the nodes, where cuts are `drawn` [n, F] in [0, 1)."""
        here, weight = z[self.at], w[self.at]
        low, high = (f.reduceat(here, self.start, axis=0) for f in (np.minimum, np.maximum))
        cuts = low + drawn * (high - low)
        below = here < cuts[self.node]
        rows_below = np.add.reduceat(below, self.start, axis=0, dtype=np.int64)
        weight_below = np.add.reduceat(below * weight[:, None], self.start, axis=0)
        weights = np.add.reduceat(weight, self.start)[:, None]
        sums = np.add.reduceat(y[self.at] * weight[:, None], self.start, axis=0)
        gain = np.zeros(low.shape)
        for k in range(y.shape[1]):
            part = np.add.reduceat(below * (y[self.at, k] * weight)[:, None], self.start, axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                gain += part**2 / weight_below + (sums[:, k : k + 1] - part) ** 2 / (
                    weights - weight_below
                )
        gain[(rows_below < least) | (self.size[:, None] - rows_below < least)] = -np.inf
        best, every = np.argmax(gain, axis=1), np.arange(len(self.start))
        return np.where(gain[every, best] > -np.inf, best, -1), cuts[every, best], sums / weights
