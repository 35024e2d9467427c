"""Weighted samples of a posterior: rounds of samples from a mixture that is refitted, or laid along
the ridge, until enough of them count."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...numerics.time_budget import SAMPLES, OutOfTime, TimeBudget, now, small_call
from .density.objective import Objective
from .mixture import Mixture
from .ridge_components import ridge_components
from .weighted_samples import WeightedSamples, joined

Floats = NDArray[np.float64]

ROUND, LARGEST = 1024, 8192
"""Samples of a round, at least and at most."""
FIRST_ROUND, FASTER, ROUND_SHARE = 64, 4, 0.25
"""Under a deadline: samples of the first round, times as many the next may have, and the share of
the time left that a round may take."""
ROUND_CALLS = 20
"""Small calls around a round."""
COVERING = 10_000
"""Evaluations that components along the ridge and a first round from them take."""
MOST_SAMPLES = 60
"""Times the wanted number: samples after which the sampling gives up."""
GOOD, REFITTED = 0.15, 0.02
"""Effective share of the samples from which a mixture is kept, and from which it can be refitted
to them."""
WIDE = 0.06
"""Of the box: standard deviation from which a component is not trusted to follow the ridge."""
COMPONENTS = 64, 128, 192
"""Along the ridge, in the first and the later attempts to cover a posterior that bends."""
INFLATED = 1.2
"""Times the covariance at an optimum, as tails of a posterior are rarely lighter than normal."""
FLATTEST = 4.0
"""Least curvature of a component: a standard deviation of half the box."""
LOWEST_SHARE = 7.0
"""Natural log below the largest: the least share of a component at an optimum."""


class Sampler:
    """Adaptive importance sampling of exp(-E) around its optima z [m, U] with `energy` [m] and
    `curvature` [m, U, U], in unit coordinates; samples are weighted by `exact`, where it is given,
    which may differ a little from the E of the objective.

    Source: Cornuet, Marin, Mira, Robert, Adaptive multiple importance sampling (2012).
    """

    def __init__(
        self,
        objective: Objective,
        budget: TimeBudget,
        z: Floats,
        energy: Floats,
        curvature: Floats,
        seed: int,
        exact: Callable[[Floats], Floats] | None = None,
    ) -> None:
        self.objective, self.budget, self.optima = objective, budget, z
        self._energy = exact or objective.value
        self.rng = np.random.default_rng([seed, 1])
        self.free = np.flatnonzero(objective.movable)
        self._fixed = np.flatnonzero(~objective.movable)
        self._rate = 0.0  # seconds per sample of the last round
        self._largest = 0  # samples of the largest round
        self._before: WeightedSamples | None = None  # those from before the mixture was replaced
        mixture = self._around(energy, curvature)
        self.samples = WeightedSamples.none(mixture, float(energy[0]))

    def _around(self, energy: Floats, curvature: Floats) -> Mixture:
        """A component per optimum from the curvature there; flat directions as wide as the box
        allows."""
        h = curvature[:, self.free[:, None], self.free]
        size, vectors = np.linalg.eigh(h)
        size = np.maximum(np.abs(size), FLATTEST)
        covariance = (vectors / size[:, None]) @ vectors.transpose(0, 2, 1)
        volume = (
            0.5 * np.linalg.slogdet(covariance)[1] if len(self.free) else np.zeros(len(self.optima))
        )
        height = volume - energy
        share = np.exp(np.clip(height - height.max(), -LOWEST_SHARE, 0.0))
        z = self.optima
        return Mixture.around(z[:, self.free], INFLATED * covariance, share, z[:, self._fixed])

    def run(self, n: int) -> WeightedSamples:
        """Rounds until n samples are effective; a mixture that proves not to fit is refitted once,
        then replaced by components along the ridge."""
        attempts: list[int | None] = [None, *COMPONENTS]
        wide = self._wide()
        wanted = ROUND if wide else int(np.clip(n, ROUND, LARGEST))
        while self._timed(wanted, n):
            ess = self.samples.effective
            share = ess / max(len(self.samples), 1)
            if (ess >= n and not wide) or len(self.samples) >= MOST_SAMPLES * n + 4 * LARGEST:
                break
            wanted = int(np.clip(n, ROUND, LARGEST))
            if wide:  # the ridge may bend out of reach of the optima's components, unseen
                wide, attempts = False, [*COMPONENTS[1:]]
                wanted = int(np.clip(1.5 * n, ROUND, LARGEST))
                self._improve(COMPONENTS[0], share)
            elif attempts and share < GOOD:
                self._improve(attempts.pop(0), share)
            else:
                wanted = int(np.clip(1.2 * (n - ess) / max(share, 1e-3), ROUND, LARGEST))
        return self._better()

    def _timed(self, wanted: int, n: int) -> bool:
        """A round of at most `wanted` samples, as many as there is time for; False when there is
        none."""
        if self.budget.endless:
            self._round(wanted)
            return True
        self.budget.keep(SAMPLES, times=min(n, len(self.samples) + wanted))
        count = min(wanted, FIRST_ROUND)
        if self._rate:
            seconds = self._rate * len(self.samples) + ROUND_CALLS * small_call()
            if self.budget.lacks(seconds + FIRST_ROUND * self._rate):
                return False
            affordable = int((ROUND_SHARE * self.budget.left - seconds) / self._rate)
            count = max(min(wanted, FASTER * self._largest, affordable), FIRST_ROUND)
        begun, before = now(), len(self.samples)
        try:
            self._round(count)
        except OutOfTime:
            return False
        self._rate, self._largest = (now() - begun) / (count + before), count
        return True

    def _better(self) -> WeightedSamples:
        """Those from before the mixture was replaced, where a deadline has left too few after
        it."""
        before = self._before
        if before is not None and self.budget.stopped:
            return before if before.effective >= self.samples.effective else self.samples
        return self.samples

    def _wide(self) -> bool:
        """True when an optimum's component is so wide that its ridge is likely to bend on the
        way."""
        return bool(np.linalg.norm(self.samples.mixture.root, ord=2, axis=(1, 2)).max() > WIDE)

    def _improve(self, components: int | None, share: float) -> None:
        """Another mixture: refitted to the samples (None, where enough of them count), or
        components along the ridge."""
        samples = self.samples
        if components is None and share > REFITTED:
            samples.refit()
            return
        seconds = self.objective.pace.seconds
        if not self.budget.endless and self.budget.lacks(COVERING * seconds["value"]):
            return
        try:
            mixture = ridge_components(
                self.objective, samples, self.optima, components or COMPONENTS[0], self.rng
            )
        except OutOfTime:
            return
        self._before, self.samples = samples, WeightedSamples.none(mixture, samples.low)

    def _round(self, count: int) -> None:
        """Draw from the current mixture."""
        z, level = self.samples.mixture.draw(count, self.rng)
        inside = ((z >= 0.0) & (z <= 1.0)).all(axis=1)
        z, level = z[inside], level[inside]
        full = joined(self.objective.movable, z, level)
        self.samples.add(count, z, level, self._energy(full))
