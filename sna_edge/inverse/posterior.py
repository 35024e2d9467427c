"""Samples of the unknowns behind measurements, all modes kept, with a measure of how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..model import Model
from ..status import Status
from .answer import Answer
from .deadline import OutOfTime, small_call
from .estimate import WORK, Query, prepare, search
from .mixture import Mixture
from .objective import Prior
from .observe import Columns, Noise
from .pieces import local_pieces
from .problem import UNUSABLE, Fixed
from .ridge import walled

Floats = NDArray[np.float64]

ROUND = 1024  # least draws of a round
LARGEST = 8192  # most draws of a round
SAMPLING = 0.6  # share of the time left after contraction that is kept for sampling
MOST_WORK = 4000.0  # evaluations that observations are left out for
FIRST, FASTER = 64, 4  # draws of the first round under a deadline, and how many times more the next may have
ROUND_SHARE = 0.25  # of the time left: longest round
COVERING = 10_000  # evaluations that local pieces and a first round from them take
SAMPLE, BOOKS = 0.02, 20  # small calls per sample returned and around a round
MOST = 60  # times the wanted samples: draws after which the sampling gives up
GOOD = 0.15  # effective share of the draws from which a mixture is kept
WIDE = 0.06  # of the box: standard deviation from which a component is not trusted to be straight
PIECES = (64, 128, 192)  # local components of the first and the later attempts to cover a posterior that bends


@dataclass(frozen=True)
class Posterior(Answer):
    """x [n, U] equally weighted samples; ess = effective sample size of the weighted draws behind them, draws = their number,
    largest = largest weight share; mode [m, U] with mode_share [m]; log_evidence of the data under the prior."""

    ess: float = 0.0
    draws: int = 0
    largest: float = 0.0
    mode: Floats = field(default_factory=lambda: np.empty((0, 0)))
    mode_share: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def mean(self) -> Floats:
        return np.asarray(self.x.mean(axis=0))

    @property
    def deviation(self) -> Floats:
        return np.asarray(self.x.std(axis=0, ddof=1))

    def interval(self, level: float = 0.9) -> Floats:
        """Equal-tailed credible interval of every unknown, [U, 2]."""
        return np.asarray(np.quantile(self.x, [0.5 - level / 2, 0.5 + level / 2], axis=0).T)

    def to_dict(self) -> dict[str, Any]:
        out = super().to_dict()
        out |= {"effective_samples": self.ess, "draws": self.draws, "largest_weight": self.largest}
        if len(self.x) > 1:
            columns = zip(self.axes, self.mean, self.deviation, self.interval(), strict=True)
            out["summary"] = {
                a.name: {"mean": float(m), "deviation": float(s), "lower": float(q[0]), "upper": float(q[1]), "level": 0.9}
                for a, m, s, q in columns
                if a.kind != "categorical"
            }
        return out


def posterior(
    model: Model,
    observations: Columns,
    unknowns: Sequence[str],
    noise: Noise,
    prior: Prior | None = None,
    n: int = 1000,
    *,
    at: Fixed | None = None,
    seed: int = 0,
    deadline_ms: float | None = None,
) -> Posterior:
    """n samples of p(x | observations) ~ exp(-E(x)); arguments as `estimate`.

    Adaptive importance sampling: Student-t components at every mode found, refitted to the weighted draws of all rounds (each
    weighted against the mixture of all proposals) until their effective sample size reaches n; then systematic resampling.
    A posterior that bends too much for them is covered by local components along its ridge. Seeded: same seed, same samples.

    Statuses: ok, not_converged (fewer than n effective samples; the samples are given), deadline, out_of_domain, bad_input.
    Source: Cornuet, Marin, Mira, Robert, Adaptive multiple importance sampling (2012).
    """
    axes = tuple(model.axes[model.axis_index(name)] for name in unknowns)
    if n < 1:
        raise InputError(f"n is {n}; ask for at least one sample")
    try:
        query = prepare(model, observations, unknowns, noise, prior, at, deadline_ms, WORK + min(3 * n, MOST_WORK))
    except UNUSABLE as error:
        return Posterior(error.status, axes, np.empty((0, len(axes))), str(error))
    query.deadline.reserve = 0.0 if query.deadline.endless else SAMPLING * query.deadline.left
    ends, kept = search(query, None, seed)
    query.deadline.reserve = 0.0
    if query.deadline.passed:
        return nothing(query, ends.z[kept])
    return Sampler(query, ends.z[kept], ends.energy[kept], walled(ends.z[kept], ends.slope[kept], ends.curvature[kept]), seed).run(n)


class Sampler:
    """Draws, weights and proposals of one posterior query, in unit coordinates."""

    def __init__(self, query: Query, z: Floats, energy: Floats, curvature: Floats, seed: int) -> None:
        self.query, self.objective = query, query.objective
        self.deadline = query.deadline
        self.rate = 0.0  # seconds per draw of the last round
        self.rng = np.random.default_rng([seed, 1])
        self.free = np.flatnonzero(self.objective.movable)
        self.fixed = np.flatnonzero(~self.objective.movable)
        self.modes, self.low = z, float(energy[0])
        self.kept: dict[str, Any] | None = None  # the draws from before the last change of the mixture
        self.largest = 0  # draws of the largest round
        self.forget()
        if len(self.free):
            self.mixture = self.laplace(z, energy, curvature)

    def forget(self) -> None:
        """Start anew without draws."""
        self.z, self.level = np.empty((0, len(self.free))), np.empty((0, len(self.fixed)))
        self.density = np.empty(0)  # posterior at the draws, relative to the best mode
        self.proposed = np.empty(0)  # sum over rounds of count * q
        self.past: list[tuple[int, Mixture]] = []

    def laplace(self, z: Floats, energy: Floats, curvature: Floats) -> Mixture:
        """A component per mode from the curvature there; flat directions as wide as the box allows."""
        d = len(self.free)
        h = curvature[:, self.free[:, None], self.free]
        size, vectors = np.linalg.eigh(h)
        size = np.maximum(np.abs(size), 4.0)
        covariance = (vectors / size[:, None]) @ vectors.transpose(0, 2, 1)
        volume = 0.5 * np.linalg.slogdet(covariance)[1] if d else np.zeros(len(z))
        share = np.exp(np.clip(volume - energy - (volume - energy).max(), -7.0, 0.0))
        return Mixture.around(z[:, self.free], 1.2 * covariance, share, z[:, self.fixed])

    def run(self, n: int) -> Posterior:
        """Rounds of draws until n are effective; a mixture that proves not to fit is refitted once, then replaced by local pieces."""
        if not len(self.free):
            return self.levels(n)
        attempts: list[int | None] = [None, *PIECES]
        wide = self.wide()
        wanted = ROUND if wide else int(np.clip(n, ROUND, LARGEST))
        while self.timed(wanted, n):
            ess, share = self.worth()
            if (ess >= n and not wide) or len(self.z) >= MOST * n + 4 * LARGEST:
                break
            wanted = int(np.clip(n, ROUND, LARGEST))
            if wide:  # the ridge may bend out of reach of the modes' components, unseen by the draws
                wide, attempts, wanted = False, [*PIECES[1:]], int(np.clip(1.5 * n, ROUND, LARGEST))
                self.improve(PIECES[0], share)
            elif attempts and share < GOOD:
                self.improve(attempts.pop(0), share)
            else:
                wanted = int(np.clip(1.2 * (n - ess) / max(share, 1e-3), ROUND, LARGEST))
        self.better()
        return self.result(n)

    def worth(self) -> tuple[float, float]:
        """Effective number of the draws, and as a share of them."""
        ess = 1.0 / float(np.square(self.weights()).sum()) if len(self.z) else 0.0
        return ess, ess / max(len(self.z), 1)

    def timed(self, wanted: int, n: int) -> bool:
        """A round of at most `wanted` draws, as many as there is time for; False when there is none."""
        if self.deadline.endless:
            self.round(wanted)
            return True
        self.deadline.reserve = SAMPLE * small_call() * min(n, len(self.z) + wanted)
        count = min(wanted, FIRST)
        if self.rate:
            seconds = self.rate * len(self.z) + BOOKS * small_call()
            if not self.deadline.fits(seconds + FIRST * self.rate):
                self.deadline.stopped = True
                return False
            count = max(min(wanted, FASTER * self.largest, int((ROUND_SHARE * self.deadline.left - seconds) / self.rate)), FIRST)
        begun, before = perf_counter(), len(self.z)
        try:
            self.round(count)
        except OutOfTime:
            return False
        self.rate, self.largest = (perf_counter() - begun) / (count + before), count
        return True

    def better(self) -> None:
        """Back to the draws from before the last change of the mixture, where a deadline has left too few after it."""
        if self.kept is not None and self.deadline.stopped:
            now = self.worth()[0]
            new, self.__dict__ = self.__dict__, {**self.__dict__, **self.kept}
            if self.worth()[0] < now:
                self.__dict__ = new

    def wide(self) -> bool:
        """True when a mode's component is so wide that its ridge is likely to bend on the way."""
        return bool(np.linalg.norm(self.mixture.root, ord=2, axis=(1, 2)).max() > WIDE)

    def improve(self, pieces: int | None, share: float) -> None:
        """Another mixture: refitted to the draws (None, where enough of them count), or local components on the ridge."""
        if pieces is None and share > 0.02:
            self.mixture = self.mixture.refitted(self.z, self.level, self.weights())
            return
        if not self.deadline.endless and not self.deadline.fits(COVERING * self.objective.pace.seconds["value"]):
            return
        try:
            mixture = local_pieces(self, pieces or PIECES[0])
        except OutOfTime:
            return
        names = ("past", "z", "level", "density", "proposed", "low", "mixture")
        self.kept = {name: getattr(self, name) for name in names}
        self.mixture = mixture
        self.forget()

    def round(self, count: int) -> None:
        """Draw from the current mixture and bring all weights up to date."""
        z, level = self.mixture.draw(count, self.rng)
        inside = ((z >= 0.0) & (z <= 1.0)).all(axis=1)
        z, level = z[inside], level[inside]
        energy = self.objective.value(self.full(z, level))
        if len(energy) and energy.min() < self.low - 1.0:  # a better place than any mode: keep the numbers in range
            self.density *= np.exp(energy.min() - self.low)
            self.low = float(energy.min())
        if self.past and self.past[-1][1] is self.mixture:
            self.past[-1] = (self.past[-1][0] + count, self.mixture)
        else:
            self.past.append((count, self.mixture))
        if len(self.z):
            self.proposed += count * self.mixture.density(self.z, self.level)
        fresh = sum((c * m.density(z, level) for c, m in self.past), np.zeros(len(z)))
        self.z, self.level = np.concatenate([self.z, z]), np.concatenate([self.level, level])
        self.proposed = np.concatenate([self.proposed, fresh])
        self.density = np.concatenate([self.density, np.exp(np.maximum(self.low - energy, -700.0))])

    def weights(self) -> Floats:
        """Weights of all draws, sum 1: posterior over the mixture of every proposal so far."""
        weight = self.density / self.proposed
        return np.asarray(weight / weight.sum())

    def full(self, z: Floats, level: Floats) -> Floats:
        out = np.empty((len(z), len(self.objective.axes)))
        out[:, self.free], out[:, self.fixed] = z, level
        return out

    def tempered(self, count: int) -> Floats:
        """`count` draws [count, U] picked by flattened weights, so that many different ones are among them."""
        ratio = np.log(np.maximum(self.density, 1e-300)) - np.log(self.proposed)
        power = 1.0
        while True:
            weight = np.exp(power * (ratio - ratio.max()))
            if power < 1e-3 or weight.sum() ** 2 / np.square(weight).sum() > 0.5 * count:
                break
            power *= 0.7
        pick = self.rng.choice(len(weight), size=count, p=weight / weight.sum())
        return self.full(self.z[pick], self.level[pick])

    def result(self, n: int) -> Posterior:
        """n samples, or as many as there are draws."""
        if not len(self.z):
            return nothing(self.query, self.modes)
        weight, (ess, _) = self.weights(), self.worth()
        count = min(n, sum(c for c, _ in self.past))
        pick = np.searchsorted(np.cumsum(weight), (np.arange(count) + self.rng.random()) / count).clip(0, len(weight) - 1)
        self.rng.shuffle(pick)
        full = self.full(self.z[pick], self.level[pick])
        status = Status.OK
        if ess < n or not self.query.whole:
            status = Status.DEADLINE if self.deadline.stopped or not self.query.whole else Status.NOT_CONVERGED
        few = f"the draws are worth {ess:.0f} independent samples of {n}; allow more time" if ess < n else ""
        message = "; ".join(text for text in (few, self.query.used) if text)
        distance = np.stack([np.square(full - mode).sum(axis=1) for mode in self.modes])
        share = np.bincount(distance.argmin(axis=0), minlength=len(self.modes)) / count
        x = self.objective.x
        return Posterior(
            status, self.query.axes, x(full), message, None, ess, sum(c for c, _ in self.past), float(weight.max()), x(self.modes), share
        )

    def levels(self, n: int) -> Posterior:
        """Only categorical unknowns: exact probabilities of the modes found."""
        energy = self.objective.value(self.modes)
        share = np.exp(energy.min() - energy)
        share /= share.sum()
        pick = self.rng.choice(len(share), size=n, p=share)
        x = self.objective.x(self.modes)
        return Posterior(Status.OK, self.query.axes, x[pick], "", None, float(n), n, 1.0 / n, x, share)


def nothing(query: Query, modes: Floats) -> Posterior:
    """No draw was made in time: the best mode [m, U] alone."""
    x = query.objective.x(modes)
    message = "; ".join(t for t in ("no draw was made before the deadline; the best mode is given", query.used) if t)
    return Posterior(Status.DEADLINE, query.axes, x[:1], message, None, 0.0, 0, 1.0, x, np.eye(len(x))[0])
