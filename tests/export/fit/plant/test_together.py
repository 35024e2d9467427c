"""Options for tables of a plant together: what one part of a fit promises, the whole keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_edge.cli.shape import shape_proofs
from sna_edge.errors import InputError
from sna_export.fit import fit
from sna_export.table import Table

QUICK: dict[str, Any] = {"effort": "quick"}
NAN = float("nan")


def rows(n: int = 90) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    x, z = rng.uniform(0, 1, (2, n))
    return {"x": x, "z": z, "rng": rng}


def test_errors_of_several_targets_weigh_each_by_its_own() -> None:
    """Half of the rows of either target are nearly worthless, and other rows for each."""
    made = rows(120)
    x, rng, z = made["x"], made["rng"], made["z"]
    bad = {"a": np.arange(120) % 2 == 0, "b": np.arange(120) % 2 == 1}
    truth = {"a": 3 * x + z, "b": 2 * z - x}
    sd = {n: np.where(bad[n], 2.0, 0.02) for n in bad}
    measured = {n: truth[n] + sd[n] * rng.standard_normal(120) for n in bad}
    names = {f"{n}_sd": sd[n] for n in sd}
    table = Table.of({"x": x, "z": z, **measured, **names})
    found = fit(table, ["a", "b"], error={"a": "a_sd", "b": "b_sd"}, **QUICK)
    assert list(found.model.input_names) == ["x", "z"]
    y = np.asarray(found.model({"x": x, "z": z}))
    for k, name in enumerate(("a", "b")):
        assert np.sqrt(np.mean((y[:, k] - truth[name]) ** 2)) < 0.05
    with pytest.raises(InputError, match="does not say which target"):
        fit(table, ["a", "b"], error="a_sd")


def test_a_target_without_its_error_is_not_taken_from_that_row() -> None:
    made = rows(60)
    x, z = made["x"], made["z"]
    sd, weight = np.full(60, 0.1), np.ones(60)
    sd[::7], weight[3] = NAN, NAN
    sd[1] = 0.2
    table = Table.of({"x": x, "z": z, "y": x + z, "sd": sd, "w": weight})
    found = fit(table, ["y"], error="sd", weights="w", missing="drop", **QUICK)
    assert found.report["missing"]["rows"] == 10
    assert found.report["missing"]["cells"] == {"w": 1, "sd": 9}


def test_a_shape_is_that_of_base_and_difference_together() -> None:
    """The difference rises; the sum with a base that waves does not, and is not delivered as if."""
    made = rows()
    x, z = made["x"], made["z"]
    wave = np.sin(8 * x) + z
    base = fit(Table.of({"x": x, "z": z, "y": wave}), ["y"], **QUICK).model
    table = Table.of({"x": x, "z": z, "y": wave + 0.3 * x})
    with pytest.raises(InputError, match="could not be proved increasing in x"):
        fit(table, ["y"], base=base, shape={"increasing": ["x"]}, **QUICK)
    found = fit(table, ["y"], base=base, shape={"increasing": ["z"]}, **QUICK)
    assert {str(c): holds for c, holds in shape_proofs(found.model).items()} == {
        "increasing in z": True
    }


def test_targets_with_different_gaps_keep_the_shape_in_the_file() -> None:
    made = rows()
    x, z = made["x"], made["z"]
    b = np.where(np.arange(90) % 3 == 0, NAN, 2 * x - z)
    table = Table.of({"x": x, "z": z, "a": x + z, "b": b})
    found = fit(table, ["a", "b"], missing="drop", shape={"increasing": ["x"]}, **QUICK)
    assert all(shape_proofs(found.model).values()) and found.report["shape"] == {
        "increasing": ["x"]
    }
    assert found.model.metadata["shape"] == {"increasing": ["x"]}


def test_known_groups_take_a_shape_and_formulas() -> None:
    made = rows(100)
    x, z, rng = made["x"], made["z"], made["rng"]
    lot = np.repeat(np.arange(10), 10)
    y = np.exp(x + z) + 0.5 * rng.standard_normal(10)[lot] + 0.02 * rng.standard_normal(100)
    table = Table.of({"x": x, "z": z, "lot": [f"L{i}" for i in lot], "y": y})
    how: dict[str, Any] = {"groups": "lot", "known_groups": True, **QUICK}
    found = fit(table, ["y"], shape={"increasing": ["x"]}, **how)
    assert all(shape_proofs(found.model).values()) and "lot" in found.model.input_names
    found = fit(table, ["y"], inputs=["z"], derive=["s = x + z"], **how)
    answer = found.model.evaluate({"x": 0.5, "z": 0.25, "lot": "new"})
    assert answer.lower < np.exp(0.75) < answer.upper


def test_what_a_device_cannot_compute_is_refused() -> None:
    made = rows(40)
    x, z = made["x"].copy(), made["z"]
    table = Table.of({"t": np.arange(40.0), "x": x, "z": z, "y": x + z})
    with pytest.raises(InputError, match="lag names 's', which is computed"):
        fit(table, ["y"], time="t", lag=["s=2"], derive=["s = x + z"])
    x[3] = NAN
    table = Table.of({"x": x, "z": z, "y": made["x"] + z})
    with pytest.raises(InputError, match="missing 'model' and derive cannot be combined"):
        fit(table, ["y"], missing="model", derive=["s = x + z"])


def test_options_of_measured_numbers_are_refused_for_labels() -> None:
    made = rows(40)
    part = ["ok" if x > 0.5 else "nok" for x in made["x"]]
    table = Table.of({"x": made["x"], "z": made["z"], "part": part})
    with pytest.raises(InputError, match="takes no --resolution"):
        fit(table, ["part"], resolution=0.1)
    with pytest.raises(InputError, match="takes no --below-detection"):
        fit(table, ["part"], below_detection=True)
    with pytest.raises(InputError, match=r"column 'z' has 40 labels \(.*, \.\.\); name one of two"):
        fit(table, ["z"], positive="ok")


def test_text_in_an_input_is_said_before_usual_values_are_sought(
    recwarn: pytest.WarningsRecorder,
) -> None:
    table = Table.of({"gas": ["Ar", "", "N2"] * 10, "x": np.arange(30.0), "y": np.arange(30.0)})
    with pytest.raises(InputError, match="input 'gas' holds text"):
        fit(table, ["y"], missing="model")
    assert not recwarn.list


def test_a_rate_is_said_to_be_one() -> None:
    made = rows(60)
    hours = 1.0 + 9.0 * made["z"]
    pores = made["rng"].poisson(hours * np.exp(made["x"])).astype(float)
    table = Table.of({"x": made["x"], "hours": hours, "pores": pores})
    found = fit(table, ["pores"], exposure="hours", **QUICK)
    assert "'pores' is counted for each unit of 'hours': a rate" in found.report["notes"]
