"""Intervals at a level: grid, levels that the rows support, links, rows without an answer."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sna_edge import InputError, Interval, Model, Output, Status, from_bytes
from sna_edge.core.beside import Companion, Role
from sna_edge.uncertainty.interval import supported

from .. import beside_models as made

X = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "density": 40.0}
ALONE = {"companions": made.companions()[3:], "readings": None}


def residuals(**changes: Any) -> Any:
    return made.calibration(n_scores=0, scores=(), least_p=0.0, pairs=(), **changes)


def slow_quantile(table: np.ndarray, p: float) -> float:
    """Between the two grid probabilities around p, linear in their logits."""
    grid = [1 / (1 + math.exp(-(j - 16) / 2)) for j in range(33)]
    j = max(i for i in range(32) if grid[i] <= p + 1e-15)
    low, high, at = (math.log(q / (1 - q)) for q in (grid[j], grid[j + 1], p))
    return float(table[j] + (table[j + 1] - table[j]) * (at - low) / (high - low))


@pytest.mark.parametrize("level", [0.01, 0.5, 0.8, 0.9, 0.98, 0.99])
def test_the_interval_is_the_quantiles_times_the_scale(level: float) -> None:
    model = made.whole()
    found, y = model.interval_at(X, level), model(X)
    told = model.calibration
    assert told is not None
    ends = [
        [slow_quantile(q, p) for p in ((1 - level) / 2, (1 + level) / 2)] for q in told.quantiles
    ]
    assert found.lower[0, 0] == pytest.approx(y[0] + ends[0][0] - 0.001, rel=1e-12)
    assert found.upper[0, 0] == pytest.approx(y[0] + ends[0][1] + 0.001, rel=1e-12)
    sigma = model.companion_value(0, X)[0]
    f = -math.log(1 / (1 - y[1]) - 1) if model.outputs[1].scale > 0 else math.log((1 - y[1]) / y[1])
    low, high = (1 - 1 / (1 + math.exp(-(f + e * sigma + s * 0.002)))
                 for e, s in zip(ends[1], (-1, 1), strict=True))  # fmt: skip
    assert found.lower[0, 1] == pytest.approx(high, rel=1e-9)
    assert found.upper[0, 1] == pytest.approx(low, rel=1e-9)
    assert found.status[0] == Status.OK and found.value[0].tolist() == y.tolist()


def test_levels_grow_and_grid_points_are_met() -> None:
    model = made.whole(**ALONE, calibration=residuals())
    y = model(X)[0]
    for j in range(8, 16):
        p = 1 / (1 + math.exp(-(j - 16) / 2))
        found = model.interval_at(X, 1 - 2 * p)
        assert found.lower[0, 0] == pytest.approx(y + 0.01 * (j - 16) / 2 + 0.002 - 0.001, rel=1e-9)
    answers = [model.interval_at(X, v) for v in (0.5, 0.9, 0.99)]
    widths = [float(a.upper[0, 0] - a.lower[0, 0]) for a in answers]
    assert widths == sorted(widths)


@pytest.mark.parametrize(
    ("rows", "level"), [(19, 0.9), (199, 0.99), (9, 0.8), (1999, 0.999), (39, 0.95)]
)
def test_decimal_levels_need_exactly_their_rows(rows: int, level: float) -> None:
    assert supported(rows, level) == pytest.approx((1 - level) / 2)
    with pytest.raises(InputError, match=f"needs {rows:,} calibration rows; this model has"):
        supported(rows - 1, level)


def test_a_level_beyond_the_rows_names_the_rows_it_needs() -> None:
    model = made.whole()
    wanted = (
        "level 99.9 % needs 1,999 calibration rows; this model has 200, which support at most 99 %"
    )
    with pytest.raises(InputError) as found:
        model.interval_at(X, 0.999)
    assert str(found.value) == wanted
    with pytest.raises(InputError, match=r"level 99\.99 % is beyond the quantiles of a file"):
        model.interval_at(X, 0.9999)
    for level in (0.0, 1.0, 90, math.nan):
        with pytest.raises(InputError, match="must lie between 0 and 1"):
            model.interval_at(X, level)


def test_without_quantiles_there_is_no_interval_at_a_level() -> None:
    model = made.whole(companions=(), calibration=None)
    with pytest.raises(InputError, match="no quantiles of residuals"):
        model.interval_at(X, 0.9)


def test_rows_without_an_answer_have_a_status() -> None:
    model = made.whole(readings=None)
    rows = {**X, "power": [150.0, 250.0, math.nan, 200.0 * (1 + 1e-8)]}
    found = model.interval_at(rows, 0.9)
    assert found.status.tolist() == [0, Status.OUT_OF_DOMAIN, Status.BAD_INPUT, 0]
    assert np.isnan(found.lower[1:3]).all() and np.isfinite(found.lower[[0, 3]]).all()


def test_a_scale_that_is_not_finite_is_not_converged() -> None:
    own = made.function([made.axes()[0]], [Output("s", link="exp", scale=1e300)], 1)
    tables = [t * 0 + 1.0 for t in own.interaction.tables]
    huge = own.replace(interaction=own.interaction.with_tables(tables, np.full((3, 1), 100.0)))
    model = made.whole(
        companions=[Companion(Role.SCALE, huge, (made.source(0),), output=0)],
        calibration=residuals(),
    )
    with np.errstate(over="ignore"):
        found = model.interval_at(X, 0.9)
    assert found.status[0] == Status.NOT_CONVERGED and np.isnan(found.value).all()


def test_ends_are_cut_to_the_range_of_the_link() -> None:
    wide = residuals(quantiles=np.array([made.LOGITS, made.LOGITS]), spaces=("output", "output"))
    found = made.whole(**ALONE, calibration=wide).interval_at(X, 0.99)
    assert (found.lower[0, 1], found.upper[0, 1]) == (0.0, 1.0)


def test_a_biased_model_has_intervals_beside_its_values() -> None:
    shifted = residuals(quantiles=np.array([0.001 * made.LOGITS + 0.5] * 2))
    found = made.whole(**ALONE, calibration=shifted).interval_at(X, 0.5)
    assert found.lower[0, 0] > found.value[0, 0] + 0.49


def test_one_point_and_rows_agree_and_files_answer_as_models() -> None:
    model = made.whole()
    again: Model = from_bytes(model.to_bytes(), backend="numpy")
    x = np.array([[150.0, 30.0, 0.0, 0.0, 40.0], [110.0, 350.0, 2.0, 1.0, 90.0]])
    both = again.interval_at(x, 0.9, level_index=True)
    for i, row in enumerate(x):
        one = again.interval_at(row, 0.9, level_index=True)
        np.testing.assert_allclose(one.lower[0], both.lower[i], rtol=1e-12)
    np.testing.assert_allclose(
        both.upper, model.interval_at(x, 0.9, level_index=True).upper, rtol=1e-5
    )


def test_evaluate_gives_the_usual_level_where_an_output_has_no_interval() -> None:
    """Of one with an interval its own, of the other that of its scale; one point and many alike."""
    model = made.whole(readings=None)
    own = model.replace(
        outputs=[replace(model.outputs[0], interval=Interval(0.8, 0.5, 0.7)), model.outputs[1]]
    )
    many = {**X, "power": np.array([150.0, 130.0])}
    wanted = own.interval_at(many, 0.9)
    for query, rows in ((many, [0, 1]), (X, [0])):
        found = own.evaluate(query)
        assert np.allclose(found.lower[:, 0], found.value[:, 0] - 0.5)
        assert found.upper[:, 1].tolist() == wanted.upper[rows, 1].tolist()
        assert own.evaluate(query, level=0.9).upper.tolist() == wanted.upper[rows].tolist()


def test_nothing_outside_the_domain_has_an_interval() -> None:
    model = made.whole(readings=None)
    for level in (None, 0.9):
        found = model.evaluate({**X, "power": 250.0}, extrapolate=True, level=level)
        assert found.status[0] == Status.EXTRAPOLATED and np.isfinite(found.value).all()
        assert np.isnan(found.lower).all() and np.isnan(found.upper).all()
