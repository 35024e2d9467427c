"""Rows held out of a whole fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.fit import fit_arrays
from sna_export.fit.data.samples import Samples
from sna_export.fit.validation.holdout import held_out, share_range

RNG = np.random.default_rng(2)
X = RNG.random((200, 2))
Y = 2.0 * X[:, 0] + 0.1 * RNG.normal(size=200)
ROWS = Samples.of(X, Y)
GROUP = np.repeat(np.arange(20), 10)


def test_a_share_of_the_rows_is_held_out_and_equal_rows_stay_together() -> None:
    assert held_out(ROWS, "15%", 0).rows.sum() == held_out(ROWS, 0.15, 0).rows.sum()
    assert held_out(ROWS, "15%", 0).rows.sum() == pytest.approx(30, abs=2)
    twice = Samples.of(np.repeat(X, 2, axis=0), np.repeat(Y, 2))
    rows = held_out(twice, "20%", 0).rows
    assert np.array_equal(rows[::2], rows[1::2]) and rows.sum() == pytest.approx(80, abs=4)


def test_whole_groups_or_the_last_rows_are() -> None:
    grouped = replace(ROWS, group=GROUP)
    for asked in ("groups", "20%"):
        found = held_out(grouped, asked, 0)
        assert found.how == "4 of 20 groups" and found.rows.sum() == 40
        assert not set(GROUP[found.rows]) & set(GROUP[~found.rows])
    assert np.flatnonzero(held_out(ROWS, "last", 0).rows).tolist() == list(range(160, 200))
    timed = replace(ROWS, time=np.arange(200.0)[::-1].copy())
    assert np.flatnonzero(held_out(timed, "10%", 0).rows).tolist() == list(range(20))


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ("groups", "name the column of the groups"),
        ("20", "'20' is no share of the rows; write 20%"),
        ("first", "'first' is no share"),
        ("1%", "holds out 2 and leaves 198 of 200 rows"),
    ],
)
def test_what_is_no_holdout_is_refused(asked: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        held_out(ROWS, asked, 0)


def test_the_model_is_that_of_the_other_rows() -> None:
    """An error in a row held out changes the figures and not the model."""
    rows = held_out(ROWS, "20%", 0).rows
    wrong = Y.copy()
    wrong[np.flatnonzero(rows)[0]] += 100.0
    right, other = (fit_arrays(X, y, holdout="20%") for y in (Y, wrong))
    said = right.report["holdout"]["outputs"]["y"]
    assert said["rmse"] == pytest.approx(0.1, rel=0.3) and said["r2"] > 0.9
    assert said["range"][0] < said["coverage"] < said["range"][1]
    assert other.report["holdout"]["outputs"]["y"]["rmse"] > 10.0
    np.testing.assert_array_equal(right.model(X[:5]), other.model(X[:5]))
    assert right.report["rows"] + right.report["holdout"]["rows"] == 200


def test_rows_outside_the_domain_of_the_others_are_counted() -> None:
    x = np.c_[np.arange(200.0), X[:, 1]]
    found = fit_arrays(x, x[:, 0] + Y, holdout="last").report["holdout"]
    assert found["outside"] == 40 and found["outputs"] == {}


def test_rows_of_groups_leave_a_wider_range() -> None:
    inside = np.repeat(RNG.random(30) < 0.8, 20)
    low, high = share_range(inside)
    wide = share_range(inside, np.repeat(np.arange(30), 20))
    assert wide[0] < low < high < wide[1]
    low, high = share_range(np.arange(100) < 90)  # the published example: 0.825 .. 0.944
    assert (round(low, 3), round(high, 3)) == (0.826, 0.945)


def test_few_groups_without_a_miss_say_little_where_groups_differ() -> None:
    """Three groups of twenty rows, all inside: at most as much as 60 rows, at least as three."""
    inside, group = np.ones(60, dtype=bool), np.repeat(np.arange(3), 20)
    free, few = share_range(inside, group), share_range(inside, group, 0.9)
    assert free[0] == pytest.approx(0.94, abs=0.01)
    assert share_range(inside[:3])[0] < few[0] < 0.6 and few[1] == pytest.approx(1.0)
    single = share_range(inside[:20], group[:20], 1.0)
    assert single == pytest.approx(share_range(inside[:1]))


def test_a_fit_with_groups_that_differ_gives_the_range_of_whole_groups() -> None:
    offset = 0.3 * np.random.default_rng(0).normal(size=20)[GROUP]
    found = fit_arrays(X, Y + offset, groups=GROUP, holdout="groups", plain=True).report["holdout"]
    said = found["outputs"]["y"]
    assert said["coverage"] == 1.0 and said["range"][0] < 0.7  # of 40 free rows: 0.91
