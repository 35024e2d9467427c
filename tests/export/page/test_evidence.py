"""What the page draws of a model's worth."""

from __future__ import annotations

import json

import numpy as np

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.core.beside import Derived, RawReading, Readings, Term
from sna_export.calibrate import calibrated
from sna_export.page.content import asked
from sna_export.page.evidence import distribution, judged_by, quality

from ...model_kinds import model_on


def line(rows: int, noise: float = 0.1) -> tuple[Model, np.ndarray, np.ndarray]:
    """y = x with normal noise: the calibrated model, x [n, 1] and measured [n, 1]."""
    rng = np.random.default_rng(2)
    x = rng.uniform(size=(rows, 1))
    axis = spline_axis("x", "m", 0, 1, spans=1, degree=1)
    model = Model([axis], CP.full([[[0], [1]]]), [Output("y", "N")])
    measured = x + noise * rng.normal(size=x.shape)
    return calibrated(model, x, measured, x).model, x, measured


def test_without_quantiles_there_is_no_distribution() -> None:
    axis = spline_axis("x", "m", 0, 1, spans=1, degree=1)
    assert distribution(Model([axis], CP.full([[[0], [1]]]), [Output("y")])) is None


def test_the_level_is_one_that_the_rows_support() -> None:
    for rows, level in ((400, 0.9), (60, 0.9)):
        told = distribution(line(rows)[0])
        assert told is not None and told["level"] == level
        assert told["least"] == 1 / (rows + 1)
        json.dumps(told, allow_nan=False)


def test_covered_shares_are_those_of_the_intervals() -> None:
    model, x, measured = line(400)
    told = quality(judged_by(model, x, measured), "rows of a table", held=False)
    assert told is not None
    json.dumps(told, allow_nan=False)
    (one,) = told["outputs"]
    for found in one["levels"]:
        at = model.evaluate(x, level=found["level"])
        inside = float(((at.lower <= measured) & (measured <= at.upper)).mean())
        assert found["covered"] == inside
        assert found["least"] <= found["level"] <= found["most"]
    assert sum(p["rows"] for p in one["quarters"]) == 400
    assert abs(sum(one["places"]["shares"]) - 1) < 1e-4


def test_rows_that_were_seen_are_not_called_too_well_covered() -> None:
    model, x, _ = line(400)
    judged = judged_by(model, x, x)  # measured as predicted: all covered
    for held in (True, False):
        told = quality(judged, "", held)
        assert told is not None
        assert any("wider" in s for s in told["outputs"][0]["said"]) == held


def test_rows_that_the_model_refuses_are_left_out() -> None:
    model, x, measured = line(400)
    x, measured = np.vstack([x, [[7.0]]]), np.vstack([measured, [[7.0]]])
    measured[0] = np.nan
    (one,) = judged_by(model, x, measured)
    assert len(one.predicted) == 399
    assert quality((), "nothing") is None


def test_inputs_that_a_formula_computes_are_judged_too() -> None:
    """energy = power x dwell: a person gives power and dwell."""
    axes = [spline_axis("power", "W", 100.0, 400.0), spline_axis("energy", "J", 1.0, 40.0)]
    model = model_on(axes, modes=3, outputs=[Output("depth", "um")])
    rng = np.random.default_rng(0)
    given = np.stack([rng.uniform(100.0, 400.0, 400), rng.uniform(0.01, 0.1, 400)], axis=1)
    x = np.stack([given[:, 0], given[:, 0] * given[:, 1]], axis=1)
    value = model.value(x)
    measured = value + 0.1 * rng.normal(size=value.shape)
    formula = Derived(1, "product", (Term(0, 1.0), Term(0, 1.0, raw=True)), 1.0)
    readings = Readings(np.zeros(2), (RawReading("dwell", "s", 0.01, 0.1),), (formula,))
    plain = calibrated(model, x, measured, value).model
    (wanted,) = judged_by(plain, x, measured)
    computed = plain.replace(readings=readings)
    (one,) = judged_by(computed, given, measured, asked(computed))
    assert {k: v.whole for k, v in one.at_levels.items()} == {
        k: v.whole for k, v in wanted.at_levels.items()
    }
    assert np.allclose(one.pit, wanted.pit, rtol=1e-6)
    assert set(one.coverage.by_input) == {"power", "dwell"}
