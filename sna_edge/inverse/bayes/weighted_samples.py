"""Weighted samples of a posterior, against the mixture of everything they were drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .mixture import Mixture

Floats = NDArray[np.float64]


@dataclass
class WeightedSamples:
    """From `mixture` (and those before it): free coordinates z [N, F] and levels [N, C]; `density`
    [N], the posterior over that at energy `low`; `proposed` [N] = sum over rounds of count * q;
    `past`: (count, mixture) of the rounds.

    Source: Cornuet, Marin, Mira, Robert, Adaptive multiple importance sampling (2012),
    deterministic mixture weights.
    """

    mixture: Mixture
    low: float
    z: Floats
    level: Floats
    density: Floats
    proposed: Floats
    past: list[tuple[int, Mixture]]

    @classmethod
    def none(cls, mixture: Mixture, low: float) -> WeightedSamples:
        """To be drawn from `mixture`."""
        free, fixed = mixture.mean.shape[1], mixture.level.shape[1]
        return cls(
            mixture, low, np.empty((0, free)), np.empty((0, fixed)), np.empty(0), np.empty(0), []
        )

    def __len__(self) -> int:
        return len(self.z)

    @property
    def count(self) -> int:
        """Samples in all, those outside the box too."""
        return sum(c for c, _ in self.past)

    def add(self, count: int, z: Floats, level: Floats, energy: Floats) -> None:
        """The samples inside the box among `count` new ones from the mixture; all weights are
        brought up to date."""
        if (
            len(energy) and energy.min() < self.low - 1.0
        ):  # a better place than any optimum: keep the numbers in range
            self.density *= np.exp(energy.min() - self.low)
            self.low = float(energy.min())
        if self.past and self.past[-1][1] is self.mixture:
            self.past[-1] = (self.past[-1][0] + count, self.mixture)
        else:
            self.past.append((count, self.mixture))
        if len(self):
            self.proposed += count * self.mixture.density(self.z, self.level)
        fresh = sum((c * m.density(z, level) for c, m in self.past), np.zeros(len(z)))
        self.z, self.level = np.concatenate([self.z, z]), np.concatenate([self.level, level])
        self.proposed = np.concatenate([self.proposed, fresh])
        self.density = np.concatenate([self.density, np.exp(np.maximum(self.low - energy, -700.0))])

    def refit(self) -> None:
        """From now on drawn from the mixture refitted to the samples so far."""
        self.mixture = self.mixture.refitted(self.z, self.level, self.weights)

    @property
    def weights(self) -> Floats:
        """Weights of all samples, sum 1: posterior over the mixture of every proposal so far."""
        weight = self.density / self.proposed
        return np.asarray(weight / weight.sum())

    @property
    def effective(self) -> float:
        """Effective number of the samples."""
        return 1.0 / float(np.square(self.weights).sum()) if len(self) else 0.0

    def tempered(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Indices [count] picked by flattened weights, so that many different samples are among
        them."""
        ratio = np.log(np.maximum(self.density, 1e-300)) - np.log(self.proposed)
        power = 1.0
        while True:
            weight = np.exp(power * (ratio - ratio.max()))
            if power < 1e-3 or weight.sum() ** 2 / np.square(weight).sum() > 0.5 * count:
                break
            power *= 0.7
        return rng.choice(len(weight), size=count, p=weight / weight.sum())


def joined(movable: NDArray[np.bool_], z: Floats, level: Floats) -> Floats:
    """Unit points [M, U] of movable coordinates [M, F] and those of levels [M, L]."""
    out = np.empty((len(z), len(movable)))
    out[:, movable], out[:, ~movable] = z, level
    return out
