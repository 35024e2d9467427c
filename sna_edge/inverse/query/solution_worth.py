"""What solutions of an inverse query are worth: their interval, the probability that such a part is
in spec, how familiar their inputs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...model import Model
from ...status import Status
from ...uncertainty.familiarity import told
from ...uncertainty.interval import USUAL, left_open, residuals
from .limits import Limits, numbered
from .scatter import TOLD, Scatter

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SolutionWorth:
    """Of n solutions and K outputs: value, lower, upper [n, K] with the level of every interval
    (None: the output has none); status [n], `unfamiliar` where the model says so; p [n], their
    familiarity, and probability [n], that all limited outputs of such a part lie inside their
    limits at once: NaN where the model does not say, or nothing was asked."""

    names: tuple[str, ...]
    levels: tuple[float | None, ...]
    value: Floats
    lower: Floats
    upper: Floats
    status: NDArray[np.int8]
    p: Floats
    probability: Floats

    @property
    def unfamiliar(self) -> Bools:
        """[n]."""
        return np.asarray(self.status == Status.UNFAMILIAR)

    def to_dict(self) -> list[dict[str, Any]]:
        """For JSON: one entry per solution; what is not known is left out."""
        return [self._entry(i) for i in range(len(self.status))]

    def _entry(self, i: int) -> dict[str, Any]:
        numbers = zip(
            self.names, self.levels, self.value[i], self.lower[i], self.upper[i], strict=True
        )
        outputs = {
            name: {"value": float(v)}
            | ({} if level is None else {"lower": float(a), "upper": float(b), "level": level})
            for name, level, v, a, b in numbers
        }
        found: dict[str, Any] = {"status": Status(int(self.status[i])).label, "outputs": outputs}
        for name, number in (("familiarity", self.p[i]), ("probability", self.probability[i])):
            if np.isfinite(number):
                found[name] = float(number)
        return found


@dataclass(frozen=True, eq=False)
class Believed:
    """The model behind solutions, their fixed inputs [D] with the columns of the unknowns, and what
    was asked of them: `level` of the intervals (None: of the file), low, high [K] of the spec, and
    the `scatter` of inputs around their settings (None: they are what they are set to)."""

    model: Model
    fixed: Floats
    columns: list[int]
    level: float | None
    low: Floats | None = None
    high: Floats | None = None
    scatter: Scatter | None = None

    @classmethod
    def of(
        cls,
        model: Model,
        fixed: dict[int, float],
        columns: list[int],
        level: float | None,
        limits: Limits | None,
    ) -> Believed:
        """Raises InputError for a level that the model does not support, wrong names and limits."""
        if level is not None:
            residuals(model, level)
        base = np.zeros(len(model.axes))
        base[list(fixed)] = list(fixed.values())
        if limits is None:
            return cls(model, base, columns, level)
        return cls(model, base, columns, level, *spec(model, limits))

    def points(self, x: Floats) -> Floats:
        """Full coordinates [n, D] of x [n, U]."""
        full = np.repeat(self.fixed[None], len(x), axis=0)
        full[:, self.columns] = x
        return full

    def unfamiliar(self, x: Floats) -> Bools:
        """[n] of x [n, U]."""
        if not len(x) or not told(self.model):
            return np.zeros(len(x), dtype=bool)
        status = self.model.familiarity(self.points(x), level_index=True).status
        return np.asarray(status == Status.UNFAMILIAR)

    def in_spec(self, points: Floats, count: int = TOLD) -> Floats:
        """[n], that parts made at points [n, D] are in spec; `count` deviations of each stand for
        the scatter."""
        assert self.low is not None and self.high is not None
        if self.scatter is None:
            return probability_in_spec(self.model, points, self.low, self.high)
        return self.scatter.probability(self.model, points, self.low, self.high, count)

    def worth(self, x: Floats) -> SolutionWorth:
        """Of solutions x [n, U]."""
        model, points, n = self.model, self.points(x), len(x)
        nothing = np.full(n, np.nan)
        found = model.evaluate(points, level_index=True, level=self.level) if n else None
        empty = np.empty((0, len(model.outputs)))
        figures = (found.value, found.lower, found.upper) if found else (empty, empty, empty)
        sure = nothing
        if n and self.low is not None and self.high is not None:
            sure = self.in_spec(points)
        return SolutionWorth(
            tuple(model.output_names),
            levels(model, self.level),
            *figures,
            found.status if found else np.empty(0, np.int8),
            model.familiarity(points, level_index=True).p if n and told(model) else nothing,
            sure,
        )


def probability_in_spec(model: Model, points: Floats, low: Floats, high: Floats) -> Floats:
    """[n], that all outputs of parts at points [n, D] lie from low to high [K] at once; NaN where
    the model does not say."""
    calibration = model.calibration
    if calibration is None or not calibration.n_residuals:
        return np.full(len(points), np.nan)
    return model.predictive(points, level_index=True).joint_probability(low, high)


def spec(model: Model, limits: Limits) -> tuple[Floats, Floats]:
    """low, high [K] of the outputs, infinite where there is no limit. Raises InputError for wrong
    names, limits that are not in order or limit nothing."""
    low, high = np.full(len(model.outputs), -np.inf), np.full(len(model.outputs), np.inf)
    for k, least, most in numbered(model, limits):
        low[k], high[k] = least, most
    return low, high


def levels(model: Model, level: float | None) -> tuple[float | None, ...]:
    """Of the interval of every output; None where it has none."""
    local = left_open(model)
    return tuple(
        level or (o.interval.level if o.interval else USUAL if k in local else None)
        for k, o in enumerate(model.outputs)
    )


def tells(model: Model) -> bool:
    """Whether the model says more of a solution than its values."""
    return model.calibration is not None or any(o.interval for o in model.outputs)


def said_of(unfamiliar: Bools, what: str = "solution") -> str:
    """In words, which of several ones are unfamiliar; nothing where none is."""
    count, n = int(unfamiliar.sum()), len(unfamiliar)
    if not count:
        return ""
    which = f"the {what}" if n == 1 else f"all {n} {what}s" if count == n else ""
    if not which:
        last = unfamiliar[n - count :].all()
        some = "last" if count == 1 else f"last {count}"
        which = f"the {some} of {n} {what}s" if last else f"{count} of {n} {what}s"
    return f"{which} {'lies' if count == 1 else 'lie'} where inputs are unlike the training rows"
