"""Advice where the width of the interval follows the inputs, or the model says how familiar they
are: what holds at the setting itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.beside import Role
from ...model import Evaluation, Model
from ...numerics.time_budget import TimeBudget
from ...status import Status
from ...uncertainty.familiarity import told
from ..optimize.sampled_search import Room, SampledSearch
from ..query.limits import Limits
from ..query.solution_worth import probability_in_spec, spec

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROUNDED = 1e-12
"""Of a width: an interval that reaches no farther over a limit is inside."""
WANTED = 64
"""Settings inside the limits from which the cheapest is sought."""


@dataclass(frozen=True)
class Instead:
    """A setting [D], whether its inputs are unfamiliar, and whether its own interval is inside the
    limits."""

    point: Floats
    cost: float
    unlike: bool
    inside: bool = True


class OwnInterval:
    """Of settings of the knobs, the other inputs of a part as they are: whether their own interval
    (with `with_interval`; else the value) lies inside the limits, and which are unfamiliar."""

    def __init__(
        self, model: Model, limits: Limits, level: float | None, *, with_interval: bool
    ) -> None:
        self.model, self.level, self._wide = model, level, with_interval
        self.low, self.high = spec(model, limits)
        self.local = with_interval and any(c.role == Role.SCALE for c in model.companions)
        self.needed = self.local or told(model)
        self._limited = np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high))

    def evaluated(self, points: Floats) -> Evaluation:
        """Of points [M, D], with the interval at the level."""
        return self.model.evaluate(points, level_index=True, level=self.level)

    def probability(self, points: Floats) -> Floats:
        """[M], that parts at points [M, D] lie inside the limits; NaN where the model does not
        say."""
        return probability_in_spec(self.model, points, self.low, self.high)

    def rate(self, points: Floats) -> tuple[Floats, Bools]:
        """Merit [M] of points [M, D], the least margin of an output over a width, from 0 on inside;
        and which are unfamiliar [M]."""
        found = self.evaluated(points)
        margin, _ = self._margins(found)
        merit = margin.min(axis=1)
        merit = merit / (1.0 + np.abs(merit))
        merit = np.where((merit < 0) & (merit > -ROUNDED), 0.0, merit)
        return np.where(np.isfinite(merit), merit, -2.0), found.status == Status.UNFAMILIAR

    def outside(self, found: Evaluation, row: int) -> tuple[str, ...]:
        """Limited outputs whose own interval reaches outside in a row."""
        margin, columns = self._margins(found)
        names = self.model.output_names
        return tuple(
            names[k] for k, m in zip(columns, margin[row], strict=True) if not m > -ROUNDED
        )

    def _margins(self, found: Evaluation) -> tuple[Floats, NDArray[np.int64]]:
        """How far the intervals are inside [M, T], over their width or that of the limits."""
        k = self._limited
        value, low, high = found.value[:, k], self.low[k], self.high[k]
        bare = np.isnan(found.lower[:, k]) | (not self._wide)
        lower = np.where(bare, value, found.lower[:, k])
        upper = np.where(bare, value, found.upper[:, k])
        with np.errstate(invalid="ignore", over="ignore"):
            unit = np.where(np.isfinite(high - low), high - low, np.maximum(upper - lower, 1e-300))
            margin = np.minimum(lower - low, high - upper) / np.maximum(unit, 1e-300)
        return margin, k

    def instead(
        self,
        best: Floats,
        here: Floats,
        columns: list[int],
        room: Room,
        tried: list[Floats],
        seed: int,
        budget: TimeBudget,
    ) -> Instead | None:
        """The cheapest setting whose own interval is inside at familiar inputs, else at unfamiliar
        ones, else the one whose interval reaches outside least, None without time to try any;
        `best` [D] where it already is such a setting."""
        merit, unlike = self.rate(best[None])
        if merit[0] >= 0 and (not unlike[0] or (best == here).all()):
            return Instead(best, _cost(room, best[columns], here[columns]), bool(unlike[0]))

        def rate(x: Floats) -> tuple[Floats, Bools]:
            full = np.repeat(here[None], len(x), axis=0)
            full[:, columns] = x
            return self.rate(full)

        search = SampledSearch(room, rate, seed, budget)
        starts = np.stack([here, best, *tried])[:, columns]
        search.explore(starts, WANTED)
        if not len(search.x):
            return None
        row = search.cheapest(here[columns])
        inside = row is not None
        row = search.best if row is None else row
        point = here.copy()
        point[columns] = search.x[row]
        cost = _cost(room, search.x[row], here[columns])
        return Instead(point, cost, bool(search.unlike[row]), inside)


def _cost(room: Room, x: Floats, here: Floats) -> float:
    return float(np.sqrt(room.squared_cost(x[None], here)[0]))
