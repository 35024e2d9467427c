"""What rows are worth: how much they tell, or how likely they reach a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from sna_edge.core.output import Output
from sna_edge.errors import InputError

from .belief import Belief, given

Floats = NDArray[np.float64]
TINY = 1e-300


@dataclass(frozen=True)
class Goal:
    """Output `k` shall be smallest or largest (`kind` min, max), equal to `low` (value), or lie
    between `low` and `high` (window), in output units."""

    k: int
    kind: str
    low: float = -np.inf
    high: float = np.inf

    @classmethod
    def of(cls, k: int, name: str, text: str) -> Goal:
        """Of 'min', 'max', '40', '38:42', ':42' or '38:'. Raises InputError for anything else.

        >>> Goal.of(0, "depth", "38:42")
        Goal(k=0, kind='window', low=38.0, high=42.0)
        """
        if text in ("min", "max"):
            return cls(k, text)
        low, colon, high = text.partition(":")
        try:
            ends = float(low or "-inf"), float(high or "inf")
        except ValueError:
            ends = np.nan, np.nan
        if colon and ends[0] < ends[1] and not all(map(np.isinf, ends)):
            return cls(k, "window", *ends)
        if not colon and np.isfinite(ends[0]):
            return cls(k, "value", ends[0], ends[0])
        raise InputError(
            f"target {name}={text} is not understood; write {name}=min, max, 40 or 38:42"
        )

    def worth(self, belief: Belief, output: Output, x: Floats, rows: Floats) -> Floats:
        """[M] at x [M, D]: expected improvement over what is believed of `rows` [E, D], or the
        probability that a measurement lies in the window.

        Source: Jones, Schonlau and Welch, Efficient global optimization (1998), eq. 15.
        """
        mean, variance = belief.mean(x), belief.variance(x)
        if self.kind == "window":
            spread = np.sqrt(variance + belief.noise(x) + TINY)
            low, high = np.sort(_linear(output, np.array([self.low, self.high])))
            return np.asarray(ndtr((high - mean) / spread) - ndtr((low - mean) / spread))
        spread = np.sqrt(variance + TINY)
        known = float(self.good(belief.mean(rows), output).max())
        if self.kind == "value":
            return nearer(mean - self._aim(output), spread, -known)
        return improvement(self.good(mean, output) - known, spread)

    def good(self, f: Floats, output: Output) -> Floats:
        """How good linear parts f [N] are: more is better; 0 for a window."""
        if self.kind == "value":
            return -np.abs(f - self._aim(output))
        sign = {"max": 1.0, "min": -1.0}.get(self.kind, 0.0)
        return np.asarray(sign * np.sign(output.scale) * f)

    def inside(self, f: Floats, output: Output) -> NDArray[np.bool_]:
        """[N], whether linear parts f [N] lie in the window; all do where the goal is none."""
        if self.kind != "window":
            return np.ones(len(f), dtype=bool)
        low, high = np.sort(_linear(output, np.array([self.low, self.high])))
        return np.asarray((low <= f) & (f <= high))

    def _aim(self, output: Output) -> float:
        return float(_linear(output, np.array([self.low]))[0])


def _linear(output: Output, y: Floats) -> Floats:
    """The linear part of y, the ends of the link at infinity."""
    low, high = output.ends
    with np.errstate(all="ignore"):
        f = output.linear_of(np.clip(y, low, high))
    beyond = np.where(y >= high, np.inf, -np.inf) * np.sign(output.scale)
    return np.where(np.isfinite(f), f, beyond)


def improvement(ahead: Floats, spread: Floats) -> Floats:
    """E max(a + s Z, 0) of a standard normal Z, elementwise."""
    z = ahead / spread
    return np.maximum(ahead * ndtr(z) + spread * _density(z), 0.0)


def nearer(off: Floats, spread: Floats, reach: float) -> Floats:
    """E max(r - |o + s Z|, 0): how much nearer to 0 than r, elementwise."""
    a, b, c = (-reach - off) / spread, -off / spread, (reach - off) / spread
    below = (off + reach) * (ndtr(b) - ndtr(a)) - spread * (_density(b) - _density(a))
    above = (reach - off) * (ndtr(c) - ndtr(b)) + spread * (_density(c) - _density(b))
    return np.maximum(below + above, 0.0)


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi))


@dataclass(frozen=True, eq=False)
class Reach:
    """Worth of reaching all goals: the product of their worths, times the share of the variance
    that the rows of the batch leave, so that rows of one batch differ. Where nothing is believed to
    be reached, the variance itself."""

    goals: Sequence[Goal]
    beliefs: Sequence[Belief]
    outputs: Sequence[Output]
    rows: Floats

    def __call__(self, x: Floats, batch: Floats) -> Floats:
        """[M] at x [M, D] beside the batch [Q, D]."""
        worth, left = np.ones(len(x)), np.ones(len(x))
        for goal in self.goals:
            belief = self.beliefs[goal.k]
            worth *= goal.worth(belief, self.outputs[goal.k], x, self._compared)
            variance = belief.variance(x) + TINY
            left *= np.clip(given(belief, batch).variance(x) / variance, 0.0, 1.0)
        if not worth.any():
            worth = self.beliefs[self.goals[0].k].variance(x)
        return worth * left

    @cached_property
    def best_row(self) -> Floats:
        """The row [D] that is believed to be best: the most probable one where all goals are
        windows."""
        best = self._best
        if best.kind == "window":
            good = np.ones(len(self.rows))
            for goal in self.goals:
                belief, output = self.beliefs[goal.k], self.outputs[goal.k]
                good *= goal.worth(belief, output, self.rows, self.rows)
            return np.asarray(self.rows[int(np.argmax(good))])
        good = best.good(self.beliefs[best.k].mean(self._compared), self.outputs[best.k])
        return np.asarray(self._compared[int(np.argmax(good))])

    @property
    def _best(self) -> Goal:
        return next((g for g in self.goals if g.kind != "window"), self.goals[0])

    @cached_property
    def _compared(self) -> Floats:
        """The rows to improve on: those believed to lie in all windows; where none does, the one
        that is farthest from the best."""
        inside = np.ones(len(self.rows), dtype=bool)
        for goal in self.goals:
            inside &= goal.inside(self.beliefs[goal.k].mean(self.rows), self.outputs[goal.k])
        if inside.any():
            return self.rows[inside]
        best = self._best
        mean = self.beliefs[best.k].mean(self.rows)
        row = int(np.argmin(best.good(mean, self.outputs[best.k])))
        return self.rows[row : row + 1]


@dataclass(frozen=True, eq=False)
class Learn:
    """Worth of knowing more: how much of the variance over `reference` [G, D], in output units, a
    measurement takes away; a share of each output's, summed.

    sum_g w_g C(g, x)^2 / (C(x, x) + noise) / sum_g w_g C(g, g),  w = (dy/df)^2

    Source: Cohn, Neural network exploration using optimal experiment design (1996).
    """

    beliefs: Sequence[Belief]
    outputs: Sequence[Output]
    reference: Floats

    def __call__(self, x: Floats, batch: Floats) -> Floats:
        """[M] at x [M, D] beside the batch [Q, D]."""
        worth = np.zeros(len(x))
        for belief, output in zip(self.beliefs, self.outputs, strict=True):
            w = output.slope(belief.mean(self.reference)) ** 2
            whole = float(w @ belief.variance(self.reference)) + TINY
            now = given(belief, batch)
            c = now.covariance(self.reference, x)
            worth += (w @ c**2) / (now.variance(x) + now.noise(x) + TINY) / whole
        return worth
