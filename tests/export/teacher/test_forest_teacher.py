"""A forest beside the processes of a stack: where it joins, and that its folds are honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import OutOfTime, TimeBudget
from sna_export.fit.data.folds import Folds
from sna_export.fit.data.held_together import folds_of
from sna_export.fit.data.samples import Samples
from sna_export.fit.data.scope import Scope
from sna_export.teacher.forest_teacher import ForestTeacher
from sna_export.teacher.stack import FOREST, Stack, best_stack, teachers, with_forest

Floats = NDArray[np.float64]
RNG = np.random.default_rng(0)
X = np.exp(1.5 * RNG.standard_normal((200, 3)))
"""Most rows in a corner, some far off."""
NOISE = 0.2 * RNG.standard_normal(200)


def steps(x: Floats) -> Floats:
    return np.asarray(1.0 * (x[:, 0] > 0.8) + (x[:, 1] > 1.1) * (x[:, 2] > 0.6))


ROUGH = Samples.of(X, steps(X) + NOISE)
FOLDS = folds_of(ROUGH, 6, 0)


def scope(samples: Samples, budget: TimeBudget | None = None) -> Scope:
    return Scope(samples, FOLDS, 0, budget or TimeBudget())


def smooth(samples: Samples) -> Stack:
    return best_stack(samples, teachers(scope(samples), ("identity",), TimeBudget()))


@pytest.fixture(scope="module")
def joined() -> tuple[Stack, Stack]:
    before = smooth(ROUGH)
    return before, with_forest(scope(ROUGH), before)


def test_it_joins_where_steps_are(joined: tuple[Stack, Stack]) -> None:
    before, after = joined
    assert after.forest is not None and 0.2 < after.share <= 1.0
    assert after.error(ROUGH) < 0.97 * before.error(ROUGH)
    assert after.name.endswith(f" and {after.share:.2f} of a forest, link identity")


def test_it_stays_away_from_smooth_tables_and_where_there_is_no_time() -> None:
    samples = Samples.of(np.log(X), np.log(X[:, 0]) * np.log(X[:, 1]))
    before = smooth(samples)
    assert with_forest(scope(samples), before) is before
    budget = TimeBudget(0.0)
    assert with_forest(scope(ROUGH, budget), before) is before and budget.cut == [FOREST]
    wide = Samples.of(np.tile(X, 4)[:, :10], ROUGH.y)
    for other in (ROUGH.take(np.arange(23)), wide):
        assert with_forest(scope(other), before) is before


def test_answers_without_a_fold_are_the_held_out_ones(joined: tuple[Stack, Stack]) -> None:
    after = joined[1]
    answers = after.values(ROUGH.x, FOLDS)
    assert answers.shape == (200, 1, 7)
    for fold in FOLDS.judged:
        rows = FOLDS.held(fold)
        np.testing.assert_allclose(answers[rows, :, 1 + fold], after.held_out[rows], atol=1e-6)


def test_a_fold_does_not_know_its_rows() -> None:
    mine = FOLDS.held(0)
    y = ROUGH.y.copy()
    y[mine] = y[mine][::-1]  # mean and spread stay
    before, after = (
        ForestTeacher.of(s, FOLDS, 8, 0).values(X, FOLDS) for s in (ROUGH, replace(ROUGH, y=y))
    )
    np.testing.assert_allclose(before[:, :, 1], after[:, :, 1], atol=1e-12)
    assert np.abs(before[:, :, 2] - after[:, :, 2]).max() > 0.01


def test_later_rows_are_told_from_earlier_ones() -> None:
    folds = Folds(np.arange(200) // 40 - 1, forward=True)
    teacher = ForestTeacher.of(ROUGH, folds, 8, 0)
    assert np.isnan(teacher.held_out[:40]).all() and np.isfinite(teacher.held_out[40:]).all()
    told = teacher.values(X, folds)
    of_all = teacher.forest.values(X)[:, :, -1]
    np.testing.assert_allclose(told[:, :, 0], teacher.centre + teacher.spread * of_all)


def test_on_more_rows_it_grows_again(joined: tuple[Stack, Stack]) -> None:
    part = ROUGH.take(np.arange(120)).over(ROUGH)
    teacher = ForestTeacher.of(part, folds_of(part, 6, 0), 8, 0)
    missed = [
        np.mean((t.values(X[120:])[:, :, 0] - ROUGH.y[120:]) ** 2)
        for t in (teacher, teacher.on(ROUGH))
    ]
    assert missed[1] < 0.7 * missed[0]
    with pytest.raises(OutOfTime):
        teacher.values(X, None, TimeBudget(0.0))
    assert joined[1].on(ROUGH).forest is not joined[1].forest
