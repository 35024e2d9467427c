"""Folds of whole groups, and forward in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sna_export.fit.data.folds import SEEN
from sna_export.fit.data.held_together import dealt, folds_of, last_share, when
from sna_export.fit.data.samples import Samples

RNG = np.random.default_rng(0)
ROWS = Samples.of(RNG.random((120, 2)), RNG.random(120))
GROUP = np.repeat(np.arange(12), 10)


def test_a_group_is_in_one_fold_and_folds_are_even() -> None:
    group = RNG.integers(0, 40, 900)
    fold = dealt(group, 6, 0)
    assert all(len(set(fold[group == g])) == 1 for g in range(40))
    assert np.bincount(fold).min() > 100
    assert not np.array_equal(fold, dealt(group, 6, 1))
    assert len(set(dealt(group % 4, 6, 0))) == 4


def test_forward_nothing_later_is_seen() -> None:
    time = RNG.permutation(120).astype(float)
    folds = folds_of(replace(ROWS, time=time), 6, 0)
    assert folds.judged == list(range(6)) and (folds.number == SEEN).sum() == 48
    for fold in folds.judged:
        assert time[~folds.unseen(fold)].max() < time[folds.held(fold)].min()
    assert folds.one == [5]


def test_rows_of_one_time_and_whole_groups_stay_together_in_time() -> None:
    time = np.floor(np.arange(120) / 7.0)
    number = folds_of(replace(ROWS, time=time), 6, 0).number
    assert all(len(set(number[time == t])) == 1 for t in time)
    both = replace(ROWS, time=np.arange(120.0)[::-1].copy(), group=GROUP)
    assert when(both)[0] == 110.0
    number = folds_of(both, 6, 0).number
    assert all(len(set(number[g == GROUP])) == 1 for g in range(12)) and number[0] == 5
    last = last_share(when(both), 0.15)
    assert last.sum() == 20 and last[:20].all()


def test_without_either_equal_rows_share_a_fold() -> None:
    x = np.repeat(ROWS.x, 2, axis=0)
    number = folds_of(Samples.of(x, np.arange(240.0)), 6, 0).number
    assert np.array_equal(number[::2], number[1::2])


def test_rows_keep_their_group_when_some_are_taken() -> None:
    part = replace(ROWS, group=GROUP, time=np.arange(120.0)).take(np.array([0, 15, 119]))
    assert part.group is not None and part.time is not None
    assert part.group.tolist() == [0, 1, 11] and part.time.tolist() == [0.0, 15.0, 119.0]
