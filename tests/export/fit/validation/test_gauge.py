"""Scatter of repeats, lack of fit, and studies of gauges."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_edge.inverse import estimate
from sna_edge.quality.gage import gage_study
from sna_export.fit import fit, fit_arrays
from sna_export.fit.data.held_together import folds_of
from sna_export.fit.data.samples import Samples
from sna_export.fit.validation.gauge import Repeats, repeats
from sna_export.table import Table

AIAG = """
 0.29 -0.56 1.34 0.47 -0.80  0.02 0.59 -0.31 2.26 -1.36
 0.41 -0.68 1.17 0.50 -0.92 -0.11 0.75 -0.20 1.99 -1.25
 0.64 -0.58 1.27 0.64 -0.84 -0.21 0.66 -0.17 2.01 -1.31
 0.08 -0.47 1.19 0.01 -0.56 -0.20 0.47 -0.63 1.80 -1.68
 0.25 -1.22 0.94 1.03 -1.20  0.22 0.55  0.08 2.12 -1.62
 0.07 -0.68 1.34 0.20 -1.28  0.06 0.83 -0.34 2.19 -1.50
 0.04 -1.38 0.88 0.14 -1.46 -0.29 0.02 -0.46 1.77 -1.49
-0.11 -1.13 1.09 0.20 -1.07 -0.67 0.01 -0.56 1.45 -1.77
-0.15 -0.96 0.67 0.11 -1.45 -0.49 0.21 -0.49 1.87 -2.16
"""
"""Ten parts (columns), three operators of three trials: AIAG, Measurement Systems Analysis, 4th
edition, table III-B 15."""
OPERATOR, PART = (a.ravel() for a in np.meshgrid(np.arange(9) // 3, np.arange(10), indexing="ij"))
VALUES = np.array([float(v) for v in AIAG.split()])


def trial(seed: int, bend: float) -> Repeats:
    """A quadratic fitted to three repeats each of forty settings of a plane, bent by so much."""
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.random((40, 2)), 3, axis=0)
    y = x.sum(axis=1) + bend * np.sin(9 * x[:, 0]) + 0.1 * rng.normal(size=len(x))
    design = np.c_[np.ones(len(x)), x, x**2, x[:, :1] * x[:, 1:]]
    fold, out = folds_of(Samples.of(x, y), 6, 0).number, np.empty(len(y))
    for f in range(6):
        beta = np.linalg.lstsq(design[fold != f], y[fold != f], rcond=None)[0]
        out[fold == f] = design[fold == f] @ beta
    found = repeats(x, y, out, design @ np.linalg.lstsq(design, y, rcond=None)[0])
    assert found is not None
    return found


def test_lack_of_fit_is_called_as_rarely_as_its_p_says_and_found_where_it_is() -> None:
    right = [trial(seed, 0.0) for seed in range(200)]
    assert 0.02 < np.mean([r.p < 0.05 for r in right if r.p is not None]) < 0.1
    assert np.mean([r.repeatability for r in right]) == pytest.approx(0.1, rel=0.02)
    assert right[0].freedom == 80 and right[0].settings == 40
    assert all(trial(seed, 0.3).p < 1e-3 for seed in range(5))  # type: ignore[operator]


def test_copies_of_rows_are_no_repeats_that_scatter() -> None:
    """Means of three equal decimals differ from them in the last bit: no scatter, so no test."""
    rng = np.random.default_rng(0)
    x, y = (np.repeat(a, 3, axis=0) for a in (rng.random((30, 1)), rng.normal(size=30)))
    found = repeats(x, y, y + rng.normal(size=90), 0.9 * y)
    assert found is not None and found.repeatability == 0.0 and found.p is None


def test_a_fit_reports_its_repeats() -> None:
    rng = np.random.default_rng(1)
    x = np.repeat(rng.random((30, 1)), 3, axis=0)
    y = 2.0 * x[:, 0] + 0.1 * rng.normal(size=90)
    report = fit_arrays(x, y).report["repeats"]["y"]
    assert report["repeatability"] == pytest.approx(0.1, rel=0.25) and report["share"] > 0.8
    lots = np.tile(np.arange(3), 30)
    assert repeats(x, y, y, y, lots) is None  # each lot has a setting once


def test_the_gauge_is_the_noise_of_measurements() -> None:
    rng = np.random.default_rng(2)
    x = rng.random(80)
    table = Table.of({"x": x, "depth": 5.0 * x + 0.3 * rng.normal(size=80)})
    study = Table.of({"Part": PART, "Operator": OPERATOR, "depth": VALUES})
    found = fit(table, ["depth"], gage={"depth": study})
    said = found.report["gauge"]["depth"]
    assert said["categories"] == 4 and 0.5 < said["share_of_error"] <= 1.0
    assert found.model.metadata["fit"]["gauge"]["depth"]["sigma"] == 0.30237
    seen = {"depth": [2.0]}
    taken, given = (estimate(found.model, seen, ["x"], n) for n in ({}, {"depth": 0.30237}))
    np.testing.assert_array_equal(taken.x, given.x)
    np.testing.assert_array_equal(taken.covariance, given.covariance)
    with pytest.raises(InputError, match="the noise of 'depth' is missing"):
        estimate(fit(table, ["depth"]).model, seen, ["x"], {})
    with pytest.raises(InputError, match="given for 'width', which is not a target"):
        fit(table, ["depth"], gage={"width": study})


@pytest.mark.parametrize("names", [("part", "operator", "value"), ("a", "b", "c")])
def test_columns_of_a_study_are_known_by_name_or_order(names: tuple[str, str, str]) -> None:
    from sna_export.table.gage_file import study_columns

    columns = dict(zip(names, (PART, OPERATOR, VALUES), strict=True))
    found = study_columns(Table.of(columns), "depth")
    assert gage_study(*found).categories == 4
    with pytest.raises(InputError, match="has the columns a, b, c, d; name them part"):
        study_columns(Table.of(dict.fromkeys("abcd", VALUES)), "depth")
    with pytest.raises(InputError, match="row 1, column 'value' of the study"):
        study_columns(Table.of({"part": [1, 2], "value": ["x", 2.0]}), "depth")
