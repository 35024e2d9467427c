"""The candidate that learns from a stack of Gaussian processes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.output import Output
from sna_edge.numerics.time_budget import TimeBudget, now

from ...teacher.distil import (
    Distilled,
    TrainingPoints,
    distil,
    moved,
    refits,
    schedule_for,
)
from ...teacher.resolution import teacher_bases
from ...teacher.stack import Stack, crowded
from ...teacher.training_points import training_points
from ..data.folds import Folds
from ..data.samples import Samples, margin
from ..effort import NORMAL, Effort
from ..engine.factors import SeparableFunction
from .candidate import Candidate
from .linear_scale import LinearScale

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STUDENT_STREAM = 7
"""Added to the seed of the training points."""
CHECKS = 800
LOST, LOST_OF_FOREST = 0.3, 0.2
"""A student may stay this share of the teacher's own error away from it: 4 % in quadrature, 2 %
where a forest teaches, whose steps cost modes."""
RESOLVED = 0.08
"""The same for what the bases cannot show of a draw of the kernel."""
MOVED_ROWS = 3000
"""Rows up to which a confirmed student is trained once more by teachers that also saw the held-out
rows."""
VALUES = 0.5
"""Share of the time left that the teachers' answers may take."""


def distilled(
    samples: Samples,
    stack: Stack,
    folds: Folds,
    seed: int,
    max_parameters: int,
    budget: TimeBudget,
    watch: Callable[[str], None] | None = None,
    effort: Effort = NORMAL,
) -> Candidate:
    """The student of `stack` on all rows; its out-of-fold predictions are those of students whose
    teachers never saw the fold, or without refits what it would say were it moved as its teachers
    are.

    Raises OutOfTime when the time is up.
    """
    begin = now()
    outputs = stack.first.outputs
    scale = LinearScale.of(outputs, samples.y)
    rng = np.random.default_rng([seed, STUDENT_STREAM])
    error = stack.error(samples)
    lost = LOST if stack.forest is None else LOST_OF_FOREST
    x, taken, back, training = _training(samples, schedule_for(lost * error, effort).points, rng)
    without = [np.flatnonzero(folds.unseen(fold)) for fold in folds.judged]
    answers = stack.values(x, folds if effort.refits else None, budget.part(VALUES))
    target = _linear(outputs, answers, samples.y)
    target = (target - scale.centre[:, None]) / scale.spread[:, None]
    student = distil(
        training,
        target[taken, :, 0],
        target[back, :, 0],
        teacher_bases(stack.processes, samples, RESOLVED * error, linear=crowded(samples)),
        rng,
        tolerance=lost * error,
        max_parameters=max_parameters,
        n_refits=len(without) if effort.refits else 0,
        budget=budget,
        watch=watch,
        effort=effort,
    )
    budget.require()
    if effort.refits:
        moves = refits(student, training, target[taken][:, :, 1:], without, budget)
        predicted = np.empty_like(samples.y)
        for f, fold in zip(moves, folds.judged, strict=True):
            rows = folds.held(fold)
            predicted[rows] = scale.unscaled(f.predict(samples.x[rows]))
    else:
        moved_by = _linear(outputs, stack.held_out[:, :, None], samples.y)[:, :, 0]
        moved_by = (moved_by - scale.centre) / scale.spread - target[: len(samples.x), :, 0]
        predicted = scale.unscaled(student.f.predict(samples.x) + moved_by)
    rows, whole = folds.rows, len(folds.rows) == len(samples.y)
    return Candidate(
        f"student of rank {student.f.rank - 1} of {stack.name}",
        "teacher",
        student.f,
        outputs,
        scale.centre,
        scale.spread,
        rows,
        samples.y if whole else samples.y[rows],
        predicted if whole else predicted[rows],
        now() - begin,
        {"teacher_error": error, "distance": student.distance, "tried": student.tried},
        None,
        _mover(student, training, stack, scale) if len(samples.x) <= MOVED_ROWS else None,
        samples.weight_of(rows),
    )


def _training(
    samples: Samples, count: int, rng: np.random.Generator
) -> tuple[Floats, Ints, Ints, TrainingPoints]:
    """The rows and `count` points more [M, D], those to train on and some CHECKS kept back, and
    both as training points."""
    x, weight = training_points(
        samples.x, samples.n_levels, count + CHECKS, rng, mixed=crowded(samples)
    )
    back = len(samples.x) + np.flatnonzero(np.arange(count + CHECKS) % (1 + count // CHECKS) == 0)
    taken = np.setdiff1d(np.arange(len(x)), back)
    return x, taken, back, TrainingPoints(x[taken], weight[taken], x[back])


def _mover(
    student: Distilled, training: TrainingPoints, stack: Stack, scale: LinearScale
) -> Callable[[Samples, TimeBudget], SeparableFunction]:
    """What moves the student on to the teachers of other rows."""

    def on_rows(samples: Samples, budget: TimeBudget) -> SeparableFunction:
        answers = stack.on(samples).values(training.x, None, budget)
        again = _linear(scale.outputs, answers, samples.y)
        return moved(student, training, (again[:, :, 0] - scale.centre) / scale.spread, budget)

    return on_rows


def _linear(outputs: tuple[Output, ...], y: Floats, measured: Floats) -> Floats:
    """Linear parts of the teacher's values [M, K, A], kept inside the range of the link near the
    measured values."""
    columns = []
    for k, output in enumerate(outputs):
        column = y[:, k]
        if output.link == "exp":
            column = np.maximum(column, 0.2 * float(measured[:, k].min()))
        elif output.link == "logistic":
            column = np.clip(column, margin(measured[:, k]), 1.0 - margin(1.0 - measured[:, k]))
        columns.append(output.linear_of(column))
    return np.stack(columns, axis=1)
