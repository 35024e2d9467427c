"""Samples of the unknowns behind measurements, all modes kept, with a measure of how good they
are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...model import Model
from ...numerics.time_budget import (
    SAMPLES,
    SEARCH_OF_POSTERIOR,
    OutOfTime,
    now,
    small_call,
)
from ...status import Status
from ..optimize.ridge import walled
from ..optimize.trust_region import Descent
from ..query.answer import Answer
from ..query.question import UNUSABLE, Fixed
from .agreement import Agreement, agreement
from .density.objective import Prior
from .density.observations import Columns, Noise
from .estimate import widened
from .mixture import Mixture
from .ridge_components import local_pieces
from .search import search
from .setup import WORK, Query, prepare
from .weighted_samples import Draws

Floats = NDArray[np.float64]

ROUND = 1024  # least draws of a round
LARGEST = 8192  # most draws of a round
MOST_WORK = 4000.0  # evaluations that observations are left out for
FIRST, FASTER = (
    64,
    4,
)  # draws of the first round under a deadline, and how many times more the next may have
ROUND_SHARE = 0.25  # of the time left: longest round
COVERING = 10_000  # evaluations that local pieces and a first round from them take
BOOKS = 20  # small calls around a round
MOST = 60  # times the wanted samples: draws after which the sampling gives up
GOOD = 0.15  # effective share of the draws from which a mixture is kept
WIDE = 0.06  # of the box: standard deviation from which a component is not trusted to be straight
REACHES = 0.03  # of an interval: an end this close to the bound of the axis is the bound
PIECES = (
    64,
    128,
    192,
)  # local components of the first and the later attempts to cover a posterior that bends


@dataclass(frozen=True)
class Posterior(Answer):
    """x [n, U] equally weighted samples; ess = effective sample size of the weighted draws behind
    them, draws = their number, largest = largest weight share; mode [m, U] with mode_share [m];
    log_evidence of the data under the prior.
    """

    ess: float = 0.0
    draws: int = 0
    largest: float = 0.0
    mode: Floats = field(default_factory=lambda: np.empty((0, 0)))
    mode_share: Floats = field(default_factory=lambda: np.empty(0))
    uncertainty: str = "noise"
    agreement: Agreement | None = None

    @property
    def mean(self) -> Floats:
        return np.asarray(self.x.mean(axis=0))

    @property
    def deviation(self) -> Floats:
        return np.asarray(self.x.std(axis=0, ddof=1))

    def interval(self, level: float = 0.9) -> Floats:
        """Shortest interval of every unknown that holds that share of the samples, [U, 2]; it ends
        at the bound of the axis where the samples do: a setting at the end of its axis lies
        inside."""
        x = np.sort(self.x, axis=0)
        count = int(np.ceil(level * len(x)))
        first = (x[count - 1 :] - x[: len(x) - count + 1]).argmin(axis=0)
        u = np.arange(x.shape[1])
        low, high = x[first, u], x[first + count - 1, u]
        near = REACHES * (high - low)
        lower, upper = (
            np.array([a.lower for a in self.axes]),
            np.array([a.upper for a in self.axes]),
        )
        low = np.where((first == 0) & (low - lower <= near), lower, low)
        high = np.where((first + count == len(x)) & (upper - high <= near), upper, high)
        return np.stack([low, high], axis=1)

    def to_dict(self) -> dict[str, Any]:
        out = super().to_dict()
        out |= {
            "effective_samples": self.ess,
            "draws": self.draws,
            "largest_weight": self.largest,
            "uncertainty": self.uncertainty,
        }
        if self.agreement is not None:
            out["misfit"] = self.agreement.to_dict()
        if len(self.x) > 1:
            columns = zip(self.axes, self.mean, self.deviation, self.interval(), strict=True)
            out["summary"] = {
                a.name: {
                    "mean": float(m),
                    "deviation": float(s),
                    "lower": float(q[0]),
                    "upper": float(q[1]),
                    "level": 0.9,
                }
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
    noise_only: bool = False,
) -> Posterior:
    """n samples of p(x | observations) ~ exp(-E(x)); arguments as `estimate`.

    Adaptive importance sampling: Student-t components at every mode found, refitted to the weighted
    draws of all rounds (each weighted against the mixture of all proposals) until their effective
    sample size reaches n; then systematic resampling. A posterior that bends too much for them is
    covered by local components along its ridge. Seeded: same seed, same samples.

    Statuses: ok, not_converged (fewer than n effective samples; the samples are given), unreachable
    (a number that no setting comes near), deadline, out_of_domain, bad_input. Source: Cornuet,
    Marin, Mira, Robert, Adaptive multiple importance sampling (2012).
    """
    axes = tuple(model.axes[model.axis_index(name)] for name in unknowns)
    if n < 1:
        raise InputError(f"n is {n}; ask for at least one sample")
    try:
        query = prepare(
            model,
            observations,
            unknowns,
            noise,
            prior,
            at,
            deadline_ms,
            WORK + min(3 * n, MOST_WORK),
            noise_only=noise_only,
        )
    except UNUSABLE as error:
        return Posterior(error.status, axes, np.empty((0, len(axes))), str(error))
    with query.budget.keeping(SEARCH_OF_POSTERIOR):
        ends, kept = search(query, None, seed)
    told = agreement(query, ends.z[kept[0]], seed)
    if told.far:
        return Posterior(
            Status.UNREACHABLE,
            axes,
            np.empty((0, len(axes))),
            told.words,
            uncertainty=query.uncertainty,
            agreement=told,
        )
    again = widened(query, told, None, seed)
    if again is not None:
        query, ends, kept, told = again
    return _told(query, _sampled(query, ends, kept, n, seed), told)


def _sampled(query: Query, ends: Descent, kept: NDArray[np.int64], n: int, seed: int) -> Posterior:
    if query.budget.over():
        return nothing(query, ends.z[kept])
    return Sampler(
        query,
        ends.z[kept],
        ends.energy[kept],
        walled(ends.z[kept], ends.slope[kept], ends.curvature[kept]),
        seed,
    ).run(n)


def _told(query: Query, drawn: Posterior, told: Agreement) -> Posterior:
    """With what the uncertainty is made of and whether the observations fit."""
    message = "; ".join(text for text in (told.words, drawn.message) if text)
    return replace(drawn, message=message, uncertainty=query.uncertainty, agreement=told)


class Sampler:
    """The rounds of one posterior query, in unit coordinates."""

    def __init__(
        self, query: Query, z: Floats, energy: Floats, curvature: Floats, seed: int
    ) -> None:
        self.query, self.objective = query, query.objective
        self.budget = query.budget
        self.rate = 0.0  # seconds per draw of the last round
        self.rng = np.random.default_rng([seed, 1])
        self.free = np.flatnonzero(self.objective.movable)
        self.fixed = np.flatnonzero(~self.objective.movable)
        self.modes = z
        self.kept: Draws | None = None  # those from before the mixture was replaced
        self.largest = 0  # draws of the largest round
        if len(self.free):
            self.draws = Draws.none(self.laplace(z, energy, curvature), float(energy[0]))

    def laplace(self, z: Floats, energy: Floats, curvature: Floats) -> Mixture:
        """A component per mode from the curvature there; flat directions as wide as the box
        allows."""
        d = len(self.free)
        h = curvature[:, self.free[:, None], self.free]
        size, vectors = np.linalg.eigh(h)
        size = np.maximum(np.abs(size), 4.0)
        covariance = (vectors / size[:, None]) @ vectors.transpose(0, 2, 1)
        volume = 0.5 * np.linalg.slogdet(covariance)[1] if d else np.zeros(len(z))
        share = np.exp(np.clip(volume - energy - (volume - energy).max(), -7.0, 0.0))
        return Mixture.around(z[:, self.free], 1.2 * covariance, share, z[:, self.fixed])

    def run(self, n: int) -> Posterior:
        """Rounds of draws until n are effective; a mixture that proves not to fit is refitted once,
        then replaced by local pieces."""
        if not len(self.free):
            return self.levels(n)
        attempts: list[int | None] = [None, *PIECES]
        wide = self.wide()
        wanted = ROUND if wide else int(np.clip(n, ROUND, LARGEST))
        while self.timed(wanted, n):
            ess = self.draws.effective
            share = ess / max(len(self.draws), 1)
            if (ess >= n and not wide) or len(self.draws) >= MOST * n + 4 * LARGEST:
                break
            wanted = int(np.clip(n, ROUND, LARGEST))
            if (
                wide
            ):  # the ridge may bend out of reach of the modes' components, unseen by the draws
                wide, attempts, wanted = False, [*PIECES[1:]], int(np.clip(1.5 * n, ROUND, LARGEST))
                self.improve(PIECES[0], share)
            elif attempts and share < GOOD:
                self.improve(attempts.pop(0), share)
            else:
                wanted = int(np.clip(1.2 * (n - ess) / max(share, 1e-3), ROUND, LARGEST))
        self.better()
        return self.result(n)

    def timed(self, wanted: int, n: int) -> bool:
        """A round of at most `wanted` draws, as many as there is time for; False when there is
        none."""
        if self.budget.endless:
            self.round(wanted)
            return True
        self.budget.keep(SAMPLES, times=min(n, len(self.draws) + wanted))
        count = min(wanted, FIRST)
        if self.rate:
            seconds = self.rate * len(self.draws) + BOOKS * small_call()
            if self.budget.lacks(seconds + FIRST * self.rate):
                return False
            count = max(
                min(
                    wanted,
                    FASTER * self.largest,
                    int((ROUND_SHARE * self.budget.left - seconds) / self.rate),
                ),
                FIRST,
            )
        begun, before = now(), len(self.draws)
        try:
            self.round(count)
        except OutOfTime:
            return False
        self.rate, self.largest = (now() - begun) / (count + before), count
        return True

    def better(self) -> None:
        """Back to the draws from before the mixture was replaced, where a deadline has left too few
        after it."""
        if (
            self.kept is not None
            and self.budget.stopped
            and self.kept.effective >= self.draws.effective
        ):
            self.draws = self.kept

    def wide(self) -> bool:
        """True when a mode's component is so wide that its ridge is likely to bend on the way."""
        return bool(np.linalg.norm(self.draws.mixture.root, ord=2, axis=(1, 2)).max() > WIDE)

    def improve(self, pieces: int | None, share: float) -> None:
        """Another mixture: refitted to the draws (None, where enough of them count), or local
        components on the ridge."""
        if pieces is None and share > 0.02:
            draws = self.draws
            draws.mixture = draws.mixture.refitted(draws.z, draws.level, draws.weights)
            return
        if not self.budget.endless and self.budget.lacks(
            COVERING * self.objective.pace.seconds["value"]
        ):
            return
        try:
            mixture = local_pieces(self, pieces or PIECES[0])
        except OutOfTime:
            return
        self.kept, self.draws = self.draws, Draws.none(mixture, self.draws.low)

    def round(self, count: int) -> None:
        """Draw from the current mixture."""
        z, level = self.draws.mixture.draw(count, self.rng)
        inside = ((z >= 0.0) & (z <= 1.0)).all(axis=1)
        z, level = z[inside], level[inside]
        self.draws.add(count, z, level, self.objective.value(self.full(z, level)))

    def full(self, z: Floats, level: Floats) -> Floats:
        out = np.empty((len(z), len(self.objective.axes)))
        out[:, self.free], out[:, self.fixed] = z, level
        return out

    def tempered(self, count: int) -> Floats:
        """`count` of the draws [count, U], many different ones."""
        pick = self.draws.tempered(count, self.rng)
        return self.full(self.draws.z[pick], self.draws.level[pick])

    def result(self, n: int) -> Posterior:
        """n samples, or as many as there are draws."""
        draws = self.draws
        if not len(draws):
            return nothing(self.query, self.modes)
        weight, ess = draws.weights, draws.effective
        count = min(n, draws.count)
        pick = np.searchsorted(
            np.cumsum(weight), (np.arange(count) + self.rng.random()) / count
        ).clip(0, len(weight) - 1)
        self.rng.shuffle(pick)
        full = self.full(draws.z[pick], draws.level[pick])
        cut = self.budget.stopped or not self.query.whole
        status = Status.DEADLINE if cut else Status.OK if ess >= n else Status.NOT_CONVERGED
        few = (
            f"the draws are worth only only {ess:.0f} independent samples, not {n}; allow more time"
            if ess < n
            else ""
        )
        message = "; ".join(text for text in (few, self.query.used) if text)
        distance = np.stack([np.square(full - mode).sum(axis=1) for mode in self.modes])
        share = np.bincount(distance.argmin(axis=0), minlength=len(self.modes)) / count
        x = self.objective.x
        return Posterior(
            status,
            self.query.axes,
            x(full),
            message,
            None,
            ess,
            draws.count,
            float(weight.max()),
            x(self.modes),
            share,
        )

    def levels(self, n: int) -> Posterior:
        """Only categorical unknowns: exact probabilities of the modes found."""
        energy = self.objective.value(self.modes)
        share = np.exp(energy.min() - energy)
        share /= share.sum()
        pick = self.rng.choice(len(share), size=n, p=share)
        x = self.objective.x(self.modes)
        status = Status.DEADLINE if self.budget.stopped or not self.query.whole else Status.OK
        return Posterior(
            status, self.query.axes, x[pick], self.query.used, None, float(n), n, 1.0 / n, x, share
        )


def nothing(query: Query, modes: Floats) -> Posterior:
    """No draw was made in time: the best mode [m, U] alone."""
    x = query.objective.x(modes)
    message = "; ".join(
        t
        for t in (
            "no sample was drawn before the deadline; the most probable values are returned",
            query.used,
        )
        if t
    )
    return Posterior(
        Status.DEADLINE, query.axes, x[:1], message, None, 0.0, 0, 1.0, x, np.eye(len(x))[0]
    )
