"""What parts are told of one output: numbers that are the same for all parts until something is
learned, and what follows from them for each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TOLD = 9
"""Numbers that are kept of what a part was told."""
LEAST = 1e-300
"""So small is no half-width."""
FAR = 3.0
"""log(h / usual) is cut to -FAR .. FAR."""


@dataclass(frozen=True, slots=True)
class Told:
    """Of one part, on the scale of the output: frozen prediction `u` and half-widths, corrected
    prediction, factors of both half-widths around either, the level of the correction; which of the
    two was said, and whether factors were."""

    u: float
    down: float
    up: float
    corrected: float
    frozen_factors: tuple[float, float]
    corrected_factors: tuple[float, float]
    level: float
    moved: bool
    widened: bool

    @classmethod
    def of(cls, row: Sequence[float], flags: int) -> Told:
        """From TOLD numbers and the flags of `Parts`."""
        u, down, up, corrected, a, b, c, d, level = row
        return cls(u, down, up, corrected, (a, b), (c, d), level, bool(flags & 2), bool(flags & 4))

    @property
    def said(self) -> tuple[float, float, float]:
        """The prediction that was said, lower and upper end of its interval."""
        middle = self.corrected if self.moved else self.u
        factors = self.corrected_factors if self.moved else self.frozen_factors
        below, above = factors if self.widened else (1.0, 1.0)
        return middle, middle - below * self.down, middle + above * self.up


@dataclass(frozen=True, slots=True)
class Moved:
    """A correction: theta [M] of the features, `gain` of the prediction's distance from `mean`,
    `added`; predictions stay in mean +- reach. Its half-widths are size exp(gamma log(h / usual)),
    at most 2 reach. `level`: see `Level`."""

    theta: Floats
    gain: float
    mean: float
    reach: float
    added: float
    level: float
    size: float
    gamma: float
    usual: float

    def of(self, u: float, down: float, up: float, phi: Floats) -> tuple[float, float]:
        """Corrected prediction and half-width of one part, with features phi [M]."""
        low, high = self.mean - self.reach, self.mean + self.reach
        kept = min(max(u, low), high)
        moved = kept + float(phi @ self.theta) + self.gain * (kept - self.mean) + self.added
        t = min(max(log(max((down + up) / 2.0, LEAST) / self.usual), -FAR), FAR)
        return min(max(moved, low), high), min(self.size * exp(self.gamma * t), 2.0 * self.reach)


@dataclass(frozen=True, slots=True)
class View:
    """Of one output, for the next parts: factors of both half-widths around either prediction,
    `moved` (None: no correction is there), whether it is `used`, and the offset of one sensor in
    place of its terms: (number of the input, deviations), None for none."""

    frozen: tuple[float, float]
    corrected: tuple[float, float]
    moved: Moved | None
    used: bool
    offset: tuple[int, float] | None = None

    def shifted(self, u: Floats, slopes: Floats) -> Floats:
        """Corrected predictions [N] by the offset, where the frozen ones are u and slopes [N] by
        deviations of the input."""
        assert self.moved is not None and self.offset is not None
        to = u + self.offset[1] * np.where(np.isfinite(slopes), slopes, 0.0)
        low, high = self.moved.mean - self.moved.reach, self.moved.mean + self.moved.reach
        return np.asarray(np.minimum(np.maximum(to, low), high))

    def numbers(self, frozen: Sequence[float], phi: Floats | None) -> list[float]:
        """TOLD numbers of one part with prediction and half-widths `frozen` [3]."""
        u, down, up = frozen
        if self.moved is None or phi is None:
            return [u, down, up, u, *self.frozen, *self.frozen, 0.0]
        to, half = self.moved.of(u, down, up, phi)
        below, above = self.corrected
        factors = below * half / max(down, LEAST), above * half / max(up, LEAST)
        return [u, down, up, to, *self.frozen, *factors, self.moved.level]


def told(
    views: Sequence[View], counts: Sequence[int], frozen: Floats, phi: Floats | None
) -> Floats:
    """The same [TOLD, N] of parts with predictions and half-widths `frozen` [3, N] and features
    phi [N, M], of which `counts` were judged under each of the `views`, one after the other."""
    u, down, up = frozen
    found = np.empty((TOLD, len(u)))
    found[:3], found[3], found[8] = frozen, u, 0.0
    found[4:6] = np.repeat(np.array([v.frozen for v in views]), counts, axis=0).T
    found[6:8] = found[4:6]
    ready = [v.moved for v in views if v.moved is not None]
    if not ready or phi is None:
        return found
    first = sum(n for v, n in zip(views, counts, strict=True) if v.moved is None)
    of = np.repeat(np.arange(len(ready)), counts[len(views) - len(ready) :])
    u, down, up, phi = u[first:], down[first:], up[first:], phi[first:]
    columns = [(m.gain, m.mean, m.reach, m.added, m.level, m.size, m.gamma, m.usual) for m in ready]
    gain, mean, reach, added, level, size, gamma, usual = np.array(columns)[of].T
    low, high = mean - reach, mean + reach
    kept = np.minimum(np.maximum(u, low), high)
    by = np.einsum("nm,nm->n", phi, np.array([m.theta for m in ready])[of])
    moved = kept + by + gain * (kept - mean) + added
    t = np.log(np.maximum((down + up) / 2.0, LEAST) / usual)
    half = np.minimum(size * np.exp(gamma * np.minimum(np.maximum(t, -FAR), FAR)), 2.0 * reach)
    factors = np.array([v.corrected for v in views if v.moved is not None])[of].T
    found[3, first:], found[8, first:] = np.minimum(np.maximum(moved, low), high), level
    found[6:8, first:] = factors * half / np.maximum([down, up], LEAST)
    return found
