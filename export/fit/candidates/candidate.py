"""One way to model the table, with its out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.output import Output, values
from sna_edge.numerics.time_budget import TimeBudget

from ..data.samples import Samples, relative_error
from ..engine.factors import SeparableFunction

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidate:
    """f on the linear part in units of `spread` [K] around `centre` [K]; predicted [n, K] out of
    fold on `rows`, measured likewise; fewer_left_out [n, K]: predictions with fewer rows left out
    at a time, where they are known; intervals are then made of these. moved(samples, budget): f
    with its structure, link and penalties on other rows; None where it stays as it is. weight [n]
    of the rows, None where they weigh alike.
    """

    name: str
    kind: str
    f: SeparableFunction
    outputs: tuple[Output, ...]
    centre: Floats
    spread: Floats
    rows: NDArray[np.int64]
    measured: Floats
    predicted: Floats
    seconds: float
    notes: dict[str, Any] = field(default_factory=dict)
    fewer_left_out: Floats | None = None
    moved: Callable[[Samples, TimeBudget], SeparableFunction] | None = None
    weight: Floats | None = None

    @property
    def error(self) -> float:
        """Out-of-fold RMSE over the standard deviation, root mean over the outputs."""
        return relative_error(self.measured - self.predicted, self.measured, self.weight)

    @property
    def shown(self) -> Floats:
        """The out-of-fold predictions behind intervals and report."""
        return self.predicted if self.fewer_left_out is None else self.fewer_left_out

    @property
    def rank(self) -> int:
        """Number of modes without the bias."""
        return int((self.f.orders > 0).sum())

    def values(self, x: Floats) -> Floats:
        """y [n, K] in output units."""
        with np.errstate(over="ignore"):
            return values(self.outputs, self.centre + self.spread * self.f.predict(x))

    def row(self) -> dict[str, Any]:
        """The line of the report."""
        return {
            "name": self.name,
            "kind": self.kind,
            "link": self.outputs[0].link,
            "modes": self.rank,
            "parameters": self.f.parameters,
            "error": self.error,
            "seconds": self.seconds,
        }
