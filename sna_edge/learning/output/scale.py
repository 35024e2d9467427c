"""How large residuals of corrected predictions are, beside the half-widths h of the frozen model.

size(h) = q g exp(alpha) (h / usual)^gamma,   log |r| ~ alpha + gamma log(h / usual)

alpha and gamma by recursive least squares with forgetting KEEP; the prior is the frozen interval
(gamma 1 at PRIOR parts, alpha at FEW). g exp(alpha) is one standard deviation of normal
residuals, q the normal quantile of the level, so that a half-width of size(h) has about the level.
KEEP was chosen as the constants of `level`.
"""

from __future__ import annotations

from math import exp, log

import numpy as np

from ...numerics import normal
from .told import FAR

KEEP, PRIOR, FEW = 0.99, 20.0, 0.5
SMALL, LARGE = 0.1, 10.0
"""|r| counts as so much of its usual size more, so that one exact hit says little, and as at most
so many of it."""
GEOMETRIC = 0.645
"""exp(mean log(|r| + SMALL of the same)) of normal residuals over their standard deviation."""
BOUND, FARTHEST = 20.0, 650.0
"""alpha stays within BOUND of the start, which is less than FARTHEST in size; gamma in 0 .. 2."""


class Scale:
    """`usual`: a typical half-width of the frozen model; 0 before `begin`."""

    def __init__(self, level: float) -> None:
        self._q = float(normal.quantile(np.array([(1.0 + level) / 2.0]))[0])
        self.usual = self.alpha = 0.0
        self.gamma = 1.0
        self.sums = [FEW, 0.0, PRIOR, 0.0, PRIOR]
        """Of 1, t, t^2, y, t y with t = log(h / usual) and y = log |r|, the prior among them."""
        self.start = 0.0

    def begin(self, usual: float) -> None:
        """With the typical half-width."""
        self.usual = min(max(usual, 1e-280), 1e280)
        self.alpha = self.start = log(self.usual * GEOMETRIC / self._q)
        self.sums = [FEW, 0.0, PRIOR, FEW * self.start, PRIOR]

    @property
    def size(self) -> float:
        """Half-width around a corrected prediction where that of the frozen model is `usual`."""
        return self._q / GEOMETRIC * exp(self.alpha)

    @property
    def typical(self) -> float:
        """size over half-width where the latter is the usual one."""
        return self.size / self.usual if self.usual else 1.0

    def update(self, residual: float, half: float) -> None:
        """One measured part: what the correction has missed, and the frozen half-width."""
        t = min(max(log(max(half, 1e-300) / self.usual), -FAR), FAR)
        usual = exp(self.alpha + self.gamma * t)
        y = log(min(abs(residual), LARGE * usual) + SMALL * usual)
        back = (FEW, 0.0, PRIOR, FEW * self.start, PRIOR)
        new = (1.0, t, t * t, y, t * y)
        self.sums = [
            KEEP * s + (1.0 - KEEP) * p + n for s, p, n in zip(self.sums, back, new, strict=True)
        ]
        one, t1, t2, y1, ty = self.sums
        whole = one * t2 - t1 * t1
        self.gamma = min(max((one * ty - t1 * y1) / whole, 0.0), 2.0)
        found = (y1 - self.gamma * t1) / one
        self.alpha = min(max(found, self.start - BOUND), self.start + BOUND)

    def kept(self) -> list[float]:
        """All of it."""
        return [self.usual, self.start, self.alpha, self.gamma, *self.sums]

    def restored(self, found: list[float]) -> None:
        """Put back what was kept. Raises ValueError for numbers that no residuals give."""
        usual, start, alpha, gamma, *sums = found
        inside = abs(start) < FARTHEST and abs(alpha - start) <= BOUND and 0.0 <= gamma <= 2.0
        if usual < 0.0 or not inside or sums[0] * sums[2] <= sums[1] * sums[1]:
            raise ValueError("scale")
        self.usual, self.start, self.alpha, self.gamma, self.sums = usual, start, alpha, gamma, sums
