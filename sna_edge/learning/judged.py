"""Parts of one block while they are judged: what each is told is computed when it is measured, and
for all of them at once at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Block, Floats, Floats32
from .output.features import Features
from .output.learned import LearnedOutput
from .output.offset import Slopes
from .output.told import TOLD, Told, View, told
from .parts import NOBODY, Parts

Flags = NDArray[np.uint8]
Bools = NDArray[np.bool_]


@dataclass
class Found:
    """A part that was judged: inputs x [D], what it was told of each output, `flags` [K] as in
    `Parts`, which may be written, features phi [M], and slopes [K, n] by deviations of inputs,
    where some have moved."""

    x: Floats32
    told: list[Told]
    flags: Flags
    phi: Floats | None
    slopes: Floats | None = None


class MovedSlopes:
    """Slopes by standard deviations of inputs: of all outputs, by the inputs `moved` [n]."""

    def __init__(self, slopes: Slopes, columns: Sequence[int], sizes: Floats, moved: Bools) -> None:
        self._slopes, self._columns, self._sizes, self._now = slopes, columns, sizes, moved

    def by(self, x: Floats, column: int) -> Floats:
        """[N, K] by one of them, at x [N, D]."""
        return self._slopes(x, [self._columns[column]])[:, :, 0] * float(self._sizes[column])

    def of(self, x: Floats) -> Floats | None:
        """[K, n] at x [D], NaN for inputs that have not moved; None where none has."""
        now = np.flatnonzero(self._now).tolist()
        if not now or not np.isfinite(x).all():
            return None
        some = self._slopes(x[None], [self._columns[c] for c in now])[0] * self._sizes[now]
        found = np.full((len(some), len(self._now)), np.nan)
        found[:, now] = some
        return found


class Judged:
    """The parts of `block` up to `count`; those before are in `parts`. `applied`: what is learned
    changes what is said. `slopes`: by deviations of the inputs that have moved."""

    def __init__(
        self,
        block: Block,
        outputs: Sequence[LearnedOutput],
        parts: Parts,
        features: Features | None,
        applied: bool,
        slopes: MovedSlopes | None = None,
    ) -> None:
        self._block, self._outputs, self._parts = block, outputs, parts
        self._applied, self.count, self._slopes = applied, 0, slopes
        n = len(block.keys)
        self._phi = features(block.x.astype(float)) if features and n else None
        self._flags: Flags = np.zeros((n, len(outputs)), np.uint8)
        self._views: list[list[View]] = [[] for _ in outputs]
        self._segment, self._counts = list[int](), list[int]()
        self._keys = block.keys.tolist()
        self._own: dict[int, int] = {}
        self._frozen = block.exact.transpose(1, 2, 0)
        self._before = self._features_before(features) if block.labels else {}

    def _features_before(self, features: Features | None) -> dict[int, Floats]:
        """Features of the parts of earlier blocks that labels may be about, by place."""
        if features is None:
            return {}
        places = [self._parts.find(key) for key in {one.key for one in self._block.labels}]
        places = [place for place in places if place >= 0]
        if not places:
            return {}
        rows = features(self._parts.rows["x"][places].astype(float))
        return dict(zip(places, rows, strict=True))

    def until(self, stop: int) -> None:
        """Parts up to number `stop` are judged with what is known now."""
        for views, one in zip(self._views, self._outputs, strict=True):
            views.append(one.view)
        if self._applied:
            self._flags[self.count : stop] = [2 * views[-1].used + 4 for views in self._views]
        self._segment += [len(self._counts)] * (stop - self.count)
        self._counts.append(stop - self.count)
        for i in range(self.count, stop):
            key = self._keys[i]
            if key != NOBODY and self._is_new(key, i):
                self._own[key] = i
        self.count = stop

    def _is_new(self, key: int, i: int) -> bool:
        """Whether a part was not sent before with the same inputs."""
        before = self._own.get(key)
        if before is None:
            return self._parts.is_new(key, self._block.x[i])
        return not np.array_equal(self._block.x[before], self._block.x[i], equal_nan=True)

    def find(self, key: int) -> Found | None:
        """The part with this key; None where it is not remembered."""
        i = self._own.get(key)
        if i is None:
            place = self._parts.find(key)
            return None if place < 0 else self._earlier(self._parts.rows[place], place)
        phi = None if self._phi is None else self._phi[i]
        views = [views[self._segment[i]] for views in self._views]
        numbers = [
            view.numbers(frozen, phi)
            for view, frozen in zip(views, self._frozen[i].tolist(), strict=True)
        ]
        x = self._block.x[i]
        for k, view in enumerate(views):
            if view.offset is not None:
                s = self._slope(x[None], view.offset[0], k)
                numbers[k][3] = float(view.shifted(np.array([numbers[k][0]]), s)[0])
        rounded = np.array(numbers, np.float32).tolist()  # as they will be kept
        flags = self._flags[i]
        given = [Told.of(row, f) for row, f in zip(rounded, flags.tolist(), strict=True)]
        return Found(x, given, flags, phi, self._moved(x))

    def _slope(self, x: Floats32, column: int, k: int) -> Floats:
        assert self._slopes is not None
        return self._slopes.by(x.astype(float), column)[:, k]

    def _moved(self, x: Floats32) -> Floats | None:
        return None if self._slopes is None else self._slopes.of(x.astype(float))

    def _earlier(self, row: Any, place: int) -> Found:
        pairs = zip(row["told"].T.tolist(), row["flags"].tolist(), strict=True)
        given = [Told.of(numbers, flags) for numbers, flags in pairs]
        x = row["x"]
        return Found(x, given, row["flags"], self._before.get(place), self._moved(x))

    def finish(self) -> Floats:
        """[3, N, K]: what is added to predictions and the factors of both half-widths. The parts
        go to those that are remembered."""
        n, outputs = len(self._keys), len(self._outputs)
        changes = np.ones((3, n, outputs))
        changes[0] = 0.0
        if not n or not outputs:
            return changes
        numbers = np.empty((TOLD, n, outputs))
        for k, views in enumerate(self._views):
            frozen = self._block.exact[:, :, k]
            one = told(views, self._counts, frozen, self._phi)
            ends = np.cumsum(self._counts).tolist()
            for view, stop, some in zip(views, ends, self._counts, strict=True):
                if view.offset is not None and some:
                    of = slice(stop - some, stop)
                    s = self._slope(self._block.x[of], view.offset[0], k)
                    one[3, of] = view.shifted(one[0, of], s)
            numbers[:, :, k] = one
            if self._applied:
                used = np.repeat(np.array([view.used for view in views]), self._counts)
                changes[0, :, k] = np.where(used, one[3] - one[0], 0.0)
                changes[1:, :, k] = np.where(used, one[6:8], one[4:6])
        new = sorted(self._own.values())
        rows = numbers[:, new].astype(np.float32).swapaxes(0, 1)
        self._parts.add(self._block.keys[new], self._block.x[new], rows, self._flags[new])
        return changes
