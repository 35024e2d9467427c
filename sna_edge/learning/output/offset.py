"""One sensor that reads wrong: a constant offset of an input whose alarm stands, where measured
values tell it better than the correction of the whole output does.

y ~ u(x) + delta_d s_d(x),   s_d = d u / d x_d,   delta_d by recursive least squares on one number

Of the inputs that have moved the one with the smallest squared errors lately is the candidate; its
offset is used only while it beats what would be used otherwise, on parts that it had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.record import ModelRecord
from ...numerics.reference import Reference
from .champion import Champion
from .space import Space

Floats = NDArray[np.float64]

LAMBDA, PRIOR, MOST, CLIP = 0.995, 0.1, 5.0, 9.0
"""Forgetting for each measured part; what the prior (no offset) is worth, in squared deviations of
the measured values; standard deviations of the input that an offset may have; squared errors beyond
so many variances count as that many."""
LEAST = 0.25
"""Standard deviations of the input below which no sensor is said to read wrong."""
STEP = 1e-3
"""Of the width of an axis, for slopes."""


class Slopes:
    """s [N, K, C] of the outputs `spaces` by inputs at x [N, D], inside the domain."""

    def __init__(self, model: ModelRecord, spaces: Sequence[Space]) -> None:
        self._reference, self._spaces = Reference(model), spaces
        self._low, self._high = np.array([(a.lower, a.upper) for a in model.axes]).reshape(-1, 2).T

    def __call__(self, x: Floats, columns: Sequence[int]) -> Floats:
        """By the inputs with the numbers `columns` [C]; NaN where a value is none."""
        found = np.empty((len(x), len(self._spaces), len(columns)))
        x = np.clip(x, self._low, self._high)
        for c, d in enumerate(columns):
            ends, h = np.stack([x, x]), STEP * (self._high[d] - self._low[d])
            ends[0, :, d] = np.minimum(x[:, d] + h, self._high[d])
            ends[1, :, d] = np.maximum(x[:, d] - h, self._low[d])
            y = [self._reference.value(end) for end in ends]
            width = ends[0, :, d] - ends[1, :, d]
            for k, space in enumerate(self._spaces):
                up, down = (space.u(one[:, space.index]) for one in y)
                with np.errstate(invalid="ignore"):
                    found[:, k, c] = (up - down) / width
        return found


class Offset:
    """Of one output beside n inputs. `delta` [n], in standard deviations of the input; `column`,
    the candidate (-1: none); `used`: it is."""

    def __init__(self, n: int) -> None:
        self.information, self.b = np.full(n, PRIOR), np.zeros(n)
        self.errors, self.column, self.champion = np.zeros(n), -1, Champion()

    @property
    def delta(self) -> Floats:
        """[n], at most MOST."""
        return np.asarray(np.clip(self.b / self.information, -MOST, MOST))

    @property
    def used(self) -> bool:
        """Whether it is used for the next part."""
        if self.column < 0 or not self.champion.used:
            return False
        return bool(abs(self.delta[self.column]) >= LEAST)

    def keep(self, moved: NDArray[np.bool_]) -> None:
        """Forget the offsets of all inputs but those that have `moved` [n]."""
        self.information[~moved], self.b[~moved], self.errors[~moved] = PRIOR, 0.0, 0.0
        if self.column >= 0 and not moved[self.column]:
            self.column, self.champion = -1, Champion()

    def update(self, slopes: Floats, by: float, other: float, sigma: float) -> None:
        """One measured part that lies `by` above the frozen prediction and `other` above the one
        that is used otherwise; slopes [n] by standard deviations of the inputs, NaN for inputs that
        have not moved; `sigma`: deviation of measured values."""
        moved = np.isfinite(slopes)
        if not moved.any():
            return
        s = np.where(moved, slopes, 0.0) / sigma
        error = by - self.delta * s * sigma
        most = CLIP * sigma * sigma
        self.errors = LAMBDA * self.errors + np.minimum(error * error, most)
        best = int(np.where(moved, self.errors, np.inf).argmin())
        if best != self.column:
            self.column, self.champion = best, Champion()
        self.champion.update(other, float(error[best]), sigma)
        r = min(max(by / sigma, -MOST), MOST)
        self.information[moved] = (LAMBDA * self.information + (1.0 - LAMBDA) * PRIOR + s * s)[
            moved
        ]
        self.b[moved] = (LAMBDA * self.b + r * s)[moved]

    def kept(self) -> dict[str, Any]:
        """All of it, as plain values and arrays."""
        return {
            "offset.information": self.information,
            "offset.b": self.b,
            "offset.errors": self.errors,
            "offset.column": self.column,
            "offset.champion": vars(self.champion).copy(),
        }

    def restored(self, found: dict[str, Any]) -> None:
        """Put back what was kept. Raises ValueError or KeyError where it does not fit."""
        for name in ("information", "b", "errors"):
            if found[f"offset.{name}"].shape != self.b.shape:
                raise ValueError("offset")
            setattr(self, name, found[f"offset.{name}"])
        if not -1 <= found["offset.column"] < len(self.b):
            raise ValueError("offset")
        self.column = found["offset.column"]
        vars(self.champion).update(found["offset.champion"])
