"""Where a model may be asked: a status per row, and the sentence that refuses a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import DomainError, InputError
from ..status import Status
from .axis import Axis

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Check:
    """Per row: status, the offending axis (-1: none) and how far outside it is (axis units,
    signed); x as it is evaluated."""

    status: NDArray[np.int8]
    axis: NDArray[np.int64]
    excess: Floats
    x: Floats


class DomainBox:
    """The box of the axes, levels counted one by one; `levels` [D] says which axes have them."""

    def __init__(self, axes: tuple[Axis, ...]) -> None:
        self.axes = axes
        self.lower, self.upper = (
            np.array([a.lower for a in axes]),
            np.array([a.upper for a in axes]),
        )
        self.levels = np.array([a.kind == "categorical" for a in axes])
        slack = np.array([a.slack for a in axes])
        self._low, self._high = self.lower - slack, self.upper + slack
        self._any_levels = bool(self.levels.any())
        self._with_gaps = [(d, a) for d, a in enumerate(axes) if not a.support.all()]

    def contains(self, x: Floats) -> bool:
        """True when every row of x [N, D] lies inside."""
        inside = bool(((x >= self.lower) & (x <= self.upper)).all())
        if inside and self._any_levels:
            seen = x[:, self.levels]
            inside = bool((seen == np.rint(seen)).all())
        return inside

    def settled(self, x: Floats) -> Floats:
        """x [N, D] with coordinates that rounding put beyond an end moved to it (border.py); x
        itself where there are none."""
        near = (x >= self._low) & (x <= self._high) & ((x < self.lower) | (x > self.upper))
        return np.where(near, np.clip(x, self.lower, self.upper), x) if near.any() else x

    def check(self, x: Floats, extrapolate: bool = False) -> Check:
        """Status of every row before evaluation: bad_input for NaN and infinity, out_of_domain or
        extrapolated, edge, ok."""
        inside = self.contains(x)
        x = x if inside else self.settled(x)
        status = self._seen(x)
        if inside or self.contains(x):
            return Check(status, np.full(len(x), -1), np.zeros(len(x)), x)
        excess = np.stack([a.excess(x[:, d]) for d, a in enumerate(self.axes)], axis=1)
        width = np.where(
            self.levels, np.maximum(self.upper - self.lower, 1.0), self.upper - self.lower
        )
        relative = np.nan_to_num(np.abs(excess) / width, nan=np.inf)
        worst = np.argmax(np.where(excess != 0, relative, -1.0), axis=1)
        outside = (excess != 0).any(axis=1)
        status[outside] = Status.EXTRAPOLATED if extrapolate else Status.OUT_OF_DOMAIN
        status[np.isinf(excess).any(axis=1) & outside] = Status.OUT_OF_DOMAIN
        useless = np.isnan(x) | (np.isinf(x) & ~self.levels)
        bad = useless.any(axis=1)
        status[bad] = Status.BAD_INPUT
        worst[bad] = np.argmax(useless[bad], axis=1)
        axis = np.where(outside | bad, worst, -1)
        return Check(status, axis, np.where(axis >= 0, excess[np.arange(len(x)), worst], 0.0), x)

    def _seen(self, x: Floats) -> NDArray[np.int8]:
        """ok, or edge in a span without training rows."""
        status = np.full(len(x), Status.OK, np.int8)
        for d, axis in self._with_gaps:
            status[axis.support[axis.basis.locate(x[:, d])[0]] == 0] = Status.EDGE
        return status

    def admitted(self, x: Floats, extrapolate: bool = False) -> Floats:
        """x [N, D], settled at the ends. Raises InputError or DomainError for the first row without
        a value."""
        if self.contains(x):
            return x
        found = self.check(x, extrapolate)
        if (found.status < 0).any():
            self._refuse(x, found)
        return found.x

    def _refuse(self, x: Floats, found: Check) -> NoReturn:
        """The sentence for the first row without a value, naming row, input and distance."""
        row = int(np.flatnonzero(found.status < 0)[0])
        axis, excess = self.axes[found.axis[row]], float(found.excess[row])
        value, where = x[row, found.axis[row]], f"row {row}: " if len(x) > 1 else ""
        if found.status[row] == Status.BAD_INPUT:
            what = "missing" if np.isnan(value) else f"{value}"
            raise InputError(
                f"{where}input {axis.name!r} is {what}; give {axis.wanted} in {axis.describe()}"
            )
        if axis.kind == "categorical":
            message = f"{where}{axis.unseen(value)}"
        else:
            by = f"{abs(excess):g} {axis.unit}".rstrip()
            message = f"{where}input {axis.name!r} = {value:g} lies {by} outside {axis.describe()}"
            message += "; pass extrapolate=True to continue beyond it"
        raise DomainError(message, row=row, axis=axis.name, excess=excess)
