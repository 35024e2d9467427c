"""Eigenpairs followed along lines in the box of the parameters.

Sorted eigenvalues have kinks where two of them cross; followed by their shapes they are smooth. A
step is taken where every shape finds itself again, else it is halved; of eigenvalues that coincide
the shapes are turned to those before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from .pencil import Pairs

Floats = NDArray[np.float64]
FOUND = 0.9  # of a shape's squared length: what must lie in the eigenspace it is found in
EQUAL = 1e-7  # relative: eigenvalues that count as one
SHORTEST = 2.0**-12  # of the box: steps below that are taken as they are
START = 0.5 + 0.0731  # of every axis: no place of symmetry
MORE = 4  # pairs beyond the branches that a step looks at, doubled where one is not among them
MOST = 200


@dataclass(frozen=True)
class Followed:
    """At a point of the unit box: values [K] and vectors [N, K] of the branches, in their order;
    lowest [L] are the eigenvalues there, sorted; sharp: a step to here was as short as may be."""

    at: Floats
    values: Floats
    vectors: Floats
    lowest: Floats
    sharp: bool = False


class Branches:
    """`pairs(point [H] of the unit box, count)` -> Pairs; K branches, numbered as at the start."""

    def __init__(self, pairs: Callable[[Floats, int], Pairs], axes: int, count: int) -> None:
        self._pairs, self.count = pairs, count
        start = np.full(axes, START) + 0.0137 * np.arange(axes)
        found = pairs(start, count)
        first = Followed(start, found.values, found.vectors, found.values)
        self.known = [first]
        self.count = len(found.values)

    def to(self, point: Floats) -> Followed:
        """The branches at a point, from the nearest one that is known."""
        near = min(self.known, key=lambda k: float(np.abs(k.at - point).max(initial=0.0)))
        here = near
        while float(np.abs(here.at - point).max(initial=0.0)) > 0.0:
            here = self._step(here, point)
            self.known.append(here)
        return here

    def _step(self, here: Followed, point: Floats) -> Followed:
        share, sharp = 1.0, False
        length = float(np.abs(point - here.at).max())
        while True:
            there = point if share == 1.0 else here.at + share * (point - here.at)
            found = self._found(here, there, sharp)
            if found is not None:
                return found
            share /= 2
            sharp = share * length < SHORTEST

    def _found(self, here: Followed, there: Floats, anyhow: bool) -> Followed | None:
        """The branches one step on; None where a shape does not find itself again and the step can
        be halved."""
        pairs, overlap = self._holding(here, there)
        groups = _groups(pairs.values)
        held = np.stack([(overlap[groups == g] ** 2).sum(axis=0) for g in groups])  # [L, K]
        rows, columns = linear_sum_assignment(-held.T)
        place = columns[np.argsort(rows)]  # of every branch
        if not anyhow and held[place, range(self.count)].min() < FOUND:
            return None
        values, vectors = np.empty(self.count), np.empty((len(pairs.vectors), self.count))
        for g in np.unique(groups[place]):
            own, there_ = np.flatnonzero(groups[place] == g), np.flatnonzero(groups == g)
            left, _, right = np.linalg.svd(overlap[np.ix_(there_, own)], full_matrices=False)
            vectors[:, own] = pairs.vectors[:, there_] @ (left @ right)
            values[own] = pairs.values[there_].mean()
        return Followed(there, values, vectors, pairs.values, anyhow or here.sharp)

    def _holding(self, here: Followed, there: Floats) -> tuple[Pairs, Floats]:
        """So many pairs that the branches lie among them, and overlaps [L, K]."""
        more = MORE
        while True:
            pairs = self._pairs(there, self.count + more)
            overlap = np.asarray(pairs.vectors.T @ (pairs.mass @ here.vectors))
            inside = (overlap**2).sum(axis=0).min()
            if inside >= FOUND or more > MOST or len(pairs.values) < self.count + more:
                return pairs, overlap
            more *= 2


def _groups(values: Floats) -> NDArray[np.int64]:
    """The number of the group of every eigenvalue [L], those that count as one together."""
    gaps = np.diff(values) > EQUAL * np.abs(values[1:])
    return np.concatenate([[0], np.cumsum(gaps)])
