"""A correction of one output: recursive least squares with forgetting, kept inside the range of
what was measured.

    corrected = kept(v + phi(x) theta + gain w + added),   v = kept(frozen prediction),
    w = v standardised,   added: `level` of late residuals

`kept` cuts to the mean of the measured values +- REACH of their standard deviations, both
forgetting. theta and gain, on features of about unit size:

    I <- lambda I + (1 - lambda) P + p p',   b <- lambda b + p t,   theta = I^-1 b

P is the prior (theta = 0, worth N0 parts): what is forgotten is replaced by it, so that directions
in which no part is measured go back to the signed model and nothing winds up. Source: Ljung, System
Identification (1999), section 11.2; the prior in place of what is forgotten as in Kulhavy and
Zarrop, Int. J. Control 58 (1993).
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import Features
from .level import Level
from .scale import Scale
from .told import Moved

Floats = NDArray[np.float64]

LAMBDA, N0, CLIP = 0.98, 5.0, 4.0
"""Forgetting for each measured part; parts that the prior is worth; residuals beyond so many
standard deviations count as that many."""
EARLY, SLOW, REACH = 20, 0.99, 5.0
"""Measured parts before there is a correction; forgetting of mean and deviation; deviations."""


class Recalibration:
    """Of one output, on the scale of `Space`. `mean` and `deviation` of the measured values."""

    def __init__(self, features: Features) -> None:
        size = len(features.gram) + 1
        self.prior = np.eye(size)
        self.prior[:-1, :-1] = 0.9 * features.gram + 0.1 * np.eye(size - 1)
        self.prior *= N0
        self._back = (1.0 - LAMBDA) * self.prior
        self.information, self.b, self.theta = self.prior.copy(), np.zeros(size), np.zeros(size)
        self.mean = self.square = self.weight = self.sigma = 0.0
        self.early = np.empty((0, size + 2))
        """phi [M] of the first parts, frozen prediction, half-width, measured value."""
        self.ready = False
        self.level = Level()
        self.usual = 0.0
        """Half-width of the frozen interval, of the first parts."""

    @property
    def deviation(self) -> float:
        """Standard deviation of the measured values."""
        return sqrt(max(self.square - self.mean * self.mean, 1e-24))

    @property
    def reach(self) -> float:
        """Corrected values stay so near to the mean; half-widths of the frozen interval count as
        at most twice that."""
        return REACH * self.deviation if self.ready else inf

    @property
    def gain(self) -> float:
        """Of the distance of a prediction from the mean."""
        return 2.0 * float(self.theta[-1]) / self.reach

    def moved(self, scale: Scale) -> Moved | None:
        """What is done to the next parts; None before there is a correction."""
        if not self.ready:
            return None
        level = self.level
        return Moved(self.theta[:-1], self.gain, self.mean, self.reach, level.added, level.now,
                     scale.size, scale.gamma, scale.usual)  # fmt: skip

    def update(
        self, phi: Floats, u: float, half: float, measured: float, level: float = 0.0
    ) -> None:
        """One measured part: features phi [M], frozen prediction and half-width, and the level when
        it was judged."""
        self.weight = SLOW * self.weight + 1.0
        self.mean += (measured - self.mean) / self.weight
        self.square += (measured * measured - self.square) / self.weight
        if self.ready:
            self._step(phi, u, measured, level)
            return
        self.early = np.vstack([self.early, [*phi, u, half, measured]])
        if len(self.early) == EARLY:
            self.ready = True
            self.usual = float(np.median(self.early[:, -2]))
            self.sigma = min(self.usual / 1.6448536269514722, self.deviation)
            for row in self.early:
                self._step(row[:-3], float(row[-3]), float(row[-1]), self.level.now)
            self.early = self.early[:0]

    def _step(self, phi: Floats, u: float, measured: float, level: float) -> None:
        reach = self.reach
        kept = min(max(u, self.mean - reach), self.mean + reach)
        p = np.empty(len(self.b))
        p[:-1], p[-1] = phi, 2.0 * (kept - self.mean) / reach
        before = float(p @ self.theta)
        most = CLIP * self.sigma
        error = min(max(measured - kept - before, -most), most)
        self.sigma = sqrt(0.99 * self.sigma**2 + 0.01 * error * error)
        self.information *= LAMBDA
        self.information += self._back
        self.information += p[:, None] * p
        self.b *= LAMBDA
        self.b += p * (before + error)
        self.theta = np.asarray(np.linalg.solve(self.information, self.b), dtype=float)
        self.level.update(error, level)

    def kept(self) -> dict[str, Any]:
        """All of it, as plain values and arrays."""
        return {
            "numbers": [self.mean, self.square, self.weight, self.sigma, self.ready],
            "b": self.b,
            "theta": self.theta,
            "early": self.early,
            "level": self.level.kept(),
            "triangle": self.information[np.triu_indices(len(self.b))],
        }

    def restored(self, found: dict[str, Any]) -> None:
        """Put back what was kept. Raises ValueError, KeyError or TypeError where it does not
        fit."""
        self.mean, self.square, self.weight, self.sigma, self.ready = found["numbers"]
        upper = np.triu_indices(len(self.b))
        self.information[upper] = found["triangle"]
        self.information.T[upper] = found["triangle"]
        self.b, self.theta = (found[n].reshape(self.b.shape) for n in ("b", "theta"))
        self.early = found["early"].reshape(-1, self.early.shape[1])
        self.level.restored(found["level"])
