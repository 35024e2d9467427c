"""What is believed of one output: a normal distribution over functions of the inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

Floats = NDArray[np.float64]
JITTER = 1e-9
"""Share of the variance added to the diagonal of what is inverted."""


class Belief(Protocol):
    """Of the linear part of an output, before its link, at settings a [A, D] and b [B, D]."""

    def mean(self, a: Floats) -> Floats:
        """What is expected, [A]."""
        ...

    def covariance(self, a: Floats, b: Floats) -> Floats:
        """Of the function (not of a measurement), [A, B]."""
        ...

    def variance(self, a: Floats) -> Floats:
        """Of the function, [A]."""
        ...

    def noise(self, a: Floats) -> Floats:
        """Variance of a measurement around the function, [A]."""
        ...


@dataclass(frozen=True, eq=False)
class Given:
    """The same belief after measurements at `rows` [E, D] that turned out as expected: the mean
    stays, the variance shrinks. For rows of one batch, which are chosen before any is measured.

    C(a, b) - C(a, E) (C(E, E) + noise)^-1 C(E, b)
    """

    base: Belief
    rows: Floats

    def mean(self, a: Floats) -> Floats:
        """That of the base."""
        return self.base.mean(a)

    def noise(self, a: Floats) -> Floats:
        """That of the base."""
        return self.base.noise(a)

    def covariance(self, a: Floats, b: Floats) -> Floats:
        """[A, B]."""
        ours, theirs = self.base.covariance(a, self.rows), self.base.covariance(self.rows, b)
        return np.asarray(self.base.covariance(a, b) - ours @ cho_solve(self._factor(), theirs))

    def variance(self, a: Floats) -> Floats:
        """[A]."""
        across = self.base.covariance(self.rows, a)
        gone = np.einsum("ea,ea->a", across, cho_solve(self._factor(), across))
        return np.maximum(self.base.variance(a) - gone, 0.0)

    def _factor(self) -> tuple[Floats, bool]:
        k = self.base.covariance(self.rows, self.rows)
        k = (k + k.T) / 2.0 + np.diag(self.base.noise(self.rows))
        lift = JITTER * max(float(np.diag(k).max()), 1e-300)
        while True:
            try:
                found: tuple[Floats, bool] = cho_factor(k + lift * np.eye(len(k)))
                return found
            except LinAlgError:
                lift *= 10.0


def given(belief: Belief, rows: Floats) -> Belief:
    """The belief after measurements at `rows` [E, D]; the same where there are none."""
    return Given(belief, rows) if len(rows) else belief
