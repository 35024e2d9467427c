"""The most probable unknowns behind measurements, every distinct mode of them, and how well they are determined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..axis import Axis
from ..errors import InputError
from ..model import Model
from ..status import Status
from .answer import Answer, several
from .deadline import Deadline
from .descent import Descent, descend, together
from .forward import Forward, forward
from .modes import distinct, enough, starts
from .objective import Objective, Prior
from .observe import Columns, Noise, Observations, read
from .predict import Prediction, predict
from .problem import UNUSABLE, Fixed
from .unseen import Unseen, unseen

Floats = NDArray[np.float64]

SCAN = 1024  # quasi-random points from which the starts are chosen
SCANNED = 200_000  # residuals the scan may cost when there is a deadline
FIRST = 64  # starts of the first batch
FEWEST = 16  # points scanned, and so started from, when a deadline is near
MOST_AT_ONCE = 256
BAND = 14.0  # log density below the best mode within which other modes are returned (a factor of 1e-6)
ROUNDS = 60


@dataclass(frozen=True)
class Estimate(Answer):
    """x [n, U] modes, best first; log_density [n] relative to the best; covariance [n, U, U] in axis units (infinite along what
    neither data nor prior determine); misfit [n] = sum of squared residuals in units of the noise; rows = residuals; curvature
    [n, U, U] of minus the log density in units of the box {name: width}."""

    log_density: Floats = field(default_factory=lambda: np.empty(0))
    covariance: Floats = field(default_factory=lambda: np.empty((0, 0, 0)))
    misfit: Floats = field(default_factory=lambda: np.empty(0))
    rows: int = 0
    unseen: tuple[Unseen, ...] = ()
    curvature: Floats = field(default_factory=lambda: np.empty((0, 0, 0)), repr=False)
    box: dict[str, float] = field(default_factory=dict, repr=False)
    model: Model | None = field(default=None, repr=False)

    def predict(
        self, known: Mapping[str, ArrayLike] | None = None, *, level: float = 0.9, noise: float | Mapping[str, float] = 0.0, mode: int = 0
    ) -> Prediction:
        """y at other known inputs {name: number or [N]} with the interval that the uncertainty of this mode leaves, and `noise`
        (a standard deviation in output units) where a new measurement is meant. Raises InputError without a solution."""
        if self.model is None or not 0 <= mode < len(self):
            raise InputError(f"the estimate has no mode {mode} to predict from")
        return predict(self.model, self.solutions[mode], self.curvature[mode], self.box, known or {}, level, noise)

    @property
    def deviation(self) -> Floats:
        """Standard deviations [n, U]."""
        return np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))

    def to_dict(self) -> dict[str, Any]:
        out = super().to_dict()
        out["modes"] = [
            {"at": s, "deviation": dict(zip(self.names, map(float, d), strict=True)), "log_density": float(p), "misfit": float(m)}
            for s, d, p, m in zip(self.solutions, self.deviation, self.log_density, self.misfit, strict=True)
        ]
        out["observations"] = self.rows
        out["unseen"] = [u.words for u in self.unseen]
        return out


@dataclass(frozen=True)
class Query:
    """An estimation problem made ready: shared by estimate and posterior."""

    axes: tuple[Axis, ...]
    data: Observations
    objective: Objective
    forward: Forward
    deadline: Deadline


def prepare(
    model: Model, observations: Columns, unknowns: Sequence[str], noise: Noise, prior: Prior | None, at: Fixed | None,
    deadline_ms: float | None,
) -> Query:  # fmt: skip
    """Check everything and contract the known axes once. Raises as observe.read does."""
    deadline = Deadline(deadline_ms)
    if not unknowns or len(set(unknowns)) != len(unknowns):
        raise InputError("name each unknown input once, and at least one")
    sought = [model.axis_index(name) for name in unknowns]
    axes = tuple(model.axes[d] for d in sought)
    data = read(model, observations, unknowns, noise, at)
    operator = forward(model, sought, data)
    return Query(axes, data, Objective(axes, operator, data, prior), operator, deadline)


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
) -> Estimate:
    """argmin_x sum_i rho((y_i(x) - y_i) / sigma_i) - log p(x) inside the domain, every distinct minimum.

    `observations` {name: numbers}: columns of known inputs and of measured outputs, one entry per observation (NaN: not
    measured); `at` fixes inputs that do not change. `noise`: a standard deviation in output units, one per observation, a
    mapping per output, or StudentT for outliers. `prior`: {name: Uniform | Normal | LogNormal}, a model of the log density,
    or a sequence of both; without one, uniform on the domain.

    Bounded Newton or Levenberg-Marquardt steps from the most promising of 1,024 quasi-random points, all batched: from `starts` of
    them, or by default from 64 and then more for as long as undiscovered modes are to be expected. Statuses: ok, several (modes
    within a factor of 1e6 in density), not_converged, deadline (best so far), out_of_domain, bad_input. Raises InputError for
    wrong names.
    """
    axes = tuple(model.axes[model.axis_index(name)] for name in unknowns)
    if starts is not None and starts < 1:
        raise InputError(f"starts is {starts}; use at least one")
    try:
        query = prepare(model, observations, unknowns, noise, prior, at, deadline_ms)
    except UNUSABLE as error:
        return Estimate(error.status, axes, np.empty((0, len(axes))), str(error))
    ends, kept = search(query, starts, seed)
    return _answer(model, query, ends, kept)


def search(query: Query, count: int | None, seed: int) -> tuple[Descent, NDArray[np.int64]]:
    """Ends of all descents and the indices of the distinct modes, best first.

    `count` starts, or as many as the modes found call for: 64 first, more while new modes are expected.
    """
    objective = query.objective
    levels = np.array([a.basis.n_spans if a.kind == "categorical" else 0 for a in query.axes])
    size = SCAN if query.deadline.endless else int(np.clip(SCANNED / objective.rows, FEWEST, SCAN))
    scan, groups = starts(objective.value, max(size, count or 0), levels, seed)
    query.deadline.restart()
    first, batch = 0, count or min(FIRST * groups, MOST_AT_ONCE)
    ends, kept = None, np.empty(0, dtype=np.int64)
    while ends is None or (count is None and not enough(first, len(kept)) and first < len(scan) and query.deadline.allows()):
        more = descend(
            objective, scan[first : first + batch], rounds=ROUNDS, deadline=query.deadline, band=BAND, thin=True,
            best=np.inf if ends is None else float(ends.energy.min()),
        )  # fmt: skip
        first += len(more.z)
        ends = more if ends is None else together(ends, more)
        if query.deadline.passed:
            return ends, np.array([int(ends.energy.argmin())])
        kept = distinct(objective, objective.value, ends.z, ends.energy, ends.converged, BAND, objective.movable)
        batch = min(2 * first, MOST_AT_ONCE)
    return ends, kept


def covariance(objective: Objective, z: Floats, curvature: Floats) -> Floats:
    """Inverse curvature [U, U] in axis units; infinite variance where it is singular, 0 for levels."""
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


def _answer(model: Model, query: Query, ends: Descent, kept: NDArray[np.int64]) -> Estimate:
    objective = query.objective
    z = ends.z[kept]
    x = objective.x(z)
    r = (query.forward.value(x) - query.data.y) / query.data.sigma
    blind = unseen(
        [a.name for a in query.axes], z[0], objective.lower, objective.width, objective.information(z[0]), objective.movable,
        objective.value,
    )  # fmt: skip
    status = several(len(kept))
    if query.deadline.passed or not ends.converged[kept[0]]:
        status = Status.DEADLINE if query.deadline.passed or not query.deadline.allows() else Status.NOT_CONVERGED
    return Estimate(
        status, query.axes, x, "; ".join(b.words for b in blind), None,
        log_density=ends.energy[kept[0]] - ends.energy[kept],
        covariance=np.stack([covariance(objective, q, h) for q, h in zip(z, ends.curvature[kept], strict=True)]),
        misfit=np.square(r).sum(axis=1), rows=len(query.data.y), unseen=blind,
        curvature=ends.curvature[kept], box=dict(zip((a.name for a in query.axes), map(float, objective.width), strict=True)), model=model,
    )  # fmt: skip
