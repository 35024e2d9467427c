"""Rows that look wrong: listed after every fit, left out of a robust one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sna_edge.core.output import Output
from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit import fit_arrays
from sna_export.fit.data.samples import AxisSpec, Samples
from sna_export.fit.validation.suspects import alone, deviations, listed, robust_scale
from sna_export.fit.validation.trimmed import gross
from sna_export.report.remarks import remarks
from sna_export.report.validation import suspect_lines

RNG = np.random.default_rng(3)
N = 200
X = RNG.random((N, 2))
TRUE = np.sin(4.0 * X[:, 0]) + X[:, 1] + 3.0
Y = TRUE + 0.05 * RNG.normal(size=N)
WRONG = np.sort(RNG.choice(N, 6, replace=False))
SPOILT = Y.copy()
SPOILT[WRONG] = [30.0, -3.0, 0.0, 9.0, 12.0, -8.0]
ALL = np.ones(N, dtype=bool)


def test_the_scale_is_that_of_the_many() -> None:
    r = RNG.normal(size=4000)
    assert robust_scale(r) == pytest.approx(1.0, abs=0.05)
    spoilt = r.copy()
    spoilt[:160] = 50.0
    assert robust_scale(spoilt) == pytest.approx(1.13, abs=0.05)
    heavy = RNG.standard_t(3, size=4000)
    assert np.mean(np.abs(heavy) > 5.0 * robust_scale(heavy)) < 0.01


def test_cheap_processes_find_gross_errors_and_leave_the_others() -> None:
    assert np.flatnonzero(gross(Samples.of(X, SPOILT), 0, TimeBudget())).tolist() == WRONG.tolist()
    assert not gross(Samples.of(X, Y), 0, TimeBudget()).any()


def test_a_peak_is_not_an_error() -> None:
    """Its rows deviate together from what a rough model says."""
    x = np.random.default_rng(5).random((300, 1))
    y = np.where(np.abs(x[:, 0] - 0.5) < 0.02, 4.0, 0.0) + 0.05 * RNG.normal(size=300)
    y[7] = 4.0 if abs(x[7, 0] - 0.5) > 0.1 else 0.0
    samples = Samples.of(x, y)
    found = deviations((Output("y"),), samples.y, np.zeros((300, 1)), np.ones(300, dtype=bool))
    rows = np.flatnonzero(found.far)
    single = rows[alone(samples, found, rows)]
    assert len(rows) > 6 and single.tolist() == [7]


def test_a_robust_fit_is_the_fit_without_the_errors() -> None:
    fresh = np.random.default_rng(9).uniform(0.05, 0.95, (500, 2))
    truth = np.sin(4.0 * fresh[:, 0]) + fresh[:, 1] + 3.0
    plain, robust, clean = (
        fit_arrays(X, y, robust=r) for y, r in ((SPOILT, False), (SPOILT, True), (Y, False))
    )
    error = [
        float(np.sqrt(np.mean((f.model(fresh)[:, 0] - truth) ** 2))) for f in (plain, robust, clean)
    ]
    assert error[1] < 1.3 * error[2] < error[0]
    assert robust.report["robust"] == {"left_out": 6, "rows": N}
    assert robust.model.metadata["fit"]["robust"] == {"left_out": 6, "rows": N}
    said = robust.report["suspects"]
    assert sorted(s["row"] - 1 for s in said) == WRONG.tolist()
    assert all(s["left_out"] and s["alone"] for s in said)
    assert plain.report["suspects"] and not plain.report["suspects"][0]["left_out"]
    assert robust.rows is not None and not set(robust.rows) & set(WRONG)


def test_without_errors_nothing_is_left_out_and_the_fit_is_the_same() -> None:
    x, y = X[:100], 2.0 * X[:100, 0] + 0.1 * RNG.normal(size=100)
    plain, robust = fit_arrays(x, y), fit_arrays(x, y, robust=True)
    assert robust.report["robust"]["left_out"] == 0 and "suspects" not in robust.report
    np.testing.assert_array_equal(plain.model(x), robust.model(x))


def test_a_suspect_has_its_reason() -> None:
    level = (np.arange(N) % 2).astype(float)
    axes = [AxisSpec("a"), AxisSpec("b"), AxisSpec("lot", levels=("x", "y"))]
    y = TRUE.copy()
    y[[3, 4, 5]] = [10.0 * TRUE[3], -TRUE[4], 0.0]
    samples = Samples.of(np.c_[X, level], y, axes, ["depth"])
    expected = (TRUE + 0.05 * RNG.normal(size=N))[:, None]
    found = deviations((Output("depth"),), samples.y, expected, ALL)
    said = {s["row"]: s for s in listed(samples, found, np.arange(N) + 101, ~ALL)}
    assert set(said) == {104, 105, 106}
    assert said[104]["reason"].endswith("10 times what was expected: a decimal slip?")
    assert said[105]["reason"].endswith("the sign is the other one")
    assert said[106]["reason"].endswith("is 0: a missing value?")
    assert said[104]["inputs"]["lot"] == "y" and len(said[104]["nearest"]) == 5
    lines = suspect_lines({"suspects": list(said.values())}, 2)
    assert lines[0] == (
        "3 rows look wrong and took part in the fit (--robust leaves such rows out)"
    )
    assert lines[1].startswith("row 104: depth ") and lines[3] == "and 1 more (--json lists them)"


def test_rare_outcomes_are_no_errors() -> None:
    failed = (np.arange(N) % 25 == 3).astype(float)
    for y in (1.0 - failed, failed * RNG.integers(1, 9, N)):
        samples = Samples.of(X, y)
        expected = np.full((N, 1), y.mean())
        assert not deviations((Output("y"),), samples.y, expected, ALL).far.any()
        assert not gross(samples, 0, TimeBudget()).any()


def test_rows_off_with_their_whole_group_are_not_suspect() -> None:
    group = np.repeat(np.arange(10), 20)
    y = Y + np.where(group == 4, 8.0, 0.0)
    y[5] += 6.0
    found = fit_arrays(X, y, groups=group)
    rows = [s["row"] for s in found.report.get("suspects", [])]
    assert 6 in rows and sum(81 <= r <= 100 for r in rows) <= 1


def test_rows_are_numbered_as_in_the_table() -> None:
    """With rows held out of the whole fit as well."""
    found = fit_arrays(X, SPOILT, robust=True, holdout="20%")
    rows = {s["row"] - 1 for s in found.report["suspects"] if s["left_out"]}
    assert rows and rows <= set(WRONG.tolist())
    assert replace(found).report["holdout"]["rows"] == 40


def test_the_page_lists_every_suspect_row_and_the_print_three() -> None:
    row = {"output": "y", "measured": 9.0, "expected": 1.0, "inputs": {"x": 1.0}, "reason": "far"}
    report = {"suspects": [row | {"row": i} for i in range(5)]}
    assert len(remarks(report)) == 6 and len(remarks(report, 10)) == 5
