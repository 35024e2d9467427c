"""What the page knows of a model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sna_edge import Model, spline_axis
from sna_export.fit import fit
from sna_export.page.content import Rows, about, step_of
from sna_export.page.importance import pairs
from sna_export.page.of_fit import fitted_rows
from sna_export.table import Table

from ...model_kinds import KINDS, model_on


def rows_of(model: Model, count: int = 600) -> Rows:
    """Random rows of the domain with their values."""
    rng = np.random.default_rng(1)
    columns = [
        rng.integers(0, a.basis.n_spans, count).astype(float)
        if a.kind == "categorical"
        else np.round(a.lower + rng.random(count) * a.width, 2).clip(a.lower, a.upper)
        for a in model.axes
    ]
    x = np.stack(columns, axis=1)
    return Rows(x, model.value(x, level_index=True))


def test_content_is_json_of_every_kind_of_model() -> None:
    for kind in ("mixed axes", "cp 3 outputs", "link exp", "train", "bspline 0"):
        model = KINDS[kind]()
        told = json.loads(json.dumps(about(model, kind, rows=rows_of(model)), allow_nan=False))
        assert [one["name"] for one in told["inputs"]] == model.input_names
        assert [one["name"] for one in told["outputs"]] == model.output_names
        assert len(told["rows"]["inputs"]) == len(model.axes)
        assert len(told["rows"]["inputs"][0]) == 500
        inside = model.evaluate(np.array(told["start"]), level_index=True).status
        assert inside[0] >= 0


def test_steps_are_round_and_those_of_the_data() -> None:
    axis = spline_axis("x", "", 102.0, 540.0)
    assert step_of(axis, np.empty(0)) == 5.0
    assert step_of(axis, np.array([102.0, 213.0, 540.0])) == 1.0
    assert step_of(axis, np.array([102.03, 213.71])) == 5.0  # 43,800 steps would be too many
    assert step_of(spline_axis("x", "", 0.0, 1e-6), np.empty(0)) == 5e-9
    assert step_of(spline_axis("x", "", 0.0, 50.0), np.array([10.0, 30.0, 50.0])) == 10.0
    for scale in (1e-12, 1e-9, 1e-3, 1e-2, 1.0, 1e6, 1e12):
        tenths = np.array([0.1, 0.3, 0.7]) * scale  # small numbers are no multiples of large steps
        assert step_of(spline_axis("x", "", 0.0, scale), tenths) == pytest.approx(
            0.1 * scale, abs=0.0, rel=1e-9
        )


def test_the_start_is_a_setting_where_readings_are_missing() -> None:
    model = KINDS["mixed axes"]()
    rows = rows_of(model)
    for lost in ([0], [3], [0, 1, 2, 3]):  # no row has them all
        x = rows.inputs.copy()
        x[:, lost] = np.nan
        x[::2, 1] = np.nan
        told = json.loads(
            json.dumps(about(model, "m", rows=Rows(x, rows.outputs)), allow_nan=False)
        )
        assert model.evaluate(np.array(told["start"]), level_index=True).status[0] >= 0


def test_rows_far_from_zero_keep_their_spread() -> None:
    model = model_on([spline_axis("x", "", 1e6, 1e6 + 1.0)])
    x = 1e6 + np.linspace(0.0, 1.0, 41)[:, None]
    told = about(model, "m", rows=Rows(x, 1e9 + x))
    assert np.allclose(told["rows"]["inputs"][0], x[:, 0], rtol=0.0, atol=1e-6)
    assert np.allclose(told["rows"]["outputs"][0], 1e9 + x[:, 0], rtol=0.0, atol=1e-6)
    assert told["outputs"][0]["range"] == [1e9 + 1e6, 1e9 + 1e6 + 1.0]


def test_pairs_of_a_product_are_its_interaction() -> None:
    axes = [spline_axis(name, "", -1.0, 1.0, spans=1, degree=1) for name in "abc"]
    model = model_on(axes, modes=1)
    tables = [np.array([[-1.0], [1.0]]), np.array([[-1.0], [1.0]]), np.array([[1.0], [1.0]])]
    model = model.replace(interaction=model.interaction.with_tables(tuple(tables)))
    found = pairs(model, model.sobol().first)  # y = a b: all variance is of the pair
    assert np.allclose(found[0], [[0, 1, 0], [1, 0, 0], [0, 0, 0]], atol=1e-12)  # exact
    linked = model.replace(outputs=[replace(model.outputs[0], link="exp", scale=1e-3)])
    close = pairs(linked, linked.sobol(sampled=True).first)  # exp(a b) is nearly 1 + a b + ..
    assert close[0, 0, 1] > 0.85 and close[0, 0, 2] < 0.06  # 4,096 points: 2 % of noise


def test_a_fit_with_computed_inputs_has_intervals_of_its_rows() -> None:
    rng = np.random.default_rng(0)
    power, speed = rng.uniform(1, 4, 60), rng.uniform(1, 2, 60)
    depth = power / speed + 0.05 * rng.normal(size=60)
    table = Table.of({"power": power, "speed": speed, "depth": depth})
    found = fit(table, ["depth"], ["energy"], derive=["energy = power / speed"], effort="quick")
    rows = fitted_rows(found)
    assert rows.lower is not None and np.isfinite(rows.lower).all()
    told = found.model.evaluate({"energy": found.inputs[:, 0]})
    assert np.allclose(rows.upper - rows.lower, told.upper - told.lower)  # type: ignore[operator]
    assert np.allclose(rows.lower - rows.fitted, told.lower - told.value)  # type: ignore[operator]
