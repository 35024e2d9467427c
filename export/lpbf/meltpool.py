"""Melt-pool depth, width and length as queries: roots of the solved temperature, no grid in the
answer.

Depth: the largest z with T(x, 0, z) = rise, where T_x = 0 as well; two equations, solved by Newton
steps on the exact piecewise polynomials from a table of starts. Width: the same across y on the
surface. Length: the two roots along x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RegularGridInterpolator

from sna_edge import Model

from ..solve.weak_form.errors import ProblemError
from ..threads import one_thread
from .plane import Plane

Floats = NDArray[np.float64]

SAMPLES_AT_ONCE = 2048  # samples per block: the work arrays stay near the cache
NEWTON_STEPS = 8  # Newton steps at most; a start from the table needs 3
# a last step below this share of the axis: the steps converge quadratically, to 1e-8 of it
LAST_STEP = 1e-4
ROOT_ERROR = 1e-7  # |T - rise| / rise of a converged root along x
SCANNED = 64  # samples scanned at once: 64 planes of 4,000 points are 2 MB
GOLDEN, GOLDEN_STEPS, BISECTIONS = (
    0.6180339887498949,
    40,
    40,
)  # 40 steps: 4e-9 of the bracket, 1e-12 of the axis
STARTS_PER_AXIS = 11  # starts per parameter axis


class MeltPool:
    """Queries on a model T(x, y, z, parameters) for the isotherm `rise` (K above ambient).

    Parameters are given by name, each a number or an array [N]; answers are arrays [N] in metres, 0
    where nothing melts, NaN where the isotherm leaves the model's domain or no root was found.
    """

    def __init__(self, model: Model, rise: float, *, threads: int = 2) -> None:
        missing = {"x", "y", "z"} - set(model.input_names)
        if missing:
            raise ProblemError(
                "a melt-pool query needs axes x, y, z; the model lacks"
                f" {', '.join(sorted(missing))}"
            )
        self.model, self.rise, self.threads = model, float(rise), threads
        self.names = [n for n in model.input_names if n not in ("x", "y", "z")]

    @cached_property
    def _down(self) -> Crest:
        return Crest(Plane(self.model.at(y=0.0), "x", "z"), self.rise)

    @cached_property
    def _aside(self) -> Crest:
        return Crest(Plane(self.model.at(z=0.0), "x", "y"), self.rise)

    def prepare(self) -> MeltPool:
        """Build the tables of starts now, so that the first query does not pay for them."""
        for crest in (self._down, self._aside):
            _ = crest.table
        return self

    def depth(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Largest depth of the isotherm on y = 0."""
        return self._each(self._down.extent, parameters)

    def width(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Twice its largest y on the surface."""
        return 2.0 * self._each(self._aside.extent, parameters)

    def length(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Distance between its front and its rear on y = z = 0."""
        return self._each(self._down.length, parameters)

    def _each(
        self, query: Callable[[Floats], Floats], parameters: Mapping[str, ArrayLike]
    ) -> Floats:
        points = self._points(parameters)
        chunks = [points[i : i + SAMPLES_AT_ONCE] for i in range(0, len(points), SAMPLES_AT_ONCE)]
        _ = self._down.table if query != self._aside.extent else self._aside.table
        if self.threads < 2 or len(chunks) < 2:
            return np.concatenate([query(c) for c in chunks])
        with one_thread(), ThreadPoolExecutor(self.threads) as pool:
            return np.concatenate(list(pool.map(query, chunks)))

    def _points(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        if set(parameters) != set(self.names):
            raise ProblemError(
                f"a melt-pool query takes {', '.join(self.names)}; got"
                f" {', '.join(parameters) or 'nothing'}"
            )
        columns = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(parameters[n], dtype=float)) for n in self.names)
        )
        axes = [self.model.axes[self.model.axis_index(name)] for name in self.names]
        for name, axis, column in zip(self.names, axes, columns, strict=True):
            if np.any(axis.excess(column) != 0):
                raise ProblemError(
                    f"{name} leaves {axis.describe()}; keep the samples inside the model's domain"
                )
        return np.stack(
            [axis.settled(column) for axis, column in zip(axes, columns, strict=True)], axis=1
        )


class Crest:
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
            left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
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
        stride, stretch = upper / 6, self.x[-1] - self.x[0]
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
                & (np.abs(dx) <= LAST_STEP * stretch)
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
        for _ in range(40):
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
