"""Studies of gauges: the published example, interaction, one operator, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sna_edge.errors import InputError
from sna_edge.quality.gage import gage_study

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


def test_a_study_gives_the_published_figures() -> None:
    found = gage_study(PART, OPERATOR, VALUES)
    assert found.repeatability == pytest.approx(0.199933, abs=1e-6)
    assert found.reproducibility == pytest.approx(0.226838, abs=1e-6)
    assert found.sigma == pytest.approx(0.302373, abs=2e-6)
    assert found.part == pytest.approx(1.042327, abs=1e-6)
    assert found.share == pytest.approx(0.2786, abs=1e-4) and found.categories == 4


def test_an_interaction_that_matters_is_reproducibility() -> None:
    rng = np.random.default_rng(0)
    among = rng.normal(size=(20, 5))[:, :, None] + 0.1 * rng.normal(size=(20, 5, 4))
    part, operator, _ = np.indices(among.shape)
    found = gage_study(part.ravel(), operator.ravel(), among.ravel())
    assert found.repeatability == pytest.approx(0.1, rel=0.1)
    assert found.reproducibility == pytest.approx(1.0, rel=0.2)


def test_one_operator_has_repeatability_alone() -> None:
    found = gage_study(PART, np.zeros(90, dtype=int), VALUES)
    assert found.reproducibility == 0.0 and found.operators == 1 and found.repeats == 9


def test_copied_measurements_tell_nothing_of_the_gauge() -> None:
    """0 to the bit, where means of three copies of 0.1 are rounded; before, the gauge was good."""
    found = gage_study(PART, OPERATOR, 0.1 + 0.7 * PART)
    assert found.sigma == found.tolerance == 0.0 and found.part > 1
    assert found.verdict() == found.verdict(8.0)
    assert "all measurements of a part are the same; measure again" in found.verdict()


def test_a_study_that_is_not_crossed_is_refused() -> None:
    with pytest.raises(InputError, match="has 2 to 3 measurements of a part by an operator"):
        gage_study(PART[1:], OPERATOR[1:], VALUES[1:])


def test_the_published_analysis_of_variance() -> None:
    """AIAG (2010), tables III-B 7 and 8: sums of squares, mean squares, F over the equipment, and
    shares of the variation."""
    found = gage_study(PART, OPERATOR, VALUES)
    assert found.squares is not None
    said = {
        "operator": (2, "3.1673", "1.58363"),
        "part": (9, "88.3619", "9.81799"),
        "operator x part": (18, "0.3590", "0.01994"),
        "repeatability": (60, "2.7589", "0.04598"),
        "total": (89, "94.6471", ""),
    }
    for name, (freedom, square, mean) in said.items():
        assert found.squares[name][0] == freedom
        assert f"{found.squares[name][1]:.4f}" == square
        assert not mean or f"{found.squares[name][1] / freedom:.5f}" == mean
    assert found.pooled and found.interaction_p == pytest.approx(0.974, abs=5e-4)
    assert found.interaction_p == pytest.approx(stats.f.sf(0.01994 / 0.04598, 18, 60), abs=1e-4)
    sources = found.sources(8.0)
    for name, study, contribution in (
        ("repeatability", "18.4", "3.4"),
        ("reproducibility", "20.9", "4.4"),
        ("gage R&R", "27.9", "7.8"),
        ("part", "96.0", "92.2"),
    ):
        assert f"{100 * sources[name]['study']:.1f}" == study
        assert f"{100 * sources[name]['contribution']:.1f}" == contribution
    assert sources["gage R&R"]["tolerance"] == pytest.approx(6 * 0.302373 / 8.0, abs=2e-6)
    assert sources["operator x part"]["deviation"] == 0.0
    assert found.verdict().startswith("the gauge takes 27.9 % of the variation of the study")
    assert "of the tolerance" in found.verdict(8.0) and "tells 4 kinds apart" in found.verdict(8.0)


def test_an_interaction_is_kept_where_it_matters() -> None:
    """By the formulas, on a study with one of three deviations."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=(8, 1, 1)) * 5 + rng.normal(size=(8, 3, 1)) * 3 + rng.normal(size=(8, 3, 2))
    part, operator, _ = np.indices(y.shape)
    found = gage_study(part.ravel(), operator.ravel(), y.ravel())
    assert found.squares is not None and not found.pooled and found.freedom == 24
    ms = {name: ss / v for name, (v, ss) in found.squares.items()}
    expected = (ms["operator x part"] - ms["repeatability"]) / 2
    assert found.interaction**2 == pytest.approx(expected)
    assert found.repeatability**2 == pytest.approx(ms["repeatability"])
    assert found.part**2 == pytest.approx((ms["part"] - ms["operator x part"]) / 6)
    low, high = found.repeatability_95()
    assert low**2 == pytest.approx(24 * ms["repeatability"] / stats.chi2.ppf(0.975, 24))
    assert low < 1.0 < high


def test_no_rows_are_no_study() -> None:
    none = np.empty(0, dtype=np.int64)
    with pytest.raises(InputError, match="has no rows"):
        gage_study(none, none, np.empty(0))
