"""Settings that are good enough by a measure without slopes, as a probability: tried at random,
more and more closely around the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ...numerics.low_discrepancy import points
from ...numerics.time_budget import OutOfTime, Pace, TimeBudget
from ..query.diverse_subset import diverse_subset

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FIRST, ROUND = 1024, 384
"""Settings of the first round, and of every one after it."""
ROUNDS, CHEAPER = 12, 40
"""Rounds that look for good settings, and for cheaper ones, at most."""
ENOUGH, IDLE = 1e-4, 4
"""Share of the cost, by which so many rounds must make it less."""
PARENTS = 24
"""Settings that the next round lies around."""
WIDEST, SHRINK = 0.3, 0.65
"""Of the box: how far a round reaches around them at first, and the share left from one round to
the next."""
LEAST = 1e-5
"""The least of that share."""
BACK = 3.0
"""Times that share: of the way back to where the inputs are."""
LISTED = 20_000
"""Combinations of steps and levels up to which all are tried."""
OTHER_LEVEL = 0.25
"""Share of new settings with another level."""
ROUNDED = 1e-9
"""Of a step: a bound this close past a step holds it."""
UNLIKE = 3.0
"""What being unfamiliar takes off a merit, when the next settings are chosen."""


@dataclass(frozen=True)
class Room:
    """The U inputs that may be set: lower, upper [U]; steps [U] (0: none) counted from `origin`
    [U]; which have levels; the cost [U] of one unit of change (of another level)."""

    lower: Floats
    upper: Floats
    steps: Floats
    origin: Floats
    levels: Bools
    cost: Floats

    @property
    def width(self) -> Floats:
        """Of the box [U]."""
        return np.asarray(self.upper - self.lower)

    def settled(self, x: Floats) -> Floats:
        """X [M, U] inside the box and in whole steps."""
        x = np.clip(x, self.lower, self.upper)
        if not self.steps.any():
            return x
        with np.errstate(divide="ignore", invalid="ignore"):
            first, last, place = (
                (end - self.origin) / self.steps for end in (self.lower, self.upper, x)
            )
            whole = np.clip(np.rint(place), np.ceil(first - ROUNDED), np.floor(last + ROUNDED))
            stepped = np.clip(self.origin + self.steps * whole, self.lower, self.upper)
        return np.where(self.steps > 0, stepped, x)

    def every(self) -> Floats | None:
        """All settings [M, U] where each input has steps or levels and they are not too many."""
        if not (self.steps > 0).all():
            return None
        counts = np.floor(self.width / self.steps + ROUNDED) + 2
        if np.prod(counts) > LISTED:
            return None
        ranges = [
            lo + s * np.arange(c) for lo, s, c in zip(self.lower, self.steps, counts, strict=True)
        ]
        return np.unique(self.settled(np.array(list(product(*ranges)))), axis=0)

    def squared_cost(self, x: Floats, here: Floats) -> Floats:
        """[M] of going from `here` [U] to x [M, U]."""
        change = np.where(self.levels, x != here, x - here)
        return np.asarray(np.square(self.cost * change).sum(axis=1))


Rate = Callable[[Floats], tuple[Floats, Bools]]
"""Of settings x [M, U]: merit [M], good from 0 on, and which are unfamiliar [M]."""


class SampledSearch:
    """Settings tried so far: x [M, U], merit [M], unlike [M]; `complete` where these are all."""

    def __init__(self, room: Room, rate: Rate, seed: int, budget: TimeBudget) -> None:
        self.room, self._rate, self.budget = room, rate, budget
        self._random, self._seed, self._pace = np.random.default_rng(seed), seed, Pace(budget)
        self.x = np.empty((0, len(room.lower)))
        self.merit, self.unlike = np.empty(0), np.empty(0, dtype=bool)
        self.complete = False

    @property
    def good(self) -> Bools:
        """Which are good and familiar; where none is, which are good."""
        enough = self.merit >= 0
        both = enough & ~self.unlike
        return np.asarray(both if both.any() else enough)

    @property
    def best(self) -> int:
        """The one with the highest merit, a familiar one where there is any."""
        return int(np.argmax(self.merit - UNLIKE * self.unlike))

    def explore(self, starts: Floats, wanted: int) -> None:
        """Look for good and familiar settings until there are about as many as `wanted`."""
        every = self.room.every()
        if every is not None:
            self.complete = self._try(every)
            return
        count = len(self.room.lower)
        even = self.room.lower + points(FIRST, count, self._seed) * self.room.width
        reach = WIDEST
        if not self._try(np.concatenate([starts, even])):
            return
        for _ in range(ROUNDS):
            found = (self.merit >= 0) & ~self.unlike
            if found.sum() >= wanted:
                return
            rank = np.argsort(self.unlike * UNLIKE - self.merit, kind="stable")[:PARENTS]
            around = self.x[rank]
            if found.sum() >= PARENTS:
                around = self.x[found][self._random.integers(found.sum(), size=PARENTS)]
            if not self._try(self._near(around, reach, ROUND)):
                return
            reach *= SHRINK

    def cheapest(self, here: Floats) -> int | None:
        """The good setting that costs least from `here` [U], after looking for cheaper ones; None
        where there is no good one."""
        reach, costs = WIDEST, [np.inf]
        while not self.complete and len(costs) <= CHEAPER:
            good = np.flatnonzero(self.good)
            if not len(good):
                return None
            cost = self.room.squared_cost(self.x[good], here)
            costs.append(float(np.sqrt(cost.min())))
            if len(costs) > IDLE + 1 and costs[-1] >= (1.0 - ENOUGH) * costs[-1 - IDLE]:
                break
            around = self.x[good[np.argsort(cost, kind="stable")[:PARENTS]]]
            if not self._try(self._cheaper(around, here, reach)):
                break
            reach = max(SHRINK * reach, LEAST)
        good = np.flatnonzero(self.good)
        if not len(good):
            return None
        return int(good[np.argmin(self.room.squared_cost(self.x[good], here))])

    def _cheaper(self, around: Floats, here: Floats, reach: float) -> Floats:
        """Settings [ROUND, U] between some and `here`, around them, and as far from one of them as
        two others are apart: so they follow where a border runs."""
        third = ROUND // 3
        share = 1.0 - min(1.0, BACK * reach) * self._random.random((third, 1))
        one, a, b, some = (around[self._random.integers(len(around), size=third)] for _ in range(4))
        towards = np.where(self.room.levels, some, here + share * (some - here))
        by = self._random.uniform(0.3, 1.2, (third, 1)) * (a - b)
        along = np.where(self.room.levels, one, one + by)
        return np.concatenate([towards, along, self._near(around, reach, third)])

    def different(self, n: int) -> NDArray[np.int64]:
        """At most n good settings, the most different ones, the surest first."""
        good = np.flatnonzero(self.good)
        if not len(good):
            return good
        good = good[np.argsort(-self.merit[good], kind="stable")]
        width = np.where(self.room.width > 0, self.room.width, 1.0)
        keep, _ = diverse_subset((self.x[good] - self.room.lower) / width, n)
        kept = good[keep]
        return np.asarray(kept[np.argsort(-self.merit[kept], kind="stable")])

    def _near(self, around: Floats, reach: float, count: int) -> Floats:
        """Settings [count, U] around some; one input at least moves, levels now and then."""
        u = around.shape[1]
        x = around[self._random.integers(len(around), size=count)].copy()
        moves = self._random.random((count, u)) < 0.5
        moves[np.arange(count), self._random.integers(u, size=count)] = True
        by = self._random.standard_normal((count, u)) * reach * self.room.width
        x = np.where(moves & ~self.room.levels, x + by, x)
        if self.room.levels.any():
            other = moves & self.room.levels & (self._random.random((count, u)) < OTHER_LEVEL)
            anew = self.room.lower + self._random.random((count, u)) * self.room.width
            x = np.where(other, anew, x)
        return x

    def _try(self, x: Floats) -> bool:
        """Rate settings; False where the time ended before all were."""
        x = self.room.settled(x)
        try:
            for some in self._pace.chunks("rate", x):
                merit, unlike = self._rate(some)
                self.x = np.concatenate([self.x, some])
                self.merit = np.concatenate([self.merit, merit])
                self.unlike = np.concatenate([self.unlike, unlike])
        except OutOfTime:
            return False
        return not self.budget.over()
