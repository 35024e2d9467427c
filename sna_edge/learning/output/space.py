"""The scale on which an output is corrected and its interval widened: the output itself, or the
linear part behind its link, whichever its residuals were taken on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.output import Output
from ...core.record import ModelRecord
from ...uncertainty.interval import USUAL, left_open

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """Of output `index`, whose interval has the `level`."""

    index: int
    output: Output
    level: float
    linear: bool

    def u(self, y: Floats) -> Floats:
        """The number on this scale; NaN where y is none of the link's."""
        return self.output.linear_of(y) if self.linear else np.asarray(y, dtype=float)

    def y(self, u: Floats) -> Floats:
        """The output of a number on this scale, inside the range of its link."""
        with np.errstate(over="ignore"):
            y = self.output.value(u) if self.linear else u
        return np.clip(y, *self.output.ends)

    def halves(self, y: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats, Floats]:
        """u [N] of values y and the distances [N] from there to both ends of their interval."""
        u, a, b = self.u(y), self.u(lower), self.u(upper)
        return u, u - np.minimum(a, b), np.maximum(a, b) - u


def spaces(model: ModelRecord) -> tuple[Space, ...]:
    """Of every output that has an interval and is no probability of a class."""
    local, found = set(left_open(model)), list[Space]()
    labels = {k for one in model.classes for k in one.outputs}
    for k, output in enumerate(model.outputs):
        if k in labels:
            continue
        if k in local and model.calibration is not None:
            space, level = model.calibration.spaces[k], USUAL
        elif output.interval is not None:
            space, level = output.interval.space, output.interval.level
        else:
            continue
        found.append(Space(k, output, level, space == "link" and output.link != "identity"))
    return tuple(found)
