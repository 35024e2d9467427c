"""Targets with different gaps are fitted each on its own rows, and are one model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge.errors import InputError
from sna_export.fit import fit
from sna_export.fit.plant.several import parts_of
from sna_export.report.fit_page import fit_page
from sna_export.report.trust import judged_fit
from sna_export.table import Table

NAN = float("nan")


def columns(count: int = 120) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    a, b = rng.uniform(size=(2, count))
    lot = np.array(["x", "y", "z"])[np.arange(count) % 3]
    deep = 2.0 + a * b + 0.02 * rng.normal(size=count)
    wide = np.exp(3.0 * a + (lot == "y") + 0.02 * rng.normal(size=count))
    deep[80:], wide[np.arange(count) % 4 == 0] = NAN, NAN
    return {"a": a, "b": b, "lot": lot, "deep": deep, "wide": wide, "deep 2": 3.0 * deep}


def test_parts_have_the_targets_of_the_same_rows() -> None:
    some, other = np.array([True, False, True]), np.array([True, True, True])
    found = parts_of({"a": some, "b": other, "c": some.copy()})
    assert [(names, rows.tolist()) for names, rows in found] == [
        (("a", "c"), [0, 2]),
        (("b",), [0, 1, 2]),
    ]


@pytest.fixture(scope="module")
def whole() -> Any:
    targets = ["wide", "deep", "deep 2"]
    return fit(Table.of(columns()), targets, categorical=["lot"], missing="drop")


def test_each_target_has_its_rows_and_its_own_model(whole: Any) -> None:
    assert whole.report["targets"] == {"wide": 90, "deep": 80, "deep 2": 80}
    assert whole.model.output_names == ["wide", "deep", "deep 2"]
    for part in whole.parts:
        rng = np.random.default_rng(1)
        for _ in range(20):
            at = {
                "a": rng.uniform(0.1, 0.9),
                "b": rng.uniform(0.1, 0.9),
                "lot": "xyz"[rng.integers(3)],
            }
            own = {n: v for n, v in at.items() if n in part.model.input_names}
            mine = [whole.model.output_names.index(n) for n in part.model.output_names]
            given = {n: v for n, v in at.items() if n in whole.model.input_names}
            found, alone = (
                whole.model.evaluate(given, level=0.9),
                part.model.evaluate(own, level=0.9),
            )
            np.testing.assert_allclose(found.value[0, mine], alone.value[0], rtol=1e-9)
            np.testing.assert_allclose(found.lower[0, mine], alone.lower[0], rtol=1e-9)
            np.testing.assert_allclose(found.upper[0, mine], alone.upper[0], rtol=1e-9)


def test_the_file_says_the_same(whole: Any, tmp_path: Any) -> None:
    path = tmp_path / "m.sna"
    whole.model.save(path)
    read = sna_edge.load(path)
    at = {"a": 0.5, "b": 0.5, "lot": "y"}
    at = {n: v for n, v in at.items() if n in read.input_names}
    np.testing.assert_allclose(read(at), whole.model(at), rtol=1e-5)
    assert read.metadata["fit"]["targets"] == {"wide": 90, "deep": 80, "deep 2": 80}
    assert [one.output.name for one in judged_fit(whole)] == read.output_names
    fit_page(whole, title="t").write(tmp_path / "m.html")
    assert "deep 2" in (tmp_path / "m.html").read_text(encoding="utf-8")


def test_a_level_that_one_target_never_saw_is_an_edge_of_the_whole() -> None:
    given = columns()
    given["deep"] = np.where(given["lot"] == "z", NAN, given["deep"])
    table = Table.of(given)
    found = fit(table, ["wide", "deep"], ["a", "b", "lot"], categorical=["lot"], missing="drop")
    axis = found.model.axes[found.model.axis_index("lot")]
    assert axis.level_names == ("x", "y", "z")
    if len(found.parts[1].model.axes) == 3:
        assert axis.support[2] == 0


def test_equal_gaps_and_one_target_are_one_fit() -> None:
    given = columns()
    some = np.isfinite(given["deep"])
    short = {name: np.asarray(column)[some] for name, column in given.items()}
    both = ["deep", "deep 2"]
    one = fit(Table.of(given), both, ["a", "b"], missing="drop")
    assert "targets" not in one.report and one.report["missing"]["rows"] == 40
    assert one.model.to_bytes() == fit(Table.of(short), both, ["a", "b"]).model.to_bytes()


def test_plain_has_nothing_beside(tmp_path: Any) -> None:
    found = fit(Table.of(columns()), ["wide", "deep"], ["a", "b"], missing="drop", plain=True)
    assert not found.model.companions and found.model.calibration is None
    assert all(o.interval for o in found.model.outputs)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deep": [NAN] * 120}, "target 'deep' is missing in every row"),
        ({"a": [NAN] * 120}, "no row has a value in every column"),
    ],
)
def test_what_is_never_there_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        fit(Table.of(columns() | change), ["wide", "deep"], ["a", "b"], missing="drop")


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(InputError, match="refuse, drop"):
        fit(Table.of(columns()), ["deep"], missing="impute")
