"""`sna-edge export --to wasm`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge.cli import main
from sna_edge.errors import BackendError, InputError
from sna_export.wasm import command

from ...c_library import KEPT_1_1
from ...model_kinds import KINDS


def exported(model: sna_edge.Model, folder: Path, stem: str = "m") -> tuple[list[Path], str, bool]:
    return command.write(model, Namespace(output=folder, stem=stem))


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("no node on this machine")
    return found


@pytest.mark.parametrize("name", ["mixed axes", "train int8", "everything"])
def test_the_folder_answers_by_itself(name: str, node: str, tmp_path: Path) -> None:
    kept = {p.stem: p for p in KEPT_1_1}
    data = kept[name].read_bytes() if name in kept else KINDS[name]().to_bytes()
    folder = tmp_path / "out"
    files, check, checked = exported(sna_edge.from_bytes(data), folder, "it's a #1 model")
    assert checked and "golden vectors replayed" in check
    assert sorted(files) == sorted(folder.iterdir())
    done = subprocess.run([node, folder / "check.mjs"], capture_output=True, text=True)
    assert "golden vectors reproduced" in done.stdout, done.stderr
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    assert package["name"] == "it-s-a-1-model" and package["type"] == "module"
    for place in (package["main"], package["types"], package["exports"]["./sna.js"]["types"]):
        assert (folder / place).is_file()


def test_the_example_of_its_page_runs(node: str, tmp_path: Path) -> None:
    path = next(p for p in KEPT_1_1 if p.stem == "everything")
    exported(sna_edge.load(path), tmp_path)
    page = (tmp_path / "README.md").read_text(encoding="utf-8")
    code = page.split("```js\n")[1].split("```")[0] + "console.log(status, value.length)\n"
    (tmp_path / "example.mjs").write_text(code)
    done = subprocess.run([node, tmp_path / "example.mjs"], capture_output=True, text=True)
    assert done.stdout.split() == ["ok", "3"], done.stderr


def test_an_output_that_hardly_moves_is_exported(node: str, tmp_path: Path) -> None:
    axis = sna_edge.spline_axis("x", "", 0.0, 1.0, spans=2)
    for weight in (2.0, 0.0):
        flat = sna_edge.CP.full([np.full((5, 2), 0.7)], [[weight], [weight]])
        model = sna_edge.Model([axis], flat, [sna_edge.Output("y")])
        _, check, checked = exported(sna_edge.from_bytes(model.to_bytes()), tmp_path / "out")
        assert checked, check


def test_names_of_files(node: str, tmp_path: Path) -> None:
    """Marks of our templates, names too long for npm, names that are no UTF-8."""
    model = KINDS["sparse"]()
    exported(model, tmp_path / "marks", "@file@")
    assert (tmp_path / "marks" / "index.js").read_text().startswith("// The model @file@ (")
    exported(model, tmp_path / "long", "x" * 240)
    assert len(json.loads((tmp_path / "long" / "package.json").read_text())["name"]) <= 214
    path = tmp_path / os.fsdecode(b"m\xe4.sna")
    model.save(path)
    for target in ("wasm", "page"):
        folder = tmp_path / target
        assert main(["export", str(path), "--to", target, "-o", str(folder)]) == 0
        assert [p.name for p in folder.glob("m*")] == ["m_.sna" if target == "wasm" else "m_.html"]


def test_without_node_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(command, "which", lambda name: None)
    KINDS["sparse"]().save(tmp_path / "m.sna")
    code = main(["export", str(tmp_path / "m.sna"), "--to", "wasm", "-o", str(tmp_path / "out")])
    assert code == 3
    assert "no node found here" in capsys.readouterr().out


def test_other_answers_leave_nothing(
    node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = KINDS["sparse"]()
    other = KINDS["sparse"]().replace(outputs=[*model.outputs[::-1]])
    wrong = sna_edge.from_bytes(other.to_bytes(), backend="numpy")
    monkeypatch.setattr(command.sna_edge, "from_bytes", lambda data, backend: wrong)
    with pytest.raises(BackendError, match="nothing was written"):
        exported(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_files_of_another_hand_stay(tmp_path: Path) -> None:
    model = KINDS["sparse"]()
    (tmp_path / "package.json").write_text('{"name": "mine"}')
    with pytest.raises(InputError, match=r"package\.json was not written by sna-edge"):
        exported(model, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["package.json"]
    other = tmp_path / "other"
    other.mkdir()
    KINDS["train"]().save(other / "m.sna")
    with pytest.raises(InputError, match="another model"):
        exported(model, other)
    exported(model, tmp_path / "out")
    exported(KINDS["train"](), tmp_path / "out")  # a second export replaces the first
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    with pytest.raises(InputError, match=r"is the export of m\.sna, whose index\.js would be lost"):
        exported(model, tmp_path / "out", "n")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
