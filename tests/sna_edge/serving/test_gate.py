"""Rows that a model has to predict, and what fits in place of another model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge.errors import InputError
from sna_edge.serving import judge, mark_of, predicts, roll_back, same_inputs
from sna_edge.signing import examined
from sna_edge.store import Store
from sna_edge.table import open_table

from ..station.plants import LIMITS, model


def rows(path: Path, text: str, tolerance: dict[str, float]) -> int:
    (path / "rows.csv").write_text(text)
    return predicts(model(), open_table(path / "rows.csv"), "rows.csv", tolerance)


def test_every_row_has_to_be_predicted_within_its_tolerance(tmp_path: Path) -> None:
    text = "power,width\n200,100.4\n250,124.6\n"
    assert rows(tmp_path, text, {"": 0.41}) == 2 == rows(tmp_path, text, {"width": 0.41})
    with pytest.raises(InputError, match=r"line 2: width is 100, measured 100\.4, tolerance 0\.3"):
        rows(tmp_path, text, {"": 0.3})
    with pytest.raises(InputError, match="measured nan"):
        rows(tmp_path, "power,width\n200,\n", {"": 1.0})


def test_outputs_in_another_unit_are_compared_in_that_of_the_model(tmp_path: Path) -> None:
    assert rows(tmp_path, "power,width\nkW,mm\n0.2,0.1004\n", {"": 0.41}) == 1
    with pytest.raises(InputError, match=r"measured 101\.4"):
        rows(tmp_path, "power,width\nkW,mm\n0.2,0.1014\n", {"": 0.41})


@pytest.mark.parametrize(
    ("text", "tolerance", "words"),
    [
        ("power,width\n", {"": 1.0}, "no rows below its header"),
        ("power,depth\n200,1\n", {"": 1.0}, "measured width"),
        ("power,width\n200,100\n", {"depth": 1.0}, "names 'depth'"),
        ("power,width\n200,100\n", {}, "tolerance of width"),
    ],
)
def test_what_cannot_be_compared(tmp_path: Path, text: str, tolerance, words: str) -> None:
    with pytest.raises(InputError, match=words):
        rows(tmp_path, text, tolerance)


def test_limits_are_judged_by_as_they_are_given(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(LIMITS)
    before = judge(model(), "", str(path), 0.0)
    other = judge(model(), "", str(path), 0.0, b"[outputs.width]\nUSL = 90\n")
    assert (before.line.limits.outputs[0].usl, other.line.limits.outputs[0].usl) == (120.0, 90.0)
    assert before.limits != other.limits and path.read_text() == LIMITS


def test_other_inputs_do_not_fit() -> None:
    with pytest.raises(InputError, match=r"other inputs .speed.; start again"):
        same_inputs(model(), model(name="speed"), "start again")
    same_inputs(model(), model(2.0), "start again", all_of_them=True)
    axis = sna_edge.level_axis("power", ("low", "high"))
    cp = sna_edge.CP((np.ones((2, 1)),), (np.array([0]),), np.ones((1, 1)))
    levels = sna_edge.Model([axis], cp, [sna_edge.Output("width", "um")])
    same_inputs(model(), levels, "start again")
    with pytest.raises(InputError, match="start again"):  # a column of words is none of numbers
        same_inputs(model(), levels, "start again", all_of_them=True)


def test_only_the_model_that_serves_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    digests = []
    for slope in (1.0, 1.1):
        data = model(slope).to_bytes()
        digests.append(store.install(data, examined(data, None)).active.sha256)
    mark = mark_of(str(tmp_path / "log"))
    assert not roll_back(str(tmp_path), digests[1], "it is active")
    assert mark_of(str(tmp_path / "log")) == mark
    assert roll_back(str(tmp_path), digests[0], "it cannot serve")
    assert Store(tmp_path).state.active.sha256 == digests[0]
    assert mark_of(str(tmp_path / "none")) is None
