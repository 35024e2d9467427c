"""The most probable unknowns behind measurements, every distinct optimum of them, and how well they
are determined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InputError
from ...model import Model
from ...numerics.time_budget import MEASURED, MORE_OBSERVATIONS, OutOfTime
from ...status import Status
from ..optimize.trust_region import Minima
from ..query.answer import Answer, Nearest, named, several
from ..query.question import UNUSABLE, Fixed
from .agreement import Agreement, agreement
from .density.objective import Objective, Prior
from .density.observations import Columns, Noise
from .estimation_problem import EstimationProblem, prepare
from .identifiability import Unseen, unidentifiable
from .predict import Prediction, predict
from .search import refined, search

Floats = NDArray[np.float64]

LOCALISED = 3
"""Searches at most, each with noise and model error of the best setting before."""


@dataclass(frozen=True)
class Estimate(Answer):
    """x [n, U] optima, best first; log_density [n] relative to the best; covariance [n, U, U] in
    axis units (infinite along what neither data nor prior determine); misfit [n] = chi-square of
    the residuals; rows = their number; curvature [n, U, U] of minus the log density in units of the
    box {name: width}. uncertainty: "noise and model", or "noise" where the model's own error takes
    no part. agreement: whether the observations fit the model at all."""

    log_density: Floats = field(default_factory=lambda: np.empty(0))
    covariance: Floats = field(default_factory=lambda: np.empty((0, 0, 0)))
    misfit: Floats = field(default_factory=lambda: np.empty(0))
    rows: int = 0
    unseen: tuple[Unseen, ...] = ()
    curvature: Floats = field(default_factory=lambda: np.empty((0, 0, 0)), repr=False)
    box: dict[str, float] = field(default_factory=dict, repr=False)
    model: Model | None = field(default=None, repr=False)
    uncertainty: str = "noise"
    agreement: Agreement | None = None

    def predict(
        self,
        known: Mapping[str, ArrayLike] | None = None,
        *,
        level: float = 0.9,
        noise: float | Mapping[str, float] = 0.0,
        mode: int = 0,
        noise_only: bool | None = None,
    ) -> Prediction:
        """y at other known inputs {name: number or [N]} with the interval that the uncertainty of
        this optimum leaves, the model's own error (unless `noise_only`; by default as the estimate
        was asked) and `noise` (a standard deviation in output units) where a new measurement is
        meant. Raises InputError without a solution."""
        if self.model is None or not 0 <= mode < len(self):
            raise InputError(f"the estimate has no optimum {mode} to predict from")
        alone = self.uncertainty == "noise" if noise_only is None else noise_only
        wider = 0.0 if alone else 1.0 if self.agreement is None else self.agreement.widened
        return predict(
            self.model,
            self.solutions[mode],
            self.curvature[mode],
            self.box,
            known or {},
            level,
            noise,
            wider,
        )

    @property
    def deviation(self) -> Floats:
        """Standard deviations [n, U]."""
        return np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        out = super().to_dict()
        out["modes"] = [
            {
                "at": s,
                "deviation": dict(zip(self.names, map(float, d), strict=True)),
                "log_density": float(p),
                "misfit": float(m),
            }
            for s, d, p, m in zip(
                self.solutions, self.deviation, self.log_density, self.misfit, strict=True
            )
        ]
        out["observations"] = self.rows
        out["uncertainty"] = self.uncertainty
        if self.agreement is not None:
            out["misfit"] = self.agreement.to_dict()
        out["unseen"] = [u.words for u in self.unseen]
        return out


def estimate(
    model: Model,
    observations: Columns,
    unknowns: Sequence[str],
    noise: Noise,
    prior: Prior | None = None,
    *,
    at: Fixed | None = None,
    starts: int | None = None,
    seed: int = 0,
    deadline_ms: float | None = None,
    noise_only: bool = False,
    input_error: Mapping[str, float] | None = None,
) -> Estimate:
    """argmin_x sum_i rho((y_i(x) - y_i) / sigma_i) - log p(x) inside the domain, every distinct
    minimum.

    The model's own error, as its stored interval has it, counts beside the noise unless
    `noise_only`; repeats of the same known inputs share it (`model_error`), and errors of outputs
    are as correlated as their residuals were. So does `input_error` {known input: standard
    deviation of its reading, in axis units}, by default tolerance / sqrt(3) of the sensors that the
    file knows ({}: none). Where the width follows the inputs, and for input errors, the search is
    repeated with what both are at the best setting found.

    `observations` {name: numbers}: columns of known inputs and of measured outputs, one entry per
    observation (NaN: not measured); `at` fixes inputs that do not change. `noise`: a standard
    deviation in output units, one per observation, a mapping per output, or StudentT for outliers.
    `prior`: {name: Uniform | Normal | LogNormal}, a model of the log density, or a sequence of
    both; without one, uniform on the domain.

    Trust-region or Gauss-Newton steps inside the box from the most promising of 1,024 low-
    discrepancy points, all batched: from `starts` of them, or by default from 64 and then more for
    as long as undiscovered optima are to be expected. Statuses: ok, several (optima within a factor
    of 1e6 in density), unreachable (a number that no setting comes near; `nearest` is the best
    setting), not_converged, deadline (best so far), out_of_domain, bad_input. Where the
    observations disagree with the model the message says so, and noise and model error are widened
    to what explains them (not with `noise_only`). Raises InputError for wrong names.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> read = {"y": [0.5, 1.0, 1.5], "area": [0.41, 0.79, 1.2]}  # at x near 0.8
    >>> found = estimate(area, read, ["x"], noise=0.02)
    >>> found.x.round(3).tolist(), found.deviation.round(3).tolist()
    ([[0.799]], [[0.011]])
    >>> estimate(area, {"area": [1.0]}, ["x", "y"], noise=0.02, starts=4).message
    'only the product of x and y is identifiable'
    """
    axes = tuple(model.axes[model.axis_index(name)] for name in unknowns)
    if starts is not None and starts < 1:
        raise InputError(f"starts is {starts}; use at least one")
    try:
        problem = prepare(
            model, observations, unknowns, noise, prior, at, deadline_ms,
            noise_only=noise_only, input_error=input_error,
        )  # fmt: skip
    except UNUSABLE as error:
        return Estimate(error.status, axes, np.empty((0, len(axes))), str(error))
    kept_back = MEASURED if problem.whole else MORE_OBSERVATIONS
    with problem.budget.keeping(kept_back, problem.answering):
        found = search(problem, starts, seed)
    problem, ends, kept = refined(problem, *found)
    problem, ends, kept = localised(problem, ends, kept, starts, seed)
    agreed = agreement(problem, ends.z[kept[0]], seed)
    if agreed.far:
        return _out_of_reach(model, problem, ends.z[kept[0]], agreed)
    again = widened(problem, agreed, starts, seed)
    if again is not None:
        problem, ends, kept, agreed = again
    return _answer(model, problem, ends, kept, agreed)


def localised(
    problem: EstimationProblem,
    ends: Minima,
    kept: NDArray[np.int64],
    starts: int | None,
    seed: int,
) -> tuple[EstimationProblem, Minima, NDArray[np.int64]]:
    """The search again with the noise and model error of the best setting found, where they depend
    on it and there is time; and again where that moves it to others."""
    if not problem.builder.local:
        return problem, ends, kept
    for again in range(LOCALISED):
        if again and not problem.moved(ends.z[kept[0]]):
            break
        budget = problem.budget
        if not budget.endless and budget.lacks(budget.elapsed / (again + 1)):
            break
        problem = problem.at_setting(ends.z[kept[0]])
        ends, kept = search(problem, starts, seed)
    return problem, ends, kept


def widened(
    problem: EstimationProblem, agreed: Agreement, starts: int | None, seed: int
) -> tuple[EstimationProblem, Minima, NDArray[np.int64], Agreement] | None:
    """The search again with noise and model error as large as the disagreement; None where they
    agree, for noise alone, and without time."""
    budget = problem.budget
    if (
        agreed.fits
        or problem.builder.noise_only
        or problem.data.dof is not None
        or agreed.factor <= 1.0
    ):
        return None
    if not budget.endless and budget.lacks(budget.elapsed):
        return None
    more = problem.widened(agreed.factor)
    agreed = replace(
        agreed, widened=agreed.factor, words=f"{agreed.words}; the uncertainty is widened to match"
    )
    return more, *search(more, starts, seed), agreed


def _out_of_reach(
    model: Model, problem: EstimationProblem, z: Floats, agreed: Agreement
) -> Estimate:
    """No setting explains the observations: the least bad one stands in `nearest`."""
    at = named(problem.axes, problem.objective.x(z[None])[0])
    y = problem.forward.value(problem.objective.x(z[None]))[0]
    seen = {
        model.outputs[k].name: float(_plain(model, problem, k, y[problem.data.output == k][0]))
        for k in np.unique(problem.data.output)
    }
    return Estimate(
        Status.UNREACHABLE,
        problem.axes,
        np.empty((0, len(z))),
        agreed.words,
        Nearest(at, seen),
        covariance=np.empty((0, len(z), len(z))),
        rows=len(problem.data.y),
        uncertainty=problem.uncertainty,
        agreement=agreed,
    )


def _plain(model: Model, problem: EstimationProblem, k: int, y: float) -> float:
    """A value as the observations see it, in output units."""
    face, output = problem.data.seen_as[k], model.outputs[k]
    return y if face is output else float(output.value(np.array(y)))


def covariance(objective: Objective, z: Floats, curvature: Floats) -> Floats:
    """Inverse curvature [U, U] in axis units; infinite variance where it is singular, 0 for
    levels."""
    rows = np.flatnonzero(objective.movable)
    out = np.zeros((len(z), len(z)))
    if not len(rows):
        return out
    size, vectors = np.linalg.eigh(curvature[np.ix_(rows, rows)])
    sure = size > 1e-12 * max(size[-1], 1e-300)
    inverse = (vectors[:, sure] / size[sure]) @ vectors[:, sure].T
    lost = (np.abs(vectors[:, ~sure]) > 1e-6).any(axis=1)
    inverse[lost, lost] = np.inf
    out[np.ix_(rows, rows)] = inverse * np.outer(objective.width[rows], objective.width[rows])
    return out


def _answer(
    model: Model,
    problem: EstimationProblem,
    ends: Minima,
    kept: NDArray[np.int64],
    agreed: Agreement,
) -> Estimate:
    objective = problem.objective
    z = ends.z[kept]
    x = objective.x(z)
    r = (problem.forward.value(x) - problem.data.y) / problem.data.sigma
    try:
        blind = unidentifiable(
            [a.name for a in problem.axes],
            z[0],
            objective.lower,
            objective.width,
            objective.information(z[0]),
            objective.movable,
            objective.value,
        )
    except OutOfTime:
        blind = ()
    message = "; ".join(
        text for text in (*(b.words for b in blind), agreed.words, problem.used) if text
    )
    chi = np.square(problem.objective.likelihood.across(r)).sum(axis=1) * agreed.widened**2
    box = {a.name: float(w) for a, w in zip(problem.axes, objective.width, strict=True)}
    every = zip(z, ends.curvature[kept], strict=True)
    return Estimate(
        _status(problem, ends, kept),
        problem.axes,
        x,
        message,
        log_density=ends.energy[kept[0]] - ends.energy[kept],
        covariance=np.stack([covariance(objective, q, h) for q, h in every]),
        misfit=chi,
        rows=len(problem.data.y),
        unseen=blind,
        curvature=ends.curvature[kept],
        box=box,
        model=model,
        uncertainty=problem.uncertainty,
        agreement=agreed,
    )


def _status(problem: EstimationProblem, ends: Minima, kept: NDArray[np.int64]) -> Status:
    budget = problem.budget
    if budget.stopped or budget.passed or not problem.whole:
        return Status.DEADLINE
    if ends.converged[kept[0]]:
        return several(len(kept))
    return Status.NOT_CONVERGED if budget.endless else Status.DEADLINE
