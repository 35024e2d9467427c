"""What a file says of its fit, whoever wrote it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import Model, load
from sna_edge.cli.main import main
from sna_edge.values.fit_told import fit_told
from sna_export.fit import fit_arrays
from sna_export.release.card import card

STRANGE: list[Any] = [None, 7, -0.5, "text", True, [], [1, "a"], {}, {"a": {"b": []}}, float("nan")]


@pytest.fixture(scope="module")
def fitted() -> Model:
    rng = np.random.default_rng(0)
    x = rng.random((300, 2))
    y = x[:, 0] + x[:, 1] ** 2 + 0.1 * rng.standard_normal(300)
    return fit_arrays(x, y, holdout="20%", effort="quick").model


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in plain data."""
    inner = value.items() if isinstance(value, dict) else ()
    return [path, *(p for name, v in inner for p in places(v, (*path, name)))]


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    if not path:
        return to
    value = copy.deepcopy(value)
    at = value
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = to
    return value


def test_a_fit_of_our_own_is_told_whole(fitted: Model) -> None:
    assert fit_told(fitted.metadata) == fitted.metadata["fit"]


def test_parts_of_any_other_shape_are_left_out(fitted: Model) -> None:
    known = {**fitted.metadata["fit"], "dropped": ["a"], "outcomes": {"y": [0.0, 1.0]}}
    for where in places(known):
        for strange in STRANGE:
            told = fit_told({"fit": changed(known, where, strange)})
            assert fit_told({"fit": told}) == told


def test_words_answer_of_files_with_strange_metadata(
    fitted: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, odd = tmp_path / "plain.sna", tmp_path / "odd.sna"
    fitted.save(plain)
    model, strange = load(plain), {"a": {"level": "x", "r2": "high", "coverage": [3]}}
    known = {**model.metadata["fit"], "confirmed": {"by": "x"}, "dropped": ["a"], "outcomes": {}}
    for where in places(known):
        model.replace(metadata={"fit": changed(known, where, strange)}).save(odd)
        for words in (["info", str(odd)], ["card", str(odd)], ["compare", str(plain), str(odd)]):
            assert main(words) == 0, (where, words)
    capsys.readouterr()


def test_the_card_of_a_fit_with_rows_held_out(fitted: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.sna"
    fitted.save(path)
    held = card(load(path), name="m", said={})["fit"]["splits"]["held_out"]
    assert held["rows"] == 60 and held["outputs"]["y"]["r2"] > 0.8
