"""The whole answer of one point, with what stands beside its values, for models that the numpy
backend serves: a dozen array calls a companion."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from math import exp, isfinite, log, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.beside import GRID, Calibration, Companion, CoordinateSource, Role
from ..core.record import ModelRecord
from ..numerics.reference import Reference
from ..status import Status
from .companions import places
from .familiarity import LEAST_DENSITY, unseen_pair
from .interval import moved, residuals_of

Floats = NDArray[np.float64]
Row = Callable[[Floats], Floats | None]


class OneRow:
    """`answer` as the native backend has it, of models with the calibration `found` whose values
    and companions are served by `Reference`; a negative status sends the point down the ordinary
    way."""

    def __init__(self, model: ModelRecord, found: Calibration, evaluator: Reference) -> None:
        self._row, self._shape, self._outputs = evaluator.row, (len(model.axes),), model.outputs
        self._found = found
        self._levels = [d for d, a in enumerate(model.axes) if a.kind == "categorical"]
        self._with_gaps = [(d, Gaps(a)) for d, a in enumerate(model.axes) if not a.support.all()]
        parts = [Beside(c, model) for c in model.companions]
        self._scales = [p for p in parts if p.role == Role.SCALE]
        self._densities = [p for p in parts if p.role == Role.FAMILIARITY]
        self._scores = self._found.scores.tolist()
        self._residuals: dict[float, tuple[Floats, Floats]] = {}

    def point(self, x: Floats, y: Floats) -> int:
        """Fills y [K]: the status."""
        if x.shape != self._shape:
            raise ValueError("x (D,) does not fit the model")
        found = self._row(x)
        if found is None or any(x[d] != round(x[d]) for d in self._levels):
            return int(Status.OUT_OF_DOMAIN)
        y[:] = found
        seen = all(gaps.seen(x[d]) for d, gaps in self._with_gaps)
        return int(Status.OK if seen else Status.EDGE)

    def answer(self, x: Floats, out: Floats, level: float, columns: int, familiar: bool) -> int:
        """Fills out [3, K] with values and, where there are `columns`, ends at the level. Raises
        InputError for a level that the rows do not support."""
        status = self.point(x, out[0])
        if status < 0:
            return status
        if columns and not self._ends(x, out, level):
            return int(Status.NOT_CONVERGED)
        if not familiar:
            return status
        p, least = self._share(x, out[0]), self._found.least_p
        if p <= least:
            return int(Status.UNFAMILIAR)
        return status if p > least else int(Status.NOT_CONVERGED)

    def _ends(self, x: Floats, out: Floats, level: float) -> bool:
        if level not in self._residuals:
            self._residuals[level] = residuals_of(self._found, level)[1:]
        below, above = self._residuals[level]
        found = self._found
        y, wide = out[0], np.ones(len(below))
        for part in self._scales:
            wide[part.output] = part.value(x, y)
        low, high = below * wide - found.floor, above * wide + found.floor
        for k, (output, space) in enumerate(zip(self._outputs, found.spaces, strict=True)):
            one = slice(k, k + 1)
            out[1, one], out[2, one] = moved(output, space, y[one], low[one], high[one])
        return bool(np.isfinite(wide).all() and np.isfinite(y).all())

    def _share(self, x: Floats, y: Floats) -> float:
        """p, as `shares` of familiarity."""
        found = self._found
        if found.pairs and unseen_pair(found, x[None])[0] >= 0:
            return 0.0
        if not found.n_scores:
            return 1.0
        s = 0.0
        for part in self._densities:
            density = part.value(x, y)
            if not isfinite(density):
                return nan
            s += part.weight * log(max(density, LEAST_DENSITY))
        j, least = bisect_right(self._scores, s) - 1, 1.0 / (found.n_scores + 1.0)
        if j < 0:
            return least
        at = float(j)
        if j < GRID - 1:
            at += (s - self._scores[j]) / (self._scores[j + 1] - self._scores[j])
        return max(1.0 / (1.0 + exp(((GRID - 1) / 2 - at) / 2)), least)


class Gaps:
    """An axis with spans without training rows."""

    def __init__(self, axis: Axis) -> None:
        basis = axis.basis
        self._support, self._lower = axis.support.tolist(), axis.lower
        self._rate = basis.inv_width[0] if basis.uniform else None
        inner = range(1, basis.n_spans) if basis.kind == "levels" else basis.breaks[1:-1]
        self._breaks = [float(b) for b in inner]

    def seen(self, x: float) -> bool:
        """Whether the span of an x inside has rows."""
        if self._rate is None:
            return bool(self._support[bisect_right(self._breaks, x)])
        return bool(self._support[min(int((x - self._lower) * self._rate), len(self._breaks))])


class Beside:
    """A companion with one output, asked at one point."""

    def __init__(self, companion: Companion[Any], model: ModelRecord) -> None:
        self._companion, self._axes = companion, model.axes
        self.role, self.output, self.weight = companion.role, companion.output, companion.weight
        self._row: Row = companion.model.backend.row
        self._ends = np.array([(a.lower, a.upper) for a in companion.model.axes]).T.copy()
        given = companion.coordinates
        leveled = any(a.kind == "categorical" for a in model.axes)
        self._source = {c.source for c in given}
        if len(self._source) > 1 or (leveled and CoordinateSource.FEATURE in self._source):
            self._source = set()
        self._index = np.array([c.index for c in given])
        if self._source == {CoordinateSource.FEATURE}:
            self._matrix = np.array([c.weights for c in given], dtype=float)
            self._constant = np.array([c.constant for c in given])
            self._lower = np.array([a.lower for a in model.axes])

    def value(self, x: Floats, y: Floats) -> float:
        """At inputs x [D] inside the domain with values y [K]; NaN where a coordinate is."""
        found = self._row(self._place(x, y))
        return nan if found is None else float(found[0])

    def _place(self, x: Floats, y: Floats) -> Floats:
        if not self._source:
            return np.asarray(places(self._companion, self._axes, x[None], y[None])[0])
        if CoordinateSource.INPUT in self._source:
            return np.asarray(x[self._index])
        if CoordinateSource.PREDICTION in self._source:
            z = y[self._index]
        else:
            z = self._matrix @ (x - self._lower)
            z += self._constant
        np.maximum(z, self._ends[0], out=z)
        np.minimum(z, self._ends[1], out=z)
        return np.asarray(z)
