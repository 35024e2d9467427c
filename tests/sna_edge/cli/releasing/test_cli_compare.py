"""`sna-edge compare`: what changed from one model to the next, and whether it is allowed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_export.release.comparison import compared

from ..conftest import small_model


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """The small model, its width 2 um larger."""
    model = small_model()
    width, depth = model.outputs
    path = tmp_path / "moved.sna"
    model.replace(outputs=[replace(width, bias=width.bias + 2.0), depth]).save(path)
    return path


def test_a_shift_is_told_exactly(model_file: Path, moved: Path, sna) -> None:
    told = sna("compare", model_file, moved, "--json").json
    width, depth = told["changes"]
    assert width["exact"]
    for key in ("mean", "rms", "largest", "bound"):
        assert width[key] == pytest.approx(2.0, abs=1e-9), key
    assert (depth["largest"], depth["bound"]) == (0.0, 0.0)
    rows = told["reference_rows"]
    assert (rows["without_value"], rows["rows"] >= 8) == (0, True)
    assert rows["outputs"]["width"]["largest"] == pytest.approx(2.0, abs=1e-9)


@pytest.mark.parametrize(
    ("limit", "code"),
    [("width=2.1", 0), ("width=1.9", 3), ("width=2.1 um", 0), ("width=0.001 mm", 3)],
)
def test_the_gate_is_in_the_unit_of_the_output(
    model_file: Path, moved: Path, sna, limit: str, code: int
) -> None:
    for flag in ("--max-change", "--max-rms-change"):
        said = sna("compare", model_file, moved, flag, limit, "--json")
        assert (said.code, bool(said.json["gate"]["broken"])) == (code, code == 3)


def test_rows_are_asked_of_both(model_file: Path, moved: Path, tmp_path: Path, sna) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("speed,power,spot,other\n1,200,A,7\n0.6,300,B,8\n9,300,B,8\n")
    words = ("compare", model_file, moved, "--data", rows)
    told = sna(*words, "--json").json["rows"]
    assert (told["rows"], told["without_value"]) == (2, 0), "the third lies outside"
    assert told["outputs"]["width"]["rms"] == pytest.approx(2.0)
    assert told["outputs"]["depth"]["largest"] == 0.0
    assert sna(*words, "--max-change-at-rows", "width=1.9").code == 3
    assert sna(*words, "--max-rms-change-at-rows", "width=2.1").code == 0
    alone = sna("compare", model_file, moved, "--max-change-at-rows", "width=1.9")
    assert "needs the rows" in alone.sentence()


def test_what_is_not_in_both_is_said(tmp_path: Path, model_file: Path, sna) -> None:
    power = sna_edge.spline_axis("power", "kW", 0.1, 0.4, spans=1, degree=1)
    other = sna_edge.Model(
        [power], sna_edge.CP.full([np.array([[1.0], [2.0]])]), [sna_edge.Output("width", "um")]
    )
    other.save(tmp_path / "other.sna")
    said = sna("compare", model_file, tmp_path / "other.sna")
    assert said.code == 0
    for words in (
        "inputs removed: speed, spot", "outputs removed: depth", "power was in W, is in kW",
        "predictions are not compared: input 'power' is in W",
    ):  # fmt: skip
        assert words in said.out
    gate = sna("compare", model_file, tmp_path / "other.sna", "--max-change", "width=9")
    assert gate.code == 3, "what cannot be judged is not let through"


def test_wrong_words_are_one_sentence(model_file: Path, tmp_path: Path, sna) -> None:
    for words, said in (
        ((model_file, tmp_path / "none.sna"), "cannot read"),
        ((model_file, tmp_path), "has no manifest"),
        ((model_file, model_file, "--max-change", "breadth=1"), "'breadth' is not an output"),
        ((model_file, model_file, "--max-change", "width=-1"), "0 or more"),
        ((model_file, model_file, "-o", model_file), "would be lost"),
    ):
        assert said in sna("compare", *words).sentence()


def test_the_page_draws_both(model_file: Path, moved: Path, tmp_path: Path, sna) -> None:
    assert sna("compare", model_file, moved, "-o", tmp_path / "c.html").code == 0
    page = (tmp_path / "c.html").read_text()
    assert "width through the place of its largest change" in page
    assert page.count("<svg") == 2, "power and speed of width; depth has not changed"


def test_golden_rows_outside_the_new_domain_are_counted(model_file: Path) -> None:
    old = sna_edge.load(model_file)
    cut = [sna_edge.spline_axis("power", "W", 200, 400, spans=4), *small_model().axes[1:]]
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=(a.basis.n_rows, 2)) for a in cut]
    new = sna_edge.Model(cut, sna_edge.CP.full(tables, rng.normal(size=(2, 2))), old.outputs)
    new = sna_edge.from_bytes(new.to_bytes(), "numpy")
    told = compared(old, new)
    x = old.axes[0]
    assert 0 < told["reference_rows"]["without_value"] < told["reference_rows"]["rows"]
    assert any("have no value any more" in said for said in told["said"])
    assert told["shared_domain"][0] == {"name": "power", "lower": 200.0, "upper": x.upper}


def test_a_limit_of_every_output_asks_for_those_in_another_unit_too(
    model_file: Path, tmp_path: Path, sna
) -> None:
    old = sna_edge.load(model_file)
    width, depth = old.outputs
    path = tmp_path / "other.sna"
    small_model().replace(outputs=[replace(width, unit="mm"), depth]).save(path)
    gate = compared(old, sna_edge.load(path), {"max-change": {"*": 1.0}})["gate"]
    (said,) = gate["broken"]
    assert said.startswith("max-change of width cannot be judged")


def test_what_is_found_small_but_not_proved_small_is_said(tmp_path: Path, sna) -> None:
    """exp(0.5 + speed) against exp(0.5 + 1.001 speed): the difference is found, only a larger
    amount is proved of it; an amount between is let through, and said."""
    model = small_model()
    weights = model.interaction.weights * np.array([1.0, 1.001])
    steeper = replace(model.interaction, weights=weights)
    model.save(tmp_path / "old.sna")
    model.replace(interaction=steeper).save(tmp_path / "new.sna")
    files = (tmp_path / "old.sna", tmp_path / "new.sna")
    depth = sna("compare", *files, "--json").json["changes"][1]
    assert depth["largest"] < depth["bound"]
    between = (depth["largest"] + depth["bound"]) / 2
    said = sna("compare", *files, "--max-change", f"depth={between}")
    assert said.code == 0
    assert f"none above {depth['bound']:.4g} um is proved" in said.out
