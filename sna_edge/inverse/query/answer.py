"""Records that inverse queries answer with; every one has a status, a message and `to_dict` for
JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...status import Status
from .solution_worth import Believed, SolutionWorth

Floats = NDArray[np.float64]


def named(axes: tuple[Axis, ...], x: Floats) -> dict[str, Any]:
    """{axis name: number, or level name on a categorical axis} of one point [U]."""
    return {a.name: level_or_number(a, v) for a, v in zip(axes, x, strict=True)}


def level_or_number(axis: Axis, value: float) -> Any:
    """A coordinate as users write it: the name of a level, or the number."""
    return axis.level_names[round(float(value))] if axis.kind == "categorical" else float(value)


@dataclass(frozen=True)
class Nearest:
    """The closest the model comes to an unreachable target: where, and the outputs there."""

    at: dict[str, Any]
    value: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"at": self.at, "value": self.value}


@dataclass(frozen=True)
class Answer:
    """x [n, U]: solutions in the order of `axes`; negative statuses have none, except `deadline`
    (best so far)."""

    status: Status
    axes: tuple[Axis, ...]
    x: Floats
    message: str = ""
    nearest: Nearest | None = None
    believed: Believed | None = field(default=None, kw_only=True, repr=False, compare=False)

    @cached_property
    def worth(self) -> SolutionWorth | None:
        """Interval, probability in spec and familiarity of every solution, in the order of
        `solutions`; None where the model tells none of it, or for another kind of query."""
        return None if self.believed is None else self.believed.worth(self._every)

    @property
    def _every(self) -> Floats:
        """Coordinates [n, U] of the solutions."""
        return self.x

    @property
    def names(self) -> list[str]:
        """Of the unknowns."""
        return [a.name for a in self.axes]

    @property
    def solutions(self) -> list[dict[str, Any]]:
        """One {name: value} per solution; level names on categorical axes."""
        return [named(self.axes, row) for row in self.x]

    def __len__(self) -> int:
        return len(self.x)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        out: dict[str, Any] = {"status": self.status.label, "solutions": self.solutions}
        if self.message:
            out["message"] = self.message
        if self.nearest is not None:
            out["nearest"] = self.nearest.to_dict()
        if self.worth is not None:
            out["worth"] = self.worth.to_dict()
        return out


@dataclass(frozen=True)
class Roots(Answer):
    """x [n, 1] isolated roots, tangent [n], intervals [m, 2] on which the model equals the target
    (or lies inside it)."""

    tangent: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    intervals: Floats = field(default_factory=lambda: np.empty((0, 2)))

    @property
    def values(self) -> Floats:
        """The isolated roots [n]."""
        return self.x[:, 0]

    @property
    def solutions(self) -> list[dict[str, Any]]:
        """The isolated roots, then the middle of every interval."""
        return [named(self.axes, row) for row in self._every]

    @property
    def _every(self) -> Floats:
        return np.concatenate([self.x, self.intervals.mean(axis=1, keepdims=True)])

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with the intervals and which roots only touch."""
        out = super().to_dict()
        if len(self.tangent):
            out["tangent"] = [bool(t) for t in self.tangent]
        if len(self.intervals):
            out["intervals"] = [{self.names[0]: [float(a), float(b)]} for a, b in self.intervals]
        return out


@dataclass(frozen=True)
class LevelSet(Answer):
    """`value` [n, T] model outputs at the solutions; `fill` = largest distance of any solution
    found to the nearest kept one, as a share of the axes' widths."""

    value: Floats = field(default_factory=lambda: np.empty((0, 0)))
    fill: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with the fill distance."""
        return {**super().to_dict(), "fill_distance": self.fill}


def several(count: int) -> Status:
    """ok for one solution, several for more."""
    return Status.SEVERAL if count > 1 else Status.OK
