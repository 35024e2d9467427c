"""Samples of the unknowns behind measurements, all optima kept, with a measure of how good
they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...model import Model
from ...numerics.time_budget import SEARCH_OF_POSTERIOR
from ...status import Status
from ..optimize.ridge import walled
from ..optimize.trust_region import Minima
from ..query.answer import Answer
from ..query.question import UNUSABLE, Fixed
from .agreement import Agreement, agreement
from .density.objective import Prior
from .density.observations import Columns, Noise
from .estimate import localised, widened
from .estimation_problem import WORK, EstimationProblem, prepare
from .importance_sampling import Sampler
from .search import search
from .weighted_samples import joined

Floats = NDArray[np.float64]

MOST_WORK = 4000.0
"""Evaluations that observations are left out for, where a deadline asks it."""
SHORTEST = 1.6
"""Of samples of a normal density, at levels from 50 to 99 %; up to twice that of flat ones, less of
steep ones."""
REACHES = 0.03
"""Of an interval: an end this close to the bound of the axis is the bound."""


@dataclass(frozen=True)
class Posterior(Answer):
    """x [n, U] equally weighted samples; ess = effective sample size of the weighted ones behind
    them, draws = their number, largest = largest weight share; mode [m, U]: the optima, best first,
    with the share of the samples nearest to each, mode_share [m]."""

    ess: float = 0.0
    draws: int = 0
    largest: float = 0.0
    mode: Floats = field(default_factory=lambda: np.empty((0, 0)))
    mode_share: Floats = field(default_factory=lambda: np.empty(0))
    uncertainty: str = "noise"
    agreement: Agreement | None = None

    @property
    def mean(self) -> Floats:
        """Of the samples [U], in axis units."""
        return np.asarray(self.x.mean(axis=0))

    @property
    def deviation(self) -> Floats:
        """Standard deviation of the samples [U], in axis units."""
        return np.asarray(self.x.std(axis=0, ddof=1))

    def interval(self, level: float = 0.9) -> Floats:
        """Shortest interval of every unknown that holds that share of the posterior, [U, 2]; it
        ends at the bound of the axis where it comes near it: a setting at the end of its axis lies
        inside. The shortest of many holds a few more of the samples than it holds of what they are
        drawn from; so it is one of a share that is larger by SHORTEST ((1 - level) / n^2)^(1/3).
        """
        x = np.sort(self.x, axis=0)
        larger = level + SHORTEST * np.cbrt((1.0 - level) / len(x) ** 2)
        count = min(int(np.ceil(larger * len(x))), len(x))
        first = (x[count - 1 :] - x[: len(x) - count + 1]).argmin(axis=0)
        u = np.arange(x.shape[1])
        low, high = x[first, u], x[first + count - 1, u]
        near = REACHES * (high - low)
        lower, upper = (
            np.array([a.lower for a in self.axes]),
            np.array([a.upper for a in self.axes]),
        )
        low = np.where(low - lower <= near, lower, low)
        high = np.where(upper - high <= near, upper, high)
        return np.stack([low, high], axis=1)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: what the samples say of every unknown, and the samples."""
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
    input_error: Mapping[str, float] | None = None,
) -> Posterior:
    """n samples of p(x | observations) ~ exp(-E(x)); arguments as `estimate`.

    Adaptive importance sampling: Student-t components at every optimum found, refitted to the
    weighted samples of all rounds (each weighted against the mixture of all proposals) until their
    effective sample size reaches n; then systematic resampling. A posterior that bends too much for
    them is covered by local components along its ridge. Seeded: same seed, same samples.

    Statuses: ok, not_converged (fewer than n effective samples; the samples are given), unreachable
    (a number that no setting comes near), deadline, out_of_domain, bad_input. Source: Cornuet,
    Marin, Mira, Robert, Adaptive multiple importance sampling (2012).

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> read = {"y": [0.5, 1.0, 1.5], "area": [0.41, 0.79, 1.2]}  # at x near 0.8
    >>> found = posterior(area, read, ["x"], noise=0.02, n=500)
    >>> len(found), found.mean.round(2).tolist(), found.interval(0.9).round(2).tolist()
    (500, [0.8], [[0.78, 0.82]])
    """
    axes = tuple(model.axes[model.axis_index(name)] for name in unknowns)
    if n < 1:
        raise InputError(f"n is {n}; ask for at least one sample")
    try:
        problem = prepare(
            model,
            observations,
            unknowns,
            noise,
            prior,
            at,
            deadline_ms,
            WORK + min(3 * n, MOST_WORK),
            noise_only=noise_only,
            input_error=input_error,
        )
    except UNUSABLE as error:
        return Posterior(error.status, axes, np.empty((0, len(axes))), str(error))
    with problem.budget.keeping(SEARCH_OF_POSTERIOR):
        ends, kept = search(problem, None, seed)
        problem, ends, kept = localised(problem, ends, kept, None, seed)
    agreed = agreement(problem, ends.z[kept[0]], seed)
    if agreed.far:
        return Posterior(
            Status.UNREACHABLE,
            axes,
            np.empty((0, len(axes))),
            agreed.words,
            uncertainty=problem.uncertainty,
            agreement=agreed,
        )
    again = widened(problem, agreed, None, seed)
    if again is not None:
        problem, ends, kept, agreed = again
    return _with_agreement(problem, _sampled(problem, ends, kept, n, seed), agreed)


def _sampled(
    problem: EstimationProblem, ends: Minima, kept: NDArray[np.int64], n: int, seed: int
) -> Posterior:
    z, objective = ends.z[kept], problem.objective
    if problem.budget.over():
        return _nothing(problem, z)
    if not objective.movable.any():
        return _of_levels(problem, z, n, seed)
    curvature = walled(z, ends.slope[kept], ends.curvature[kept])
    return _of_samples(
        problem,
        Sampler(objective, problem.budget, z, ends.energy[kept], curvature, seed, problem.energy),
        n,
    )


def _of_samples(problem: EstimationProblem, sampler: Sampler, n: int) -> Posterior:
    """n samples, or as many as were found."""
    samples = sampler.run(n)
    if not len(samples):
        return _nothing(problem, sampler.optima)
    weight, ess, count = samples.weights, samples.effective, min(n, samples.count)
    places = (np.arange(count) + sampler.rng.random()) / count
    pick = np.searchsorted(np.cumsum(weight), places).clip(0, len(weight) - 1)
    sampler.rng.shuffle(pick)
    z = joined(problem.objective.movable, samples.z[pick], samples.level[pick])
    cut = problem.budget.stopped or not problem.whole
    status = Status.DEADLINE if cut else Status.OK if ess >= n else Status.NOT_CONVERGED
    few = (
        ""
        if ess >= n
        else f"the draws are worth {ess:.0f} independent samples of {n}; allow more time"
    )
    optima, x = sampler.optima, problem.objective.x
    distance = np.stack([np.square(z - optimum).sum(axis=1) for optimum in optima])
    share = np.bincount(distance.argmin(axis=0), minlength=len(optima)) / count
    return Posterior(
        status,
        problem.axes,
        x(z),
        "; ".join(text for text in (few, problem.used) if text),
        None,
        ess,
        samples.count,
        float(weight.max()),
        x(optima),
        share,
    )


def _of_levels(problem: EstimationProblem, optima: Floats, n: int, seed: int) -> Posterior:
    """Only categorical unknowns: exact probabilities of the optima found."""
    energy = problem.energy(optima)
    share = np.exp(energy.min() - energy)
    share /= share.sum()
    pick = np.random.default_rng([seed, 1]).choice(len(share), size=n, p=share)
    x = problem.objective.x(optima)
    cut = problem.budget.stopped or not problem.whole
    status = Status.DEADLINE if cut else Status.OK
    return Posterior(
        status, problem.axes, x[pick], problem.used, None, float(n), n, 1.0 / n, x, share
    )


def _nothing(problem: EstimationProblem, optima: Floats) -> Posterior:
    """No sample was drawn in time: the best optimum alone."""
    x = problem.objective.x(optima)
    late = "no sample was drawn before the deadline; the most probable values are returned"
    message = "; ".join(text for text in (late, problem.used) if text)
    return Posterior(
        Status.DEADLINE, problem.axes, x[:1], message, None, 0.0, 0, 1.0, x, np.eye(len(x))[0]
    )


def _with_agreement(problem: EstimationProblem, found: Posterior, agreed: Agreement) -> Posterior:
    """With what the uncertainty is made of and whether the observations fit."""
    message = "; ".join(text for text in (agreed.words, found.message) if text)
    return replace(found, message=message, uncertainty=problem.uncertainty, agreement=agreed)
