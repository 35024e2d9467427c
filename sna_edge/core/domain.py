"""Where a model may be asked: a status per row, and the sentence that refuses a row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import DomainError, InputError
from ..status import Status
from .axis import Axis

Floats = NDArray[np.float64]
BESIDE = 256
"""Rows of a batch that are compared side by side."""


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
        return bool(self._inside(x).all())

    def _inside(self, x: Floats) -> NDArray[np.bool_]:
        """[N, D] whether a coordinate is between the ends of its axis, and one of its levels."""
        inside = self._between(x)
        if self._any_levels:
            seen = x[:, self.levels]
            inside[:, self.levels] &= seen == np.rint(seen)
        return inside

    def _between(self, x: Floats) -> NDArray[np.bool_]:
        """Rows stand side by side: D numbers alone are a loop that is too short to be quick."""
        whole = len(x) // BESIDE * BESIDE
        if not (whole and x.size and x.flags.c_contiguous):
            return (x >= self.lower) & (x <= self.upper)
        lower, upper = self._wide
        wide = x[:whole].reshape(-1, len(lower))
        inside = ((wide >= lower) & (wide <= upper)).reshape(whole, -1)
        return inside if whole == len(x) else np.concatenate([inside, self._between(x[whole:])])

    @cached_property
    def _wide(self) -> tuple[Floats, Floats]:
        return np.tile(self.lower, BESIDE), np.tile(self.upper, BESIDE)

    def settled(self, x: Floats) -> Floats:
        """x [N, D] with coordinates that rounding put beyond an end moved to it (border.py); x
        itself where there are none."""
        near = (x >= self._low) & (x <= self._high) & ((x < self.lower) | (x > self.upper))
        return np.where(near, np.clip(x, self.lower, self.upper), x) if near.any() else x

    def check(self, x: Floats, extrapolate: bool = False) -> Check:
        """Status of every row before evaluation: bad_input for NaN and infinity, out_of_domain or
        extrapolated, edge, ok."""
        inside = self._inside(x)
        axis, excess = np.full(len(x), -1), np.zeros(len(x))
        if inside.all():
            return Check(self._seen(x), axis, excess, x)
        odd = np.flatnonzero(~inside.all(axis=1))
        some = x[odd]
        apart = self._judged(self.settled(some), extrapolate)
        if apart.x is not some:
            x = x.copy()
            x[odd] = apart.x
        status = self._seen(x)
        status[odd], axis[odd], excess[odd] = apart.status, apart.axis, apart.excess
        return Check(status, axis, excess, x)

    def _judged(self, x: Floats, extrapolate: bool) -> Check:
        """`check` of rows [N, D] that are settled."""
        status = self._seen(x)
        excess = np.stack([a.excess(x[:, d]) for d, a in enumerate(self.axes)], axis=1)
        width = np.where(
            self.levels, np.maximum(self.upper - self.lower, 1.0), self.upper - self.lower
        )
        with np.errstate(over="ignore"):
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
