"""A sensor that acts some rows later: its lag is found, applied and said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.fit import fit
from sna_export.fit.plant.lag import asked, lagged
from sna_export.table import Table


def columns(lag: int = 3, count: int = 160) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    flow, heat = rng.uniform(size=(2, count))
    before = np.r_[rng.uniform(size=lag), flow[: count - lag]]
    y = np.sin(3.0 * before) + 0.5 * heat + 0.05 * rng.normal(size=count)
    return {"time": np.arange(float(count)), "flow": flow, "heat": heat, "y": y}


def shuffled(given: dict[str, Any]) -> dict[str, Any]:
    order = np.random.default_rng(1).permutation(len(given["y"]))
    return {name: np.asarray(column)[order] for name, column in given.items()}


@pytest.mark.parametrize("lag", [0, 1, 3, 11])
def test_the_lag_is_found_whatever_the_order_of_the_rows(lag: int) -> None:
    table = Table.of(shuffled(columns(lag)))
    found = lagged(table, ["y"], ["flow", "heat"], [], "time", {"flow": "auto", "heat": "auto"})
    assert found.said["flow"]["rows"] == lag and found.said["flow"]["estimated"]
    assert found.said["heat"]["rows"] == 0


def test_a_lag_is_applied_printed_and_stored() -> None:
    given = columns()
    found = fit(Table.of(given), ["y"], time="time", lag=["flow"])
    plain = fit(Table.of(given), ["y"], time="time")
    assert found.model.input_names == ["flow 3 rows before", "heat"]
    assert found.model.metadata["lags"] == {"flow": 3} and found.report["rows"] == 157
    assert found.report["outputs"]["y"]["rmse"] < 0.5 * plain.report["outputs"]["y"]["rmse"]
    at = {"flow 3 rows before": 0.5, "heat": 0.2}
    assert found.model(at)[0] == pytest.approx(np.sin(1.5) + 0.1, abs=0.1)


def test_a_given_lag_takes_the_row_before() -> None:
    given = columns()
    found = lagged(Table.of(given), ["y"], ["flow", "heat"], [], "time", {"flow": 3})
    assert found.inputs == ["flow 3 rows before", "heat"]
    assert np.array_equal(found.table.column("flow 3 rows before"), given["flow"][:-3])
    assert np.array_equal(found.table.column("y"), given["y"][3:])


def test_words_of_a_lag() -> None:
    assert asked(["a=3", "b", "c=auto", "x=1=2"]) == {"a": 3, "b": "auto", "c": "auto", "x=1": 2}
    for text in ("a=x", "a=-1", "a=1.5"):
        with pytest.raises(InputError, match="no whole number"):
            asked([text])


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({}, {"time": None}, "needs the order of the rows"),
        ({"time": np.r_[0.0, np.arange(159.0)]}, {}, "row 1 .* and row 2 .* have one time"),
        ({}, {"lag": {"pressure": 1}}, "no column 'pressure'"),
        ({}, {"lag": {"y": 1}}, "'y', which is no input"),
        ({}, {"lag": {"flow": 150}}, "leaves 10 of 160 rows"),
        ({"flow 3 rows before": np.zeros(160)}, {"lag": {"flow": 3}}, "rename it"),
    ],
)
def test_lags_that_cannot_be_taken(
    change: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        fit(Table.of(columns() | change), ["y"], **{"time": "time", "lag": ["flow"], **options})
