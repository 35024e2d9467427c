"""Residuals of rows that were predicted without having been seen, and what intervals made of them
cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.beside import GRID
from sna_edge.core.output import Output

Floats = NDArray[np.float64]
ROUNDING = 2.0**-50
"""Least width over the largest value: residuals of an exact fit can be 0, its float64 evaluation
still rounds."""


@dataclass(frozen=True, eq=False)
class Residuals:
    """measured and predicted [n] of an output in its units; `space` is that of the interval:
    "output", or "link" for the linear part. There all have a finite linear part."""

    output: Output
    measured: Floats
    predicted: Floats
    space: str

    @classmethod
    def of(cls, output: Output, measured: Floats, predicted: Floats) -> Residuals:
        """In the space of the output's interval, the output's own where there is none."""
        space = output.interval.space if output.interval else "output"
        return cls(output, measured, predicted, space)

    @cached_property
    def at(self) -> Floats:
        """Where the residuals are added: the predictions [n], or their linear part."""
        return self.output.linear_of(self.predicted) if self.linked else self.predicted

    @cached_property
    def values(self) -> Floats:
        """measured - predicted [n] in the space."""
        truth = self.output.linear_of(self.measured) if self.linked else self.measured
        return truth - self.at

    @property
    def linked(self) -> bool:
        """Whether the space is that of the link."""
        return self.space == "link"

    @property
    def least(self) -> float:
        """The rounding of the largest value, in the space."""
        return ROUNDING * float(np.abs(self.at + self.values).max())

    def score(self, sigma: Floats, levels: Sequence[float]) -> Floats:
        """Interval score [n] in output units, summed over the levels, with intervals of the width
        sigma [n] times the quantiles of residuals / sigma.

        Source: Gneiting and Raftery, Strictly proper scoring rules, J. Am. Stat. Assoc. 102 (2007).
        """
        z, total = np.sort(self.values / sigma), np.zeros(len(sigma))
        for level in levels:
            share = (1.0 - level) / 2.0
            low, high = (
                self.moved(tail(z, share) * sigma),
                self.moved(-tail(-z[::-1], share) * sigma),
            )
            total += interval_score(self.measured, low, high, level)
        return total

    def moved(self, by: Floats) -> Floats:
        """Predictions moved by residuals [n], in output units."""
        if not self.linked:
            return self.predicted + by
        with np.errstate(over="ignore"):
            return np.minimum(self.output.value(self.at + by), np.finfo(float).max)


def interval_score(y: Floats, lower: Floats, upper: Floats, level: float) -> Floats:
    """Width plus 2 / (1 - level) times what the interval misses y by, [N]."""
    lower, upper = np.minimum(lower, upper), np.maximum(lower, upper)
    missed = np.maximum(lower - y, 0.0) + np.maximum(y - upper, 0.0)
    return np.asarray(upper - lower + 2.0 / (1.0 - level) * missed)


def tail(ordered: Floats, share: float) -> float:
    """The value of `ordered` [n] below which a new one lies with a probability of at most `share`:
    that of rank floor(share (n + 1)), the lowest where there is none."""
    rank = int(np.floor(share * (len(ordered) + 1) * (1.0 + 1e-12)))
    return float(ordered[max(rank, 1) - 1])


def grid_quantiles(z: Floats) -> Floats:
    """[33] of z [n] at the probabilities of a calibration, each tail on the safe side for n rows:
    between two quantiles of opposite probabilities a new row lies at least as often as they say."""
    ordered, middle = np.sort(z), (GRID - 1) // 2
    shares = 1.0 / (1.0 + np.exp((middle - np.arange(middle)) / 2.0))
    below = [tail(ordered, s) for s in shares]
    above = [-tail(-ordered[::-1], s) for s in shares]
    return np.array([*below, float(np.median(ordered)), *above[::-1]])
