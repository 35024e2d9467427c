"""Fits whose rows are held out by group or forward in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.fit import FitResult, fit, fit_arrays
from sna_export.fit.data.samples import Samples
from sna_export.fit.validation.held_rows import kept_out, split
from sna_export.table import Table

RNG = np.random.default_rng(4)
GROUP = np.repeat(np.arange(14), 9)
X = RNG.random((len(GROUP), 2))
OFFSET = np.random.default_rng(5).normal(size=14)
Y = 3.0 * X[:, 0] + 0.5 * OFFSET[GROUP] + 0.05 * RNG.normal(size=len(GROUP))
TABLE = Table.of({"a": X[:, 0], "b": X[:, 1], "lot": [f"L{g}" for g in GROUP], "y": Y})


@pytest.fixture(scope="module")
def grouped() -> FitResult:
    return fit(TABLE, ["y"], groups="lot")


def test_errors_are_those_of_a_new_group(grouped: FitResult) -> None:
    """The offset of a group counts; it does not where rows of the group were seen through an input
    that tells groups apart."""
    assert "lot" not in grouped.model.input_names
    part = grouped.report["groups"]["y"]
    assert 0.3 < part["between"] < 0.8 and 0.04 < part["within"] < 0.12
    telling = np.c_[X[:, 0], GROUP + 0.01 * X[:, 1]]
    free, held = fit_arrays(telling, Y), fit_arrays(telling, Y, groups=GROUP)
    rmse = [f.report["outputs"]["y"]["rmse"] for f in (free, held)]
    assert rmse[1] > 1.5 * rmse[0]


def test_report_and_metadata_say_how_rows_were_held_out(grouped: FitResult) -> None:
    known = grouped.model.metadata["fit"]
    assert known["held_out"] == {"groups": "lot", "count": 14}
    assert set(known["groups"]["y"]) == {"between", "within"}
    assert "whole groups of 'lot': 14 groups in 6 folds" in grouped.report["folds"]
    assert "groups kept out of every choice" in grouped.report["confirmed"]["by"]
    assert grouped.group is not None and len(grouped.group) == len(grouped.inputs)


def test_the_interval_is_wider_for_few_groups(grouped: FitResult) -> None:
    width = grouped.model.outputs[0].interval
    residual = np.sort(np.abs(grouped.measured - grouped.predicted)[:, 0])
    assert width is not None
    assert width.below > 1.02 * residual[int(np.ceil(0.9 * (len(residual) + 1))) - 1]


def test_forward_in_time_rows_are_predicted_from_earlier_ones() -> None:
    """A drift that later rows would tell."""
    time = np.arange(len(X))
    y = X[:, 0] + 0.02 * np.maximum(time - 60.0, 0.0) + 0.02 * RNG.normal(size=len(X))
    x = np.c_[X[:, 0], time]
    free, held = fit_arrays(x, y), fit_arrays(x, y, time=time)
    rmse = [f.report["outputs"]["y"]["rmse"] for f in (free, held)]
    assert rmse[1] > 2.0 * rmse[0]
    assert held.report["held_out"] == {"time": "time"}
    assert "forward in time" in held.report["folds"]
    assert held.group is not None and held.group.min() >= 0


def test_whole_groups_and_the_last_rows_are_kept_out_of_every_choice() -> None:
    samples = replace(Samples.of(X, Y), group=GROUP)
    seen, held = split(samples, 0)
    assert len(held) and not set(GROUP[seen]) & set(GROUP[held])
    assert kept_out(samples, held) == "27 rows of 3 groups kept out of every choice"
    timed = replace(Samples.of(X, Y), time=np.arange(len(X), dtype=float))
    seen, held = split(timed, 0)
    assert held.min() > seen.max() and kept_out(timed, held).startswith("the last 2")
    few = replace(Samples.of(X, Y), group=GROUP % 5)
    assert not len(split(few, 0)[1])


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"groups": "few"}, "'few' names 3 groups; holding out whole groups needs at least 4"),
        ({"time": "few"}, "'few' has 3 different times; predicting forward in time needs"),
        ({"groups": "batch"}, "no column 'batch'"),
        ({"groups": "y"}, "'y' says which rows are held out together and cannot be"),
        ({"groups": "a", "inputs": ["a", "b"]}, "'a' says which rows are held out together"),
        ({"time": "lot"}, "row 1, column 'lot': 'L0' is neither a number nor a date"),
    ],
)
def test_what_cannot_be_held_together_is_refused(asked: dict[str, object], match: str) -> None:
    columns = {name: TABLE.column(name) for name in ("a", "b", "y")}
    table = Table.of({**columns, "lot": TABLE.cells["lot"], "few": GROUP % 3})
    with pytest.raises(InputError, match=match):
        fit(table, ["y"], **{"inputs": ["b"], **asked})  # type: ignore[arg-type]


def test_arrays_need_a_group_and_a_time_a_row() -> None:
    with pytest.raises(InputError, match="126 rows need as many groups, not 5"):
        fit_arrays(X, Y, groups=list("abcde"))
    with pytest.raises(InputError, match="a time is not a finite number"):
        fit_arrays(X, Y, time=np.full(len(Y), np.nan))
