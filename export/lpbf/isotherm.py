"""The isotherm T(x, s) = rise of a plane of a solved temperature: how far it reaches across (s) and
along (x)."""

from __future__ import annotations

from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from .plane import Plane

Floats = NDArray[np.float64]

NEWTON_STEPS = 8  # Newton steps at most; a start from the table needs 3
# a last step below this share of the axis: the steps converge quadratically, to 1e-8 of it
LAST_STEP = 1e-4
ROOT_ERROR = 1e-7  # |T - rise| / rise of a converged root along x
SCANNED = 64  # samples scanned at once: 64 planes of 4,000 points are 2 MB
GOLDEN_RATIO = 0.6180339887498949
GOLDEN_STEPS = BISECTIONS = 40  # 4e-9 of the bracket, 1e-12 of the axis
LINE_STEPS = 40  # Newton or bisection steps of a root along x
STARTS_PER_AXIS = 11  # starts per parameter axis


class Isotherm:
    """The largest s (z or y) on the curve T(x, s) = rise of a plane, over x."""

    def __init__(self, plane: Plane, rise: float) -> None:
        self.plane, self.rise = plane, rise
        x, s = plane.along.basis, plane.across.basis
        self.x = np.unique(np.r_[x.breaks, (x.breaks[1:] + x.breaks[:-1]) / 2])
        self.s = np.unique(np.r_[s.breaks, (s.breaks[1:] + s.breaks[:-1]) / 2])

    @cached_property
    def table(self) -> RegularGridInterpolator:
        """Starts (x, s) [.., 2] on a grid of the parameters, NaN where nothing melts."""
        axes = [
            np.linspace(
                a.lower, a.upper, STARTS_PER_AXIS if a.basis.degree > 1 or a.name == "power" else 3
            )
            for a in self.plane.parameters
        ]
        points = np.array(list(product(*axes)))
        starts = np.concatenate(
            [self._scan(points[i : i + SCANNED]) for i in range(0, len(points), SCANNED)]
        )
        starts = self._newton(points, starts)[0]
        return RegularGridInterpolator(axes, starts.reshape(*map(len, axes), 2))

    def extent(self, points: Floats) -> Floats:
        """Largest s [N] for parameter rows [N, P]."""
        found, good = self._newton(points, self.table(points))
        out = np.where(good, found[:, 1], np.nan)
        again = np.flatnonzero(~good)
        for i in range(0, len(again), SCANNED):
            rows = again[i : i + SCANNED]
            scanned = self._scan(points[rows])
            found, good = self._newton(points[rows], scanned)
            cold = ~np.isfinite(scanned[:, 1])
            out[rows] = np.where(good, found[:, 1], np.where(cold, 0.0, np.nan))
            left = np.flatnonzero(~good & ~cold)
            if len(left):
                out[rows[left]] = self._golden(points[rows[left]], scanned[left, 0])
        return out

    def _golden(self, points: Floats, x: Floats) -> Floats:
        """Largest root in s by golden section over x around a scanned start: slow, for pools too
        shallow for Newton."""
        context, reach = self.plane.context(points), float(np.diff(self.x).max())
        low, high = np.maximum(x - reach, self.x[0]), np.minimum(x + reach, self.x[-1])
        for _ in range(GOLDEN_STEPS):
            left, right = high - GOLDEN_RATIO * (high - low), low + GOLDEN_RATIO * (high - low)
            better = self._deepest(left, context) > self._deepest(right, context)
            low, high = np.where(better, low, left), np.where(better, right, high)
        return self._deepest((low + high) / 2, context)

    def _deepest(self, x: Floats, context: Floats) -> Floats:
        """Root in s at x by bisection, NaN where the far end is still above; below 0 (by the
        missing rise) where none."""
        low, high = np.zeros_like(x), np.full_like(x, self.plane.across.upper)
        surface = self.plane.value(x, low, context) - self.rise
        far = self.plane.value(x, high, context) - self.rise
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            above = self.plane.value(x, middle, context) > self.rise
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        root = np.where(surface > 0, low, surface / self.rise * self.plane.across.upper)
        return np.asarray(np.where(far > 0, np.nan, root))

    def _scan(self, points: Floats) -> Floats:
        """Start (x, s) from the sampled plane: the deepest linear crossing in s; NaN where nothing
        is above."""
        field = self.plane.grid(self.x, self.s, self.plane.context(points)) - self.rise
        above = field > 0
        last = above.shape[2] - 1 - np.argmax(above[:, :, ::-1], axis=2)
        last = np.where(above.any(axis=2), np.minimum(last, above.shape[2] - 2), -1)
        here = np.take_along_axis(field, np.maximum(last, 0)[..., None], 2)[..., 0]
        there = np.take_along_axis(field, np.maximum(last, 0)[..., None] + 1, 2)[..., 0]
        share = np.clip(here / np.where(here == there, 1.0, here - there), 0.0, 1.0)
        low, high = self.s[np.maximum(last, 0)], self.s[np.maximum(last, 0) + 1]
        crossing = np.where(last >= 0, low + share * (high - low), -np.inf)
        best = np.argmax(crossing, axis=1)
        s = crossing[np.arange(len(points)), best]
        return np.stack(
            [np.where(np.isfinite(s), self.x[best], np.nan), np.where(np.isfinite(s), s, np.nan)],
            axis=1,
        )

    def _newton(self, points: Floats, starts: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Roots of (T - rise, T_x) from the starts, [N, 2], and which converged."""
        place, active = starts.copy(), np.isfinite(starts).all(axis=1)
        good = np.zeros(len(points), dtype=bool)
        rows = np.flatnonzero(active)
        context = self.plane.context(points[rows])
        upper = self.plane.across.upper
        stride, width = upper / 6, self.x[-1] - self.x[0]
        for _ in range(NEWTON_STEPS):
            if not len(rows):
                break
            t, tx, txx, ts, txs = self.plane.jet(place[rows, 0], place[rows, 1], context)
            t = t - self.rise
            determinant = tx * txs - ts * txx
            with np.errstate(divide="ignore", invalid="ignore"):
                dx, ds = (ts * tx - txs * t) / determinant, (txx * t - tx * tx) / determinant
            done = (
                (np.abs(t) <= LAST_STEP * self.rise)
                & (np.abs(ds) <= LAST_STEP * upper)
                & (np.abs(dx) <= LAST_STEP * width)
            )
            step = np.nan_to_num(np.stack([dx, ds], axis=1))
            place[rows, 0] = np.clip(
                place[rows, 0] + np.clip(step[:, 0], -stride, stride), self.x[0], self.x[-1]
            )
            place[rows, 1] = np.clip(
                place[rows, 1] + np.clip(step[:, 1], -stride, stride), 0.0, upper
            )
            good[rows[done]] = (txx[done] < 0) & (ts[done] < 0)
            rows, context = rows[~done], context[~done]
        return place, good

    def length(self, points: Floats) -> Floats:
        """Front root minus rear root along x at s = 0, [N]."""
        row = self.plane.row_at(self.s[0], self.plane.context(points))
        field = self.plane.line(self.x, row) - self.rise
        above = field > 0
        out = np.zeros(len(points))
        hot = np.flatnonzero(above.any(axis=1))
        rear = np.argmax(above[hot], axis=1)
        front = above.shape[1] - 1 - np.argmax(above[hot][:, ::-1], axis=1)
        inside = (rear > 0) & (front < above.shape[1] - 1)
        out[hot[~inside]] = np.nan
        hot, rear, front = hot[inside], rear[inside], front[inside]
        head = self._root(row[hot], self.x[front], self.x[front + 1])
        tail = self._root(row[hot], self.x[rear], self.x[rear - 1])
        out[hot] = head - tail
        return out

    def _root(self, row: Floats, warm: Floats, cold: Floats) -> Floats:
        """x between a warm and a cold point, by safeguarded Newton steps."""
        x = (warm + cold) / 2
        for _ in range(LINE_STEPS):
            t, slope = self.plane.edge(x, row)
            t = t - self.rise
            warm, cold = np.where(t > 0, x, warm), np.where(t > 0, cold, x)
            if np.all(np.abs(t) <= ROOT_ERROR * self.rise):
                break
            with np.errstate(divide="ignore", invalid="ignore"):
                proposed = x - t / slope
            inside = (proposed - warm) * (proposed - cold) < 0
            x = np.where(inside, proposed, (warm + cold) / 2)
        return x
