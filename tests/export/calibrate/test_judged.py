"""Intervals judged on the rows of a fit: one width is found out, a local one is not, links and few
rows have an answer."""

import numpy as np
import pytest
from scipy import stats

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_export.calibrate import calibrated
from sna_export.calibrate.judged import LEVELS, judged


def line(link: str = "identity", space: str = "output") -> Model:
    """y = link(x) of x in 0..1."""
    axis = spline_axis("x", "m", 0, 1, spans=1, degree=1)
    output = Output("y", "um", link=link, interval=Interval(0.9, 0.1, 0.1, space))
    return Model([axis], CP.full([[[0], [1]]]), [output])


def rows(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, measured, predicted [n, 1] whose errors grow with x."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(n, 1))
    return x, x + (0.02 + 0.3 * x) * rng.normal(size=(n, 1)), x


def test_one_width_is_found_out_and_the_local_one_is_not() -> None:
    x, y, p = rows(1000)
    (one,) = judged(line(), x, y, p)
    (local,) = judged(calibrated(line(), x, y, p).model, x, y, p)
    assert one.coverage.by_prediction[3].verdict == "low" and not one.local
    assert {q.verdict for q in local.coverage.by_prediction} == {"as promised"} and local.local
    assert local.score < 0.9 * one.score == pytest.approx(0.9 * local.one_score)
    assert local.width.mean() < local.one_width.mean()
    assert "highest quarter" in one.sentences[0] and "written without" in one.sentences[-1]
    assert "the width follows" in local.sentences[-1]


def test_no_row_has_seen_itself() -> None:
    """Quantiles of all rows would cover the largest residual, those of other folds do not."""
    x, y, p = rows(200)
    y[17] = 50.0
    (found,) = judged(line(), x, y, p)
    assert found.at_levels[0.99].whole.inside < 200
    assert found.pit[17] == pytest.approx(1 - 0.5 / 161, abs=1e-3)


@pytest.mark.parametrize(("link", "space"), [("identity", "output"), ("exp", "link")])
def test_places_in_the_distribution_are_even(link: str, space: str) -> None:
    x, y, p = rows(2000)
    model = line(link, space)
    truth, guess = (model.outputs[0].value(v) for v in (y, p))
    (found,) = judged(calibrated(model, x, truth, guess).model, x, truth, guess)
    assert stats.kstest(found.pit, "uniform").pvalue > 0.01
    for level in LEVELS:
        assert abs(found.at_levels[level].whole.share - level) < 0.02


@pytest.mark.parametrize(("n", "levels"), [(2, 1), (12, 3), (40, 4), (300, 5)])
def test_levels_are_those_that_the_rows_support(n: int, levels: int) -> None:
    x, y, p = rows(n)
    (found,) = judged(line(), x, y, p)
    assert len(found.at_levels) == levels
    assert found.report()["width"] == "one number"
    if n < 50:
        assert "too few" in found.sentences[-1]


def test_rows_beyond_the_most_are_thinned_as_they_were_calibrated() -> None:
    x, y, p = rows(25_000)
    made = calibrated(line(), x, y, p)
    (found,) = judged(made.model, x, y, p, scales=made.scales)
    assert found.coverage.whole.rows == 12_500 == len(found.pit)
