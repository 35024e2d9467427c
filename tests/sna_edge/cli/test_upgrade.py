"""`sna-edge upgrade`, and what `info` and `verify` say of what stands beside the values."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge.artifact import rewriting
from sna_edge.cli.words import upgrade
from sna_edge.core.beside import Derived, Readings, Term
from sna_edge.core.beside.readings import RawReading

from .conftest import small_model

KEPT = Path(__file__).parents[1] / "kept"
OLD = sorted((KEPT / "1.0").glob("*.sna"))


@pytest.mark.parametrize("path", OLD, ids=lambda p: p.stem)
def test_a_file_of_1_0_keeps_every_byte(sna, path: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.sna"
    found = sna("upgrade", path, "-o", new, "--json").json
    assert new.read_bytes() == path.read_bytes()
    assert (found["format_before"], found["format"], found["changed"]) == ("1.0", "1.0", False)
    assert "the same byte for byte" in sna("upgrade", path, "-o", new).out


@pytest.mark.parametrize("name", ["everything", "scales", "familiarity", "readings", "train"])
def test_a_file_of_1_1_keeps_its_values(sna, name: str, tmp_path: Path) -> None:
    new = tmp_path / "new.sna"
    found = sna("upgrade", KEPT / "1.1" / f"{name}.sna", "-o", new, "--json").json
    assert (found["format_before"], found["format"]) == ("1.1", "1.1")
    assert (found["bytes"], found["points"] > 8) == (new.stat().st_size, True)
    again = sna("upgrade", new, "--json").json
    assert not again["changed"], "what this writer wrote is left alone"


def test_a_file_of_1_1_that_needs_nothing_of_it_becomes_1_0(sna, tmp_path: Path) -> None:
    path = tmp_path / "m.sna"
    shutil.copy(KEPT / "1.1" / "nothing.sna", path)
    said = sna("upgrade", path)
    assert said.out.startswith(f"{path}: was format 1.1, is 1.0, 3840 -> 3776 bytes, bytes changed")
    assert path.read_bytes()[10:12] == b"\0\0"


def test_a_signature_is_not_lost_unasked(sna, tmp_path: Path) -> None:
    path, new = tmp_path / "signed.sna", tmp_path / "new.sna"
    shutil.copy(KEPT / "1.1" / "signed.sna", path)
    said = sna("upgrade", path, "-o", new)
    assert (said.code, new.exists()) == (2, False)
    assert "signed by key 0102030405060708.., version 7" in said.sentence()
    found = sna("upgrade", path, "-o", new, "--drop-signature", "--json").json
    assert found["signature_dropped"]
    assert sna_edge.load(new).signature is None
    assert sna_edge.load(path).signature is not None


def test_nothing_is_written_where_values_would_change(sna, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "m.sna"
    small_model().save(path)
    before = path.read_bytes()
    model = small_model()
    work = model.interaction
    other = model.replace(
        interaction=type(work)(work.tables, work.modes, work.weights * (1 + 1e-4))
    ).to_bytes()
    monkeypatch.setattr(upgrade, "rewritten", lambda *_: other)
    said = sna("upgrade", path)
    assert said.code == 2
    assert "golden_mismatch" in said.sentence()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_other_numbers_are_another_file() -> None:
    model = small_model()
    raw = rewriting.validate(model.to_bytes())
    tables = [t.copy() for t in model.interaction.tables]
    tables[0][0, 0] *= 1 + 2.0**-20
    work = type(model.interaction)(
        tuple(tables), model.interaction.modes, model.interaction.weights
    )
    assert rewriting.same(raw, rewriting.validate(model.to_bytes()))
    changed = model.replace(interaction=work).to_bytes()
    assert not rewriting.same(raw, rewriting.validate(changed))


def test_a_file_that_is_none_is_named(sna, tmp_path: Path) -> None:
    (tmp_path / "bad.sna").write_bytes(b"no model")
    said = sna("upgrade", tmp_path / "bad.sna", "--json")
    assert (said.code, said.json["rule"]) == (2, "too_short")


def test_formats_are_told(sna) -> None:
    assert sna_edge.supported_formats() == ((1, 0), (1, 1))
    assert sna("--version").out.endswith("formats of artifacts: 1.0, 1.1\n")


def test_info_says_what_stands_beside(sna) -> None:
    path = KEPT / "1.1" / "signed.sna"
    found = sna("info", path, "--json").json
    roles = [(c["role"], c["output"]) for c in found["companions"]]
    assert roles == [
        ("scale", "depth"), ("scale", "width"), ("familiarity", None), ("familiarity", None),
        ("class score", None), ("base", "width"),
    ]  # fmt: skip
    assert [c["name"] for c in found["companions"][0]["coordinates"]] == ["power", "alloy", "depth"]
    assert sum(c["bytes"] for c in found["companions"]) == 7496
    level = found["calibration"]["largest_level"]
    assert (found["calibration"]["rows"], level) == (900, pytest.approx(1 - 2 / 901))
    assert found["readings"]["tolerances"] == {"power": 0.5, "angle": 0.25}
    assert found["readings"]["derived"]["density"] == "density = 0.5 * power / (hatch * room^0.25)"
    assert found["format"] == "1.1" and found["signed"]
    assert found["signature"] == {"key": bytes(range(1, 17)).hex(), "version": 7, "checked": False}


@pytest.mark.parametrize("word", ["info", "verify"])
def test_people_read_the_same(sna, word: str) -> None:
    text = sna(word, KEPT / "1.1" / "everything.sna").out
    for said in (
        "power, alloy, predicted depth",
        "2 linear features",
        "residuals of 900 rows: intervals up to 99.77 %",
        "unfamiliar where p is 0.005 or less",
        "levels of alloy and machine seen together: 4 of 6 pairs",
        "tolerance of sensors: power 0.5 W, angle 0.25 deg",
        "raw reading: hatch [mm] in [2, 8]",
        "derived input: drift = -1.5 + 0.03125 * room - 0.001 * angle",
        "not signed",
    ):
        assert said in text
    signed = sna(word, KEPT / "1.1" / "signed-alone.sna").out
    assert "signed by key 0102030405060708.., version 7, not checked here" in signed
    plain = sna(word, KEPT / "1.0" / "exp.sna").out
    assert "companion" not in plain and "not signed" in plain


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (Derived(0, "product", (Term(1, 1.0), Term(2, -1.0), Term(0, -1.0, True))),
         "a = b / (c * hatch)"),
        (Derived(0, "product", (Term(1, -2.0),)), "a = 1 / b^2"),
        (Derived(0, "product", (Term(1, 0.5), Term(2, 1.0)), 3.0), "a = 3 * b^0.5 * c"),
        (Derived(0, "sum", (Term(1, -1.0), Term(2, 2.5)), 0.0), "a = -b + 2.5 * c"),
        (Derived(0, "sum", (Term(1, 1.0), Term(0, -1.0, True)), 273.15), "a = 273.15 + b - hatch"),
    ],
)  # fmt: skip
def test_formulas_are_written_with_names(made: Derived, text: str) -> None:
    from sna_edge.cli.beside import formula

    axes = [sna_edge.spline_axis(n, "", 0, 1, spans=1, degree=1) for n in "abc"]
    readings = Readings(np.zeros(3), (RawReading("hatch", "mm", 1, 2),), (made,))
    work = sna_edge.CP.full([np.ones((2, 1))] * 3)
    model = sna_edge.Model(axes, work, [sna_edge.Output("y")], readings=readings)
    assert formula(model, made) == text


@pytest.mark.parametrize(
    ("rows", "level"), [(0, 0), (1, 0), (3, 0.5), (199, 0.99), (10**6, 0.9993)]
)
def test_rows_support_levels(rows: int, level: float) -> None:
    from sna_edge.cli.beside import largest_level

    assert largest_level(rows) == pytest.approx(level, abs=1e-4)
