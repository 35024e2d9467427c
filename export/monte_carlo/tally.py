"""What remains of samples: counts, histograms, extremes and sums of powers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .packing import packed, unpacked

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BINS = 8192
EXTREMES = 5
"""Kept of each end."""
POWERS = 4
LANES = 16
STATUSES = 32
"""Counted from -16 on."""


@dataclass(frozen=True)
class Scale:
    """How an output is counted, from a first look at it: sums are of t = (y - centre) rate, the
    histogram has BINS bins of 1 / bins from `low` on."""

    centre: float
    rate: float
    low: float
    bins: float


@dataclass
class Tally:
    """Everything of a partition but its sums, of K outputs and S specifications: the order in which
    samples come does not change it.

    counts [K, BINS + 2]: histogram, first and last for what lies outside; statuses [STATUSES];
    beyond [S, 2]: samples below and above; inside: samples with a value that meet every one;
    extremes [K, 2, EXTREMES]: lowest (negative of highest) values first, at which sample.
    """

    counts: Ints
    statuses: Ints
    beyond: Ints
    inside: Ints
    extremes: Floats
    at: Ints

    @classmethod
    def empty(cls, outputs: int, specs: int) -> Tally:
        """Nothing counted."""
        return cls(
            np.zeros((outputs, BINS + 2), np.int64), np.zeros(STATUSES, np.int64),
            np.zeros((specs, 2), np.int64), np.zeros(1, np.int64),
            np.full((outputs, 2, EXTREMES), np.inf), np.full((outputs, 2, EXTREMES), -1, np.int64),
        )  # fmt: skip

    def add(self, other: Tally) -> None:
        """Count what another has counted, of later samples."""
        self.counts += other.counts
        self.statuses += other.statuses
        self.beyond += other.beyond
        self.inside += other.inside
        for k, end in np.ndindex(self.at.shape[:2]):
            self._keep(k, end, other.extremes[k, end], other.at[k, end])

    def shares(self) -> Floats:
        """Samples with a value, below and above each specification, inside all: [1 + 2 S + 1]."""
        answered = self.statuses[STATUSES // 2 :].sum()
        return np.array([answered, *self.beyond.ravel(), *self.inside], float)

    def _keep(self, k: int, end: int, values: Floats, at: Ints) -> None:
        """The least of those kept and `values`, of later samples than these; ties to the first."""
        values = np.concatenate([self.extremes[k, end], values])
        at = np.concatenate([self.at[k, end], at])
        first = np.argsort(values, kind="stable")[:EXTREMES]
        self.extremes[k, end], self.at[k, end] = values[first], at[first]

    def document(self) -> dict[str, Any]:
        """As JSON says it."""
        return {
            "counts": packed(self.counts), "statuses": self.statuses.tolist(),
            "beyond": self.beyond.tolist(), "inside": self.inside.tolist(),
            "extremes": packed(self.extremes), "at": self.at.tolist(),
        }  # fmt: skip

    @classmethod
    def of(cls, document: Mapping[str, Any], outputs: int) -> Tally:
        """From what `document` gave."""
        at = np.array(document["at"], np.int64)
        return cls(
            unpacked(document["counts"], np.int64).reshape(outputs, -1),
            np.array(document["statuses"], np.int64),
            np.array(document["beyond"], np.int64).reshape(-1, 2),
            np.array(document["inside"], np.int64),
            unpacked(document["extremes"], np.float64).reshape(at.shape), at,
        )  # fmt: skip


def count(
    tally: Tally, y: Floats, status: NDArray[np.int8], first: int,
    scales: Sequence[Scale], specs: Sequence[tuple[int, float, float]],
) -> Floats:  # fmt: skip
    """Count the samples first .. first + N - 1 with values y [N, K]; returns sums [K, POWERS] of
    t^1 .. t^POWERS, each by sample modulo LANES in order, these by halves.

    The compiled route does the same, to the bit on the same y."""
    valid = status >= 0
    tally.statuses += np.bincount(status.astype(np.int64) + STATUSES // 2, minlength=STATUSES)
    within = valid.copy()
    for s, (k, lower, upper) in enumerate(specs):
        below, above = valid & (y[:, k] < lower), valid & (y[:, k] > upper)
        tally.beyond[s] += below.sum(), above.sum()
        within &= ~(below | above)
    tally.inside += within.sum()
    sums = np.empty((len(scales), POWERS))
    for k, scale in enumerate(scales):
        column = np.where(valid, y[:, k], scale.centre)
        sums[k] = _sums(column, scale)
        values, at = column[valid], first + np.flatnonzero(valid)
        _count_bins(tally.counts[k], values, scale)
        tally._keep(k, 0, values, at)
        tally._keep(k, 1, -values, at)
    return sums


def _sums(y: Floats, scale: Scale) -> Floats:
    """Sums of t^1 .. t^4."""
    t = (y - scale.centre) * scale.rate
    t = np.concatenate([t, np.zeros(-len(t) % LANES)])
    square = t * t
    powers = np.stack([t, square, square * t, square * square])
    lanes = np.add.reduce(powers.reshape(POWERS, -1, LANES), axis=1)
    while lanes.shape[1] > 1:
        lanes = lanes[:, : lanes.shape[1] // 2] + lanes[:, lanes.shape[1] // 2 :]
    return lanes[:, 0]


def _count_bins(counts: Ints, y: Floats, scale: Scale) -> None:
    place = (y - scale.low) * scale.bins
    place = np.where(place >= 0.0, np.where(place < BINS, place, BINS), -1.0)  # NaN too
    counts += np.bincount(place.astype(np.int64) + 1, minlength=BINS + 2)


@dataclass
class Sums:
    """Sums of blocks of samples in a binary tree over all blocks of the job: two neighbours of a
    level make one of the next. What is added does not depend on where partitions begin.

    nodes: (level, place, sums) of blocks place 2^level .. (place + 1) 2^level - 1, up to level
    `top`.
    """

    top: int | None = None
    nodes: list[tuple[int, int, Floats]] = field(default_factory=list)

    def add(self, level: int, place: int, sums: Floats) -> None:
        """The next node to the right."""
        while (
            level != self.top
            and self.nodes
            and self.nodes[-1][:2] == (level, place - 1)
            and place % 2
        ):
            _, _, left = self.nodes.pop()
            level, place, sums = level + 1, place // 2, left + sums
        self.nodes.append((level, place, sums))

    def total(self) -> Floats:
        """Of all nodes, the last ones first."""
        total = self.nodes[-1][2]
        for _, _, sums in reversed(self.nodes[:-1]):
            total = sums + total
        return total

    def document(self) -> list[Any]:
        """As JSON says it: to the bit."""
        return [[level, place, sums.tolist()] for level, place, sums in self.nodes]
