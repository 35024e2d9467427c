"""The most probable unknowns behind measurements, every distinct mode of them, and how well they are determined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..axis import Axis
from ..errors import InputError
from ..model import Model
from ..status import Status
from .answer import Answer, several
from .deadline import Deadline, OutOfTime, Pace
from .descent import Descent, descend, together
from .forward import Forward, forward
from .modes import distinct, enough, starts
from .objective import Objective, Prior
from .observe import Columns, Noise, Observations, read
from .predict import Prediction, predict
from .problem import UNUSABLE, Fixed
from .quasi import points
from .unseen import Unseen, unseen

Floats = NDArray[np.float64]

SCAN = 1024  # quasi-random points from which the starts are chosen
FIRST = 64  # starts of the first batch
FEWEST = 16  # points scanned, and so started from, when a deadline is near
PROBE, PROBED = 128, 8  # observations and settings by which a deadline is first planned
PROBING = 0.25  # share of the time left that this planning takes at most, once one setting is timed
WORK = 1000.0  # evaluations of a whole search
SETUP, SEARCH, SCANNING = 0.25, 0.5, 0.1  # shares of the time left for contracting observations, for the search and for the scan in it
REFINING = 0.4  # share of the time left that is kept for walking the modes down on more observations
REFINE_ROUNDS, SETUP_SLOWER = 8, 1.5  # steps that this takes; a large array is slower to make, per observation
ANSWER = 12  # evaluations that writing the answer takes
DESCENT = 1 / 100  # share of the time left that the values at all starts may take: a descent costs about as many of them
MOST_AT_ONCE = 256
BAND = 14.0  # log density below the best mode within which other modes are returned (a factor of 1e-6)
ROUNDS = 300  # few walks need more than 20; those in bent valleys do
VALLEYS, VALLEY_SAME = 3, 1e-3  # times that valleys are looked along, and how far apart (of the box) modes are looked at again
BESIDE = (-5.0, -3.0, -1.5, -0.7, 0.7, 1.5, 3.0, 5.0)  # standard deviations


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
    maker: Maker

    @property
    def whole(self) -> bool:
        """True when no observation was left out."""
        return len(self.data.y) == len(self.maker.data.y)

    @property
    def used(self) -> str:
        """What a deadline left out of the observations, in words."""
        return "" if self.whole else f"{len(self.data.y)} of {len(self.maker.data.y)} measured numbers were used before the deadline"

    @property
    def answering(self) -> float:
        """Seconds that writing the answer takes beside fixed costs: 0 without a deadline."""
        if self.deadline.endless:
            return 0.0
        return ANSWER * self.objective.pace.seconds.get("value", 0.0) + 0.05 * self.maker.seconds * self.data.count


def prepare(
    model: Model, observations: Columns, unknowns: Sequence[str], noise: Noise, prior: Prior | None, at: Fixed | None,
    deadline_ms: float | None, work: float = WORK,
) -> Query:  # fmt: skip
    """Check everything and contract the known axes once. Raises as observe.read does.

    With a deadline as many of the observations are used as leave time for the search: `work` evaluations, in units of the time that
    one setting takes with the observations used.
    """
    deadline = Deadline(deadline_ms)
    if not unknowns or len(set(unknowns)) != len(unknowns):
        raise InputError("name each unknown input once, and at least one")
    data = read(model, observations, unknowns, noise, at)
    maker = Maker(model, [model.axis_index(name) for name in unknowns], data, prior, deadline)
    return maker.query(data.count) if deadline.endless else maker.affordable(work)


@dataclass
class Maker:
    """Queries on all or some of the observations."""

    model: Model
    sought: list[int]
    data: Observations
    prior: Prior | None
    deadline: Deadline
    seconds: float = 0.0  # per observation, of making a query

    def query(self, points: int) -> Query:
        """On about that many observed points; times itself."""
        begun = self.deadline.elapsed_ms
        data = self.data if points >= self.data.count else self.data.thinned(points)
        axes = tuple(self.model.axes[d] for d in self.sought)
        operator = forward(self.model, self.sought, data)
        made = Query(axes, data, Objective(axes, operator, data, self.prior, Pace(self.deadline)), operator, self.deadline, self)
        self.seconds = (self.deadline.elapsed_ms - begun) / 1000.0 / points
        return made

    def affordable(self, work: float) -> Query:
        """As many observations as leave time for `work`; found by making larger and larger ones."""
        size = self.data.count if self.data.count <= 4 * PROBE else PROBE
        while True:
            made = self.query(size)
            least = self.data.count if made.objective.compressed else int(size * self.speed(made.objective, work))
            wanted = min(self.data.count, 16 * size, least, int(SETUP * self.deadline.left / self.seconds))
            if wanted < min(2 * size, self.data.count) or size == self.data.count:
                return made
            size = wanted

    def speed(self, objective: Objective, work: float) -> float:
        """How many times more observations could be used."""
        z = points(PROBED, len(objective.axes))
        begun = self.deadline.elapsed_ms
        try:
            objective.value(z[:1])
            count = objective.pace.affordable("value", PROBING, PROBED)
            if count > 1:
                objective.value(z[1:count])
        except OutOfTime:
            return 0.0
        seconds = (self.deadline.elapsed_ms - begun) / 1000.0 / count
        return SEARCH * self.deadline.left / (work * seconds)


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
    query.deadline.reserve = query.answering + (0.0 if query.whole else REFINING * query.deadline.left)
    found = search(query, starts, seed)
    query, ends, kept = refined(query, *found)
    query.deadline.reserve = 0.0
    return _answer(model, query, ends, kept)


def search(query: Query, count: int | None, seed: int) -> tuple[Descent, NDArray[np.int64]]:
    """Ends of all descents and the indices of the distinct modes, best first.

    `count` starts, or as many as the modes found call for: 64 first, more while new modes are expected. At the deadline, the best so
    far.
    """
    found = Ends(query.objective)
    with suppress(OutOfTime):
        _search(query, count, seed, found)
    if found.ends is None:
        found.take(_lowest(query.objective))
    assert found.ends is not None
    return found.ends, found.kept


class Ends:
    """Ends of the descents so far and the indices of the distinct modes among them; the lowest alone until they are compared."""

    def __init__(self, objective: Objective) -> None:
        self.objective, self.ends = objective, None
        self.kept: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    ends: Descent | None

    def take(self, more: Descent) -> None:
        self.ends = more if self.ends is None else together(self.ends, more)
        lowest = int(self.ends.energy.argmin())
        if not len(self.kept) or self.ends.energy[lowest] < self.ends.energy[self.kept[0]]:
            self.kept = np.array([lowest])

    def compare(self) -> None:
        o, e = self.objective, self.ends
        assert e is not None
        self.kept = distinct(o, o.value, e.z, e.energy, e.converged, BAND, o.movable)


def _search(query: Query, count: int | None, seed: int, found: Ends) -> None:
    objective, deadline = query.objective, query.deadline
    levels = np.array([a.basis.n_spans if a.kind == "categorical" else 0 for a in query.axes])
    scan, groups = starts(objective.value, _scanned(query, count or 0), levels, seed)
    deadline.restart()
    first, batch = 0, count or min(FIRST * groups, MOST_AT_ONCE)
    while found.ends is None or (count is None and not enough(first, len(found.kept)) and first < len(scan) and deadline.allows()):
        batch = objective.pace.affordable("value", DESCENT, batch)
        found.take(descend(
            objective, scan[first : first + batch], rounds=ROUNDS, deadline=deadline, band=BAND, thin=True,
            best=np.inf if found.ends is None else float(found.ends.energy.min()),
        ))  # fmt: skip
        first += batch
        found.compare()
        batch = min(2 * first, MOST_AT_ONCE)
    if count is None:
        _along_valleys(query, found)


def _along_valleys(query: Query, found: Ends) -> None:
    """Starts on both sides of every mode along its softest direction: minima behind one another in a narrow valley have small basins."""
    deadline = query.deadline
    looked_at = np.empty((0, len(query.axes)))
    deadline.restart()
    for _ in range(VALLEYS):
        assert found.ends is not None
        z, curvature = found.ends.z[found.kept], found.ends.curvature[found.kept]
        new = np.array([not len(looked_at) or np.abs(looked_at - q).max(axis=1).min() > VALLEY_SAME for q in z])
        if not new.any() or not query.objective.movable.any() or not deadline.allows():
            return
        looked_at = np.concatenate([looked_at, z[new]])
        begin = np.concatenate([z[new], beside(z[new], curvature[new], query.objective.movable)])
        best = float(found.ends.energy.min())
        found.take(descend(query.objective, begin, rounds=ROUNDS, deadline=deadline, band=BAND, thin=True, best=best))
        found.compare()


def beside(z: Floats, curvature: Floats, movable: NDArray[np.bool_]) -> Floats:
    """Points [8 m, U] before and behind z [m, U] along the softest direction, some standard deviations away, inside the box."""
    rows = np.flatnonzero(movable)
    size, vectors = np.linalg.eigh(curvature[:, rows[:, None], rows])
    deviation = 1.0 / np.sqrt(np.maximum(np.abs(size[:, :1]), 1.0))
    away = np.zeros((len(z), len(BESIDE), z.shape[1]))
    away[:, :, rows] = np.array(BESIDE)[:, None] * (deviation * vectors[:, :, 0])[:, None]
    return np.asarray(np.clip(z[:, None] + away, 0.0, 1.0).reshape(-1, z.shape[1]))


def refined(query: Query, ends: Descent, kept: NDArray[np.int64]) -> tuple[Query, Descent, NDArray[np.int64]]:
    """The modes walked down again on more of the observations, where a deadline left some out and time is left."""
    deadline, seconds = query.deadline, query.objective.pace.seconds
    deadline.reserve = query.answering
    if query.whole or "local" not in seconds or not ends.converged[kept].any():
        return query, ends, kept
    each = SETUP_SLOWER * query.maker.seconds + REFINE_ROUNDS * len(kept) * seconds["local"] / query.data.count
    size = min(query.maker.data.count, int(0.7 * deadline.left / each))
    if size < 2 * query.data.count:
        return query, ends, kept
    more = query.maker.query(size)
    deadline.reserve = more.answering
    found = Ends(more.objective)
    deadline.restart()
    with suppress(OutOfTime):
        found.take(descend(more.objective, ends.z[kept], rounds=ROUNDS, deadline=deadline, band=BAND))
        found.compare()
    return (query, ends, kept) if found.ends is None else (more, found.ends, found.kept)


def _scanned(query: Query, count: int) -> int:
    """Points to scan: a power of two that a small part of the time is enough for."""
    if query.deadline.endless:
        return max(SCAN, count)
    query.objective.value(points(PROBED, len(query.axes)))
    most = query.objective.pace.affordable("value", SCANNING, SCAN)
    return max(1 << (most.bit_length() - 1), FEWEST, count)


def _lowest(objective: Objective) -> Descent:
    """The lowest point seen, where no descent has ended; its slope and curvature are the only ones worked out."""
    objective.pace.seconds.pop("local", None)  # one point always comes
    if objective.lowest is None:
        objective.lowest = np.full(len(objective.axes), 0.5), np.inf
    z = objective.lowest[0][None]
    return Descent(z, *objective(z), np.zeros(1, dtype=bool))


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
    try:
        blind = unseen(
            [a.name for a in query.axes], z[0], objective.lower, objective.width, objective.information(z[0]), objective.movable,
            objective.value,
        )  # fmt: skip
    except OutOfTime:
        blind = ()
    return Estimate(
        _status(query, ends, kept), query.axes, x, "; ".join([*(b.words for b in blind), *([query.used] if query.used else [])]), None,
        log_density=ends.energy[kept[0]] - ends.energy[kept],
        covariance=np.stack([covariance(objective, q, h) for q, h in zip(z, ends.curvature[kept], strict=True)]),
        misfit=np.square(r).sum(axis=1), rows=len(query.data.y), unseen=blind,
        curvature=ends.curvature[kept], box=dict(zip((a.name for a in query.axes), map(float, objective.width), strict=True)), model=model,
    )  # fmt: skip


def _status(query: Query, ends: Descent, kept: NDArray[np.int64]) -> Status:
    deadline = query.deadline
    if deadline.stopped or deadline.passed or not query.whole:
        return Status.DEADLINE
    if ends.converged[kept[0]]:
        return several(len(kept))
    return Status.NOT_CONVERGED if deadline.endless else Status.DEADLINE
