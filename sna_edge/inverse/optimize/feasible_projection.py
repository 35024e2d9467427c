"""The point nearest to a given one at which all outputs lie inside bounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...model import Model
from ...numerics.low_discrepancy import points
from ...numerics.time_budget import PROJECTION, WHOLE_STEPS, TimeBudget, now, small_call
from ..query.contraction import curve
from ..query.line_intervals import inside_intervals
from ..query.linear_part import linearised, spread
from ..query.native import exact_roots
from .gauss_newton import walk
from .infeasibility import Nowhere

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rated = tuple[float, float, Floats]

STARTS = 192
PROBED, STARTING, FEWEST = (
    24,
    0.01,
    8,
)  # under a deadline: points timed, share of the time for the values at all starts, fewest of those
ROUND = 2.5  # times those points take: the first round of a search
POLISHED = 24  # starts that go through the quadratic steps
ROUNDS = 25
SETTLED = 1e-7  # of the boxes: a shorter step ends the search
MARGIN = 1e-9  # of the outputs' spread: how far inside the bounds solutions are put
MARGIN_SINGLE = 1e-5  # the same on backends that compute in single precision
SEARCH_CALLS = 12  # evaluations, however few points, that a search takes
LISTED = 0.01  # small calls that listing a combination takes
SNAPS = 4096  # combinations of whole steps tried at once
ENUMERATED = 1_000_000  # combinations up to which all are considered
RESOLVED = (
    8  # combinations of steps around a continuous answer for which the other knobs are sought again
)


class Inside:
    """min sum_u (cost_u (x_u - here_u))^2 over the moving columns with low <= f_t(x) <= high_t,
    bounds before the link."""

    def __init__(
        self, model: Model, here: Floats, columns: list[int], boxes: list[tuple[float, float]], cost: Floats,
        steps: list[float | None], outputs: list[int], low: Floats, high: Floats, seed: int, budget: TimeBudget,
    ) -> None:  # fmt: skip
        self.model, self.here, self.columns, self.cost, self.steps = (
            model,
            here,
            columns,
            cost,
            steps,
        )
        self.outputs, self.low, self.high, self.seed, self.budget = (
            outputs,
            low,
            high,
            seed,
            budget,
        )
        self._stepped = [u for u, s in enumerate(steps) if s is not None]
        self.lower = np.array([b[0] for b in boxes])
        self.upper = np.array([b[1] for b in boxes])
        self.width = np.maximum(self.upper - self.lower, 1e-300)
        self.limited = [model.outputs[k] for k in outputs]
        self.complete = False  # everything there is was looked at: what was not found is not there

    def candidates(self, given: Floats | None = None) -> list[Rated]:
        """(excess over the bounds in spreads, squared cost, full point), at least the point itself;
        the search starts from the full points `given` [M, D] where there are any."""
        here, begun = self.here[self.columns], now()
        found = self.rated(here[None])
        if found[0][0] <= 0 or not self.columns or (self.low > self.high).any():
            self.complete = True
            return found
        if self.budget.lacks(SEARCH_CALLS * (now() - begun)):
            return found
        single = len(self.columns) == 1
        found += self.rated(self._exact() if single else self._searched(given))
        self.complete = single and not self._stepped
        if self._stepped:
            found = found[:1] + self._snapped(found)
        return found

    def proven(self) -> tuple[bool, Floats]:
        """Whether no point of the box satisfies the bounds for certain, and full points [m, D] of
        places that are left over."""
        if self.complete or (self.low > self.high).any():
            return True, np.empty((0, len(self.here)))
        search = Nowhere(self.model, self.here, self.columns, self.outputs)
        verdict = search.verdict(self.lower, self.upper, self.low, self.high, self.budget)
        if verdict.none or not len(verdict.points):
            return verdict.none, verdict.points
        excess = self._excess(verdict.points[:, self.columns])
        return False, verdict.points[np.argsort(excess, kind="stable")[:POLISHED]]

    def rated(self, x: Floats) -> list[Rated]:
        """Every row of x [M, U]."""
        point = self._points(x)
        excess = self._excess(x)
        if (self.low > self.high).any():
            excess = np.maximum(excess, (self.low - self.high).max())
        cost = np.square(self.cost * (x - self.here[self.columns])).sum(axis=1)
        return list(zip(excess.tolist(), cost.tolist(), point, strict=True))

    def linear(self, x: Floats) -> tuple[Floats, Floats]:
        """f [M, T] and df/dx [M, T, U] over the moving columns; the whole model is asked, as a part
        of it would have to be made first."""
        y, slope = self.model.backend.value_and_gradient(self._points(x))
        f, per_y = linearised(self.limited, y[:, self.outputs])
        return f, slope[:, self.outputs][:, :, self.columns] * per_y[:, :, None]

    def _points(self, x: Floats) -> Floats:
        full = np.repeat(self.here[None], len(x), axis=0)
        full[:, self.columns] = x
        return full

    def _exact(self) -> Floats:
        """One knob: the intervals that satisfy every bound, cut with each other, and the best place
        of each curve."""
        d = self.columns[0]
        fixed = {e: float(v) for e, v in enumerate(self.here) if e != d}
        pieces = np.array([[self.lower[0], self.upper[0]]])
        lines = [curve(self.model, d, fixed, k) for k in self.outputs]
        for line, low, high in zip(lines, self.low, self.high, strict=True):
            points_, inside = inside_intervals(line, low, high, exact_roots(self.model, line))
            pieces = _cut(pieces, np.concatenate([inside, np.repeat(points_[:, None], 2, axis=1)]))
        x = self.here[d]
        if len(pieces):
            nearest = np.clip(x, pieces[:, 0], pieces[:, 1])
            inner = np.clip(
                nearest, pieces[:, 0] + 1e-12 * self.width, pieces[:, 1] - 1e-12 * self.width
            )
            return np.asarray(np.r_[nearest, inner, pieces.reshape(-1)][:, None])
        tries = np.concatenate([self.lower, self.upper, *(line.candidates[0] for line in lines)])
        return np.asarray(tries[(tries >= self.lower[0]) & (tries <= self.upper[0])][:, None])

    def _searched(self, given: Floats | None) -> Floats:
        """Several knobs: walk quasi-random starts (or those given) inside, then move them towards
        the part by quadratic steps."""
        here = np.clip((self.here[self.columns] - self.lower) / self.width, 0.0, 1.0)
        count = self._starts(here)
        if not count:
            return self._x(here[None])
        scattered = points(count, len(self.columns), self.seed)
        more = scattered if given is None else (given[:, self.columns] - self.lower) / self.width
        z = np.concatenate([here[None], more])
        f, _ = self.linear(self._x(z))
        size = spread(f)
        margin = size * (MARGIN if self.model.backend.name == "numpy" else MARGIN_SINGLE)
        low, high = self.low + margin, self.high - margin
        low, high = (
            np.minimum(low, 0.5 * (self.low + self.high)),
            np.maximum(high, 0.5 * (self.low + self.high)),
        )

        def excess(q: Floats, _: Ints) -> tuple[Floats, Floats]:
            f, slope = self.linear(self._x(q))
            over = np.maximum(f - high, 0.0) - np.maximum(low - f, 0.0)
            return (
                over / size,
                np.where((over != 0)[:, :, None], slope * self.width, 0.0) / size[:, None],
            )

        self.budget.restart()
        free = np.ones(len(self.columns), dtype=bool)
        zero = np.zeros(len(low))
        inside = walk(excess, z, free, zero, rounds=40, budget=self.budget)
        order = np.lexsort((self._distance(inside.z), np.abs(inside.r).max(axis=1)))[:POLISHED]
        z = np.concatenate([here[None], inside.z[order]])
        for _ in range(ROUNDS):
            if not self.budget.allows():
                break
            moved, outside = self._quadratic(z, low, high)
            still = (np.abs(moved - z).max(axis=1) < SETTLED) & (outside <= SETTLED * size.max())
            z = moved
            if still.all() or (
                still.any() and self._distance(z[still]).min() <= self._distance(z[~still]).min()
            ):
                break  # what still moves is farther away than the best that has settled
        mended = walk(excess, z, free, zero, rounds=20, budget=self.budget)
        return self._x(np.concatenate([mended.z, inside.z[order]]))

    def _starts(self, z: Floats) -> int:
        """Starts that there is time for, none where one round and the end do not fit; from here on
        the end has its time reserved."""
        if self.budget.endless:
            return STARTS
        begun = now()
        self.linear(self._x(np.repeat(z[None], PROBED, axis=0)))
        took = now() - begun
        if self.budget.lacks((ROUND + PROJECTION.work) * took):
            return 0
        self.budget.keep(WHOLE_STEPS if self._stepped else PROJECTION, took)
        count = max(
            FEWEST, min(STARTS, int(STARTING * self.budget.left / max(took, 1e-9) * PROBED))
        )
        if count < STARTS:
            self.budget.stop()
        return count

    def _x(self, z: Floats) -> Floats:
        return np.asarray(np.clip(self.lower + z * self.width, self.lower, self.upper))

    def _distance(self, z: Floats) -> Floats:
        return np.asarray(np.square(self.cost * (self._x(z) - self.here[self.columns])).sum(axis=1))

    def _quadratic(self, z: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """The nearest point to the part under the linearised bounds, for every row, and how far
        outside the bounds z was: dual coordinate ascent over bounds and box.

        Source: Hildreth, Naval Research Logistics Quarterly 4 (1957).
        """
        x = self._x(z)
        f, slope = self.linear(x)
        j = slope / self.cost  # in costs: v = cost (x - here)
        v0 = self.cost * (x - self.here[self.columns])
        a = low - f + np.einsum("mtu,mu->mt", j, v0)
        b = high - f + np.einsum("mtu,mu->mt", j, v0)
        bottom = self.cost * (self.lower - self.here[self.columns])
        top = self.cost * (self.upper - self.here[self.columns])
        square = np.maximum(np.square(j).sum(axis=2), 1e-300)
        dual, pull = np.zeros(f.shape), np.zeros(v0.shape)
        v = np.zeros(v0.shape)
        for _ in range(40):
            before = v
            for t in range(f.shape[1]):
                without = np.einsum("mu,mu->m", j[:, t], v) - dual[:, t] * square[:, t]
                wanted = (np.clip(without, a[:, t], b[:, t]) - without) / square[:, t]
                step = wanted - dual[:, t]
                dual[:, t] = wanted
                v = v + step[:, None] * j[:, t]
            boxed = np.clip(v - pull, bottom, top)
            pull, v = boxed - (v - pull), boxed
            if np.abs(v - before).max() < 1e-12 or self.budget.over():
                break
        target = np.clip(
            (self.here[self.columns] + v / self.cost - self.lower) / self.width, 0.0, 1.0
        )
        outside = (np.maximum(f - high, 0.0) + np.maximum(low - f, 0.0)).max(axis=1)
        return np.asarray(z + np.clip(target - z, -0.3, 0.3)), outside

    def _snapped(self, found: list[Rated]) -> list[Rated]:
        """Answers in whole steps: exactly the cheapest where every knob has steps and they are not
        too many, else around `found`."""
        ticks = [self._ticks(u) for u in self._stepped]
        count = np.prod([len(t) for t in ticks], dtype=float)
        listed = len(ticks) == len(self.columns) and count <= ENUMERATED
        if listed and not self.budget.lacks(count * LISTED * small_call()):
            return self._enumerated(
                np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, len(ticks))
            )
        return self._around(found)

    def _ticks(self, u: int, centre: float | None = None, reach: int = 0) -> Floats:
        """Places of knob u, whole steps from the part and inside its bounds: all, or 2 `reach`
        around `centre`."""
        here, step = self.here[self.columns[u]], self.steps[u]
        assert step is not None
        first, last = (
            np.ceil((self.lower[u] - here) / step - 1e-9),
            np.floor((self.upper[u] - here) / step + 1e-9),
        )
        if centre is not None:
            middle = np.floor((centre - here) / step)
            first, last = max(first, middle - reach + 1), min(last, middle + reach)
        if last < first:
            return np.array([here])
        return np.asarray(
            np.clip(here + step * np.arange(first, last + 1), self.lower[u], self.upper[u])
        )

    def _enumerated(self, tries: Floats) -> list[Rated]:
        """All combinations, cheapest first, until one lies inside; the one that comes closest if
        none does."""
        cost = np.square(self.cost * (tries - self.here[self.columns])).sum(axis=1)
        tries = tries[np.argsort(cost, kind="stable")]
        closest, least = tries[0], np.inf
        for start in range(0, len(tries), SNAPS):
            block = tries[start : start + SNAPS]
            excess = self._excess(block)
            row = (
                int(np.flatnonzero(excess <= 0)[0]) if (excess <= 0).any() else int(excess.argmin())
            )
            if excess[row] < least:
                closest, least = block[row], float(excess[row])
            if least <= 0 or self.budget.over():
                break
        self.complete = not self.budget.stopped
        return self.rated(closest[None])

    def _excess(self, x: Floats) -> Floats:
        f, _ = linearised(self.limited, self.model.backend.value(self._points(x))[:, self.outputs])
        return np.asarray(
            (np.maximum(f - self.high, 0.0) + np.maximum(self.low - f, 0.0)).max(axis=1)
        )

    def _around(self, found: list[Rated]) -> list[Rated]:
        """Whole steps near the best continuous answers; the knobs without steps are sought again
        for each."""
        nearest = [
            point for _, _, point in sorted(found[1:], key=lambda c: (round(c[0], 9), c[1]))[:4]
        ]
        stepped = [self.columns[u] for u in self._stepped]
        self.budget.restart()
        if len(stepped) == len(self.columns):
            tries = [self._combinations(nearest[0])]
            tries += [self._combinations(point) for point in nearest[1:] if self.budget.allows()]
            return self.rated(np.concatenate(tries))
        out: list[Rated] = []
        for choice in (c for point in nearest for c in self._combinations(point)):
            if not self.budget.allows():
                break
            here = self.here.copy()
            here[stepped] = choice
            extra = float(np.square(self.cost[self._stepped] * (choice - self.here[stepped])).sum())
            out += [
                (excess, cost + extra, where)
                for excess, cost, where in self._smooth(here).candidates()
            ]
        return out or self.rated(self.here[self.columns][None])

    def _combinations(self, point: Floats) -> Floats:
        """The RESOLVED combinations of whole steps of the stepped knobs that cost least to reach
        from `point`, knob by knob."""
        spent, choices = np.zeros(1), np.empty((1, 0))
        for u in self._stepped:
            wanted = point[self.columns[u]]
            ticks = self._ticks(u, wanted, 2)
            total = (spent[:, None] + np.square(self.cost[u] * (ticks - wanted))).reshape(-1)
            cheapest = np.argsort(total, kind="stable")[:RESOLVED]
            spent, choices = (
                total[cheapest],
                np.column_stack([choices[cheapest // len(ticks)], ticks[cheapest % len(ticks)]]),
            )
        return choices

    def _smooth(self, here: Floats) -> Inside:
        """The search over the knobs without steps from `here`."""
        smooth = [u for u, s in enumerate(self.steps) if s is None]
        return Inside(
            self.model, here, [self.columns[u] for u in smooth], [(self.lower[u], self.upper[u]) for u in smooth],
            self.cost[smooth], [None] * len(smooth), self.outputs, self.low, self.high, self.seed, self.budget,
        )  # fmt: skip


def _cut(a: Floats, b: Floats) -> Floats:
    """Intersections of two lists of closed intervals [n, 2]."""
    low = np.maximum(a[:, None, 0], b[None, :, 0]).reshape(-1)
    high = np.minimum(a[:, None, 1], b[None, :, 1]).reshape(-1)
    return np.stack([low, high], axis=1)[low <= high]
