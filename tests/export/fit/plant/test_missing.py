"""Rows with missing readings take part, and the model answers without these readings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.fit import fit
from sna_export.fit.plant.missing import modelled, normal_of
from sna_export.table import Table, read


def columns(count: int = 300) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    a = rng.uniform(1.0, 5.0, count)
    b = 0.5 * a + 0.3 * rng.normal(size=count)
    lot = np.array(["p", "q"])[np.arange(count) % 2].astype(object)
    y = np.sin(a) + b**2 + (lot == "q") + 0.05 * rng.normal(size=count)
    return {
        "a": np.where(rng.random(count) < 0.2, np.nan, a),
        "b": b,
        "lot": np.where(rng.random(count) < 0.15, "", lot),
        "y": y,
        "whole": a,
    }


def test_mean_and_covariance_of_rows_with_gaps() -> None:
    rng = np.random.default_rng(0)
    x = rng.multivariate_normal([1.0, -2.0], [[1.0, 1.6], [1.6, 4.0]], 4000)
    gone = np.zeros(x.shape, dtype=bool)
    gone[:, 1] = x[:, 0] > 1.5  # not at random: the mean of what is left is off
    mean, c = normal_of(x, gone)
    np.testing.assert_allclose(mean, [1.0, -2.0], atol=0.15)
    np.testing.assert_allclose(c, [[1.0, 1.6], [1.6, 4.0]], atol=0.3)


def test_the_table_has_usual_values_levels_and_flags() -> None:
    given = columns()
    made = modelled(Table.of(given), ["a", "b", "lot"], ["lot"])
    gone = np.isnan(given["a"])
    assert made.inputs == ["a", "b", "lot", "a missing"] and made.categorical == [
        "lot",
        "a missing",
    ]
    assert made.cells == {"a": int(gone.sum()), "lot": int((given["lot"] == "").sum())}
    filled = made.table.column("a")
    assert np.array_equal(filled[~gone], given["a"][~gone])
    assert np.corrcoef(filled[gone], given["whole"][gone])[0, 1] > 0.8
    assert set(made.table.written("lot")) == {"p", "q", "missing"}
    assert made.table.written("a missing") == ["yes" if g else "no" for g in gone]


@pytest.fixture(scope="module")
def found() -> Any:
    return fit(Table.of(columns()), ["y"], ["a", "b", "lot"], categorical=["lot"], missing="model")


def test_the_model_answers_without_a_reading_with_a_wider_interval(found: Any) -> None:
    given = columns()
    assert found.report["rows"] == 300 and found.report["modelled"]["a"] > 40
    rows = {"a": given["a"], "b": given["b"], "lot": given["lot"]}
    answer = found.model.evaluate(rows)
    inside = (answer.lower[:, 0] <= given["y"]) & (given["y"] <= answer.upper[:, 0])
    gone = np.isnan(given["a"])
    width = answer.upper[:, 0] - answer.lower[:, 0]
    assert (answer.status >= 0).all()
    assert 0.8 < inside[gone].mean() <= 1.0 and 0.8 < inside[~gone].mean() <= 1.0
    lot = given["lot"] == ""
    assert np.median(width[gone & ~lot]) > 1.2 * np.median(width[~gone & ~lot])
    assert np.array_equal(answer.absent[:, found.model.axis_index("a")], gone)


def test_fits_of_fewer_rows_err_more_where_nothing_is_missing(found: Any) -> None:
    given = columns()
    plain = fit(Table.of(given), ["y"], ["a", "b", "lot"], categorical=["lot"], missing="drop")
    assert plain.report["rows"] < 0.75 * found.report["rows"]
    assert plain.model.gaps is None
    with pytest.raises(InputError, match="'a' is missing"):
        plain.model({"b": 1.0, "lot": "p"})


def test_a_table_without_gaps_is_fitted_as_it_is() -> None:
    given = {n: c for n, c in columns(80).items() if n in ("b", "y", "whole")}
    one, other = (fit(Table.of(given), ["y"], missing=how) for how in ("model", "refuse"))
    assert one.model.to_bytes() == other.model.to_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"a": [np.nan] * 300}, "input 'a' is missing in 300 of 300 rows"),
        ({"a missing": np.arange(300.0)}, "has a column 'a missing'"),
    ],
)
def test_what_cannot_be_modelled(change: dict[str, Any], said: str) -> None:
    table = Table.of(columns() | change)
    with pytest.raises(InputError, match=said):
        fit(table, ["y"], ["a", "b"], missing="model")


def test_decimal_commas_and_words_for_nothing(tmp_path: Any) -> None:
    path = tmp_path / "t.csv"
    lines = [f"{i / 4};{i % 5},5;{i % 5 + i / 3}".replace(".", ",") for i in range(40)]
    lines[3], lines[20] = "NA;1,5;2,0", ";2,5;9,1"
    path.write_text("a;b;y\n" + "\n".join(lines), encoding="utf-8")
    found = fit(read(path), ["y"], missing="model")
    assert found.report["modelled"] == {"a": 2} and found.report["rows"] == 40
    path.write_text("a;b;y\n" + "\n".join([*lines, "x;1,5;2,0"]), encoding="utf-8")
    with pytest.raises(InputError, match="'x' is text"):
        fit(read(path), ["y"], missing="model")
