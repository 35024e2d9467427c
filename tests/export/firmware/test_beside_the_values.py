"""C exports of models with companions, calibration and readings: the artifact whole, a library that
serves it, room for every verb."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sna_edge
from sna_edge.cli import main
from sna_export.firmware import workspace
from sna_export.firmware.options import needs, options_for, plain

KEPT = Path(__file__).parents[2] / "sna_edge" / "kept"


def kept(name: str) -> sna_edge.Model:
    return sna_edge.load(KEPT / f"{name}.sna", "numpy")


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", ["everything", "train", "scales"])
def test_the_artifact_is_carried_whole(name: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("sna_export.firmware.command._report", lambda *given: [])
    path = KEPT / "1.1" / f"{name}.sna"
    assert main(["export", str(path), "--to", "c", "-o", str(tmp_path)]) == 0
    assert "all reference outputs reproduced" in capsys.readouterr().out
    text = (tmp_path / f"{name}.c").read_text()
    listed = re.search(r"_artifact\[\w+\] = \{(.*?)\};", text, re.S)
    assert listed is not None
    assert bytes(int(v, 0) for v in listed[1].replace("\n", " ").split(",") if v.strip()) == (
        path.read_bytes()
    )
    assert "SNA_NO_COMPANIONS" not in (tmp_path / "sna_options.h").read_text()
    assert "#ifdef SNA_NO_COMPANIONS" in (tmp_path / f"{name}.h").read_text()


def test_what_companions_need_stays_in() -> None:
    """The values of `scales` are served without links of its scales."""
    model = kept("1.1/scales")
    assert {"LINK", "COMPANIONS"} <= set(needs(model))
    values = model.replace(companions=(), calibration=None, readings=None)
    assert "COMPANIONS" not in needs(values)
    assert "SNA_NO_COMPANIONS" in options_for(values, integer=False)
    assert "SNA_NO_COMPANIONS" not in options_for(model, integer=True)
    assert not plain(model)


def test_a_train_among_the_companions_keeps_trains() -> None:
    model = kept("1.1/everything")
    train = kept("1.1/train")
    assert "SNA_NO_TT" not in options_for(train, integer=False)
    assert ("TT" in needs(model)) == any(c.model.interaction.kind == "tt" for c in model.companions)


@pytest.mark.parametrize("name", ["scales", "familiarity", "everything", "train"])
def test_the_stated_workspace_is_enough_for_companions(name: str, c_double) -> None:
    path = KEPT / "1.1" / f"{name}.sna"
    opened = c_double.open(path.read_bytes())
    model = kept(f"1.1/{name}")
    for verb in (0, 4, 5, 6):  # value, verify, interval at a level, familiarity
        assert opened.workspace(verb) <= workspace.work_bytes(model)
