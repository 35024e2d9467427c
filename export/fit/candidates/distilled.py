"""The candidate that learns from a stack of Gaussian processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
from ..data.samples import Samples, margin
from ..data.scope import Scope
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


def distilled(scope: Scope, stack: Stack, max_parameters: int) -> Candidate:
    """The student of `stack` on all rows; its out-of-fold predictions are those of students whose
    teachers never saw the fold, or without refits what it would say were it moved as its teachers
    are.

    Raises OutOfTime when the time is up.
    """
    begin, samples = now(), scope.samples
    outputs = stack.first.outputs
    scale = LinearScale.of(outputs, samples.y)
    taught = _Taught.of(scope, stack, scale, max_parameters)
    scope.budget.require()
    predicted = taught.without_folds(scope) if scope.effort.refits else taught.moved(samples, stack)
    student, rows = taught.student, scope.folds.rows
    whole = len(rows) == len(samples.y)
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
        {
            "teacher_error": stack.error(samples),
            "distance": student.distance,
            "tried": student.tried,
        },
        None,
        _mover(student, taught.training, stack, scale) if len(samples.x) <= MOVED_ROWS else None,
        samples.weight_of(rows),
    )


@dataclass(frozen=True, eq=False)
class _Taught:
    """A student, the points it was trained at, the rows first, and the answers [M, K, 1 + A] of its
    teachers there in units of the scale: those of all rows, and where there are refits those
    without each of the A folds."""

    student: Distilled
    training: TrainingPoints
    answers: Floats
    scale: LinearScale

    @classmethod
    def of(cls, scope: Scope, stack: Stack, scale: LinearScale, max_parameters: int) -> _Taught:
        """The student of at most so many parameters that stays as near as its teachers err."""
        samples, folds, effort = scope.samples, scope.folds, scope.effort
        rng = np.random.default_rng([scope.seed, STUDENT_STREAM])
        error = stack.error(samples)
        lost = (LOST if stack.forest is None else LOST_OF_FOREST) * error
        x, taken, back, training = _training(samples, schedule_for(lost, effort).points, rng)
        answers = stack.values(x, folds if effort.refits else None, scope.budget.part(VALUES))
        target = _linear(scale.outputs, answers, samples.y)
        target = (target - scale.centre[:, None]) / scale.spread[:, None]
        student = distil(
            training,
            target[taken, :, 0],
            target[back, :, 0],
            teacher_bases(stack.processes, samples, RESOLVED * error, linear=crowded(samples)),
            rng,
            tolerance=lost,
            max_parameters=max_parameters,
            n_refits=len(folds.judged) if effort.refits else 0,
            budget=scope.budget,
            watch=scope.reporter.say,
            effort=effort,
        )
        return cls(student, training, target[taken], scale)

    def without_folds(self, scope: Scope) -> Floats:
        """Predictions [N, K] by students whose teachers never saw the fold of a row."""
        samples, folds = scope.samples, scope.folds
        held = [np.flatnonzero(folds.unseen(fold)) for fold in folds.judged]
        moves = refits(self.student, self.training, self.answers[:, :, 1:], held, scope.budget)
        predicted = np.empty_like(samples.y)
        for f, fold in zip(moves, folds.judged, strict=True):
            rows = folds.held(fold)
            predicted[rows] = self.scale.unscaled(f.predict(samples.x[rows]))
        return predicted

    def moved(self, samples: Samples, stack: Stack) -> Floats:
        """Predictions [N, K] of the student moved by what its teachers say without the fold of a
        row."""
        moved_by = _linear(self.scale.outputs, stack.held_out[:, :, None], samples.y)[:, :, 0]
        moved_by = (moved_by - self.scale.centre) / self.scale.spread
        moved_by = moved_by - self.answers[: len(samples.x), :, 0]
        return self.scale.unscaled(self.student.f.predict(samples.x) + moved_by)


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
