"""A teacher made small: a separable function with few modes fitted to its predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis
from sna_edge.numerics.time_budget import TimeBudget, now

from ..fit.data.row_blocks import Rows
from ..fit.effort import NORMAL, Effort
from ..fit.engine.als import sweep
from ..fit.engine.factors import SeparableFunction
from ..fit.engine.gauss_newton import levenberg_marquardt
from ..fit.engine.initialization import grown, mode_sets, random_start
from ..fit.engine.penalty import components

Floats = NDArray[np.float64]
SMOOTH_TOLERANCE = 1e-2
"""Tolerance (share of the spread) below which a teacher is smooth."""


@dataclass(frozen=True)
class Schedule:
    """How to train a student: ranks in turn, fixed penalty strength, joint steps of a rank, and
    sweeps before them, the most parameters that are solved for all at once (larger students are
    swept axis by axis alone), and training points.

    A larger rank is kept only where it lowers the distance on the check points to the share `gain`.
    """

    ranks: tuple[int, ...]
    strength: float
    steps: int
    sweeps: int
    gain: float
    together: int
    points: int


FOR_SMOOTH = Schedule((1, 3, 6, 10, 16, 24), 1e-9, 40, 0, 0.8, 2200, 4000)
FOR_NOISY = Schedule((1, 2, 4, 16, 32), 1e-6, 20, 20, 0.95, 700, 8000)
FIRST = 3
"""Smaller ranks are skipped where one of at least FIRST modes fits the size."""
STUDENT_STEPS, STUDENT_SWEEPS = 4, 12
"""Fewer sweeps would leave the refits near the student that saw all rows: with 6 their errors came
out a sixth too small."""


def schedule_for(tolerance: float, effort: Effort = NORMAL) -> Schedule:
    """By how near (share of the spread) the student must come to its teacher."""
    usual = FOR_SMOOTH if tolerance < SMOOTH_TOLERANCE else FOR_NOISY
    return replace(
        usual,
        ranks=effort.ladder or usual.ranks,
        steps=round(effort.steps * usual.steps),
        points=round(effort.points * usual.points),
    )


@dataclass(frozen=True, eq=False)
class TrainingPoints:
    """Training points x [M, D], weight [M], and points kept back for checking [M', D]."""

    x: Floats
    weight: Floats
    check: Floats


@dataclass(frozen=True, eq=False)
class Distilled:
    """The student, its RMS distance from the teacher on the check points, and (rank, parameters,
    distance) tried."""

    f: SeparableFunction
    distance: float
    tried: list[tuple[int, int, float]]
    schedule: Schedule


def distil(
    training: TrainingPoints,
    target: Floats,
    check: Floats,
    bases: Sequence[SpanBasis],
    rng: np.random.Generator,
    *,
    tolerance: float,
    max_parameters: int,
    n_refits: int = 0,
    budget: TimeBudget | None = None,
    watch: Callable[[str], None] | None = None,
    effort: Effort = NORMAL,
) -> Distilled:
    """Grow the rank until the distance on the check points falls below `tolerance`, stops falling,
    or size or time run out: no rank is begun that could not be trained, and its `n_refits` moved
    on, in the time left.

    target [M, K] and check [M', K]: the teacher on the points of `training`, in units of its
    spread.
    """
    budget = budget or TimeBudget()
    schedule = schedule_for(tolerance, effort)
    f: SeparableFunction | None = None
    best: Distilled | None = None
    tried: list[tuple[int, int, float]] = []
    spent = 0.0
    for rank in _ladder(schedule, bases, max_parameters):
        begin = now()
        if best is not None and budget.lacks(spent * _cost(rank / best.f.rank, schedule, n_refits)):
            break
        wider = _wider(f, bases, rank, target.shape[1], rng)
        rows = Rows(wider.bases, training.x, target, training.weight)
        f = trained(wider, rows, schedule, schedule.steps, schedule.sweeps, budget)
        distance = float(np.sqrt(np.mean((f.predict(training.check) - check) ** 2)))
        spent = now() - begin
        tried.append((rank, f.parameters, distance))
        if watch:
            watch(f"student of rank {rank}: {distance:.2e} sigma from its teacher")
        if best is not None and distance > schedule.gain * best.distance:
            break
        best = Distilled(f, distance, tried, schedule)
        if distance <= tolerance or budget.over():
            break
    assert best is not None
    return best


def _ladder(schedule: Schedule, bases: Sequence[SpanBasis], max_parameters: int) -> list[int]:
    """The ranks whose tables fit into `max_parameters`, from the first of at least FIRST modes (or
    the largest) on."""
    each = sum(b.n_rows for b in bases)
    fitting = [r for r in schedule.ranks if r * each <= max_parameters] or [1]
    return [r for r in fitting if r >= min(FIRST, fitting[-1])]


def _cost(wider: float, schedule: Schedule, n_refits: int) -> float:
    """Time to train `wider` times as many modes and to move them on, over the time the last rank
    took."""
    share = (STUDENT_STEPS + STUDENT_SWEEPS) / (schedule.steps + schedule.sweeps)
    return wider**2 * (1.0 + n_refits * share)


def _wider(
    f: SeparableFunction | None,
    bases: Sequence[SpanBasis],
    rank: int,
    n_outputs: int,
    rng: np.random.Generator,
) -> SeparableFunction:
    if f is None:
        return random_start(bases, mode_sets(len(bases), rank), n_outputs, rng)
    return grown(f, mode_sets(len(bases), rank - (f.rank - 1)), rng)


def trained(
    f: SeparableFunction,
    rows: Rows,
    schedule: Schedule,
    steps: int,
    sweeps: int,
    budget: TimeBudget | None,
    *,
    extrapolate: bool = False,
) -> SeparableFunction:
    """f moved towards the targets of `rows`: `sweeps` axis by axis, then `steps` of all axes where
    f is small enough."""
    parts = components(f)
    strengths = np.full(len(parts), schedule.strength)
    if sweeps:
        f = sweep(
            f,
            rows,
            range(len(f.tables)),
            parts=parts,
            strengths=strengths,
            sweeps=sweeps,
            tolerance=2e-3,
            budget=budget,
            extrapolate=extrapolate,
        )
    if f.parameters > schedule.together:
        return f
    return levenberg_marquardt(
        f,
        rows,
        strengths=strengths,
        adapt=False,
        steps=steps,
        tolerance=3e-3,
        budget=budget,
        leverages=False,
    ).f


def refits(
    student: Distilled,
    training: TrainingPoints,
    targets: Floats,
    held: Sequence[NDArray[np.int64]] = (),
    budget: TimeBudget | None = None,
) -> list[SeparableFunction]:
    """The student moved on to each of the teachers `targets` [M, K, A]: the same chain for teachers
    that saw fewer rows.

    `held[a]`: training points left out for teacher a, so that the student is judged away from where
    it was trained. Raises OutOfTime where there is no time for a refit.
    """

    def one(a: int) -> SeparableFunction:
        if budget is not None:
            budget.require()
        weight = training.weight.copy()
        if held:
            weight[held[a]] = 0.0
        return moved(
            student, TrainingPoints(training.x, weight, training.check), targets[:, :, a], budget
        )

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(targets.shape[2])))


def moved(
    student: Distilled, training: TrainingPoints, target: Floats, budget: TimeBudget | None = None
) -> SeparableFunction:
    """The student moved on to a teacher that answers `target` [M, K] at the training points."""
    sweeps = STUDENT_SWEEPS if student.f.parameters > student.schedule.together else 0
    rows = Rows(student.f.bases, training.x, target, training.weight)
    return trained(
        student.f, rows, student.schedule, STUDENT_STEPS, sweeps, budget, extrapolate=True
    )
